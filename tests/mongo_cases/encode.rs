//! Values and commands as the server takes them, and its replies as the model gives them.

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Document, doc};
use pushguard::judge::bson::Value;
use pushguard::judge::store::{Command, Failure, Reply, Returns};
use std::rc::Rc;

/// What a server makes, an identity or a time, is compared as this number.
const MADE: u32 = u32::MAX;
/// The model's made values begin here, far from those of a case.
pub const FRESH: u32 = 1_000_000;

pub fn bson(value: &Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(value) => Bson::Boolean(*value),
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e9 => Bson::Int32(*number as i32),
        Value::Number(number) => Bson::Double(*number),
        Value::Text(text) => Bson::String(text.to_string()),
        Value::Id(id) => {
            let mut bytes = [0; 12];
            bytes[8..].copy_from_slice(&id.to_be_bytes());
            Bson::ObjectId(ObjectId::from_bytes(bytes))
        }
        Value::Date(time) => Bson::DateTime(DateTime::from_millis(*time)),
        // Of one length, so that they are ordered by number.
        Value::Symbol(name) => {
            Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: name.to_be_bytes().to_vec() })
        }
        Value::List(items) => Bson::Array(items.iter().map(bson).collect()),
        Value::Document(_) => Bson::Document(document(value)),
    }
}

pub fn document(value: &Value) -> Document {
    value.fields().unwrap().iter().map(|(name, value)| (name.to_string(), bson(value))).collect()
}

pub fn value(bson: &Bson) -> Value {
    match bson {
        Bson::Null => Value::Null,
        Bson::Boolean(value) => Value::Bool(*value),
        Bson::Int32(number) => Value::Number(f64::from(*number)),
        Bson::Int64(number) => Value::Number(*number as f64),
        Bson::Double(number) => Value::Number(*number),
        Bson::String(text) => Value::text(text),
        Bson::ObjectId(id) => match id.bytes() {
            [0, 0, 0, 0, 0, 0, 0, 0, rest @ ..] => Value::Id(u32::from_be_bytes(rest)),
            _ => Value::Id(MADE),
        },
        Bson::DateTime(time) if time.timestamp_millis() >= i64::from(FRESH) => Value::Date(i64::from(MADE)),
        Bson::DateTime(time) => Value::Date(time.timestamp_millis()),
        Bson::Binary(binary) => Value::Symbol(u32::from_be_bytes(binary.bytes.as_slice().try_into().unwrap())),
        Bson::Array(items) => Value::list(items.iter().map(value).collect()),
        Bson::Document(document) => from(document),
        other => panic!("{other}"),
    }
}

pub fn from(document: &Document) -> Value {
    Value::document(document.iter().map(|(name, bson)| (Rc::from(name.as_str()), value(bson))))
}

/// The model's value with what it made under one number.
pub fn settled(value: &Value) -> Value {
    match value {
        Value::Id(id) if *id >= FRESH => Value::Id(MADE),
        Value::Date(time) if *time >= i64::from(FRESH) => Value::Date(i64::from(MADE)),
        Value::List(items) => Value::list(items.iter().map(settled).collect()),
        Value::Document(fields) => Value::document(fields.iter().map(|(name, value)| (name.clone(), settled(value)))),
        other => other.clone(),
    }
}

