//! Summaries: what a function does, with the effects of what it calls in place.
//!
//! Recursion is cut where it closes; a summary has at most [`limits::STEPS`] steps and [`limits::CALLS`] calls above a step.
//!
//! Input: the facts of a function, its callees first. Output: its steps, its returned values, its exceptions.
//! Must not know: rules.

use super::entries::EntryKind;
use super::instance::Instance;
use super::link::{Op, Project, State, Step};
use crate::facts::{EffectKind, Function};
use crate::limits::{self, Cut};
use crate::value::{C, FnRef, Node, V};
use rustc_hash::FxHashMap;

/// Methods beside the catalogue's that a rule looks at.
const RELEVANT: [&str; 31] = [
    "setnx",
    "bulkSave",
    "push",
    "unshift",
    "splice",
    "pop",
    "shift",
    "sort",
    "reverse",
    "fill",
    "addToSet",
    "pull",
    "set",
    "add",
    "delete",
    "has",
    "get",
    "session",
    "save",
    "acquire",
    "runExclusive",
    "lock",
    "unlock",
    "release",
    "model",
    "discriminator",
    "forFeature",
    "forFeatureAsync",
    "index",
    "upsert",
    "markModified",
];

impl Project {
    /// Summarises every function, callees first, however long the chains of calls are.
    pub(super) fn summarise_all(&mut self) {
        for func in 0..self.functions.len() {
            let mut way: Vec<(FnRef, Vec<FnRef>)> = Vec::new();
            let mut next = Some(FnRef(func as u32));
            loop {
                if let Some(func) = next.take()
                    && self.open_summary(func)
                {
                    let callees = self.direct_callees(func);
                    way.push((func, callees));
                }
                match way.last_mut() {
                    Some((_, callees)) if !callees.is_empty() => next = callees.pop(),
                    Some((func, _)) => {
                        let func = *func;
                        way.pop();
                        self.fill_summary(func);
                    }
                    None => break,
                }
            }
        }
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

    fn open_summary(&mut self, func: FnRef) -> bool {
        match self.state.get_mut(func.0 as usize) {
            Some(state) if *state == State::New => {
                *state = State::Open;
                true
            }
            _ => false,
        }
    }

    pub(super) fn summarise(&mut self, func: FnRef) {
        if self.open > limits::SUMMARIES_OPEN {
            self.note_cut(func, Cut::Calls);
            return;
        }
        if self.open_summary(func) {
            self.open += 1;
            if let Some(parent) = self.function(func).and_then(|f| f.parent) {
                self.summarise(parent);
            }
            self.fill_summary(func);
            self.open -= 1;
        }
    }

    fn fill_summary(&mut self, func: FnRef) {
        self.within(func, |project| project.fill_within(func));
        if let Some(state) = self.state.get_mut(func.0 as usize) {
            *state = State::Done;
        }
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
                    Op::Assign { object: self.linked(*object), key: *key, value: self.linked(*value) }
                }
            };
            self.register_entries(&op);
            let op = self.set_by_function(op);
            self.register_foreign(&op);
            let step = Step {
                site: effect.site,
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
            self.add_step(func, &mut steps, step);
        }
        let returns: Vec<(C, V)> = facts.returns.iter().map(|(c, v)| (self.linked_cond(*c), self.linked(*v))).collect();
        for (value, site) in &facts.places {
            let value = self.linked(*value);
            self.places.entry(value).or_insert(*site);
        }
        if facts.polls {
            self.note_entry(func, EntryKind::Poll, false);
        }
        for value in &facts.missing {
            let value = self.linked(*value);
            self.missing.insert(value);
        }
        let base = self.linked_cond(facts.base);
        let mut thrown = Vec::new();
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
        if let Some(slot) = self.summaries.get_mut(at) {
            *slot = steps.into();
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

    /// Whether a step can matter to a rule, in its own function or in a caller.
    fn is_relevant(&self, step: &Step) -> bool {
        match &step.op {
            Op::Assign { .. } | Op::Marked { .. } => true,
            Op::Call { callee, name, args, .. } => {
                let name = name.map_or_else(|| self.last_name(*callee).unwrap_or(""), |name| self.arena.text(name));
                let ends_query = matches!(name, "exec" | "toArray") && !args.is_empty();
                ends_query
                    || super::mongo::is_method(name)
                    || super::indexes::is_index_method(name)
                    || RELEVANT.contains(&name)
                    || matches!(self.arena.node(*callee), Node::Param(..) | Node::Func(_))
                    || self.acquiring_call(*callee).is_some()
                    || self.outside_effect(step).is_some()
            }
        }
    }

    fn add_step(&mut self, caller: FnRef, steps: &mut Vec<Step>, step: Step) {
        self.add_step_knowing(caller, steps, step, None);
    }

    /// Adds a step; one that calls a function of the project becomes that function's steps, in which `known` members
    /// have their values.
    pub(super) fn add_step_knowing(
        &mut self,
        caller: FnRef,
        steps: &mut Vec<Step>,
        step: Step,
        known: Option<&FxHashMap<V, V>>,
    ) {
        let Op::Call { callee, recv, args, .. } = &step.op else {
            steps.push(step);
            return;
        };
        if let Some(name) = self.marked(&self.marks.calls, *callee)
            && steps.len() < limits::STEPS
        {
            let name = self.arena.sym(&name);
            steps.push(Step { op: Op::Marked { name, args: args.clone() }, ..step.clone() });
        }
        let targets: Vec<FnRef> = self
            .arena
            .alternatives(*callee)
            .into_iter()
            .filter_map(|(_, v)| match self.arena.node(v) {
                Node::Func(func) => Some(*func),
                _ => None,
            })
            .collect();
        if targets.is_empty() {
            let work = self.called_back(&step).map(|op| Step { op, ..step.clone() });
            if self.is_relevant(&step) {
                match steps.len() < limits::STEPS {
                    true => steps.push(step),
                    false => self.note_cut(caller, Cut::Steps),
                }
            }
            if let Some(work) = work {
                self.add_step(caller, steps, work);
            }
            return;
        }
        for func in targets {
            self.summarise(func);
            if let Some(callers) = self.callers.get_mut(func.0 as usize) {
                callers.push((caller, step.site));
            }
            self.arena.keep(limits::KEPT_PER_STEP);
            self.given.entry(func).or_default().push(args.clone());
            let mut instance = Instance::new(func, args, *recv, step.site);
            instance.known = known;
            if let Some(Some(thrown)) = self.throws.get(func.0 as usize).copied() {
                let thrown = self.instantiate(&mut instance, thrown);
                let completed = self.arena.not(thrown);
                self.completed.insert(step.site, completed);
            }
            if self.state.get(func.0 as usize) != Some(&State::Done) {
                continue;
            }
            let inner = self.shared_steps_of(func);
            for sub in inner.iter() {
                if self.arena.is_spent() {
                    break;
                }
                if let Some(cut) = limits::cut_of_step(steps.len(), sub.calls + 1) {
                    if self.touches_database(sub) {
                        self.note_cut(caller, cut);
                    }
                    continue;
                }
                self.arena.spend(limits::WORK_PER_STEP);
                self.arena.keep(limits::KEPT_PER_STEP);
                let sub_cond = self.instantiate_cond(&mut instance, sub.cond);
                let cond = self.arena.and(step.cond, sub_cond);
                if cond == C::FALSE {
                    continue;
                }
                let op = match &sub.op {
                    Op::Call { callee, recv, name, args } => Op::Call {
                        callee: self.instantiate(&mut instance, *callee),
                        recv: recv.map(|recv| self.instantiate(&mut instance, recv)),
                        name: *name,
                        args: args.iter().map(|arg| self.instantiate(&mut instance, *arg)).collect(),
                    },
                    Op::Assign { object, key, value } => Op::Assign {
                        object: self.instantiate(&mut instance, *object),
                        key: *key,
                        value: self.instantiate(&mut instance, *value),
                    },
                    Op::Marked { name, args } => Op::Marked {
                        name: *name,
                        args: args.iter().map(|arg| self.instantiate(&mut instance, *arg)).collect(),
                    },
                };
                if self.arena.is_spent() {
                    break;
                }
                let mut within = step.within.clone();
                within.extend(sub.within.iter().map(|(site, part)| (self.site_via(*site, step.site), *part)));
                let copy = Step {
                    site: self.site_via(sub.site, step.site),
                    cond,
                    op,
                    in_loop: sub.in_loop || step.in_loop,
                    caught: sub.caught || step.caught,
                    duplicate_key_caught: sub.duplicate_key_caught || step.duplicate_key_caught,
                    dropped: sub.dropped,
                    decides: sub.decides,
                    owner: sub.owner,
                    calls: sub.calls + 1,
                    within,
                };
                // A parameter that turns out to be a function of the project is called now.
                match &copy.op {
                    Op::Call { callee, .. }
                        if matches!(self.arena.node(*callee), Node::Func(f) if *f != func && *f != caller)
                            && copy.calls < 3 =>
                    {
                        self.add_step(caller, steps, copy);
                    }
                    _ if copy.calls < 3 && self.called_back(&copy).is_some() => {
                        self.add_step(caller, steps, copy);
                    }
                    // A parameter that turns out to be what no rule looks at.
                    _ if !self.is_relevant(&copy) => {}
                    _ => steps.push(copy),
                }
            }
        }
    }
}
