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

    /// The failure of two parts, the earlier and this one: what is not known might not have failed, and outweighs what is.
    #[must_use]
    pub fn after(self, earlier: Option<Self>) -> Self {
        match earlier {
            Some(earlier) if !matches!(self, Self::NotModelled(_)) => earlier,
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
