//! The identities of elements as expressions of an aggregation, so that a server finds the documents itself.
//!
//! Input: identities. Output: stages. They say the same as [`crate::cleanup::identity`], which decides about what is removed; the tests
//! compare the two. Must not know: how stages are sent.

use super::ranges::Range;
use super::scope::{Target, with_array};
use crate::cleanup::identity::{Identities, Kind, Path, path};
use crate::config::{Pattern, Scalar};
use bson::{Bson, Document, bson, doc};

/// Documents of a range with the same element twice.
pub fn affected(target: &Target<'_>, range: &Range) -> Result<Vec<Document>, bson::error::Error> {
    let mut stages = Vec::new();
    // First and alone, so that the index of ids serves it.
    stages.extend(range.condition()?.map(|bounds| doc! { "$match": bounds }));
    stages.push(doc! { "$match": with_array(target) });
    let keys = keys(target);
    let twice = bson!({ "$lt": [{ "$size": { "$setUnion": ["$$keys"] } }, { "$size": "$$keys" }] });
    let twice = bson!({ "$let": { "vars": { "keys": keys }, "in": twice } });
    stages.push(doc! { "$match": { "$expr": { "$cond": [is_array(&target.field), twice, false] } } });
    Ok(stages)
}

/// Their elements, by kind, and how many would stay.
pub fn counted(target: &Target<'_>) -> Document {
    let count = |of: &str, kind: usize| {
        let is_kind = bson!({ "$eq": [{ "$arrayElemAt": ["$$this", 0] }, kind as i32] });
        bson!({ "$size": { "$filter": { "input": of, "cond": is_kind } } })
    };
    let counts = |of: &str| -> Vec<Bson> { (0..target.identities.kinds().len()).map(|kind| count(of, kind)).collect() };
    let inner = doc! { "all": counts("$$keys"), "left": counts("$$once") };
    let once = bson!({ "$let": { "vars": { "once": { "$setUnion": ["$$keys"] } }, "in": inner } });
    let size = doc! { "$size": field(&target.field) };
    doc! { "$project": { "_id": 1, "size": size, "of": { "$let": { "vars": { "keys": keys(target) }, "in": once } } } }
}

/// The array alone, under a name without dots.
pub fn array(target: &Target<'_>) -> Document {
    doc! { "$project": { "_id": 1, "array": field(&target.field) } }
}

/// The identity of each element that has one.
fn keys(target: &Target<'_>) -> Bson {
    let identity = identity(&target.identities);
    let all = bson!({ "$map": { "input": field(&target.field), "as": "element", "in": identity } });
    bson!({ "$filter": { "input": all, "cond": { "$ne": ["$$this", null] } } })
}

fn identity(identities: &Identities) -> Bson {
    let mut expression = Bson::Null;
    for (at, kind) in identities.kinds().iter().enumerate().rev() {
        let mut key = vec![Bson::Int32(at as i32)];
        key.extend(kind.key.iter().map(told));
        expression = bson!({ "$cond": [is_of(kind), key, expression] });
    }
    let is_document = bson!({ "$eq": [{ "$type": "$$element" }, "object"] });
    bson!({ "$cond": [is_document, expression, null] })
}

fn is_of(kind: &Kind) -> Bson {
    let mut all: Vec<Bson> = kind.key.iter().map(telling).collect();
    if !kind.when.is_empty() {
        all.push(bson!({ "$or": kind.when.iter().map(holds).collect::<Vec<_>>() }));
    }
    bson!({ "$and": all })
}

fn holds(pattern: &Pattern) -> Bson {
    let mut all: Vec<Bson> = pattern.has.iter().map(|field| telling(&path(field))).collect();
    for (field, wanted) in &pattern.equals {
        let field = path(field);
        let wanted = match wanted {
            Scalar::Bool(value) => Bson::Boolean(*value),
            Scalar::Number(value) => Bson::Double(*value),
            Scalar::Text(value) => Bson::String(value.clone()),
        };
        all.extend(outer("$$element", &field));
        all.push(bson!({ "$eq": [element(&field), { "$literal": wanted }] }));
    }
    bson!({ "$and": all })
}

fn telling(part: &Path) -> Bson {
    let value = element(part);
    let empty = bson!(["", false, f64::NAN, [], {}]);
    let mut all = outer("$$element", part);
    all.push(bson!({ "$not": [{ "$in": [{ "$type": value.clone() }, ["missing", "null", "undefined"]] }] }));
    all.push(bson!({ "$not": [{ "$in": [value, { "$literal": empty }] }] }));
    bson!({ "$and": all })
}

/// A value of a key; an id as its text.
fn told(part: &Path) -> Bson {
    let value = element(part);
    bson!({ "$cond": [{ "$eq": [{ "$type": value.clone() }, "objectId"] }, { "$toString": value.clone() }, value] })
}

fn element(part: &Path) -> String {
    format!("$$element.{}", part.join("."))
}

pub fn field(path: &Path) -> String {
    format!("${}", path.join("."))
}

/// Whether a field of a document is an array, reached through documents only.
pub fn is_array(path: &Path) -> Bson {
    let mut all = outer("$", path);
    all.push(bson!({ "$isArray": [field(path)] }));
    bson!({ "$and": all })
}

/// The conditions that what is around a field is a document and not an array of them.
fn outer(root: &str, path: &Path) -> Vec<Bson> {
    let separator = if root == "$" { "" } else { "." };
    let around = (1..path.len()).map(|depth| format!("{root}{separator}{}", path[..depth].join(".")));
    around.map(|outer| bson!({ "$eq": [{ "$type": outer }, "object"] })).collect()
}
