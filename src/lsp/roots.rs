//! The roots of a session: one for each workspace folder or, without folders, for each project of an open document.
//!
//! Input: folders, open documents, what changed. Output: which root is to be analysed next, and which one owns a file.
//! Must not know: messages, findings.

use super::documents::{Document, Documents};
use super::held::Held;
use super::project::{Job, Report};
use crate::discover::{Root, find_root, is_source, resolve_existing_part};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Typing is over when nothing changed for this long.
const PAUSE: Duration = Duration::from_millis(150);
/// Who never pauses sees results at least this often, as far as the analysis keeps up.
pub const PATIENCE: Duration = Duration::from_millis(1_000);

/// One root.
#[derive(Debug)]
pub struct Rooted {
    pub root: Root,
    /// Files to report on; empty: what the configuration says.
    paths: Vec<PathBuf>,
    /// Since when, and last when, something changed that no job has seen.
    stale: Option<(Instant, Instant)>,
    reread: bool,
    pub report: Option<Report>,
    pub held: Held,
    /// What the user was last told is wrong with the whole root.
    pub said: Option<String>,
}

#[derive(Debug, Default)]
pub struct Roots {
    /// Workspace folders: resolved, and as the client writes them.
    folders: Vec<(PathBuf, PathBuf)>,
    list: Vec<Rooted>,
}

impl Roots {
    pub fn add_folder(&mut self, shown: PathBuf) {
        let folder = resolve_existing_part(&shown);
        if !self.folders.iter().any(|(known, _)| *known == folder) {
            self.folders.push((folder, shown));
        }
    }

    pub fn remove_folder(&mut self, shown: &Path) {
        self.folders.retain(|(folder, known)| known != shown && folder != shown);
    }

    /// Finds the roots anew, and gives the folders of those that are gone.
    pub fn refresh(&mut self, documents: &Documents, now: Instant) -> Vec<PathBuf> {
        let mut wanted: Vec<(Root, Vec<PathBuf>)> = Vec::new();
        let mut want =
            |root: Root, path: Option<PathBuf>| match wanted.iter_mut().find(|(r, _)| r.folder == root.folder) {
                Some((_, paths)) => paths.extend(path),
                None => wanted.push((root, path.into_iter().collect())),
            };
        for (folder, _) in &self.folders {
            want(find_root(folder, &[]), None);
        }
        if self.folders.is_empty() {
            for document in documents.iter().filter(|document| is_source(&document.path)) {
                let paths = [document.path.clone()];
                want(find_root(document.path.parent().unwrap_or(&document.path), &paths), Some(document.path.clone()));
            }
        }
        let mut old = std::mem::take(&mut self.list);
        for (root, paths) in wanted {
            let known = old.iter().position(|known| known.root.folder == root.folder).map(|at| old.swap_remove(at));
            let changed = known.as_ref().is_none_or(|known| known.root != root || known.paths != paths);
            let mut entry = known.unwrap_or(Rooted {
                root: root.clone(),
                paths: Vec::new(),
                stale: None,
                reread: true,
                report: None,
                held: Held::default(),
                said: None,
            });
            (entry.root, entry.paths) = (root, paths);
            if changed {
                entry.touch(now, true);
            }
            self.list.push(entry);
        }
        old.into_iter().map(|gone| gone.root.folder).collect()
    }

    /// Something happened to a file: in an open document, or on disk as well.
    pub fn touch(&mut self, path: &Path, on_disk: bool, now: Instant) {
        for root in self.list.iter_mut().filter(|root| path.starts_with(&root.root.folder)) {
            root.touch(now, on_disk);
        }
    }

    /// Anything may have changed.
    pub fn touch_all(&mut self, now: Instant) {
        self.list.iter_mut().for_each(|root| root.touch(now, true));
    }

    /// When the next analysis is due; `None` when all is analysed.
    pub fn due(&self) -> Option<Instant> {
        let due = |(first, last): (Instant, Instant)| (last + PAUSE).min(first + PATIENCE);
        self.list.iter().filter_map(|root| root.stale.map(due)).min()
    }

    /// The job that is due. From now on its root counts as analysed.
    pub fn next_job(&mut self, documents: &Documents) -> Option<Job> {
        let root = self.list.iter_mut().filter(|root| root.stale.is_some()).min_by_key(|root| root.stale)?;
        root.stale = None;
        let inside = documents.iter().filter(|document| document.path.starts_with(&root.root.folder));
        let reread = std::mem::take(&mut root.reread);
        let documents = root.held.documents_of_next(inside.cloned().collect(), reread);
        Some(Job { root: root.root.clone(), paths: root.paths.clone(), reread, documents })
    }

    /// The root that a file belongs to: the innermost one.
    pub fn owner(&self, path: &Path) -> Option<&Rooted> {
        let around = self.list.iter().filter(|root| path.starts_with(&root.root.folder));
        around.max_by_key(|root| root.root.folder.components().count())
    }

    pub fn get(&mut self, folder: &Path) -> Option<&mut Rooted> {
        self.list.iter_mut().find(|root| root.root.folder == folder)
    }

    /// A resolved path as the client writes it, who may see a folder through a symbolic link.
    pub fn shown(&self, path: &Path) -> PathBuf {
        let around = self.folders.iter().filter_map(|(real, shown)| Some((path.strip_prefix(real).ok()?, shown)));
        match around.min_by_key(|(rest, _)| rest.components().count()) {
            Some((rest, shown)) => shown.join(rest),
            None => path.to_owned(),
        }
    }
}

impl Rooted {
    fn touch(&mut self, now: Instant, on_disk: bool) {
        self.stale = Some((self.stale.map_or(now, |(first, _)| first), now));
        self.reread |= on_disk;
    }

    /// A job came to its end after this time. What waited for it has its turn.
    pub fn finish(&mut self, documents: Vec<Document>, took: Duration, now: Instant) {
        if self.held.finish(documents, took < PATIENCE) {
            self.touch(now, false);
        }
    }

    /// The job has failed: the next one starts from the disk again.
    pub fn distrust(&mut self) {
        self.reread = true;
    }

    pub fn is_stale(&self) -> bool {
        self.stale.is_some()
    }
}
