//! Elements that an array of one document holds more than once.
//!
//! Input: a finding, the tracked arrays, the write paths. Output: queries. Must not know: how an element gets in twice.

use super::query::{LOST, Query, UNPROVEN, extra, listed};
use crate::config::{Kind, Pattern, Scalar};
use crate::diagnostic::{Command, End, Finding, Stored, Witness, WritePath};
use serde_json::{Map, Value, json};

const UNNAMED: &str = "nothing says in which collection";
/// Operators that add elements.
const APPENDS: [&str; 4] = ["$push", "$addToSet", "$concatArrays", "save"];

pub fn queries(
    finding: &Finding,
    array: &str,
    kinds: &[Kind],
    paths: &[WritePath],
) -> Result<Vec<Query>, &'static str> {
    let path = paths.iter().find(|path| path.place == finding.place && path.array == array);
    let is_written = |kind: &Kind| path.is_none_or(|path| path.kinds.is_empty() || path.kinds.contains(&kind.name));
    let written: Vec<usize> = (0..kinds.len()).filter(|at| kinds.get(*at).is_some_and(is_written)).collect();
    let own = asked(finding, array).or_else(|| path.map(|path| path.key.clone()).filter(|key| !key.is_empty()));
    let of_kinds = written.iter().filter_map(|at| kinds.get(*at)).map(|kind| kind.key.as_slice());
    let is_left = match finding.proof.witness() {
        Some(witness) => {
            let whole = [String::new()];
            let mut keys = of_kinds.chain(own.as_deref()).chain([whole.as_slice()]);
            keys.any(|key| is_doubled(&witness, array, key))
        }
        None => is_appended(finding, array, path, paths),
    };
    if !is_left {
        return Err(if finding.proof.is_proven() { LOST } else { UNPROVEN });
    }
    let collection = finding.collection.as_deref().ok_or(UNNAMED)?;
    if !written.is_empty() {
        return Ok(written.into_iter().filter_map(|at| of_kind(collection, array, kinds, at)).collect());
    }
    // Plain values are the same where they are equal.
    let key = own.unwrap_or_else(|| vec![String::new()]);
    Ok(vec![query(collection, array, &key, &format!("elements of `{array}`"), Map::new())])
}

/// Whether the act of a finding appends to an array: by itself, or where the array that it changes is saved.
fn is_appended(finding: &Finding, array: &str, own: Option<&WritePath>, paths: &[WritePath]) -> bool {
    let of_function = |path: &&WritePath| {
        path.array == array
            && (path.place.file, &path.function) == (finding.place.file, &finding.function)
            && path.collection == finding.collection
    };
    let mut written = own.into_iter().chain(paths.iter().filter(|path| own.is_none() && of_function(path)));
    written.any(|path| APPENDS.contains(&path.operator.as_str()))
}

/// The query for one of the kinds of an array. Of the kinds that an element is of, the first counts.
fn of_kind(collection: &str, array: &str, kinds: &[Kind], at: usize) -> Option<Query> {
    let (earlier, kind) = (kinds.get(..at)?, kinds.get(at)?);
    let mut is_of_kind = Map::new();
    let patterns: Vec<Value> = kind.when.patterns().iter().map(|pattern| matched(array, pattern)).collect();
    // Whatever has the key of the kind is of it.
    if patterns.iter().all(|pattern| *pattern != has_key(array, &kind.key)) {
        is_of_kind.insert("$or".to_owned(), Value::Array(patterns));
    }
    if !earlier.is_empty() {
        let others = earlier
            .iter()
            .map(|kind| json!({ "$and": [has_key(array, &kind.key), { "$or": all_patterns(array, kind) }] }));
        is_of_kind.insert("$nor".to_owned(), others.collect());
    }
    let what = format!("elements of `{array}` of the kind {}", kind.name);
    Some(query(collection, array, &kind.key, &what, is_of_kind))
}

fn all_patterns(array: &str, kind: &Kind) -> Value {
    kind.when.patterns().iter().map(|pattern| matched(array, pattern)).collect()
}

/// That fields are there and tell an element from others: none is what code writes for want of a value.
fn has_key(array: &str, key: &[String]) -> Value {
    key.iter().map(|field| (below(array, field), json!({ "$nin": [null, "", false] }))).collect::<Map<_, _>>().into()
}

fn query(collection: &str, array: &str, key: &[String], what: &str, of_kind: Map<String, Value>) -> Query {
    let paths: Vec<String> = key.iter().map(|field| below(array, field)).collect();
    let values: Vec<String> = paths.iter().map(|path| format!("${path}")).collect();
    let mut pipeline = vec![json!({ "$unwind": format!("${array}") })];
    let mut asked = of_kind;
    if let Value::Object(key) = has_key(array, key) {
        asked.extend(key);
    }
    pipeline.extend([
        json!({ "$match": asked }),
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
    let Value::Object(mut asked) = has_key(array, &pattern.has) else { return Value::Null };
    let equals = pattern.equals.iter().map(|(field, value)| {
        let value = match value {
            Scalar::Bool(value) => json!(value),
            Scalar::Number(value) => json!(value),
            Scalar::Text(value) => json!(value),
        };
        (below(array, field), value)
    });
    asked.extend(equals);
    Value::Object(asked)
}

/// Whether the witness leaves two elements of an array that are equal by a key, and no order of the requests does.
fn is_doubled(witness: &Witness, array: &str, key: &[String]) -> bool {
    let doubled = |end: &End| end.documents.iter().any(|stored| has_twins(stored, array, key));
    doubled(&witness.outcome) && !witness.serial.iter().any(doubled)
}

fn has_twins(stored: &Stored, array: &str, key: &[String]) -> bool {
    let at = |value: &Value, path: &str| -> Option<Value> {
        path.split('.').filter(|name| !name.is_empty()).try_fold(value, |value, name| value.get(name)).cloned()
    };
    let elements = at(&stored.document, array);
    let elements = elements.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let keys: Vec<Vec<Value>> =
        elements.iter().filter_map(|element| key.iter().map(|field| at(element, field)).collect()).collect();
    keys.iter().enumerate().any(|(at, one)| keys.iter().skip(at + 1).any(|other| other == one))
}

/// The fields of the elements that the code asks for: `messages.id` of a filter.
fn asked(finding: &Finding, array: &str) -> Option<Vec<String>> {
    let witness = finding.proof.witness()?;
    let filters = witness.steps.iter().filter_map(|step| match &step.command {
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
