//! A place, as the versioned JSON report has it.
//!
//! Input: a located place. Output: plain data, with a 1-based line and a 1-based UTF-16 column. Must not know: findings.

use crate::report::Spot;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
pub(super) struct JsonPlace<'a> {
    path: &'a str,
    line: u32,
    column: u32,
}

pub(super) fn json_place(spot: Spot<'_>) -> JsonPlace<'_> {
    JsonPlace { path: &spot.file.path, line: spot.start.line, column: spot.start.column }
}
