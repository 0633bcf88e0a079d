//! What the code of a folder appends to arrays, and what is seen beside.
//!
//! Input: a folder. Output: appends; warnings and progress on standard error. Must not know: what is made of it.

use super::outcome::warn;
use super::progress::Progress;
use crate::analysis;
use crate::config::Config;
use crate::config::draft::Seen;
use crate::discover::{Loaded, Root, Wanted, bytes_inside, discover, follow, load as load_files, resolve};
use crate::error::Error;
use crate::survey::Append;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder that an argument names.
pub(super) fn folder(named: &Path) -> Result<PathBuf, Error> {
    let folder = resolve(Path::new("."), named)?;
    if !folder.is_dir() {
        let message = format!("`{}` is not a folder", named.display());
        return Err(Error::Usage { message, remedy: "name the folder that is the root of the project".to_owned() });
    }
    Ok(folder)
}

pub(super) fn survey(folder: &Path, stderr: &mut dyn Write) -> Result<(Vec<Append>, Seen), Error> {
    let config = Config::default();
    let root = Root { folder: folder.to_owned(), link_all: true, config: None };
    let paths = [folder.to_owned()];
    let mut found = discover(&root, &Wanted { paths: Some(&paths), ..Wanted::default() }, &config)?;
    follow(&root, &mut found, &mut |file| bytes_inside(folder, file), &analysis::further_settings);
    let Loaded { sources, unreadable } = load_files(&found.files);
    let unreadable = unreadable.iter().map(|file| {
        let path = sources.get(file.file).map_or("", |file| file.path.as_str());
        format!("{path}: {}", file.reason)
    });
    for warning in found.warnings.iter().cloned().chain(unreadable) {
        warn(&warning, stderr);
    }
    let progress = Progress::start(sources.len());
    let surveyed = analysis::survey(&sources, &config, &|| progress.step());
    progress.finish();
    Ok(surveyed)
}
