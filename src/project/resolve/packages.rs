//! The packages of a project that its files import by name.
//!
//! Sources: npm `workspaces`, pnpm `pnpm-workspace.yaml`, Lerna `lerna.json`, Rush `rush.json`, and the protocols
//! `workspace:`, `file:`, `link:`, `portal:` and, for another name, `npm:` of a dependency. A package that no such list
//! names is none of the project's, whatever it is called: an example may bear the name of a library.
//! Input: the manifests among the sources. Output: folders by name. Must not know: specifiers.

use super::below::{ROOT, normal};
use super::sveltekit;
use super::targets::targets;
use crate::source::Sources;
use globset::{GlobBuilder, GlobMatcher};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Packages by name.
#[derive(Default)]
pub struct Packages {
    folders: BTreeMap<String, PathBuf>,
    /// The `imports` and the `exports` of packages, by folder.
    imports: BTreeMap<PathBuf, Value>,
    exports: BTreeMap<PathBuf, Value>,
    /// The folders of applications of SvelteKit.
    kits: BTreeSet<PathBuf>,
    /// The names of what the packages depend on.
    needed: BTreeSet<String>,
    /// Whether the clients that they ask for store null where a field is set to `undefined`.
    pub stores_undefined: bool,
}

impl Packages {
    pub fn new(sources: &Sources) -> Self {
        let manifests = Manifests::read(sources);
        let mut packages = Self { stores_undefined: manifests.store_undefined(), ..Self::default() };
        for (folder, manifest) in &manifests.packages {
            for (key, fields) in [("imports", &mut packages.imports), ("exports", &mut packages.exports)] {
                if let Some(field) = manifest.get(key) {
                    fields.insert(folder.clone(), field.clone());
                }
            }
            if sveltekit::is_kit(manifest) {
                packages.kits.insert(folder.clone());
            }
            let Some(name) = manifest.get("name").and_then(Value::as_str).filter(|name| is_name(name)) else {
                continue;
            };
            if manifests.is_member(folder) || manifests.linked_names.contains(name) {
                packages.folders.entry(name.to_owned()).or_insert_with(|| folder.clone());
            }
        }
        for (name, folder) in manifests.linked_folders {
            if manifests.packages.contains_key(&folder) {
                packages.folders.entry(name).or_insert(folder);
            }
        }
        for (name, package) in manifests.aliases {
            if let Some(folder) = packages.folders.get(&package).cloned() {
                packages.folders.entry(name).or_insert(folder);
            }
        }
        packages.needed = manifests.needed;
        packages
    }

    /// The folders of applications of SvelteKit.
    pub fn kits(&self) -> impl Iterator<Item = &Path> {
        self.kits.iter().map(PathBuf::as_path)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.folders.keys().map(String::as_str)
    }

    /// The package that a specifier names and the rest of the specifier.
    pub fn of<'a>(&self, specifier: &'a str) -> Option<(&Path, &'a str)> {
        let (name, rest) = split(specifier);
        self.folders.get(name).map(|folder| (folder.as_path(), rest))
    }

    /// Whether some package depends on the one that a specifier names.
    pub fn need(&self, specifier: &str) -> bool {
        self.needed.contains(split(specifier).0)
    }

    /// Whether the package around a file gives meaning to `#name`.
    pub fn has_imports(&self, file: &Path) -> bool {
        file.ancestors().any(|folder| self.imports.contains_key(folder))
    }

    /// The folder of the package around a file that gives meaning to `#name`, and the targets that it gives.
    pub fn imported(&self, file: &Path, specifier: &str) -> Option<(&Path, Vec<String>)> {
        let (folder, field) = file.ancestors().find_map(|folder| self.imports.get_key_value(folder))?;
        Some((folder, targets(field, specifier)))
    }

    /// What the package in a folder exports under a path below it.
    pub fn exported(&self, folder: &Path, rest: &str) -> Vec<String> {
        let wanted = if rest.is_empty() { ".".to_owned() } else { format!("./{rest}") };
        self.exports.get(folder).map(|field| targets(field, &wanted)).unwrap_or_default()
    }

    /// Where a path in the `node_modules` of the root leads, if it is one.
    pub fn behind_link(&self, path: &Path) -> Option<PathBuf> {
        let below = path.strip_prefix(ROOT).ok()?.strip_prefix("node_modules").ok()?;
        let (folder, rest) = self.of(below.to_str()?)?;
        Some(if rest.is_empty() { folder.to_owned() } else { folder.join(rest) })
    }
}

