//! Conditions: conjunctions of atoms, how they are built, joined and read back as values.
//!
//! Input: values and conditions. Output: their identifiers. Must not know: syntax, MongoDB.

use super::{Arena, Atom, C, Coercion, Extent, Node, V};
use crate::limits::{self, Cut};

impl Arena {
    pub fn not(&mut self, value: V) -> V {
        match self.node(value) {
            Node::Not(inner) => {
                let inner = *inner;
                if self.is_boolean(inner) { inner } else { self.intern(Node::Coerce(Coercion::Bool, inner)) }
            }
            Node::Bool(b) => {
                let b = !*b;
                self.bool(b)
            }
            Node::Null | Node::Undefined => self.bool(true),
            Node::Or(parts) => {
                let parts = parts.clone();
                let negated = parts.into_iter().map(|part| self.not(part)).collect();
                self.all(negated)
            }
            _ => self.intern(Node::Not(value)),
        }
    }

    fn is_boolean(&self, value: V) -> bool {
        matches!(
            self.node(value),
            Node::Bool(_)
                | Node::Not(_)
                | Node::Compare(..)
                | Node::Nullish(_)
                | Node::Coerce(Coercion::Bool, _)
                | Node::Caught(_)
                | Node::Completed(_)
        )
    }

    /// `cond && value`
    pub fn assume(&mut self, cond: C, value: V, holds: bool) -> C {
        if cond == C::FALSE {
            return cond;
        }
        let value = self.as_condition(value);
        match self.node(value) {
            Node::Not(inner) => {
                let inner = *inner;
                self.assume(cond, inner, !holds)
            }
            Node::Coerce(Coercion::Bool, inner) => {
                let inner = *inner;
                self.assume(cond, inner, holds)
            }
            Node::And(parts) if holds => {
                let parts = parts.clone();
                parts.into_iter().fold(cond, |c, part| self.assume(c, part, true))
            }
            Node::Or(parts) if !holds => {
                let parts = parts.clone();
                parts.into_iter().fold(cond, |c, part| self.assume(c, part, false))
            }
            // if (a) return; if (a || b) …
            Node::Or(parts) if let Some(only) = self.only_open(cond, parts) => self.assume(cond, only, true),
            _ => match self.truth(cond, value) {
                Some(known) if known == holds => cond,
                Some(_) => C::FALSE,
                None => self.push_atom(cond, Atom { value, holds }),
            },
        }
    }

    /// The one of several parts that a condition does not refute; none where there are more.
    fn only_open(&self, cond: C, parts: &[V]) -> Option<V> {
        let mut open = parts.iter().filter(|part| self.truth(cond, **part) != Some(false));
        open.next().copied().filter(|_| open.next().is_none())
    }

    /// The value as a condition: alternatives that come from `&&`, `||`, `!` and `?:` on booleans become `And` and `Or`.
    pub fn as_condition(&mut self, value: V) -> V {
        match self.peek(value) {
            Node::OneOf(_) => {
                self.remembered_new(|memo| &memo.conditions, value, |arena| arena.choice_as_condition(value))
            }
            _ => {
                self.spend(1);
                value
            }
        }
    }

    fn choice_as_condition(&mut self, value: V) -> V {
        let Some((own, then, otherwise)) = self.choice(value) else { return value };
        let (condition, then, otherwise) = match *self.node(own) {
            Node::Not(inner) => (inner, otherwise, then),
            _ => (own, then, otherwise),
        };
        let negated = self.not(condition);
        let (yes, no) = (self.truth(C::TRUE, then), self.truth(C::TRUE, otherwise));
        if then == condition || yes == Some(true) {
            let rest = self.part_as_condition(otherwise);
            self.any(vec![condition, rest])
        } else if otherwise == condition || no == Some(false) {
            let rest = self.part_as_condition(then);
            self.all(vec![condition, rest])
        } else if yes == Some(false) {
            let rest = self.part_as_condition(otherwise);
            self.all(vec![negated, rest])
        } else if no == Some(true) {
            let rest = self.part_as_condition(then);
            self.any(vec![negated, rest])
        } else if self.are_opposite(otherwise, condition) {
            let rest = self.part_as_condition(then);
            self.any(vec![otherwise, rest])
        } else {
            value
        }
    }

    /// One of two alternatives as a condition: `doc ? convert(doc) : null` is one on `doc`.
    fn part_as_condition(&mut self, value: V) -> V {
        match self.is_literal(value).then(|| self.truth(C::TRUE, value)).flatten() {
            Some(holds) => self.bool(holds),
            None => self.as_condition(value),
        }
    }

