//! Predicates and expressions as values of the code, as a call would be given them.
//!
//! Input: a predicate or an expression. Output: the entries of a filter, or a value. Must not know: where they come from.

use crate::race::expression::{Expression, Operator};
use crate::race::predicate::{Predicate, Test};
use crate::race::term::Items;
use crate::value::{Arena, C, Entry, Item, Key, Node, V};

/// The entries of a filter that asks all of the predicates; none where one key cannot say it.
pub fn filter(arena: &mut Arena, predicates: &[Predicate<V>]) -> Option<Vec<Entry>> {
    let mut fields: Vec<(String, Vec<Test<V>>)> = Vec::new();
    let mut others: Vec<Predicate<V>> = Vec::new();
    collect(predicates, &mut fields, &mut others);
    let mut entries = Vec::new();
    for (path, tests) in fields {
        let tests = settled(arena, without_implied(arena, tests));
        let value = tested(arena, tests)?;
        entries.push(entry(arena, &path, value));
    }
    let (mut conjoined, mut computed) = (Vec::new(), Vec::new());
    for other in others {
        match other {
            Predicate::Or(parts) if !parts.is_empty() => {
                let name = "$or";
                let branches = parts.iter().map(|part| object_of(arena, part)).collect::<Option<Vec<V>>>()?;
                let branches = list(arena, branches);
                conjoined.push(entry(arena, name, branches));
            }
            Predicate::Expr(expression) => computed.push(self::expression(arena, &expression)),
            _ => return None,
        }
    }
    match computed.as_slice() {
        [] => {}
        [only] => entries.push(entry(arena, "$expr", *only)),
        _ => {
            let all = list(arena, computed);
            let all = object(arena, vec![("$and", all)]);
            entries.push(entry(arena, "$expr", all));
        }
    }
    match conjoined.as_slice() {
        [] => {}
        [only] => entries.push(*only),
        _ => {
            let all = conjoined.into_iter().map(|entry| arena.intern(Node::Object(vec![entry]))).collect();
            let all = list(arena, all);
            entries.push(entry(arena, "$and", all));
        }
    }
    Some(entries)
}

fn object_of(arena: &mut Arena, predicate: &Predicate<V>) -> Option<V> {
    let entries = filter(arena, std::slice::from_ref(predicate))?;
    Some(arena.intern(Node::Object(entries)))
}

/// The tests of each field, in the order in which the fields are first named; and what is no test of one field.
fn collect(predicates: &[Predicate<V>], fields: &mut Vec<(String, Vec<Test<V>>)>, others: &mut Vec<Predicate<V>>) {
    for predicate in predicates {
        match predicate {
            Predicate::And(parts) => collect(parts, fields, others),
            Predicate::Field { path, test } => match fields.iter_mut().find(|(known, _)| **known == **path) {
                Some((_, tests)) if tests.contains(test) => {}
                Some((_, tests)) => tests.push(test.clone()),
                None => fields.push((path.to_string(), vec![test.clone()])),
            },
            other if others.contains(other) => {}
            other => others.push(other.clone()),
        }
    }
}

/// A field that has an order, or equals a value, is not missing: that need not be asked beside.
fn without_implied(arena: &Arena, tests: Vec<Test<V>>) -> Vec<Test<V>> {
    let is_blank = |value: &V| arena.truth(C::TRUE, *value) == Some(false);
    let is_sure = tests.iter().any(|test| match test {
        Test::Gt(_) | Test::Gte(_) | Test::Lt(_) | Test::Lte(_) => true,
        Test::Eq(value) => arena.is_literal(*value) && !is_blank(value),
        Test::In(Items::Known(values)) => values.iter().all(|value| arena.is_literal(*value) && !is_blank(value)),
        _ => false,
    });
    if !is_sure {
        return tests;
    }
    let is_implied = |test: &Test<V>| match test {
        Test::Ne(value) => is_blank(value),
        Test::Nin(Items::Known(values)) => values.iter().all(is_blank),
        Test::Exists(exists) => *exists,
        _ => false,
    };
    tests.into_iter().filter(|test| !is_implied(test)).collect()
}

/// Of a field that equals a constant, lists of other constants ask nothing more.
fn settled(arena: &Arena, tests: Vec<Test<V>>) -> Vec<Test<V>> {
    let equal = tests.iter().find_map(|test| match test {
        Test::Eq(value) if arena.is_literal(*value) => Some(*value),
        _ => None,
    });
    let Some(equal) = equal else { return tests };
    let is_other = |value: &V| arena.is_literal(*value) && *value != equal;
    let is_implied = |test: &Test<V>| match test {
        Test::In(Items::Known(values)) => values.contains(&equal),
        Test::Nin(Items::Known(values)) => values.iter().all(is_other),
        Test::Ne(value) => is_other(value),
        _ => false,
    };
    tests.into_iter().filter(|test| !is_implied(test)).collect()
}

