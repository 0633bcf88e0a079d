//! Where the names stand that a configuration gives, for what is said of them later.
//!
//! Input: the text of `pushguard.toml`. Output: places. Must not know: what the names are of.

use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A 1-based line and a 1-based column in UTF-16 code units.
pub type Spot = (usize, usize);

/// The file that a configuration comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub path: PathBuf,
    /// One for each tracked array; none where the file names no array.
    pub arrays: Vec<ArraySpot>,
    /// The collection of each index.
    pub indexes: Vec<Spot>,
    /// The paths of each override.
    pub overrides: Vec<Spot>,
    /// The entries of `paths` and of `exclude`.
    pub paths: Vec<Spot>,
    pub exclude: Vec<Spot>,
}

/// Where the names of a tracked array stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArraySpot {
    pub collection: Spot,
    pub field: Spot,
}

impl Origin {
    pub(super) fn of(path: PathBuf, text: &str) -> Self {
        let Ok(spans) = DeTable::parse(text) else { return Self { path, ..Self::default() } };
        let spans = spans.get_ref();
        let value = |table: &Spanned<DeValue<'_>>, key: &str| {
            let at = table.get_ref().get(key).map_or(table.span().start, |value| value.span().start);
            position(text, at)
        };
        let starts = |key: &str| -> Vec<Spot> {
            entries(spans, key).into_iter().map(|entry| position(text, entry.span().start)).collect()
        };
        let array = |table: &Spanned<DeValue<'_>>| ArraySpot {
            collection: value(table, "collection"),
            field: value(table, "field"),
        };
        Self {
            arrays: entries(spans, "array").into_iter().map(array).collect(),
            indexes: entries(spans, "index").into_iter().map(|table| value(table, "collection")).collect(),
            overrides: entries(spans, "override").into_iter().map(|table| value(table, "paths")).collect(),
            paths: starts("paths"),
            exclude: starts("exclude"),
            path,
        }
    }
}

/// The entries of a list.
fn entries<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Vec<&'t Spanned<DeValue<'i>>> {
    let list = table.get(key);
    (0..).map_while(|at| list.and_then(|list| list.get_ref().get(at))).collect()
}

/// The line and column of a byte offset.
pub(super) fn position(text: &str, offset: usize) -> Spot {
    let before = text.get(..text.floor_char_boundary(offset)).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.get(start..).unwrap_or_default().encode_utf16().count() + 1)
}
