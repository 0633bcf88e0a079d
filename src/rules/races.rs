//! Races: whether something keeps two callers apart: a session, a claim, a version.
//!
//! Input: checks and writes of a trace. Output: what decides that there is no race. Must not know: formats.

use super::context::{Context, Trace};
use crate::project::checks::Check;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{C, Node, V};

impl Context<'_> {
    /// Whether a read and a write carry the same session, so that there is no race between them.
    pub fn same_session(&mut self, trace: &Trace, check: &Check, write: &Write) -> bool {
        let Some(session) = write.session else { return false };
        if check.read.is_none() {
            return true;
        }
        self.project.read_session(&trace.steps, check.root) == Some(session)
    }

    /// Whether the filter repeats a loaded value of a field that the write itself changes: a version under any name.
    pub fn is_fenced(&mut self, write: &Write) -> bool {
        let Some(filter) = write.filter else { return false };
        let equalities = self.project.equalities(filter);
        equalities.into_iter().any(|(name, value)| {
            name != "_id"
                && write.fields.iter().any(|field| field.path == name)
                && self.project.loaded(value, &[]).is_some_and(|(_, path, _)| path.join(".") == name)
        })
    }

    /// Whether a claim was won before the write: the result of an update whose filter carries a condition decides it,
    /// or an insert under a unique key whose E11000 is caught.
    pub fn is_claimed(&mut self, trace: &Trace, write: &Write) -> bool {
        let leaves = self.project.leaves(write.cond);
        for leaf in leaves {
            if !self.says_success(leaf.value, leaf.holds) {
                continue;
            }
            if let Some(claim) = self.write_result(trace, leaf.value)
                && claim.step < write.step
                && self.is_conditional(&claim)
            {
                return true;
            }
        }
        trace.writes.iter().any(|earlier| {
            earlier.step < write.step
                && earlier.kind == WriteKind::Insert
                && self.always_before(earlier.cond, write.cond)
                && trace.steps.get(earlier.step).is_some_and(|step| step.duplicate_key_caught)
                && !self.schemas.unique.of(&earlier.handle).is_empty()
        })
    }

    /// Whether everything that the earlier step needs holds on the path of the later one.
    fn always_before(&self, earlier: C, later: C) -> bool {
        let arena = &self.project.arena;
        arena.atoms(earlier).iter().all(|atom| arena.truth(later, atom.value) == Some(atom.holds))
    }

    /// Whether a condition on a write's result holds when the write matched: `result`, `modifiedCount === 1`,
    /// `!(matchedCount === 0)`.
    fn says_success(&self, value: V, holds: bool) -> bool {
        use crate::value::Compare;
        let arena = &self.project.arena;
        let number = |v: V| match arena.node(v) {
            Node::Num(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        };
        match arena.node(value) {
            Node::Nullish(_) => !holds,
            Node::Compare(Compare::Equal, _, n) => number(*n).is_none_or(|n| (n > 0.0) == holds),
            Node::Compare(Compare::Less, a, b) => match (number(*a), number(*b)) {
                (Some(_), _) => holds,
                (_, Some(_)) => !holds,
                _ => holds,
            },
            _ => holds,
        }
    }

    /// The write whose result a value is made from.
    fn write_result(&mut self, trace: &Trace, value: V) -> Option<Write> {
        let mut at = vec![value];
        let mut seen = 0;
        while let Some(value) = at.pop() {
            seen += 1;
            if seen > 40 {
                return None;
            }
            if let Node::Call { site, .. } = self.project.arena.node(value)
                && let Some(write) = trace.writes.iter().find(|write| write.site == *site)
            {
                return Some(write.clone());
            }
            let node = self.project.arena.node(value).clone();
            if matches!(
                node,
                Node::Member(..)
                    | Node::Compare(..)
                    | Node::Nullish(_)
                    | Node::OneOf(_)
                    | Node::Coerce(..)
                    | Node::Derived(..)
            ) {
                at.extend(crate::value::children(&node));
            }
        }
        None
    }

    /// Whether a write's filter holds more than identity: an operator or a literal.
    fn is_conditional(&mut self, write: &Write) -> bool {
        let Some(filter) = write.filter else { return write.kind == WriteKind::Insert };
        let parsed = self.project.filters(filter, "", write.cond);
        parsed.iter().any(|(_, filter)| {
            filter.open
                || !filter.guards.is_empty()
                || filter.fields.iter().any(|(name, value)| {
                    name != "_id"
                        && (matches!(
                            self.project.arena.node(*value),
                            Node::Object(_) | Node::Bool(_) | Node::Str(_) | Node::Null | Node::Num(_)
                        ) || write.fields.iter().any(|field| field.path == *name))
                })
        })
    }

    /// Whether Mongoose sends this field of a save with `__v` in the filter, so that the second of two saves fails: an
    /// array is re-assigned or spliced whenever the field is written.
    pub fn is_versioned(&self, write: &Write, field: &FieldWrite) -> bool {
        if write.kind != WriteKind::Save || self.schemas.is_unversioned(&write.handle) {
            return false;
        }
        if self.schemas.is_optimistic(&write.handle) {
            return true;
        }
        let always = |other: &FieldWrite| {
            self.project.arena.atoms(other.cond).iter().all(|atom| {
                self.project.arena.truth(field.cond, atom.value) == Some(atom.holds)
                    || self.project.arena.truth(write.cond, atom.value) == Some(atom.holds)
            })
        };
        write.fields.iter().any(|other| {
            (other.operator == "splice"
                || (other.operator == "$set" && !other.path.contains('*') && self.is_array_value(other.value)))
                && always(other)
        })
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
            _ => false,
        }
    }
}
