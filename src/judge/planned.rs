//! One command of a function, as it is to be sent.
//!
//! Input: none. Output: the types. Must not know: how a command is read or run.

use crate::facts::TryPart;
use crate::project::mongo::Action as Method;
use crate::project::writes::Write;
use crate::value::{Atom, C, Site, V};

/// One command or outside effect.
#[derive(Clone, Debug)]
pub struct Command {
    pub site: Site,
    /// The step of the function that sends it; none of what others did before.
    pub step: Option<usize>,
    /// A loop may send it again.
    pub in_loop: bool,
    /// The path condition, in the order in which the code decides it.
    pub atoms: Vec<Atom>,
    /// The `try` statements around it, outermost first.
    pub within: Vec<(Site, TryPart)>,
    pub caught: bool,
    pub session: Option<V>,
    /// The request ends when this command matches nothing.
    pub ends_unmatched: bool,
    /// The fences before it: it is not done where one of them was refused.
    pub fences: Vec<Fence>,
    pub action: Action,
}

/// An insert that the database may refuse.
#[derive(Clone, Copy, Debug)]
pub struct Fence {
    pub site: Site,
    /// The innermost `try` in whose body it stands.
    pub caught_by: Option<Site>,
}

#[derive(Clone, Debug)]
pub enum Action {
    Read {
        kind: Method,
        collection: u32,
        filter: Option<V>,
    },
    /// Someone else loaded this document before the function began.
    Given {
        collection: u32,
        document: V,
    },
    Write {
        collection: u32,
        write: Box<Write>,
        /// The conditions under which Mongoose sends it with `__v` in its filter.
        versions: Vec<C>,
    },
    /// Something outside of the database: a mail, a payment, a message to a queue.
    Effect {
        name: String,
        args: Vec<V>,
    },
}

impl Action {
    fn collection_mut(&mut self) -> Option<&mut u32> {
        match self {
            Self::Read { collection, .. } | Self::Write { collection, .. } | Self::Given { collection, .. } => {
                Some(collection)
            }
            Self::Effect { .. } => None,
        }
    }

    /// Gives the collection another number.
    pub fn renumber(&mut self, number: impl FnOnce(u32) -> u32) {
        if let Some(collection) = self.collection_mut() {
            *collection = number(*collection);
        }
    }

    pub fn collection(&self) -> Option<u32> {
        match self {
            Self::Read { collection, .. } | Self::Write { collection, .. } | Self::Given { collection, .. } => {
                Some(*collection)
            }
            Self::Effect { .. } => None,
        }
    }
}
