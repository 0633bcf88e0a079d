//! One unique index, and what makes one.
//!
//! Sources: MongoDB manual, "Unique Indexes", "Partial Indexes", "Sparse Indexes".
//! Input: names and paths. Output: what an index is. Must not know: calls, collections.

use crate::value::{Site, SiteInfo, V};
use rustc_hash::FxHashMap;

/// A unique index.
#[derive(Clone, Debug)]
pub struct Index {
    /// Dotted paths; none where they are not known.
    pub keys: Vec<String>,
    /// Documents with none of the keys are left out.
    pub sparse: bool,
    /// `partialFilterExpression`: documents that it does not hold of are left out.
    pub partial: Option<V>,
}

impl Index {
    pub fn plain(keys: Vec<String>) -> Self {
        Self { keys, sparse: false, partial: None }
    }

    /// Whether all of its keys are among these.
    pub fn is_within(&self, keys: &[String]) -> bool {
        !self.keys.is_empty() && self.keys.iter().all(|key| keys.contains(key))
    }
}

/// The calls that make indexes, each with whether any view of it says which.
#[derive(Default)]
pub(super) struct Made {
    calls: FxHashMap<SiteInfo, (Site, bool)>,
}

impl Made {
    /// `is_read` is none where a call makes no index, or leaves to its callers which.
    pub(super) fn note(&mut self, place: SiteInfo, site: Site, is_read: Option<bool>) {
        let Some(is_read) = is_read else { return };
        self.calls.entry(place).or_insert((site, false)).1 |= is_read;
    }

    /// The first call of which no view says which indexes it makes.
    pub(super) fn unread(&self) -> Option<Site> {
        let unread = self.calls.iter().filter(|(_, (_, is_read))| !is_read);
        unread.min_by_key(|(place, _)| (place.file, place.start)).map(|(_, (site, _))| *site)
    }
}

/// Methods of a collection that make indexes, and functions that make those of a collection that they are given.
pub(super) fn is_index_method(name: &str) -> bool {
    // Nearly every name ends here.
    if !name.contains(['x', 'X']) {
        return false;
    }
    let of = name.trim_start_matches('_').to_lowercase();
    let rest = ["create", "ensure", "add", "make", "build", "sync"].iter().find_map(|verb| of.strip_prefix(verb));
    rest.is_some_and(|rest| {
        ["index", "indexes", "indices"].iter().any(|noun| rest.ends_with(noun)) || rest.starts_with("index")
    })
}
