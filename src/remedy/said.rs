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

pub fn about(path: &str, test: Test<V>) -> Predicate<V> {
    Predicate::Field { path: Rc::from(path), test }
}

/// Any of these; values of one field are one test.
pub fn any(parts: Vec<Predicate<V>>) -> Predicate<V> {
    let one = |part: &Predicate<V>| match part {
        Predicate::Field { path, test: Test::Eq(value) } => Some((path.clone(), *value)),
        _ => None,
    };
    let values: Option<Vec<(Rc<str>, V)>> = parts.iter().map(one).collect();
    match values.as_deref() {
        Some([(path, first), rest @ ..]) if rest.iter().all(|(other, _)| other == path) => {
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
