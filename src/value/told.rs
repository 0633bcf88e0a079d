//! Sets of values as a few bits: a value that seems to be missing is missing.
//!
//! Must not know: what a value is.

use super::node::V;

/// A set of values, one bit for each, which several values share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told(u32);

impl Told {
    /// Fibonacci hashing: the five highest bits of a product with the golden ratio.
    pub const fn of(value: V) -> Self {
        Self(1 << (value.0.wrapping_mul(0x9E37_79B9) >> 27))
    }

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
