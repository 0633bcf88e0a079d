//! Checks: which reads a path condition depends on, and what it says about them.
//!
//! Input: a path condition. Output: the facts it holds about loaded documents, arrays and counts.

use super::link::Project;
use super::mongo::{Action, DbCall, Handle};
use crate::value::{C, Coercion, Compare, Key, Node, V};

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

const MAX_LEAVES: usize = 200;

impl Project {
    /// The leaves of a path condition.
    pub fn leaves(&mut self, cond: C) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        for atom in self.arena.atoms(cond) {
            self.leaves_of(Leaf { value: atom.value, holds: atom.holds, under: C::TRUE }, 0, &mut leaves);
        }
        leaves
    }

    fn leaves_of(&mut self, leaf: Leaf, depth: u32, leaves: &mut Vec<Leaf>) {
        if depth > 10 || leaves.len() > MAX_LEAVES {
            return;
        }
        let Leaf { value, holds, under } = leaf;
        match self.arena.node(value).clone() {
            Node::Not(inner) => self.leaves_of(Leaf { value: inner, holds: !holds, under }, depth + 1, leaves),
            Node::And(parts) | Node::Or(parts) => {
                for part in parts {
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
        let leaves = self.leaves(cond);
        let mut checks = Vec::new();
        for leaf in leaves {
            self.check(leaf, documents, &mut checks);
        }
        checks
    }

    fn check(&mut self, leaf: Leaf, documents: &[V], checks: &mut Vec<Check>) {
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
            _ => self.truthy(leaf, value, documents, checks),
        }
    }

    /// The value itself is tested.
    fn truthy(&mut self, leaf: Leaf, shown: V, documents: &[V], checks: &mut Vec<Check>) {
        let Leaf { value, holds, under } = leaf;
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
        let Some((root, path, read)) = self.loaded(value, documents) else { return };
        let kind = if path.is_empty() { CheckKind::Document } else { CheckKind::Field { path, test: value } };
        checks.push(Check { root, read, kind, holds, leaf: shown, under });
    }

    fn comparison(&mut self, leaf: Leaf, op: Compare, a: V, b: V, documents: &[V], checks: &mut Vec<Check>) {
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
                let some = op != Compare::Equal && !counted_first && limit <= 0.0;
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

    fn limit_or_field(&mut self, leaf: Leaf, op: Compare, a: V, b: V, documents: &[V], checks: &mut Vec<Check>) {
        for (side, other) in [(a, b), (b, a)] {
            if self.is_count(side) {
                let counted = match self.arena.node(side) {
                    Node::Member(list, _) => *list,
                    _ => side,
                };
                let counted = match self.arena.node(counted) {
                    Node::Query { array, .. } => *array,
                    _ => counted,
                };
                if let Some((root, path, read)) = self.loaded(counted, documents) {
                    let holds = if side == a && op == Compare::Less { leaf.holds } else { !leaf.holds };
                    checks.push(Check {
                        root,
                        read,
                        kind: CheckKind::Below { path },
                        holds,
                        leaf: leaf.value,
                        under: leaf.under,
                    });
                    return;
                }
            }
            // for (const m of doc.messages) if (m.id === id) …
            if op == Compare::Equal
                && let Some((array, field)) = self.element_field(side)
                && let Some((root, path, read)) = self.loaded(array, documents)
                && !(path.is_empty() && read.as_ref().is_none_or(|read| read.action != Action::FindMany))
                && self.loaded(other, documents).is_none_or(|(r, _, _)| r != root)
            {
                let kind = if path.is_empty() {
                    CheckKind::Document
                } else {
                    CheckKind::Element { path, keys: vec![(field, other)] }
                };
                checks.push(Check { root, read, kind, holds: leaf.holds, leaf: leaf.value, under: leaf.under });
                return;
            }
        }
        for side in [a, b] {
            let Some(inner) = self.loaded_operand(side) else { continue };
            if let Some((root, path, read)) = self.loaded(inner, documents)
                && !path.is_empty()
            {
                checks.push(Check {
                    root,
                    read,
                    kind: CheckKind::Field { path, test: leaf.value },
                    holds: leaf.holds,
                    leaf: leaf.value,
                    under: leaf.under,
                });
            }
        }
    }

    /// The loaded value in a comparison, through arithmetic and coercion: `Number(user.balance) - fee`.
    fn loaded_operand(&self, value: V) -> Option<V> {
        match self.arena.node(value) {
            Node::Coerce(_, inner) => self.loaded_operand(*inner),
            Node::Derived(op, operands) if !matches!(self.arena.text(*op), "error" | "called") => {
                operands.iter().find_map(|operand| self.loaded_operand(*operand))
            }
            Node::OneOf(alternatives) => alternatives.iter().find_map(|(_, v)| self.loaded_operand(*v)),
            Node::Member(..) | Node::Index(..) => Some(value),
            _ => None,
        }
    }

    fn number(&self, value: V) -> Option<f64> {
        match self.arena.node(value) {
            Node::Num(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }

    fn is_count(&mut self, value: V) -> bool {
        match self.arena.node(value).clone() {
            Node::Member(_, key) => matches!(self.arena.text(key), "length" | "size"),
            Node::Call { .. } => self.read_of(value).is_some_and(|read| read.action == Action::Count),
            _ => false,
        }
    }

    fn element_check(&mut self, leaf: Leaf, query: V, present: bool, documents: &[V], checks: &mut Vec<Check>) {
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
            let Some((root, path, read)) = self.loaded(array, documents) else { continue };
            let keys = if direct { vec![(field, arg)] } else { self.predicate_keys(arg) };
            let list = read.as_ref().is_some_and(|read| read.action == Action::FindMany);
            let kind = match (path.is_empty(), list) {
                (true, true) => CheckKind::Document,
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
        if depth > 6 {
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
                    if let Some((_, field)) = self.element_field(side) {
                        let key = (field, other);
                        if !keys.contains(&key) && self.element_field(other).is_none() {
                            keys.push(key);
                        }
                    }
                }
            }
            _ => {}
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
                Some((array, if field.is_empty() { key.to_owned() } else { format!("{field}.{key}") }))
            }
            Node::OneOf(alternatives) => alternatives.iter().find_map(|(_, v)| self.element_field(*v)),
            Node::Derived(op, operands) if matches!(self.arena.text(*op), "toLowerCase" | "trim" | "toUpperCase") => {
                operands.first().and_then(|v| self.element_field(*v))
            }
            _ => None,
        }
    }

    /// The loaded document or list that a value is a part of, with the path into it.
    pub fn loaded(&mut self, value: V, documents: &[V]) -> Option<(V, Vec<String>, Option<DbCall>)> {
        self.loaded_at(value, documents, 0)
    }

    fn loaded_at(&mut self, value: V, documents: &[V], depth: u32) -> Option<(V, Vec<String>, Option<DbCall>)> {
        if depth > 12 {
            return None;
        }
        if let Some(read) = self.read_of(value) {
            return is_read(read.action).then_some((value, Vec::new(), Some(read)));
        }
        if documents.contains(&value) {
            return Some((value, Vec::new(), None));
        }
        match self.arena.node(value).clone() {
            Node::Member(object, key) => {
                let (root, mut path, read) = self.loaded_at(object, documents, depth + 1)?;
                // The result of findOneAndUpdate in the old driver is under `value`.
                if !(path.is_empty() && self.arena.text(key) == "_doc") {
                    path.push(self.arena.text(key).to_owned());
                }
                Some((root, path, read))
            }
            Node::Index(object, _) | Node::Element(object) => {
                let (root, mut path, read) = self.loaded_at(object, documents, depth + 1)?;
                let list = path.is_empty() && read.as_ref().is_some_and(|read| read.action == Action::FindMany);
                if !list {
                    path.push("*".to_owned());
                }
                Some((root, path, read))
            }
            Node::Query { method, array, .. } => {
                let (root, mut path, read) = self.loaded_at(array, documents, depth + 1)?;
                let list = path.is_empty() && read.as_ref().is_some_and(|read| read.action == Action::FindMany);
                if matches!(self.arena.text(method), "find" | "findLast") && !list {
                    path.push("*".to_owned());
                }
                Some((root, path, read))
            }
            Node::Coerce(_, inner) => self.loaded_at(inner, documents, depth + 1),
            Node::Call { callee, .. } => {
                // doc.items.id(itemId)
                let Node::Member(array, name) = self.arena.node(callee).clone() else { return None };
                if self.arena.text(name) != "id" {
                    return None;
                }
                let (root, mut path, read) = self.loaded_at(array, documents, depth + 1)?;
                path.push("*".to_owned());
                Some((root, path, read))
            }
            Node::OneOf(alternatives) => {
                alternatives.into_iter().find_map(|(_, v)| self.loaded_at(v, documents, depth + 1))
            }
            _ => None,
        }
    }

    /// Whether a value was computed from a loaded value at the path of the root.
    pub fn comes_from(&mut self, value: V, root: V, path: &[String], documents: &[V]) -> bool {
        let mut seen = Vec::new();
        self.comes_from_at(value, root, path, documents, 0, &mut seen)
    }

    fn comes_from_at(
        &mut self,
        value: V,
        root: V,
        path: &[String],
        documents: &[V],
        depth: u32,
        seen: &mut Vec<V>,
    ) -> bool {
        if depth > 10 || seen.len() > 200 || seen.contains(&value) {
            return false;
        }
        seen.push(value);
        if let Some((r, p, _)) = self.loaded(value, documents)
            && r == root
            && p.first().map(String::as_str) == path.first().map(String::as_str)
            && p.len() >= path.len()
            && p.iter().zip(path).all(|(a, b)| a == b)
        {
            return true;
        }
        let node = self.arena.node(value).clone();
        if matches!(node, Node::Compare(..) | Node::Not(_) | Node::Nullish(_) | Node::Func(_)) {
            return false;
        }
        if self.read_of(value).is_some() {
            return false;
        }
        crate::value::children(&node)
            .into_iter()
            .any(|child| self.comes_from_at(child, root, path, documents, depth + 1, seen))
    }

    /// The equality keys of a filter: field to value. Operators and arrays of conditions are left out.
    pub fn equalities(&self, filter: V) -> Vec<(String, V)> {
        let mut keys = Vec::new();
        self.collect_equalities(filter, 0, &mut keys);
        keys
    }

    fn collect_equalities(&self, filter: V, depth: u32, keys: &mut Vec<(String, V)>) {
        if depth > 4 {
            return;
        }
        match self.arena.node(filter) {
            Node::Object(entries) => {
                for entry in entries {
                    let Key::Name(name) = entry.key else { continue };
                    match self.arena.text(name) {
                        "$and" | "$or" => {
                            if let Node::Array(items) = self.arena.node(entry.value) {
                                items.iter().for_each(|item| self.collect_equalities(item.value, depth + 1, keys));
                            }
                        }
                        name if name.starts_with('$') => {}
                        name => {
                            let value = self.equality_value(entry.value);
                            if let Some(value) = value {
                                keys.push((name.to_owned(), value));
                            }
                        }
                    }
                }
            }
            Node::OneOf(alternatives) => {
                alternatives.iter().for_each(|(_, v)| self.collect_equalities(*v, depth + 1, keys))
            }
            _ => {}
        }
    }

    /// The lists of the filter's `$in` conditions.
    pub fn listed(&mut self, filter: V) -> Vec<V> {
        let Node::Object(entries) = self.arena.node(filter).clone() else { return Vec::new() };
        let operator = self.arena.sym("$in");
        entries.into_iter().filter_map(|entry| self.arena.member_of(entry.value, operator)).collect()
    }

    /// `v` of `k: v`, `k: { $eq: v }`, and of a case-insensitive pattern made from one value.
    fn equality_value(&self, value: V) -> Option<V> {
        let Node::Object(entries) = self.arena.node(value) else { return Some(value) };
        entries.iter().find_map(|entry| match entry.key {
            Key::Name(name) if matches!(self.arena.text(name), "$eq" | "$regex" | "$all") => Some(entry.value),
            Key::Name(name) if self.arena.text(name).starts_with('$') => None,
            _ => None,
        })
    }

    /// Whether two filters can be about different documents for sure: the same key with two values that differ.
    pub fn different_documents(&self, a: V, b: V) -> bool {
        let (left, right) = (self.equalities(a), self.equalities(b));
        left.iter().any(|(key, value)| {
            key == "_id"
                && right.iter().any(|(k, v)| k == key && !self.same_value(*value, *v) && !self.is_part_of(*value, *v))
        })
    }

    fn is_part_of(&self, a: V, b: V) -> bool {
        // { _id: doc._id } where doc was loaded by { _id: x }
        let id_of = |v: V| matches!(self.arena.node(self.bare(v)), Node::Member(_, name) if self.arena.text(*name) == "_id" || self.arena.text(*name) == "id");
        id_of(a) || id_of(b)
    }

    /// Whether a read and a write surely concern the same collection and may concern the same document.
    pub fn same_document(
        &mut self,
        root: V,
        read: Option<&DbCall>,
        handle: &Handle,
        filter: Option<V>,
        document: Option<V>,
    ) -> bool {
        if let Some(document) = document
            && (document == root || self.arena.alternatives(document).iter().any(|(_, v)| *v == root))
        {
            return true;
        }
        let Some(read) = read else {
            // A document from outside: { _id: req.user._id }
            return filter.is_some_and(|filter| {
                self.equalities(filter).iter().any(|(_, v)| self.path_from(self.bare(*v), root).is_some())
            });
        };
        if !read.handle.same(handle) {
            return false;
        }
        // Another copy of the document, read again before it is saved.
        let filter =
            filter.or_else(|| document.and_then(|document| self.read_of(document)).and_then(|read| read.filter));
        match (read.filter, filter) {
            (Some(a), Some(b)) => a == b || self.identify_one(a, b, root),
            _ => document.is_none() || self.is_element_of(document, root),
        }
    }

    /// Whether two filters name the same document: a key with the same value in both, or a value of the loaded document.
    /// A check of the caller's own account before a write to another one shares no key.
    fn identify_one(&self, read: V, write: V, root: V) -> bool {
        let (left, right) = (self.equalities(read), self.equalities(write));
        if left.is_empty() || right.is_empty() {
            return left.is_empty() && right.is_empty() || !self.is_known_object(read) || !self.is_known_object(write);
        }
        right.iter().any(|(key, value)| {
            let bare = self.bare(*value);
            self.path_from(bare, root).is_some()
                || left.iter().any(|(k, v)| {
                    (k == key || (k.ends_with("id") && key.ends_with("id")) || (k == "_id") != (key == "_id"))
                        && self.same_value(*v, *value)
                })
        }) || left
            .iter()
            .any(|(key, value)| key == "_id" && right.iter().any(|(k, v)| k == key && self.is_part_of(*value, *v)))
    }

    fn is_known_object(&self, filter: V) -> bool {
        matches!(self.arena.node(filter), Node::Object(entries) if entries.iter().all(|entry| entry.key != Key::Spread))
    }

    fn is_element_of(&self, document: Option<V>, root: V) -> bool {
        document.is_some_and(|document| self.path_from(document, root).is_some())
    }
}

fn is_read(action: Action) -> bool {
    matches!(
        action,
        Action::FindOne | Action::FindMany | Action::Count | Action::Exists | Action::Update | Action::Replace
    )
}
