//! The document that an upsert begins with: what the filter says that fields equal.
//!
//! Input: a predicate. Output: a document. Must not know: updates, collections.

use super::bson::Value;
use super::failure::Failure;
use crate::race::path::apart;
use crate::race::predicate::{Predicate, Test};
use crate::race::term::Items;
use std::rc::Rc;

/// The fields that the filter fixes, by name; of a replacement only `_id`.
pub fn start(predicate: &Predicate<Value>, only_id: bool) -> Result<Value, Failure> {
    let mut fixed = Vec::new();
    if !predicate.is_never() {
        equalities(predicate, &mut fixed);
    }
    fixed.retain(|(path, _)| !only_id || *path == "_id");
    apart(fixed.iter().map(|(path, _)| *path))?;
    fixed.sort_by_key(|(path, _)| path.as_bytes());
    let empty = Value::document::<Rc<str>>([]);
    Ok(fixed.into_iter().fold(empty, |document, (path, value)| put(&document, path, value)))
}

fn equalities<'a>(predicate: &'a Predicate<Value>, fixed: &mut Vec<(&'a str, &'a Value)>) {
    match predicate {
        Predicate::And(parts) => parts.iter().for_each(|part| equalities(part, fixed)),
        Predicate::Or(parts) => {
            if let [only] = parts.as_slice() {
                equalities(only, fixed);
            }
        }
        Predicate::Field { path, test: Test::Eq(value) } => fixed.push((path, value)),
        Predicate::Field { path, test: Test::In(Items::Known(items)) } => {
            if let Some((value, others)) = items.split_first()
                && others.iter().all(|other| other == value)
            {
                fixed.push((path, value));
            }
        }
        Predicate::Field { path, test: Test::All(Items::Known(items)) } => {
            fixed.extend(items.iter().map(|value| (&**path, value)));
        }
        _ => {}
    }
}

fn put(document: &Value, path: &str, value: &Value) -> Value {
    let mut new = document.clone();
    match path.split_once('.') {
        None => new.set(path, value.clone()),
        Some((name, rest)) => {
            let inner = document.field(name).cloned().unwrap_or_else(|| Value::document::<Rc<str>>([]));
            new.set(name, put(&inner, rest, value));
        }
    }
    new
}
