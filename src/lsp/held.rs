//! The texts with which an analysis did not come to its end, so that those of other files need not wait for them.
//!
//! Input: what became of each job. Output: the documents of the next. Must not know: the protocol, time.

use super::documents::Document;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is held back of one root.
#[derive(Debug, Default)]
pub struct Held {
    /// The documents of the last job that came to its end, and whether that was soon.
    last: BTreeMap<PathBuf, Document>,
    is_quick: bool,
    /// By path, the revision that is held back, and whether until it changes.
    texts: BTreeMap<PathBuf, (u64, bool)>,
}

impl Held {
    /// The documents to analyse: without the texts that were given up, and without those that others should not wait for. In
    /// their place stands what was analysed last, or what is on disk. All have another chance where that has changed.
    pub fn documents_of_next(&mut self, open: Vec<Document>, reread: bool) -> Vec<Document> {
        if reread {
            self.texts.clear();
        }
        self.texts.retain(|path, (revision, _)| open.iter().any(|one| one.path == *path && one.revision == *revision));
        if !open.iter().any(|document| self.is_new(document) && !self.texts.contains_key(&document.path)) {
            self.texts.retain(|_, (_, until_changed)| *until_changed);
        }
        let taken = |document: Document| match self.texts.contains_key(&document.path) {
            true => self.last.get(&document.path).cloned(),
            false => Some(document),
        };
        open.into_iter().filter_map(taken).collect()
    }

    /// A job with these documents came to its end, soon or not. Whether others are waiting for it.
    pub fn finish(&mut self, documents: Vec<Document>, is_quick: bool) -> bool {
        self.last = documents.into_iter().map(|document| (document.path.clone(), document)).collect();
        self.is_quick = is_quick;
        self.texts.values().any(|(_, until_changed)| !until_changed)
    }

    /// A job with these documents was given up, or was stopped for another edit: what is new in it is to blame.
    pub fn stop(&mut self, documents: &[Document], gave_up: bool) {
        // Where an analysis takes long anyway, no text is to blame that was just stopped.
        if !gave_up && !self.is_quick {
            return;
        }
        let new = documents.iter().filter(|document| self.is_new(document));
        let new: Vec<(PathBuf, u64)> = new.map(|document| (document.path.clone(), document.revision)).collect();
        self.texts.extend(new.into_iter().map(|(path, revision)| (path, (revision, gave_up))));
    }

    /// Whether the last job that came to its end had this text.
    pub fn knows(&self, path: &Path, revision: u64) -> bool {
        self.last.get(path).is_some_and(|last| last.revision == revision)
    }

    fn is_new(&self, document: &Document) -> bool {
        !self.knows(&document.path, document.revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(texts: &[(&str, u64)]) -> Vec<Document> {
        let document = |(path, revision): &(&str, u64)| Document {
            uri: format!("file:///{path}").parse().expect("an address"),
            path: path.into(),
            version: 1,
            revision: *revision,
            text: "".into(),
        };
        texts.iter().map(document).collect()
    }

    fn next(held: &mut Held, open: &[(&str, u64)]) -> Vec<u64> {
        held.documents_of_next(documents(open), false).iter().map(|document| document.revision).collect()
    }

    #[test]
    fn what_was_stopped_waits_until_the_others_are_done() {
        let mut held = Held::default();
        assert!(!held.finish(documents(&[("a", 1)]), true));
        assert_eq!(next(&mut held, &[("a", 1), ("b", 2)]), [1, 2]);
        held.stop(&documents(&[("a", 1), ("b", 2)]), false);
        assert_eq!(next(&mut held, &[("a", 3), ("b", 2)]), [3]);
        assert!(held.finish(documents(&[("a", 3)]), true));
        assert_eq!(next(&mut held, &[("a", 3), ("b", 2)]), [3, 2]);
        assert!(!held.finish(documents(&[("a", 3), ("b", 2)]), true));
    }

    #[test]
    fn what_was_given_up_waits_until_it_changes() {
        let mut held = Held::default();
        held.finish(documents(&[("a", 1), ("b", 1)]), true);
        held.stop(&documents(&[("a", 1), ("b", 2)]), true);
        assert_eq!(next(&mut held, &[("a", 3), ("b", 2)]), [3, 1]);
        assert!(!held.finish(documents(&[("a", 3), ("b", 1)]), true));
        assert_eq!(next(&mut held, &[("a", 3), ("b", 2)]), [3, 1]);
        assert_eq!(next(&mut held, &[("a", 3), ("b", 4)]), [3, 4]);
        held.stop(&documents(&[("a", 3), ("b", 4)]), true);
        assert_eq!(held.documents_of_next(documents(&[("a", 3), ("b", 4)]), true).len(), 2);
    }

    #[test]
    fn no_text_is_to_blame_where_all_is_slow() {
        let mut held = Held::default();
        held.finish(documents(&[("a", 1)]), false);
        held.stop(&documents(&[("a", 2), ("b", 2)]), false);
        assert_eq!(next(&mut held, &[("a", 3), ("b", 2)]), [3, 2]);
    }
}
