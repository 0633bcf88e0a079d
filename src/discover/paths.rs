//! Paths without links, without `..`, and relative to a root.
//!
//! Input: paths. Output: paths. Must not know: what is wanted of them.

use crate::error::Error;
use std::path::{Component, Path, PathBuf};

/// The absolute path behind `path`, symbolic links resolved.
pub fn resolve(base: &Path, path: &Path) -> Result<PathBuf, Error> {
    let joined = base.join(path);
    std::fs::canonicalize(&joined).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// As [`resolve`], for a path whose end may not exist.
pub fn resolve_existing_part(path: &Path) -> PathBuf {
    for folder in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (std::fs::canonicalize(folder), path.strip_prefix(folder)) {
            // Joining an empty path would add a separator to a file's name.
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path.to_owned()
}

/// The path without `.` and `..`, for one that need not exist.
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}

/// `/`-separated path from `root` to `path`. Bytes that are not UTF-8 are replaced.
pub fn relative_to(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
