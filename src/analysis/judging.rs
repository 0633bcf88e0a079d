//! Judging the acts that the rules have proposed, on all processors.
//!
//! Each function is judged in its own copy of the project, in rounds: the first view of each place that is not shown yet, then the
//! second. So what is found does not depend on the number of threads, nor on which of them is first.
//!
//! Input: functions with their acts. Output: drafts with their proofs, in the order of the functions. Must not know: how an act is judged.

use super::cancel::Cancel;
use crate::config::Config;
use crate::limits::{self, Cut};
use crate::panics::{self, Panic};
use crate::project::Project;
use crate::project::ledger::{Fuel, Left};
use crate::project::schema::Schemas;
use crate::rules::context::{Context, Draft, Trace};
use crate::rules::pending::{Pending, Told, Turn};
use crate::rules::proof::Outcome;
use crate::rules::silence::Silent;
use crate::stack;
use crate::value::{FnRef, Spent};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::time::{Duration, Instant};

/// A function that was read, with the acts in it that are to be judged.
pub(super) struct Proposed {
    pub(super) func: FnRef,
    /// The copy in whose terms the rest is, and what was read; none when no act is left.
    pub(super) read: Option<(Box<Project>, Trace)>,
    /// What is left of the budget of judging it, which is one more than that of reading it: the more rules look at a function, the
    /// less would be judged.
    pub(super) left: Left,
    /// Work that judging may still take.
    pub(super) fuel: Fuel,
    pub(super) acts: Vec<Option<Pending>>,
    pub(super) told: Told,
    /// The drafts that were reported without a judgement, and those that were judged, each after how many of the former. Both are
    /// in the terms of the project.
    pub(super) reported: Vec<Draft>,
    pub(super) settled: Vec<(usize, usize, Draft)>,
}

impl Proposed {
    /// Tells some acts as they are proposed.
    pub(super) fn leave_unjudged(&mut self, ctx: &mut Context<'_>, is_left: impl Fn(&Project, &Draft) -> bool) {
        let Some((copy, _)) = &self.read else { return };
        for (number, slot) in self.acts.iter_mut().enumerate() {
            if let Some(act) = slot.take_if(|act| is_left(copy, act.draft())) {
                self.settled.push((act.order.after, number, ctx.adopted(copy, act.into_draft())));
            }
        }
        if self.acts.iter().all(Option::is_none) {
            self.read = None;
        }
    }

    /// All drafts in the order in which they were proposed.
    pub(super) fn into_drafts(mut self) -> Vec<Draft> {
        self.settled.sort_by_key(|(_, number, _)| *number);
        let mut all = Vec::with_capacity(self.reported.len() + self.settled.len());
        let mut settled = self.settled.into_iter().peekable();
        for (at, draft) in self.reported.into_iter().enumerate() {
            while let Some((.., settled)) = settled.next_if(|(after, ..)| *after <= at) {
                all.push(settled);
            }
            all.push(draft);
        }
        all.extend(settled.map(|(.., draft)| draft));
        all
    }
}

/// What judging acts of one function has shown.
struct Done {
    at: usize,
    taken: (Spent, Duration),
    burnt: Fuel,
    found: Result<Vec<Found>, Panic>,
}

struct Found {
    act: usize,
    outcome: Option<Outcome>,
    drafts: Vec<Draft>,
    silences: Vec<Silent>,
}

/// Judges all acts, and gives the functions in which that failed; none where it was cancelled.
pub(super) fn settle(ctx: &mut Context<'_>, proposed: &mut [Proposed], cancel: &Cancel) -> Option<Vec<(FnRef, Panic)>> {
    let mut failures = Vec::new();
    loop {
        let due = due(ctx, proposed);
        if due.is_empty() {
            return Some(failures);
        }
        // What some have taken is counted before the next have their turn.
        for due in due.chunks(limits::JUDGED_AT_ONCE) {
            for done in judge_all(ctx, proposed, due, cancel)? {
                if let Some(proposed) = proposed.get_mut(done.at) {
                    failures.extend(take(ctx, proposed, done));
                }
            }
        }
    }
}

/// Judges acts of some functions at the same time; none where it was cancelled.
fn judge_all(
    ctx: &Context<'_>,
    proposed: &mut [Proposed],
    due: &[(usize, Vec<usize>)],
    cancel: &Cancel,
) -> Option<Vec<Done>> {
    let (schemas, config, project) = (ctx.schemas, ctx.config, &*ctx.project);
    let mut wanted = due.iter().peekable();
    let tasks: Vec<(usize, &[usize], Left, &mut Proposed)> = proposed
        .iter_mut()
        .enumerate()
        .filter_map(|(at, proposed)| {
            let (_, due) = wanted.next_if(|(wanted, _)| *wanted == at)?;
            proposed.fuel = project.fuel_left(proposed.func, proposed.fuel);
            Some((at, due.as_slice(), project.still_left(proposed.func, proposed.left), proposed))
        })
        .collect();
    let judge = |(at, due, left, proposed): (usize, &[usize], Left, &mut Proposed)| {
        let is_over = cancel.is_over();
        (!is_over).then(|| judged(schemas, config, (at, due, left), proposed))
    };
    let done: Option<Vec<Option<Done>>> = tasks.into_par_iter().with_max_len(1).map(judge).collect();
    // A function of which nothing is left to judge is none of them.
    Some(done?.into_iter().flatten().collect())
}

