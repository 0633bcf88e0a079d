//! What the client has been told, so that it hears of changes alone.
//!
//! Input: the diagnostics that should stand. Output: the messages that make it so. Must not know: findings, roots.

use lsp_types::{Diagnostic, PublishDiagnosticsParams, Uri};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The diagnostics that a file should have.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub uri: Uri,
    /// The client's number of the text they are about, for an open document.
    pub version: Option<i32>,
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Debug)]
struct Known {
    /// The folder of the root whose analysis said so.
    owner: PathBuf,
    uri: Uri,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Default)]
pub struct Published {
    files: BTreeMap<PathBuf, Known>,
    /// Documents opened since the last message about them: their client waits for one, even an empty one.
    owed: BTreeSet<PathBuf>,
}

impl Published {
    pub fn owe(&mut self, path: PathBuf) {
        self.owed.insert(path);
    }

    /// The messages after an analysis of the root `owner`. `kept` are files about which nothing is said for now.
    pub fn update(
        &mut self,
        owner: &Path,
        mut wanted: BTreeMap<PathBuf, Wanted>,
        kept: &dyn Fn(&Path) -> bool,
    ) -> Vec<PublishDiagnosticsParams> {
        let mut messages = Vec::new();
        let mine = self.files.iter().filter(|(path, known)| known.owner == owner && !wanted.contains_key(*path));
        let gone: Vec<PathBuf> = mine.map(|(path, _)| path.clone()).filter(|path| !kept(path)).collect();
        for path in gone {
            if let Some(known) = self.files.remove(&path) {
                self.owed.remove(&path);
                messages.push(PublishDiagnosticsParams::new(known.uri, Vec::new(), None));
            }
        }
        wanted.retain(|path, _| !kept(path));
        for (path, Wanted { uri, version, diagnostics }) in wanted {
            let owed = self.owed.remove(&path);
            let known = self.files.remove(&path);
            if let Some(known) = known.as_ref().filter(|known| known.uri != uri) {
                messages.push(PublishDiagnosticsParams::new(known.uri.clone(), Vec::new(), None));
            }
            let is_new = match &known {
                Some(known) => known.uri != uri || known.diagnostics != diagnostics,
                None => !diagnostics.is_empty(),
            };
            if is_new || owed {
                messages.push(PublishDiagnosticsParams::new(uri.clone(), diagnostics.clone(), version));
            }
            if !diagnostics.is_empty() {
                self.files.insert(path, Known { owner: owner.to_owned(), uri, diagnostics });
            }
        }
        messages
    }
}
