//! Elements that an array of one document holds more than once.
//!
//! Input: a finding, the tracked arrays, the write paths. Output: queries. Must not know: how an element gets in twice.

use super::query::{Query, extra, listed};
use crate::config::{Pattern, Scalar, TrackedArray};
use crate::diagnostic::{Command, Finding, Stored, WritePath};
use crate::rules::kinds::is_array;
use serde_json::{Map, Value, json};

const LOST: &str = "what such a race loses leaves no trace that a query could count";
const UNNAMED: &str = "nothing says in which collection";
const UNKEYED: &str = "nothing says when two elements are the same: track the array in pushguard.toml";
/// Operators that add elements.
const APPENDS: [&str; 4] = ["$push", "$addToSet", "$concatArrays", "save"];

pub fn queries(finding: &Finding, arrays: &[TrackedArray], paths: &[WritePath]) -> Result<Vec<Query>, &'static str> {
    let array = finding.array.as_deref().ok_or(LOST)?;
    let path = paths.iter().find(|path| path.place == finding.place && path.array == array);
    let is_appended = path.is_some_and(|path| APPENDS.contains(&path.operator.as_str()));
    if !is_doubled(finding, array) && (finding.proof.witness().is_some() || !is_appended) {
        return Err(LOST);
    }
    let collection = finding.collection.as_deref().ok_or(UNNAMED)?;
    let tracked = arrays.iter().find(|tracked| is_array(tracked, Some(collection), array));
    let kinds = tracked.map(|tracked| tracked.kinds.as_slice()).unwrap_or_default();
    let of_kinds: Vec<Query> = kinds
        .iter()
        .filter(|kind| path.is_none_or(|path| path.kinds.is_empty() || path.kinds.contains(&kind.name)))
        .map(|kind| {
            let patterns: Vec<Value> = kind.when.patterns().iter().map(|pattern| matched(array, pattern)).collect();
            let what = format!("elements of `{array}` of the kind {}", kind.name);
            query(collection, array, &kind.key, &what, Some(json!({ "$or": patterns })))
        })
        .collect();
    if !of_kinds.is_empty() {
        return Ok(of_kinds);
    }
    let key = asked(finding, array).or_else(|| path.map(|path| path.key.clone()).filter(|key| !key.is_empty()));
    let key = key.ok_or(UNKEYED)?;
    Ok(vec![query(collection, array, &key, &format!("elements of `{array}`"), None)])
}

fn query(collection: &str, array: &str, key: &[String], what: &str, of_kind: Option<Value>) -> Query {
    let paths: Vec<String> = key.iter().map(|field| below(array, field)).collect();
    let has_key: Map<String, Value> = paths.iter().map(|path| (path.clone(), json!({ "$exists": true }))).collect();
    let values: Vec<String> = paths.iter().map(|path| format!("${path}")).collect();
    let mut pipeline = vec![json!({ "$unwind": format!("${array}") })];
    pipeline.extend(of_kind.map(|of_kind| json!({ "$match": of_kind })));
    pipeline.extend([
        json!({ "$match": has_key }),
        json!({ "$group": { "_id": { "document": "$_id", "key": values }, "count": { "$sum": 1 } } }),
        json!({ "$match": { "count": { "$gt": 1 } } }),
        json!({ "$group": { "_id": null, "keys": { "$sum": 1 }, "duplicates": extra() } }),
    ]);
    let by = if key.iter().all(String::is_empty) { "as a whole".to_owned() } else { format!("by {}", listed(key)) };
    let counts = format!("{what} that one document holds more than once, {by}");
    Query { collection: collection.to_owned(), counts, pipeline, index: None }
}

fn below(array: &str, field: &str) -> String {
    if field.is_empty() { array.to_owned() } else { format!("{array}.{field}") }
}

/// What a pattern asks of an element that stands in the place of its array.
fn matched(array: &str, pattern: &Pattern) -> Value {
    let has = pattern.has.iter().map(|field| (below(array, field), json!({ "$exists": true })));
    let equals = pattern.equals.iter().map(|(field, value)| {
        let value = match value {
            Scalar::Bool(value) => json!(value),
            Scalar::Number(value) => json!(value),
            Scalar::Text(value) => json!(value),
        };
        (below(array, field), value)
    });
    Value::Object(has.chain(equals).collect())
}

/// Whether the witness leaves two equal elements in an array.
fn is_doubled(finding: &Finding, array: &str) -> bool {
    let doubled = |stored: &Stored| {
        let field = array.split('.').try_fold(&stored.document, |value, name| value.get(name));
        let elements = field.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        elements.iter().enumerate().any(|(at, element)| elements.iter().skip(at + 1).any(|other| other == element))
    };
    finding.proof.witness().is_some_and(|witness| witness.outcome.documents.iter().any(doubled))
}

/// The fields of the elements that the code asks for: `messages.id` of a filter.
fn asked(finding: &Finding, array: &str) -> Option<Vec<String>> {
    let steps = finding.proof.witness().into_iter().flat_map(|witness| &witness.steps);
    let filters = steps.filter_map(|step| match &step.command {
        Command::Database { arguments, .. } => arguments.first()?.as_object(),
        Command::Effect { .. } => None,
    });
    let mut asked = filters.filter_map(|filter| {
        let fields: Vec<String> = filter
            .iter()
            .filter_map(|(path, _)| path.strip_prefix(array)?.strip_prefix('.'))
            // The place of an element is no field of it.
            .filter(|field| !field.split('.').any(|part| part.parse::<u32>().is_ok()))
            .map(str::to_owned)
            .collect();
        let inner = filter.get(array).and_then(|test| test.get("$elemMatch")).and_then(Value::as_object);
        let inner = inner.into_iter().flat_map(|test| test.keys().filter(|key| !key.starts_with('$')).cloned());
        Some(fields.into_iter().chain(inner).collect::<Vec<String>>()).filter(|fields| !fields.is_empty())
    });
    asked.next()
}
