//! Expansion: the steps of a function with those of what it calls in place.
//!
//! Only of functions that reach the database, and of what they call: nobody asks for the steps of the others. Recursion is cut
//! where it closes; a function has at most [`limits::STEPS`] steps and [`limits::CALLS`] calls above a step.
//!
//! Input: the own steps of all functions. Output: their steps, callees' in place. Must not know: rules.

use super::handed::{ASKING, CHANGING};
use super::instance::Instance;
use super::link::{Op, Project, State, Step, Steps};
use super::pass::Pass;
use super::reach::TELLING;
use crate::limits::{self, Cut};
use crate::value::{C, FnRef, Node, V};
use rustc_hash::FxHashMap;

/// Methods beside the catalogue's, and beside those that change, ask or tell, that a rule looks at.
const RELEVANT: [&str; 16] = [
    "setnx",
    "acquireLock",
    "waitAcquireLock",
    "releaseLock",
    "command",
    "session",
    "save",
    "acquire",
    "runExclusive",
    "lock",
    "unlock",
    "release",
    "index",
    "upsert",
    "markModified",
    "increment",
];

const EXPANSION: Pass = Pass {
    states: |project| &mut project.expanded,
    callees: |project, func| project.callees_in_steps(func),
    fill: Project::fill_steps,
};

impl Project {
    /// Expands these functions, callees first.
    pub(super) fn expand_all(&mut self, functions: impl Iterator<Item = FnRef>) {
        self.pass(EXPANSION, functions);
    }

    /// Expands a function that is summarised.
    pub(super) fn expand(&mut self, func: FnRef) {
        self.pass_within(EXPANSION, func);
    }

    /// The functions that the own steps of a function call, last first.
    fn callees_in_steps(&self, func: FnRef) -> Vec<FnRef> {
        let steps = self.own_steps.get(func.0 as usize).map(Vec::as_slice).unwrap_or_default();
        let callees = steps.iter().filter_map(|step| match step.op {
            Op::Call { callee, .. } => Some(callee),
            Op::Assign { .. } | Op::Marked { .. } => None,
        });
        let mut callees: Vec<FnRef> = callees.flat_map(|callee| self.targets(callee)).collect();
        callees.reverse();
        callees
    }

    fn fill_steps(&mut self, func: FnRef) {
        let at = func.0 as usize;
        let own = self.own_steps.get_mut(at).map(std::mem::take).unwrap_or_default();
        let steps = self.within(func, |project| {
            let mut steps = Vec::new();
            for step in own {
                if project.arena.is_spent() {
                    break;
                }
                project.add_step_knowing(func, &mut steps, step, None);
            }
            let saved = project.saved_by_hook(func, &steps);
            steps.extend(saved);
            steps
        });
        let steps: Steps = steps.into();
        let handed = self.for_callers(func, &steps);
        if let Some(slot) = self.handed.get_mut(at) {
            *slot = handed;
        }
        if let Some(slot) = self.summaries.get_mut(at) {
            *slot = steps;
        }
    }

