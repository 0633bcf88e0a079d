//! Arrays in a decision: their length, and the elements that are looked for.
//!
//! Source: MongoDB manual, "Query an Array of Embedded Documents". Input: a search or a length. Output: what a filter asks instead.
//! Must not know: path conditions.

use super::decision::{Reader, Said};
use super::expression::{call, field};
use super::said::{about, is_nothing, never, nothing, operator};
use super::subject::order;
use crate::race::expression::{Expression, Operator};
use crate::race::predicate::{Predicate, Test};
use crate::race::term::Items;
use crate::value::{C, Compare, Node, V, children};
use rustc_hash::FxHashSet;

impl Reader<'_, '_> {
    pub fn length(&mut self, path: &str, op: Compare, other: V, holds: bool, is_turned: bool) -> Said {
        if let Some(limit) = self.subject.number(other).filter(|limit| limit.fract() == 0.0) {
            let (operator, limit) = match (op, holds) {
                (Compare::Equal, true) if limit == 0.0 => ("$lt", 1.0),
                (Compare::Equal, false) if limit == 0.0 => ("$gt", 0.0),
                (Compare::Equal, true) => return Some(about(path, Test::Size(other))),
                (Compare::Equal, false) => return Some(about(path, Test::Not(vec![Test::Size(other)]))),
                _ => (order(op, holds, is_turned), limit),
            };
            // An array of fewer than N has no element at N - 1.
            let (at, exists) = match operator {
                "$lt" => (limit - 1.0, false),
                "$lte" => (limit, false),
                "$gt" => (limit, true),
                _ => (limit - 1.0, true),
            };
            return (at >= 0.0).then(|| about(&format!("{path}.{at}"), Test::Exists(exists)));
        }
        if self.subject.element.is_some() || op == Compare::Equal {
            return None;
        }
        let empty = Expression::List(Vec::new());
        let size = call(Operator::Size, vec![call(Operator::IfNull, vec![field(path.to_owned()), empty])]);
        self.decision.ordered.push(other);
        let operator = operator(order(op, holds, is_turned));
        Some(Predicate::Expr(call(operator, vec![size, Expression::Value(other)])))
    }

    /// `doc.items.filter(…).length`
    pub fn searched_length(&mut self, value: V) -> Option<(String, V, V)> {
        let Node::Member(list, key) = self.subject.node(value) else { return None };
        let Node::Query { method, array, arg } = self.subject.node(list) else { return None };
        let method = self.subject.text(method);
        (self.subject.project.arena.text(key) == "length" && method == "filter").then_some((method, array, arg))
    }

    /// A count of elements that is compared with nothing.
    pub fn count(&mut self, list: (String, V, V), op: Compare, other: V, holds: bool, is_turned: bool) -> Said {
        let limit = self.subject.number(other)?;
        let found = match (op, is_turned) {
            (Compare::Equal, _) if limit == 0.0 => !holds,
            (Compare::Less, true) if limit == 0.0 => holds,
            (Compare::Less, false) | (Compare::LessOrEqual, true) if limit == 1.0 => is_turned == holds,
            (Compare::LessOrEqual, false) if limit == 0.0 => !holds,
            _ => return None,
        };
        self.query(&list.0, list.1, list.2, found)
    }

    /// `indexOf(x) === -1`, `findIndex(…) < 0`, `>= 0`
    pub fn found_index(&mut self, op: Compare, a: V, b: V, holds: bool) -> Said {
        for (query, number, is_turned) in [(a, b, false), (b, a, true)] {
            let Node::Query { method, array, arg } = self.subject.node(query) else { continue };
            let method = self.subject.text(method);
            let limit = self.subject.number(number)?;
            if !matches!(method.as_str(), "indexOf" | "findIndex" | "lastIndexOf" | "findLastIndex") {
                return None;
            }
            let found = match (op, is_turned) {
                (Compare::Equal, _) if limit == -1.0 => !holds,
                (Compare::Less, false) if limit == 0.0 => !holds,
                (Compare::Less, true) if limit == -1.0 => holds,
                (Compare::LessOrEqual, true) if limit == 0.0 => holds,
                _ => return None,
            };
            return self.query(&method, array, arg, found);
        }
        None
    }

    pub fn query(&mut self, method: &str, array: V, arg: V, found: bool) -> Said {
        // ['paid', 'sent'].includes(order.status)
        if let Node::Array(items) = self.subject.node(array) {
            let path = self.subject.field(arg)?;
            let is_plain =
                items.iter().all(|item| !item.spread && item.cond == C::TRUE && !self.subject.mentions(item.value));
            let values = Items::Known(items.iter().map(|item| item.value).collect());
            return is_plain.then(|| about(&path, if found { Test::In(values) } else { Test::Nin(values) }));
        }
        let is_direct = matches!(method, "includes" | "indexOf" | "lastIndexOf");
        let (list, inner) = match self.subject.node(array) {
            Node::Mapped(list, result) if is_direct => (list, Some(result)),
            _ => (array, None),
        };
        let path = self.subject.list(list)?;
        let element = self.subject.project.arena.intern(Node::Element(list));
        let (found, holds) = if method == "every" { (!found, false) } else { (found, true) };
        let matched = if is_direct {
            if self.subject.mentions(arg) {
                return None;
            }
            let outer = self.subject.element.replace(element);
            let inner = inner.map_or(Some(String::new()), |result| self.subject.field(result));
            self.subject.element = outer;
            about(&inner?, Test::Eq(arg))
        } else {
            let outer = self.subject.element.replace(element);
            let matched = self.said(arg, holds, 1);
            self.subject.element = outer;
            matched?
        };
        // No stored element has what this request makes anew.
        if let Predicate::Field { test: Test::Eq(value), .. } = &matched
            && self.subject.project.is_made_anew(*value)
        {
            return Some(if found { never() } else { nothing() });
        }
        // A predicate that does not look at its element, or compares with another field of the document.
        if is_nothing(&matched) || self.subject.element.is_none() && self.speaks_of_document(arg, element) {
            return None;
        }
        Some(with_element(&path, matched, found))
    }

    /// Whether a predicate about an element also asks for another part of the document.
    pub fn speaks_of_document(&mut self, predicate: V, element: V) -> bool {
        let (mut open, mut seen) = (vec![predicate], FxHashSet::default());
        while let Some(at) = open.pop() {
            if at == element || !seen.insert(at) {
                continue;
            }
            if self.subject.is_root(at) {
                return true;
            }
            open.extend(children(&self.subject.node(at)));
        }
        false
    }
}

/// That some element, or none, is as described.
fn with_element(path: &str, matched: Predicate<V>, found: bool) -> Predicate<V> {
    match &matched {
        Predicate::Field { path: inner, test: Test::Eq(value) } => {
            let path = if inner.is_empty() { path.to_owned() } else { format!("{path}.{inner}") };
            about(&path, if found { Test::Eq(*value) } else { Test::Ne(*value) })
        }
        _ if found => about(path, Test::ElemMatch(Box::new(matched))),
        _ => about(path, Test::Not(vec![Test::ElemMatch(Box::new(matched))])),
    }
}
