//! What was found of an array, as all formats show it.
//!
//! Input: a tally. Output: words. Must not know: formats.

use crate::cleanup::identity::Identities;
use crate::cleanup::tally::Tally;
use std::collections::BTreeMap;

/// What was found of one array.
pub struct Survey {
    /// `database.collection`, or the path of a file.
    pub place: String,
    pub field: String,
    pub identities: Identities,
    pub tally: Tally,
}

/// The fields in which elements differ, most often first: `createdAt 1571, _id 3`.
pub fn differing(fields: &BTreeMap<String, u64>) -> String {
    let mut fields: Vec<(&String, &u64)> = fields.iter().collect();
    fields.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let most = 6;
    let more = fields.len().saturating_sub(most);
    let mut shown: Vec<String> = fields.iter().take(most).map(|(field, count)| format!("{field} {count}")).collect();
    if more > 0 {
        shown.push(format!("{more} more"));
    }
    if shown.is_empty() { "nothing".to_owned() } else { shown.join(", ") }
}
