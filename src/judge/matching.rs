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
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    failed.map_or(Ok(true), Err)
}

fn some<T>(parts: &[T], mut holds: impl FnMut(&T) -> Answer) -> Answer {
    Ok(!every(parts, |part| Ok(!holds(part)?))?)
}

fn at_path(path: &str, test: &Test<Value>, document: &Value, found: &mut Found) -> Answer {
    let mut any_value = |leaf, pass: &dyn Fn(Option<&Value>) -> Answer| {
        any(document, path, leaf, &mut |value, element| {
            let passed = pass(value)?;
            if let (true, Some(element)) = (passed, element) {
                found.record(element);
            }
            Ok(passed)
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
    if value.is_opaque() || operand.is_opaque() {
        return Failure::not_modelled("the order of an unknown value");
    }
    Ok(value.rank() == operand.rank() && holds(value.order(operand)))
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
