//! What the parser reads more than once, and how much of it can be paid for.
//!
//! Input: what is open at a token. Output: the dialects that are worth trying. Must not know: tokens, the parser.

/// What the parser reads again when its first reading fails, all of it at each level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Retries {
    /// Whether the work stays linear with types after a `<`.
    pub typed: bool,
    /// Whether the work stays linear with parentheses in the types of Flow.
    pub flow: bool,
}

/// Brackets inside each other that have a `<` open before them: each may double the work.
const MAX_DOUBLED: u32 = 12;
/// `<` open at once. The work is quadratic in them.
const MAX_ANGLES: u32 = 500;
/// Parentheses inside each other that are no calls: in the types of Flow, each takes four times the work.
const MAX_GROUPS: u32 = 8;

/// What is open in all brackets together.
#[derive(Clone, Copy, Default)]
pub(super) struct Costs {
    pub doubled: u32,
    pub angles: u32,
    pub groups: u32,
    pub labels: u32,
}

impl Costs {
    pub fn combine(self, other: Self, combine: impl Fn(u32, u32) -> u32) -> Self {
        Self {
            doubled: combine(self.doubled, other.doubled),
            angles: combine(self.angles, other.angles),
            groups: combine(self.groups, other.groups),
            labels: combine(self.labels, other.labels),
        }
    }

    pub fn retries(self) -> Retries {
        Retries { typed: self.doubled <= MAX_DOUBLED && self.angles <= MAX_ANGLES, flow: self.groups <= MAX_GROUPS }
    }
}
