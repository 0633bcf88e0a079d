//! Branches: what each side of a test changes, and how the sides join.
//!
//! A branch runs on the shared state; its changes are taken from the trail and undone, and after the other branch both
//! sets of changes are joined under the condition of the branch. So the work is linear in the changes, not in the state.
//!
//! Input: the state and code to run. Output: the joined state. Must not know: syntax.

use super::eval::{Eval, Slot};
use crate::limits;
use crate::value::{C, Entry, Item, Node, RETURNS, V};
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

/// What a branch left behind.
pub(super) struct Branch {
    pub end: C,
    pub only_jumped: bool,
    entered: C,
    changes: Vec<(Slot, V)>,
}

impl Branch {
    /// Leaves the other changes out, as if the branch had not made them.
    pub(super) fn keep_changes(&mut self, is_kept: impl Fn(Slot) -> bool) {
        self.changes.retain(|(slot, _)| is_kept(*slot));
    }
}

impl<'a> Eval<'a> {
    /// Runs code as a branch under `cond`: gives the path condition at its end, whether it only jumped, and its changes,
    /// which are undone.
    pub(super) fn branch(&mut self, cond: C, run: impl FnOnce(&mut Self)) -> Branch {
        let (mark, vars, cells) = (self.trail.len(), self.vars.len(), self.cells.len() as u32);
        let outer = std::mem::replace(&mut self.cond, cond);
        let jumped = std::mem::replace(&mut self.jumped, false);
        if cond != C::FALSE {
            run(self);
        }
        let end = std::mem::replace(&mut self.cond, outer);
        let only_jumped = std::mem::replace(&mut self.jumped, jumped);
        let mut changes: Vec<(Slot, V)> = Vec::new();
        let mut seen = FxHashSet::default();
        while self.trail.len() > mark {
            let Some((slot, old)) = self.trail.pop() else { break };
            let own = match slot {
                Slot::Var(var) => var >= vars,
                Slot::Cell(cell) => cell >= cells,
                Slot::Overlay(_) => false,
            };
            if own {
                continue;
            }
            if seen.insert(slot)
                && let Some(value) = self.slot(slot)
            {
                changes.push((slot, value));
            }
            self.restore(slot, old);
        }
        Branch { end, only_jumped, entered: cond, changes }
    }

    /// Keeps the values that places had where a function was left, unless they end with one that is not as before.
    pub(super) fn also_left_with(&self, body: &mut Branch, left: Vec<(Slot, V)>) {
        let mut known: FxHashMap<Slot, usize> = FxHashMap::default();
        for (at, (slot, _)) in body.changes.iter().enumerate() {
            known.insert(*slot, at);
        }
        // The last of them is the latest in the text.
        for (slot, value) in left.into_iter().rev() {
            match known.get(&slot).and_then(|at| body.changes.get_mut(*at)) {
                Some((_, end)) if self.slot(slot) == Some(*end) => *end = value,
                Some(_) => {}
                None => {
                    known.insert(slot, body.changes.len());
                    body.changes.push((slot, value));
                }
            }
        }
    }

    pub(super) fn slot(&self, slot: Slot) -> Option<V> {
        match slot {
            Slot::Var(var) => self.vars.get(var).copied(),
            Slot::Cell(cell) => self.cells.get(cell as usize).copied(),
            Slot::Overlay(place) => self.overlay.get(&place).copied(),
        }
    }

    fn restore(&mut self, slot: Slot, old: Option<V>) {
        match (slot, old) {
            (Slot::Var(var), Some(old)) => {
                if let Some(value) = self.vars.get_mut(var) {
                    *value = old;
                }
            }
            (Slot::Cell(cell), Some(old)) => {
                if let Some(value) = self.cells.get_mut(cell as usize) {
                    *value = old;
                }
            }
            (Slot::Overlay(place), Some(old)) => {
                self.overlay.insert(place, old);
            }
            (Slot::Overlay(place), None) => {
                self.overlay.remove(&place);
            }
            _ => {}
        }
    }

