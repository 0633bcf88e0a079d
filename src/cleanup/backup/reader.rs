//! Reads backups, document by document.
//!
//! Input: the files of one or more clean-ups of one array. Output: for each document the operations on it, in their order. Holds
//! a few bytes for each operation, never the elements of more than one document. Must not know: servers.

use super::line::{self, Header, Line, Outcome};
use super::notes::Notes;
use crate::cleanup::canonical;
use crate::cleanup::operation::Removed;
use crate::error::Error;
use bson::RawBson;
use bson::oid::ObjectId;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

pub struct Backups {
    files: Vec<Source>,
    /// Lines of elements, by a digest of the document, then in order of time.
    places: Vec<Place>,
    /// Last lines that a clean-up has written in part: it had not removed yet what they say.
    pub torn: u64,
    /// Other lines that say nothing.
    pub damaged: u64,
}

struct Source {
    path: PathBuf,
    header: Header,
    reader: BufReader<File>,
    outcomes: Vec<Outcome>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    document: u64,
    file: u32,
    offset: u64,
}

/// What was done to one document.
pub struct Group {
    pub id: RawBson,
    /// In order of time.
    pub operations: Vec<Recorded>,
}

/// An operation as a backup has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Which of the backups, and its number there.
    pub file: usize,
    pub number: u64,
    pub outcome: Outcome,
    /// In order of their places.
    pub removed: Vec<Removed>,
}

impl Group {
    /// Of its elements.
    pub fn bytes(&self) -> usize {
        let removed = self.operations.iter().flat_map(|operation| &operation.removed);
        removed.map(|removed| removed.element.as_bytes().len()).sum()
    }
}

impl Backups {
    pub fn open(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut all = Self { files: Vec::new(), places: Vec::new(), torn: 0, damaged: 0 };
        for path in paths {
            all.files.extend(Source::open(path)?);
        }
        all.files.sort_by_key(|source| (source.header.started, source.header.run));
        if let Some(same) = all.files.windows(2).find(|two| two[0].header == two[1].header) {
            let [first, second] = [&same[0], &same[1]].map(|source| source.path.display());
            return Err(Error::Usage {
                message: format!("`{first}` and `{second}` are the same backup"),
                remedy: "name each backup once".to_owned(),
            });
        }
        for file in 0..all.files.len() {
            all.index(file)?;
        }
        all.places.sort_unstable();
        Ok(all)
    }

    /// What the files are backups of: the same for all.
    pub fn header(&self) -> Result<Header, Error> {
        let target = |header: &Header| (header.database.clone(), header.collection.clone(), header.field.clone());
        if self.files.is_empty() {
            return Err(Error::Usage {
                message: "nothing is in these backups".to_owned(),
                remedy: "their clean-up was stopped before it removed anything: there is nothing to put back"
                    .to_owned(),
            });
        }
        let mut headers = self.files.iter().map(|source| &source.header);
        let first = headers.next().cloned();
        let first = first.filter(|first| headers.all(|other| target(other) == target(first)));
        first.ok_or_else(|| Error::Usage {
            message: "these files are backups of different arrays".to_owned(),
            remedy: "restore the backups of one array at a time".to_owned(),
        })
    }

    /// Where to note what is put back.
    pub fn notes(&self) -> Result<Notes, Error> {
        Notes::open(self.files.iter().map(|source| source.path.as_path()))
    }

    /// How many documents there are, at most.
    pub fn documents(&self) -> usize {
        self.places.chunk_by(|a, b| a.document == b.document).count()
    }

    /// Reads each document in turn, while more are wanted.
    pub fn each(&mut self, mut take: impl FnMut(Group) -> Result<bool, Error>) -> Result<(), Error> {
        let places = std::mem::take(&mut self.places);
        for group in places.chunk_by(|a, b| a.document == b.document) {
            for group in self.groups(group)? {
                if !take(group)? {
                    return Ok(());
                }
            }
        }
        self.places = places;
        Ok(())
    }

    /// The documents of one digest: nearly always one.
    fn groups(&mut self, places: &[Place]) -> Result<Vec<Group>, Error> {
        type Operations = BTreeMap<(u32, u64), Vec<Removed>>;
        let mut found: Vec<(RawBson, Operations)> = Vec::new();
        for place in places {
            let source = &mut self.files[place.file as usize];
            let Some(Line::Entry(entry)) = source.line_at(place.offset)? else { continue };
            let known = found.iter().position(|(id, _)| *id == entry.id);
            let known = known.unwrap_or_else(|| {
                found.push((entry.id.clone(), Operations::new()));
                found.len() - 1
            });
            found[known].1.entry((place.file, entry.operation)).or_default().push(entry.removed);
        }
        let group = |(id, operations): (RawBson, Operations)| {
            let operations = operations.into_iter().map(|((file, number), mut removed)| {
                removed.sort_by_key(|one| one.at);
                let file = file as usize;
                Recorded { file, number, outcome: self.files[file].outcome(number), removed }
            });
            Group { id, operations: operations.collect() }
        };
        Ok(found.into_iter().map(group).collect())
    }

