//! What a call declares of a Mongoose schema after it is made.
//!
//! Must not know: calls, models.

use crate::value::V;

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
