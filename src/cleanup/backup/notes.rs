//! Notes in backups that what they hold was put back.
//!
//! Input: the files of a restore, numbers of operations. Output: lines at their ends. Must not know: servers, what is put back.

use super::line::{self, Outcome};
use crate::error::Error;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The files in the order in which the operations of a restore number them.
pub struct Notes {
    files: Vec<(PathBuf, File)>,
}

impl Notes {
    /// Refuses a file that its clean-up is still writing: a line at its end would go into the middle of one.
    pub fn open<'p>(paths: impl Iterator<Item = &'p Path>) -> Result<Self, Error> {
        let files = paths.map(|path| Ok((path.to_owned(), open(path)?)));
        Ok(Self { files: files.collect::<Result<_, Error>>()? })
    }

    /// Of operations as their files and numbers. The lines of a file are written at once, so that those of several restores do not mix.
    pub fn restored(&self, operations: &[(usize, u64)]) -> Result<(), Error> {
        for (at, (path, file)) in self.files.iter().enumerate() {
            let numbers = operations.iter().filter(|(file, _)| *file == at).map(|(_, number)| *number);
            let text: String = numbers.map(|number| line::outcome(number, Outcome::Restored) + "\n").collect();
            let mut file: &File = file;
            file.write_all(text.as_bytes()).map_err(|source| Error::Write { path: path.clone(), source })?;
        }
        Ok(())
    }

    /// Waits for the disk.
    pub fn finish(&self) -> Result<(), Error> {
        for (path, file) in &self.files {
            file.sync_data().map_err(|source| Error::Write { path: path.clone(), source })?;
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<File, Error> {
    let file = OpenOptions::new().read(true).append(true).open(path).map_err(|source| Error::Usage {
        message: format!("`{}` cannot be written, and has to note what is put back: {source}", path.display()),
        remedy: "make it writable, or restore a copy that is".to_owned(),
    })?;
    // Where files cannot be locked nobody can tell.
    if let Err(TryLockError::WouldBlock) = file.try_lock_shared() {
        return Err(Error::Usage {
            message: format!("the clean-up that writes `{}` is still running", path.display()),
            remedy: "wait for its end, or stop it".to_owned(),
        });
    }
    end_torn_line(&file).map_err(|source| Error::Write { path: path.to_owned(), source })?;
    Ok(file)
}

/// Ends a last line that a clean-up has written in part, and says so, so that it is not taken for a damaged one.
fn end_torn_line(mut file: &File) -> io::Result<()> {
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    if last == [b'\n'] {
        return Ok(());
    }
    file.write_all(format!("\n{}\n", line::torn()).as_bytes())
}