    fn index(&mut self, file: usize) -> Result<(), Error> {
        let source = &mut self.files[file];
        let mut offset = 0;
        let mut text = String::new();
        let mut is_damaged = false;
        source.rewind()?;
        loop {
            let at = offset;
            offset += source.read_line(&mut text)? as u64;
            if offset == at {
                return Ok(());
            }
            let was_damaged = std::mem::take(&mut is_damaged);
            match line::parse(&text) {
                Some(Line::Header(_)) => {}
                Some(Line::Entry(entry)) => {
                    self.places.push(Place { document: digest(&entry.id), file: file as u32, offset: at });
                }
                Some(Line::Outcome(number, outcome)) => source.note(number, outcome),
                Some(Line::Torn) => {
                    self.torn += 1;
                    self.damaged -= u64::from(was_damaged);
                }
                None if text.ends_with('\n') => {
                    is_damaged = true;
                    self.damaged += 1;
                }
                None => self.torn += 1,
            }
        }
    }
}

impl Source {
    /// `None` for a file whose clean-up was killed before it had written the first line.
    fn open(path: &Path) -> Result<Option<Self>, Error> {
        let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let empty = String::new;
        let run = ObjectId::from_bytes([0; 12]);
        let header = Header { database: empty(), collection: empty(), field: empty(), started: 0, run };
        let mut source = Self { path: path.to_owned(), header, reader: BufReader::new(file), outcomes: Vec::new() };
        let mut first = String::new();
        source.read_line(&mut first)?;
        let is_torn = !first.ends_with('\n') && (first.starts_with(line::START) || line::START.starts_with(&first));
        if is_torn {
            return Ok(None);
        }
        let Some(Line::Header(header)) = line::parse(&first) else {
            if first.starts_with(line::START) {
                return Err(Error::Usage {
                    message: format!("`{}` is a backup of another version of pushguard", path.display()),
                    remedy: "restore it with the version that made it".to_owned(),
                });
            }
            return Err(Error::Usage {
                message: format!("`{}` is no backup of a clean-up", path.display()),
                remedy: "name a file that `pushguard cleanup --apply` has written".to_owned(),
            });
        };
        source.header = header;
        Ok(Some(source))
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.reader.rewind().map_err(|source| Error::Read { path: self.path.clone(), source })
    }

    fn line_at(&mut self, offset: u64) -> Result<Option<Line>, Error> {
        let moved = self.reader.seek(SeekFrom::Start(offset));
        moved.map_err(|source| Error::Read { path: self.path.clone(), source })?;
        let mut text = String::new();
        self.read_line(&mut text)?;
        Ok(line::parse(&text))
    }

    /// Gives the bytes read. What is no UTF-8 is a line that says nothing.
    fn read_line(&mut self, text: &mut String) -> Result<usize, Error> {
        text.clear();
        let mut bytes = Vec::new();
        let read: io::Result<usize> = self.reader.read_until(b'\n', &mut bytes);
        let read = read.map_err(|source| Error::Read { path: self.path.clone(), source })?;
        let unreadable = if bytes.ends_with(b"\n") { "\n" } else { "" };
        text.push_str(std::str::from_utf8(&bytes).unwrap_or(unreadable));
        Ok(read)
    }

    fn note(&mut self, number: u64, outcome: Outcome) {
        let at = number as usize;
        if self.outcomes.len() <= at {
            self.outcomes.resize(at + 1, Outcome::Unknown);
        }
        self.outcomes[at] = outcome;
    }

    fn outcome(&self, number: u64) -> Outcome {
        self.outcomes.get(number as usize).copied().unwrap_or(Outcome::Unknown)
    }
}

fn digest(id: &RawBson) -> u64 {
    let mut bytes = Vec::new();
    // An id that is no valid BSON gets the digest of what could be read of it; ids are compared whole afterwards.
    let _ = canonical::encode(id.as_raw_bson_ref(), &mut bytes);
    let mut hash = rustc_hash::FxHasher::default();
    std::hash::Hasher::write(&mut hash, &bytes);
    std::hash::Hasher::finish(&hash)
}
