//! Finds the files of a run: those to report on, and those that only give context to the link step.
//!
//! Input: the working directory, the paths of the command line, the configuration. Output: the root, and sorted files
//! relative to it. Must not know: syntax, findings, the command line's other options.

mod contents;
mod follow;
mod load;
mod paths;
mod root;
mod skip;
mod source_name;
mod test_file;
mod tracked;
mod walk;

pub use contents::{Look, look};
pub use follow::{Further, bytes_inside, follow};
pub use load::{Loaded, Unreadable, load, load_with, read_bytes};
pub use paths::{plain, relative_to, resolve, resolve_existing_part};
pub use root::{Root, find_root};
pub use source_name::is_source;

use crate::config::Config;
use crate::config::load::FILE_NAME;
use crate::coverage::LeftOut;
use crate::error::Error;
use skip::Reason;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use walk::Walk;

/// One file to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Absolute path.
    pub absolute: PathBuf,
    /// Path relative to the root, `/`-separated.
    pub relative: String,
    /// Whether findings in this file are reported.
    pub reported: bool,
}

/// The files of a run, sorted by relative path, and what could not be read on the way.
#[derive(Debug, Default)]
pub struct Discovered {
    pub files: Vec<Found>,
    /// What the walks passed over.
    pub left_out: LeftOut,
    /// Folders that were left out for their name alone, or that git ignores though no name says that a tool made them,
    /// absolute and sorted.
    pub passed_by: Vec<PathBuf>,
    /// Symbolic links to folders of the root, link and folder relative to it.
    pub links: Vec<(String, String)>,
    /// One sentence each, sorted.
    pub warnings: Vec<String>,
}

/// What a run asks for beside the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Absolute, resolved arguments; `None` when the configuration decides.
    pub paths: Option<&'a [PathBuf]>,
    /// Whether what a walk leaves out is left out when it is named, too.
    pub force_exclude: bool,
    /// Paths relative to the root that stand for the disk, sorted.
    pub listed: Option<&'a [String]>,
}

/// Finds all files.
pub fn discover(root: &Root, wanted: &Wanted<'_>, config: &Config) -> Result<Discovered, Error> {
    let mut walk = Walk::new(&root.folder, &config.exclude, wanted.listed)?;
    let mut found: BTreeMap<PathBuf, bool> = BTreeMap::new();
    let reported = report_paths(root, wanted.paths, config, &walk)?;
    if root.link_all && !reported.contains(&root.folder) {
        for file in walk.files(&root.folder) {
            found.insert(file, false);
        }
    }
    if root.link_all {
        for file in walk.manifests(&root.folder) {
            found.insert(file, false);
        }
    }
    for path in &reported {
        let is_folder = walk.is_folder(path);
        if wanted.force_exclude && path.starts_with(&root.folder) && walk.is_left_out(&root.folder, path, is_folder) {
            continue;
        }
        if !is_folder {
            match is_source(path) {
                true if walk.is_listed(path) => drop(found.insert(path.clone(), true)),
                true => walk.warnings.push(format!("{}: not in the index", path.display())),
                false => walk.warnings.push(format!("{}: not a JavaScript or TypeScript file", path.display())),
            }
            continue;
        }
        for file in walk.files(path) {
            found.insert(file, true);
        }
    }
    let mut files: Vec<Found> = found
        .into_iter()
        .map(|(absolute, reported)| Found { relative: relative_to(&root.folder, &absolute), absolute, reported })
        .collect();
    files.sort_by(|a, b| a.relative.cmp(&b.relative));
    walk.warnings.sort();
    walk.warnings.dedup();
    let known =
        |path: &PathBuf| files.binary_search_by(|file| file.relative.cmp(&relative_to(&root.folder, path))).is_ok();
    let passed_over =
        walk.left_out.iter().filter(|(path, _)| reported.iter().any(|base| path.starts_with(base)) && !known(path));
    let left_out = count(passed_over.map(|(_, reason)| *reason));
    let links = walk.links.iter().map(|(from, to)| (relative_to(&root.folder, from), relative_to(&root.folder, to)));
    let (links, passed_by) = (links.collect(), walk.passed_by.into_iter().collect());
    Ok(Discovered { files, left_out, passed_by, links, warnings: walk.warnings })
}

