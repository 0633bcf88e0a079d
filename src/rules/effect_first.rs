//! A field decides whether something is done outside of the database, and an update sets the field without asking: two requests
//! find it as it was, and both do it.
//!
//! Part of `check-then-update`. Input: a function's trace. Output: drafts. Must not know: formats.

use super::context::{Context, Trace};
use super::pending::{Judged, Repeats};
use super::repeated::is_of_its_own;
use crate::diagnostic::{Level, Role};
use crate::project::checks::{Check, CheckKind};
use crate::project::effects::may_be_done_again;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::fence;
use crate::race::relation::Taken;
use crate::value::{C, Site};
use rustc_hash::{FxHashMap, FxHashSet};

/// Something that is done outside of the database because of a check.
struct Effect {
    name: String,
    /// Index of its step.
    at: usize,
    site: Site,
    cond: C,
    check: Check,
    path: String,
}

/// `if (!user.welcomed) await mailer.send(user.email)`, then `User.updateOne({ _id }, { $set: { welcomed: true } })`
pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    let is_update = |write: &&Write| matches!(write.kind, WriteKind::Update | WriteKind::Save);
    let set: FxHashSet<&str> = trace
        .writes
        .iter()
        .filter(is_update)
        .flat_map(|write| &write.fields)
        .filter(|field| is_constant(ctx, field))
        .map(|field| field.path.as_str())
        .collect();
    if set.is_empty() {
        return;
    }
    let effects = effects(ctx, trace, &set);
    for write in trace.writes.iter().filter(is_update) {
        for field in &write.fields {
            let settled = effects.iter().find_map(|effect| Some((effect, settled(ctx, effect, write, field)?)));
            if let Some(settled) = settled {
                report(ctx, trace, write, field, settled);
                break;
            }
        }
    }
}

fn is_constant(ctx: &Context<'_>, field: &FieldWrite) -> bool {
    field.operator == "$set" && is_of_its_own(ctx, field.value, 0)
}

/// What is done outside because of a check of one of these fields.
fn effects(ctx: &mut Context<'_>, trace: &Trace, set: &FxHashSet<&str>) -> Vec<Effect> {
    let mut known: FxHashMap<C, Vec<(Check, String)>> = FxHashMap::default();
    let mut effects = Vec::new();
    for (at, step) in trace.steps.iter().enumerate() {
        let Some(name) = ctx.project.outside_effect(step).map(str::to_owned) else { continue };
        if step.cond == C::TRUE || may_be_done_again(&name) {
            continue;
        }
        let checks = known.entry(step.cond).or_insert_with(|| {
            let checks = ctx.project.checks(step.cond, &trace.documents);
            checks.into_iter().filter_map(|check| checked(check, set)).collect()
        });
        for (check, path) in checks.iter().cloned() {
            effects.push(Effect { name: name.clone(), at, site: step.site, cond: step.cond, check, path });
        }
    }
    effects
}

fn checked(check: Check, set: &FxHashSet<&str>) -> Option<(Check, String)> {
    let CheckKind::Field { path, .. } = &check.kind else { return None };
    let path = path.join(".");
    set.contains(path.as_str()).then_some((check, path))
}

/// How an update makes a check fail the next time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Settled {
    /// Whoever was first: the check does not decide it.
    Anyway,
    /// For one request, when another one may have done it too: its own filter refuses the second.
    Late,
}

/// How an update makes the check of an effect fail the next time; none where it does not, or is an act of its own.
fn settled(ctx: &mut Context<'_>, effect: &Effect, write: &Write, field: &FieldWrite) -> Option<Settled> {
    let Effect { check, path, cond, .. } = effect;
    if *path != field.path || !is_constant(ctx, field) {
        return None;
    }
    let own = ctx.project.arena.and(write.cond, field.cond);
    let is_late = effect.at < write.step && fence::leaves(ctx.project, write, path);
    let settled = match is_late {
        true => Settled::Late,
        // What the check decides itself is judged as an act of its own.
        false if ctx.project.arena.truth(own, check.leaf).is_some() => return None,
        false => Settled::Anyway,
    };
    let both = ctx.project.arena.and(own, *cond);
    let is_same =
        ctx.project.same_document(check.root, check.read.as_ref(), &write.handle, write.filter, write.document);
    (both != C::FALSE && is_same).then_some(settled)
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    (effect, settled): (&Effect, Settled),
) {
    let (path, name) = (&field.path, &effect.name);
    let cond = ctx.project.arena.and(write.cond, field.cond);
    let cond = ctx.project.arena.and(cond, effect.cond);
    let relation = match settled {
        Settled::Late => ctx.claimed(trace, write),
        Settled::Anyway => ctx.relation(trace, &effect.check, write, cond, Taken::Condition(path)),
    };
    let mut draft = ctx.draft("check-then-update", trace, write, write.site);
    draft.lowered =
        Some((Level::Warning, "what is stored in the end is right; what is done twice is outside of the database"));
    (draft.message, draft.label) = match settled {
        Settled::Late => (
            format!(
                "`{path}` decides whether `{name}` is called, and this update claims it only afterwards: two requests can both pass the check and both call it"
            ),
            format!("refuses the second, which has called `{name}` by then"),
        ),
        Settled::Anyway => (
            format!(
                "`{path}` decides whether `{name}` is called, and this update sets it without asking: two requests can both pass the check and both call it"
            ),
            format!("sets `{path}` whoever was first"),
        ),
    };
    draft.array = Some(path.clone());
    draft.related.splice(0..0, ctx.ends(&effect.check));
    draft.related.push((effect.site, Role::Context, "done here".to_owned()));
    draft.help = format!(
        "set `{path}` first, in one command whose filter asks what was checked of it, and call `{name}` only where it matched"
    );
    draft.pair = format!("{path} checked -> {name}");
    let repeats = Some(Repeats::Outside(name.clone()));
    ctx.report_judged(draft, trace, &Judged { needs_witness: true, repeats, ..Judged::of(write, cond, relation) });
}
