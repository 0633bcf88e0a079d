//! A folder that is held open: what happens to its path meanwhile leads nowhere else.
//!
//! Input: paths below it. Output: their bytes, and files replaced whole or not at all. No link below it is followed.
//! Must not know: what the files are for.

use super::hold::Hold;
use super::regular::read_in;
use crate::limits;
use cap_fs_ext::DirExt;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};
use cap_tempfile::TempFile;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Component, Path};

pub struct Folder(Dir);

impl Folder {
    /// Opens a folder whose path is trusted.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Dir::open_ambient_dir(path, ambient_authority()).map(Self)
    }

    /// The bytes of a file; `relative` names no link, and nothing outside.
    pub fn read(&self, relative: &Path) -> io::Result<Vec<u8>> {
        let (folder, name) = self.place(relative)?;
        read_in(&folder, Path::new(name), limits::COMPARED_BYTES)
    }

    /// Replaces a file, or makes it; one that is there keeps its mode.
    pub fn replace(&self, relative: &Path, bytes: &[u8]) -> io::Result<()> {
        let (folder, name) = self.place(relative)?;
        let known = folder.symlink_metadata(name).ok();
        if known.as_ref().is_some_and(|known| !known.is_file()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        let _hold = Hold::new();
        let mut file = TempFile::new(&folder)?;
        if let Some(known) = known {
            file.as_file().set_permissions(known.permissions())?;
        }
        file.write_all(bytes)?;
        file.replace(name)
    }

    /// Makes a file that must not be there yet.
    pub fn create(&self, relative: &Path, bytes: &[u8]) -> io::Result<()> {
        let (folder, name) = self.place(relative)?;
        let _hold = Hold::new();
        let mut file = folder.open_with(name, OpenOptions::new().write(true).create_new(true))?;
        let written = write(&mut file, bytes);
        if written.is_err() {
            let _ = folder.remove_file(name);
        }
        written
    }

    /// The folder that holds a file, reached without a link, and the file's name.
    fn place<'p>(&self, relative: &'p Path) -> io::Result<(Dir, &'p OsStr)> {
        let outside = || io::Error::new(io::ErrorKind::PermissionDenied, "it is not inside the project");
        let mut folder = self.0.try_clone()?;
        let mut parts = relative.components().peekable();
        while let Some(part) = parts.next() {
            let Component::Normal(name) = part else { return Err(outside()) };
            if parts.peek().is_none() {
                return Ok((folder, name));
            }
            folder = folder.open_dir_nofollow(name)?;
        }
        Err(outside())
    }
}

fn write(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_path_that_leads_outside_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("root")).expect("a folder");
        let root = Folder::open(&folder.path().join("root")).expect("the folder");
        for path in ["../a.js", "", "b/../../a.js", folder.path().join("a.js").to_str().expect("a path")] {
            assert!(root.replace(Path::new(path), b"x").is_err(), "{path}");
            assert!(root.create(Path::new(path), b"x").is_err(), "{path}");
        }
        assert!(!folder.path().join("a.js").exists());
        root.create(Path::new("a.js"), b"x").expect("a new file");
        assert!(root.create(Path::new("a.js"), b"y").is_err());
        assert_eq!(root.read(Path::new("a.js")).expect("its bytes"), b"x");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_became_a_link_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for name in ["root", "root/models", "root/other", "outside"] {
            fs::create_dir(path(name)).expect("a folder");
        }
        let root = Folder::open(&path("root")).expect("the folder");
        root.replace(Path::new("models/a.js"), b"x").expect("a file");
        for target in ["outside", "root/other"] {
            fs::rename(path("root/models"), path("gone")).expect("a move");
            std::os::unix::fs::symlink(path(target), path("root/models")).expect("a link");
            fs::write(path(target).join("a.js"), "x").expect("a file");
            assert!(root.read(Path::new("models/a.js")).is_err(), "{target}");
            assert!(root.replace(Path::new("models/a.js"), b"y").is_err(), "{target}");
            assert_eq!(fs::read(path(target).join("a.js")).expect("its bytes"), b"x");
            fs::remove_file(path("root/models")).expect("the link");
            fs::rename(path("gone"), path("root/models")).expect("a move");
        }
    }
}
