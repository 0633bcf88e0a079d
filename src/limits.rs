//! Every limit of the analysis: what it bounds, and who is told when it cuts.
//!
//! Work is counted, never timed, so that the same code gives the same answer on every machine. Time and memory are linear in
//! the size of the code because each function and each file draws on a budget that is linear in its own text.
//!
//! Input: none. Output: numbers. Must not know: anything of the project.

/// Why something of a function was not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    /// The budget of the function, or of its file, was spent.
    Size,
    /// Values were too deep or too large.
    Values,
    /// Too many branches lie on one path.
    Branches,
    /// It does more, callees included, than steps are kept.
    Steps,
    /// An act lies too many calls below it.
    Calls,
    /// A function returns too many alternatives.
    Returns,
}

impl Cut {
    pub const ALL: [Self; 6] = [Self::Size, Self::Values, Self::Branches, Self::Steps, Self::Calls, Self::Returns];

    /// What a report says of the function.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Size => "is too large",
            Self::Values => "has values that are too deep or too large",
            Self::Branches => "has too many branches on one path",
            Self::Steps => "has too many effects",
            Self::Calls => "calls too deep",
            Self::Returns => "returns too many values",
        }
    }
}

/// A set of [`Cut`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cuts(u8);

impl Cuts {
    #[must_use]
    pub const fn with(self, cut: Cut) -> Self {
        Self(self.0 | 1 << cut as u8)
    }

    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn has(self, cut: Cut) -> bool {
        self.0 & (1 << cut as u8) != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Cut> {
        Cut::ALL.into_iter().filter(move |cut| self.has(*cut))
    }
}

/// What evaluating one function may take: work, and values that are kept. A unit of work is a question to the arena, such as
/// what a value is. Real functions take up to 40 units of work and keep 0.7 values for each byte.
pub const fn of_function(bytes: usize) -> (u64, u64) {
    (300_000 + 100 * bytes as u64, 100_000 + 2 * bytes as u64)
}

/// What evaluating all functions of one file may take.
pub const fn of_file(bytes: usize) -> (u64, u64) {
    (2_000_000 + 100 * bytes as u64, 200_000 + 2 * bytes as u64)
}

/// What linking and judging one function may take, callees in place.
pub const fn of_linked_function(bytes: usize) -> (u64, u64) {
    (2_000_000 + 1_000 * bytes as u64, 50_000 + 2 * bytes as u64)
}

/// What linking and judging all functions of one file may take.
pub const fn of_linked_file(bytes: usize) -> (u64, u64) {
    (20_000_000 + 100 * bytes as u64, 100_000 + bytes as u64)
}

/// What linking and judging the whole project may take.
pub const fn of_project(bytes: usize) -> (u64, u64) {
    (1_000_000_000 + 20 * bytes as u64, 4_000_000 + bytes as u64 * 7 / 10)
}

/// Values inside values. A deeper value is not known, so no walk over values recurses deeper than this.
pub const VALUE_DEPTH: u16 = 200;
/// Entries, items, operands or alternatives of one value. A wider value is not known.
pub const VALUE_WIDTH: u64 = 20_000;
/// Entries or items up to which a value grows by spreads, joins and assignments; what comes after is not known.
pub const GROWN: usize = 500;
/// Operands of one `and` or `or`.
pub const OPERANDS: usize = 1_000;
/// Bytes of a text that is put together from parts; a longer one is known as its parts only.
pub const TEXT: usize = 10_000;
/// Atoms of a path condition; further branches of the function are followed without their tests.
pub const ATOMS: u16 = 120;
/// At most this many alternatives of a value are kept apart; more become one computed value.
pub const ALTERNATIVES: usize = 12;

/// Steps of a function, those of its callees included.
pub const STEPS: usize = 1_500;
/// Calls between a function and a step that it sees.
pub const CALLS: u32 = 6;
/// Calls through which a value comes back to a function that still knows it. A value that comes from further is not known, or
/// each function of a long chain of calls would keep one copy for each call below it.
pub const CHAIN: u32 = 50;
/// Work that copying one step of a callee costs, and what it keeps.
pub const WORK_PER_STEP: u64 = 20;
pub const KEPT_PER_STEP: u64 = 4;
/// Functions that are summarised inside each other.
pub const SUMMARIES_OPEN: u32 = 200;
/// What keeps a step out of a function that has `steps` already and reaches it by `calls`.
pub fn cut_of_step(steps: usize, calls: u32) -> Option<Cut> {
    if steps >= STEPS {
        return Some(Cut::Steps);
    }
    (calls > CALLS).then_some(Cut::Calls)
}

/// Returned values of a function that its callers see.
pub const RETURNS: usize = 16;
