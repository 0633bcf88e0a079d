//! Candidate identity keys of an appended object, best first.
//!
//! Input: the shapes of one array and the keys that its code uses. Output: keys with a weight. Must not know: kinds.

use super::{Array, Field, FieldValue, Shape};
use crate::config::Scalar;

/// A field or fields that may make two elements the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub fields: Vec<String>,
    pub weight: u32,
    /// The code looks for an element by it before or while it appends.
    pub used: bool,
}

/// The code uses the key, in this append.
const USED_HERE: u32 = 6;
/// The code uses the key, in another append to the array.
const USED_ELSEWHERE: u32 = 2;
/// A literal names the key and stands on the same elements: `isMerged: true` and `mergeId`.
const NAMED_ALONE: u32 = 9;
/// A literal names the key, but also stands on elements without it, or the other way round.
const NAMED: u32 = 2;
/// Two fields that belong together: `batchId` and `batchIndex`.
const PAIR: u32 = 4;
/// `id`, `_id`, or `messageId` in `messages`.
const OWN: u32 = 2;

/// The candidates of a shape, best first. `used` are the keys of the shape's own append.
pub fn candidates(array: &Array<'_>, shape: &Shape, used: &[Vec<String>]) -> Vec<Candidate> {
    let shapes: Vec<&Shape> = array.appends.iter().flat_map(|append| &append.evidence.shapes).collect();
    let elsewhere: Vec<&Vec<String>> = array.appends.iter().flat_map(|append| &append.evidence.keys).collect();
    let mut keys: Vec<Vec<String>> = Vec::new();
    let mut add = |key: Vec<String>| {
        if !key.is_empty() && shape.has(&key) && !keys.iter().any(|known| is_same(known, &key)) {
            keys.push(key);
        }
    };
    used.iter().for_each(|key| add(key.clone()));
    for field in &shape.fields {
        if let Some(order) = order_of(shape, &field.name) {
            add(vec![field.name.clone(), order]);
        }
        if is_identifier(field) {
            add(vec![field.name.clone()]);
        }
    }
    elsewhere.iter().for_each(|key| add((*key).clone()));
    let mut candidates: Vec<Candidate> = keys
        .into_iter()
        .map(|fields| {
            let here = used.iter().any(|key| is_same(key, &fields));
            let anywhere = elsewhere.iter().any(|key| is_same(key, &fields));
            let weight = [
                if here { USED_HERE } else { 0 },
                if anywhere && !here { USED_ELSEWHERE } else { 0 },
                if fields.len() > 1 { PAIR } else { 0 },
                named(&shapes, shape, &fields),
                if is_own(array.name, &fields) { OWN } else { 0 },
            ];
            Candidate { weight: weight.iter().sum(), used: here || anywhere, fields }
        })
        .collect();
    // The sort is stable: among equals the order of the code decides.
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.weight));
    candidates
}

pub fn is_same(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|field| b.contains(field))
}

/// Whether the key only says whom an element belongs to, so that one owner may well have several.
pub fn is_reference(key: &[String]) -> bool {
    const OWNERS: [&str; 16] = [
        "user",
        "author",
        "sender",
        "owner",
        "creator",
        "member",
        "chat",
        "conversation",
        "room",
        "parent",
        "tenant",
        "account",
        "session",
        "customer",
        "admin",
        "by",
    ];
    let [field] = key else { return false };
    let words = words(field);
    words.len() > 1 && OWNERS.iter().any(|owner| words.iter().rev().nth(1).is_some_and(|word| word == owner))
}

/// A field that by its name holds an identity, and whose value a retry would repeat.
fn is_identifier(field: &Field) -> bool {
    const WHOLE: [&str; 4] = ["code", "hash", "email", "token"];
    const LAST: [&str; 8] = ["id", "uuid", "guid", "sku", "slug", "ean", "isbn", "key"];
    let words = words(&field.name);
    let named = match words.as_slice() {
        [only] => WHOLE.contains(&only.as_str()) || LAST.contains(&only.as_str()),
        _ => words.last().is_some_and(|last| LAST.contains(&last.as_str())),
    };
    named && field.value == FieldValue::Other
}

