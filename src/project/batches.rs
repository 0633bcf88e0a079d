//! The table of arrays of operations that run together.
//!
//! Must not know: how they are filled and run.

use super::handle::Handle;
use crate::value::V;
use rustc_hash::FxHashMap;

/// Arrays of operations that live longer than one call, with the collection that runs them.
#[derive(Clone, Debug, Default)]
pub struct Batches {
    pub(super) handles: FxHashMap<V, Handle>,
}
