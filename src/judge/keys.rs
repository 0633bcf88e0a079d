//! The keys under which a document stands in an index: one for each element of an array.
//!
//! Input: dotted paths, a document. Output: its keys. Must not know: which indexes there are.

use super::bson::Value;
use super::failure::Failure;
use std::cmp::Ordering;
use std::rc::Rc;

/// One part of a key.
#[derive(Clone, Debug)]
pub enum Part {
    /// An empty array.
    Empty,
    Missing,
    Value(Value),
}

/// One part for each path.
pub type Key = Vec<Part>;

impl Part {
    /// An empty array comes before null; what is missing counts as null.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self.counted(), other.counted()) {
            (Some(a), Some(b)) => a.order(b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }

    const fn counted(&self) -> Option<&Value> {
        match self {
            Self::Empty => None,
            Self::Missing => Some(&Value::Null),
            Self::Value(value) => Some(value),
        }
    }
}

impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        self.counted() == other.counted()
    }
}

/// All keys of a document, of which there is at least one. Two arrays side by side have none.
pub fn keys<'a>(paths: impl Iterator<Item = &'a str>, document: &Value) -> Result<Vec<Key>, Failure> {
    let mut found = Vec::new();
    expand(paths.map(|rest| Open::Path { value: document, rest }).collect(), &mut found)?;
    Ok(found)
}

#[derive(Clone)]
enum Open<'a> {
    Path { value: &'a Value, rest: &'a str },
    Array { items: &'a Rc<Vec<Value>>, rest: &'a str },
    Done(Part),
}

fn expand(parts: Vec<Open<'_>>, found: &mut Vec<Key>) -> Result<(), Failure> {
    let parts: Vec<Open<'_>> = parts.into_iter().map(advance).collect();
    let mut array: Option<&Rc<Vec<Value>>> = None;
    for part in &parts {
        let Open::Array { items, .. } = part else { continue };
        if array.is_some_and(|other| !std::ptr::eq(other, *items)) {
            return Failure::rejected("cannot index parallel arrays");
        }
        array = Some(items);
    }
    let Some(items) = array else {
        let done = parts.into_iter().filter_map(|part| if let Open::Done(part) = part { Some(part) } else { None });
        found.push(done.collect());
        return Ok(());
    };
    let each: Vec<Option<&Value>> = if items.is_empty() { vec![None] } else { items.iter().map(Some).collect() };
    for item in each {
        let inner = parts.iter().map(|part| match (part, item) {
            (Open::Array { rest: "", .. }, None) => Open::Done(Part::Empty),
            (Open::Array { rest: "", .. }, Some(item)) => Open::Done(Part::Value(item.clone())),
            (Open::Array { rest, .. }, Some(value @ Value::Document(_))) => Open::Path { value, rest },
            (Open::Array { .. }, _) => Open::Done(Part::Missing),
            (other, _) => other.clone(),
        });
        expand(inner.collect(), found)?;
    }
    Ok(())
}

/// Goes down to the first array, or to the end.
fn advance(part: Open<'_>) -> Open<'_> {
    let Open::Path { mut value, mut rest } = part else { return part };
    loop {
        let (name, more) = rest.split_once('.').unwrap_or((rest, ""));
        match value.field(name) {
            None => return Open::Done(Part::Missing),
            Some(Value::List(items)) => return Open::Array { items, rest: more },
            Some(inner) if more.is_empty() => return Open::Done(Part::Value(inner.clone())),
            Some(inner @ Value::Document(_)) => (value, rest) = (inner, more),
            Some(_) => return Open::Done(Part::Missing),
        }
    }
}
