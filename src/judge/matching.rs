//! Whether a predicate holds of a document, as the server decides.
//!
//! Input: a predicate, a document. Output: yes, with the element that the positional operator `$` means, or no. Must not know:
//! collections, updates.

use super::bson::Value;
use super::expression;
use super::failure::Failure;
use super::pattern;
use super::traverse::{Leaf, any};
use crate::race::predicate::{Kind, Predicate, Test};
use crate::race::term::Items;
use std::cmp::Ordering;
use std::rc::Rc;

type Answer = Result<bool, Failure>;

/// The element of an array that a filter found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Found {
    /// No condition of the filter went through an array.
    #[default]
    None,
    At(usize),
    /// Two conditions found different elements; which one the server takes depends on its plan.
    Several,
}

impl Found {
    fn record(&mut self, element: usize) {
        *self = match *self {
            Self::None => Self::At(element),
            Self::At(before) if before == element => *self,
            _ => Self::Several,
        };
    }
}

pub fn matches(predicate: &Predicate<Value>, document: &Value) -> Answer {
    holds(predicate, document, &mut Found::None)
}

/// The element found, where the predicate holds.
pub fn find(predicate: &Predicate<Value>, document: &Value) -> Result<Option<Found>, Failure> {
    let mut found = Found::None;
    Ok(holds(predicate, document, &mut found)?.then_some(found))
}

fn holds(predicate: &Predicate<Value>, document: &Value, found: &mut Found) -> Answer {
    match predicate {
        Predicate::And(parts) => every(parts, |part| holds(part, document, found)),
        Predicate::Or(parts) => some(parts, |part| {
            let mut inner = Found::None;
            let answer = holds(part, document, &mut inner)?;
            match inner {
                Found::At(element) if answer => found.record(element),
                Found::Several if answer => *found = Found::Several,
                _ => {}
            }
            Ok(answer)
        }),
        Predicate::Nor(parts) => Ok(!some(parts, |part| matches(part, document))?),
        Predicate::Field { path, test } => at_path(path, test, document, found),
        Predicate::Expr(expression) => expression::is_true(expression, document),
        Predicate::Unknown(part) => Failure::not_modelled(&**part),
    }
}

/// A part that is not known decides only where no other part does.
fn every<T>(parts: &[T], mut holds: impl FnMut(&T) -> Answer) -> Answer {
    let mut failed = None;
    for part in parts {
        match holds(part) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(failure) => failed = Some(failure.after(failed.take())),
        }
    }
    failed.map_or(Ok(true), Err)
}

fn some<T>(parts: &[T], mut holds: impl FnMut(&T) -> Answer) -> Answer {
    Ok(!every(parts, |part| Ok(!holds(part)?))?)
}

fn at_path(path: &str, test: &Test<Value>, document: &Value, found: &mut Found) -> Answer {
    let mut any_value = |leaf, pass: &dyn Fn(Option<&Value>) -> Answer| {
        // An element that is not known may be the first that passes.
        let mut is_first = true;
        any(document, path, leaf, &mut |value, element| {
            let answer = pass(value);
            is_first &= answer.is_ok();
            match (&answer, element) {
                (Ok(true), Some(element)) if is_first => found.record(element),
                (Ok(true), Some(_)) => *found = Found::Several,
                _ => {}
            }
            answer
        })
    };
    match test {
        Test::Ne(operand) => Ok(!any_value(Leaf::Elements, &|value| Ok(equals(value, operand)))?),
        Test::Nin(items) => Ok(!any_value(Leaf::Elements, &|value| is_in(value, items))?),
        Test::Exists(false) => Ok(!any_value(Leaf::Elements, &|value| Ok(value.is_some()))?),
        Test::Not(tests) => Ok(!every(tests, |test| at_path(path, test, document, &mut Found::None))?),
        Test::All(Items::Known(items)) => {
            Ok(!items.is_empty() && every(items, |item| any_value(Leaf::Elements, &|value| Ok(equals(value, item))))?)
        }
        Test::Every(tests) => every(tests, |test| at_path(path, test, document, found)),
        Test::Size(_) => any_value(Leaf::Whole, &|value| passes(test, value)),
        Test::ElemMatch(_) | Test::ElemTest(_) => {
            let mut inner = None;
            let answer = any(document, path, Leaf::Whole, &mut |value, element| {
                let passed = element_passing(test, value)?;
                inner = element.or(passed);
                Ok(passed.is_some())
            })?;
            if let (true, Some(element)) = (answer, inner) {
                found.record(element);
            }
            Ok(answer)
        }
        _ => any_value(Leaf::Elements, &|value| passes(test, value)),
    }
}

