//! The lines of a backup, as extended JSON.
//!
//! Input: what a line says. Output: its text, and back. Must not know: files.

use crate::cleanup::operation::{Mark, Operation, Removed};
use bson::oid::ObjectId;
use bson::{Bson, Document, RawBson, RawDocumentBuf};
use serde_json::{Value, json};

/// The version of the format.
const VERSION: u64 = 2;

/// How a backup begins.
pub const START: &str = "{\"pushguard\":\"backup of a clean-up\"";

/// The first line: what the file is a backup of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub database: String,
    pub collection: String,
    pub field: String,
    /// Milliseconds since 1970.
    pub started: i64,
    /// No two runs have the same.
    pub run: ObjectId,
}

/// How an operation ended. Where a line about it is missing, nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Unknown,
    /// Its elements are gone.
    Removed,
    /// The document had changed, so it was left alone.
    Refused,
    /// Its elements are back.
    Restored,
}

/// An element in a backup.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub operation: u64,
    pub id: RawBson,
    pub removed: Removed,
}

pub enum Line {
    Header(Header),
    Entry(Box<Entry>),
    Outcome(u64, Outcome),
    /// The line before was written in part only.
    Torn,
}

pub fn header(header: &Header) -> String {
    let started = Bson::DateTime(bson::DateTime::from_millis(header.started)).into_canonical_extjson();
    let Header { database, collection, field, run, .. } = header;
    json!({
        "pushguard": "backup of a clean-up", "version": VERSION,
        "db": database, "collection": collection, "field": field, "started": started, "run": run.to_hex(),
    })
    .to_string()
}

pub fn outcome(operation: u64, outcome: Outcome) -> String {
    let word = match outcome {
        Outcome::Removed => "removed",
        Outcome::Restored => "restored",
        Outcome::Refused | Outcome::Unknown => "refused",
    };
    json!({ "op": operation, "outcome": word }).to_string()
}

pub fn torn() -> String {
    json!({ "torn": "the line before" }).to_string()
}

pub fn entry(operation: &Operation, removed: &Removed) -> Result<String, String> {
    let mut value = RawDocumentBuf::new();
    value.append(bson::cstr!("_id"), &operation.id);
    value.append(bson::cstr!("element"), removed.element.as_ref());
    let parsed = Document::try_from(&value).map_err(|error| error.to_string())?;
    let shown = Bson::Document(parsed).into_canonical_extjson();
    let mut line = json!({
        "op": operation.number, "at": removed.at, "first": removed.first, "copy": removed.is_copy,
        "behind": removed.behind, "after": format!("{:016x}", removed.after), "kind": removed.kind,
        "_id": shown["_id"], "element": shown["element"],
    });
    // Some values look like others in extended JSON, and a field that is there twice cannot be written.
    if !read_back(shown).is_some_and(|again| again == value) {
        let bytes = bson::Binary { subtype: bson::spec::BinarySubtype::Generic, bytes: value.into_bytes() };
        line["bson"] = Bson::Binary(bytes).into_canonical_extjson();
    }
    Ok(line.to_string())
}

fn read_back(shown: Value) -> Option<RawDocumentBuf> {
    let Bson::Document(document) = Bson::try_from(shown).ok()? else { return None };
    RawDocumentBuf::try_from(&document).ok()
}

/// What a line says; `None` for one that is no line of a backup, such as the torn last one.
pub fn parse(text: &str) -> Option<Line> {
    let line: Value = serde_json::from_str(text).ok()?;
    let word = |name: &str| line[name].as_str().map(str::to_owned);
    if let Some(version) = line["version"].as_u64() {
        let Bson::DateTime(started) = Bson::try_from(line["started"].clone()).ok()? else { return None };
        let started = started.timestamp_millis();
        let (database, collection, field) = (word("db")?, word("collection")?, word("field")?);
        let run = ObjectId::parse_str(line["run"].as_str()?).ok()?;
        let header = Header { database, collection, field, started, run };
        return (version == VERSION).then_some(Line::Header(header));
    }
    if line.get("torn").is_some() {
        return Some(Line::Torn);
    }
    let operation = line["op"].as_u64()?;
    match line["outcome"].as_str() {
        Some("removed") => return Some(Line::Outcome(operation, Outcome::Removed)),
        Some("refused") => return Some(Line::Outcome(operation, Outcome::Refused)),
        Some("restored") => return Some(Line::Outcome(operation, Outcome::Restored)),
        Some(_) => return None,
        None => {}
    }
    let place = |name: &str| line[name].as_u64().and_then(|place| usize::try_from(place).ok());
    let value = value(&line)?;
    let element = value.get_document("element").ok()?.to_owned();
    let removed = Removed {
        at: place("at")?,
        first: place("first")?,
        is_copy: line["copy"].as_bool()?,
        kind: word("kind")?,
        behind: place("behind")?,
        after: Mark::from_str_radix(line["after"].as_str()?, 16).ok()?,
        element,
    };
    let id = value.get("_id").ok()??.into();
    Some(Line::Entry(Box::new(Entry { operation, id, removed })))
}

/// The document and the element that a line holds.
fn value(line: &Value) -> Option<RawDocumentBuf> {
    if let Some(bytes) = line.get("bson") {
        let Bson::Binary(bytes) = Bson::try_from(bytes.clone()).ok()? else { return None };
        return RawDocumentBuf::from_bytes(bytes.bytes).ok();
    }
    read_back(json!({ "_id": line["_id"], "element": line["element"] }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_begins_as_it_is_known_by() {
        let text = |name: &str| name.to_owned();
        let first = Header {
            database: text("a"),
            collection: text("b"),
            field: text("c"),
            started: 7,
            run: ObjectId::from_bytes([7; 12]),
        };
        let line = header(&first);
        assert!(line.starts_with(START), "{line}");
        assert!(matches!(parse(&line), Some(Line::Header(known)) if known == first));
    }
}
