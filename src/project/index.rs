//! One unique index, and what makes one.
//!
//! Sources: MongoDB manual, "Unique Indexes", "Partial Indexes", "Sparse Indexes".
//! Input: names and paths. Output: what an index is. Must not know: calls, collections.

use crate::value::V;

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

/// Methods of a collection that make indexes, and functions that make those of a collection that they are given.
pub(super) fn is_index_method(name: &str) -> bool {
    // Nearly every name ends here.
    if !name.contains(['x', 'X']) {
        return false;
    }
    let of = name.to_lowercase();
    let rest = ["create", "ensure", "add", "make", "build", "sync"].iter().find_map(|verb| of.strip_prefix(verb));
    rest.is_some_and(|rest| {
        ["index", "indexes", "indices"].iter().any(|noun| rest.ends_with(noun)) || rest.starts_with("index")
    })
}
