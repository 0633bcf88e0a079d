//! Reads regular files.
//!
//! Input: a path, or a folder and a name in it, and the most bytes. Output: the bytes. A pipe, a device or a socket is
//! refused, and never waited for. Must not know: what the bytes mean.

use cap_fs_ext::{FollowSymlinks, OpenOptions, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// The bytes of the file behind a path, links followed.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    bytes(File::open_ambient_with(path, &options(), ambient_authority())?, most)
}

/// Whether the file behind a path can be read, as its failure.
pub fn probe(path: &Path) -> io::Result<()> {
    require_regular(&File::open_ambient_with(path, &options(), ambient_authority())?).map(drop)
}

/// The bytes of a file in a folder; a link is refused.
pub(super) fn read_in(folder: &Dir, name: &Path, most: u64) -> io::Result<Vec<u8>> {
    bytes(folder.open_with(name, options().follow(FollowSymlinks::No))?, most)
}

/// A pipe that nobody writes to opens at once.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).nonblock(cfg!(unix));
    options
}

fn bytes(file: File, most: u64) -> io::Result<Vec<u8>> {
    let meta = require_regular(&file)?;
    let too_large =
        |size: u64| Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is too large ({size} bytes)")));
    if meta.len() > most {
        return too_large(meta.len());
    }
    let mut bytes = Vec::with_capacity(meta.len() as usize);
    // What the kernel makes up on reading, or what still grows, has no size beforehand.
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { too_large(bytes.len() as u64) } else { Ok(bytes) }
}

fn require_regular(file: &File) -> io::Result<Metadata> {
    let meta = file.metadata()?;
    match meta.is_file() {
        true => Ok(meta),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
    }
}
