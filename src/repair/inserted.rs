//! Documents that two requests both inserted.
//!
//! Input: the witness of a finding. Output: a query. Must not know: rules.

use super::query::{Query, extra, listed};
use crate::diagnostic::{Command, End, Finding, Once, Stored, Witness};
use serde_json::{Map, Value, json};

/// The query for documents of which the requests leave two, and one after the other leave one; without a witness for those that
/// the code looks for before it inserts.
pub fn query(finding: &Finding) -> Option<Query> {
    let (collection, once) = match finding.proof.witness() {
        Some(witness) => {
            let (collection, keys) = doubled(&witness)?;
            let known = finding.once.clone().filter(|once| once.keys == keys);
            (collection, known.unwrap_or(Once { keys, ..Once::default() }))
        }
        None => (finding.collection.clone()?, finding.once.clone()?),
    };
    let values: Vec<String> = once.keys.iter().map(|key| format!("${key}")).collect();
    let mut pipeline: Vec<Value> = counted(&once).map(|filter| json!({ "$match": filter })).into_iter().collect();
    pipeline.extend([
        json!({ "$group": { "_id": values, "count": { "$sum": 1 }, "documents": { "$push": "$_id" } } }),
        json!({ "$match": { "count": { "$gt": 1 } } }),
        json!({ "$group": { "_id": null, "keys": { "$sum": 1 }, "duplicates": extra() } }),
    ]);
    let counts = format!("documents that are stored more than once, by {}", listed(&once.keys));
    Some(Query { collection, counts, pipeline, index: Some(once) })
}

/// Which documents are in an index; none where all are.
fn counted(once: &Once) -> Option<Value> {
    let mut filter = once.partial.clone();
    if once.sparse {
        let has: Vec<Value> = once.keys.iter().map(|key| json!({ key: { "$exists": true } })).collect();
        filter.insert("$or".to_owned(), Value::Array(has));
    }
    (!filter.is_empty()).then_some(Value::Object(filter))
}

/// The collection and the fields of documents of which the requests leave two.
fn doubled(witness: &Witness) -> Option<(String, Vec<String>)> {
    let new: Vec<&Stored> = added(witness, &witness.outcome);
    new.iter().enumerate().find_map(|(at, first)| {
        let twins = new.iter().skip(at + 1).filter(|other| other.collection == first.collection);
        let mut keys = twins.filter_map(|second| keys(witness, first, second));
        keys.next().map(|keys| (first.collection.clone(), keys))
    })
}

/// What an end has that was not there before.
fn added<'w>(witness: &Witness, end: &'w End) -> Vec<&'w Stored> {
    let was_there = |stored: &&Stored| {
        let id = stored.document.get("_id");
        witness.start.iter().any(|it| it.collection == stored.collection && it.document.get("_id") == id)
    };
    end.documents.iter().filter(|stored| !was_there(stored)).collect()
}

/// The fields that a request asks for before it inserts, in which two documents agree, and of which one order of the requests
/// leaves one.
fn keys(witness: &Witness, first: &Stored, second: &Stored) -> Option<Vec<String>> {
    let filters = witness.steps.iter().filter_map(|step| match &step.command {
        Command::Database { collection, method, arguments } if *collection == first.collection => {
            arguments.get(usize::from(method == "distinct"))?.as_object().filter(|_| !method.starts_with("insert"))
        }
        _ => None,
    });
    let mut candidates = filters.filter_map(|filter| equalities(filter, first, second));
    candidates.find(|keys| {
        let is_one = |end: &End| {
            let of_key = |stored: &&Stored| {
                stored.collection == first.collection
                    && keys.iter().all(|key| at(&stored.document, key) == at(&first.document, key))
            };
            end.documents.iter().filter(of_key).count() == 1
        };
        !witness.serial.is_empty() && witness.serial.iter().all(is_one)
    })
}

/// The plain fields of a filter, where both documents hold what it asks for.
fn equalities(filter: &Map<String, Value>, first: &Stored, second: &Stored) -> Option<Vec<String>> {
    let is_plain = |(key, value): &(&String, &Value)| !key.starts_with('$') && !is_operator(value);
    let fields: Vec<String> = filter.iter().filter(is_plain).map(|(key, _)| key.clone()).collect();
    let agrees = |key: &String| {
        let wanted = filter.get(key);
        at(&first.document, key) == wanted && at(&second.document, key) == wanted
    };
    (!fields.is_empty() && fields.iter().all(|key| key != "_id" && agrees(key))).then_some(fields)
}

fn is_operator(value: &Value) -> bool {
    value.as_object().and_then(|fields| fields.keys().next()).is_some_and(|key| {
        // `{ "$oid": … }` and the like are values.
        key.starts_with('$') && !matches!(key.as_str(), "$oid" | "$date" | "$numberLong" | "$numberDecimal")
    })
}

fn at<'v>(document: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(document, |value, name| value.get(name))
}
