//! The parts that a decision is made of.
//!
//! Input: paths, values, orders. Output: predicates about them. Must not know: what they are read from.

use crate::race::expression::{Expression, Operator};
use crate::race::predicate::{Predicate, Test};
use crate::race::term::Items;
use crate::value::V;
use std::rc::Rc;

pub fn nothing() -> Predicate<V> {
    Predicate::And(Vec::new())
}

pub fn is_nothing(predicate: &Predicate<V>) -> bool {
    matches!(predicate, Predicate::And(parts) if parts.is_empty())
}

/// What no document is.
pub fn never() -> Predicate<V> {
    Predicate::Or(Vec::new())
}

pub fn is_never(predicate: &Predicate<V>) -> bool {
    matches!(predicate, Predicate::Or(parts) if parts.is_empty())
}

/// All of these, without the alternatives that another of them rules out.
pub fn all(parts: Vec<Predicate<V>>) -> Predicate<V> {
    let mut flat: Vec<Predicate<V>> = Vec::new();
    for part in parts {
        match part {
            Predicate::And(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    let known = flat.clone();
    let mut all: Vec<Predicate<V>> = Vec::new();
    for part in flat {
        let part = match part {
            Predicate::Or(alternatives) if !alternatives.is_empty() => {
                let is_possible = |one: &Predicate<V>| !known.iter().any(|other| are_opposite(one, other));
                any(alternatives.into_iter().filter(is_possible).collect())
            }
            other => other,
        };
        if is_never(&part) {
            return never();
        }
        if !is_nothing(&part) && !all.contains(&part) {
            all.push(part);
        }
    }
    Predicate::And(all)
}

/// Whether one of two tests of a field holds for a document exactly where the other does not.
fn are_opposite(a: &Predicate<V>, b: &Predicate<V>) -> bool {
    let (Predicate::Field { path, test }, Predicate::Field { path: other, test: against }) = (a, b) else {
        return false;
    };
    path == other
        && match (test, against) {
            (Test::Eq(a), Test::Ne(b)) | (Test::Ne(a), Test::Eq(b)) => a == b,
            (Test::Exists(a), Test::Exists(b)) => a != b,
            (Test::In(Items::Known(a)), Test::Nin(Items::Known(b)))
            | (Test::Nin(Items::Known(a)), Test::In(Items::Known(b))) => a == b,
            _ => false,
        }
}

pub fn about(path: &str, test: Test<V>) -> Predicate<V> {
    Predicate::Field { path: Rc::from(path), test }
}

/// Any of these; values of one field are one test.
pub fn any(parts: Vec<Predicate<V>>) -> Predicate<V> {
    let mut kept: Vec<Predicate<V>> = Vec::new();
    let alone = |part| match part {
        Predicate::And(mut only) if only.len() == 1 => only.pop().unwrap_or_else(nothing),
        other => other,
    };
    for part in parts.into_iter().map(alone) {
        if is_nothing(&part) || kept.iter().any(|other| are_opposite(other, &part)) {
            return nothing();
        }
        if !is_never(&part) && !kept.contains(&part) {
            kept.push(part);
        }
    }
    if kept.len() == 1 {
        return kept.pop().unwrap_or_else(nothing);
    }
    let parts = kept;
    let one = |part: &Predicate<V>| match part {
        Predicate::Field { path, test: Test::Eq(value) } => Some((path.clone(), *value)),
        _ => None,
    };
    let values: Option<Vec<(Rc<str>, V)>> = parts.iter().map(one).collect();
    match values.as_deref() {
        Some([(path, first), rest @ ..]) if !rest.is_empty() && rest.iter().all(|(other, _)| other == path) => {
            let values = std::iter::once(*first).chain(rest.iter().map(|(_, value)| *value));
            about(path, Test::In(Items::Known(values.collect())))
        }
        _ => Predicate::Or(parts),
    }
}

pub fn compared(operator: &str, value: V) -> Test<V> {
    match operator {
        "$lt" => Test::Lt(value),
        "$lte" => Test::Lte(value),
        "$gt" => Test::Gt(value),
        _ => Test::Gte(value),
    }
}

pub fn operator(order: &str) -> Operator {
    match order {
        "$lt" => Operator::Lt,
        "$lte" => Operator::Lte,
        "$gt" => Operator::Gt,
        _ => Operator::Gte,
    }
}

pub fn is_ordered(operator: &str, a: f64, b: f64) -> bool {
    match operator {
        "$lt" => a < b,
        "$lte" => a <= b,
        "$gt" => a > b,
        _ => a >= b,
    }
}

/// The fields of an expression that have no default.
pub fn presume(expression: &Expression<V>, into: &mut Vec<String>) {
    match expression {
        Expression::Field(path) => into.push(path.to_string()),
        Expression::Call(Operator::IfNull, _) => {}
        Expression::Call(_, arguments) => arguments.iter().for_each(|argument| presume(argument, into)),
        _ => {}
    }
}
