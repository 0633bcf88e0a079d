//! What a call declares of a Mongoose schema after it is made, and the references that a query follows.
//!
//! Must not know: calls, models.

use crate::value::{SiteInfo, Sym, V};

/// What a call declares of a schema.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) schema: V,
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Fields(V),
    Options(V),
    Index { keys: V, options: V },
}

/// A reference that a query follows.
#[derive(Clone, Debug)]
pub(super) struct Populated {
    /// The names that lead to it from the document.
    pub(super) path: Vec<Sym>,
    /// Where `populate` is called.
    pub(super) site: SiteInfo,
    /// The model to which it leads.
    pub(super) model: V,
}
