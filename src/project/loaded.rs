//! What is loaded: the read a value is a part of, the identity of documents, the equalities of filters.
//!
//! Input: values and filters. Output: reads, paths and keys. Must not know: rules.

use super::handle::Handle;
use super::link::Project;
use super::mongo::{Action, DbCall};
use crate::limits;
use crate::value::{C, Item, Key, Node, V};
use rustc_hash::FxHashSet;

impl Project {
    /// `list.at(0)`, `list.shift()`: one of the documents that were read.
    pub(super) fn one_of_list(&mut self, callee: V, args: &[V]) -> Option<V> {
        let Node::Member(list, name) = *self.arena.node(callee) else { return None };
        let one = match (self.arena.text(name), args) {
            ("at", [index]) if matches!(self.arena.node(*index), Node::Num(_)) => Node::Index(list, *index),
            ("shift" | "pop", []) => Node::Element(list),
            _ => return None,
        };
        let is_read = self.read_of(list).is_some_and(|read| read.action == Action::FindMany);
        is_read.then(|| self.arena.intern(one))
    }

    /// The loaded document or list that a value is a part of, with the path into it.
    pub fn loaded(&mut self, value: V, documents: &[V]) -> Option<(V, Vec<String>, Option<DbCall>)> {
        self.loaded_at(value, documents, 0)
    }

    /// The call that has deleted the document of which a value is a part, and gave it back: `(await Block.findOneAndDelete({ key })).size`
    pub fn taken_out(&mut self, value: V) -> Option<V> {
        let mut at = value;
        while let Node::Member(inner, _) | Node::Index(inner, _) = *self.arena.node(at) {
            at = inner;
        }
        let read = self.read_of(at).filter(|read| read.action == Action::Delete)?;
        (read.method.starts_with("findOneAnd") || read.method.starts_with("findByIdAnd")).then_some(at)
    }

