//! Where the texts of a run come from: the disk, the git index, or standard input for one file.
//!
//! Input: the arguments. Output: bytes by path. Must not know: what they are analysed for.

use super::args::ViewArgs;
use crate::discover::{Found, Loaded, bytes_inside, find_root, load_with, plain, read_bytes, resolve};
use crate::disk;
use crate::error::Error;
use crate::git::{Index, Repository};
use crate::limits;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The source of all texts.
pub enum Texts {
    Disk,
    Index(Box<Index>),
    /// The disk, but for one file, by absolute path.
    Stdin {
        path: PathBuf,
        bytes: Vec<u8>,
    },
}

impl Texts {
    /// The paths of the index relative to the root, which stand for the disk.
    pub fn listed(&self) -> Option<Vec<String>> {
        match self {
            Texts::Index(index) => Some(index.paths().map(str::to_owned).collect()),
            _ => None,
        }
    }

    /// One file beside the sources; `relative` is its path from the root. `None` when the index does not hold it.
    pub fn read(&mut self, root: &Path, relative: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = root.join(relative);
        match self {
            Texts::Index(index) => index.read(relative),
            _ if path.symlink_metadata().is_err() => Ok(None),
            _ => disk::read(&path, limits::BASELINE_BYTES).map(Some).map_err(|source| Error::Read { path, source }),
        }
    }

    /// One file of the run; none where it is not there.
    pub fn bytes(&mut self, root: &Path, file: &Found) -> Option<Vec<u8>> {
        match self {
            Texts::Index(index) => index.read(&file.relative).ok().flatten(),
            _ => bytes_inside(root, file),
        }
    }

    /// Reads all source files.
    pub fn load(&mut self, found: &[Found]) -> Result<Loaded, Error> {
        let mut held: BTreeMap<&Path, Vec<u8>> = BTreeMap::new();
        match self {
            Texts::Disk => {}
            Texts::Index(index) => {
                for file in found {
                    let bytes = index.read(&file.relative)?.unwrap_or_default();
                    held.insert(&file.absolute, bytes);
                }
            }
            Texts::Stdin { path, bytes } => drop(held.insert(path, bytes.clone())),
        }
        Ok(load_with(found, &|file| match held.get(file.absolute.as_path()) {
            Some(bytes) => Ok(bytes.clone()),
            None => read_bytes(&file.absolute),
        }))
    }
}

/// The paths of the command line, absolute. On the disk links are resolved and a path must exist, unless `tolerates`.
/// What is staged, or only stands in an editor, need not be on the disk.
pub fn named_paths(here: &Path, view: &ViewArgs, paths: &[PathBuf], tolerates: bool) -> Result<Vec<PathBuf>, Error> {
    if let Some(name) = &view.stdin_filename {
        return Ok(vec![unsaved(here, name)?]);
    }
    let mut named = Vec::new();
    for path in paths {
        if view.staged {
            named.push(plain(&here.join(path)));
            continue;
        }
        match resolve(here, path) {
            Ok(resolved) => {
                require_inside(path, here, &resolved)?;
                require_readable(path, &resolved)?;
                named.push(resolved);
            }
            Err(Error::Read { source, .. }) if tolerates && source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(named)
}

/// The absolute path of a file that need not exist, in a folder that should.
fn unsaved(here: &Path, name: &Path) -> Result<PathBuf, Error> {
    let path = plain(&here.join(name));
    if !crate::discover::is_source(&path) {
        return Err(Error::Usage {
            message: format!("`{}` is not the name of a JavaScript or TypeScript file", name.display()),
            remedy: "give the path under which the text from standard input is to be judged".to_owned(),
        });
    }
    let folder = path.parent().and_then(|folder| resolve(here, folder).ok());
    Ok(match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path,
    })
}

/// A path in the project that leads out of it by a link was chosen by whoever made the link, not by who names the path,
/// such as a hook that passes on what was committed. It would even choose the root.
fn require_inside(shown: &Path, here: &Path, path: &Path) -> Result<(), Error> {
    let root = find_root(here, &[]).folder;
    if path.starts_with(&root) || !plain(&here.join(shown)).starts_with(&root) {
        return Ok(());
    }
    Err(Error::Usage {
        message: format!("`{}` is a link that leads out of the project", shown.display()),
        remedy: format!("leave it out, or name `{}` itself", path.display()),
    })
}

/// A file that was named must be readable; one that the walk meets need not be.
fn require_readable(shown: &Path, path: &Path) -> Result<(), Error> {
    let opened = if path.is_dir() { std::fs::read_dir(path).map(drop) } else { disk::probe(path) };
    opened.map_err(|source| Error::Read { path: shown.to_owned(), source })
}

/// Opens the source of all texts.
pub fn open(view: &ViewArgs, paths: &[PathBuf], repository: Option<&Repository>) -> Result<Texts, Error> {
    if let (Some(_), Some(path)) = (&view.stdin_filename, paths.first()) {
        let mut bytes = Vec::new();
        let path = path.clone();
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|source| Error::Read { path: PathBuf::from("<stdin>"), source })?;
        return Ok(Texts::Stdin { path, bytes });
    }
    match repository {
        Some(repository) if view.staged => Ok(Texts::Index(Box::new(Index::open(repository)?))),
        _ => Ok(Texts::Disk),
    }
}
