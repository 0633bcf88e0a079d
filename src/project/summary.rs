//! Summaries: what a function does itself, what it returns, and when it throws, with what it calls looked up.
//!
//! Input: the facts of a function, its callees first. Output: its own steps, its returned values, its exceptions.
//! Must not know: what its callees do beside, rules.

use super::entry::EntryKind;
use super::instance::Instance;
use super::link::{Op, Project, Step};
use super::pass::Pass;
use crate::facts::{EffectKind, Function};
use crate::limits::{self, Cut};
use crate::value::{C, FnRef, Node, V};
use rustc_hash::FxHashMap;

const SUMMARY: Pass = Pass {
    states: |project| &mut project.state,
    callees: |project, func| project.direct_callees(func),
    fill: Project::fill_summary,
};

impl Project {
    /// Summarises every function, callees first.
    pub(super) fn summarise_all(&mut self) {
        self.pass(SUMMARY, (0..self.functions.len() as u32).map(FnRef));
    }

    pub(super) fn summarise(&mut self, func: FnRef) {
        self.pass_within(SUMMARY, func);
    }

    /// The functions around and called by a function, last first, as far as that is seen without its summary.
    fn direct_callees(&mut self, func: FnRef) -> Vec<FnRef> {
        let Some(facts) = self.function(func) else { return Vec::new() };
        let mut callees: Vec<FnRef> = facts.parent.into_iter().collect();
        let values = facts.effects.iter().filter_map(|effect| match effect.kind {
            EffectKind::Call { callee, .. } => Some(callee),
            EffectKind::Assign { .. } => None,
        });
        let values: Vec<V> = values.collect();
        self.within(func, |project| {
            for value in values {
                let value = project.linked(value);
                for (_, callee) in project.arena.alternatives(value) {
                    if let Node::Func(callee) = project.arena.node(callee) {
                        callees.push(*callee);
                    }
                }
            }
        });
        callees.reverse();
        callees
    }

    fn fill_summary(&mut self, func: FnRef) {
        if let Some(parent) = self.function(func).and_then(|f| f.parent) {
            self.summarise(parent);
        }
        self.within(func, |project| project.fill_within(func));
    }

    fn fill_within(&mut self, func: FnRef) {
        let at = func.0 as usize;
        let Some(facts) = self.functions.get(at).cloned() else { return };
        self.note_cuts(func, facts.cuts);
        let mut steps: Vec<Step> = Vec::new();
        for effect in &facts.effects {
            let cond = self.linked_cond(effect.cond);
            let op = match &effect.kind {
                EffectKind::Call { callee, recv, name, args } => Op::Call {
                    callee: self.linked(*callee),
                    recv: recv.map(|recv| self.linked(recv)),
                    name: *name,
                    args: args.iter().map(|arg| self.linked(*arg)).collect(),
                },
                EffectKind::Assign { object, key, value } => {
                    let Some(object) = self.changed_elsewhere(func, *object, *key) else { continue };
                    Op::Assign { object, key: *key, value: self.linked(*value) }
                }
            };
            if effect.unsent && self.is_unsent(&op) {
                continue;
            }
            if let EffectKind::Call { args, .. } = &effect.kind {
                self.register_entries(&op, args);
            }
            let op = self.set_by_function(op);
            self.register_foreign(&op);
            let mut ops = self.populating(effect.site, &op);
            if ops.is_empty() {
                ops.push((effect.site, op));
            }
            for (site, op) in ops {
                let step = Step {
                    site,
                    cond,
                    op,
                    in_loop: effect.in_loop,
                    caught: effect.caught,
                    duplicate_key_caught: effect.duplicate_key_caught,
                    dropped: effect.dropped,
                    decides: effect.decides,
                    owner: func,
                    calls: 0,
                    within: effect.within.clone(),
                };
                if self.arena.is_spent() {
                    break;
                }
                self.note_calls(func, &step, None);
                if self.is_kept(&step) {
                    steps.push(step);
                }
            }
        }
        let returns: Vec<(C, V)> = facts.returns.iter().map(|(c, v)| (self.linked_cond(*c), self.linked(*v))).collect();
        for (value, site) in &facts.places {
            let value = self.linked(*value);
            if !self.arena.is_literal(value) {
                self.places.insert_new(value, *site);
            }
        }
        if facts.polls {
            self.note_entry(func, EntryKind::Poll, false, None);
        }
        for value in &facts.missing {
            let value = self.linked(*value);
            self.missing.insert(value, ());
        }
        let base = self.linked_cond(facts.base);
        let mut thrown = Vec::new();
        if facts.throws.len() > limits::THROWS {
            self.lost_returns.push(func);
        }
        for cond in facts.throws.iter().take(limits::THROWS) {
            let cond = self.linked_cond(*cond);
            let cond = self.arena.since(base, cond);
            thrown.push(self.arena.cond_value(cond));
        }
        thrown.extend(self.thrown_by_callees(&facts, base));
        let thrown = self.arena.any(thrown);
        let is_followed = !facts.cuts.has(Cut::Size) && !self.arena.is_spent();
        let small = is_followed && self.is_small(&returns);
        if let Some(slot) = self.returns.get_mut(at) {
            *slot = small.then_some(returns);
        }
        if let Some(slot) = self.throws.get_mut(at) {
            *slot = is_followed.then_some(thrown);
        }
        if let Some(slot) = self.own_steps.get_mut(at) {
            *slot = steps;
        }
    }

