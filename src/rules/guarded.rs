//! The guarded appends of a function: what the filter of an append says about the array it appends to.
//!
//! Input: the writes of a trace. Output: one entry for each append and alternative of its filter that guards.
//! Must not know: rules, formats.

use super::context::{Context, appends};
use super::unguarded_push::elements;
use crate::project::guards::Guard;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{Arena, C, Key, Node, Sym, V};

/// A value that the filter says no element has.
#[derive(Clone, Debug)]
pub struct GuardKey {
    /// Path inside the element; empty for the element itself.
    pub field: String,
    pub value: V,
    /// The path condition under which the guard is in the filter.
    pub cond: C,
}

/// An append whose filter guards the array, on one of the paths to it.
#[derive(Clone, Debug)]
pub struct GuardedAppend {
    /// Index into the trace's writes.
    pub write: usize,
    pub field: FieldWrite,
    pub cond: C,
    /// Never empty.
    pub keys: Vec<GuardKey>,
}

/// The guarded appends of writes, in order.
pub fn collect(ctx: &mut Context<'_>, writes: &[Write]) -> Vec<GuardedAppend> {
    let mut found = Vec::new();
    for (at, write) in writes.iter().enumerate() {
        let Some(filter) = write.filter.filter(|_| write.kind == WriteKind::Update) else { continue };
        for field in appends(write) {
            let cond = ctx.project.arena.and(write.cond, field.cond);
            if cond == C::FALSE {
                continue;
            }
            for (cond, parsed) in ctx.project.filters(filter, &field.path, cond) {
                let mut keys = Vec::new();
                for (guard, cond) in &parsed.guards {
                    let Guard::Key(parts) = guard else { continue };
                    keys.extend(parts.iter().map(|(name, value)| GuardKey {
                        field: name.clone(),
                        value: *value,
                        cond: *cond,
                    }));
                }
                if !keys.is_empty() {
                    found.push(GuardedAppend { write: at, field: field.clone(), cond, keys });
                }
            }
        }
    }
    found
}

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
        let elements = elements(self, append.field.value);
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
