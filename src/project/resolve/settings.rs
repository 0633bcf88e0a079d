//! What `tsconfig.json` and `jsconfig.json` say about modules, each folder's settings in one piece.
//!
//! Sources: TypeScript's reference of `extends`, `references`, `paths`, `baseUrl` and `rootDirs`.
//! Input: the configurations among the sources. Output: for each folder with one, a configuration that needs no other
//! file. What cannot be read is left out and the rest stands: an `extends` of a package that is not installed, a reference
//! that leads nowhere, a file with a syntax error. Unlike in TypeScript, settings of a folder above hold where those of a
//! folder say nothing. Must not know: specifiers, packages.

use super::below::{ROOT, normal};
use super::packages::{Packages, tolerant};
use super::sveltekit;
use crate::facts::FileFacts;
use crate::limits;
use crate::source::Sources;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Stands for the folder of the configuration that is not extended by another.
const CONFIG_DIR: &str = "${configDir}";

/// Settings by folder.
pub struct Settings {
    folders: BTreeMap<PathBuf, Modules>,
}

/// What one configuration says. Paths are absolute, or begin with [`CONFIG_DIR`].
#[derive(Clone, Debug, Default)]
struct Modules {
    base: Option<PathBuf>,
    /// Targets by pattern, in the order in which they are tried.
    paths: BTreeMap<String, Vec<PathBuf>>,
    root_dirs: Vec<PathBuf>,
}

impl Modules {
    /// Takes over what is not said here.
    fn inherit(&mut self, other: &Modules) {
        if self.base.is_none() {
            self.base.clone_from(&other.base);
        }
        for (pattern, targets) in &other.paths {
            if self.paths.len() < limits::PATTERNS {
                self.paths.entry(pattern.clone()).or_insert_with(|| targets.clone());
            }
        }
        if self.root_dirs.is_empty() {
            self.root_dirs.clone_from(&other.root_dirs);
        }
    }

    /// The paths in place of [`CONFIG_DIR`], and the base as the last target of every specifier.
    fn settled(mut self, folder: &Path) -> Self {
        let settle = |path: &mut PathBuf| {
            if let Ok(rest) = path.strip_prefix(CONFIG_DIR) {
                *path = normal(&folder.join(rest));
            }
        };
        self.paths.values_mut().flatten().for_each(settle);
        self.root_dirs.iter_mut().for_each(settle);
        if let Some(mut base) = self.base.take() {
            settle(&mut base);
            self.paths.entry("*".to_owned()).or_default().push(base.join("*"));
        }
        self
    }
}

impl Settings {
    pub fn new(sources: &Sources, facts: &[FileFacts], packages: &Packages) -> Self {
        let mut texts = BTreeMap::new();
        for (_, file) in sources.iter().filter(|(_, file)| file.path.ends_with(".json")) {
            texts.insert(Path::new(ROOT).join(&file.path), Arc::clone(&file.text));
        }
        let mut by_folder: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for path in texts.keys().filter(|path| is_config(path)) {
            if let Some(folder) = path.parent() {
                by_folder.entry(folder.to_owned()).or_default().push(path.clone());
            }
        }
        let package = |specifier: &str| packages.of(specifier).map(|(folder, rest)| folder.join(rest));
        let kits = sveltekit::kits(sources, facts, packages.kits());
        for folder in kits.keys() {
            by_folder.entry(folder.clone()).or_default();
        }
        let mut reader = Reader { texts: &texts, package: &package, known: BTreeMap::new(), open: BTreeSet::new() };
        let mut folders: BTreeMap<PathBuf, Modules> = BTreeMap::new();
        // Sorted, a folder comes after the one above it.
        for (folder, mut configs) in by_folder {
            configs.sort_by_key(|path| rank(path));
            let mut modules = Modules::default();
            for config in configs {
                modules.inherit(&reader.modules(&config));
            }
            if let Some(paths) = kits.get(&folder) {
                modules.inherit(&Modules { paths: paths.clone(), ..Modules::default() });
            }
            let mut modules = modules.settled(&folder);
            if let Some(above) = folder.ancestors().skip(1).find_map(|above| folders.get(above)) {
                modules.inherit(above);
            }
            folders.insert(folder, modules);
        }
        Self { folders }
    }

    /// For each folder the text of a `tsconfig.json` that says all of it.
    pub fn files(&self) -> impl Iterator<Item = (&Path, Arc<str>)> {
        self.folders.iter().map(|(folder, modules)| {
            let options = json!({ "allowJs": true, "paths": modules.paths, "rootDirs": modules.root_dirs });
            (folder.as_path(), Arc::from(json!({ "compilerOptions": options }).to_string()))
        })
    }

    /// Whether a configuration gives this specifier in this file to code of the project.
    pub fn names(&self, file: &Path, specifier: &str) -> bool {
        let Some(modules) = file.ancestors().find_map(|folder| self.folders.get(folder)) else { return false };
        let is_own = |target: &PathBuf| !target.components().any(|part| part.as_os_str() == "node_modules");
        modules
            .paths
            .iter()
            .any(|(pattern, targets)| pattern != "*" && matches(pattern, specifier) && targets.iter().any(is_own))
    }
}

