//! What guarded appends store where their guards look.
//!
//! Input: a guarded append and a path inside of its elements. Output: the value there. Must not know: other writes.

use super::appended::elements;
use super::context::Context;
use super::guarded::GuardedAppend;
use crate::value::{Arena, C, Key, Node, Sym, V};

/// What an appended element has at the place of a guard's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    Value(V),
    /// On every path to the append the element has no such field.
    Missing,
    /// The element is not known well enough to say.
    Unknown,
}

impl Context<'_> {
    /// What the elements of an append store at a path inside the element.
    pub fn stored(&mut self, append: &GuardedAppend, path: &str) -> Vec<Stored> {
        let elements = elements(self.project, append.field.value);
        elements.into_iter().map(|element| self.stored_at(element, path, append.cond)).collect()
    }

    fn stored_at(&mut self, element: V, path: &str, cond: C) -> Stored {
        if path.is_empty() {
            return Stored::Value(element);
        }
        let mut at = element;
        for name in path.split('.') {
            let name = self.project.arena.sym(name);
            match self.part(at, name, cond) {
                Stored::Value(value) => at = value,
                other => return other,
            }
        }
        Stored::Value(at)
    }

    fn part(&mut self, object: V, name: Sym, cond: C) -> Stored {
        let mut found = None;
        for (c, alternative) in self.project.arena.alternatives(object) {
            let both = self.project.arena.and(cond, c);
            if both == C::FALSE {
                continue;
            }
            if !self.is_closed_object(alternative) {
                return Stored::Unknown;
            }
            let value = self.project.arena.member(alternative, name);
            let value = self.project.arena.narrow(both, value);
            match found {
                None => found = Some(value),
                Some(known) if known == value => {}
                Some(_) => return Stored::Unknown,
            }
        }
        match found {
            None => Stored::Unknown,
            Some(Arena::UNDEFINED) if !self.names(object, name) => Stored::Missing,
            Some(value) => Stored::Value(value),
        }
    }

    /// Whether an object or an alternative of it has the property, be it undefined.
    fn names(&self, object: V, name: Sym) -> bool {
        self.project.arena.alternatives(object).iter().any(|(_, alternative)| {
            matches!(self.project.arena.node(*alternative), Node::Object(entries)
                if entries.iter().any(|entry| entry.key == Key::Name(name)))
        })
    }

    /// An object all of whose properties are known.
    fn is_closed_object(&self, value: V) -> bool {
        match self.project.arena.node(value) {
            Node::Object(entries) => entries.iter().all(|entry| matches!(entry.key, Key::Name(_))),
            _ => false,
        }
    }
}
