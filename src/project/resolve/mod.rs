//! Module resolution over the loaded sources: relative paths, directories, the packages of the project by their names,
//! `tsconfig` and `jsconfig` paths.
//!
//! Input: the sources, which may hold `package.json`, `tsconfig.json` and the lists of workspaces as context, and the facts of
//! configurations in JavaScript. Output: the file of a specifier, and which specifiers should have named one. Nothing needs to be installed or built.
//! Must not know: syntax, the real file system.

mod below;
mod extended;
mod links;
mod modules;
mod packages;
mod settings;
mod sveltekit;
mod targets;
mod tree;

use crate::facts::FileFacts;
use crate::source::Sources;
use below::{ROOT, SCRIPTS, relative};
use oxc_resolver::{ResolveOptions, ResolverGeneric, TsconfigDiscovery};
use packages::{Packages, split};
use rustc_hash::FxHashMap;
use settings::Settings;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use tree::{Shared, Tree};

/// Paths that the settings among the context of a project name and that are not in it, relative to the root: of each list
/// the first that is there is meant.
pub fn further_settings(sources: &Sources) -> Vec<Vec<String>> {
    let settings = Settings::new(sources, &[], &Packages::new(sources));
    settings.missing().iter().map(|paths| paths.iter().filter_map(|path| relative(path)).collect()).collect()
}

/// Extensions of files that are imported and hold no code that is read here.
const ASSETS: [&str; 32] = [
    "json", "json5", "jsonc", "css", "scss", "sass", "less", "styl", "svg", "png", "jpg", "jpeg", "gif", "webp", "ico",
    "avif", "woff", "woff2", "ttf", "mp3", "mp4", "html", "pug", "ejs", "hbs", "txt", "md", "graphql", "gql", "wasm",
    "vue", "svelte",
];

/// Resolves the specifiers of one project.
pub struct Resolver {
    inner: ResolverGeneric<Shared>,
    shared: Shared,
    settings: Settings,
    paths: FxHashMap<PathBuf, u32>,
    files: Vec<PathBuf>,
    /// The files of each name, without its extension.
    named: FxHashMap<String, Vec<u32>>,
    /// What each specifier of a file names.
    known: RefCell<BTreeMap<(u32, String), Option<u32>>>,
}

impl Resolver {
    /// `facts` are those of the sources, of which the configurations among them are read.
    pub fn new(sources: &Sources, facts: &[FileFacts]) -> Self {
        let packages = Packages::new(sources);
        let settings = Settings::new(sources, facts, &packages);
        let shared = Shared::new(Tree::new(sources, packages, &settings));
        let files: Vec<PathBuf> = sources.iter().map(|(_, file)| Path::new(ROOT).join(&file.path)).collect();
        let paths = files.iter().cloned().zip(0..).collect();
        let mut named: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        for (file, number) in files.iter().zip(0..) {
            if let Some(name) = file.file_stem().and_then(OsStr::to_str) {
                named.entry(name.to_owned()).or_default().push(number);
            }
        }
        let inner = ResolverGeneric::new_with_file_system(shared.clone(), options());
        Self { inner, shared, settings, paths, files, named, known: RefCell::default() }
    }

    /// What is wrong with the settings, one sentence each.
    pub fn troubles(&self) -> &[String] {
        self.settings.troubles()
    }

    /// Whether the clients of the project store null where a field is set to `undefined`.
    pub fn stores_undefined(&self) -> bool {
        self.packages().stores_undefined
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
        let own = known.iter().filter(|((file, specifier), found)| found.is_some() || self.is_own(*file, specifier));
        own.map(|((file, specifier), found)| (*file, specifier.clone(), found.is_some())).collect()
    }

    /// Whether a specifier that names no file of the run should have named one: code of the project's own.
    fn is_own(&self, file: u32, specifier: &str) -> bool {
        let Some(path) = self.files.get(file as usize).filter(|_| !is_asset(specifier)) else { return false };
        let is_relative = |text: &str| matches!(text, "." | "..") || text.starts_with("./") || text.starts_with("../");
        is_relative(specifier)
            || ["/", "@/", "~/"].iter().any(|start| specifier.starts_with(start))
            || specifier.starts_with('#') && self.packages().has_imports(path)
            || self.packages().of(specifier).is_some()
            || self.shared.tree().installs(path, split(specifier).0)
            || self.settings.names(path, specifier)
    }

