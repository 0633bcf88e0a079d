//! Opens a project: configuration, files, analysis.
//!
//! Input: the arguments. Output: sources and findings; warnings and progress on standard error.
//! Must not know: formats, exit codes.

use super::args::{ProjectArgs, ViewArgs};
use super::outcome::warn;
use super::progress::Progress;
use super::texts::{self, Texts};
use crate::analysis::{analyze, analyze_about, database_words, further_settings, write_words};
use crate::changed::{self, Gate};
use crate::config::{Config, load};
use crate::coverage::LeftOut;
use crate::diagnostic::{Analysis, Finding, Proof, fingerprint};
use crate::discover::{
    Discovered, Loaded, Look, Root, Unreadable, Wanted, discover, find_root, follow, look, relative_to, resolve,
};
use crate::error::Error;
use crate::git::{Changes, Repository};
use crate::rules::{self, level_of};
use crate::source::{Place, Sources};
use crate::timings::Laps;
use std::io::Write;
use std::path::Path;

/// The rule for files that cannot be read as source text.
const SYNTAX_ERROR: &str = "syntax-error";

/// The files of a run, before any is read.
pub struct Plan {
    pub root: Root,
    pub config: Config,
    pub found: Discovered,
    /// Whether the command line names what to report on.
    pub is_partial: bool,
    pub texts: Texts,
    /// The 1-based line of the one file that is asked about.
    pub about: Option<u32>,
    changes: Option<Changes>,
    laps: Laps,
}

/// An analysed project.
pub struct Project {
    pub root: Root,
    pub config: Config,
    pub sources: Sources,
    /// See [`crate::report::Run::prefix`].
    pub prefix: String,
    /// See [`crate::report::Run::below`].
    pub below: String,
    pub analysis: Analysis,
    pub is_partial: bool,
    pub texts: Texts,
    about: Option<u32>,
    unreadable: Vec<Unreadable>,
    left_out: LeftOut,
    /// The stages before the analysis.
    laps: Laps,
    /// The lines to report on; `None` for all.
    changes: Option<Changes>,
}

impl Project {
    /// Takes texts of the project's files, and analyses them.
    pub fn take(&mut self, sources: Sources) -> Result<(), Error> {
        self.sources = sources;
        let progress = Progress::start(self.sources.len());
        let step = || progress.step();
        self.analysis = match self.about {
            Some(line) => analyze_about(&self.sources, &self.config, line, &step),
            None => analyze(&self.sources, &self.config, &step),
        };
        progress.finish();
        if let Some(message) = self.analysis.failed.take() {
            return Err(Error::Failed { message });
        }
        let mut laps = self.laps.clone();
        laps.take(std::mem::take(&mut self.analysis.timings.stages));
        self.analysis.timings.stages = laps.into_stages();
        let late = self.unreadable.iter().filter_map(|file| unreadable_finding(&self.sources, &self.config, file));
        self.analysis.findings.extend(late);
        self.cover();
        self.analysis.findings.sort_by_key(|finding| (finding.place.file, finding.place.start, finding.rule));
        Ok(())
    }

    /// Adds to what was looked at what only the file system knows.
    fn cover(&mut self) {
        let unread = self.unreadable.iter().filter_map(|file| self.sources.get(file.file));
        let coverage = &mut self.analysis.coverage;
        coverage.unread.extend(unread.filter(|file| file.reported).map(|file| file.path.clone()));
        coverage.unread.sort();
        let root = &self.root.folder;
        coverage.unresolved.retain(|import| !is_declared(&root.join(&import.path), &import.specifier));
        coverage.left_out = self.left_out.clone();
    }

    /// Leaves out the findings that the change, if only one is looked at, has nothing to do with.
    pub fn keep_changed(&mut self) {
        if let Some(changes) = &self.changes {
            let is_settled = |rule: &str, path: &str| self.config.level_at(rule, path).is_some();
            let level = |rule: &str, path: &str| level_of(rule, path, None, &self.config);
            let gate = Gate { words: &write_words(), is_settled: &is_settled, level: &level };
            changed::keep(&mut self.analysis, &self.sources, changes, &gate);
        }
    }
}

/// Finds what the arguments name.
pub fn plan(args: &ProjectArgs, view: &ViewArgs, stderr: &mut dyn Write) -> Result<Plan, Error> {
    let mut laps = Laps::default();
    let here = resolve(Path::new("."), Path::new("."))?;
    let tolerates = args.matching.no_error_on_unmatched;
    let paths = texts::named_paths(&here, view, &args.paths, tolerates)?;
    let is_partial = !args.paths.is_empty() || view.stdin_filename.is_some();
    let root = find_root(&here, &paths);
    let repository = match view.staged || view.since.is_some() {
        true => Some(Repository::find(&here, &root.folder)?),
        false => None,
    };
    let changes = match (&repository, &view.since) {
        (Some(repository), Some(revision)) => Some(Changes::since(repository, revision)?),
        (Some(repository), None) => Some(Changes::staged(repository)?),
        (None, _) => None,
    };
    let mut texts = texts::open(view, &paths, repository.as_ref())?;
    let config = configuration(args, &root, &mut texts, stderr)?;
    let listed = texts.listed();
    let wanted = Wanted {
        paths: is_partial.then_some(paths.as_slice()),
        force_exclude: args.matching.force_exclude,
        listed: listed.as_deref(),
    };
    let mut found = discover(&root, &wanted, &config)?;
    follow(&root, &mut found, &mut |file| texts.bytes(&root.folder, file), &further_settings);
    for warning in &found.warnings {
        warn(warning, stderr);
    }
    if !found.files.iter().any(|file| file.reported) {
        if is_partial && !tolerates && view.stdin_filename.is_none() {
            return Err(Error::Usage {
                message: "the paths match no JavaScript or TypeScript file".to_owned(),
                remedy: "correct them, or pass `--no-error-on-unmatched` where that is expected".to_owned(),
            });
        }
        if !is_partial {
            warn("no JavaScript or TypeScript files to check", stderr);
        }
    }
    laps.end("find files");
    Ok(Plan { root, config, found, is_partial, texts, about: None, changes, laps })
}

