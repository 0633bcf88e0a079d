//! Which paths a predicate speaks of.
//!
//! Input: a predicate and a path. Output: whether it says something there. Must not know: what it says.

use super::path::is_within;
use super::predicate::Predicate;

impl<T> Predicate<T> {
    /// Whether it says something of the values at a path, above it or below it. An expression may say anything.
    pub fn is_about(&self, touched: &str) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) | Self::Nor(parts) => parts.iter().any(|part| part.is_about(touched)),
            Self::Field { path, .. } => is_within(path, touched) || is_within(touched, path),
            Self::Expr(_) => true,
            Self::Unknown(_) => false,
        }
    }

    /// Whether a part of it is not read.
    pub fn is_open(&self) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) | Self::Nor(parts) => parts.iter().any(Self::is_open),
            Self::Field { .. } => false,
            Self::Expr(_) | Self::Unknown(_) => true,
        }
    }
}
