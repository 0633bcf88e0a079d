//! Writes a file whole or not at all.
//!
//! Input: a path and bytes. Output: the file, by temporary file and rename. Must not know: formats.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use tempfile::NamedTempFile;

pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link is written through, as a shell's redirection would.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&target).is_ok_and(|meta| !meta.is_file()) {
        // A device or a pipe cannot be renamed over; a folder gives its own error.
        return fs::write(&target, bytes);
    }
    prepare(&target, bytes)?.persist(&target).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a file that must not be there yet.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    prepare(path, bytes)?.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

/// The bytes in a temporary file beside the target.
fn prepare(target: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The process's own mask still applies; a temporary file would otherwise be its owner's alone.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".pushguard-").tempfile_in(folder)?;
    if let Ok(known) = fs::metadata(target) {
        file.as_file().set_permissions(known.permissions())?;
    }
    file.write_all(bytes)?;
    file.flush()?;
    Ok(file)
}
