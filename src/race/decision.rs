//! What an act depends on: the condition on a loaded document, whole, as a predicate about the stored one.
//!
//! A part that says nothing about the paths asked for is left out of a conjunction; elsewhere it makes the part unknown.
//! The code takes a value for what it does with it: only a value that it searches, counts or walks is a list.
//!
//! Input: a path condition and the loaded document. Output: a predicate, and which paths are lists. Must not know: acts, filters.

use super::entails::Held;
use super::expression::{Expression, Operator};
use super::path::is_within;
use super::predicate::{self, Predicate, Test};
use super::search::{Search, position, search};
use super::symbolic::Symbolic;
use super::term::Items;
use crate::project::Project;
use crate::project::mongo::{Action, DbCall};
use crate::value::{C, Coercion, Compare, Node, V};
use std::collections::BTreeSet;
use std::rc::Rc;

/// What decides an act about one document.
#[derive(Clone, Debug)]
pub struct Decision {
    pub predicate: Predicate<V>,
    /// The paths whose values the code takes for lists.
    pub lists: BTreeSet<Rc<str>>,
}

impl Decision {
    /// What the code takes the value at a path for.
    pub fn held(&self, path: &str) -> Held {
        if self.lists.contains(path) {
            Held::List
        } else if self.lists.iter().any(|list| is_within(path, list)) {
            Held::Unknown
        } else {
            Held::One
        }
    }
}

/// The loaded document that a condition is read for.
pub struct Loaded<'a> {
    pub root: V,
    pub read: Option<&'a DbCall>,
    /// Documents that come from outside.
    pub documents: &'a [V],
}

/// What a path condition says about a loaded document at `touched`, above it or below it; `None` where it says nothing.
pub fn decision(project: &mut Project, loaded: &Loaded<'_>, touched: &str, cond: C) -> Option<Decision> {
    let mut reader = Reader { project, loaded, touched, cond, lists: BTreeSet::new(), is_settled: false };
    let mut parts = Vec::new();
    for atom in reader.project.arena.atoms(cond) {
        parts.extend(reader.condition(atom.value, atom.holds, 0));
    }
    let Reader { lists, is_settled, .. } = reader;
    (is_settled || !parts.is_empty()).then_some(Decision { predicate: Predicate::And(parts), lists })
}

struct Reader<'a> {
    project: &'a mut Project,
    loaded: &'a Loaded<'a>,
    touched: &'a str,
    /// The whole condition: what it decides of a part of itself is known.
    cond: C,
    lists: BTreeSet<Rc<str>>,
    /// A part about the document says nothing, since the rest of the condition decides it.
    is_settled: bool,
}

/// What is taken off a field before it is compared.
enum Offset {
    Nothing,
    Value(V),
    Unknown,
}

type Read = Option<Predicate<V>>;

fn unknown(part: &str) -> Read {
    Some(Predicate::Unknown(part.into()))
}

fn field(path: impl Into<Rc<str>>, test: Test<V>, holds: bool) -> Read {
    let test = if holds { test } else { Test::Not(vec![test]) };
    Some(Predicate::Field { path: path.into(), test })
}

