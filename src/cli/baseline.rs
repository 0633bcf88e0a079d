//! `pushguard baseline`, and the baseline of `pushguard check`.
//!
//! Input: the arguments and an analysed project. Output: the file, and what it accepts. Must not know: how findings come
//! about, formats.

use super::args::{AcceptArgs, BaselineArgs, ViewArgs};
use super::outcome::{CLEAN, delivered, tell};
use super::output;
use super::project::{self, Project};
use crate::baseline::{Baseline, Comparison, Entry, FILE_NAME, REMEDY};
use crate::disk::{self, Folder};
use crate::error::Error;
use crate::limits;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Entries that are named one by one.
const SHOWN: usize = 20;

pub fn run(args: &BaselineArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let mut project = project::open(&args.project, &ViewArgs::default(), stderr)?;
    let path = args.baseline.clone().unwrap_or_else(|| project.root.folder.join(FILE_NAME));
    let old = if path.exists() { Some(read_file(&path)?) } else { None };
    let old = old.unwrap_or_else(|| Baseline::new(Vec::new()));
    let Comparison { unmatched, moved } = old.apply(&mut project.analysis, &project.sources);
    let fixed: Vec<Entry> = unmatched.into_iter().filter(|entry| is_judged(entry, &project)).collect();
    let is_kept = |entry: &&Entry| !fixed.contains(entry) && !moved.iter().any(|(before, _)| before == *entry);
    let mut entries: Vec<Entry> = old.findings.iter().filter(is_kept).cloned().collect();
    entries.extend(moved.iter().map(|(_, now)| now.clone()));
    let known = entries.len();
    if !args.prune {
        let new = project.analysis.findings.iter();
        entries.extend(new.filter_map(|finding| Baseline::entry(&project.sources, finding)));
    }
    let added = entries.len() - known;
    let baseline = Baseline::new(entries);
    let failed = |source| Error::Write { path: path.clone(), source };
    let text = baseline.text().map_err(|error| failed(error.into()))?;
    // The file of the root is no link of somebody else's; one that the user names is theirs.
    let written = match args.baseline {
        Some(_) => output::replace(&path, text.as_bytes()),
        None => Folder::open(&project.root.folder).and_then(|root| root.replace(Path::new(FILE_NAME), text.as_bytes())),
    };
    written.map_err(failed)?;
    let total = baseline.findings.len();
    let pruned = fixed.len();
    delivered(writeln!(
        stdout,
        "{}: {total} accepted, {added} added, {pruned} removed",
        crate::report::escape::line(&path.display().to_string())
    ))?;
    Ok(CLEAN)
}

/// Takes what the baseline accepts out of the findings, and tells which entries are fixed.
pub fn apply(project: &mut Project, args: &AcceptArgs, stderr: &mut dyn Write) -> Result<(), Error> {
    let Some((path, baseline)) = find(project, args)? else { return Ok(()) };
    let Comparison { unmatched, moved } = baseline.apply(&mut project.analysis, &project.sources);
    for (before, now) in moved.iter().take(SHOWN) {
        tell("moved", &format!("{}: {} in {}, now {}", before.path, now.rule, now.function, now.path), stderr);
    }
    let fixed: Vec<&Entry> = unmatched.iter().filter(|entry| is_judged(entry, project)).collect();
    for entry in fixed.iter().take(SHOWN) {
        let Entry { path, rule, function, .. } = entry;
        tell("fixed", &format!("{path}: {rule} in {function}"), stderr);
    }
    let stale = fixed.len() + moved.len();
    if stale > 0 {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let message = format!("{} of {name} out of date: run `pushguard baseline --prune`", counted(stale));
        tell("note", &message, stderr);
    }
    Ok(())
}

fn counted(entries: usize) -> String {
    if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") }
}

/// Whether this run would have found the entry's finding. A run over some paths says nothing of the others.
fn is_judged(entry: &Entry, project: &Project) -> bool {
    match project.sources.find(&entry.path).and_then(|file| project.sources.get(file)) {
        Some(file) => file.reported,
        None => !project.is_partial,
    }
}

/// The baseline that is named, else that of the root; none when there is none, or it is not wanted.
fn find(project: &mut Project, args: &AcceptArgs) -> Result<Option<(PathBuf, Baseline)>, Error> {
    if args.no_baseline {
        return Ok(None);
    }
    if let Some(path) = &args.baseline {
        return Ok(Some((path.clone(), read_file(path)?)));
    }
    let path = project.root.folder.join(FILE_NAME);
    let Some(bytes) = project.texts.read(&project.root.folder, FILE_NAME)? else { return Ok(None) };
    let baseline = parse(&path, &bytes)?;
    Ok(Some((path, baseline)))
}

fn read_file(path: &Path) -> Result<Baseline, Error> {
    let bytes =
        disk::read(path, limits::BASELINE_BYTES).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    parse(path, &bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Baseline, Error> {
    let text = String::from_utf8_lossy(bytes);
    Baseline::parse(&text).map_err(|(message, line)| Error::Config {
        path: path.to_owned(),
        line,
        column: None,
        message,
        remedy: REMEDY.to_owned(),
    })
}