/// The next act of each place that is not shown, by function; acts that need no judgement are settled.
fn due(ctx: &mut Context<'_>, proposed: &mut [Proposed]) -> Vec<(usize, Vec<usize>)> {
    let (mut taken, mut all) = (FxHashSet::default(), Vec::new());
    for (at, proposed) in proposed.iter_mut().enumerate() {
        let (mut due, mut open) = (Vec::new(), FxHashSet::default());
        for (number, slot) in proposed.acts.iter_mut().enumerate() {
            let Some(act) = slot else { continue };
            if proposed.told.has(act) {
                *slot = None;
                continue;
            }
            // Whether it is asked for at all depends on one before it. Until then no later view of its place has its turn.
            let has_to_wait = act.order.group.is_some_and(|group| open.contains(&group));
            match ctx.views.turn(act) {
                Turn::Drop => *slot = None,
                _ if has_to_wait => drop(taken.insert(act.place.clone())),
                Turn::Judge => {
                    open.extend(act.order.group);
                    if taken.insert(act.place.clone()) {
                        due.push(number);
                    }
                }
                Turn::Tell => {
                    proposed.told.add(act);
                    if let (Some(act), Some((copy, _))) = (slot.take(), &proposed.read) {
                        let after = act.order.after;
                        let mut draft = ctx.adopted(copy, act.into_draft());
                        ctx.add_calls(&mut draft);
                        proposed.settled.push((after, number, draft));
                    }
                }
            }
        }
        if !due.is_empty() {
            all.push((at, due));
        }
    }
    all
}

fn judged(
    schemas: &Schemas,
    config: &Config,
    (at, due, left): (usize, &[usize], Left),
    proposed: &mut Proposed,
) -> Option<Done> {
    let Proposed { read, acts, fuel, .. } = proposed;
    let (copy, trace) = read.as_mut()?;
    let before = *fuel;
    let (since, budget) = (Instant::now(), copy.arena.begin(left.work, left.kept));
    let found = stack::for_project(|| {
        panics::attempt(|| {
            panics::point("judged", copy.function(trace.func).map_or("", |function| function.name.as_str()));
            let mut ctx = Context::new(copy, schemas, config);
            let mut prepared = ctx.prepared(trace, *fuel);
            let acts = due.iter().filter_map(|at| Some((*at, acts.get(*at)?.as_ref()?)));
            let mut found = Vec::new();
            for (act, pending) in acts {
                let outcome = ctx.judge(trace, &mut prepared, pending);
                let (drafts, silences) = (std::mem::take(&mut ctx.drafts), std::mem::take(&mut ctx.silences));
                found.push(Found { act, outcome, drafts, silences });
            }
            *fuel = prepared.fuel();
            if fuel.judging == 0 {
                ctx.project.arena.note_cut(Cut::Size);
            }
            found
        })
    });
    let burnt = before.with(*fuel, u64::saturating_sub);
    Some(Done { at, taken: (copy.arena.end(budget), since.elapsed()), burnt, found })
}

/// Takes over what was found in a copy; gives what went wrong in it.
fn take(ctx: &mut Context<'_>, proposed: &mut Proposed, done: Done) -> Option<(FnRef, Panic)> {
    let (copy, _) = proposed.read.as_ref()?;
    ctx.project.charge(proposed.func, copy, done.taken);
    ctx.project.draw_fuel(proposed.func, done.burnt);
    proposed.left = proposed.left.after(&done.taken.0);
    let found = match done.found {
        Ok(found) => found,
        Err(panic) => {
            // What else is proposed of the function would fail again.
            proposed.acts.iter_mut().for_each(|act| *act = None);
            return Some((proposed.func, panic));
        }
    };
    for Found { act: number, outcome, drafts, silences } in found {
        let Some(act) = proposed.acts.get_mut(number).and_then(Option::take) else { continue };
        let is_again = ctx.views.is_proven(&act.place);
        if let Some(outcome) = &outcome {
            ctx.views.add(&act.place, outcome.is_shown, &drafts);
        }
        // A place that another view has shown is judged again for a fix.
        if is_again && drafts.iter().all(|draft| draft.fix.is_none()) {
            let told = (!act.place.4).then(|| proposed.told.add(&act));
            let after = act.order.after;
            let mut draft = ctx.adopted(copy, act.into_draft());
            ctx.add_calls(&mut draft);
            proposed.settled.extend(told.map(|()| (after, number, draft)));
            continue;
        }
        if let Some(outcome) = outcome {
            proposed.told.add_if(outcome.is_told, &act);
        }
        for draft in drafts {
            let draft = ctx.adopted(copy, draft);
            proposed.settled.push((act.order.after, number, draft));
        }
        ctx.add_silences(copy, silences);
    }
    if proposed.acts.iter().all(Option::is_none) {
        proposed.read = None;
    }
    None
}