/// Whether one value passes, its elements not looked at.
fn passes(test: &Test<Value>, value: Option<&Value>) -> Answer {
    match test {
        Test::Eq(operand) => Ok(equals(value, operand)),
        Test::Ne(operand) => Ok(!equals(value, operand)),
        Test::Gt(operand) => ordered(value, operand, Ordering::is_gt),
        Test::Gte(operand) => ordered(value, operand, Ordering::is_ge),
        Test::Lt(operand) => ordered(value, operand, Ordering::is_lt),
        Test::Lte(operand) => ordered(value, operand, Ordering::is_le),
        Test::In(items) => is_in(value, items),
        Test::Nin(items) => Ok(!is_in(value, items)?),
        Test::Exists(exists) => Ok(value.is_some() == *exists),
        Test::Size(size) => match (value, size) {
            (Some(Value::List(items)), Value::Number(size)) => Ok(items.len() as f64 == *size),
            (_, Value::Number(_)) => Ok(false),
            _ => Failure::not_modelled("$size"),
        },
        Test::All(Items::Known(items)) => Ok(!items.is_empty() && items.iter().all(|item| equals(value, item))),
        Test::Every(tests) => every(tests, |test| passes(test, value)),
        Test::ElemMatch(_) | Test::ElemTest(_) => Ok(element_passing(test, value)?.is_some()),
        Test::Not(tests) => Ok(!every(tests, |test| passes(test, value))?),
        Test::Regex { pattern, options } => pattern::matches(pattern, options.as_ref(), value),
        Test::Type(kinds) => some(kinds, |kind| is_kind(value, *kind)),
        Test::Mod { divisor, remainder } => modulo(value, divisor, remainder),
        Test::All(Items::Unknown(_)) => Failure::not_modelled("$all"),
        Test::Unknown(operator) => Failure::not_modelled(&**operator),
    }
}

