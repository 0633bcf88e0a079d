//! Hints from writes: what is stored in the fields of a collection.
//!
//! Input: an operator, its path and value. Output: marks on the shape of its collection. Must not know: filters.

use super::collect::Collector;
use super::hints::Hint;
use crate::value::{Freshness, Key, Node, V};

impl Collector<'_> {
    /// `$set: { [`counts.${name}`]: n }`
    pub(super) fn named_at_run_time(&mut self, collection: u32, path: &[String]) {
        let Some([parents @ .., _]) = path.iter().position(|part| part == "*").and_then(|at| path.get(..=at)) else {
            return;
        };
        if let Some(shape) = self.hints.shapes.get_mut(collection as usize).filter(|_| !parents.is_empty()) {
            shape.at(parents).hint.is_map = true;
        }
    }

    /// A pushed element may be the one that was asked for.
    pub(super) fn pushed(&mut self, collection: u32, path: &[String], value: V) {
        let Some(shape) = self.hints.shapes.get_mut(collection as usize) else { return };
        let list = shape.at(path).clone();
        let mut pairs: Vec<(V, V)> = list.elements.iter().map(|asked| (value, *asked)).collect();
        if let Node::Object(entries) = self.node(value) {
            for entry in entries {
                let Key::Name(name) = entry.key else { continue };
                let asked = list.fields.get(self.project.arena.text(name)).map(|inner| inner.hint.values.clone());
                pairs.extend(asked.unwrap_or_default().into_iter().map(|asked| (entry.value, asked)));
            }
        }
        for (stored, asked) in pairs {
            if stored != asked && !self.project.arena.is_literal(stored) {
                self.compared(stored, asked);
            }
        }
    }

    pub(super) fn taken_from(&mut self, collection: u32, path: &[String]) {
        if let Some(shape) = self.hints.shapes.get_mut(collection as usize) {
            shape.at(path).hint.is_taken_from = true;
        }
    }

    /// A new document, or the object that is spread in it.
    pub(super) fn inserted(&mut self, collection: u32, payload: V) {
        let spread: Vec<V> = match self.project.arena.peek(payload) {
            Node::Object(entries) => {
                entries.iter().filter(|entry| entry.key == Key::Spread).map(|entry| entry.value).collect()
            }
            _ => vec![payload],
        };
        spread.into_iter().for_each(|brought| self.stored(collection, &[], brought, true));
    }

    /// An object that a request brings and that is stored has the fields that the code asks of what is stored there.
    pub(super) fn stored(&mut self, collection: u32, path: &[String], value: V, is_new: bool) {
        if !matches!(self.project.arena.peek(value), Node::Param(..) | Node::Member(..)) {
            return;
        }
        let Some(shape) = self.hints.shapes.get_mut(collection as usize) else { return };
        let fields: Vec<(String, Hint)> =
            shape.at(path).fields.iter().map(|(name, inner)| (name.clone(), inner.hint.clone())).collect();
        for (name, hint) in fields {
            let key = self.project.arena.sym(&name);
            let member = self.project.arena.member(value, key);
            let members = self.hints.members.entry(value).or_default();
            if members.iter().all(|(known, _)| *known != name) {
                members.push((name, member));
            }
            let own = self.hints.values.entry(member).or_default();
            own.is_number |= hint.is_number;
            own.is_time |= hint.is_time;
            own.is_bool |= hint.is_bool;
            // A new document that is brought whole has what the searches before it ask for.
            if is_new {
                own.first = hint.values.first().copied();
                hint.values.iter().for_each(|asked| self.compared(member, *asked));
            }
        }
    }

    pub(super) fn change(&mut self, collection: u32, path: &[String], operator: &str, value: V, is_new: bool) {
        let is_number = matches!(operator, "$inc" | "$mul" | "$min" | "$max");
        if is_number {
            self.numeric(value, false, 0);
        }
        let is_list = matches!(operator, "$push" | "$addToSet" | "$pull" | "$pullAll" | "$pop" | "splice");
        let node = self.node(value);
        if path.iter().any(|part| part.is_empty() || part == "...") {
            return;
        }
        // A new document has what the searches before it ask for.
        if is_new && !self.project.arena.is_literal(value) {
            let asked = self.hints.shapes.get_mut(collection as usize).map(|shape| shape.at(path).hint.values.clone());
            for asked in asked.unwrap_or_default() {
                self.compared(value, asked);
            }
        }
        self.stored(collection, path, value, false);
        if matches!(operator, "$push" | "$addToSet") {
            self.pushed(collection, path, value);
        }
        let Some(shape) = self.hints.shapes.get_mut(collection as usize) else { return };
        let shape = shape.at(path);
        if operator == "$pull" {
            shape.pulled.push(value);
        }
        shape.hint.is_number |= is_number || matches!(node, Node::Num(_));
        shape.hint.is_list |= is_list || matches!(node, Node::Array(_) | Node::Mapped(..));
        shape.hint.is_bool |= matches!(node, Node::Bool(_));
        shape.hint.is_time |= matches!(node, Node::Fresh(Freshness::Time, _));
        let is_literal = matches!(node, Node::Num(_) | Node::Bool(_) | Node::Str(_));
        if !is_new && is_literal && !shape.hint.values.contains(&value) {
            shape.hint.values.push(value);
        }
    }
}
