//! Opens a project: configuration, files, analysis.
//!
//! Input: the arguments. Output: sources and findings; warnings and progress on standard error.
//! Must not know: formats, exit codes.

use super::args::ProjectArgs;
use super::progress::Progress;
use crate::analysis::analyze;
use crate::config::{Config, load};
use crate::diagnostic::{Analysis, Finding};
use crate::discover::{Loaded, Unreadable, discover, find_root, load as load_files, resolve};
use crate::error::Error;
use crate::report::escape;
use crate::rules;
use crate::source::{Place, Sources};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The rule for files that cannot be read as source text.
const SYNTAX_ERROR: &str = "syntax-error";

/// An analysed project.
pub struct Project {
    pub config: Config,
    pub sources: Sources,
    /// The root, absolute.
    pub folder: PathBuf,
    /// See [`crate::report::Run::prefix`].
    pub prefix: String,
    pub analysis: Analysis,
    unreadable: Vec<Unreadable>,
}

impl Project {
    /// Takes other texts of the same files, and analyses them.
    pub fn analyse(&mut self, sources: Sources) {
        self.sources = sources;
        let progress = Progress::start(self.sources.len());
        self.analysis = analyze(&self.sources, &self.config, &|| progress.step());
        progress.finish();
        let late = self.unreadable.iter().filter_map(|file| unreadable_finding(&self.sources, &self.config, file));
        self.analysis.findings.extend(late);
        self.analysis.findings.sort_by_key(|finding| (finding.place.file, finding.place.start, finding.rule));
    }
}

/// Reads and analyses what the arguments name.
pub fn open(args: &ProjectArgs, stderr: &mut dyn Write) -> Result<Project, Error> {
    let here = resolve(Path::new("."), Path::new("."))?;
    let paths = args.paths.iter().map(|path| resolve(&here, path)).collect::<Result<Vec<PathBuf>, Error>>()?;
    for (shown, path) in args.paths.iter().zip(&paths) {
        require_readable(shown, path)?;
    }
    let root = find_root(&here, &paths);
    let config = match args.config.as_ref().or(root.config.as_ref()) {
        Some(path) => load::read(path, &rules::ids())?,
        None => Config::default(),
    };
    let found = discover(&root, &paths, &config)?;
    for warning in &found.warnings {
        warn(warning, stderr);
    }
    if !found.files.iter().any(|file| file.reported) {
        warn("no JavaScript or TypeScript files to check", stderr);
    }
    let Loaded { sources, unreadable } = load_files(&found.files);
    for file in &unreadable {
        let path = sources.get(file.file).map_or("", |file| file.path.as_str());
        warn(&format!("{path}: {}", file.reason), stderr);
    }
    let prefix = root.prefix();
    let (folder, analysis) = (root.folder, Analysis::default());
    let mut project = Project { config, sources: Sources::default(), folder, prefix, analysis, unreadable };
    project.analyse(sources);
    Ok(project)
}

/// A file that was named must be readable; one that the walk meets need not be.
fn require_readable(shown: &Path, path: &Path) -> Result<(), Error> {
    let opened = if path.is_dir() { std::fs::read_dir(path).map(drop) } else { std::fs::File::open(path).map(drop) };
    opened.map_err(|source| Error::Read { path: shown.to_owned(), source })
}

/// The finding that stands for a file the analysis never saw; none when the file is only context or the rule is off.
fn unreadable_finding(sources: &Sources, config: &Config, unreadable: &Unreadable) -> Option<Finding> {
    let file = sources.get(unreadable.file).filter(|file| file.reported)?;
    let page = rules::doc::page(SYNTAX_ERROR)?;
    let level = config.rules.get(SYNTAX_ERROR).map_or(Some(page.meta.level), |level| level.level())?;
    let hash = Sha256::digest(format!("{SYNTAX_ERROR}\0{}\0unreadable", file.path));
    Some(Finding {
        rule: page.id,
        level,
        message: format!("this file {}, so nothing in it was checked", unreadable.reason),
        place: Place { file: unreadable.file, start: 0, end: 0 },
        label: String::new(),
        function: "<module>".to_owned(),
        collection: None,
        array: None,
        related: Vec::new(),
        help: "save the file as UTF-8 text, or leave it out with `exclude` in pushguard.toml".to_owned(),
        fix: None,
        fingerprint: hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
    })
}

pub(super) fn warn(message: &str, stderr: &mut dyn Write) {
    // A closed standard error must not stop the run.
    let _ = writeln!(stderr, "warning: {}", escape::line(message));
}
