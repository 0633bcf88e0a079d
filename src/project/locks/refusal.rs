//! Whether who comes second is refused by what is held in memory: the path is not taken while the structure holds what was stored.
//!
//! Input: path conditions, the structure and what a step stores in it. Output: when a second one is refused. Must not know: rules.

use crate::limits;
use crate::project::checks::Leaf;
use crate::project::link::Project;
use crate::value::{Atom, C, Compare, Entry, Key, Node, V};
use rustc_hash::FxHashMap;

/// When somebody who comes second is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// As long as something is held for the key.
    WhileHeld,
    /// As long as what is held is new enough, or is what it is compared with.
    WhileNew,
}

/// What parts of conditions were asked, by the structure and what is stored in it.
pub(super) type Asked = FxHashMap<(Atom, V, Option<V>), Option<Refusal>>;

impl Project {
    /// Whether a path is not taken by who comes while the structure holds what this one has stored for the key. What is counted in an
    /// entry refuses nobody as it is stored first: `{ count: 1, since: now }`.
    pub(super) fn refusal(&mut self, asked: &mut Asked, cond: C, structure: V, stored: Option<V>) -> Option<Refusal> {
        let mut refusal = None;
        for atom in self.arena.atoms(cond) {
            let key = (atom, structure, stored);
            let own = match asked.get(&key) {
                Some(own) => *own,
                None => {
                    let own = self.refusal_by(atom, structure, stored);
                    asked.insert(key, own);
                    own
                }
            };
            match own {
                Some(Refusal::WhileHeld) => return own,
                Some(Refusal::WhileNew) => refusal = own,
                None => {}
            }
        }
        refusal
    }

    /// The same for one part of a condition.
    fn refusal_by(&mut self, atom: Atom, structure: V, stored: Option<V>) -> Option<Refusal> {
        let (mut known, mut open) = (Vec::new(), Vec::new());
        let mut leaves = Vec::new();
        self.leaves_of(Leaf { value: atom.value, holds: atom.holds, under: C::TRUE }, 0, &mut leaves);
        for leaf in leaves {
            match *self.arena.node(leaf.value) {
                Node::Nullish(inner) if self.is_entry(inner, structure, 0) => {
                    known.push(Atom { value: leaf.value, holds: false });
                }
                // That an entry equals something says what it is.
                Node::Compare(Compare::Equal, a, b) => {
                    let direct = |value: V| !matches!(self.arena.node(value), Node::Member(..) | Node::Derived(..));
                    let is_asked = |side: V| (direct(side) || side == structure) && self.is_entry(side, structure, 0);
                    if is_asked(a) || is_asked(b) {
                        open.push(Atom { value: leaf.value, holds: !leaf.holds });
                    }
                }
                // Times are compared by order.
                Node::Compare(_, a, b) => {
                    let is_counted = [a, b].into_iter().any(|side| self.is_counted(side, structure, stored));
                    if !is_counted && [a, b].into_iter().any(|side| self.is_entry(side, structure, 0)) {
                        open.push(Atom { value: leaf.value, holds: !leaf.holds });
                    }
                }
                _ if self.is_entry(leaf.value, structure, 0) => known.push(Atom { value: leaf.value, holds: true }),
                _ => {}
            }
        }
        if known.is_empty() && open.is_empty() {
            return None;
        }
        let is_refused =
            |known: &[Atom]| self.arena.truth_given(known, atom.value).is_some_and(|truth| truth != atom.holds);
        if is_refused(&known) {
            return Some(Refusal::WhileHeld);
        }
        // `!entry || entry.since < then`: one that is held and new.
        open.dedup_by_key(|atom| atom.value);
        open.truncate(limits::ENTRY_TESTS);
        for chosen in 1..1_u32 << open.len() {
            let mut atoms = known.clone();
            for (at, atom) in open.iter().enumerate() {
                let holds = (chosen >> at & 1 == 1) == atom.holds;
                atoms.push(Atom { value: atom.value, holds });
            }
            if is_refused(&atoms) {
                return Some(Refusal::WhileNew);
            }
        }
        None
    }

    /// Whether a value is a part of an entry that is stored as a number first: `entry.count`
    fn is_counted(&self, value: V, structure: V, stored: Option<V>) -> bool {
        let (Node::Member(object, name), Some(stored)) = (self.arena.node(value), stored) else { return false };
        let Node::Object(entries) = self.arena.node(stored) else { return false };
        let is_number =
            |entry: &Entry| entry.key == Key::Name(*name) && matches!(self.arena.node(entry.value), Node::Num(_));
        self.is_entry(*object, structure, 0) && entries.iter().any(is_number)
    }

    /// `held.has(k)`, `held.get(k)`, `held[k]`, a field of what is held, or arithmetic on it.
    fn is_entry(&self, value: V, structure: V, depth: u32) -> bool {
        if depth > limits::ENTRY_DEPTH {
            return false;
        }
        match self.arena.node(value) {
            _ if value == structure => !self.is_memory(value),
            Node::Call { callee, .. } => match self.arena.node(*callee) {
                Node::Member(recv, name) => *recv == structure && matches!(self.arena.text(*name), "has" | "get"),
                _ => false,
            },
            Node::Index(object, _) => *object == structure || self.is_entry(*object, structure, depth + 1),
            Node::Member(object, name) => {
                *object == structure && self.arena.text(*name) != "size" || self.is_entry(*object, structure, depth + 1)
            }
            Node::Coerce(_, inner) => self.is_entry(*inner, structure, depth + 1),
            Node::Derived(_, parts) => parts.iter().any(|part| self.is_entry(*part, structure, depth + 1)),
            _ => false,
        }
    }
}
