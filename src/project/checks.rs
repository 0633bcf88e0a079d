//! Checks: which reads a path condition depends on, and what it says about them.
//!
//! Input: a path condition. Output: the facts it holds about loaded documents, arrays and counts.

use super::link::Project;
use super::mongo::{Action, DbCall};
use crate::limits;
use crate::value::{C, Coercion, Compare, Node, V};

/// A part of a condition that is not `and`, `or` or `not`: the value, and whether it counts for or against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub value: V,
    pub holds: bool,
    /// The condition under which the whole depends on this leaf.
    pub under: C,
}

/// What a leaf says about something that was loaded.
#[derive(Clone, Debug)]
pub struct Check {
    /// The loaded document, list or count; for a document from outside, the document.
    pub root: V,
    /// The read that loaded it; `None` for a document from outside.
    pub read: Option<DbCall>,
    pub kind: CheckKind,
    /// Whether the path is taken when the statement of the kind is true.
    pub holds: bool,
    pub leaf: V,
    pub under: C,
}

#[derive(Clone, Debug)]
pub enum CheckKind {
    /// A document matches the read's filter.
    Document,
    /// The array at the path has an element with these fields equal to these values; the empty field is the element itself.
    Element { path: Vec<String>, keys: Vec<(String, V)> },
    /// A count of documents or elements (at the path) is below a limit.
    Below { path: Vec<String> },
    /// The field at the path has some value; `test` is the comparison.
    Field { path: Vec<String>, test: V },
}

impl CheckKind {
    /// The field or array that is asked for; none where it is the document.
    pub fn path(&self) -> Option<&[String]> {
        match self {
            Self::Document => None,
            Self::Element { path, .. } | Self::Below { path } | Self::Field { path, .. } => Some(path),
        }
    }
}

