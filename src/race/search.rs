//! What a search in a list asks for: `list.some(…)`, `list.includes(x)`, `list.findIndex(…) === -1`.
//!
//! Input: a search, as a part of a condition. Output: what it asks of a value or of a list. Must not know: documents, acts.

use super::predicate::{Predicate, Test};
use super::term::Items;
use crate::project::Project;
use crate::value::{C, Coercion, Compare, Node, V};

/// What a search asks for, where it finds something.
pub(super) enum Search {
    /// One value is among others: `['paid', 'sent'].includes(order.state)`.
    Among { value: V, test: Test<V> },
    /// A list has something at a path inside of its elements.
    In { list: V, below: String, test: Test<V> },
    /// All elements of a list pass; the test is of one that does not.
    Each { list: V, test: Test<V> },
}

/// Reads a search; `None` where the value is none.
pub(super) fn search(project: &Project, query: V) -> Option<Search> {
    let Node::Query { method, array, arg } = project.arena.node(query) else { return None };
    let (array, arg) = (*array, *arg);
    if let Node::Array(items) = project.arena.node(array) {
        let is_plain = items.iter().all(|item| !item.spread && item.cond == C::TRUE);
        let items = items.iter().map(|item| item.value).collect();
        let test = if is_plain { Test::In(Items::Known(items)) } else { Test::Unknown("a list of values".into()) };
        return Some(Search::Among { value: arg, test });
    }
    let (list, below) = match project.arena.node(array) {
        Node::Mapped(inner, result) => (*inner, project.element_field(*result)?.1),
        _ => (array, String::new()),
    };
    Some(match project.arena.text(*method) {
        "includes" | "indexOf" | "lastIndexOf" => Search::In { list, below, test: Test::Eq(arg) },
        "some" | "find" | "findLast" | "findIndex" | "findLastIndex" | "filter" if list == array => {
            Search::In { list, below, test: with(element(project, array, arg, true, 0)) }
        }
        "every" if list == array => Search::Each { list, test: with(element(project, array, arg, false, 0)) },
        _ => Search::In { list, below, test: Test::Unknown("a search".into()) },
    })
}

/// That a list has an element of which the predicate holds.
fn with(inner: Predicate<V>) -> Test<V> {
    match inner {
        // The element itself.
        Predicate::Field { path, test } if path.is_empty() => Test::ElemTest(vec![test]),
        inner => Test::ElemMatch(Box::new(inner)),
    }
}

/// The search of `findIndex(…) === -1`, `-1 < indexOf(x)` or `indexOf(x) < 0`, and whether it finds nothing where that is true;
/// neither is known for any other comparison of a position.
pub(super) fn position(project: &Project, op: Compare, a: V, b: V) -> Option<(V, Option<bool>)> {
    for (query, number, is_first) in [(a, b, true), (b, a, false)] {
        let Node::Query { method, .. } = project.arena.node(query) else { continue };
        let method = project.arena.text(*method);
        if !matches!(method, "indexOf" | "findIndex" | "lastIndexOf" | "findLastIndex") {
            continue;
        }
        let is_absent = match (op, is_first, project.number(number)) {
            (Compare::Equal, _, Some(-1.0)) => Some(true),
            (Compare::Less, true, Some(0.0)) => Some(true),
            (Compare::LessOrEqual, true, Some(-1.0)) => Some(true),
            (Compare::Less, false, Some(-1.0)) => Some(false),
            (Compare::LessOrEqual, false, Some(0.0)) => Some(false),
            _ => None,
        };
        return Some((query, is_absent));
    }
    None
}

/// What the condition of a search says about an element of the array.
fn element(project: &Project, array: V, value: V, holds: bool, depth: u32) -> Predicate<V> {
    if depth > crate::limits::TRUTH_DEPTH {
        return Predicate::Unknown("nesting".into());
    }
    let path = |value: V| project.element_field(value).filter(|(of, _)| *of == array).map(|(_, path)| path);
    let at = |path: String, test: Test<V>| Predicate::Field {
        path: path.into(),
        test: if holds { test } else { Test::Not(vec![test]) },
    };
    match project.arena.node(value) {
        Node::Not(inner) => element(project, array, *inner, !holds, depth + 1),
        Node::Coerce(Coercion::Bool | Coercion::Copy, inner) => element(project, array, *inner, holds, depth + 1),
        Node::And(parts) | Node::Or(parts) => {
            let is_conjunction = matches!(project.arena.node(value), Node::And(_)) == holds;
            let parts = parts.iter().map(|part| element(project, array, *part, holds, depth + 1)).collect();
            if is_conjunction { Predicate::And(parts) } else { Predicate::Or(parts) }
        }
        Node::Compare(op, a, b) => match (path(*a), path(*b), *op) {
            (Some(path), None, Compare::Equal) => at(path, Test::Eq(*b)),
            (None, Some(path), Compare::Equal) => at(path, Test::Eq(*a)),
            (Some(path), None, Compare::Less) => at(path, Test::Lt(*b)),
            (None, Some(path), Compare::Less) => at(path, Test::Gt(*a)),
            (Some(path), None, Compare::LessOrEqual) => at(path, Test::Lte(*b)),
            (None, Some(path), Compare::LessOrEqual) => at(path, Test::Gte(*a)),
            _ => Predicate::Unknown("a search".into()),
        },
        _ => Predicate::Unknown("a search".into()),
    }
}