/// What one key of a filter asks.
fn tested(arena: &mut Arena, tests: Vec<Test<V>>) -> Option<V> {
    if let [Test::Eq(value)] = tests.as_slice() {
        return Some(*value);
    }
    let mut excluded = Vec::new();
    let mut asked: Vec<(&str, V)> = Vec::new();
    for test in tests {
        let (operator, value) = match test {
            Test::Ne(value) => {
                excluded.push(value);
                continue;
            }
            Test::Nin(Items::Known(values)) => {
                excluded.extend(values);
                continue;
            }
            other => operator(arena, other)?,
        };
        if asked.iter().any(|(known, _)| *known == operator) {
            return None;
        }
        asked.push((operator, value));
    }
    let mut seen: Vec<V> = Vec::new();
    excluded.retain(|value| {
        let is_new = !seen.contains(value);
        seen.push(*value);
        is_new
    });
    match excluded.as_slice() {
        [] => {}
        [only] => asked.push(("$ne", *only)),
        _ => asked.push(("$nin", list(arena, excluded))),
    }
    Some(object(arena, asked))
}

fn operator(arena: &mut Arena, test: Test<V>) -> Option<(&'static str, V)> {
    Some(match test {
        Test::Eq(value) => ("$eq", value),
        Test::Gt(value) => ("$gt", value),
        Test::Gte(value) => ("$gte", value),
        Test::Lt(value) => ("$lt", value),
        Test::Lte(value) => ("$lte", value),
        Test::In(Items::Known(values)) => ("$in", list(arena, values)),
        Test::Exists(exists) => ("$exists", arena.bool(exists)),
        Test::Size(value) => ("$size", value),
        Test::ElemMatch(matched) => ("$elemMatch", matched_element(arena, &matched)?),
        Test::Not(tests) => ("$not", tested(arena, tests)?),
        _ => return None,
    })
}

/// What `$elemMatch` asks: of documents, or of plain values.
fn matched_element(arena: &mut Arena, matched: &Predicate<V>) -> Option<V> {
    let entries = filter(arena, std::slice::from_ref(matched))?;
    let is_plain = |entry: &Entry| matches!(entry.key, Key::Name(name) if arena.text(name).is_empty());
    match entries.as_slice() {
        [only] if is_plain(only) => matches!(arena.node(only.value), Node::Object(_)).then_some(only.value),
        entries if entries.iter().any(is_plain) => None,
        _ => Some(arena.intern(Node::Object(entries))),
    }
}

/// An expression as a pipeline takes it.
pub fn expression(arena: &mut Arena, expression: &Expression<V>) -> V {
    match expression {
        Expression::Value(value) => plain(arena, *value),
        Expression::Field(path) => arena.str(&format!("${path}")),
        Expression::List(items) => {
            let items = items.iter().map(|item| self::expression(arena, item)).collect();
            list(arena, items)
        }
        Expression::Call(operator, arguments) => {
            let arguments: Vec<V> = arguments
                .iter()
                .map(|argument| match argument {
                    // A text that begins with `$` would be read as a field.
                    Expression::Value(value) if *operator == Operator::Concat => literal(arena, *value),
                    other => self::expression(arena, other),
                })
                .collect();
            let operand = match arguments.as_slice() {
                [only] if *operator != Operator::Not => *only,
                _ => list(arena, arguments),
            };
            object(arena, vec![(operator.name(), operand)])
        }
        _ => arena.cut(),
    }
}

fn is_field(arena: &Arena, value: V) -> bool {
    matches!(arena.node(value), Node::Str(text) if arena.text(*text).starts_with('$'))
}

fn plain(arena: &mut Arena, value: V) -> V {
    if is_field(arena, value) { literal(arena, value) } else { value }
}

/// A value that stands for itself, whatever it is.
pub fn literal(arena: &mut Arena, value: V) -> V {
    if arena.is_literal(value) && !is_field(arena, value) { value } else { object(arena, vec![("$literal", value)]) }
}

pub fn entry(arena: &mut Arena, name: &str, value: V) -> Entry {
    Entry { key: Key::Name(arena.sym(name)), value, cond: C::TRUE }
}

pub fn object(arena: &mut Arena, fields: Vec<(&str, V)>) -> V {
    let entries = fields.into_iter().map(|(name, value)| entry(arena, name, value)).collect();
    arena.intern(Node::Object(entries))
}

pub fn list(arena: &mut Arena, values: Vec<V>) -> V {
    let items = values.into_iter().map(|value| Item { value, spread: false, cond: C::TRUE }).collect();
    arena.intern(Node::Array(items))
}
