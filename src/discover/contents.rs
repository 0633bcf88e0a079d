//! Looks for words in the folders that a walk left out.
//!
//! Input: folders and words. Output: the folders that hold one of them. A look, not a search: it stops at the first hit and
//! after a bounded number of files and bytes. Must not know: syntax, what the words mean.

use super::skip::is_minified;
use super::source_name::is_source;
use crate::limits;
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// The folders with a source file in which one of the words occurs.
pub fn holding(folders: &[PathBuf], words: &[&str]) -> Vec<PathBuf> {
    folders.iter().filter(|folder| holds(folder, words)).cloned().collect()
}

fn holds(folder: &Path, words: &[&str]) -> bool {
    let files = WalkDir::new(folder).sort_by_file_name().into_iter();
    // Installed and minified code is somebody else's, wherever it lies.
    let entries = files.filter_entry(|entry| entry.file_name() != "node_modules").filter_map(Result::ok);
    let sources = entries.filter(|entry| {
        let name = entry.file_name().to_string_lossy();
        entry.file_type().is_file() && is_source(entry.path()) && !is_minified(&name)
    });
    let small = sources
        .filter(|entry| entry.metadata().is_ok_and(|meta| meta.len() <= limits::LOOKED_INTO_BYTES))
        .take(limits::LOOKED_INTO);
    small.filter_map(|entry| fs::read(entry.path()).ok()).any(|bytes| {
        let text = String::from_utf8_lossy(&bytes);
        words.iter().any(|word| text.contains(word))
    })
}
