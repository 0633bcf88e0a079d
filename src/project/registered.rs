//! What is registered in a container.
//!
//! Input: none. Output: a table that the link step fills. Must not know: what registers.

use crate::value::{FnRef, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a container gives, and to whom.
#[derive(Clone, Debug, Default)]
pub struct Container {
    /// By name; `None` where that is several things.
    pub(super) registered: FxHashMap<Sym, Option<V>>,
    /// The constructors and factories that the container calls.
    pub(super) called: FxHashSet<FnRef>,
}