/// The configuration that is named, else the nearest one: of the index, when that is what is looked at.
fn configuration(args: &ProjectArgs, root: &Root, texts: &mut Texts, stderr: &mut dyn Write) -> Result<Config, Error> {
    let Some(path) = args.config.as_ref().or(root.config.as_ref()) else { return Ok(Config::default()) };
    let is_own = args.config.is_none() && path.starts_with(&root.folder);
    if !is_own || !matches!(texts, Texts::Index(_)) {
        return load::read(path, &rules::ids());
    }
    match texts.read(&root.folder, &relative_to(&root.folder, path))? {
        Some(bytes) => load::from_bytes(path, bytes, &rules::ids()),
        None => {
            warn(&format!("{} is not in the index, so it does not apply", path.display()), stderr);
            Ok(Config::default())
        }
    }
}

/// Reads and analyses what the arguments name.
pub fn open(args: &ProjectArgs, view: &ViewArgs, stderr: &mut dyn Write) -> Result<Project, Error> {
    analyse(plan(args, view, stderr)?, stderr)
}

/// Reads and analyses what was found.
pub fn analyse(plan: Plan, stderr: &mut dyn Write) -> Result<Project, Error> {
    let Plan { root, config, found, is_partial, mut texts, about, changes, mut laps } = plan;
    let Loaded { sources, unreadable } = texts.load(&found.files)?;
    let sources = sources.with_links(found.links.clone());
    for file in &unreadable {
        let path = sources.get(file.file).map_or("", |file| file.path.as_str());
        warn(&format!("{path}: {}", file.reason), stderr);
    }
    laps.end("read files");
    let (analysis, left_out) = (Analysis::default(), left_out(&root, &found, &texts));
    let (prefix, below) = (root.prefix(), root.below(&resolve(Path::new("."), Path::new("."))?));
    let mut project = Project {
        root,
        config,
        sources: Sources::default(),
        prefix,
        below,
        analysis,
        is_partial,
        texts,
        about,
        unreadable,
        left_out,
        laps,
        changes,
    };
    project.take(sources)?;
    for warning in &project.analysis.coverage.warnings {
        warn(warning, stderr);
    }
    Ok(project)
}

/// Whether a relative import names a declaration, which holds no code.
fn is_declared(from: &Path, specifier: &str) -> bool {
    let Some(path) = from.parent().filter(|_| specifier.starts_with('.')).map(|folder| folder.join(specifier)) else {
        return false;
    };
    let path = path.to_string_lossy();
    let stem = [".js", ".mjs", ".cjs", ".ts"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(&path);
    let ends = [".d.ts", ".d.mts", ".d.cts", "/index.d.ts"];
    ends.iter().any(|end| Path::new(&format!("{stem}{end}")).is_file())
}

/// What the walk passed over, with the folders that hold database calls by name.
fn left_out(root: &Root, found: &Discovered, texts: &Texts) -> LeftOut {
    let mut left = found.left_out.clone();
    // Of what is staged, only the texts of sources are at hand.
    if matches!(texts, Texts::Index(_)) {
        return left;
    }
    let words = database_words();
    for folder in &found.passed_by {
        match look(folder, &words) {
            Look::Word => left.folders.push(relative_to(&root.folder, folder)),
            Look::Unknown => left.unsearched.push(relative_to(&root.folder, folder)),
            Look::Nothing => {}
        }
    }
    left
}

/// The finding that stands for a file the analysis never saw; none when the file is only context or the rule is off.
fn unreadable_finding(sources: &Sources, config: &Config, unreadable: &Unreadable) -> Option<Finding> {
    let file = sources.get(unreadable.file).filter(|file| file.reported)?;
    let page = rules::doc::page(SYNTAX_ERROR)?;
    let level = rules::level_of(SYNTAX_ERROR, &file.path, None, config)?;
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
        help: "save it as a file of UTF-8 text, or leave it out with `exclude` in pushguard.toml".to_owned(),
        call: None,
        once: None,
        fix: None,
        unfixed: None,
        proof: Proof::NotJudged,
        lowered: None,
        fingerprint: fingerprint(&[SYNTAX_ERROR, &file.path, "unreadable"]),
    })
}
