//! Truth: whether a value is truthy under a condition, and whether two conditions exclude each other.
//!
//! Input: conditions and values. Output: true, false or undecided; each question has a bounded amount of work.
//! Must not know: syntax, MongoDB.

use super::{Arena, Atom, C, Coercion, Compare, Node, V};
use crate::limits;

impl Arena {
    /// Whether a value is truthy under a condition; `None` when that is not decided.
    pub fn truth(&self, cond: C, value: V) -> Option<bool> {
        // What has no parts that could decide is known as fast as it is looked up.
        if !self.has_deciding_parts(value) {
            return self.truth_of_leaf(cond, value);
        }
        let find = || {
            self.fuel.set(limits::TRUTH_NODES);
            let atoms = self.atoms(cond);
            self.truth_under(&atoms, value, 0)
        };
        match cond == C::TRUE {
            true => find(),
            false => self.remembered(&self.memo.truth, (cond, value), find),
        }
    }

    /// The same of a value without deciding parts: an atom of the condition says it, or what it is. It takes the work that
    /// [`Arena::truth_under`] takes for it.
    fn truth_of_leaf(&self, cond: C, value: V) -> Option<bool> {
        let mut atoms = self.chain(cond);
        self.spend(1 + u64::from(self.count(cond)) / 8);
        match atoms.find(|atom| atom.value == value) {
            Some(atom) => Some(atom.holds),
            None => self.own_truth(self.node(value)),
        }
    }

    /// Whether a value that has no deciding parts is truthy whatever holds.
    fn own_truth(&self, node: &Node) -> Option<bool> {
        match node {
            Node::Undefined | Node::Null => Some(false),
            Node::Bool(b) => Some(*b),
            Node::Num(bits) => {
                let n = f64::from_bits(*bits);
                Some(n != 0.0 && !n.is_nan())
            }
            Node::Str(sym) => Some(!self.text(*sym).is_empty()),
            Node::Object(_)
            | Node::Array(_)
            | Node::Cell(_)
            | Node::Func(_)
            | Node::Class(_)
            | Node::Instance(_)
            | Node::Fresh(..)
            | Node::New { .. }
            | Node::Mapped(..)
            | Node::Coerce(Coercion::ObjectId, _) => Some(true),
            _ => None,
        }
    }

    /// Whether a condition holds wherever another one does, as far as that is decided.
    pub fn holds_under(&self, cond: C, under: C) -> bool {
        cond == C::TRUE
            || cond == under
            || self.chain(cond).all(|atom| self.truth(under, atom.value) == Some(atom.holds))
    }

    /// Whether a value has parts that could decide its truth.
    fn has_deciding_parts(&self, value: V) -> bool {
        matches!(
            self.peek(value),
            Node::Not(_)
                | Node::Coerce(Coercion::Bool | Coercion::Copy, _)
                | Node::And(_)
                | Node::Or(_)
                | Node::Nullish(_)
                | Node::Compare(Compare::Equal, ..)
                | Node::OneOf(_)
        )
    }

    /// Whether a value is truthy where these atoms hold.
    pub fn truth_given(&self, atoms: &[Atom], value: V) -> Option<bool> {
        self.fuel.set(limits::TRUTH_NODES);
        self.truth_under(atoms, value, 0)
    }

    pub(super) fn truth_under(&self, atoms: &[Atom], value: V, depth: u32) -> Option<bool> {
        let fuel = self.fuel.get();
        if depth > limits::TRUTH_DEPTH || fuel == 0 {
            return None;
        }
        self.fuel.set(fuel - 1);
        self.spend(1 + atoms.len() as u64 / 8);
        if let Some(atom) = atoms.iter().find(|atom| atom.value == value) {
            return Some(atom.holds);
        }
        match self.node(value) {
            Node::Not(inner) => self.truth_under(atoms, *inner, depth + 1).map(|b| !b),
            Node::Coerce(Coercion::Bool | Coercion::Copy, inner) => self.truth_under(atoms, *inner, depth + 1),
            Node::And(parts) => self.joined_under(atoms, parts, false, depth),
            Node::Or(parts) => self.joined_under(atoms, parts, true, depth),
            Node::Nullish(inner) => self.nullish_under(atoms, *inner, depth + 1),
            Node::Compare(Compare::Equal, a, b) => self.equal_under(atoms, *a, *b, depth + 1),
            Node::OneOf(alternatives) => {
                self.agreed(atoms, alternatives, depth, |both, v| self.truth_under(both, v, depth + 1))
            }
            node => self.own_truth(node),
        }
    }