impl Project {
    /// The leaves of a path condition.
    pub fn leaves(&mut self, cond: C) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        for atom in self.arena.atoms(cond) {
            self.leaves_of(Leaf { value: atom.value, holds: atom.holds, under: C::TRUE }, 0, &mut leaves);
        }
        leaves
    }

    pub(super) fn leaves_of(&mut self, leaf: Leaf, depth: u32, leaves: &mut Vec<Leaf>) {
        if depth > limits::LEAF_DEPTH || leaves.len() > limits::LEAVES {
            return;
        }
        let Leaf { value, holds, under } = leaf;
        match self.arena.node(value).clone() {
            Node::Not(inner) => self.leaves_of(Leaf { value: inner, holds: !holds, under }, depth + 1, leaves),
            Node::And(parts) | Node::Or(parts) => {
                let is_conjunction = matches!(self.arena.node(value), Node::And(_));
                for part in if is_conjunction { self.arena.told_apart(&parts) } else { parts } {
                    self.leaves_of(Leaf { value: part, ..leaf }, depth + 1, leaves);
                }
            }
            Node::Coerce(Coercion::Bool | Coercion::Copy, inner) => {
                self.leaves_of(Leaf { value: inner, ..leaf }, depth + 1, leaves)
            }
            Node::OneOf(alternatives) => {
                for (cond, alternative) in alternatives {
                    match self.arena.truth(C::TRUE, alternative) {
                        // true under c: c counts like the whole; false under c: the other way round.
                        Some(truth) if self.arena.is_literal(alternative) => {
                            for atom in self.arena.atoms(cond) {
                                let leaf = Leaf { value: atom.value, holds: (atom.holds == truth) == holds, under };
                                self.leaves_of(leaf, depth + 1, leaves);
                            }
                        }
                        _ => {
                            let under = self.arena.and(under, cond);
                            self.leaves_of(Leaf { value: alternative, holds, under }, depth + 1, leaves);
                        }
                    }
                }
            }
            _ => {
                if !leaves.contains(&leaf) {
                    leaves.push(leaf);
                }
            }
        }
    }

    /// What the condition says about loaded values. `documents` are documents that come from outside the summary.
    pub fn checks(&mut self, cond: C, documents: &[V]) -> Vec<Check> {
        let mut leaves = self.leaves(cond);
        // One of the branches of a value asks for the contrary of what the whole condition asks for: that branch is not taken.
        leaves.retain(|leaf| self.arena.truth(cond, leaf.value) != Some(!leaf.holds));
        let mut checks = Vec::new();
        for leaf in leaves {
            self.check(leaf, documents, &mut checks);
            self.existence(leaf, &mut checks);
        }
        checks.retain(|check| !matches!(check.kind, CheckKind::Document) || !self.is_always_there(check));
        checks.retain(|check| !self.is_of_list(check));
        checks.into_iter().map(|check| self.settled(check)).map(|check| self.asked_by_match(check)).collect()
    }

    /// What an aggregation does not find, or counts, is what its first stage asks for:
    /// `aggregate([{ $match: { email } }, { $count: 'n' }])`.
    fn asked_by_match(&self, mut check: Check) -> Check {
        let is_search = match &check.kind {
            CheckKind::Document => !check.holds,
            CheckKind::Below { path } => path.is_empty(),
            CheckKind::Element { .. } | CheckKind::Field { .. } => false,
        };
        if let Some(read) = check.read.as_mut().filter(|_| is_search)
            && let Some(asked) = read.filter.and_then(|stages| self.asked_first(stages))
        {
            read.filter = Some(asked);
        }
        check
    }

    /// Whether a field is asked of a list of documents, which has none: `(await Team.find(filter)).active`
    fn is_of_list(&self, check: &Check) -> bool {
        matches!(check.kind, CheckKind::Field { .. })
            && check.read.as_ref().is_some_and(|read| read.action == Action::FindMany)
            && self.contains(check.leaf, &mut |project, part| match project.arena.node(part) {
                Node::Member(object, name) => *object == check.root && project.arena.text(*name) != "length",
                _ => false,
            })
    }

    /// A test that also passes where nothing was found: `if (!old?._id)`, `if (old?.user !== who)`.
    fn existence(&mut self, leaf: Leaf, checks: &mut Vec<Check>) {
        let (sides, without) = match *self.arena.node(leaf.value) {
            Node::Nullish(inner) => (vec![inner], true),
            Node::Compare(_, a, b) => (vec![a, b], false),
            _ => (vec![leaf.value], false),
        };
        let Some(root) = sides.into_iter().find_map(|side| self.asked_if_there(side)) else {
            return;
        };
        let Some(read) = self.read_of(root).filter(|read| read.action == Action::FindOne) else {
            return;
        };
        let is_known = checks.iter().any(|known| known.root == root && matches!(known.kind, CheckKind::Document));
        if leaf.holds == without && !is_known {
            let (kind, under) = (CheckKind::Document, leaf.under);
            checks.push(Check { root, read: Some(read), kind, holds: false, leaf: leaf.value, under });
        }
    }

    /// The value of which a member is read through `?.`.
    fn asked_if_there(&self, value: V) -> Option<V> {
        let (mut at, mut is_optional) = (value, false);
        loop {
            let inner = match *self.arena.node(at) {
                Node::Coerce(_, inner) => inner,
                Node::Member(object, _) => {
                    is_optional |= self.missing.contains_key(&at);
                    object
                }
                _ => return (is_optional && at != value).then_some(at),
            };
            at = inner;
        }
    }

    pub(super) fn check(&mut self, leaf: Leaf, documents: &[V], checks: &mut Vec<Check>) {
        let Leaf { value, holds, under } = leaf;
        match self.arena.node(value).clone() {
            Node::Compare(op, a, b) => self.comparison(leaf, op, a, b, documents, checks),
            Node::Nullish(inner) => {
                for (_, alternative) in self.arena.alternatives(inner) {
                    if let Node::Query { .. } = self.arena.node(alternative) {
                        self.element_check(leaf, alternative, !holds, documents, checks);
                    } else {
                        self.truthy(Leaf { value: alternative, holds: !holds, under }, value, documents, checks);
                    }
                }
            }
            // NEXT[doc.state].includes(wanted)
            Node::Query { array, .. } if self.looked_up_check(leaf, array, documents, checks) => {}
            // ['DONE', 'FAILED'].includes(doc.state)
            Node::Query { array, arg, .. } if matches!(self.arena.node(array), Node::Array(_)) => {
                if let Some((root, path, read)) = self.loaded(arg, documents)
                    && !path.is_empty()
                {
                    checks.push(Check {
                        root,
                        read,
                        kind: CheckKind::Field { path, test: value },
                        holds,
                        leaf: value,
                        under: leaf.under,
                    });
                } else if self.arena.node(array) != &Node::Array(Vec::new()) {
                    self.element_check(leaf, value, holds, documents, checks);
                }
            }
            Node::Query { ref method, .. } => {
                let every = self.arena.text(*method) == "every";
                let index = matches!(self.arena.text(*method), "indexOf" | "findIndex" | "filter");
                if !index {
                    self.element_check(leaf, value, if every { !holds } else { holds }, documents, checks);
                }
            }
            // lodash: isEmpty(found)
            Node::Derived(op, ref operands) if self.arena.text(op) == "isEmpty" => {
                for operand in operands {
                    for (_, alternative) in self.arena.alternatives(*operand) {
                        let leaf = Leaf { value: alternative, holds: !holds, under };
                        self.asked_if_empty(leaf, value, documents, checks);
                    }
                }
            }
            _ => self.truthy(leaf, value, documents, checks),
        }
    }

    /// The value itself is tested.
    fn truthy(&mut self, leaf: Leaf, shown: V, documents: &[V], checks: &mut Vec<Check>) {
        let Leaf { value, holds, under } = leaf;
        // updateOne(…).matchedCount: whether there was a document
        if self.is_matched_count(value)
            && let Node::Member(result, _) = self.arena.node(value).clone()
            && let Some(read) = self.read_of(result)
        {
            checks.push(Check { root: result, read: Some(read), kind: CheckKind::Document, holds, leaf: shown, under });
            return;
        }
        if let Some((root, read)) = self.counted_by_server(value) {
            checks.push(Check { root, read: Some(read), kind: CheckKind::Document, holds, leaf: shown, under });
            return;
        }
        // list.length
        if let Node::Member(list, key) = self.arena.node(value).clone()
            && matches!(self.arena.text(key), "length" | "size")
        {
            if let Node::Query { .. } = self.arena.node(list) {
                self.element_check(Leaf { value: shown, holds, under }, list, holds, documents, checks);
                return;
            }
            if let Some((root, path, read)) = self.loaded(list, documents) {
                if path.is_empty() && read.as_ref().is_some_and(|read| read.action == Action::FindMany) {
                    checks.push(Check { root, read, kind: CheckKind::Document, holds, leaf: shown, under });
                } else {
                    checks.push(Check {
                        root,
                        read,
                        kind: CheckKind::Below { path },
                        holds: !holds,
                        leaf: shown,
                        under,
                    });
                }
            }
            return;
        }
        let Some((root, path, read)) = self.loaded(value, documents) else {
            self.looked_up_check(Leaf { value: shown, holds, under }, value, documents, checks);
            return;
        };
        // A list is true, also an empty one; a loop over it says that it has an element.
        if !holds && value == root && read.as_ref().is_some_and(|read| read.action == Action::FindMany) {
            return;
        }
        let kind = if path.is_empty() { CheckKind::Document } else { CheckKind::Field { path, test: value } };
        checks.push(Check { root, read, kind, holds, leaf: shown, under });
    }

    /// Whether a list has elements, or an object fields, is asked of `leaf.value`: `isEmpty(found)`.
    fn asked_if_empty(&mut self, leaf: Leaf, shown: V, documents: &[V], checks: &mut Vec<Check>) {
        let Leaf { value, holds, under } = leaf;
        match self.loaded(value, documents) {
            Some((root, path, read))
                if path.is_empty() && read.as_ref().is_some_and(|read| read.action == Action::FindMany) =>
            {
                checks.push(Check { root, read, kind: CheckKind::Document, holds, leaf: shown, under });
            }
            _ => self.truthy(leaf, shown, documents, checks),
        }
    }

    pub(super) fn comparison(&mut self, leaf: Leaf, op: Compare, a: V, b: V, documents: &[V], checks: &mut Vec<Check>) {
        if self.counted_by_turns(leaf, op, [a, b], documents, checks) {
            return;
        }
        // index === -1, index < 0, -1 < index
        for (query, number, query_first) in [(a, b, true), (b, a, false)] {
            let Node::Query { ref method, .. } = self.arena.node(query).clone() else { continue };
            let Some(number) = self.number(number) else { continue };
            if !matches!(self.arena.text(*method), "indexOf" | "findIndex" | "lastIndexOf" | "findLastIndex") {
                continue;
            }
            let absent = match op {
                Compare::Equal => number < 0.0,
                _ if query_first => number <= 0.0,
                _ => false,
            };
            let present = !query_first && op != Compare::Equal && number < 0.0;
            if absent || present {
                self.element_check(leaf, query, leaf.holds != absent, documents, checks);
            }
            return;
        }
        // count === 0, count < 1, 0 < count, list.length < 10
        for (counted, number, counted_first) in [(a, b, true), (b, a, false)] {
            let Some(limit) = self.number(number) else { continue };
            if self.is_count(counted) {
                let none = match op {
                    Compare::Equal => limit == 0.0,
                    _ => counted_first && limit <= 1.0,
                };
                let some = match op {
                    // `count === 1` says that something is there; that it is not 1 says nothing.
                    Compare::Equal => leaf.holds && limit == 1.0,
                    Compare::Less => !counted_first && limit <= 0.0,
                    Compare::LessOrEqual => !counted_first && limit <= 1.0,
                };
                if none || some {
                    self.truthy(
                        Leaf { value: counted, holds: leaf.holds != none, under: leaf.under },
                        leaf.value,
                        documents,
                        checks,
                    );
                    return;
                }
            }
        }
        self.limit_or_field(leaf, op, a, b, documents, checks);
    }

    pub fn number(&self, value: V) -> Option<f64> {
        match self.arena.node(value) {
            Node::Num(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }

    pub(super) fn is_count(&mut self, value: V) -> bool {
        match self.arena.node(value).clone() {
            Node::Member(_, key) => {
                matches!(self.arena.text(key), "length" | "size")
                    || self.is_matched_count(value)
                    || self.counted_by_server(value).is_some()
            }
            Node::Call { .. } => self.read_of(value).is_some_and(|read| read.action == Action::Count),
            _ => false,
        }
    }

    pub(super) fn element_check(
        &mut self,
        leaf: Leaf,
        query: V,
        present: bool,
        documents: &[V],
        checks: &mut Vec<Check>,
    ) {
        let Node::Query { method, array, arg } = self.arena.node(query).clone() else { return };
        let direct = matches!(self.arena.text(method), "includes" | "indexOf" | "lastIndexOf");
        for (_, array) in self.arena.alternatives(array) {
            let (array, field) = match self.arena.node(array).clone() {
                // doc.items.map(i => i.id).includes(x)
                Node::Mapped(inner, result) => {
                    (inner, self.element_field(result).map(|(_, field)| field).unwrap_or_default())
                }
                Node::Query { array: inner, .. } => (inner, String::new()),
                _ => (array, String::new()),
            };
            let Some((root, path, read)) = self.loaded(array, documents) else {
                self.membership_check(leaf, query, present, documents, checks);
                continue;
            };
            let keys = if direct { vec![(field, arg)] } else { self.predicate_keys(arg) };
            let list = read.as_ref().is_some_and(|read| read.action == Action::FindMany);
            let kind = match (path.is_empty(), list) {
                (true, true) => {
                    self.each_check(leaf, query, present, documents, checks);
                    CheckKind::Document
                }
                (true, false) => continue,
                _ => CheckKind::Element { path, keys },
            };
            checks.push(Check { root, read, kind, holds: present, leaf: leaf.value, under: leaf.under });
        }
    }

    /// The equalities of a predicate over an element: `m => m.a === x && m.b === y`.
    pub fn predicate_keys(&self, predicate: V) -> Vec<(String, V)> {
        let mut keys = Vec::new();
        self.collect_keys(predicate, 0, &mut keys);
        keys
    }

    fn collect_keys(&self, value: V, depth: u32, keys: &mut Vec<(String, V)>) {
        if depth > limits::PREDICATE_DEPTH {
            return;
        }
        match self.arena.node(value) {
            Node::And(parts) => parts.iter().for_each(|part| self.collect_keys(*part, depth + 1, keys)),
            Node::OneOf(alternatives) => {
                for (cond, value) in alternatives {
                    for atom in self.arena.atoms(*cond) {
                        if atom.holds {
                            self.collect_keys(atom.value, depth + 1, keys);
                        }
                    }
                    self.collect_keys(*value, depth + 1, keys);
                }
            }
            Node::Coerce(_, inner) => self.collect_keys(*inner, depth + 1, keys),
            Node::Compare(Compare::Equal, a, b) => {
                for (side, other) in [(*a, *b), (*b, *a)] {
                    let Some((array, field)) = self.element_field(side) else { continue };
                    // An element of a list that a request brings is a value like any other.
                    let is_value = match self.element_field(other) {
                        None => true,
                        Some((brought, _)) => self.is_brought(brought) && !self.is_brought(array),
                    };
                    let key = (field, other);
                    if is_value && !keys.contains(&key) {
                        keys.push(key);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether a value is a part of a parameter.
    fn is_brought(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Param(..) => true,
            Node::Member(object, _) | Node::Index(object, _) | Node::Coerce(_, object) => self.is_brought(*object),
            Node::OneOf(alternatives) => alternatives.iter().any(|(_, v)| self.is_brought(*v)),
            _ => false,
        }
    }

    /// The array and the field of `element.field`; the field is empty for the element itself.
    pub fn element_field(&self, value: V) -> Option<(V, String)> {
        match self.arena.node(value) {
            Node::Element(array) => Some((*array, String::new())),
            Node::Coerce(_, inner) => self.element_field(*inner),
            Node::Member(inner, key) => {
                let (array, field) = self.element_field(*inner)?;
                let key = self.arena.text(*key);
                if key == "_doc" {
                    return Some((array, field));
                }
                Some((array, if field.is_empty() { key.to_owned() } else { format!("{field}.{key}") }))
            }
            Node::OneOf(alternatives) => alternatives.iter().find_map(|(_, v)| self.element_field(*v)),
            Node::Derived(op, operands) if matches!(self.arena.text(*op), "toLowerCase" | "trim" | "toUpperCase") => {
                operands.first().and_then(|v| self.element_field(*v))
            }
            _ => None,
        }
    }
}
