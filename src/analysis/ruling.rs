//! What the rules say of all functions.
//!
//! Input: the linked project. Output: drafts with their proofs. Must not know: where a finding is told.

use super::by_hand::ByHand;
use super::cancel::Cancel;
use super::judging::{Proposed, settle};
use super::reading::{Found, Read, read};
use super::wanted::Wanted;
use crate::config::Config;
use crate::limits;
use crate::panics::{self, Panic};
use crate::project::Project;
use crate::project::census::Census;
use crate::project::schema::Schemas;
use crate::rules::PROJECT_CHECKS;
use crate::rules::context::{Context, Draft};
use crate::rules::pending::Told;
use crate::rules::silence::Silent;
use crate::rules::write_paths::PathDraft;
use crate::timings::Laps;
use crate::value::FnRef;

/// What the rules say of all functions, the calls that they saw, and where they failed.
#[derive(Default)]
pub(super) struct Ruled {
    pub(super) drafts: Vec<Draft>,
    pub(super) silences: Vec<Silent>,
    pub(super) paths: Vec<PathDraft>,
    pub(super) census: Census,
    /// The function, or none for a check of the whole project.
    pub(super) failures: Vec<(Option<FnRef>, Panic)>,
}

/// Runs all rules over all functions. Where one fails, the function is left and the others are checked.
pub(super) fn run_rules(
    project: &mut Project,
    schemas: &Schemas,
    config: &Config,
    (hand, wanted): (&ByHand, &Wanted<'_>),
    cancel: &Cancel,
    laps: &mut Laps,
) -> Option<Ruled> {
    project.share();
    let functions: Vec<FnRef> = (0..project.functions.len()).map(|func| FnRef(func as u32)).collect();
    let mut ctx = Context::new(project, schemas, config);
    let mut ruled = Ruled::default();
    // What is judged of the functions before decides what has to be judged of the next.
    for batch in functions.chunks(limits::READ_AT_ONCE) {
        let read = read(&ctx, batch, cancel)?;
        laps.add("rules");
        let (mut drafts, mut proposed) = (Vec::new(), Vec::new());
        for read in read {
            drafts.push(take(&mut ctx, wanted, &mut ruled, read, &mut proposed));
        }
        let failures = settle(&mut ctx, &mut proposed, cancel)?;
        ruled.failures.extend(failures.into_iter().map(|(func, panic)| (Some(func), panic)));
        let mut proposed = proposed.into_iter();
        for reported in drafts {
            let judged = || proposed.next().map(Proposed::into_drafts);
            ctx.drafts.extend(reported.or_else(judged).into_iter().flatten());
        }
        laps.add("judge");
    }
    // Nobody runs a migration beside a request.
    ctx.forget_changes(&|file| hand.has(file));
    for check in PROJECT_CHECKS {
        ruled.failures.extend(panics::attempt(|| check(&mut ctx)).err().map(|panic| (None, panic)));
    }
    for func in functions {
        ruled.census.name_from(ctx.project, func);
    }
    ruled.silences = std::mem::take(&mut ctx.silences);
    ruled.drafts = ctx.finish();
    Some(ruled)
}

/// Takes over what was read of one function. Its drafts, unless there are acts to be judged among them.
fn take(
    ctx: &mut Context<'_>,
    wanted: &Wanted<'_>,
    ruled: &mut Ruled,
    read: Read,
    proposed: &mut Vec<Proposed>,
) -> Option<Vec<Draft>> {
    let Read { func, copy, taken, census, found } = read;
    ruled.census.add_all(census);
    match &copy {
        Some(copy) => ctx.project.charge(func, copy, taken),
        None => ctx.project.charge_alone(func, taken),
    }
    let (found, copy) = match (found, copy) {
        (Ok(Some(found)), Some(copy)) => (found, copy),
        (Err(panic), _) => {
            ruled.failures.push((Some(func), panic));
            return Some(Vec::new());
        }
        _ => return Some(Vec::new()),
    };
    let Found { trace, paths, said } = found;
    for path in paths {
        ruled.paths.push(PathDraft {
            site: ctx.project.adopted_site(&copy, path.site),
            call: ctx.project.adopted_site(&copy, path.call),
            callers: path.callers.iter().map(|(f, site)| (*f, ctx.project.adopted_site(&copy, *site))).collect(),
            ..path
        });
    }
    let (reported, acts) = ctx.take_over(&copy, said);
    if acts.is_empty() {
        return Some(reported);
    }
    let (left, fuel) = (ctx.project.allowed(func), ctx.project.fuel(func));
    let acts = acts.into_iter().map(Some).collect();
    let (read, settled, told) = (Some((copy, trace)), Vec::new(), Told::default());
    let mut of_function = Proposed { func, read, left, fuel, acts, reported, settled, told };
    of_function.leave_unjudged(ctx, |copy, draft| !wanted.has(copy, draft));
    proposed.push(of_function);
    None
}