    /// Whether parts hold together, of which one that is as `deciding` says decides alone. All are asked, so that the work for it does not depend on
    /// their order.
    fn joined_under(&self, atoms: &[Atom], parts: &[V], deciding: bool, depth: u32) -> Option<bool> {
        let (mut is_decided, mut are_known) = (false, true);
        for part in parts {
            let truth = self.truth_under(atoms, *part, depth + 1);
            is_decided |= truth == Some(deciding);
            are_known &= truth.is_some();
        }
        match is_decided {
            true => Some(deciding),
            false => are_known.then_some(!deciding),
        }
    }

    /// What a question answers for every alternative that the atoms allow; undecided where two differ.
    fn agreed(
        &self,
        atoms: &[Atom],
        alternatives: &[(C, V)],
        depth: u32,
        ask: impl Fn(&[Atom], V) -> Option<bool>,
    ) -> Option<bool> {
        let mut result = None;
        for (c, v) in alternatives {
            if self.refuted(atoms, *c, depth + 1) {
                continue;
            }
            let mut both = self.atoms(*c);
            let own = both.len();
            both.extend_from_slice(atoms);
            let answer = ask(&both, *v)?;
            if result.is_some_and(|r| r != answer) {
                return None;
            }
            result = Some(answer);
            if both.iter().take(own).all(|atom| self.truth_under(atoms, atom.value, depth + 1) == Some(atom.holds)) {
                break;
            }
        }
        result
    }

    fn nullish_under(&self, atoms: &[Atom], value: V, depth: u32) -> Option<bool> {
        match self.node(value) {
            Node::Undefined | Node::Null => Some(true),
            Node::Str(_)
            | Node::Num(_)
            | Node::Bool(_)
            | Node::Object(_)
            | Node::Array(_)
            | Node::Fresh(..)
            | Node::Template(_) => Some(false),
            // let index = position; if (first) index = 0; … index !== null
            Node::OneOf(alternatives) if depth <= limits::TRUTH_DEPTH => {
                self.agreed(atoms, alternatives, depth, |both, v| self.nullish_under(both, v, depth + 1))
            }
            _ => match self.truth_under(atoms, value, depth) {
                Some(true) => Some(false),
                _ => None,
            },
        }
    }

    fn equal_under(&self, atoms: &[Atom], a: V, b: V, depth: u32) -> Option<bool> {
        if a == b {
            return Some(true);
        }
        if self.is_literal(a) && self.is_literal(b) {
            return Some(false);
        }
        // x === 'a' is false where x === 'b' holds.
        for atom in atoms.iter().filter(|atom| atom.holds) {
            if let Node::Compare(Compare::Equal, x, y) = self.node(atom.value)
                && *x == a
                && *y != b
                && self.is_literal(*y)
                && self.is_literal(b)
            {
                return Some(false);
            }
        }
        match self.node(a) {
            // let kind = 'image'; if (merged) kind = 'merge'; … kind === 'merge'
            Node::OneOf(alternatives) if depth <= limits::TRUTH_DEPTH && self.is_literal(b) => {
                self.agreed(atoms, alternatives, depth, |both, v| self.equal_under(both, v, b, depth + 1))
            }
            _ => None,
        }
    }

    pub fn is_function(&self, value: V) -> bool {
        matches!(self.node(value), Node::Func(_))
    }

    pub fn is_literal(&self, value: V) -> bool {
        matches!(self.node(value), Node::Undefined | Node::Null | Node::Bool(_) | Node::Num(_) | Node::Str(_))
    }

    /// Whether a value is known to be none: `undefined`, `null`.
    pub fn is_nothing(&self, value: V) -> bool {
        matches!(self.node(value), Node::Undefined | Node::Null)
    }

    fn refuted(&self, atoms: &[Atom], cond: C, depth: u32) -> bool {
        cond == C::FALSE
            || self.chain(cond).any(|atom| self.truth_under(atoms, atom.value, depth).is_some_and(|t| t != atom.holds))
    }

    /// Whether two conditions cannot both hold: one holds the negation of the other's atom.
    pub fn conflict(&self, left: C, right: C) -> bool {
        self.conflict_within(limits::PAIR_NODES, left, right)
    }

    fn conflict_within(&self, fuel: u32, left: C, right: C) -> bool {
        self.fuel.set(fuel);
        if left == C::FALSE || right == C::FALSE {
            return true;
        }
        let l = self.atoms(left);
        self.refuted(&l, right, 0) || {
            let r = self.atoms(right);
            self.refuted(&r, left, 0)
        }
    }

    /// The value with only the alternatives that a condition allows.
    pub fn narrow(&mut self, cond: C, value: V) -> V {
        match self.node(value) {
            Node::OneOf(alternatives) => {
                let alternatives = alternatives.clone();
                let kept: Vec<_> = alternatives
                    .into_iter()
                    .filter(|(c, _)| !self.conflict_within(limits::TRUTH_NODES, cond, *c))
                    .collect();
                self.one_of(kept)
            }
            _ => value,
        }
    }
}
