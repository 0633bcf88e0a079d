//! Reading functions with all rules, on all processors.
//!
//! Each function is read in a copy of the project of its own, so that what is found in it does not depend on the number of threads.
//!
//! Input: functions. Output: what the rules say of each, in the order of the functions. Must not know: how an act is judged.

use super::cancel::Cancel;
use crate::panics::{self, Panic};
use crate::project::Project;
use crate::project::census::Census;
use crate::project::ledger::Left;
use crate::rules::CHECKS;
use crate::rules::context::{Context, Said, Trace};
use crate::rules::write_paths::{self, PathDraft};
use crate::stack;
use crate::value::{FnRef, Spent};
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the rules say of one function, in the terms of the copy in which it was read.
pub(super) struct Read {
    pub(super) func: FnRef,
    /// None where nothing was found that means something only in a copy.
    pub(super) copy: Option<Box<Project>>,
    pub(super) taken: (Spent, Duration),
    pub(super) census: Census,
    pub(super) found: Result<Option<Found>, Panic>,
}

/// What was found in a function that writes.
pub(super) struct Found {
    pub(super) trace: Trace,
    pub(super) paths: Vec<PathDraft>,
    pub(super) said: Said,
}

/// Reads functions; none where that was cancelled.
pub(super) fn read(ctx: &Context<'_>, functions: &[FnRef], cancel: &Cancel) -> Option<Vec<Read>> {
    let allowed: Vec<(FnRef, Left)> = functions.iter().map(|func| (*func, ctx.project.allowed(*func))).collect();
    let (schemas, config, decisive) = (ctx.schemas, ctx.config, &ctx.decisive);
    let bare = Mutex::new(ctx.project.fork());
    let copied = || Box::new(bare.lock().unwrap_or_else(PoisonError::into_inner).fork());
    let read = |copy: &mut Option<Box<Project>>, (func, allowed): (FnRef, Left)| {
        if cancel.is_over() {
            return None;
        }
        let mut own = copy.take().unwrap_or_else(copied);
        let (since, budget) = (Instant::now(), own.arena.begin(allowed.work, allowed.kept));
        let mut census = Census::default();
        let found = stack::for_project(|| {
            panics::attempt(|| {
                panics::point("proposed", own.function(func).map_or("", |function| function.name.as_str()));
                let mut ctx = Context::new(&mut own, schemas, config);
                ctx.decisive = decisive.clone();
                found(ctx, &mut census, func)
            })
        });
        let taken = (own.arena.end(budget), since.elapsed());
        let mut kept = Some(own);
        if matches!(found, Ok(None)) {
            // A copy to which nothing was added is as good as a new one.
            *copy = kept.take().filter(|own| own.is_bare());
        }
        Some(Read { func, copy: kept, taken, census, found })
    };
    let read: Vec<Option<Read>> = allowed.into_par_iter().with_max_len(8).map_init(|| None, read).collect();
    read.into_iter().collect()
}

fn found(mut ctx: Context<'_>, census: &mut Census, func: FnRef) -> Option<Found> {
    census.add_own(ctx.project, func);
    let trace = ctx.trace(func)?;
    census.add_writes(ctx.project, &trace.steps, &trace.writes);
    census.add_writes(ctx.project, &trace.steps, &trace.unsendable);
    for check in CHECKS {
        check(&mut ctx, &trace);
    }
    let paths = write_paths::collect(&mut ctx, &trace);
    Some(Found { trace, paths, said: ctx.into_said() })
}
