//! Why something of a function was not followed, and the words for it.
//!
//! Input: none. Output: [`Cut`], [`Cuts`]. Must not know: anything of the project.

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
    /// A function returns too many alternatives, or throws in too many places.
    Returns,
    /// More classes stand behind an interface that it calls than are followed.
    Implementers,
}

impl Cut {
    pub const ALL: [Self; 7] =
        [Self::Size, Self::Values, Self::Branches, Self::Steps, Self::Calls, Self::Returns, Self::Implementers];

    /// What a report says of the function.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Size => "is too large",
            Self::Values => "has values that are too deep or too large",
            Self::Branches => "has too many branches on one path",
            Self::Steps => "has too many effects",
            Self::Calls => "calls too deep",
            Self::Returns => "returns or throws in too many places",
            Self::Implementers => "calls an interface of too many classes",
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
