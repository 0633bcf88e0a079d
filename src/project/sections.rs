//! Sections: the functions that run under a lock outside of the process.
//!
//! Input: none. Output: a table that the link step fills. Must not know: how a lock is told.

use crate::value::FnRef;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Default)]
pub(super) struct Sections {
    /// By the name of what takes the lock.
    pub(super) held: BTreeMap<FnRef, String>,
    /// Functions of the project that run what they are given under a lock, with the number of the parameter.
    pub(super) holders: BTreeSet<(FnRef, u32)>,
}
