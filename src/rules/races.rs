//! Races: whether something keeps two callers apart: a claim, a version.
//!
//! Input: the writes of a trace. Output: what decides that there is no race. Must not know: formats.

use super::context::{Context, Trace};
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::claim::{Claim, claim};
use crate::race::refused::{Refusal, refusal};
use crate::race::relation::{Ground, Relation};
use crate::value::{C, Coercion, Compare, Node, V};
use rustc_hash::FxHashSet;

impl Context<'_> {
    /// Whether a claim was won before a write.
    pub fn claim(&mut self, trace: &Trace, write: &Write) -> Claim {
        claim(self.project, self.schemas, &trace.steps, &trace.writes, write)
    }

    /// What a claim before a write and the unique keys say of it, where nothing else decides it.
    pub fn claimed(&mut self, trace: &Trace, write: &Write) -> Relation {
        let claim = self.claim(trace, write);
        if claim == Claim::Won {
            return Relation::Yes(Ground::Claim);
        }
        match refusal(self.project, self.schemas, write, &trace.documents) {
            Refusal::Sure => Relation::Yes(Ground::Refused),
            refusal => Relation::No.doubted(claim == Claim::Unknown || refusal == Refusal::Perhaps),
        }
    }

    /// Whether Mongoose sends this field of a save with `__v` in the filter, so that the second of two saves fails: an
    /// array is re-assigned or spliced whenever the field is written.
    pub fn is_versioned(&self, write: &Write, field: &FieldWrite) -> bool {
        if write.kind != WriteKind::Save || self.schemas.is_unversioned(&write.handle) {
            return false;
        }
        if self.schemas.is_optimistic(&write.handle) || write.is_counted(&self.project.arena, field.cond) {
            return true;
        }
        let always = |other: &FieldWrite| {
            self.project.arena.atoms(other.cond).iter().all(|atom| {
                self.project.arena.truth(field.cond, atom.value) == Some(atom.holds)
                    || self.project.arena.truth(write.cond, atom.value) == Some(atom.holds)
            })
        };
        self.lists_set(write).into_iter().any(always)
    }

    /// The conditions under which a save is sent with `__v` in the filter.
    pub fn versions(&self, write: &Write) -> Vec<C> {
        if write.kind != WriteKind::Save || self.schemas.is_unversioned(&write.handle) {
            return Vec::new();
        }
        if self.schemas.is_optimistic(&write.handle) {
            return vec![C::TRUE];
        }
        let counts = write.fields.iter().filter(|field| field.counts_version());
        counts.chain(self.lists_set(write)).map(|field| field.cond).collect()
    }

    /// The fields of a write that are re-assigned or spliced as arrays, or sent with the whole list.
    fn lists_set<'w>(&self, write: &'w Write) -> Vec<&'w FieldWrite> {
        // What is pushed to is a list: doc.items.push(item), then doc.items = items.
        let appended: FxHashSet<&str> =
            write.fields.iter().filter(|own| own.is_append()).map(|own| own.path.as_str()).collect();
        let is_list = |set: &FieldWrite| self.is_array_value(set.value) || appended.contains(set.path.as_str());
        let is_set = |set: &FieldWrite| set.operator == "$set" && !set.path.contains('*') && is_list(set);
        // A list in a Mixed field is sent in an object, with all of the field.
        let is_inside = |own: &FieldWrite| own.path.contains('.') && self.schemas.is_mixed(&write.handle, own.top());
        let is_whole = |own: &FieldWrite| self.schemas.is_inside_mixed_element(&write.handle, &own.path);
        let is_sent = |own: &&FieldWrite| is_whole(own) || (own.operator == "splice" || is_set(own)) && !is_inside(own);
        write.fields.iter().filter(is_sent).collect()
    }

    /// Whether an index refuses what a comparison of the field with the new value may let through: `if (doc.name !== name && taken)`
    /// only spares a search, where names are unique.
    pub fn is_refused_by_index(&self, write: &Write, field: &FieldWrite, check: &Check) -> bool {
        let CheckKind::Field { test, .. } = &check.kind else { return false };
        let is_compared = match self.project.arena.node(*test) {
            Node::Compare(Compare::Equal, a, b) => {
                [*a, *b].into_iter().any(|side| self.project.same_value(side, field.value))
            }
            _ => false,
        };
        let alone = std::slice::from_ref(&field.path);
        is_compared && !self.project.arena.is_literal(field.value) && self.schemas.covers(&write.handle, alone)
    }

    /// Whether a value is surely an array.
    pub fn is_array_value(&self, value: V) -> bool {
        match self.project.arena.node(value) {
            Node::Array(_) | Node::Mapped(..) => true,
            Node::Query { method, .. } => {
                matches!(
                    self.project.arena.text(*method),
                    "filter" | "slice" | "sort" | "reverse" | "flat" | "toSorted" | "toSpliced"
                )
            }
            Node::OneOf(alternatives) => alternatives.iter().any(|(_, v)| self.is_array_value(*v)),
            // doc.cards.reduce((rest, card) => (card.old ? rest : [...rest, card]), [])
            Node::Derived(op, operands) if self.project.arena.text(*op) == "reduce" => {
                operands.last().is_some_and(|made| self.is_array_value(*made))
            }
            // Array.from(new Set(list))
            Node::Coerce(Coercion::Copy, inner) => self.is_set(*inner) || self.is_array_value(*inner),
            _ => false,
        }
    }

    fn is_set(&self, value: V) -> bool {
        match self.project.arena.node(value) {
            Node::New { callee, .. } => self.project.arena.is_global(*callee, "Set"),
            Node::OneOf(alternatives) => alternatives.iter().all(|(_, value)| self.is_set(*value)),
            _ => false,
        }
    }
}