/// The first element of an array that passes what `$elemMatch` asks.
fn element_passing(test: &Test<Value>, value: Option<&Value>) -> Result<Option<usize>, Failure> {
    let Some(Value::List(items)) = value else { return Ok(None) };
    let mut failed = None;
    for (at, item) in items.iter().enumerate() {
        let answer = match test {
            Test::ElemMatch(predicate) => match item {
                Value::Document(_) => matches(predicate, item),
                Value::List(inner) => matches(predicate, &by_index(inner)),
                _ => Ok(false),
            },
            Test::ElemTest(tests) => every(tests, |test| passes(test, Some(item))),
            _ => Ok(false),
        };
        match answer {
            Ok(true) => return failed.map_or(Ok(Some(at)), Err),
            Ok(false) => {}
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    failed.map_or(Ok(None), Err)
}

/// An array as the document that it is stored as.
fn by_index(items: &[Value]) -> Value {
    let fields = items.iter().enumerate().map(|(at, item)| (Rc::from(at.to_string()), item.clone()));
    Value::Document(Rc::new(fields.collect()))
}

fn equals(value: Option<&Value>, operand: &Value) -> bool {
    match value {
        None => *operand == Value::Null,
        Some(value) => value == operand,
    }
}

fn is_in(value: Option<&Value>, items: &Items<Value>) -> Answer {
    match items {
        Items::Known(items) => Ok(items.iter().any(|item| equals(value, item))),
        Items::Unknown(_) => Failure::not_modelled("$in"),
    }
}

/// A comparison holds between values of one type only; a missing value is null.
fn ordered(value: Option<&Value>, operand: &Value, holds: fn(Ordering) -> bool) -> Answer {
    let value = value.unwrap_or(&Value::Null);
    if value == operand {
        return Ok(holds(Ordering::Equal));
    }
    if *value == Value::Null || *operand == Value::Null {
        return Ok(false);
    }
    let is_unknown = |value: &Value| matches!(value, Value::Symbol(_));
    match value.rank() == operand.rank() {
        same if is_unknown(value) || is_unknown(operand) || same && (value.is_opaque() || operand.is_opaque()) => {
            Failure::not_modelled("the order of an unknown value")
        }
        same => Ok(same && holds(value.order(operand))),
    }
}

fn is_kind(value: Option<&Value>, kind: Kind) -> Answer {
    let Some(value) = value else { return Ok(false) };
    Ok(match (value, kind) {
        (Value::Symbol(_), _) => return Failure::not_modelled("$type of an unknown value"),
        (Value::Number(_), Kind::OneNumber) => return Failure::not_modelled("$type of one number"),
        (Value::Null, Kind::Null)
        | (Value::Number(_), Kind::Number)
        | (Value::Text(_), Kind::Text)
        | (Value::Document(_), Kind::Document)
        | (Value::List(_), Kind::List)
        | (Value::Id(_), Kind::Id)
        | (Value::Bool(_), Kind::Bool)
        | (Value::Date(_), Kind::Date) => true,
        _ => false,
    })
}

fn modulo(value: Option<&Value>, divisor: &Value, remainder: &Value) -> Answer {
    match (value, divisor, remainder) {
        (Some(Value::Number(value)), Value::Number(divisor), Value::Number(remainder)) => {
            Ok(value.trunc() % divisor.trunc() == remainder.trunc())
        }
        (Some(Value::Symbol(_)), ..) => Failure::not_modelled("$mod of an unknown value"),
        (_, Value::Number(_), Value::Number(_)) => Ok(false),
        _ => Failure::not_modelled("$mod"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::bson::Concrete;
    use super::super::written::value;
    use super::*;
    use crate::race::predicate::parse;

    fn is_match(filter: &str, document: &str) -> Option<bool> {
        let predicate = parse(&Concrete, &value(filter)).unwrap();
        matches(&predicate, &value(document)).ok()
    }

    #[test]
    fn a_filter_matches_as_the_server_does() {
        for (filter, document, expected) in [
            ("{'m.k': {'$ne': 5}}", "{'m': [{'k': 4}, {}]}", true),
            ("{'m.k': {'$ne': 5}}", "{'m': [{'k': 4}, {'k': 5}]}", false),
            ("{'m.k': {'$ne': 5}}", "{}", true),
            ("{'m.k': {'$ne': null}}", "{'m': [{'k': 4}, {}]}", false),
            ("{'m.k': {'$ne': null}}", "{'m': []}", true),
            ("{'m.k': {'$ne': null}}", "{}", false),
            ("{'m.k': 1, 'm.i': 2}", "{'m': [{'k': 1}, {'i': 2}]}", true),
            ("{'m': {'$elemMatch': {'k': 1, 'i': 2}}}", "{'m': [{'k': 1}, {'i': 2}]}", false),
            ("{'m': {'$not': {'$elemMatch': {'k': 1, 'i': 2}}}}", "{'m': [{'k': 1}, {'i': 2}]}", true),
            ("{'a': {'$gt': 1, '$lt': 3}}", "{'a': [0, 4]}", true),
            ("{'a': {'$elemMatch': {'$gt': 1, '$lt': 3}}}", "{'a': [0, 4]}", false),
            ("{'a': [1, 2]}", "{'a': [1, 2]}", true),
            ("{'a': [1, 2]}", "{'a': [[1, 2]]}", true),
            ("{'a': null}", "{}", true),
            ("{'a.b': null}", "{'a': [1]}", false),
            ("{'a': {'$gt': 'x'}}", "{'a': 5}", false),
            ("{'a': {'$gte': null}}", "{}", true),
            ("{'a.1': 2}", "{'a': [1, 2]}", true),
            ("{'a': {'$size': 0}}", "{'a': []}", true),
            ("{'a': {'$size': 0}}", "{}", false),
            ("{'a': {'$all': []}}", "{'a': []}", false),
            ("{'a': {'$all': [1, 2]}}", "{'a': [2, 1, 0]}", true),
            ("{'a': {'$in': [1, null]}}", "{}", true),
            ("{'a': {'$nin': [1]}}", "{'a': [2, 1]}", false),
            ("{'a': {'$exists': false}}", "{'a': null}", false),
            ("{'a': {'$type': 'array'}}", "{'a': []}", true),
            ("{'a': {'$mod': [2, 1]}}", "{'a': 3.7}", true),
            ("{'a': {'$regex': '^x'}}", "{'a': ['y', 'xy']}", true),
            ("{'$nor': [{'a': 1}, {'b': 2}]}", "{'a': 2, 'b': 1}", true),
            ("{'$or': [{'a': 1}, {'b': 2}]}", "{'a': 2, 'b': 1}", false),
            ("{'$expr': {'$gt': ['$a', '$b']}}", "{'a': 2, 'b': 1}", true),
            ("{'a': {'b': 1, 'c': 2}}", "{'a': {'c': 2, 'b': 1}}", false),
            ("{'a': {'$not': {'$gt': 1}}}", "{'a': [0, 2]}", false),
            ("{'a': '#1'}", "{'a': '#1'}", true),
            ("{'a': '#1'}", "{'a': '#2'}", false),
        ] {
            assert_eq!(is_match(filter, document), Some(expected), "{filter} {document}");
        }
    }

    #[test]
    fn what_is_not_known_decides_only_where_nothing_else_does() {
        assert_eq!(is_match("{'a': {'$gt': '#1'}}", "{'a': 5}"), None);
        assert_eq!(is_match("{'a': {'$gt': '#1'}, 'b': 1}", "{'a': 5, 'b': 2}"), Some(false));
        assert_eq!(is_match("{'$or': [{'a': {'$gt': '#1'}}, {'b': 2}]}", "{'a': 5, 'b': 2}"), Some(true));
        assert_eq!(is_match("{'$where': 'x'}", "{}"), None);
        assert_eq!(is_match("{'a': {'$regex': '(?<=x)y'}}", "{'a': 'xy'}"), None);
        assert_eq!(is_match("{'a': {'$regex': 'x.*y'}}", "{'a': 'xzy'}"), Some(true));
        assert_eq!(is_match("{'a': {'$gte': '#1'}}", "{'a': '#1'}"), Some(true));
    }
}