impl Reader<'_> {
    /// What it says about the document that a value is true, or is not.
    fn condition(&mut self, value: V, holds: bool, depth: u32) -> Read {
        if depth > crate::limits::TRUTH_DEPTH {
            return unknown("nesting");
        }
        match self.project.arena.node(value).clone() {
            Node::Not(inner) => self.condition(inner, !holds, depth + 1),
            Node::Coerce(Coercion::Bool | Coercion::Copy, inner) => self.condition(inner, holds, depth + 1),
            Node::And(parts) => {
                let parts = self.project.arena.told_apart(&parts);
                self.joined(&parts, holds, holds, depth)
            }
            Node::Or(parts) => self.joined(&parts, !holds, holds, depth),
            Node::OneOf(alternatives) => self.alternatives(value, &alternatives, holds, depth),
            Node::Compare(op, a, b) => self.comparison(op, a, b, holds),
            Node::Nullish(inner) => match self.project.arena.node(inner) {
                Node::Query { .. } => self.searched(inner, !holds),
                _ => {
                    let null = self.project.arena.intern(Node::Null);
                    self.tested(inner, Test::Eq(null), holds)
                }
            },
            Node::Query { .. } => self.searched(value, holds),
            Node::Member(list, key) if matches!(self.project.arena.text(key), "length" | "size") => {
                if let Node::Query { .. } = self.project.arena.node(list) {
                    return self.searched(list, holds);
                }
                let path = self.list(list)?;
                field(format!("{path}.0"), Test::Exists(true), holds)
            }
            // lodash: isEmpty(found)
            Node::Derived(op, operands) if self.project.arena.text(op) == "isEmpty" => match *operands {
                [found] if self.path(found).is_some_and(|path| path.is_empty()) => self.found(!holds),
                [field] => self.path(field).filter(|path| self.is_touched(path)).and(unknown("isEmpty")),
                _ => None,
            },
            _ => {
                let falsy = self.falsy();
                self.tested(value, Test::In(Items::Known(falsy)), !holds)
            }
        }
    }

    /// That a search finds something, or that it does not.
    fn searched(&mut self, query: V, holds: bool) -> Read {
        match search(self.project, query)? {
            Search::Among { value, test } => {
                let path = self.path(value).filter(|path| !path.is_empty())?;
                self.at(&path, test, holds)
            }
            Search::In { list, below, test } => {
                let list = self.list(list)?;
                field(if below.is_empty() { list } else { format!("{list}.{below}").into() }, test, holds)
            }
            Search::Each { list, test } => field(self.list(list)?, test, !holds),
        }
    }

    fn falsy(&mut self) -> Vec<V> {
        let arena = &mut self.project.arena;
        vec![arena.intern(Node::Null), arena.bool(false), arena.num(0.0), arena.str("")]
    }

    fn joined(&mut self, parts: &[V], is_conjunction: bool, holds: bool, depth: u32) -> Read {
        let mut read: Vec<Read> = Vec::new();
        for part in parts {
            match self.project.arena.truth(self.cond, *part) {
                // Decided by the rest: `a < 0` of `!(a < 0 && b < c)` where a < 0.
                Some(truth) if !is_conjunction && truth == holds => {
                    self.is_settled |= parts.iter().any(|part| self.condition(*part, holds, depth + 1).is_some());
                    return None;
                }
                Some(truth) if !is_conjunction && truth != holds => {}
                _ => read.push(self.condition(*part, holds, depth + 1)),
            }
        }
        if read.iter().all(Option::is_none) {
            return None;
        }
        Some(if is_conjunction {
            Predicate::And(read.into_iter().flatten().collect())
        } else {
            let other = || Predicate::Unknown("a condition on something else".into());
            Predicate::Or(read.into_iter().map(|part| part.unwrap_or_else(other)).collect())
        })
    }

    /// A value of several: it is true where one of them is taken that is.
    fn alternatives(&mut self, value: V, alternatives: &[(C, V)], holds: bool, depth: u32) -> Read {
        // doc.list || []
        if self.path(value).is_some_and(|path| !path.is_empty()) {
            let falsy = self.falsy();
            return self.tested(value, Test::In(Items::Known(falsy)), !holds);
        }
        let mut ways = Vec::new();
        let mut is_about = false;
        for (cond, alternative) in alternatives {
            let truth = self.project.arena.truth(*cond, *alternative);
            if truth == Some(!holds) {
                continue;
            }
            let mut parts = Vec::new();
            for atom in self.project.arena.atoms(*cond) {
                parts.push(self.condition(atom.value, atom.holds, depth + 1));
            }
            if truth.is_none() {
                parts.push(self.condition(*alternative, holds, depth + 1));
            }
            let is_own = parts.iter().any(Option::is_some);
            is_about |= is_own;
            ways.push(match is_own || parts.is_empty() {
                true => Predicate::And(parts.into_iter().flatten().collect()),
                false => Predicate::Unknown("a condition on something else".into()),
            });
        }
        is_about.then_some(Predicate::Or(ways))
    }

    /// A test of a value of the document, or of the document itself.
    fn tested(&mut self, value: V, test: Test<V>, holds: bool) -> Read {
        let path = self.path(value)?;
        if path.is_empty() {
            // Each test here is of something missing.
            return self.found(!holds);
        }
        self.at(&path, test, holds)
    }

    fn at(&self, path: &str, test: Test<V>, holds: bool) -> Read {
        if !self.is_touched(path) {
            return None;
        }
        match path.contains('*') {
            true => unknown("some element"),
            false => field(path, test, holds),
        }
    }

    fn is_touched(&self, path: &str) -> bool {
        is_within(path, self.touched) || is_within(self.touched, path)
    }

    /// That the read found the document, or that it did not.
    fn found(&mut self, is_found: bool) -> Read {
        let read =
            self.loaded.read.filter(|read| matches!(read.action, Action::FindOne | Action::Exists | Action::Count))?;
        let asked = predicate::parse(&Symbolic(self.project), &read.filter?).ok()?;
        let own = |part: &Predicate<V>| match part {
            Predicate::Field { path, .. } => self.is_touched(path),
            _ => true,
        };
        match (asked, is_found) {
            (Predicate::And(parts), true) => {
                let parts: Vec<_> = parts.into_iter().filter(own).collect();
                (!parts.is_empty()).then_some(Predicate::And(parts))
            }
            (part, true) => own(&part).then_some(part),
            (part, false) => Some(Predicate::Nor(vec![part])),
        }
    }

    /// The path of a value inside of the document; empty for the document itself.
    fn path(&mut self, value: V) -> Option<String> {
        let (root, path, _) = self.project.loaded(value, self.loaded.documents)?;
        (root == self.loaded.root).then(|| path.join("."))
    }

    /// The path of a list of the document, by which it is known for a list.
    fn list(&mut self, value: V) -> Option<Rc<str>> {
        let path: Rc<str> = self.path(value).filter(|path| !path.is_empty())?.into();
        if !self.is_touched(&path) || path.contains('*') {
            return None;
        }
        self.lists.insert(path.clone());
        Some(path)
    }

    fn comparison(&mut self, op: Compare, a: V, b: V, holds: bool) -> Read {
        if let Some((query, is_absent)) = position(self.project, op, a, b) {
            let found = self.searched(query, holds != (is_absent == Some(true)))?;
            return if is_absent.is_some() { Some(found) } else { unknown("a position") };
        }
        for (side, other, is_first) in [(a, b, true), (b, a, false)] {
            if let Some(query) = self.counted_search(side) {
                return match is_found(op, is_first, self.project.number(other)) {
                    Some(is_found) => self.searched(query, holds == is_found),
                    None => self.searched(query, holds).and(unknown("a count")),
                };
            }
            if let Some(list) = self.counted(side) {
                return self.count(&list, op, other, is_first, holds);
            }
            if self.is_counted_document(side) {
                return match is_found(op, is_first, self.project.number(other)) {
                    Some(is_found) => self.found(holds == is_found),
                    // count === 1
                    None if holds && op == Compare::Equal => self.found(true),
                    None => self.found(true).and(unknown("a count")),
                };
            }
        }
        let (left, right) = (self.operand(a), self.operand(b));
        match (left, right) {
            (None, None) => None,
            (Some((left, Offset::Nothing)), Some((right, Offset::Nothing))) => self.two_fields(op, left, right, holds),
            (Some((path, taken)), None) => self.bounded(&path, taken, op, b, true, holds),
            (None, Some((path, taken))) => self.bounded(&path, taken, op, a, false, holds),
            (Some((left, _)), Some((right, _))) if !self.is_touched(&left) && !self.is_touched(&right) => None,
            _ => unknown("arithmetic"),
        }
    }

    /// A comparison of a field: `balance < n`, and `balance - n < 0`.
    fn bounded(&mut self, path: &str, offset: Offset, op: Compare, other: V, is_first: bool, holds: bool) -> Read {
        let limit = match offset {
            Offset::Nothing => other,
            Offset::Value(taken) if self.project.number(other) == Some(0.0) => taken,
            _ => return self.at(path, Test::Unknown("arithmetic".into()), true),
        };
        let test = match (op, is_first) {
            (Compare::Equal, _) => Test::Eq(limit),
            (Compare::Less, true) => Test::Lt(limit),
            (Compare::Less, false) => Test::Gt(limit),
            (Compare::LessOrEqual, true) => Test::Lte(limit),
            (Compare::LessOrEqual, false) => Test::Gte(limit),
        };
        self.at(path, test, holds)
    }

    fn two_fields(&self, op: Compare, left: String, right: String, holds: bool) -> Read {
        if !self.is_touched(&left) && !self.is_touched(&right) {
            return None;
        }
        let operator = match op {
            Compare::Equal => Operator::Eq,
            Compare::Less => Operator::Lt,
            Compare::LessOrEqual => Operator::Lte,
        };
        let fields = vec![Expression::Field(left.into()), Expression::Field(right.into())];
        let compared = Predicate::Expr(Expression::Call(operator, fields));
        Some(if holds { compared } else { Predicate::Nor(vec![compared]) })
    }

    /// A field of the document as an operand, with what is taken off it.
    fn operand(&mut self, value: V) -> Option<(String, Offset)> {
        let value = self.project.bare(value);
        if let Node::Derived(op, parts) = self.project.arena.node(value).clone() {
            let sign = self.project.arena.text(op).to_owned();
            let paths: Vec<Option<String>> = parts.iter().map(|part| self.path(*part)).collect();
            let path = paths.iter().flatten().find(|path| !path.is_empty())?.clone();
            return Some(match (sign.as_str(), parts.as_slice(), paths.as_slice()) {
                ("-", [_, other], [Some(_), None]) => (path, Offset::Value(*other)),
                ("+", [_, other], [Some(_), None]) | ("+", [other, _], [None, Some(_)]) => {
                    (path, Offset::Value(self.project.arena.derived("neg", vec![*other])))
                }
                _ => (path, Offset::Unknown),
            });
        }
        let path = self.path(value).filter(|path| !path.is_empty())?;
        Some((path, Offset::Nothing))
    }

    /// The search whose results a value counts: `list.filter(…).length`.
    fn counted_search(&self, value: V) -> Option<V> {
        let arena = &self.project.arena;
        let Node::Member(list, key) = *arena.node(self.project.bare(value)) else { return None };
        let is_count = arena.text(key) == "length" && matches!(arena.node(list), Node::Query { .. });
        is_count.then_some(list)
    }

    /// Whether a value is how often the read found the document.
    fn is_counted_document(&mut self, value: V) -> bool {
        let is_count = self.loaded.read.is_some_and(|read| read.action == Action::Count);
        is_count && self.path(value).is_some_and(|path| path.is_empty())
    }

    /// The list whose length a value is.
    fn counted(&mut self, value: V) -> Option<Rc<str>> {
        let Node::Member(list, key) = *self.project.arena.node(self.project.bare(value)) else { return None };
        if !matches!(self.project.arena.text(key), "length" | "size") {
            return None;
        }
        self.list(list)
    }

    fn count(&mut self, list: &str, op: Compare, other: V, is_first: bool, holds: bool) -> Read {
        let operator = match (op, is_first) {
            (Compare::Equal, _) => {
                return match self.project.number(other) {
                    Some(0.0) => field(format!("{list}.0"), Test::Exists(true), !holds),
                    _ => field(list, Test::Size(other), holds),
                };
            }
            (Compare::Less, true) => Operator::Lt,
            (Compare::Less, false) => Operator::Gt,
            (Compare::LessOrEqual, true) => Operator::Lte,
            (Compare::LessOrEqual, false) => Operator::Gte,
        };
        let size = Expression::Call(Operator::Size, vec![Expression::Field(list.into())]);
        let compared = Predicate::Expr(Expression::Call(operator, vec![size, Expression::Value(other)]));
        Some(if holds { compared } else { Predicate::Nor(vec![compared]) })
    }
}

/// Whether something was found where a count of it compares so with a number.
fn is_found(op: Compare, is_first: bool, number: Option<f64>) -> Option<bool> {
    Some(match (op, is_first, number?) {
        (Compare::Equal, _, 0.0) | (Compare::Less, true, 1.0) | (Compare::LessOrEqual, true, 0.0) => false,
        (Compare::Less, false, 0.0) | (Compare::LessOrEqual, false, 1.0) => true,
        _ => return None,
    })
}
