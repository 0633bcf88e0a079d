//! One operation as a statement of an `update` command.
//!
//! Input: an operation or insertions. Output: a filter by id and a pipeline that the server runs on the document as it is then: it
//! changes the array where the elements that matter are what was read, and fails where they are not. Must not know: how it is sent.

use super::stages::{field, is_array};
use crate::cleanup::identity::Path;
use crate::cleanup::operation::{Operation, runs};
use crate::cleanup::restore::Insertion;
use bson::raw::{RawArray, RawBsonRef};
use bson::{Bson, Document, RawArrayBuf, RawBson, RawDocumentBuf, bson, cstr, doc, rawdoc};

/// As many elements as there may be.
const REST: i32 = i32::MAX;

/// Takes elements out, where each of them, and each that stays for it, still is where it was. What was added since stays.
pub fn removal(path: &Path, operation: &Operation) -> Result<RawDocumentBuf, bson::error::Error> {
    let array = field(path);
    let places: Vec<usize> = operation.removed.iter().map(|one| one.at).collect();
    let mut conditions = RawArrayBuf::new();
    conditions.push(condition(path)?);
    let mut elements = operation.removed.iter();
    let mut kept = Vec::new();
    let mut next = 0;
    for (start, length) in runs(places) {
        let mut expected = RawArrayBuf::new();
        for one in elements.by_ref().take(length) {
            expected.push(&*one.element);
        }
        let there = doc! { "$slice": [&array, start as i64, length as i64] };
        conditions.push(equal(&there, RawBson::Array(expected))?);
        if start > next {
            kept.push(bson!({ "$slice": [&array, next as i64, (start - next) as i64] }));
        }
        next = start + length;
    }
    kept.push(bson!({ "$slice": [&array, next as i64, REST] }));
    for (at, first) in &operation.firsts {
        let there = doc! { "$arrayElemAt": [&array, *at as i64] };
        conditions.push(equal(&there, RawBson::Document(first.clone()))?);
    }
    let result = RawDocumentBuf::try_from(&doc! { "$concatArrays": kept })?;
    statement(path, &operation.id, conditions, result)
}

/// Puts elements in, where the array is what was read.
pub fn insertion(
    path: &Path,
    id: &RawBson,
    array: &RawArray,
    insertions: &[Insertion],
) -> Result<RawDocumentBuf, bson::error::Error> {
    let name = field(path);
    let mut parts = RawArrayBuf::new();
    // Places count what has been put in before; of the array itself so many fewer have been used.
    let (mut used, mut put) = (0, 0);
    let mut fresh = RawArrayBuf::new();
    for one in insertions {
        let upto = one.at - put;
        if upto > used {
            push_fresh(&mut parts, &mut fresh);
            parts.push(RawDocumentBuf::try_from(&doc! { "$slice": [&name, used as i64, (upto - used) as i64] })?);
            used = upto;
        }
        fresh.push(&*one.element);
        put += 1;
    }
    push_fresh(&mut parts, &mut fresh);
    parts.push(RawDocumentBuf::try_from(&doc! { "$slice": [&name, used as i64, REST] })?);
    let mut conditions = RawArrayBuf::new();
    conditions.push(condition(path)?);
    let mut same = RawArrayBuf::new();
    same.push(name.as_str());
    same.push(rawdoc! { "$literal": array.to_owned() });
    conditions.push(rawdoc! { "$eq": same });
    statement(path, id, conditions, rawdoc! { "$concatArrays": parts })
}

fn push_fresh(parts: &mut RawArrayBuf, fresh: &mut RawArrayBuf) {
    let fresh = std::mem::replace(fresh, RawArrayBuf::new());
    if !fresh.is_empty() {
        parts.push(rawdoc! { "$literal": fresh });
    }
}

fn condition(path: &Path) -> Result<RawBson, bson::error::Error> {
    RawBson::try_from(is_array(path))
}

