//! What a survey found, for people and programs.
//!
//! Input: tallies. Output: a table, JSON or HTML, the worst documents first. Must not know: where the numbers come from.

mod found;
mod html;
mod json;
mod table;

pub use found::Survey;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    Html,
}

pub fn render(surveys: &[Survey], format: Format) -> String {
    match format {
        Format::Table => table::render(surveys),
        Format::Json => json::render(surveys),
        Format::Html => html::render(surveys),
    }
}