    /// A value of several alternatives as `condition ? then : otherwise`.
    fn choice(&mut self, value: V) -> Option<(V, V, V)> {
        let Node::OneOf(alternatives) = self.node(value).clone() else { return None };
        if let [(c1, v1), (c2, v2)] = alternatives.as_slice() {
            let (first, second) = (self.cond_value(*c1), self.cond_value(*c2));
            return self.are_opposite(first, second).then_some((first, *v1, *v2));
        }
        // a && b && c: the alternatives of `a && b` stand beside `c`, each where `a && b` does not hold.
        for at in [0, alternatives.len().checked_sub(1)?] {
            let mut others = alternatives.clone();
            let (cond, then) = others.remove(at);
            let own = self.cond_value(cond);
            let rest: Option<Vec<(C, V)>> =
                others.into_iter().map(|(c, v)| Some((self.without_opposite(c, own)?, v))).collect();
            let Some(rest) = rest else { continue };
            let rest = self.one_of(rest);
            let otherwise = self.as_condition(rest);
            if !matches!(self.node(otherwise), Node::OneOf(_)) {
                return Some((own, then, otherwise));
            }
        }
        None
    }

    fn are_opposite(&mut self, a: V, b: V) -> bool {
        self.not(a) == b || self.not(b) == a
    }

    /// A condition without its atom that is the negation of a value; `None` when it has none.
    fn without_opposite(&mut self, cond: C, value: V) -> Option<C> {
        let mut atoms = self.atoms(cond);
        let at = atoms.iter().position(|atom| {
            let part = if atom.holds { atom.value } else { self.not(atom.value) };
            self.are_opposite(part, value)
        })?;
        atoms.remove(at);
        Some(atoms.into_iter().rev().fold(C::TRUE, |c, atom| self.push_atom(c, atom)))
    }

    pub(super) fn push_atom(&mut self, parent: C, atom: Atom) -> C {
        self.spend(1);
        let absent = match self.conds.find(&(parent, atom)) {
            Ok(at) => return C(at),
            Err(absent) => absent,
        };
        let outer = self.extents.get(parent.0).copied().unwrap_or_default();
        let shape = self.shapes.get(atom.value.0).copied().unwrap_or_default();
        let extent = Extent {
            atoms: outer.atoms + 1,
            depth: outer.depth.max(shape.depth),
            asked: outer.asked.and(self.asked_with(atom.value)),
        };
        if extent.atoms > limits::ATOMS {
            self.meter.cut(Cut::Branches);
            return parent;
        }
        let at = self.conds.add((parent, atom), absent);
        self.extents.push(extent);
        self.meter.keep(1);
        C(at)
    }

    /// The atoms of a condition, last first.
    pub fn atoms(&self, cond: C) -> Vec<Atom> {
        let mut atoms = Vec::with_capacity(usize::from(self.count(cond)));
        atoms.extend(self.chain(cond));
        atoms
    }

    /// The same, one after the other; the work for all is counted first.
    pub(super) fn chain(&self, cond: C) -> impl Iterator<Item = Atom> {
        self.spend(u64::from(self.count(cond)) + 1);
        let mut at = cond;
        std::iter::from_fn(move || {
            let (parent, atom) = self.cond(at).filter(|_| at.0 > 1)?;
            at = parent;
            Some(atom)
        })
    }

    /// How many atoms a condition has.
    pub(super) fn count(&self, cond: C) -> u16 {
        self.extents.get(cond.0).map_or(0, |extent| extent.atoms)
    }

    /// Both conditions; `FALSE` when they conflict.
    pub fn and(&mut self, left: C, right: C) -> C {
        if left == C::FALSE || right == C::FALSE {
            return C::FALSE;
        }
        if right == C::TRUE || left == right {
            return left;
        }
        if left == C::TRUE {
            return right;
        }
        self.remembered_new(
            |memo| &memo.conjunctions,
            (left, right),
            |arena| {
                let mut cond = left;
                for atom in arena.atoms(right).into_iter().rev() {
                    cond = arena.assume(cond, atom.value, atom.holds);
                }
                if arena.contradicts_itself(cond) { C::FALSE } else { cond }
            },
        )
    }

    /// `cond && value`, checked against every part of the condition.
    pub fn meet(&mut self, cond: C, value: V, holds: bool) -> C {
        let other = self.assume(C::TRUE, value, holds);
        self.and(cond, other)
    }

    /// Whether an atom is refuted by the others: `!(a && b)` beside `a` and `b`, `a === null` beside `a`.
    fn contradicts_itself(&self, cond: C) -> bool {
        self.remembered(&self.memo.contradictions, cond, || self.is_contradiction(cond))
    }

