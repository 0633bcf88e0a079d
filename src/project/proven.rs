//! What use shows of a value: that it is a collection, and what a dictionary keeps under its keys.
//!
//! `beds.find(filter).toArray()` and `beds.updateOne(filter, { $set: … })` show that `beds` is a collection, wherever it
//! came from, so that `beds.find(…)` and `beds.insert(…)` are calls of the database too.
//!
//! Input: the summaries. Output: tables. Must not know: rules.

use super::handle::Handle;
use super::link::{Op, Project};
use super::mongo::is_driver_only;
use crate::facts::EffectKind;
use crate::limits;
use crate::value::{FnRef, Node, V};

impl Project {
    /// Reads what the summaries show.
    pub(super) fn link_proven(&mut self) {
        for at in 0..self.functions.len() {
            self.within(FnRef(at as u32), |project| project.prove_by_use(at));
        }
    }

    fn prove_by_use(&mut self, at: usize) {
        let cursors = self.functions.get(at).map(|function| function.cursors.clone()).unwrap_or_default();
        for value in cursors {
            let value = self.linked(value);
            self.prove(value);
        }
        let calls: Vec<V> = self.steps_of(FnRef(at as u32)).iter().filter_map(|s| self.shown(&s.op)).collect();
        for value in calls {
            self.prove(value);
        }
        self.note_kept(at);
    }

    /// The receiver of a call that only a collection has.
    fn shown(&self, op: &Op) -> Option<V> {
        let Op::Call { recv: Some(recv), name: Some(name), args, .. } = op else { return None };
        let operands = match self.arena.text(*name) {
            "update" => args.get(1).is_some_and(|update| self.has_operator(*update)),
            name => is_driver_only(name, args.len()),
        };
        let known =
            args.first().is_some_and(|first| matches!(self.arena.node(*first), Node::Object(_) | Node::Array(_)));
        (operands && known && !args.iter().any(|arg| self.is_other_library(*arg))).then_some(*recv)
    }

    fn prove(&mut self, value: V) {
        let is_thing = matches!(
            self.arena.node(value),
            Node::Param(..) | Node::Member(..) | Node::Call { .. } | Node::Index(..) | Node::Import { .. }
        );
        if !is_thing || self.is_document(value) {
            return;
        }
        if let Node::Call { site, .. } = self.arena.node(value) {
            let site = self.base_site(*site);
            self.proven.givers.insert(site);
        }
        self.proven.collections.insert(value);
    }

    /// Whether use shows that a value is a collection.
    pub(super) fn is_proven(&self, value: V) -> bool {
        self.proven.collections.contains(&value)
            || match self.arena.node(value) {
                Node::Call { site, .. } => self.proven.givers.contains(&self.base_site(*site)),
                Node::This(func) => self.models.is_static_of_many(*func),
                _ => false,
            }
    }

    /// `cache[key] = value`
    fn note_kept(&mut self, at: usize) {
        let Some(function) = self.functions.get(at) else { return };
        let stored: Vec<(V, V)> = function
            .effects
            .iter()
            .filter_map(|effect| match &effect.kind {
                EffectKind::Assign { object, key: None, value } => Some((*object, *value)),
                EffectKind::Call { recv: Some(recv), name: Some(name), args, .. }
                    if self.arena.text(*name) == "set" && args.len() == 2 =>
                {
                    Some((*recv, *args.get(1)?))
                }
                _ => None,
            })
            .collect();
        for (object, value) in stored {
            let (object, value) = (self.linked(object), self.linked(value));
            let kept = self.proven.kept.entry(object).or_default();
            if kept.len() < limits::HANDLE_CALLS && !kept.contains(&value) {
                kept.push(value);
            }
        }
    }

    /// What a dictionary keeps: `cache[key]`, `cache[key].part`, `cache.get(key)`.
    fn kept(&mut self, value: V, depth: u32) -> Vec<V> {
        if depth > limits::KEPT_DEPTH {
            return Vec::new();
        }
        match self.arena.node(value).clone() {
            Node::Member(inner, key) => {
                let inner = self.kept(inner, depth + 1);
                inner.into_iter().map(|inner| self.member(inner, key)).collect()
            }
            Node::Index(dictionary, _) => self.proven.kept.get(&dictionary).cloned().unwrap_or_default(),
            Node::Call { callee, .. } => match *self.arena.node(callee) {
                Node::Member(dictionary, name) if self.arena.text(name) == "get" => {
                    self.proven.kept.get(&dictionary).cloned().unwrap_or_default()
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The collection of a document that a dictionary keeps, where all that it keeps there are of one.
    pub(super) fn kept_handle(&mut self, document: V) -> Option<Handle> {
        let mut found: Option<Handle> = None;
        for value in self.kept(document, 0) {
            let Some(read) = self.read_of(value) else { continue };
            if found.get_or_insert_with(|| read.handle.clone()) != &read.handle {
                return None;
            }
        }
        found
    }
}
