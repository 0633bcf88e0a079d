//! Looks for words in the folders that a walk left out.
//!
//! Input: a folder and words. Output: whether it holds one of them. A look, not a search: it stops at the first hit and
//! after a bounded number of files, and says so. Must not know: syntax, what the words mean.

use super::skip::is_minified;
use super::source_name::is_source;
use crate::limits;
use std::fs;
use std::path::Path;
use walkdir::WalkDir;

/// What was seen in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// One of the words.
    Word,
    Nothing,
    /// Nothing so far, and more than is looked at.
    Unknown,
}

/// Whether one of the words occurs in a source file of a folder.
pub fn look(folder: &Path, words: &[&str]) -> Look {
    let files = WalkDir::new(folder).sort_by_file_name().into_iter();
    // Installed and minified code is somebody else's, wherever it lies.
    let entries = files.filter_entry(|entry| entry.file_name() != "node_modules").filter_map(Result::ok);
    let mut looked_into = 0;
    for (at, entry) in entries.enumerate() {
        if at >= limits::LOOKED_THROUGH || looked_into >= limits::LOOKED_INTO {
            return Look::Unknown;
        }
        let name = entry.file_name().to_string_lossy();
        if !entry.file_type().is_file() || !is_source(entry.path()) || is_minified(&name) {
            continue;
        }
        looked_into += 1;
        // A larger file is no more than data.
        let is_small = entry.metadata().is_ok_and(|meta| meta.len() <= limits::LOOKED_INTO_BYTES);
        let Some(bytes) = is_small.then(|| fs::read(entry.path()).ok()).flatten() else { continue };
        let text = String::from_utf8_lossy(&bytes);
        if words.iter().any(|word| text.contains(word)) {
            return Look::Word;
        }
    }
    Look::Nothing
}