/// `@scope/name` and `rest` of `@scope/name/rest`.
pub(super) fn split(specifier: &str) -> (&str, &str) {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    match specifier.match_indices('/').nth(parts - 1) {
        Some((at, _)) => (specifier.get(..at).unwrap_or(""), specifier.get(at + 1..).unwrap_or("")),
        None => (specifier, ""),
    }
}

/// Whether a text can be the name of a package, so that it stays below `node_modules`.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.');
    match name.strip_prefix('@') {
        Some(scoped) => scoped.split('/').count() == 2 && scoped.split('/').all(is_part),
        None => is_part(name) && !name.contains('/'),
    }
}

/// Whether what follows a protocol is a package and its version: `store@*`, `@acme/store@^1`.
fn is_alias(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(name, _)| is_name(name))
}

/// The manifests of all packages and workspaces.
#[derive(Default)]
struct Manifests {
    packages: BTreeMap<PathBuf, Value>,
    workspaces: Vec<Workspace>,
    /// Names of dependencies that must be packages of the workspace.
    linked_names: BTreeSet<String>,
    /// Dependencies by folder.
    linked_folders: Vec<(String, PathBuf)>,
    /// Dependencies under another name than that of their package, with that one.
    aliases: Vec<(String, String)>,
    /// Names of all dependencies.
    needed: BTreeSet<String>,
}

/// The members of one workspace, relative to its folder.
struct Workspace {
    folder: PathBuf,
    wanted: Vec<GlobMatcher>,
    unwanted: Vec<GlobMatcher>,
}

impl Workspace {
    fn new(folder: &Path, globs: &[String]) -> Self {
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for glob in globs {
            let (list, glob) = match glob.strip_prefix('!') {
                Some(glob) => (&mut unwanted, glob),
                None => (&mut wanted, glob.as_str()),
            };
            let glob = glob.strip_prefix("./").unwrap_or(glob).trim_end_matches('/');
            // A glob that cannot be read names nothing.
            if let Ok(glob) = GlobBuilder::new(glob).literal_separator(true).build() {
                list.push(glob.compile_matcher());
            }
        }
        Self { folder: folder.to_owned(), wanted, unwanted }
    }

    fn holds(&self, folder: &Path) -> bool {
        let Ok(below) = folder.strip_prefix(&self.folder) else { return false };
        let matches = |globs: &[GlobMatcher]| globs.iter().any(|glob| glob.is_match(below));
        matches(&self.wanted) && !matches(&self.unwanted)
    }
}

impl Manifests {
    fn read(sources: &Sources) -> Self {
        let mut manifests = Self::default();
        for (_, file) in sources.iter() {
            let path = Path::new(ROOT).join(&file.path);
            let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
                continue;
            };
            match name {
                "package.json" => manifests.add_package(folder, &file.text),
                "pnpm-workspace.yaml" => manifests.add_globs(folder, &yaml_list(&file.text, "packages")),
                "lerna.json" => {
                    let listed = tolerant(&file.text).and_then(|lerna| Some(strings(lerna.get("packages")?)));
                    manifests.add_globs(folder, &listed.unwrap_or_else(|| vec!["packages/*".to_owned()]));
                }
                "rush.json" => {
                    let rush = tolerant(&file.text).unwrap_or_default();
                    let projects = rush.get("projects").and_then(Value::as_array).into_iter().flatten();
                    let folders = projects.filter_map(|project| project.get("projectFolder")?.as_str());
                    manifests.add_globs(folder, &folders.map(str::to_owned).collect::<Vec<_>>());
                }
                _ => {}
            }
        }
        manifests
    }

    fn add_globs(&mut self, folder: &Path, globs: &[String]) {
        self.workspaces.push(Workspace::new(folder, globs));
    }

    fn add_package(&mut self, folder: &Path, text: &str) {
        let Some(manifest) = tolerant(text) else { return };
        match manifest.get("workspaces") {
            Some(Value::Object(workspaces)) => {
                self.add_globs(folder, &workspaces.get("packages").map(strings).unwrap_or_default());
            }
            Some(listed) => self.add_globs(folder, &strings(listed)),
            None => {}
        }
        for kind in ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"] {
            let Some(listed) = manifest.get(kind).and_then(Value::as_object) else { continue };
            for (name, version) in listed.iter().filter(|(name, _)| is_name(name)) {
                self.needed.insert(name.clone());
                let Some((protocol, rest)) = version.as_str().and_then(|version| version.split_once(':')) else {
                    continue;
                };
                match protocol {
                    "workspace" | "npm" if is_alias(rest) => {
                        let (package, _) = rest.rsplit_once('@').unwrap_or_default();
                        if protocol == "workspace" {
                            self.linked_names.insert(package.to_owned());
                        }
                        self.aliases.push((name.clone(), package.to_owned()));
                    }
                    "workspace" if rest.starts_with('.') => {
                        self.linked_folders.push((name.clone(), normal(&folder.join(rest))));
                    }
                    "workspace" => drop(self.linked_names.insert(name.clone())),
                    "file" | "link" | "portal" => {
                        self.linked_folders.push((name.clone(), normal(&folder.join(rest))));
                    }
                    _ => {}
                }
            }
        }
        self.packages.insert(folder.to_owned(), manifest);
    }

    /// Whether all clients store null where a field is set to `undefined`: the driver does, Mongoose before 6 does.
    ///
    /// Sources: MongoDB Node.js driver, `ignoreUndefined`; Mongoose, "Migrating from 5.x to 6.x", `omitUndefined`.
    fn store_undefined(&self) -> bool {
        let asked = |client: &str| -> Vec<Option<&str>> {
            let kinds = ["dependencies", "devDependencies", "peerDependencies"];
            let manifests = self.packages.values();
            let listed =
                manifests.flat_map(|manifest| kinds.iter().filter_map(move |kind| manifest.get(kind)?.get(client)));
            listed.map(Value::as_str).collect()
        };
        let is_old = |version: &Option<&str>| {
            let version = version.unwrap_or_default().trim_start_matches(|sign: char| !sign.is_ascii_digit());
            let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
            major.is_some_and(|major| major < 6)
        };
        let mongoose = asked("mongoose");
        mongoose.iter().all(is_old) && !(mongoose.is_empty() && asked("mongodb").is_empty())
    }

    fn is_member(&self, folder: &Path) -> bool {
        self.workspaces.iter().any(|workspace| workspace.holds(folder))
    }
}

