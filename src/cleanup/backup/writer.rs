//! Writes a backup.
//!
//! Input: operations that are about to be done. Output: a file that holds them when [`Backup::record`] comes back, whatever happens
//! to the process or the machine after that. Must not know: what becomes of the operations.

use super::line::{self, Header, Outcome};
use crate::cleanup::operation::Operation;
use crate::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub struct Backup {
    path: PathBuf,
    header: Header,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Made with the first operation: a clean-up that finds nothing leaves nothing behind.
    file: Option<File>,
    /// Bytes of whole lines.
    length: u64,
    operations: u64,
    elements: u64,
    is_broken: bool,
}

impl Backup {
    /// A backup at a path where nothing is yet.
    pub fn new(path: &Path, header: Header) -> Result<Self, Error> {
        if path.symlink_metadata().is_ok() {
            let message = format!("`{}` exists already", path.display());
            let remedy = "name another file with `--backup`; a backup is never written over".to_owned();
            return Err(Error::Usage { message, remedy });
        }
        Ok(Self { path: path.to_owned(), header, state: Mutex::default() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Elements that are in the file.
    pub fn elements(&self) -> u64 {
        self.lock().elements
    }

    /// Writes what operations are going to remove, and numbers them. Only when this succeeds may they be done.
    pub fn record(&self, operations: &mut [Operation]) -> Result<(), Error> {
        let mut state = self.lock();
        let failed = |source| Error::Backup { path: self.path.clone(), source };
        if state.is_broken {
            return Err(failed(io::Error::other("an earlier write failed")));
        }
        let mut text = String::new();
        let mut elements = 0;
        for operation in operations.iter_mut() {
            operation.number = state.operations;
            state.operations += 1;
            for removed in &operation.removed {
                let line = line::entry(operation, removed).map_err(|error| failed(io::Error::other(error)))?;
                text.push_str(&line);
                text.push('\n');
                elements += 1;
            }
        }
        let written = self.append(&mut state, &text, true);
        state.is_broken = written.is_err();
        written.map_err(failed)?;
        state.elements += elements;
        Ok(())
    }

    /// Notes how an operation ended. Without the note a later reader has to look at the document.
    pub fn note(&self, outcomes: &[(u64, Outcome)]) -> Result<(), Error> {
        let lines = outcomes.iter().filter(|(_, outcome)| *outcome != Outcome::Unknown);
        let text: String = lines.map(|(number, outcome)| line::outcome(*number, *outcome) + "\n").collect();
        let mut state = self.lock();
        let written = self.append(&mut state, &text, false);
        state.is_broken |= written.is_err();
        written.map_err(|source| Error::Backup { path: self.path.clone(), source })
    }

    fn append(&self, state: &mut State, text: &str, must_last: bool) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        if state.file.is_none() {
            let mut file = create(&self.path)?;
            let first = line::header(&self.header) + "\n";
            file.write_all(first.as_bytes())?;
            state.length = first.len() as u64;
            state.file = Some(file);
        }
        let Some(file) = &mut state.file else { return Ok(()) };
        let written = file.write_all(text.as_bytes());
        let written = if must_last { written.and_then(|()| file.sync_data()) } else { written };
        match written {
            Ok(()) => state.length += text.len() as u64,
            // Half a line would hide what comes after it.
            Err(_) => drop(file.set_len(state.length)),
        }
        written
    }

    /// A thread that failed while it wrote leaves whole lines and perhaps a torn one, which readers pass over.
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new file, which only its owner reads, and whose name lasts too.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    // A restore asks whether this still writes. Where files cannot be locked nobody can tell.
    let _ = file.try_lock();
    #[cfg(unix)]
    {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleanup::operation::Removed;
    use bson::oid::ObjectId;
    use bson::{RawBson, rawdoc};

    #[test]
    fn a_line_goes_to_the_end_whatever_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("backup.jsonl");
        let name = || "a".to_owned();
        let run = ObjectId::from_bytes([1; 12]);
        let header = Header { database: name(), collection: name(), field: name(), started: 0, run };
        let backup = Backup::new(&path, header).expect("a backup");
        let removed = Removed {
            at: 1,
            first: 0,
            is_copy: true,
            kind: name(),
            behind: 0,
            after: 0,
            element: rawdoc! { "imageId": 1 },
        };
        let operation = Operation { number: 0, id: RawBson::Int32(1), removed: vec![removed], firsts: Vec::new() };
        backup.record(&mut [operation]).expect("room");
        OpenOptions::new().append(true).open(&path).and_then(|mut file| file.write_all(b"theirs\n")).expect("room");
        backup.note(&[(0, Outcome::Removed)]).expect("room");
        let text = std::fs::read_to_string(&path).expect("text");
        let last: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(last, ["theirs", &line::outcome(0, Outcome::Removed)]);
    }
}
