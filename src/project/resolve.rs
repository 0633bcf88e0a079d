//! Module resolution over the loaded sources: relative paths, directories, `package.json`, `tsconfig` paths.
//!
//! Input: the sources, which may hold `package.json` and `tsconfig.json` as context. Output: the file of a specifier.
//! Must not know: syntax, the real file system.

use crate::source::Sources;
use oxc_resolver::{FileMetadata, FileSystem, ResolveError, ResolveOptions, ResolverGeneric, TsconfigDiscovery};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Extensions of files that are imported and hold no code that is read here.
const ASSETS: [&str; 30] = [
    "json", "json5", "jsonc", "css", "scss", "sass", "less", "styl", "svg", "png", "jpg", "jpeg", "gif", "webp", "ico",
    "avif", "woff", "woff2", "ttf", "mp3", "mp4", "html", "pug", "ejs", "hbs", "txt", "md", "graphql", "gql", "wasm",
];

/// All paths are below this folder, which exists nowhere else.
const ROOT: &str = "/pushguard-root";

/// The sources as a file system.
struct Memory {
    files: FxHashMap<PathBuf, Arc<str>>,
    folders: FxHashSet<PathBuf>,
}

impl Memory {
    fn new(sources: &Sources) -> Self {
        let mut files = FxHashMap::default();
        let mut folders = FxHashSet::default();
        for (_, file) in sources.iter() {
            let path = Path::new(ROOT).join(&file.path);
            for folder in path.ancestors().skip(1) {
                if !folders.insert(folder.to_path_buf()) {
                    break;
                }
            }
            files.insert(path, Arc::clone(&file.text));
        }
        Self { files, folders }
    }
}

fn normal(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                result.pop();
            }
            Component::CurDir => {}
            other => result.push(other),
        }
    }
    result
}

fn missing() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl FileSystem for Memory {
    fn new() -> Self {
        Self { files: FxHashMap::default(), folders: FxHashSet::default() }
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read_to_string(path).map(String::into_bytes)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        self.files.get(&normal(path)).map(|text| text.to_string()).ok_or_else(missing)
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        let path = normal(path);
        let (is_file, is_dir) = (self.files.contains_key(&path), self.folders.contains(&path));
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

/// Resolves the specifiers of one project.
pub struct Resolver {
    inner: ResolverGeneric<Memory>,
    paths: FxHashMap<PathBuf, u32>,
    folders: Vec<PathBuf>,
    /// What each specifier of a file names.
    known: RefCell<BTreeMap<(u32, String), Option<u32>>>,
}

impl Resolver {
    pub fn new(sources: &Sources) -> Self {
        let strings = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let scripts = strings(&[".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"]);
        let options = ResolveOptions {
            tsconfig: Some(TsconfigDiscovery::Auto),
            extensions: scripts,
            extension_alias: vec![
                (".js".into(), strings(&[".ts", ".tsx", ".js"])),
                (".mjs".into(), strings(&[".mts", ".mjs"])),
                (".cjs".into(), strings(&[".cts", ".cjs"])),
            ],
            main_fields: strings(&["source", "module", "main"]),
            condition_names: strings(&["import", "require", "node", "default"]),
            symlinks: false,
            ..ResolveOptions::default()
        };
        let mut paths = FxHashMap::default();
        let mut folders = Vec::new();
        for (id, file) in sources.iter() {
            let path = Path::new(ROOT).join(&file.path);
            folders.push(path.clone());
            paths.insert(path, id.0);
        }
        Self { inner: ResolverGeneric::new_with_file_system(Memory::new(sources), options), paths, folders, known: RefCell::default() }
    }

    /// The number of the file that `specifier` names in `file`; `None` for packages and missing files.
    pub fn resolve(&self, file: u32, specifier: &str) -> Option<u32> {
        let key = (file, specifier.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let found = self.find(file, specifier);
        self.known.borrow_mut().insert(key, found);
        found
    }

    /// The imports so far that name a module of the project, by file and specifier, and whether it was found.
    pub fn own_imports(&self) -> Vec<(u32, String, bool)> {
        let known = self.known.borrow();
        let own = known.iter().filter(|((_, specifier), found)| found.is_some() || is_own(specifier));
        own.map(|((file, specifier), found)| (*file, specifier.clone(), found.is_some())).collect()
    }

    fn find(&self, file: u32, specifier: &str) -> Option<u32> {
        let from = self.folders.get(file as usize)?;
        if let Ok(found) = self.inner.resolve_file(from, specifier) {
            return self.paths.get(found.path()).copied();
        }
        // Paths from the root of the sources: `require('models/user')`, `@/models/user`, `~~/models/user`, `src/models/user`.
        let aliases = ["@/", "~/", "~~/", "@@/"];
        let rest = aliases.iter().find_map(|alias| specifier.strip_prefix(alias)).unwrap_or(specifier);
        if rest.starts_with('.') || !rest.contains('/') {
            return None;
        }
        [format!("./{rest}"), format!("./src/{rest}")].iter().find_map(|relative| {
            let found = self.inner.resolve(Path::new(ROOT), relative).ok()?;
            self.paths.get(found.path()).copied()
        })
    }
}

/// Whether a specifier that names no file of the run should have named one: code of the project's own.
fn is_own(specifier: &str) -> bool {
    let is_relative = ["./", "../"].iter().any(|start| specifier.starts_with(start)) || matches!(specifier, "." | "..");
    let own = is_relative || ["@/", "~/", "#"].iter().any(|start| specifier.starts_with(start));
    own && !is_asset(specifier)
}

/// Whether a specifier names something that is not code.
fn is_asset(specifier: &str) -> bool {
    let name = specifier.split(['?', '!']).next().unwrap_or(specifier).rsplit('/').next().unwrap_or("");
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ASSETS.contains(&extension.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, SourceFile};

    #[test]
    fn relative_index_and_tsconfig_paths_resolve() {
        let file = |path: &str, text: &str| SourceFile::new(path.into(), text, true);
        let sources = Sources::new(vec![
            file("tsconfig.json", r#"{"compilerOptions":{"baseUrl":".","paths":{"@models/*":["src/models/*"]}}}"#),
            file("src/models/user.ts", ""),
            file("src/models/index.ts", ""),
            file("src/app.ts", ""),
        ]);
        let resolver = Resolver::new(&sources);
        let app = sources.find("src/app.ts").map_or(0, |id| id.0);
        let path = |specifier: &str| {
            resolver.resolve(app, specifier).and_then(|id| sources.get(FileId(id))).map(|file| file.path.clone())
        };
        assert_eq!(path("./models/user").as_deref(), Some("src/models/user.ts"));
        assert_eq!(path("./models/user.js").as_deref(), Some("src/models/user.ts"));
        assert_eq!(path("./models").as_deref(), Some("src/models/index.ts"));
        assert_eq!(path("@models/user").as_deref(), Some("src/models/user.ts"));
        assert_eq!(path("mongoose"), None);
    }
}
