//! The survey of an export, without a server.
//!
//! Input: a file of `mongoexport` (JSON, one document a line or one array) or `mongodump` (BSON). Output: a tally, as of a server.
//! One document is held at a time. Must not know: servers, formats of reports.

use super::identity::{Identities, Path as Field, at};
use super::plan::plan;
use super::tally::{Tally, affected};
use crate::error::Error;
use bson::raw::{RawBsonRef, RawDocument};
use bson::{Bson, RawBson, RawDocumentBuf};
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

/// A server takes no larger document, in bytes, but for what a command may add.
const MOST_BYTES: usize = (16 << 20) + (16 << 10);
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ARCHIVE: [u8; 4] = [0x6d, 0xe2, 0x99, 0x81];

pub struct Wanted<'a> {
    pub field: &'a Field,
    pub identities: &'a Identities,
    pub worst: usize,
    pub limit: Option<u64>,
}

/// Gives the tally of a file.
pub fn survey(path: &Path, wanted: &Wanted<'_>) -> Result<Tally, Error> {
    let read = |source| Error::Read { path: path.to_owned(), source };
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(read)?);
    let mut tally = Tally::new(wanted.identities.kinds().len(), wanted.worst);
    let first = reader.fill_buf().map_err(read)?;
    if first.starts_with(&GZIP) || first.starts_with(&ARCHIVE) {
        return Err(Error::Usage {
            message: format!("`{}` is compressed or an archive", path.display()),
            remedy: "unpack it, or dump with `mongodump --out FOLDER`".to_owned(),
        });
    }
    let kind = Export::of(first);
    let mut take = |document: Result<RawDocumentBuf, String>| {
        tally.documents += 1;
        let done = document.and_then(|document| look(&document, wanted, &mut tally).map_err(|error| error.to_string()));
        if let Err(reason) = done {
            tally.unreadable += 1;
            tally.reason.get_or_insert(reason);
        }
        wanted.limit.is_none_or(|limit| tally.affected < limit)
    };
    match kind {
        Export::Bson => dump(&mut reader, &mut take),
        Export::Lines => lines(reader, &mut take),
        Export::Array => array(reader, &mut take),
    }
    .map_err(read)?;
    Ok(tally)
}

enum Export {
    Bson,
    Lines,
    Array,
}

impl Export {
    /// The length with which BSON begins would be far too great for a document if it were text.
    fn of(first: &[u8]) -> Self {
        let length = first.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
        if (5..=MOST_BYTES).contains(&length) {
            return Self::Bson;
        }
        match first.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[') => Self::Array,
            _ => Self::Lines,
        }
    }
}

fn look(document: &RawDocument, wanted: &Wanted<'_>, tally: &mut Tally) -> super::Read<()> {
    let Some(RawBsonRef::Array(array)) = at(document, wanted.field)? else { return Ok(()) };
    let id = document.get("_id")?.map_or(RawBson::Null, RawBson::from);
    let plan = plan(array, wanted.identities)?;
    if let Some(document) = affected(id, array, &plan, wanted.identities) {
        tally.add(document);
    }
    Ok(())
}

/// Called with each document, or with why it is none, until it says that this is enough.
type Take<'t> = &'t mut dyn FnMut(Result<RawDocumentBuf, String>) -> bool;

fn dump(reader: &mut impl Read, take: Take<'_>) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        match reader.read(&mut length)? {
            0 => return Ok(()),
            read => reader.read_exact(&mut length[read..])?,
        }
        let size = u32::from_le_bytes(length) as usize;
        if !(5..=MOST_BYTES).contains(&size) {
            // Where the next document begins is not known either.
            return Err(io::Error::new(ErrorKind::InvalidData, format!("a document of {size} bytes is no BSON")));
        }
        let mut bytes = vec![0; size];
        bytes[..4].copy_from_slice(&length);
        reader.read_exact(&mut bytes[4..])?;
        if !take(RawDocumentBuf::from_bytes(bytes).map_err(|error| error.to_string())) {
            return Ok(());
        }
    }
}

fn lines(reader: impl Read, take: Take<'_>) -> io::Result<()> {
    for value in serde_json::Deserializer::from_reader(reader).into_iter::<Value>() {
        if !take(document(value?)) {
            return Ok(());
        }
    }
    Ok(())
}

fn array(reader: impl Read, take: Take<'_>) -> io::Result<()> {
    let mut is_enough = false;
    let done = Each { take, is_enough: &mut is_enough }.deserialize(&mut serde_json::Deserializer::from_reader(reader));
    // To stop in the middle is an error to the parser.
    if is_enough { Ok(()) } else { done.map_err(io::Error::from) }
}

fn document(value: Value) -> Result<RawDocumentBuf, String> {
    match Bson::try_from(value) {
        Ok(Bson::Document(document)) => RawDocumentBuf::try_from(&document).map_err(|error| error.to_string()),
        Ok(_) => Err("an entry is no document".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The elements of an array, one at a time.
struct Each<'t> {
    take: Take<'t>,
    is_enough: &'t mut bool,
}

impl<'de> DeserializeSeed<'de> for Each<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Each<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of documents")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(value) = items.next_element::<Value>()? {
            if !(self.take)(document(value)) {
                *self.is_enough = true;
                return Ok(());
            }
        }
        Ok(())
    }
}
