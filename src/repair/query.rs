//! A query, and what all of them share.
//!
//! Input: none. Output: plain data. Must not know: findings.

use crate::diagnostic::Once;
use serde_json::{Value, json};

pub const LOST: &str = "what such a race loses leaves no trace that a query could count";
pub const UNPROVEN: &str =
    "no witness shows what it leaves behind, and its code does not say what may be stored once only";

/// An aggregation that counts, and an index.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub collection: String,
    /// What is counted, as a clause: "elements of `messages` that one document holds more than once, by `mergeId`".
    pub counts: String,
    /// The stages. Their result is one document with the number of `duplicates`, or none where there are none; without the
    /// last stage each of them is named.
    pub pipeline: Vec<Value>,
    /// What a unique index keeps apart that refuses them, and cannot be made while there are any.
    pub index: Option<Once>,
}

/// Two of a kind are one duplicate.
pub fn extra() -> Value {
    json!({ "$sum": { "$subtract": ["$count", 1] } })
}

/// `a`, `a` and `b`
pub fn listed(fields: &[String]) -> String {
    let names: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}