    /// When an exception of a callee leaves the function: `if (known) refuse('email')`, where `refuse` throws.
    fn thrown_by_callees(&mut self, facts: &Function, base: C) -> Vec<V> {
        let calls = facts.effects.iter().filter(|effect| !effect.caught && !effect.in_loop);
        let failing: Vec<(C, V)> = calls
            .filter_map(|effect| {
                let completed = *self.completed.get(&effect.site)?;
                (self.arena.truth(C::TRUE, completed) != Some(true)).then_some((effect.cond, completed))
            })
            .take(limits::FAILING)
            .collect();
        let mut thrown = Vec::new();
        for (cond, completed) in failing {
            let cond = self.linked_cond(cond);
            let cond = self.arena.since(base, cond);
            let cond = self.arena.assume(cond, completed, false);
            if cond != C::FALSE {
                thrown.push(self.arena.cond_value(cond));
            }
        }
        thrown
    }

    /// Notes who calls what, and when a call comes back; `known` members have their values in the callee.
    pub(super) fn note_calls(&mut self, caller: FnRef, step: &Step, known: Option<&FxHashMap<V, V>>) {
        let Op::Call { callee, recv, args, .. } = &step.op else { return };
        let targets = self.calls_of(*callee, *recv);
        if targets.is_empty() {
            if let Some(op) = self.called_back(step) {
                self.note_calls(caller, &Step { op, ..step.clone() }, known);
            }
            return;
        }
        let mut failing = None;
        for (cond, func, recv) in targets {
            self.summarise(func);
            if let Some(callers) = self.callers.get_mut(func.0 as usize) {
                callers.push((caller, step.site));
            }
            self.arena.keep(limits::KEPT_PER_STEP);
            self.given.entry(func).or_default().push(args.clone());
            if let Some(Some(thrown)) = self.throws.get(func.0 as usize).copied() {
                let mut instance = Instance::new(func, args, recv, step.site);
                instance.known = known;
                let thrown = self.instantiate(&mut instance, thrown);
                let taken = self.arena.cond_value(cond);
                failing.get_or_insert_with(Vec::new).push(self.arena.all(vec![taken, thrown]));
            }
        }
        if let Some(failing) = failing {
            let thrown = self.arena.any(failing);
            let completed = self.arena.not(thrown);
            self.completed.insert(step.site, completed);
        }
    }

    /// The functions of the project that a call may run, each with the condition under which it is the one, and the object on which
    /// it is called then.
    pub(super) fn calls_of(&self, callee: V, recv: Option<V>) -> Vec<(C, FnRef, Option<V>)> {
        let receivers = recv.map(|recv| self.arena.alternatives(recv)).unwrap_or_default();
        let alternatives = self.arena.alternatives(callee).into_iter();
        let calls = alternatives.filter_map(|(cond, value)| match *self.arena.node(value) {
            Node::Func(func) => {
                let own = receivers.iter().find(|(own, _)| *own == cond).map(|(_, recv)| *recv);
                Some((cond, func, own.or(recv)))
            }
            _ => None,
        });
        calls.collect()
    }

    /// The functions of the project that a call may run.
    pub(super) fn targets(&self, callee: V) -> Vec<FnRef> {
        self.calls_of(callee, None).into_iter().map(|(_, func, _)| func).collect()
    }
}