fn strings(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

/// The value of a JSON text that may hold comments and commas too many.
pub(super) fn tolerant(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| {
        let mut text = text.to_owned();
        json_strip_comments::strip(&mut text).ok()?;
        serde_json::from_str(&text).ok()
    })
}

/// A JSON text that the resolver can read; `None` where nothing can be read of it.
pub(super) fn strict(text: &Arc<str>) -> Option<Arc<str>> {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => Some(Arc::clone(text)),
        Err(_) => tolerant(text).map(|value| Arc::from(value.to_string())),
    }
}

/// The items of one list of plain texts at the top of a YAML text: in lines with `-`, or in brackets.
fn yaml_list(text: &str, key: &str) -> Vec<String> {
    let plain = |item: &str| {
        let item = item.trim();
        let quoted = ['\'', '"'].iter().find_map(|quote| {
            let (inner, _) = item.strip_prefix(*quote)?.split_once(*quote)?;
            Some(inner.to_owned())
        });
        quoted.unwrap_or_else(|| item.split(" #").next().unwrap_or("").trim().to_owned())
    };
    let mut lines = text.lines();
    let head = lines.find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'));
    let Some(head) = head.map(str::trim) else { return Vec::new() };
    if let Some((listed, _)) = head.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return listed.split(',').map(plain).filter(|item| !item.is_empty()).collect();
    }
    let is_between = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with(['-', '#']);
    let items = lines.take_while(is_between).filter_map(|line| line.trim_start().strip_prefix('-'));
    items.map(plain).filter(|item| !item.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_a_workspace_is_read_in_both_forms() {
        let lines = "# x\npackages:\n  # all\n  - 'apps/*'\n\n  - \"!**/test/**\" # none\n  - libs/* # all\noverrides:\n  - no\n";
        assert_eq!(yaml_list(lines, "packages"), ["apps/*", "!**/test/**", "libs/*"]);
        assert_eq!(yaml_list("packages: [a, 'b/*']\n", "packages"), ["a", "b/*"]);
        assert_eq!(yaml_list("catalog:\n  packages: 1\n", "packages"), [""; 0]);
    }

    #[test]
    fn a_name_cannot_leave_the_folder_of_packages() {
        for name in ["../a", "a/b", "@a", "@a/../b", "@a/b/c", "", ".", "@/b"] {
            assert!(!is_name(name), "{name}");
        }
        assert!(is_name("a") && is_name("@a/b"));
        assert_eq!((split("@a/b/c/d"), split("a"), split("a/b")), (("@a/b", "c/d"), ("a", ""), ("a", "b")));
    }
}
