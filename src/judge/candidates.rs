//! What is tried for an unknown value.
//!
//! Input: its hint. Output: candidates, the most likely first. Must not know: which of them is taken.

use super::bson::Value;
use super::choices::Candidate;
use super::eval::NOW;
use super::hints::{Hint, Hints, NAME};
use super::text;
use crate::limits;
use crate::value::{Arena, Node, V};

/// What is tried for an unknown value.
pub fn candidates(arena: &Arena, hints: &Hints, value: V) -> Vec<Candidate> {
    let is_constant = matches!(arena.peek(value), Node::Class(_) | Node::Func(_) | Node::Import { .. });
    if is_constant {
        return vec![Candidate::Itself];
    }
    let hint = hints.values.get(&value);
    let first = hint.and_then(|hint| hint.first).filter(|first| !arena.is_literal(*first));
    let mut candidates: Vec<Candidate> = first.map(Candidate::Of).into_iter().collect();
    if hint.is_some_and(|hint| hint.is_name) {
        candidates.push(Candidate::Value(Value::text(NAME)));
    }
    // A text has a length more often than a list that nothing is looked for in.
    let measured = hint.filter(|hint| hint.is_measured && !hint.is_list);
    candidates.extend(measured.map(texts).unwrap_or_default());
    // What selects a document is no flag, though the code asks whether it is there.
    let is_selecting = hints.selecting.contains(&value);
    let is_flag = hint.is_some_and(|hint| hint.is_bool);
    let own = hint.map(|hint| Hint { is_bool: hint.is_bool && !is_selecting, ..hint.clone() });
    candidates.extend(own.map(|hint| of_hint(arena, &hint)).unwrap_or_default());
    // What is calculated with or ordered is a number or a time.
    if !hint.is_some_and(|hint| hint.is_number || hint.is_time) {
        candidates.push(Candidate::Itself);
    }
    // What the code never asks about is there.
    if hint.is_some_and(|hint| hint.is_optional) {
        candidates.push(Candidate::Missing);
    }
    if is_flag && is_selecting {
        candidates.extend([true, false].map(|flag| Candidate::Value(Value::Bool(flag))));
    }
    // What selects a document is no list.
    if let Some(hint) = measured.filter(|_| !is_selecting) {
        candidates.extend(lists(hint));
    }
    let others = hint.map(|hint| hint.values.as_slice()).unwrap_or_default();
    let others = others.iter().filter(|other| **other != value && !arena.is_literal(**other));
    candidates.extend(others.take(limits::INPUTS).map(|other| Candidate::Of(*other)));
    if let Some(hint) = hint {
        candidates.extend(spelled(hint));
        candidates.extend(hint.same.iter().filter(|same| **same != value).map(|same| Candidate::Same(*same)));
    }
    candidates
}

/// Texts of the lengths that a value is asked for.
fn texts(hint: &Hint) -> Vec<Candidate> {
    let lengths = hint.lengths.iter().map(|length| Candidate::Long(*length));
    let any = hint.lengths.is_empty().then_some(Candidate::Long(limits::PLAIN_TEXT));
    lengths.chain(any).chain([Candidate::Value(Value::text(""))]).collect()
}

/// Lists of the lengths that a value is asked for.
fn lists(hint: &Hint) -> Vec<Candidate> {
    let plain = [Candidate::One, Candidate::Value(Value::list(Vec::new()))].into_iter();
    plain.chain(hint.lengths.iter().map(|length| Candidate::Many(*length))).collect()
}

/// A text that has what is looked for in it, where texts' methods are called on a value; a list that has it, where nothing says more.
pub fn spelled(hint: &Hint) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    if hint.is_spelled || !hint.parts.is_empty() {
        candidates.push(Candidate::Value(Value::text(&text::sample(&hint.parts))));
    }
    if !hint.is_spelled {
        let element = |part: &text::Part| match part {
            text::Part::Within(part) => Some(Candidate::Value(Value::list(vec![Value::text(part)]))),
            _ => None,
        };
        candidates.extend(hint.parts.iter().filter_map(element));
    }
    candidates
}

/// What is tried for a value with this hint.
pub fn of_hint(arena: &Arena, hint: &Hint) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    if hint.is_number {
        candidates.extend([1.0, 0.0, 2.0].map(|n| Candidate::Value(Value::Number(n))));
    }
    if hint.is_time {
        candidates.extend([NOW - 86_400_000, NOW + 86_400_000].map(|t| Candidate::Value(Value::Date(t))));
    }
    if hint.is_list {
        candidates.extend(lists(hint));
    }
    for value in &hint.values {
        match arena.peek(*value) {
            Node::Num(bits) => {
                let n = f64::from_bits(*bits);
                candidates.extend([n, n - 1.0, n + 1.0].map(|n| Candidate::Value(Value::Number(n))));
            }
            Node::Str(text) => candidates.push(Candidate::Value(Value::text(arena.text(*text)))),
            Node::Bool(b) => candidates.push(Candidate::Value(Value::Bool(*b))),
            _ => {}
        }
    }
    // Above each bound that the code asks for.
    if hint.is_number && !hint.is_taken_from {
        candidates.push(Candidate::Value(Value::Number(limits::AMPLE)));
    }
    if hint.is_bool {
        candidates.extend([Candidate::Value(Value::Bool(true)), Candidate::Value(Value::Bool(false))]);
    }
    candidates
}
