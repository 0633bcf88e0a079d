//! What the parser reads more than once, and how much of it can be paid for.
//!
//! Input: what is open at a token. Output: the dialects that are worth trying. Must not know: tokens, the parser.

use crate::limits;

/// What the parser reads again when its first reading fails, all of it at each level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Retries {
    /// Whether the work stays linear with types after a `<`.
    pub typed: bool,
    /// Whether the work stays linear with parentheses in the types of Flow.
    pub flow: bool,
}

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
        Retries {
            typed: self.doubled <= limits::DOUBLED && self.angles <= limits::ANGLES,
            flow: self.groups <= limits::GROUPS,
        }
    }
}
