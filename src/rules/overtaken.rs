//! A state that was loaded decides the next one, and other code sets the state in between: what it set is written over.
//!
//! Part of `check-then-update`. Which other code sets a state is known once all functions were read, so it is asked then.
//!
//! Input: the writes of all functions. Output: drafts. Must not know: formats.

use super::changes::{asked_of, constant};
use super::context::{Context, Trace};
use super::copies::Changed;
use super::pending::Judged;
use crate::diagnostic::{Level, Role};
use crate::judge::{Constant, Overwritten};
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::relation::Taken;
use crate::value::{Compare, Node};

const RULE: &str = "check-then-update";

/// Notes a function that moves a state on.
pub fn note(ctx: &mut Context<'_>, trace: &Trace) {
    let is_moving = |(write, checks): (&Write, &Vec<Check>)| {
        is_update(write) && write.fields.iter().any(|field| !moves(ctx, field, checks).is_empty())
    };
    if trace.writes.iter().zip(&trace.checks).any(is_moving) {
        ctx.stale.moving.push(trace.func);
    }
}

fn is_update(write: &Write) -> bool {
    write.handle.name().is_some() && matches!(write.kind, WriteKind::Update | WriteKind::Save)
}

/// A state that is set because the loaded one is, or is not, another.
struct Moved<'a> {
    check: &'a Check,
    asked: Constant,
    next: Constant,
}

impl Moved<'_> {
    /// Whether a state is one under which the update is not meant.
    fn excludes(&self, state: &Constant) -> bool {
        *state != self.next && (self.check.holds == (*state != self.asked))
    }
}

/// Each state that decides one that is set: `if (trip.state === 'gone' || trip.state === 'over') return`,
/// `Trip.findOne({ _id, state: 'planned' })`.
fn moves<'a>(ctx: &Context<'_>, field: &FieldWrite, checks: &'a [Check]) -> Vec<Moved<'a>> {
    let Some(next) = constant(ctx, field.value).filter(|_| field.operator == "$set") else { return Vec::new() };
    let moved = checks.iter().filter_map(|check| {
        let asked = asked_state(ctx, check, &field.path)?;
        Some(Moved { check, asked, next: next.clone() })
    });
    moved.collect()
}

/// The constant with which the field at a path is compared, by a condition or in the filter by which its document is found.
fn asked_state(ctx: &Context<'_>, check: &Check, at: &str) -> Option<Constant> {
    match &check.kind {
        CheckKind::Field { path, test } if path.join(".") == at => {
            let Node::Compare(Compare::Equal, a, b) = *ctx.project.arena.node(*test) else { return None };
            constant(ctx, a).or_else(|| constant(ctx, b))
        }
        CheckKind::Document if check.holds => {
            let filter = check.read.as_ref()?.filter?;
            let (_, value) = ctx.project.equalities(filter).into_iter().find(|(path, _)| path == at)?;
            constant(ctx, value)
        }
        _ => None,
    }
}

/// Asks of each state that is moved on, whether others set one that it excludes.
pub fn check(ctx: &mut Context<'_>) {
    let stale = std::mem::take(&mut ctx.stale);
    ctx.revisit(&stale.moving, &[RULE], false, |ctx, trace, write, checks| {
        if is_update(write) {
            check_write(ctx, trace, write, checks, stale.changed.of(&write.handle));
        }
    });
    ctx.stale = stale;
}

fn check_write(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check], changed: &[Changed]) {
    let place = ctx.project.base_site(write.site);
    let owner = trace.steps.get(write.step).map_or(trace.func, |step| step.owner);
    let asked = asked_of(ctx, write);
    let mut all: Vec<(&FieldWrite, Moved<'_>)> = Vec::new();
    for field in &write.fields {
        all.extend(moves(ctx, field, checks).into_iter().map(|moved| (field, moved)));
    }
    for (field, moved) in all {
        let root = moved.check.root;
        let read = moved.check.read.as_ref();
        if !ctx.project.same_document(root, read, &write.handle, write.filter, write.document) {
            continue;
        }
        let other = changed.iter().find(|other| {
            other.path == field.path
                && other.state.as_ref().is_some_and(|state| moved.excludes(state))
                && other.place != place
                && !ctx.project.is_in_text(owner, other.place)
                && !other.is_of_others(&asked, changed)
        });
        if let Some((other, state)) = other.and_then(|other| Some((other, other.state.clone()?))) {
            report(ctx, trace, (write, field), moved.check, (other, state));
            return;
        }
    }
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    (write, field): (&Write, &FieldWrite),
    check: &Check,
    (other, state): (&Changed, Constant),
) {
    let path = &field.path;
    let cond = ctx.project.arena.and(write.cond, field.cond);
    let relation = ctx.relation(trace, check, write, cond, Taken::Condition(path));
    let text = match &state {
        Constant::Text(text) => format!("'{text}'"),
        Constant::Number(bits) => f64::from_bits(*bits).to_string(),
        Constant::Flag(is_on) => is_on.to_string(),
        Constant::Nothing => "null".to_owned(),
    };
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.lowered = draft.lowered.or(Some((Level::Warning, "what is lost is a state that other code sets")));
    draft.message = format!(
        "`{path}` is checked before this update, not in its filter: {text}, which other code sets in between, is written over"
    );
    draft.label = format!("writes `{path}` without the check in the filter");
    draft.array = Some(path.clone());
    draft.related.splice(0..0, ctx.ends(check));
    draft.related.push((other.site, Role::Context, format!("`{path}` is set to {text} here")));
    draft.help = format!(
        "make the check and the change one command: its filter asks what was checked of `{path}`, and matchedCount 0 (or null) means that the check failed"
    );
    draft.pair = format!("{path} checked -> $set over {text}");
    let overwritten = Some(Overwritten::State(path.clone(), state));
    let act = Judged { overwritten, needs_witness: true, may_repeat: true, ..Judged::of(write, field.cond, relation) };
    ctx.report_judged(draft, trace, &act);
    ctx.settle(trace);
}
