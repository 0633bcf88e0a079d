//! Reads configurations with those that they extend, each once.
//!
//! Source: TypeScript's reference of `extends` and `references`: a path with or without `.json`, or a module of a package
//! that is looked for as any other is.
//! Input: the texts among the context of a project, its packages and links. Output: what each configuration says, the
//! files that are named and are no part of the context, and those that lead to themselves. Must not know: specifiers.

use super::below::{ROOT, normal, relative};
use super::links::Links;
use super::modules::{Modules, own, salvaged};
use super::packages::{Packages, split, tolerant};
use crate::limits;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a configuration is come to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// It bears the name of one.
    Name,
    Extends,
    References,
}

pub struct Reader<'a> {
    texts: &'a BTreeMap<PathBuf, Arc<str>>,
    packages: &'a Packages,
    links: Links,
    known: BTreeMap<PathBuf, Modules>,
    /// Those that are being read: one that leads to itself ends there.
    open: Vec<(PathBuf, By)>,
    missing: BTreeSet<Vec<PathBuf>>,
    troubles: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub fn new(texts: &'a BTreeMap<PathBuf, Arc<str>>, packages: &'a Packages, links: Links) -> Self {
        let (missing, troubles) = (BTreeSet::new(), BTreeSet::new());
        Self { texts, packages, links, known: BTreeMap::new(), open: Vec::new(), missing, troubles }
    }

    /// The files that were read, those that are named and are not among the texts, and what is wrong.
    pub fn finish(self) -> (BTreeSet<PathBuf>, Vec<Vec<PathBuf>>, Vec<String>) {
        (self.known.into_keys().collect(), self.missing.into_iter().collect(), self.troubles.into_iter().collect())
    }

    /// What a configuration says with all that it extends.
    pub fn modules(&mut self, path: &Path, by: By) -> Modules {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        if let Some(at) = self.open.iter().position(|(open, _)| open == path) {
            // A project that is referred to may well extend the one that refers to it.
            let between = self.open.get(at + 1..).unwrap_or_default().iter().map(|(_, by)| *by);
            if between.chain([by]).all(|by| by == By::Extends) {
                self.trouble(path, "`extends` leads back to it, so it is read once");
            }
            return Modules::default();
        }
        if self.open.len() > limits::CONFIGURATIONS {
            self.trouble(path, "more configurations extend one another than are followed, so it is not read");
            return Modules::default();
        }
        self.open.push((path.to_owned(), by));
        let modules = match (self.texts.get(path).cloned(), path.parent()) {
            (Some(text), Some(folder)) => self.read(&text, folder),
            _ => Modules::default(),
        };
        self.open.pop();
        self.known.insert(path.to_owned(), modules.clone());
        modules
    }

    fn trouble(&mut self, path: &Path, what: &str) {
        self.troubles.insert(format!("{}: {what}", relative(path).unwrap_or_default()));
    }

    fn read(&mut self, text: &str, folder: &Path) -> Modules {
        let config = tolerant(text).unwrap_or_else(|| salvaged(text));
        let mut extended: Vec<&str> = match config.get("extends") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        // The last one wins.
        extended.reverse();
        let mut inherited = Modules::default();
        for specifier in extended {
            let candidates = self.candidates(folder, specifier);
            if let Some(path) = self.first_of(candidates) {
                inherited.inherit(&self.modules(&path, By::Extends));
            }
        }
        let options = config.get("compilerOptions").unwrap_or(&Value::Null);
        let mut modules = own(options, folder, inherited.base.as_deref());
        modules.inherit(&inherited);
        let referenced = config.get("references").and_then(Value::as_array).into_iter().flatten();
        for target in referenced.filter_map(|reference| reference.get("path")?.as_str()) {
            let path = normal(&folder.join(target));
            // A reference to a folder is a project of its own; one to a file is a part of this one.
            if !target.ends_with(".json") || path.file_name() == Some("tsconfig.json".as_ref()) {
                continue;
            }
            if let Some(path) = self.first_of(vec![path]) {
                modules.inherit(&self.modules(&path, By::References));
            }
        }
        modules
    }

    /// The first that is among the texts; where none is, they are missing.
    fn first_of(&mut self, candidates: Vec<PathBuf>) -> Option<PathBuf> {
        let found = candidates.iter().find(|path| self.texts.contains_key(*path)).cloned();
        if found.is_none() && !candidates.is_empty() {
            self.missing.insert(candidates);
        }
        found
    }

    /// The paths that an `extends` in a folder may mean, in the order in which they are looked for.
    fn candidates(&self, folder: &Path, specifier: &str) -> Vec<PathBuf> {
        let ends = |path: PathBuf| {
            let with_end = PathBuf::from(format!("{}.json", path.display()));
            [path.clone(), with_end, path.join("tsconfig.json")]
        };
        let mut all: Vec<PathBuf> = match specifier.starts_with(['.', '/']) {
            true => ends(normal(&folder.join(specifier))).into(),
            false => {
                let own = self.packages.of(specifier).into_iter().flat_map(|(home, rest)| {
                    let exported = self.packages.exported(home, rest).into_iter();
                    exported.map(|target| normal(&home.join(target))).chain(ends(home.join(rest))).collect::<Vec<_>>()
                });
                let name = split(specifier).0;
                let modules = folder.ancestors().take_while(|above| above.starts_with(ROOT));
                let installed = modules.flat_map(|above| {
                    let path = normal(&above.join("node_modules").join(specifier));
                    let is_within = path.starts_with(above.join("node_modules").join(name));
                    let real = self.links.behind(&path).unwrap_or(path);
                    is_within.then(|| ends(real)).into_iter().flatten()
                });
                own.chain(installed).collect()
            }
        };
        all.retain(|path| path.starts_with(ROOT));
        all
    }
}
