//! One root, analysed again and again.
//!
//! Input: jobs, each with the open documents. Output: a [`Report`] for each. What is on disk is read when a job asks for
//! it, and remembered otherwise. Must not know: the protocol.

use super::documents::Document;
use crate::analysis::{Cancel, Memory, analyze_again, further_settings};
use crate::baseline::{self, Baseline};
use crate::config::{Config, load};
use crate::diagnostic::Finding;
use crate::discover::{Found, Loaded, Root, Wanted, admit, bytes_inside, discover, follow, load as load_files};
use crate::disk;
use crate::error::Error;
use crate::limits;
use crate::rules;
use crate::source::{SourceFile, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What to analyse.
#[derive(Clone, Debug)]
pub struct Job {
    pub root: Root,
    /// Files to report on; empty: what the configuration says.
    pub paths: Vec<PathBuf>,
    /// Whether files, or the configuration, may have changed on disk.
    pub reread: bool,
    pub documents: Vec<Document>,
}

/// What came of a job.
#[derive(Debug, Default)]
pub struct Report {
    pub sources: Sources,
    pub findings: Vec<Finding>,
    /// Why the configuration does not apply. The findings are then those of the last one that did.
    pub trouble: Option<Trouble>,
    /// What could not be read, one sentence each; only when this job read the disk.
    pub notes: Vec<String>,
    /// The revision of each document that was analysed.
    pub revisions: BTreeMap<PathBuf, u64>,
}

/// An error of the configuration or of the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub path: Option<PathBuf>,
    /// 1-based.
    pub line: Option<usize>,
    pub message: String,
}

impl Trouble {
    /// The message behind the name of the file.
    pub fn summary(&self) -> String {
        let name = self.path.as_deref().and_then(Path::file_name).unwrap_or(OsStr::new("pushguard"));
        format!("{}: {}", name.display(), self.message)
    }
}

/// What is remembered of a root.
#[derive(Debug, Default)]
pub struct Project {
    config: Option<Config>,
    baseline: Option<Baseline>,
    trouble: Option<Trouble>,
    disk: Disk,
    memory: Memory,
}

#[derive(Debug, Default)]
struct Disk {
    /// The files found, by absolute path, each with its text.
    files: BTreeMap<PathBuf, SourceFile>,
    /// Why some of them have no text.
    unreadable: BTreeMap<PathBuf, String>,
    /// See [`Sources::links`].
    links: Vec<(String, String)>,
}

impl Project {
    /// `None` when `cancel` was over before the end.
    pub fn run(&mut self, job: &Job, cancel: &Cancel) -> Option<Report> {
        let mut notes = Vec::new();
        if job.reread {
            self.trouble = self.reread(job, &mut notes).err().map(|error| trouble(&error, job));
        }
        let revisions = job.documents.iter().map(|document| (document.path.clone(), document.revision)).collect();
        let mut report = Report { trouble: self.trouble.clone(), notes, revisions, ..Report::default() };
        // Without any configuration that applies there is nothing true to say.
        let Some(config) = &self.config else { return Some(report) };
        let mut files = self.disk.files.clone();
        let mut buffered = BTreeSet::new();
        for document in &job.documents {
            let known = files.get(&document.path).map(|file| (file.path.clone(), file.reported));
            let admitted = || admit(&job.root, &job.wanted(), config, &document.path).ok().flatten();
            let place = known.or_else(|| admitted().map(|found| (found.relative, found.reported)));
            if let Some((relative, reported)) = place {
                buffered.insert(&document.path);
                files.insert(document.path.clone(), SourceFile::new(relative, &document.text, reported));
            }
        }
        if job.reread {
            let unreadable = self.disk.unreadable.iter().filter(|(path, _)| !buffered.contains(path));
            report.notes.extend(unreadable.map(|(path, reason)| format!("{}: {reason}", path.display())));
        }
        report.sources = Sources::new(files.into_values().collect()).with_links(self.disk.links.clone());
        let mut analysis = analyze_again(&report.sources, config, &mut self.memory, &|| {}, cancel)?;
        if let Some(baseline) = &self.baseline {
            baseline.apply(&mut analysis, &report.sources);
        }
        report.findings = analysis.findings;
        Some(report)
    }

    /// Reads configuration, baseline and files. What is remembered changes only when all of them can be used.
    fn reread(&mut self, job: &Job, notes: &mut Vec<String>) -> Result<(), Error> {
        let config = match &job.root.config {
            Some(path) => load::read(path, &rules::ids())?,
            None => Config::default(),
        };
        let baseline = read_baseline(&job.root)?;
        let mut found = discover(&job.root, &job.wanted(), &config)?;
        follow(&job.root, &mut found, &mut |file| bytes_inside(&job.root.folder, file), &further_settings);
        (self.config, self.baseline) = (Some(config), baseline);
        self.disk = Disk { links: found.links, ..read(&found.files) };
        notes.extend(found.warnings);
        Ok(())
    }
}

impl Job {
    fn wanted(&self) -> Wanted<'_> {
        Wanted { paths: Some(self.paths.as_slice()).filter(|paths| !paths.is_empty()), ..Wanted::default() }
    }
}

/// The baseline of a root, as `pushguard check` takes it.
fn read_baseline(root: &Root) -> Result<Option<Baseline>, Error> {
    let path = root.folder.join(baseline::FILE_NAME);
    if path.symlink_metadata().is_err() {
        return Ok(None);
    }
    let bytes = disk::read(&path, limits::BASELINE_BYTES);
    let bytes = bytes.map_err(|error| (format!("the baseline cannot be read: {error}"), None));
    let baseline = bytes.and_then(|bytes| Baseline::parse(&String::from_utf8_lossy(&bytes)));
    let failed =
        |(message, line)| Error::Config { path, line, column: None, message, remedy: baseline::REMEDY.to_owned() };
    baseline.map(Some).map_err(failed)
}

fn read(found: &[Found]) -> Disk {
    let Loaded { sources, unreadable } = load_files(found);
    let mut disk = Disk::default();
    // Both are sorted by relative path.
    for (found, (id, file)) in found.iter().zip(sources.iter()) {
        if let Some(unreadable) = unreadable.iter().find(|unreadable| unreadable.file == id) {
            disk.unreadable.insert(found.absolute.clone(), unreadable.reason.clone());
        }
        disk.files.insert(found.absolute.clone(), file.clone());
    }
    disk
}

fn trouble(error: &Error, job: &Job) -> Trouble {
    let path = error.path().filter(|_| matches!(error, Error::Config { .. })).map(PathBuf::from);
    Trouble {
        path: path.or_else(|| job.root.config.clone()),
        line: error.line(),
        message: match error {
            Error::Read { path, .. } => format!("{}: {error}\nhelp: {}", path.display(), error.remedy()),
            _ => format!("{error}\nhelp: {}", error.remedy()),
        },
    }
}
