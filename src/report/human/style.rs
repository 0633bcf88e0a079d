//! How a report for people is drawn.
//!
//! Input: none. Output: a type. Must not know: terminals, findings.

use std::path::PathBuf;

/// The width of a report that goes to no terminal.
pub const DEFAULT_WIDTH: usize = 100;

/// How the terminal is written to.
#[derive(Clone, Debug)]
pub struct Style {
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// The root of the project, where places are to be links to its files.
    pub links: Option<PathBuf>,
    /// Everything that is known of each finding, however long that gets.
    pub full: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: DEFAULT_WIDTH, links: None, full: false }
    }
}
