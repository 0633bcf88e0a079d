//! What a survey found, for people and programs.
//!
//! Input: tallies. Output: a table, JSON or HTML, the worst documents first. Must not know: where the numbers come from.

mod html;
mod json;
mod table;

use super::identity::Identities;
use super::tally::Tally;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    Html,
}

/// What was found of one array.
pub struct Survey {
    /// `database.collection`, or the path of a file.
    pub place: String,
    pub field: String,
    pub identities: Identities,
    pub tally: Tally,
}

pub fn render(surveys: &[Survey], format: Format) -> String {
    match format {
        Format::Table => table::render(surveys),
        Format::Json => json::render(surveys),
        Format::Html => html::render(surveys),
    }
}

/// What one elements' difference is worth saying: `createdAt 1571, _id 3`.
fn differing(fields: &std::collections::BTreeMap<String, u64>) -> String {
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