    /// Whether an own step is kept: it matters itself, or what it calls may.
    pub(super) fn is_kept(&mut self, step: &Step) -> bool {
        let Op::Call { callee, .. } = &step.op else { return true };
        self.is_relevant(step)
            || !self.targets(*callee).is_empty()
            || self.marked(&self.marks.calls, *callee).is_some()
            || self.called_back(step).is_some()
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
                    || super::index::is_index_method(name)
                    || RELEVANT.contains(&name)
                    || CHANGING.contains(&name)
                    || ASKING.contains(&name)
                    || TELLING.contains(&name)
                    || matches!(self.arena.node(*callee), Node::Param(..) | Node::Func(_))
                    || self.may_be_served(*callee)
                    || self.acquiring_call(*callee).is_some()
                    || self.is_lock_function(*callee)
                    || self.outside_effect(step).is_some()
            }
        }
    }

    /// Adds a step that was revealed in a caller.
    fn add_step(&mut self, caller: FnRef, steps: &mut Vec<Step>, step: Step) {
        self.note_calls(caller, &step, None);
        self.add_step_knowing(caller, steps, step, None);
    }

    /// Adds a step whose call is noted; one that calls a function of the project becomes that function's steps, in which
    /// `known` members have their values.
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
        let targets = self.calls_of(*callee, *recv);
        if targets.is_empty() {
            let work = self.called_back(&step).map(|op| Step { op, ..step.clone() });
            if self.is_relevant(&step) {
                match steps.len() < limits::STEPS {
                    true => steps.push(step),
                    false => self.note_cut(caller, Cut::Steps),
                }
            }
            if let Some(work) = work {
                self.add_step_knowing(caller, steps, work, known);
            }
            return;
        }
        self.note_implementers(caller, *callee);
        for (cond, func, recv) in targets {
            self.expand(func);
            // Which class it is stands before what one of its methods gives.
            let cond = self.arena.and(cond, step.cond);
            if self.expanded.get(func.0 as usize) != Some(&State::Done) || cond == C::FALSE {
                continue;
            }
            let given: Vec<V> = recv.into_iter().chain(args.iter().copied()).collect();
            let preset = self.preset(steps, (cond, &given), known);
            let mut instance = Instance::new(func, args, recv, step.site);
            instance.known = Some(&preset).filter(|preset| !preset.is_empty());
            let handed = self.handed.get(func.0 as usize).cloned().unwrap_or_default();
            for sub in handed.iter() {
                if self.arena.is_spent() {
                    break;
                }
                if let Some(cut) = limits::cut_of_step(steps.len(), sub.calls + 1) {
                    if self.touches_database(sub) || self.calls_into_database(&mut instance, sub) {
                        self.note_cut(caller, cut);
                    }
                    continue;
                }
                let Some(copy) = self.copied(&mut instance, (&step, cond), sub) else { continue };
                self.add_copy((caller, func), steps, sub, copy);
            }
        }
    }

    /// Whether a step of a callee calls a function that the caller gave, and that one uses the database.
    fn calls_into_database(&mut self, instance: &mut Instance<'_>, step: &Step) -> bool {
        let Op::Call { callee, .. } = step.op else { return false };
        if !matches!(self.arena.node(callee), Node::Param(..)) {
            return false;
        }
        let given = self.instantiate(instance, callee);
        match *self.arena.node(given) {
            Node::Func(func) => self.reaches_database(func),
            _ => false,
        }
    }

    /// Whether a function, or what it calls, uses the database.
    fn reaches_database(&mut self, func: FnRef) -> bool {
        self.expand(func);
        self.steps_of(func).iter().any(|step| self.touches_database(step))
    }

    /// A step of a callee in the terms of its caller; none where the call, which is taken under a condition, never leads to it.
    fn copied(&mut self, instance: &mut Instance<'_>, (call, taken): (&Step, C), step: &Step) -> Option<Step> {
        self.arena.spend(limits::WORK_PER_STEP);
        self.arena.keep(limits::KEPT_PER_STEP);
        let cond = self.instantiate_cond(instance, step.cond);
        let cond = self.arena.and(taken, cond);
        if cond == C::FALSE {
            return None;
        }
        let op = match &step.op {
            Op::Call { callee, recv, name, args } => Op::Call {
                callee: self.instantiate(instance, *callee),
                recv: recv.map(|recv| self.instantiate(instance, recv)),
                name: *name,
                args: args.iter().map(|arg| self.instantiate(instance, *arg)).collect(),
            },
            Op::Assign { object, key, value } => Op::Assign {
                object: self.instantiate(instance, *object),
                key: *key,
                value: self.instantiate(instance, *value),
            },
            Op::Marked { name, args } => {
                Op::Marked { name: *name, args: args.iter().map(|arg| self.instantiate(instance, *arg)).collect() }
            }
        };
        if self.arena.is_spent() {
            return None;
        }
        let mut within = call.within.clone();
        within.extend(step.within.iter().map(|(site, part)| (self.site_via(*site, call.site), *part)));
        Some(Step {
            site: self.site_via(step.site, call.site),
            cond,
            op,
            in_loop: step.in_loop || call.in_loop,
            caught: step.caught || call.caught,
            duplicate_key_caught: step.duplicate_key_caught || call.duplicate_key_caught,
            dropped: step.dropped,
            decides: step.decides,
            owner: step.owner,
            calls: step.calls + 1,
            within,
        })
    }

    /// Adds the copy of a callee's step. What the callee knew it to call has given steps of its own there, which are copied too.
    fn add_copy(&mut self, (caller, callee): (FnRef, FnRef), steps: &mut Vec<Step>, step: &Step, copy: Step) {
        // A parameter that turns out to be a function of the project is called now.
        let revealed = match &copy.op {
            Op::Call { callee: own, .. } => match *self.arena.node(*own) {
                Node::Func(func) => Some(func).filter(|func| *func != callee && *func != caller),
                _ => None,
            },
            Op::Assign { .. } | Op::Marked { .. } => None,
        };
        let is_near = copy.calls <= limits::CALLED_BACK;
        if let (Some(func), false) = (revealed, is_near)
            && self.reaches_database(func)
        {
            self.note_cut(caller, Cut::Calls);
        }
        let is_handed_on = is_near && self.called_back(&copy).is_some() && self.called_back(step).is_none();
        if is_near && revealed.is_some() || is_handed_on {
            self.add_step(caller, steps, copy);
        } else if self.is_relevant(&copy) {
            steps.push(copy);
        }
    }
}
