//! The table of what use shows of values.
//!
//! Must not know: what shows it.

use super::made::Made;
use crate::value::{SiteInfo, Sym, V};
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