    fn find(&self, file: u32, specifier: &str) -> Option<u32> {
        let from = self.files.get(file as usize)?;
        if let Ok(found) = self.inner.resolve_file(from, specifier)
            && let Some(found) = self.number(found.path())
        {
            return Some(found);
        }
        if let Some((folder, rest)) = self.packages().of(specifier) {
            return self.in_package(folder, rest);
        }
        if let Some((folder, targets)) =
            self.packages().imported(from, specifier).filter(|_| specifier.starts_with('#'))
        {
            return self.first_of(folder, &targets);
        }
        // Paths from the root of the sources: `require('models/user')`, `@/models/user`, `~~/models/user`, `src/models/user`.
        let aliases = ["@/", "~/", "~~/", "@@/", "/"];
        let aliased = aliases.iter().find_map(|alias| specifier.strip_prefix(alias));
        let rest = aliased.unwrap_or(specifier);
        if rest.starts_with('.') {
            return None;
        }
        let at_root = match aliased {
            // In a workspace each package has such a root: the nearest folder that holds the file.
            Some(_) => from.ancestors().skip(1).find_map(|folder| self.below(folder, rest)),
            None if rest.contains('/') => self.below(Path::new(ROOT), rest),
            None => None,
        };
        at_root.or_else(|| self.below_some_root(rest).filter(|_| !self.packages().need(specifier)))
    }

    /// The file at a path below a folder, or below the folder of its sources.
    fn below(&self, folder: &Path, rest: &str) -> Option<u32> {
        self.first_of(folder, &[format!("./{rest}"), format!("./src/{rest}")])
    }

    /// The one script of the project at this path below any folder, where a path below a root that only the start of the
    /// program says is written with its ending: `require('models/base.js')`.
    fn below_some_root(&self, path: &str) -> Option<u32> {
        let path = Path::new(path);
        let ending = path.extension().and_then(OsStr::to_str)?;
        if !SCRIPTS.contains(&format!(".{ending}").as_str()) {
            return None;
        }
        let named = self.named.get(path.file_stem().and_then(OsStr::to_str)?)?;
        let mut found =
            named.iter().filter(|at| self.files.get(**at as usize).is_some_and(|file| file.ends_with(path)));
        match (found.next(), found.next()) {
            (Some(only), None) => Some(*only),
            _ => None,
        }
    }

    /// A module of a package whose manifest names nothing that is there: a bundle, or files that a build lays out anew.
    fn in_package(&self, folder: &Path, rest: &str) -> Option<u32> {
        let exported = self.first_of(folder, &self.packages().exported(folder, rest));
        exported.or_else(|| match rest {
            "" => self.first_of(folder, &["./src/index", "./src", "./index", "./lib/index"].map(str::to_owned)),
            rest => self.first_of(folder, &["./src", ".", "./lib"].map(|part| format!("{part}/{rest}"))),
        })
    }

    fn first_of(&self, folder: &Path, relatives: &[String]) -> Option<u32> {
        relatives.iter().find_map(|relative| self.number(self.inner.resolve(folder, relative).ok()?.path()))
    }

    fn packages(&self) -> &Packages {
        &self.shared.tree().packages
    }

    /// The number of the file that a path of the resolver leads to.
    fn number(&self, path: &Path) -> Option<u32> {
        self.paths.get(self.shared.tree().real(path).as_ref()).copied()
    }
}

fn options() -> ResolveOptions {
    let strings = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    ResolveOptions {
        tsconfig: Some(TsconfigDiscovery::Auto),
        extensions: strings(&SCRIPTS),
        extension_alias: vec![
            (".js".into(), strings(&[".ts", ".tsx", ".js", ".jsx"])),
            (".jsx".into(), strings(&[".tsx", ".jsx"])),
            (".mjs".into(), strings(&[".mts", ".mjs"])),
            (".cjs".into(), strings(&[".cts", ".cjs"])),
        ],
        main_fields: strings(&["source", "module", "main", "types", "typings"]),
        condition_names: strings(&["source", "development", "import", "require", "node", "default"]),
        symlinks: false,
        ..ResolveOptions::default()
    }
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
        let resolver = Resolver::new(&sources, &[]);
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
