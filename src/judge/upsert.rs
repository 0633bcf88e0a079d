//! The document that an upsert begins with: what the filter says that fields equal.
//!
//! Input: a predicate. Output: a document. Must not know: updates, collections.

use super::bson::Value;
use super::failure::Failure;
use crate::race::predicate::{Predicate, Test};
use crate::race::term::Items;
use std::rc::Rc;

/// The fields that the filter fixes, in its order; of a replacement only `_id`.
pub fn start(predicate: &Predicate<Value>, only_id: bool) -> Result<Value, Failure> {
    let mut fixed = Vec::new();
    equalities(predicate, &mut fixed);
    let mut document = Value::document::<Rc<str>>([]);
    let mut seen: Vec<&str> = Vec::new();
    for (path, value) in fixed {
        if only_id && path != "_id" {
            continue;
        }
        let inside = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if seen.iter().any(|other| inside(path, other) || inside(other, path)) {
            return Failure::rejected(format!("cannot infer query fields to set, path '{path}' is matched twice"));
        }
        seen.push(path);
        document = put(&document, path, value);
    }
    Ok(document)
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
        Predicate::Field { path, test: Test::In(Items::Known(items)) | Test::All(Items::Known(items)) } => {
            if let [value] = items.as_slice() {
                fixed.push((path, value));
            }
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
