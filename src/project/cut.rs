//! What linking did not follow: the limits on its work, and where they were met.
//!
//! Input: how far a function was followed. Output: the limit that stops it. Must not know: rules, formats.

use super::link::{Op, Project, Step};
use super::mongo::is_telling;
use super::summary::{MAX_CHAIN, MAX_STEPS};

/// A bound on the work of linking. What it cuts off is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// The effects of one function, its callees' included.
    Steps,
    /// The calls between a function and a write.
    Chain,
    /// The alternatives of a returned value, or its size.
    Returns,
    /// What the calls of one file copy from their callees.
    Copies,
}

impl Limit {
    /// The limit as a phrase.
    pub fn phrase(self) -> &'static str {
        match self {
            Limit::Steps => "has too many effects",
            Limit::Chain => "calls too deep",
            Limit::Returns => "returns too many values",
            Limit::Copies => "is in a file that calls too much",
        }
    }

    /// The limit that keeps a callee's step out of its caller, which has `steps` steps already.
    pub(super) fn exceeded(is_spent: bool, steps: usize, calls: u32) -> Option<Self> {
        match () {
            () if is_spent => Some(Limit::Copies),
            () if steps >= MAX_STEPS => Some(Limit::Steps),
            () if calls + 1 > MAX_CHAIN => Some(Limit::Chain),
            () => None,
        }
    }
}

impl Project {
    /// Whether a step reads or writes the database, as far as its name tells.
    pub(super) fn touches_database(&self, step: &Step) -> bool {
        match &step.op {
            Op::Call { recv: Some(_), name: Some(name), .. } => {
                let name = self.arena.text(*name);
                name == "save" || is_telling(name)
            }
            _ => false,
        }
    }
}