    fn loaded_at(&mut self, value: V, documents: &[V], depth: u32) -> Option<(V, Vec<String>, Option<DbCall>)> {
        if depth > limits::LOADED_DEPTH {
            return None;
        }
        if let Some(read) = self.read_of(value) {
            let is_loaded = is_read(read.action) || documents.contains(&value);
            return is_loaded.then_some((value, Vec::new(), Some(read)));
        }
        if documents.contains(&value) {
            return Some((value, Vec::new(), None));
        }
        match self.arena.node(value).clone() {
            Node::Member(object, key) => {
                let (root, mut path, read) = self.loaded_at(object, documents, depth + 1)?;
                let is_whole = match self.arena.text(key) {
                    "_doc" => true,
                    "value" => path.is_empty() && read.as_ref().is_some_and(|read| self.is_under_value(read)),
                    _ => false,
                };
                if !is_whole {
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
            // [...rows]
            Node::Array(items) => match items.as_slice() {
                [Item { value, spread: true, cond }] if self.arena.is_of_loop(*cond) => {
                    self.loaded_at(*value, documents, depth + 1)
                }
                _ => None,
            },
            Node::Call { callee, args, .. } => {
                // doc.items.id(itemId); doc.scores.get(game) of a map
                let Node::Member(array, name) = self.arena.node(callee).clone() else { return None };
                let is_of_map = self.arena.text(name) == "get"
                    && args.len() == 1
                    && matches!(self.arena.node(array), Node::Member(..));
                if self.arena.text(name) != "id" && !is_of_map {
                    return None;
                }
                let (root, mut path, read) = self.loaded_at(array, documents, depth + 1)?;
                if is_of_map && path.is_empty() {
                    return None;
                }
                path.push("*".to_owned());
                Some((root, path, read))
            }
            Node::OneOf(alternatives) => {
                alternatives.into_iter().find_map(|(_, v)| self.loaded_at(v, documents, depth + 1))
            }
            _ => None,
        }
    }

    /// Whether the old driver gives the document of a call under `value`; one that has such a field of its own is asked for it.
    fn is_under_value(&mut self, read: &DbCall) -> bool {
        let gives = read.method.starts_with("findOneAnd") || read.method == "findAndModify";
        let mut fields = Vec::new();
        if let Some(payload) = read.payload.filter(|_| gives) {
            self.update_fields(payload, C::TRUE, read.site, &mut fields);
        }
        gives && fields.iter().all(|field| field.top() != "value")
    }

    /// How many documents an update has found, where it makes none.
    pub(super) fn is_matched_count(&mut self, value: V) -> bool {
        let Node::Member(result, key) = self.arena.node(value).clone() else { return false };
        matches!(self.arena.text(key), "matchedCount" | "n")
            && self.read_of(result).is_some_and(|read| {
                read.action == Action::Update
                    && !read.options.is_some_and(|options| self.option_is_true(options, "upsert"))
            })
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
        if depth > limits::ORIGIN_DEPTH || seen.len() > limits::ORIGIN_NODES || seen.contains(&value) {
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
        self.collect_equalities(filter, 0, &mut FxHashSet::default(), &mut keys);
        keys
    }

    fn collect_equalities(&self, filter: V, depth: u32, seen: &mut FxHashSet<V>, keys: &mut Vec<(String, V)>) {
        // A part that stands in many places says the same in each.
        if depth > limits::FILTER_DEPTH || !seen.insert(filter) {
            return;
        }
        match self.arena.node(filter) {
            Node::Object(entries) => {
                for entry in entries {
                    let Key::Name(name) = entry.key else { continue };
                    match self.arena.text(name) {
                        "$and" | "$or" => {
                            if let Node::Array(items) = self.arena.node(entry.value) {
                                items
                                    .iter()
                                    .for_each(|item| self.collect_equalities(item.value, depth + 1, seen, keys));
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
                alternatives.iter().for_each(|(_, v)| self.collect_equalities(*v, depth + 1, seen, keys))
            }
            _ => {}
        }
    }

    /// The equalities by which a count or a list is read, of fields of the documents themselves.
    pub fn counted_by(&mut self, value: V) -> Vec<(String, V)> {
        let filter = self.read_of(value).and_then(|read| read.filter);
        let mut keys = filter.map(|filter| self.equalities(filter)).unwrap_or_default();
        keys.retain(|(name, _)| !name.contains('.') && name != "_id");
        keys
    }

    /// The fields that a filter asks for any value of a list that comes from elsewhere: `{ trips: { $in: trips } }`.
    pub fn listed_fields(&mut self, filter: V) -> Vec<(String, V)> {
        let Node::Object(entries) = self.arena.node(filter).clone() else { return Vec::new() };
        let operator = self.arena.sym("$in");
        let mut fields = Vec::new();
        for entry in entries {
            let (Key::Name(name), Some(list)) = (entry.key, self.arena.member_of(entry.value, operator)) else {
                continue;
            };
            if !matches!(self.arena.node(list), Node::Array(_)) {
                fields.push((self.arena.text(name).to_owned(), list));
            }
        }
        fields
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
            Key::Name(name) if self.arena.text(name) == "$in" => match self.arena.node(entry.value) {
                Node::Array(items) if items.len() == 1 => items.first().map(|item| item.value),
                _ => None,
            },
            _ => None,
        })
    }

    /// Whether two filters can be about different documents for sure: the same key with two values that differ.
    pub fn different_documents(&self, a: V, b: V) -> bool {
        let (left, right) = (self.equalities(a), self.equalities(b));
        left.iter().any(|(key, value)| {
            key == "_id"
                && right
                    .iter()
                    .any(|(k, v)| k == key && !self.same_value(*value, *v) && !self.is_same_identity(*value, *v))
        })
    }

    /// Whether two values are the identity of one document: `user.id` and `user._id`.
    fn is_same_identity(&self, a: V, b: V) -> bool {
        let document = |value: V| match self.arena.node(self.bare(value)) {
            Node::Member(object, name) if matches!(self.arena.text(*name), "_id" | "id") => Some(*object),
            _ => None,
        };
        document(a).is_some_and(|own| document(b) == Some(own))
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
            // A document from outside: { _id: req.user._id }, and not what it names: { _id: req.user.team }
            let is_id = |name: &str| matches!(name, "_id" | "id");
            return filter.is_some_and(|filter| {
                self.equalities(filter).iter().any(|(key, value)| {
                    let path = self.path_from(self.bare_if_there(*value), root).unwrap_or_default();
                    matches!(path.as_slice(), [own] if own == key || is_id(own) && is_id(key))
                })
            });
        };
        if !read.handle.same(handle) {
            return false;
        }
        // Another copy of the document, read again before it is saved.
        let filter =
            filter.or_else(|| document.and_then(|document| self.read_of(document)).and_then(|read| read.filter));
        match (read.filter, filter) {
            (Some(a), Some(b)) => {
                a == b || self.identify_one(a, b, root) || self.is_one_of_read(read, a, b) || self.is_of_each(b, root)
            }
            _ => document.is_none() || self.is_element_of(document, root),
        }
    }

    /// Whether two filters name the same document: a key with the same value in both, or a value of the loaded document.
    /// A check of the caller's own account before a write to another one shares no key.
    fn identify_one(&self, read: V, write: V, root: V) -> bool {
        let (left, right) = (self.equalities(read), self.equalities(write));
        // { _id: doc._id } of the document that was read, by whatever conditions
        if right.iter().any(|(key, value)| key == "_id" && self.path_from(self.bare_if_there(*value), root).is_some()) {
            return true;
        }
        if left.is_empty() || right.is_empty() {
            return left.is_empty() && right.is_empty() || !self.is_known_object(read) || !self.is_known_object(write);
        }
        right.iter().any(|(key, value)| {
            let bare = self.bare_if_there(*value);
            self.path_from(bare, root).is_some()
                || left.iter().any(|(k, v)| {
                    let is_other_key = (k == "_id") != (key == "_id");
                    (k == key || (k.ends_with("id") && key.ends_with("id")) || is_other_key)
                        && (self.same_value(*v, *value)
                            || is_other_key && self.same_value(self.spelled_alike(*v), self.spelled_alike(*value)))
                })
        }) || left.iter().any(|(key, value)| {
            key == "_id" && right.iter().any(|(k, v)| k == key && self.is_same_identity(*value, *v))
        })
    }

    /// Whether a write names one of the documents that were read by a list of keys: `{ sku: { $in: lines.map((l) => l.sku) } }`
    /// and `{ sku: line.sku }`.
    fn is_one_of_read(&mut self, read: &DbCall, listed: V, write: V) -> bool {
        let among = self.arena.sym("$in");
        read.action == Action::FindMany
            && self.equalities(write).into_iter().any(|(key, value)| {
                let key = self.arena.sym(&key);
                let list = self.arena.member_of(listed, key).and_then(|test| self.arena.member_of(test, among));
                list.is_some_and(|list| match *self.arena.node(list) {
                    Node::Mapped(_, element) => self.same_value(element, value),
                    _ => matches!(*self.arena.node(self.bare(value)), Node::Element(of) if of == list),
                })
            })
    }

    /// Whether a write names documents that were read, all of them or those that were picked:
    /// `{ _id: { $in: orders.map((order) => order._id) } }`
    fn is_of_each(&mut self, write: V, root: V) -> bool {
        let (id, among) = (self.arena.sym("_id"), self.arena.sym("$in"));
        let listed = self.arena.member_of(write, id).and_then(|test| self.arena.member_of(test, among));
        let is_of_one = |value: V| self.path_from(self.bare_if_there(value), root).is_some();
        listed.is_some_and(|list| match self.arena.node(list) {
            Node::Mapped(_, element) => is_of_one(*element),
            Node::Array(items) => {
                !items.is_empty()
                    && items
                        .iter()
                        .all(|item| self.arena.alternatives(item.value).into_iter().all(|(_, value)| is_of_one(value)))
            }
            _ => false,
        })
    }

    /// What a key is a spelling of: `name` of `name.trim().toLowerCase()`.
    fn spelled_alike(&self, value: V) -> V {
        match self.arena.node(self.bare(value)) {
            Node::Derived(op, operands)
                if matches!(self.arena.text(*op), "toLowerCase" | "toUpperCase" | "trim" | "normalize") =>
            {
                operands.first().map_or(value, |inner| self.spelled_alike(*inner))
            }
            _ => value,
        }
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
