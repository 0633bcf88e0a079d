//! How the write paths of a tracked array tell its elements apart.
//!
//! Must not know: how a key is found, what two rows say together.

use super::draft::Draft;

/// One way in which a write path tells elements of a kind apart.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Index into the configuration's arrays, and into the array's kinds.
    pub array: usize,
    pub kind: usize,
    /// The fields of the key, sorted.
    pub fields: Vec<String>,
    /// A finding at the write path, without its words.
    pub draft: Draft,
}
