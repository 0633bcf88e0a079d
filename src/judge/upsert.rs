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
            let mut live = parts.iter().filter(|part| !part.is_never());
            if let (Some(only), None) = (live.next(), live.next()) {
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

#[cfg(test)]
mod tests {
    use super::super::bson::Concrete;
    use super::super::written::value;
    use super::*;
    use crate::race::predicate::parse;

    #[test]
    fn equalities_of_all_parts_are_fixed() {
        for (filter, expected) in [
            ("{'b': 1, 'a.x': {'$eq': 2}, 'a.y': 3}", "{a: {x: 2, y: 3}, b: 1}"),
            ("{'a': {'$in': [1]}, 'b': {'$in': [1, 2]}, 'c': {'$all': [3]}}", "{a: 1, c: 3}"),
            ("{'$and': [{'a': 1}, {'$or': [{'b': 2}]}]}", "{a: 1, b: 2}"),
            ("{'$or': [{'a': 1}, {'b': 2}]}", "{}"),
            ("{'$or': [{'a': 1}, {'b': {'$all': []}}]}", "{a: 1}"),
            ("{'a': 1, 'b': {'$all': []}}", "{}"),
            ("{'a': {'$gt': 1}, 'b': {'$ne': 2}, '$nor': [{'c': 3}]}", "{}"),
        ] {
            let predicate = parse(&Concrete, &value(filter)).unwrap();
            assert_eq!(start(&predicate, false).unwrap().canonical(), expected, "{filter}");
        }
        let predicate = parse(&Concrete, &value("{'_id': 1, 'a': 2}")).unwrap();
        assert_eq!(start(&predicate, true).unwrap().canonical(), "{_id: 1}");
    }

    #[test]
    fn a_path_that_is_fixed_twice_is_refused() {
        for filter in ["{'a': 1, '$and': [{'a': 1}]}", "{'a': {'$all': [1, 2]}}", "{'a': {'x': 1}, 'a.x': 1}"] {
            let predicate = parse(&Concrete, &value(filter)).unwrap();
            assert!(matches!(start(&predicate, false), Err(Failure::Rejected(_))), "{filter}");
        }
    }
}
