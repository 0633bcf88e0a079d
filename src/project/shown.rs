//! The table of what use shows of values.
//!
//! Must not know: what shows it.

use crate::value::{ClassRef, FnRef, SiteInfo, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};

/// What use shows of values.
#[derive(Clone, Debug, Default)]
pub struct Proven {
    pub(super) collections: FxHashSet<V>,
    /// Calls that give a collection, such as `db.get('beds')`, by where they are written.
    pub(super) givers: FxHashSet<SiteInfo>,
    /// Names of methods that give what the process keeps.
    pub(super) keepers: FxHashSet<Sym>,
    /// Objects that are made for one request, and what they hold.
    pub(super) made: Made,
    /// What is stored under computed keys of an object that outlives the call.
    pub(super) kept: FxHashMap<V, Vec<V>>,
}

/// Instances and what they hold.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// The functions that make an instance of a class, or of one that extends it: the innermost around each `new`.
    pub(super) by: FxHashMap<ClassRef, Vec<FnRef>>,
    /// What fields hold that is made with the instance, by where it is made: `this.seen = new Set()`.
    pub(super) held: FxHashMap<SiteInfo, ClassRef>,
}
