//! What a race has left in the database already: how it is counted, and what would have refused it.
//!
//! Input: a finding, the tracked arrays, the write paths. Output: aggregations and indexes as plain data.
//! Must not know: formats, a server.

mod elements;
mod inserted;
mod query;

use crate::config::TrackedArray;
use crate::diagnostic::{Finding, Proof, WritePath};
use query::LOST;
pub use query::Query;

/// The queries for a finding; else why there is none.
pub fn queries(finding: &Finding, arrays: &[TrackedArray], paths: &[WritePath]) -> Result<Vec<Query>, &'static str> {
    match &finding.array {
        Some(array) => elements::queries(finding, array, arrays, paths),
        None if finding.proof == Proof::NotJudged => Err("it is not about what is stored"),
        None => inserted::query(finding).map(|query| vec![query]).ok_or(LOST),
    }
}
