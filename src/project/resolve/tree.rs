//! The sources as the file system of the resolver.
//!
//! Input: the sources, with the packages and the settings that were read from them. Output: files and folders below
//! [`ROOT`]. Beside what is there, symbolic links included, it holds what an installation and a build would make: a
//! `node_modules` with a link to each package of the project, and for each built file the source that it is built from.
//! Must not know: specifiers, the real file system.

use super::below::{ROOT, SCRIPTS, normal};
use super::links::Links;
use super::packages::Packages;
use super::settings::Settings;
use crate::source::Sources;
use oxc_resolver::{FileMetadata, FileSystem, ResolveError};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Folders beside a `package.json` that hold what is built from its source.
const BUILT: [&str; 7] = ["dist", "lib", "build", "out", "es", "esm", "cjs"];
/// Folders in them, one for each form that is built.
const FORMS: [&str; 10] = ["esm", "cjs", "es", "es6", "commonjs", "module", "umd", "types", "node", "src"];
/// Where the source of a package is, relative to its folder.
const SOURCE: [&str; 4] = ["src", "source", "lib", ""];
/// Ends of what is built, the longer first.
const BUILT_ENDS: [&str; 11] =
    [".d.ts", ".d.mts", ".d.cts", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"];

/// Texts by path, and the folders that hold them.
#[derive(Default)]
pub struct Tree {
    files: FxHashMap<PathBuf, Arc<str>>,
    folders: FxHashSet<PathBuf>,
    pub packages: Packages,
    links: Links,
}

impl Tree {
    pub fn new(sources: &Sources, packages: Packages, settings: &Settings) -> Self {
        let mut tree = Self { packages, links: Links::new(sources), ..Self::default() };
        for (_, file) in sources.iter() {
            let path = Path::new(ROOT).join(&file.path);
            let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            // The settings stand for these, so that one that cannot be read does not take all imports along.
            if settings.stand_for(&path) {
                continue;
            }
            let text = match name == "package.json" {
                true => super::packages::strict(&file.text),
                false => Some(Arc::clone(&file.text)),
            };
            if let Some(text) = text {
                tree.add(path, text);
            }
        }
        for (folder, text) in settings.files() {
            tree.add(folder.join("tsconfig.json"), text);
        }
        let modules = Path::new(ROOT).join("node_modules");
        let installed = tree.packages.names().map(|name| modules.join(name));
        let links: Vec<PathBuf> = installed.chain(tree.links.iter().map(Path::to_owned)).collect();
        for link in links {
            tree.add_folders(&link);
        }
        tree
    }

    fn add(&mut self, path: PathBuf, text: Arc<str>) {
        if let Some(folder) = path.parent() {
            self.add_folders(folder);
        }
        self.files.insert(path, text);
    }

    fn add_folders(&mut self, folder: &Path) {
        for folder in folder.ancestors() {
            if !self.folders.insert(folder.to_path_buf()) {
                break;
            }
        }
    }

    /// The file or folder that a path leads to; the path itself where it leads nowhere.
    pub fn real<'a>(&self, path: &'a Path) -> Cow<'a, Path> {
        // Most paths are asked for as they are, and most of those that are not there lead nowhere.
        if self.has(path) {
            return Cow::Borrowed(path);
        }
        let path = normal(path);
        let path = self.packages.behind_link(&path).unwrap_or(path);
        let path = self.links.behind(&path).unwrap_or(path);
        Cow::Owned(if self.has(&path) { path } else { self.source_of(&path).unwrap_or(path) })
    }

    /// Whether what is installed beside a file, or above it, is a folder of the project under this name.
    pub fn installs(&self, file: &Path, package: &str) -> bool {
        self.links.installs(file, package)
    }

    fn has(&self, path: &Path) -> bool {
        self.files.contains_key(path) || self.folders.contains(path)
    }

    /// The source that a file or folder which is not there is built from: `dist/esm/index.js` from `src/index.ts`.
    fn source_of(&self, path: &Path) -> Option<PathBuf> {
        if !path.components().any(|part| part.as_os_str().to_str().is_some_and(|name| BUILT.contains(&name))) {
            return None;
        }
        let package = path.ancestors().skip(1).find(|folder| self.files.contains_key(&folder.join("package.json")))?;
        let rest = path.strip_prefix(package).ok()?;
        let mut parts: Vec<&str> = rest.components().filter_map(|part| part.as_os_str().to_str()).collect();
        let built = parts.first().copied().filter(|name| BUILT.contains(name))?;
        parts.remove(0);
        loop {
            let sources = SOURCE.iter().filter(|source| **source != built).map(|source| package.join(source));
            let rest: PathBuf = parts.iter().collect();
            if let Some(found) = sources.map(|source| source.join(&rest)).find_map(|path| self.counterpart(&path)) {
                return Some(found);
            }
            if !parts.first().is_some_and(|name| FORMS.contains(name)) {
                return None;
            }
            parts.remove(0);
        }
    }

    /// The folder, or the file with the extension of a source.
    fn counterpart(&self, path: &Path) -> Option<PathBuf> {
        if self.folders.contains(path) {
            return Some(path.to_owned());
        }
        let name = path.file_name()?.to_str()?;
        let stem = BUILT_ENDS.iter().find_map(|end| name.strip_suffix(end))?;
        let named = SCRIPTS.iter().map(|end| path.with_file_name(format!("{stem}{end}")));
        named.into_iter().find(|path| self.files.contains_key(path))
    }
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

/// The tree, as the resolver takes it.
#[derive(Clone, Default)]
pub struct Shared(Arc<Tree>);

impl Shared {
    pub fn new(tree: Tree) -> Self {
        Self(Arc::new(tree))
    }

    pub fn tree(&self) -> &Tree {
        &self.0
    }
}

impl FileSystem for Shared {
    fn new() -> Self {
        Self::default()
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read_to_string(path).map(String::into_bytes)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        self.0.files.get(self.0.real(path).as_ref()).map(|text| text.to_string()).ok_or_else(missing)
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        let path = self.0.real(path);
        let (is_file, is_dir) = (self.0.files.contains_key(path.as_ref()), self.0.folders.contains(path.as_ref()));
        if is_file || is_dir { Ok(FileMetadata::new(is_file, is_dir, false)) } else { Err(missing()) }
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata(path)
    }

    fn read_link(&self, _path: &Path) -> Result<PathBuf, ResolveError> {
        Err(missing().into())
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(normal(path))
    }
}