fn matches(pattern: &str, specifier: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            specifier.len() >= start.len() + end.len() && specifier.starts_with(start) && specifier.ends_with(end)
        }
        None => pattern == specifier,
    }
}

fn is_config(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    (name.starts_with("tsconfig") || name.starts_with("jsconfig")) && name.ends_with(".json")
}

/// What an editor would read first comes first.
fn rank(path: &Path) -> (u8, PathBuf) {
    let rank = match path.file_name().and_then(|name| name.to_str()) {
        Some("tsconfig.json") => 0,
        Some("jsconfig.json") => 1,
        _ => 2,
    };
    (rank, path.to_owned())
}

/// Reads configurations, each once.
struct Reader<'a> {
    texts: &'a BTreeMap<PathBuf, Arc<str>>,
    /// The folder of a package of the project, and what stands behind its name.
    package: &'a dyn Fn(&str) -> Option<PathBuf>,
    known: BTreeMap<PathBuf, Modules>,
    /// Those that are being read: one that leads to itself ends there.
    open: BTreeSet<PathBuf>,
}

impl Reader<'_> {
    fn modules(&mut self, path: &Path) -> Modules {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        if self.open.len() > limits::CONFIGURATIONS || !self.open.insert(path.to_owned()) {
            return Modules::default();
        }
        let modules = match (self.texts.get(path).cloned(), path.parent()) {
            (Some(text), Some(folder)) => self.read(&text, folder),
            _ => Modules::default(),
        };
        self.open.remove(path);
        self.known.insert(path.to_owned(), modules.clone());
        modules
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
            if let Some(path) = self.extended(folder, specifier) {
                inherited.inherit(&self.modules(&path));
            }
        }
        let options = config.get("compilerOptions").unwrap_or(&Value::Null);
        let mut modules = own(options, folder, inherited.base.as_deref());
        modules.inherit(&inherited);
        let referenced = config.get("references").and_then(Value::as_array).into_iter().flatten();
        for target in referenced.filter_map(|reference| reference.get("path")?.as_str()) {
            let path = normal(&folder.join(target));
            // A reference to a folder is a project of its own; one to a file is a part of this one.
            if self.texts.contains_key(&path) && path.file_name() != Some("tsconfig.json".as_ref()) {
                modules.inherit(&self.modules(&path));
            }
        }
        modules
    }

    /// The configuration that is extended, if it is one of the project.
    fn extended(&self, folder: &Path, specifier: &str) -> Option<PathBuf> {
        let path = match specifier.starts_with(['.', '/']) {
            true => normal(&folder.join(specifier)),
            false => (self.package)(specifier)?,
        };
        let with_end = PathBuf::from(format!("{}.json", path.display()));
        [path.clone(), with_end, path.join("tsconfig.json")].into_iter().find(|path| self.texts.contains_key(path))
    }
}

fn own(options: &Value, folder: &Path, inherited: Option<&Path>) -> Modules {
    let absolute = |from: &Path, text: &str| match text.starts_with(CONFIG_DIR) {
        true => PathBuf::from(text),
        false => normal(&from.join(text)),
    };
    let base = options.get("baseUrl").and_then(Value::as_str).map(|text| absolute(folder, text));
    let from = base.as_deref().or(inherited).unwrap_or(folder).to_owned();
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let paths = options.get("paths").and_then(Value::as_object).into_iter().flatten().take(limits::PATTERNS);
    let paths = paths.map(|(pattern, targets)| {
        (pattern.clone(), texts(targets).iter().map(|target| absolute(&from, target)).collect())
    });
    let root_dirs = options.get("rootDirs").map(texts).unwrap_or_default();
    let root_dirs = root_dirs.iter().map(|text| absolute(folder, text)).collect();
    Modules { base, paths: paths.collect(), root_dirs }
}

/// The settings of a text with a syntax error, as far as they can be told from it.
fn salvaged(text: &str) -> Value {
    let mut text = text.to_owned();
    // Comments that cannot be taken away stay; what is looked for is then read or not.
    drop(json_strip_comments::strip(&mut text));
    let after = |key: &str| {
        let (_, rest) = text.split_once(&format!("\"{key}\""))?;
        let value = rest.trim_start().strip_prefix(':')?;
        // The first value of the rest, whatever follows it.
        serde_json::Deserializer::from_str(value).into_iter::<Value>().next()?.ok()
    };
    let keys = ["paths", "baseUrl", "rootDirs"];
    let options: serde_json::Map<_, _> =
        keys.into_iter().filter_map(|key| Some((key.to_owned(), after(key)?))).collect();
    let mut config = json!({ "compilerOptions": options });
    for key in ["extends", "references"] {
        if let (Some(value), Some(config)) = (after(key), config.as_object_mut()) {
            config.insert(key.to_owned(), value);
        }
    }
    config
}
