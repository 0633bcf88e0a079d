//! Writes a file that the user named whole or not at all.
//!
//! Input: a path and bytes. Output: the file. Must not know: formats.

use crate::disk::Folder;
use std::fs;
use std::io;
use std::path::Path;

pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link is written through, as a shell's redirection would.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&target).is_ok_and(|meta| !meta.is_file()) {
        // A device or a pipe cannot be renamed over; a folder gives its own error.
        return fs::write(&target, bytes);
    }
    let name = target.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    Folder::open(target.parent().unwrap_or(Path::new(".")))?.replace(Path::new(name), bytes)
}
