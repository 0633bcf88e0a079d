//! Comparisons in a decision: one field with a value, or several fields with each other.
//!
//! Input: a comparison. Output: what a filter asks instead. Must not know: path conditions.

use super::decision::{Reader, Said};
use super::expression::call;
use super::said::{about, compared, is_ordered, nothing, operator, presume};
use super::subject::order;
use crate::race::expression::Operator;
use crate::race::predicate::{Predicate, Test};
use crate::race::term::Items;
use crate::value::{Arena, Coercion, Compare, Node, V};

impl Reader<'_, '_> {
    pub fn comparison(&mut self, op: Compare, a: V, b: V, holds: bool) -> Said {
        if let Some(said) = self.found_index(op, a, b, holds) {
            return Some(said);
        }
        for (own, other, is_turned) in [(a, b, false), (b, a, true)] {
            if self.subject.mentions(other) {
                continue;
            }
            if let Some(path) = self.subject.length_of(own) {
                return self.length(&path, op, other, holds, is_turned);
            }
            if let Some(list) = self.searched_length(own) {
                return self.count(list, op, other, holds, is_turned);
            }
            if let Some(path) = self.subject.field(own) {
                // An identifier that was made a text is no longer what the document holds.
                let is_text = matches!(self.subject.node(own), Node::Coerce(Coercion::Text, _));
                // Two identifiers of one text are one.
                if is_text && op == Compare::Equal && self.holds_identifier(&path) {
                    self.decision.has_texts |= !path.is_empty();
                    let other = self.identifier(other);
                    return self.tested(&path, op, other, holds, is_turned);
                }
                if is_text && !self.is_written(&path) {
                    return Some(nothing());
                }
                return if is_text { None } else { self.tested(&path, op, other, holds, is_turned) };
            }
            if let Some(said) = self.with_default(op, own, other, holds, is_turned) {
                return Some(said);
            }
            if let Some((path, other)) = self.taken_from(own, other).filter(|_| op != Compare::Equal) {
                return self.tested(&path, op, other, holds, is_turned);
            }
        }
        if self.subject.element.is_some() {
            return None;
        }
        let operator = match op {
            Compare::Equal if holds => Operator::Eq,
            Compare::Equal => Operator::Ne,
            op => operator(order(op, holds, false)),
        };
        let (left, right) = (self.subject.expression(a)?, self.subject.expression(b)?);
        for side in [&left, &right] {
            presume(side, &mut self.decision.presumed);
        }
        self.decision.ordered.extend([a, b]);
        Some(Predicate::Expr(call(operator, vec![left, right])))
    }

    fn tested(&mut self, path: &str, op: Compare, other: V, holds: bool, is_turned: bool) -> Said {
        if op != Compare::Equal {
            self.presume(path);
            self.decision.ordered.push(other);
            return Some(about(path, compared(order(op, holds, is_turned), other)));
        }
        let is_missing = other == Arena::UNDEFINED;
        Some(about(
            path,
            match (is_missing, holds) {
                (true, holds) => Test::Exists(!holds),
                (false, true) => Test::Eq(other),
                (false, false) => Test::Ne(other),
            },
        ))
    }

    /// `user._id.toString()` without the form that it is given.
    fn identifier(&self, value: V) -> V {
        let Node::Coerce(Coercion::Text, inner) = self.subject.node(value) else { return value };
        match self.subject.node(inner) {
            Node::Member(_, key) if self.subject.project.arena.text(key) == "_id" => inner,
            _ => value,
        }
    }

    /// Whether a part of the element that is looked at is an identifier by the schema.
    fn holds_identifier(&mut self, path: &str) -> bool {
        if self.subject.is_identifier && path.is_empty() {
            return true;
        }
        let Some(element) = self.subject.element.take() else { return false };
        let list = match self.subject.node(element) {
            Node::Element(list) => self.subject.list(list),
            _ => None,
        };
        self.subject.element = Some(element);
        let (Some(list), Some(model)) = (list, self.subject.act.handle.name()) else { return false };
        let path = if path.is_empty() { list } else { format!("{list}.{path}") };
        self.subject.project.holds_identifier(model, &path)
    }

    fn presume(&mut self, path: &str) {
        if self.subject.element.is_none() {
            self.decision.presumed.push(path.to_owned());
        }
    }

    /// `(doc.count || 0) < max`: a missing field has to pass as its default does.
    fn with_default(&mut self, op: Compare, own: V, other: V, holds: bool, is_turned: bool) -> Said {
        let defaulted = self.subject.defaulted(own)?;
        let path = defaulted.path;
        if op == Compare::Equal {
            let is_same = other == defaulted.value;
            let null = self.subject.project.arena.intern(Node::Null);
            let both = Items::Known(vec![other, null]);
            return match (is_same, holds) {
                (true, true) => Some(about(&path, Test::In(both))),
                (true, false) => Some(about(&path, Test::Nin(both))),
                (false, true) => Some(about(&path, Test::Eq(other))),
                (false, false) => Some(about(&path, Test::Ne(other))),
            };
        }
        self.decision.ordered.push(other);
        let wanted = order(op, holds, is_turned);
        let default = self.subject.number(defaulted.value)?;
        // What a limit is, is not known here; a count that begins is below it, and an amount that begins covers nothing.
        let passes = match self.subject.number(other) {
            Some(other) => is_ordered(wanted, default, other),
            None => matches!(wanted, "$lt" | "$lte"),
        };
        let opposite = match wanted {
            "$lt" => "$gte",
            "$lte" => "$gt",
            "$gt" => "$lte",
            _ => "$lt",
        };
        Some(about(
            &path,
            match passes {
                true => Test::Not(vec![compared(opposite, other)]),
                false => compared(wanted, other),
            },
        ))
    }

    /// Of `balance - amount < 0`: the field, and what it is compared with.
    fn taken_from(&mut self, own: V, other: V) -> Option<(String, V)> {
        let Node::Derived(operator, operands) = self.subject.node(own) else { return None };
        let [first, second] = operands.as_slice() else { return None };
        let path = self.subject.field(*first)?;
        if self.subject.mentions(*second) {
            return None;
        }
        let is_zero = self.subject.number(other) == Some(0.0);
        let arena = &mut self.subject.project.arena;
        match arena.text(operator) {
            "-" if is_zero => Some((path, *second)),
            "-" => Some((path, arena.derived("+", vec![other, *second]))),
            "+" => Some((path, arena.derived("-", vec![other, *second]))),
            _ => None,
        }
    }
}