/// The bytes of the expected value go as they were read.
fn equal(there: &Document, expected: RawBson) -> Result<RawDocumentBuf, bson::error::Error> {
    let mut literal = RawDocumentBuf::new();
    literal.append(cstr!("$literal"), expected);
    let mut both = RawArrayBuf::new();
    both.push(RawDocumentBuf::try_from(there)?);
    both.push(literal);
    Ok(rawdoc! { "$eq": both })
}

fn statement(
    path: &Path,
    id: &RawBson,
    conditions: RawArrayBuf,
    result: RawDocumentBuf,
) -> Result<RawDocumentBuf, bson::error::Error> {
    // Not constant, for the server would fail before it looks at the document.
    let changed = doc! { "$toInt": { "$concat": ["changed, now ", { "$type": field(path) }] } };
    let mut choice = RawArrayBuf::new();
    choice.push(rawdoc! { "$and": conditions });
    choice.push(result);
    choice.push(RawDocumentBuf::try_from(&changed)?);
    let mut set = RawDocumentBuf::new();
    set.append(name(path)?.as_ref(), rawdoc! { "$cond": choice });
    let mut stages = RawArrayBuf::new();
    stages.push(rawdoc! { "$set": set });
    let mut filter = RawDocumentBuf::new();
    filter.append(cstr!("$eq"), id.as_raw_bson_ref());
    Ok(rawdoc! { "q": { "_id": filter }, "u": stages, "collation": { "locale": "simple" } })
}

fn name(path: &Path) -> Result<bson::raw::CString, bson::error::Error> {
    bson::raw::CString::try_from(path.join("."))
}

/// A statement as a person can read it.
pub fn shown(statement: &RawDocumentBuf) -> Result<Bson, bson::error::Error> {
    Bson::try_from(RawBsonRef::Document(statement))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleanup::identity::path;
    use crate::cleanup::restore::missing;
    use crate::cleanup::tests::{Random, clean, items};

    /// What a server makes of the array.
    fn played(statement: &RawDocumentBuf, array: &[RawBson]) -> Vec<RawBson> {
        let parts = statement.get_array("u").expect("stages").get_document(0).expect("one");
        let parts = parts.get_document("$set").expect("a field").get_document("messages").expect("its value");
        let parts = parts.get_array("$cond").expect("a choice").get_document(1).expect("what is set");
        let mut all: Vec<RawBson> = Vec::new();
        for part in parts.get_array("$concatArrays").expect("parts") {
            let part = part.expect("valid BSON").as_document().expect("an expression");
            if let Ok(fresh) = part.get_array("$literal") {
                all.extend(fresh.into_iter().map(|one| one.expect("valid BSON").into()));
                continue;
            }
            let slice = part.get_array("$slice").expect("what is there");
            let number = |at: usize| match slice.get(at).expect("valid BSON").expect("a number") {
                RawBsonRef::Int64(number) => usize::try_from(number).expect("a place"),
                other => usize::try_from(other.as_i32().expect("a number")).expect("a place"),
            };
            all.extend(array.iter().skip(number(1)).take(number(2)).cloned());
        }
        all
    }

    #[test]
    fn elements_go_in_at_their_places_also_where_the_array_was_sorted_again() {
        let mut random = Random(6);
        for _ in 0..2000 {
            let before = random.array(25);
            let mut operations = Vec::new();
            let now = clean(&before, 1 + random.below(4), &mut operations);
            let now = if random.below(2) == 0 { random.shuffled(&now) } else { now };
            let insertions = missing(&operations, &now, 1 + random.below(20)).expect("valid BSON").insertions;
            let statement = insertion(&path("messages"), &RawBson::Int32(1), &now, &insertions).expect("a statement");
            let mut expected = items(&now);
            for one in &insertions {
                expected.insert(one.at, RawBson::Document(one.element.clone()));
            }
            assert_eq!(played(&statement, &items(&now)), expected, "{insertions:?}");
        }
    }
}
