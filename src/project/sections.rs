//! Sections: the functions that run under a lock outside of the process.
//!
//! Input: none. Output: a table that the link step fills. Must not know: how a lock is told.

use crate::value::{FnRef, V};
use std::collections::{BTreeMap, BTreeSet};

/// How a function comes to run under a lock.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// The name of what takes the lock.
    pub(super) name: String,
    /// What names the lock, as the function around the call sees it; empty where another function takes it.
    pub(super) keys: Vec<V>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Sections {
    pub(super) held: BTreeMap<FnRef, Held>,
    /// Functions of the project that run what they are given under a lock, with the number of the parameter.
    pub(super) holders: BTreeSet<(FnRef, u32)>,
}