fn count(reasons: impl Iterator<Item = Reason>) -> LeftOut {
    let mut left_out = LeftOut::default();
    for reason in reasons {
        match reason {
            Reason::Test => left_out.tests += 1,
            Reason::Minified => left_out.minified += 1,
            Reason::Excluded => left_out.excluded += 1,
            Reason::Ignored | Reason::Foreign | Reason::Built => {}
        }
    }
    left_out
}

/// How [`discover`] would take in a file at this absolute path if it existed; `None` when it would pass it over.
pub fn admit(root: &Root, wanted: &Wanted<'_>, config: &Config, path: &Path) -> Result<Option<Found>, Error> {
    let mut walk = Walk::new(&root.folder, &config.exclude, wanted.listed)?;
    let bases = report_paths(root, wanted.paths, config, &walk)?;
    let mut reaches = |base: &PathBuf| path.starts_with(base) && !walk.is_left_out(base, path, false);
    let reported = bases.iter().any(&mut reaches);
    let is_taken = is_source(path) && (reported || root.link_all && reaches(&root.folder));
    let found = || Found { absolute: path.to_owned(), relative: relative_to(&root.folder, path), reported };
    Ok(is_taken.then(found))
}

/// The files and folders to report on: the arguments, else the configuration's, else the whole project.
fn report_paths(root: &Root, paths: Option<&[PathBuf]>, config: &Config, walk: &Walk) -> Result<Vec<PathBuf>, Error> {
    if let Some(paths) = paths {
        return Ok(paths.to_vec());
    }
    if config.paths.is_empty() {
        return Ok(vec![root.folder.clone()]);
    }
    config.paths.iter().map(|path| configured_path(root, config, path, walk)).collect()
}

/// A path of the configuration. Whoever writes the configuration may not choose what else on the disk is read, or fixed.
fn configured_path(root: &Root, config: &Config, path: &str, walk: &Walk) -> Result<PathBuf, Error> {
    let resolved = match walk.is_disk() {
        true => resolve(&root.folder, Path::new(path)).map_err(|error| not_there(root, config, path, error))?,
        false => plain(&root.folder.join(path)),
    };
    match resolved.starts_with(&root.folder) {
        true => Ok(resolved),
        false => Err(wrong_path(
            root,
            config,
            path,
            format!("`paths` leads out of the project: `{path}`"),
            "name files and folders below the root that are no links to other places".to_owned(),
        )),
    }
}

/// What is said of an entry of `paths` that names nothing that can be read.
fn not_there(root: &Root, config: &Config, path: &str, error: Error) -> Error {
    let Error::Read { source, .. } = &error else { return error };
    if source.kind() != std::io::ErrorKind::NotFound {
        let message = format!("`paths` names `{path}`, which cannot be read: {source}");
        return wrong_path(root, config, path, message, error.remedy().to_owned());
    }
    let names = root.folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let remedy = match crate::error::nearest(path.trim_end_matches('/'), names.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "name files and folders relative to the root".to_owned(),
    };
    let message = format!("`paths` names `{path}`, and there is no such file or folder");
    wrong_path(root, config, path, message, remedy)
}

/// What is wrong with an entry of `paths`, where it stands.
fn wrong_path(root: &Root, config: &Config, path: &str, message: String, remedy: String) -> Error {
    let at = config.paths.iter().position(|entry| entry == path);
    let origin = config.origin.as_ref();
    let spot = at.zip(origin).and_then(|(at, origin)| origin.paths.get(at)).copied();
    let file = origin.map(|origin| origin.path.clone()).or_else(|| root.config.clone());
    Error::Config {
        path: file.unwrap_or_else(|| PathBuf::from(FILE_NAME)),
        line: spot.map(|(line, _)| line),
        column: spot.map(|(_, column)| column),
        message,
        remedy,
    }
}

#[cfg(test)]
mod tests;
