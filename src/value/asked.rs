//! Which values may decide which others, so that most are known not to before any is asked.
//!
//! Input: nodes, conditions. Output: sets of values. Must not know: what they decide.

use super::told::Told;
use super::{Arena, Atom, C, Coercion, Compare, Node, V};

impl Arena {
    /// The parts of a node that `Arena::truth_under` asks, and what these ask.
    pub(super) fn asked_by(&self, node: &Node) -> Told {
        match node {
            Node::Not(inner) | Node::Coerce(Coercion::Bool | Coercion::Copy, inner) | Node::Nullish(inner) => {
                self.asked_with(*inner)
            }
            Node::Compare(Compare::Equal, of, _) => self.asked_with(*of),
            Node::And(parts) | Node::Or(parts) => self.all_asked(parts.iter().map(|part| self.asked_with(*part))),
            Node::OneOf(alternatives) => self
                .all_asked(alternatives.iter().map(|(cond, value)| self.asked_in(*cond).and(self.asked_with(*value)))),
            _ => Told::default(),
        }
    }

    /// What a condition asks.
    fn asked_in(&self, cond: C) -> Told {
        self.extents.get(cond.0).map_or_else(Told::default, |extent| extent.asked)
    }

    /// A value, and what it asks.
    pub(super) fn asked_with(&self, value: V) -> Told {
        Told::of(value).and(self.asked_of(value))
    }

    /// What the truth of a value may follow from.
    pub(super) fn asked_of(&self, value: V) -> Told {
        self.shapes.get(value.0).map_or_else(Told::default, |shape| shape.asked)
    }

    fn all_asked(&self, parts: impl Iterator<Item = Told>) -> Told {
        parts.fold(Told::default(), Told::and)
    }

    /// What atoms say something of: whether it holds, and what a constant is compared with.
    pub(super) fn told_by(&self, atoms: &[Atom]) -> Told {
        self.all_asked(atoms.iter().map(|atom| match self.peek(atom.value) {
            Node::Compare(Compare::Equal, of, _) => Told::of(atom.value).and(Told::of(*of)),
            _ => Told::of(atom.value),
        }))
    }
}