/// The field that orders the elements of one identifier: `batchIndex` for `batchId`.
fn order_of(shape: &Shape, field: &str) -> Option<String> {
    const ORDERS: [&str; 6] = ["index", "no", "number", "position", "seq", "part"];
    let words_of = words(field);
    let (last, stem) = words_of.split_last()?;
    if last != "id" || stem.is_empty() {
        return None;
    }
    let is_order = |other: &&Field| {
        let other = words(&other.name);
        other.split_last().is_some_and(|(last, rest)| rest == stem && ORDERS.contains(&last.as_str()))
    };
    shape.fields.iter().find(is_order).map(|field| field.name.clone())
}

/// How well a literal of the shape names the key.
fn named(shapes: &[&Shape], shape: &Shape, key: &[String]) -> u32 {
    let [field] = key else { return 0 };
    let Some(stem) = words(field).into_iter().next() else { return 0 };
    let mut best = 0;
    for literal in shape.fields.iter().filter(|field| is_discriminator(field)) {
        let Some(word) = word_of(literal) else { continue };
        if stem == "id" || !(word.starts_with(&stem) || stem.starts_with(&word)) {
            continue;
        }
        let alone = shapes.iter().all(|other| {
            let same = other.field(&literal.name).is_some_and(|field| field.value == literal.value);
            same == other.has(key)
        });
        best = best.max(if alone { NAMED_ALONE } else { NAMED });
    }
    best
}

/// A literal by which elements are told apart: `type: 'video'`, `isMerged: true`.
pub fn is_discriminator(field: &Field) -> bool {
    const LAST: [&str; 6] = ["type", "kind", "category", "variant", "action", "event"];
    let words = words(&field.name);
    match &field.value {
        FieldValue::Literal(Scalar::Text(text)) => {
            let short = !text.is_empty() && text.len() <= 40 && !text.contains(char::is_whitespace);
            short && words.last().is_some_and(|last| LAST.contains(&last.as_str()))
        }
        FieldValue::Literal(Scalar::Bool(true)) => {
            words.len() > 1 && matches!(words.first().map(String::as_str), Some("is" | "has"))
        }
        _ => false,
    }
}

/// What a discriminator calls the element: `merged` of `isMerged: true`, `merge` of `type: 'mergeFace'`.
pub fn word_of(field: &Field) -> Option<String> {
    match &field.value {
        FieldValue::Literal(Scalar::Text(text)) => words(text).into_iter().next(),
        _ => words(&field.name).into_iter().nth(1),
    }
}

/// `id`, `_id`, and the identifier that carries the name of the array.
fn is_own(array: &str, key: &[String]) -> bool {
    let [field] = key else { return false };
    let words = words(field);
    match words.as_slice() {
        [only] => only == "id",
        [first, last] => last == "id" && *first == singular(array).to_lowercase(),
        _ => false,
    }
}

/// `message` of `chat.messages`, `entry` of `entries`.
pub fn singular(array: &str) -> String {
    let last = array.rsplit('.').next().unwrap_or(array);
    if let Some(stem) = last.strip_suffix("ies") {
        return format!("{stem}y");
    }
    match last.strip_suffix("sses") {
        Some(stem) => format!("{stem}ss"),
        None => last.strip_suffix('s').filter(|stem| !stem.ends_with(['s', 'u'])).unwrap_or(last).to_owned(),
    }
}

/// The words of a name, in lower case: `batchIndex`, `batch_index` and `batch-index` have two.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            lower = false;
            words.push(String::new());
            continue;
        }
        if words.is_empty() || c.is_uppercase() && lower {
            words.push(String::new());
        }
        lower = !c.is_uppercase();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
