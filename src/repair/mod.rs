//! What a race has left in the database already: how it is counted, and what would have refused it.
//!
//! Input: a finding, the tracked arrays, the write paths. Output: aggregations and indexes as plain data.
//! Must not know: formats, a server.

mod elements;
mod inserted;
mod query;

use crate::config::{Kind, TrackedArray};
use crate::diagnostic::{Finding, Proof, StoredName, WritePath};
use crate::rules::kinds::is_array;
pub use query::Query;
use query::{LOST, UNPROVEN};
use std::collections::BTreeMap;

/// The queries for a finding; else why there is none.
pub fn queries(
    finding: &Finding,
    arrays: &[TrackedArray],
    paths: &[WritePath],
    names: &BTreeMap<String, StoredName>,
) -> Result<Vec<Query>, &'static str> {
    match &finding.array {
        Some(array) => elements::queries(finding, array, tracked(finding, array, arrays, names), paths),
        None if finding.proof == Proof::NotJudged => Err("it is not about what is stored"),
        None => {
            let why = if finding.proof.is_proven() { LOST } else { UNPROVEN };
            inserted::query(finding).map(|query| vec![query]).ok_or(why)
        }
    }
}

/// The kinds of elements of the array of a finding, by the name of its collection in the code or in the database.
fn tracked<'a>(
    finding: &Finding,
    array: &str,
    arrays: &'a [TrackedArray],
    names: &BTreeMap<String, StoredName>,
) -> &'a [Kind] {
    let collection = finding.collection.as_deref();
    let stored = collection.and_then(|name| names.get(name)).map(|stored| stored.name.as_str());
    let is_of = |tracked: &&TrackedArray| {
        is_array(tracked, collection, array) || stored.is_some_and(|name| is_array(tracked, Some(name), array))
    };
    arrays.iter().find(is_of).map(|tracked| tracked.kinds.as_slice()).unwrap_or_default()
}
