//! The index that a loop finds, as what `findIndex` gives.
//!
//! `let at = -1; for (let i = 0; i < list.length; i += 1) if (list[i].key === key) at = i;`
//!
//! Input: what a variable is after a loop, or a function returns. Output: the query that says the same, or the value itself. Must not
//! know: MongoDB.

use super::eval::Eval;
use crate::value::{C, Node, V, for_children};
use rustc_hash::FxHashSet;

impl Eval<'_> {
    /// The index that a loop has found, or -1.
    pub(super) fn found_index(&mut self, value: V) -> V {
        let Node::OneOf(alternatives) = self.arena.node(value).clone() else { return value };
        let is_index = |(_, value): &&(C, V)| self.indexes.contains(value);
        let found: Vec<(C, V)> = alternatives.iter().filter(is_index).copied().collect();
        let others: Vec<(C, V)> = alternatives.iter().filter(|other| !is_index(other)).copied().collect();
        let is_none = |value: V| matches!(self.arena.node(value), Node::Num(bits) if f64::from_bits(*bits) == -1.0);
        match found.as_slice() {
            [(cond, _)] if !others.is_empty() && others.iter().all(|(_, value)| is_none(*value)) => {
                self.searched_by(*cond).unwrap_or(value)
            }
            _ => value,
        }
    }

    /// The same where a loop returns the index: `if (list[i].key === key) return i;`, and `return -1` after it.
    pub(super) fn found_by_returns(&mut self, returns: Vec<(C, V)>) -> Vec<(C, V)> {
        if !returns.iter().any(|(_, value)| self.indexes.contains(value)) {
            return returns;
        }
        let all = self.arena.one_of(returns.clone());
        let found = self.found_index(all);
        if found == all { returns } else { vec![(C::TRUE, found)] }
    }

    /// The search that a condition on the elements of one list is.
    fn searched_by(&mut self, cond: C) -> Option<V> {
        let (mut list, mut parts) = (None, Vec::new());
        for atom in self.arena.atoms_in_order(cond) {
            // That the loop runs.
            if matches!(self.arena.node(atom.value), Node::Opaque(_)) {
                continue;
            }
            let of = self.list_in(atom.value)?;
            if *list.get_or_insert(of) != of {
                return None;
            }
            parts.push(if atom.holds { atom.value } else { self.arena.not(atom.value) });
        }
        let asked = self.arena.all(parts);
        Some(self.query("findIndex", list?, asked))
    }

    /// The one list of whose elements a value is made.
    fn list_in(&self, value: V) -> Option<V> {
        let (mut open, mut seen, mut list) = (vec![value], FxHashSet::default(), None);
        while let Some(at) = open.pop() {
            self.arena.spend(1);
            if !seen.insert(at) {
                continue;
            }
            match self.arena.node(at) {
                Node::Element(of) if list.is_some_and(|list| list != *of) => return None,
                Node::Element(of) => list = Some(*of),
                node => for_children(node, &mut |child| open.push(child)),
            }
        }
        list
    }
}