    /// Joins two branches that split on `test`, and sets the path condition after them.
    pub(super) fn join(&mut self, test: V, then: Branch, otherwise: Branch) {
        let yes = self.arena.assume(C::TRUE, test, true);
        let no = self.arena.assume(C::TRUE, test, false);
        let outer = self.cond;
        let then_counts = then.end != C::FALSE || then.only_jumped;
        let else_counts = otherwise.end != C::FALSE || otherwise.only_jumped;
        // The first of two changes of a place is the last that was made.
        let first = |branch: &Branch| branch.changes.iter().rev().copied().collect::<FxHashMap<Slot, V>>();
        let (then_values, else_values) = (first(&then), first(&otherwise));
        // if (cached) { client = cached; return client }
        if then_counts != else_counts {
            let left = if then_counts { &otherwise } else { &then };
            let first_var = self.frame.first_var;
            let is_outer = |(slot, _): &&(Slot, V)| matches!(slot, Slot::Var(var) if *var < first_var);
            self.frame.left_with.extend(left.changes.iter().filter(is_outer));
        }
        let slots = then.changes.iter().chain(&otherwise.changes).rev().map(|(slot, _)| *slot);
        for slot in slots.collect::<IndexSet<Slot, FxBuildHasher>>() {
            let pre = self.slot(slot).or(match slot {
                Slot::Overlay(place) => Some(place),
                _ => None,
            });
            let value_in = |values: &FxHashMap<Slot, V>| values.get(&slot).copied().or(pre);
            let (Some(a), Some(b)) = (value_in(&then_values), value_in(&else_values)) else { continue };
            let value = match (then_counts, else_counts) {
                (true, false) => a,
                (false, true) => b,
                _ if a == b => a,
                _ => self.merge(yes, a, no, b),
            };
            self.set_slot(slot, value);
        }
        self.jumped = self.jumped
            || (then.end == C::FALSE && otherwise.end == C::FALSE && (then.only_jumped || otherwise.only_jumped));
        self.cond = self.join_conditions(outer, &then, &otherwise);
    }

    fn join_conditions(&mut self, outer: C, then: &Branch, otherwise: &Branch) -> C {
        match (then.end, otherwise.end) {
            (C::FALSE, end) | (end, C::FALSE) => end,
            (a, b) if a == then.entered && b == otherwise.entered => outer,
            (a, b) => {
                let (a, b) = (self.arena.since(outer, a), self.arena.since(outer, b));
                let (a, b) = (self.without_many_completions(a), self.without_many_completions(b));
                if self.arena.atoms(a).len() + self.arena.atoms(b).len() > limits::JOINED_OPERANDS {
                    return outer;
                }
                let (a, b) = (self.arena.cond_value(a), self.arena.cond_value(b));
                let either = self.arena.any(vec![a, b]);
                self.arena.assume(outer, either, true)
            }
        }
    }

    /// That a call inside a branch came back says little after the branch, and would make every join long, unless the branch
    /// does little else: `if (known) refuse('email')`.
    fn without_many_completions(&mut self, cond: C) -> C {
        let atoms = self.arena.atoms(cond);
        let count = atoms.iter().filter(|atom| matches!(self.arena.node(atom.value), Node::Completed(_))).count();
        if count == 0 {
            return cond;
        }
        if count <= limits::COMPLETIONS
            && atoms.len() <= count + limits::COMPLETING_CONDITIONS
            && self.frame.completions < limits::KEPT_COMPLETIONS
        {
            self.frame.completions += 1;
            return atoms.into_iter().rev().fold(C::TRUE, |cond, atom| {
                let value = self.returning(atom.value);
                self.arena.assume(cond, value, atom.holds)
            });
        }
        let kept = atoms
            .into_iter()
            .rev()
            .filter(|atom| !matches!(self.arena.node(atom.value), Node::Completed(_)))
            .collect::<Vec<_>>();
        kept.into_iter().fold(C::TRUE, |c, atom| self.arena.assume(c, atom.value, atom.holds))
    }

    /// That a call came back, as far as its function can come back at all: `refuse` of `if (known) refuse('email')` cannot.
    fn returning(&mut self, value: V) -> V {
        match self.arena.node(value) {
            Node::Completed(_) => self.arena.derived(RETURNS, vec![value]),
            _ => value,
        }
    }

    fn set_slot(&mut self, slot: Slot, value: V) {
        match slot {
            Slot::Var(var) => self.set_var(var, value),
            Slot::Cell(cell) => self.set_content(cell, value),
            Slot::Overlay(place) => self.set_overlay(place, value),
        }
    }

