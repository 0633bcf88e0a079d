//! Objects and arrays that can still change, and what was assigned to objects from outside.
//!
//! Input: the state. Output: contents as they are now. Must not know: syntax, MongoDB.

use super::eval::{Eval, Slot};
use crate::limits;
use crate::value::{Arena, CHANGED, COPIED, Entry, Key, Node, Sym, V, map_children};
use rustc_hash::{FxHashMap, FxHashSet};

/// One walk through a value: shared parts are walked once.
#[derive(Default)]
struct Freezing {
    /// Cells on the way to here.
    open: FxHashSet<u32>,
    known: FxHashMap<V, V>,
    /// How often the walk was cut short.
    cuts: u32,
    /// Whether what calls gave is marked with what was assigned to it since.
    is_handed: bool,
}

/// Whether an object or array may grow further.
pub(super) enum Growth {
    Free,
    /// It ends with this unknown value, which stands for all that comes after.
    Last(V),
    /// It ends with such a value.
    Full,
}

impl<'a> Eval<'a> {
    /// Whether an object or array of this length, with this last value, may take another one.
    pub(super) fn growth(&mut self, length: usize, last: Option<V>) -> Growth {
        if length < limits::GROWN {
            return Growth::Free;
        }
        match last.map(|last| self.arena.node(last)) {
            Some(Node::Cut(_)) => Growth::Full,
            _ => Growth::Last(self.arena.cut()),
        }
    }

    pub(super) fn new_cell(&mut self, content: Node) -> V {
        let content = self.arena.intern(content);
        let cell = self.cells.len() as u32;
        self.cells.push(content);
        self.arena.intern(Node::Cell(cell))
    }

    pub(super) fn content(&self, cell: u32) -> V {
        self.cells.get(cell as usize).copied().unwrap_or(Arena::UNDEFINED)
    }

    pub(super) fn set_content(&mut self, cell: u32, content: V) {
        if let Some(slot) = self.cells.get_mut(cell as usize) {
            self.trail.push((Slot::Cell(cell), Some(*slot)));
            *slot = content;
        }
    }

    pub(super) fn overlay(&self, place: V) -> Option<V> {
        self.overlay.get(&place).copied()
    }

    pub(super) fn set_overlay(&mut self, place: V, value: V) {
        let old = self.overlay.insert(place, value);
        self.trail.push((Slot::Overlay(place), old));
    }

    /// Forgets an assignment, so that the member is looked up anew: what a constructor assigns is a field of the class.
    pub(super) fn forget_overlay(&mut self, object: V, key: Sym) {
        let place = self.arena.intern(Node::Member(object, key));
        let old = self.overlay.remove(&place);
        self.trail.push((Slot::Overlay(place), old));
    }

    /// The value as it is now, with no reference to anything that can change later.
    pub(super) fn freeze(&mut self, value: V) -> V {
        if !self.arena.has_cell(value) {
            return value;
        }
        self.freeze_in(value, &mut Freezing::default())
    }

    /// Notes that a member of an object is assigned. An object that a call of this function gave may look like one of its own
    /// literals, from which the link step could not tell it: what is assigned to it goes with it.
    pub(super) fn note_assigned(&mut self, object: V, name: Sym) {
        let Node::Call { site, .. } = self.arena.node(object) else { return };
        let made = self.arena.site_info(*site);
        let is_own = self
            .functions
            .get(self.frame.func.0 as usize)
            .is_some_and(|function| function.start <= made.start && made.end <= function.end);
        if is_own {
            let names = self.assigned.entry(object).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }

    /// The value as it is handed on: as it is now, and where it is what a call gave, with what was assigned to that since.
    pub(super) fn handed(&mut self, value: V) -> V {
        if self.assigned.is_empty() {
            return self.freeze(value);
        }
        let mut freezing = Freezing { is_handed: true, ..Freezing::default() };
        match self.arena.node(value).clone() {
            Node::OneOf(alternatives) => {
                let alternatives =
                    alternatives.into_iter().map(|(c, value)| (c, self.freeze_in(value, &mut freezing))).collect();
                self.arena.one_of(alternatives)
            }
            _ => self.freeze_in(value, &mut freezing),
        }
    }

    /// What a call gave, with what was assigned to it since.
    fn with_assigned(&mut self, object: V, freezing: &mut Freezing) -> Option<V> {
        if !freezing.is_handed {
            return None;
        }
        let mut entries = self.assigned_by_now(object);
        if entries.is_empty() {
            return None;
        }
        // What holds itself is not followed twice.
        freezing.is_handed = false;
        for entry in &mut entries {
            entry.value = self.freeze_in(entry.value, freezing);
        }
        freezing.is_handed = true;
        let changes = self.arena.intern(Node::Object(entries));
        Some(self.arena.derived(CHANGED, vec![object, changes]))
    }

    /// What was assigned so far to members of what a call gave, for a copy of it.
    pub(super) fn assigned_by_now(&mut self, object: V) -> Vec<Entry> {
        let mut entries = Vec::new();
        for name in self.assigned.get(&object).cloned().unwrap_or_default() {
            let place = self.arena.intern(Node::Member(object, name));
            let Some(value) = self.overlay(place) else { continue };
            let key = if self.arena.text(name) == COPIED { Key::Spread } else { Key::Name(name) };
            // Where a branch assigns nothing, the member stays what the call gave.
            let assigned = self.arena.alternatives(value).into_iter().filter(|(_, value)| *value != place);
            entries.extend(assigned.map(|(cond, value)| Entry { key, value, cond }));
        }
        entries
    }

    /// Whether an object or array holds what a call gave and what was changed since: `{ $set: entity }`.
    fn holds_assigned(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Object(entries) => entries.iter().any(|entry| self.assigned.contains_key(&entry.value)),
            Node::Array(items) => items.iter().any(|item| self.assigned.contains_key(&item.value)),
            _ => false,
        }
    }

    fn freeze_in(&mut self, value: V, freezing: &mut Freezing) -> V {
        if matches!(self.arena.node(value), Node::Call { .. })
            && let Some(changed) = self.with_assigned(value, freezing)
        {
            return changed;
        }
        if !(self.arena.has_cell(value) || freezing.is_handed && self.holds_assigned(value)) {
            return value;
        }
        if let Some(known) = freezing.known.get(&value) {
            return *known;
        }
        if freezing.open.len() > limits::OPEN_OBJECTS {
            freezing.cuts += 1;
            return Arena::UNDEFINED;
        }
        let cuts = freezing.cuts;
        let frozen = match self.arena.node(value).clone() {
            Node::Cell(cell) => {
                if !freezing.open.insert(cell) {
                    freezing.cuts += 1;
                    return Arena::UNDEFINED;
                }
                let content = self.content(cell);
                let frozen = self.freeze_in(content, freezing);
                freezing.open.remove(&cell);
                frozen
            }
            node => {
                let node = map_children(node, &mut |child| self.freeze_in(child, freezing));
                match node {
                    Node::Member(object, key) => self.arena.member(object, key),
                    Node::OneOf(alternatives) => self.arena.one_of(alternatives),
                    node => self.arena.intern(node),
                }
            }
        };
        // What was cut at a cycle depends on where the walk began.
        if freezing.cuts == cuts {
            freezing.known.insert(value, frozen);
        }
        frozen
    }
}
