//! Unique indexes.
//!
//! Input: an index, documents. Output: whether two documents have one key. Must not know: commands.

use super::bson::Value;
use super::failure::Failure;
use super::keys::{Key, Part, keys};
use super::matching;
use crate::race::predicate::Predicate;

/// A unique index beside that on `_id`, which each collection has.
#[derive(Clone, Debug, PartialEq)]
pub struct UniqueIndex {
    pub collection: u32,
    /// Dotted paths.
    pub fields: Vec<String>,
    /// Keys with none of the fields are left out.
    pub sparse: bool,
    /// Documents that it does not hold of are left out.
    pub partial: Option<Predicate<Value>>,
}

impl UniqueIndex {
    fn keys(&self, document: &Value) -> Result<Vec<Key>, Failure> {
        if let Some(partial) = &self.partial
            && !matching::matches(partial, document)?
        {
            return Ok(Vec::new());
        }
        let mut keys = keys(self.fields.iter().map(String::as_str), document)?;
        if self.sparse {
            keys.retain(|key| !key.iter().all(|part| matches!(part, Part::Missing)));
        }
        Ok(keys)
    }
}

/// Whether a document may stand beside the others of its collection, leaving out the one that it replaces.
pub fn check<'a>(
    indexes: impl Iterator<Item = &'a UniqueIndex>,
    documents: &[Value],
    new: &Value,
    replaced: Option<usize>,
) -> Result<(), Failure> {
    let others = || documents.iter().enumerate().filter(|(at, _)| Some(*at) != replaced).map(|(_, other)| other);
    // An `_id` never changes, so only an insert can repeat one.
    if replaced.is_none() && others().any(|other| other.field("_id") == new.field("_id")) {
        return Err(Failure::DuplicateKey);
    }
    for index in indexes {
        let mine = index.keys(new)?;
        if mine.is_empty() {
            continue;
        }
        for other in others() {
            if index.keys(other)?.iter().any(|key| mine.contains(key)) {
                return Err(Failure::DuplicateKey);
            }
        }
    }
    Ok(())
}
