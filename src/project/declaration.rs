//! What a call declares of a Mongoose schema after it is made, and the references that a query follows.
//!
//! Must not know: calls, models.

use crate::value::{Site, SiteInfo, Sym, V};

/// What a schema is known by. A value in it may be followed further in one place than in another: `enum: valuesOf('STATE')`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Identity {
    /// Where it is made: `new Schema({ … })`.
    Made(Site),
    Value(V),
}

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
    pub(super) call: SiteInfo,
    /// The place of its own query: one call follows several paths.
    pub(super) site: SiteInfo,
    /// The model to which it leads.
    pub(super) model: V,
}