    /// The value after two branches. Objects and arrays that grew keep their common start.
    pub(super) fn merge(&mut self, yes: C, then: V, no: C, otherwise: V) -> V {
        let (left, right) = (self.arena.node(then), self.arena.node(otherwise));
        match (self.begun(then, right), self.begun(otherwise, left)) {
            (Node::Object(a), Node::Object(b)) if a.len() + b.len() <= 2 * limits::GROWN => {
                let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
                let mut entries: Vec<Entry> = a.iter().take(common).copied().collect();
                for (cond, rest) in [(yes, a), (no, b)] {
                    for entry in rest.into_iter().skip(common) {
                        let cond = self.arena.and(cond, entry.cond);
                        entries.push(Entry { cond, ..entry });
                    }
                }
                self.arena.intern(Node::Object(entries))
            }
            (Node::Array(a), Node::Array(b)) if a.len() + b.len() <= 2 * limits::GROWN => {
                let common = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
                let mut items: Vec<Item> = a.iter().take(common).copied().collect();
                for (cond, rest) in [(yes, a), (no, b)] {
                    for item in rest.into_iter().skip(common) {
                        let cond = self.arena.and(cond, item.cond);
                        items.push(Item { cond, ..item });
                    }
                }
                self.arena.intern(Node::Array(items))
            }
            _ => self.arena.one_of(vec![(yes, then), (no, otherwise)]),
        }
    }

    /// Runs code that may or may not run, such as a loop body; its changes are joined with what was before.
    pub(super) fn maybe(&mut self, test: V, run: impl FnOnce(&mut Self)) {
        let cond = self.cond;
        let body = self.branch(cond, run);
        let body = Branch { end: cond, entered: cond, ..body };
        let skipped = Branch { end: cond, entered: cond, only_jumped: false, changes: Vec::new() };
        self.join(test, body, skipped);
    }

    /// Keeps a function's assignments to outer variables as something that may have happened.
    /// With `fills`, an empty variable is taken to hold what the function assigns, if that is made by a call.
    pub(super) fn join_called(&mut self, some: V, body: Branch, mut skipped: Branch, fills: bool) {
        let cond = self.cond;
        if fills {
            let filled = body.changes.iter().filter(|(slot, value)| self.is_filled(*slot, *value)).copied();
            skipped.changes.extend(filled.collect::<Vec<_>>());
        }
        let body = Branch { end: cond, entered: cond, ..body };
        let skipped = Branch { end: cond, entered: cond, ..skipped };
        self.join(some, body, skipped);
    }

    /// The places that a branch has changed, each with its value when it is not known whether the branch was finished.
    /// To be asked before the branch is joined.
    pub(super) fn unsure(&mut self, test: V, branch: &Branch) -> Vec<(Slot, V)> {
        let yes = self.arena.assume(C::TRUE, test, true);
        let no = self.arena.assume(C::TRUE, test, false);
        let mut unsure = Vec::new();
        for (slot, after) in branch.changes.clone() {
            let Some(before) = self.slot(slot) else { continue };
            if before != after {
                unsure.push((slot, self.merge(yes, after, no, before)));
            }
        }
        unsure
    }

    /// Runs code on a state with these values; what the code does not change has its own value again afterwards.
    pub(super) fn with_values(&mut self, values: Vec<(Slot, V)>, run: impl FnOnce(&mut Self)) {
        let mut own = Vec::new();
        for (slot, value) in values {
            let Some(old) = self.slot(slot) else { continue };
            own.push((slot, value, old));
            self.set_slot(slot, value);
        }
        run(self);
        for (slot, value, old) in own {
            if self.slot(slot) == Some(value) {
                self.set_slot(slot, old);
            }
        }
    }

    /// Whether an assignment gives an empty variable a value from outside, whose truth is not known.
    fn is_filled(&self, slot: Slot, value: V) -> bool {
        let empty = self.slot(slot).is_some_and(|old| matches!(self.arena.node(old), Node::Undefined | Node::Null));
        matches!(slot, Slot::Var(_))
            && empty
            && matches!(self.arena.node(value), Node::Call { .. } | Node::Member(..) | Node::Param(..))
    }
}