/// The command in the database of the test. Documents are visited as they are stored, whatever indexes there are.
pub fn command(command: &Command, name: &str) -> Document {
    let natural = || doc! { "$natural": 1 };
    let mut sent = match command {
        Command::Find { filter, sort, skip, limit, projection, .. } => {
            let mut find = doc! { "find": name, "filter": document(filter), "skip": *skip as i64, "hint": natural() };
            add(&mut find, "limit", limit.map(|limit| Bson::Int64(limit as i64)));
            add(&mut find, "sort", sort.as_ref().map(bson));
            add(&mut find, "projection", projection.as_ref().map(bson));
            find
        }
        Command::Count { filter, limit, .. } => {
            let mut count = doc! { "count": name, "query": document(filter), "hint": natural() };
            add(&mut count, "limit", limit.map(|limit| Bson::Int64(limit as i64)));
            count
        }
        Command::Aggregate { stages, .. } => {
            let stages: Vec<Bson> = stages.iter().map(bson).collect();
            doc! { "aggregate": name, "pipeline": stages, "cursor": {}, "hint": natural() }
        }
        Command::Distinct { field, filter, .. } => {
            doc! { "distinct": name, "key": &**field, "query": document(filter) }
        }
        Command::Update { filter, update, many, upsert, array_filters, .. } => {
            let filters: Vec<Bson> = array_filters.iter().map(bson).collect();
            let mut one = doc! { "q": document(filter), "u": bson(update), "multi": *many, "upsert": *upsert };
            one.insert("hint", natural());
            add(&mut one, "arrayFilters", (!filters.is_empty()).then_some(Bson::Array(filters)));
            doc! { "update": name, "updates": [one] }
        }
        Command::Replace { filter, replacement, upsert, .. } => {
            let one = doc! { "q": document(filter), "u": bson(replacement), "upsert": *upsert, "hint": natural() };
            doc! { "update": name, "updates": [one] }
        }
        Command::Insert { documents, ordered, .. } => {
            let documents: Vec<Bson> = documents.iter().map(bson).collect();
            doc! { "insert": name, "documents": documents, "ordered": *ordered }
        }
        Command::Delete { filter, many, .. } => {
            let one = doc! { "q": document(filter), "limit": i32::from(!many), "hint": natural() };
            doc! { "delete": name, "deletes": [one] }
        }
        Command::FindAndUpdate { filter, update, sort, upsert, array_filters, returns, projection, .. } => {
            let filters: Vec<Bson> = array_filters.iter().map(bson).collect();
            let mut found = doc! { "findAndModify": name, "query": document(filter), "update": bson(update) };
            add(&mut found, "arrayFilters", (!filters.is_empty()).then_some(Bson::Array(filters)));
            found.extend(doc! { "upsert": *upsert, "new": *returns == Returns::After, "hint": natural() });
            add(&mut found, "sort", sort.as_ref().map(bson));
            add(&mut found, "fields", projection.as_ref().map(bson));
            found
        }
        Command::FindAndReplace { filter, replacement, sort, upsert, returns, projection, .. } => {
            let mut found = doc! { "findAndModify": name, "query": document(filter), "update": bson(replacement) };
            found.extend(doc! { "upsert": *upsert, "new": *returns == Returns::After, "hint": natural() });
            add(&mut found, "sort", sort.as_ref().map(bson));
            add(&mut found, "fields", projection.as_ref().map(bson));
            found
        }
        Command::FindAndDelete { filter, sort, projection, .. } => {
            let mut found =
                doc! { "findAndModify": name, "query": document(filter), "remove": true, "hint": natural() };
            add(&mut found, "sort", sort.as_ref().map(bson));
            add(&mut found, "fields", projection.as_ref().map(bson));
            found
        }
    };
    sent.insert("$db", "test");
    sent
}

fn add(command: &mut Document, name: &str, value: Option<Bson>) {
    if let Some(value) = value {
        command.insert(name, value);
    }
}

/// What the server answered, in the model's words. The text of a refusal is the server's.
pub fn reply(command: &Command, reply: &Document) -> Result<Reply, Failure> {
    if reply.get_f64("ok").ok() != Some(1.0) {
        return Err(failure(reply));
    }
    if let Ok(errors) = reply.get_array("writeErrors") {
        return Err(failure(errors[0].as_document().unwrap()));
    }
    let count = |name: &str| value(reply.get(name).unwrap_or(&Bson::Int32(0)));
    let count = |name: &str| if let Value::Number(number) = count(name) { number as u64 } else { 0 };
    Ok(match command {
        Command::Find { .. } | Command::Aggregate { .. } => Reply::Documents(batch(reply)),
        Command::Count { .. } => Reply::Count(count("n")),
        Command::Distinct { .. } => Reply::Documents(reply.get_array("values").unwrap().iter().map(value).collect()),
        Command::Update { .. } | Command::Replace { .. } => {
            let upserted = reply.get_array("upserted").ok();
            let upserted = upserted.map(|list| value(list[0].as_document().unwrap().get("_id").unwrap()));
            let matched = count("n") - u64::from(upserted.is_some());
            Reply::Updated { matched, modified: count("nModified"), upserted }
        }
        // The server answers a count; the identities are those that were sent.
        Command::Insert { documents, .. } => {
            assert_eq!(count("n"), documents.len() as u64);
            Reply::Inserted(documents.iter().map(|document| document.field("_id").unwrap().clone()).collect())
        }
        Command::Delete { .. } => Reply::Deleted(count("n")),
        _ => {
            let found = match reply.get("value") {
                None | Some(Bson::Null) => None,
                Some(found) => Some(value(found)),
            };
            let is_made = reply.get_document("lastErrorObject").is_ok_and(|told| told.contains_key("upserted"));
            if is_made { Reply::Made(found) } else { Reply::Found(found) }
        }
    })
}

/// The documents of a reply to `find`.
pub fn batch(reply: &Document) -> Vec<Value> {
    let cursor = reply.get_document("cursor").unwrap_or_else(|_| panic!("{reply}"));
    cursor.get_array("firstBatch").unwrap().iter().map(value).collect()
}

fn failure(error: &Document) -> Failure {
    if error.get_i32("code").ok() == Some(11000) {
        return Failure::DuplicateKey;
    }
    Failure::Rejected(format!("{}: {}", error.get_i32("code").unwrap_or(0), error.get_str("errmsg").unwrap_or("")))
}
