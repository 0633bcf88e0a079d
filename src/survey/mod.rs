//! From the appends of a code base to proposals for its configuration: arrays, kinds of elements, identity keys.
//!
//! Input: what each append stores and by which fields the code tells elements apart. Output: proposals in the types of
//! the configuration. Must not know: syntax, values, the file system, how a file is written.

mod keys;
mod kinds;
mod shapes;

#[cfg(test)]
mod tests;

use crate::config::draft::Proposal;
use shapes::Array;
pub use shapes::{Append, Evidence, Field, FieldValue, Shape};
use std::collections::{BTreeMap, BTreeSet};

/// A proposal for each array whose elements can be told apart, or might be, sorted by field and collection.
pub fn propose(appends: &[Append]) -> Vec<Proposal> {
    arrays(appends).iter().filter_map(kinds::proposal).collect()
}

/// The appends by array. An append to an unknown collection joins all arrays of its field into one.
fn arrays(appends: &[Append]) -> Vec<Array<'_>> {
    let unknown: BTreeSet<&str> =
        appends.iter().filter(|append| append.collection.is_none()).map(|append| append.array.as_str()).collect();
    let mut arrays: BTreeMap<(&str, Option<&str>), Vec<&Append>> = BTreeMap::new();
    for append in appends {
        let field = append.array.as_str();
        let collection = append.collection.as_deref().filter(|_| !unknown.contains(field));
        arrays.entry((field, collection)).or_default().push(append);
    }
    arrays.into_iter().map(|((name, collection), appends)| Array { name, collection, appends }).collect()
}