    fn is_contradiction(&self, cond: C) -> bool {
        let atoms = self.atoms(cond);
        let told = self.told_by(&atoms);
        let asked: Vec<Atom> = atoms.iter().filter(|atom| self.asked_of(atom.value).meets(told)).copied().collect();
        self.fuel.set(limits::TRUTH_NODES.max(limits::ATOM_NODES * atoms.len() as u32));
        let is_compound = |value: V| matches!(self.node(value), Node::And(_) | Node::Or(_) | Node::OneOf(_));
        let is_comparison = |value: V| matches!(self.node(value), Node::Nullish(_) | Node::Compare(..));
        self.is_refuted_among(&atoms, &asked, is_compound) || self.is_refuted_among(&atoms, &asked, is_comparison)
    }

    fn is_refuted_among(&self, all: &[Atom], asked: &[Atom], is_asked: impl Fn(V) -> bool) -> bool {
        let mut others: Vec<Atom> = Vec::with_capacity(all.len());
        asked.iter().filter(|atom| is_asked(atom.value)).any(|atom| {
            others.clear();
            others.extend(all.iter().filter(|other| other.value != atom.value));
            self.truth_under(&others, atom.value, 0).is_some_and(|truth| truth != atom.holds)
        })
    }

    /// The atoms of `inner` that `outer`, a prefix of it, does not have.
    pub fn since(&mut self, outer: C, inner: C) -> C {
        if inner == C::FALSE || outer == C::TRUE {
            return inner;
        }
        let mut rest = Vec::new();
        let mut cond = inner;
        while cond != outer && cond.0 > 1 {
            let Some((parent, atom)) = self.cond(cond) else { break };
            rest.push(atom);
            cond = parent;
        }
        rest.into_iter().rev().fold(C::TRUE, |c, atom| self.push_atom(c, atom))
    }

    /// The condition as a value.
    pub fn cond_value(&mut self, cond: C) -> V {
        if cond == C::FALSE {
            return self.bool(false);
        }
        let atoms = self.atoms(cond);
        let mut parts: Vec<V> = Vec::new();
        for atom in atoms.into_iter().rev() {
            parts.push(if atom.holds { atom.value } else { self.not(atom.value) });
        }
        self.all(parts)
    }

    pub fn all(&mut self, parts: Vec<V>) -> V {
        let mut flat: Vec<V> = Vec::new();
        for part in parts {
            match self.node(part) {
                Node::Bool(true) => {}
                Node::Bool(false) => return part,
                Node::And(inner) => flat.extend_from_slice(inner),
                _ => flat.push(part),
            }
            if flat.len() > limits::OPERANDS {
                return self.cut();
            }
        }
        match flat.as_slice() {
            [] => self.bool(true),
            [only] => *only,
            _ => self.intern(Node::And(flat)),
        }
    }

    /// The parts of a conjunction, of `!(a && b)` beside `a` only `!b`.
    pub fn told_apart(&mut self, parts: &[V]) -> Vec<V> {
        let mut told = parts.to_vec();
        for (own, part) in told.iter_mut().zip(parts) {
            if let Some(rest) = self.without_known(parts, *part) {
                let rest = self.all(rest);
                *own = self.not(rest);
            }
        }
        told
    }

    /// What is left of the values that a part of a conjunction says not to hold together, where other parts say that some of
    /// them hold. `None` where nothing is known of them.
    fn without_known(&self, parts: &[V], part: V) -> Option<Vec<V>> {
        let Node::Not(inner) = self.node(part) else { return None };
        let Node::And(together) = self.node(*inner) else { return None };
        self.spend(parts.len() as u64 * together.len() as u64 / 8);
        let is_known = |own: &V| parts.iter().any(|other| self.uncoerced(*other) == self.uncoerced(*own));
        let rest: Vec<V> = together.iter().filter(|own| !is_known(own)).copied().collect();
        (!rest.is_empty() && rest.len() < together.len()).then_some(rest)
    }

    /// The value whose truth is asked: of `Boolean(a)` it is `a`.
    fn uncoerced(&self, value: V) -> V {
        match self.node(value) {
            Node::Coerce(Coercion::Bool, inner) => *inner,
            _ => value,
        }
    }

    pub fn any(&mut self, parts: Vec<V>) -> V {
        let mut flat: Vec<V> = Vec::new();
        for part in parts {
            match self.node(part) {
                Node::Bool(false) => {}
                Node::Bool(true) => return part,
                Node::Or(inner) => flat.extend_from_slice(inner),
                _ => flat.push(part),
            }
            if flat.len() > limits::OPERANDS {
                return self.cut();
            }
        }
        // x || !x
        for part in &flat {
            let opposite = self.not(*part);
            if flat.contains(&opposite) {
                return self.bool(true);
            }
        }
        match flat.as_slice() {
            [] => self.bool(false),
            [only] => *only,
            _ => self.intern(Node::Or(flat)),
        }
    }
}
