//! The documents that the client has open; their texts stand before those on disk.
//!
//! Input: open, change and close. Output: texts by path. Must not know: what is in them.

use super::address;
use crate::discover::resolve_existing_part;
use lsp_types::Uri;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One open document.
#[derive(Clone, Debug)]
pub struct Document {
    pub uri: Uri,
    /// Absolute path, symbolic links resolved.
    pub path: PathBuf,
    /// The client's number for this text.
    pub version: i32,
    /// Our number for this text; never used twice, unlike the client's after a document is opened again.
    pub revision: u64,
    pub text: Arc<str>,
}

#[derive(Debug, Default)]
pub struct Documents {
    open: BTreeMap<PathBuf, Document>,
    revisions: u64,
}

impl Documents {
    /// Takes the text of a document, opened or changed, and gives its path; `None` when it is no file.
    pub fn set(&mut self, uri: &Uri, version: i32, text: &str) -> Option<PathBuf> {
        let path = resolve_existing_part(&address::path_of(uri)?);
        self.revisions += 1;
        let document =
            Document { uri: uri.clone(), path: path.clone(), version, revision: self.revisions, text: Arc::from(text) };
        self.open.insert(path.clone(), document);
        Some(path)
    }

    /// Forgets a document, and gives its path.
    pub fn close(&mut self, uri: &Uri) -> Option<PathBuf> {
        let path = resolve_existing_part(&address::path_of(uri)?);
        self.open.remove(&path).map(|_| path)
    }

    pub fn get(&self, path: &Path) -> Option<&Document> {
        self.open.get(path)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.open.values()
    }
}
