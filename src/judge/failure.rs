//! Why a command did not do what it says.
//!
//! Input: none. Output: a type. Must not know: commands.

use crate::race::term::Refused;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    DuplicateKey,
    /// The server refuses the command.
    Rejected(String),
    /// What the server does is not known here.
    NotModelled(String),
}

impl Failure {
    pub fn rejected<T>(why: impl Into<String>) -> Result<T, Self> {
        Err(Self::Rejected(why.into()))
    }

    /// The failure of two parts, of which it is not known which one decides: where one is not known, neither is the whole.
    pub fn and(self, other: Option<Self>) -> Self {
        match other {
            Some(Self::NotModelled(what)) if !matches!(self, Self::NotModelled(_)) => Self::NotModelled(what),
            _ => self,
        }
    }

    pub fn not_modelled<T>(what: impl Into<String>) -> Result<T, Self> {
        Err(Self::NotModelled(what.into()))
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Rejected(refused.0.into())
    }
}
