//! The keys under which a document stands in an index: one for each element of an array.
//!
//! Input: dotted paths, a document. Output: its keys. Must not know: which indexes there are.

use super::bson::Value;
use super::failure::Failure;

/// One value for each path; `None` stands for an empty array, which is before null in the order of keys.
pub type Key = Vec<Option<Value>>;

/// All keys of a document, of which there is at least one. Two arrays side by side have none.
pub fn keys<'a>(paths: impl Iterator<Item = &'a str>, document: &Value) -> Result<Vec<Key>, Failure> {
    let mut found = Vec::new();
    expand(paths.map(|rest| Part::Open { value: document, rest }).collect(), &mut found)?;
    Ok(found)
}

/// Whether one of the paths leads to something.
pub fn has_any<'a>(mut paths: impl Iterator<Item = &'a str>, document: &Value) -> bool {
    paths.any(|path| is_there(document, path))
}

fn is_there(value: &Value, path: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    match (value, rest) {
        (Value::List(items), _) => items.iter().any(|item| item.fields().is_some() && is_there(item, path)),
        (_, None) => value.field(name).is_some(),
        (_, Some(rest)) => value.field(name).is_some_and(|inner| is_there(inner, rest)),
    }
}

#[derive(Clone)]
enum Part<'a> {
    Open { value: &'a Value, rest: &'a str },
    Array { items: &'a [Value], rest: &'a str },
    Fixed(Option<Value>),
}

fn expand(parts: Vec<Part<'_>>, found: &mut Vec<Key>) -> Result<(), Failure> {
    let parts: Vec<Part<'_>> = parts.into_iter().map(advance).collect();
    let mut array: Option<&[Value]> = None;
    for part in &parts {
        let Part::Array { items, .. } = part else { continue };
        if array.is_some_and(|other| !std::ptr::eq(other, *items)) {
            return Failure::rejected("cannot index parallel arrays");
        }
        array = Some(items);
    }
    let Some(items) = array else {
        found.push(parts.into_iter().map(|part| if let Part::Fixed(value) = part { value } else { None }).collect());
        return Ok(());
    };
    let each: Vec<Option<&Value>> = if items.is_empty() { vec![None] } else { items.iter().map(Some).collect() };
    for item in each {
        let inner = parts.iter().map(|part| match (part, item) {
            (Part::Array { rest: "", .. }, item) => Part::Fixed(item.cloned()),
            (Part::Array { rest, .. }, Some(value @ Value::Document(_))) => Part::Open { value, rest },
            (Part::Array { .. }, _) => Part::Fixed(Some(Value::Null)),
            (other, _) => other.clone(),
        });
        expand(inner.collect(), found)?;
    }
    Ok(())
}

/// Goes down to the first array, or to the end.
fn advance(part: Part<'_>) -> Part<'_> {
    let Part::Open { mut value, mut rest } = part else { return part };
    loop {
        let (name, more) = rest.split_once('.').unwrap_or((rest, ""));
        match value.field(name) {
            None => return Part::Fixed(Some(Value::Null)),
            Some(Value::List(items)) => return Part::Array { items, rest: more },
            Some(inner) if more.is_empty() => return Part::Fixed(Some(inner.clone())),
            Some(inner @ Value::Document(_)) => (value, rest) = (inner, more),
            Some(_) => return Part::Fixed(Some(Value::Null)),
        }
    }
}
