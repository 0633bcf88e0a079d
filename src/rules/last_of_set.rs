//! How many documents have a value decides whether one of them loses it: the last owner, the last address.
//!
//! Part of `check-then-update`. Input: a changed field and the checks that decide it. Output: a draft. Must not know: formats.

use super::context::{Context, Trace};
use super::proof::Judged;
use crate::diagnostic::Level;
use crate::project::checks::{Check, CheckKind};
use crate::project::mongo::Action;
use crate::project::writes::{FieldWrite, Write};
use crate::race::relation::Relation;
use crate::value::V;

/// Reports a change by which one document less is counted; says whether there was one.
///
/// `if (await Member.countDocuments({ role: 'owner' }) === 1) return; Member.updateOne({ _id }, { $set: { role: 'guest' } })`
pub fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, checks: &[Check]) -> bool {
    let Some(check) = checks.iter().find(|check| counts(ctx, check, write, field)) else { return false };
    let Some(apart) = super::taken_name::selecting_input(ctx, write) else { return false };
    let relation = ctx.claimed(trace, write);
    report(ctx, trace, write, field, (check, apart), relation);
    true
}

fn counts(ctx: &mut Context<'_>, check: &Check, write: &Write, field: &FieldWrite) -> bool {
    let CheckKind::Below { path } = &check.kind else { return false };
    let Some(read) = check.read.as_ref().filter(|_| path.is_empty()) else { return false };
    let is_count = matches!(read.action, Action::Count | Action::FindMany) && read.handle.same(&write.handle);
    let Some(filter) = read.filter.filter(|_| is_count && field.operator == "$set") else { return false };
    ctx.project.equalities(filter).into_iter().any(|(key, value)| {
        key == field.path && ctx.project.arena.is_literal(value) && !ctx.project.same_value(value, field.value)
    })
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    (check, apart): (&Check, V),
    relation: Relation,
) {
    let collection = ctx.handle_text(&write.handle);
    let path = &field.path;
    let mut draft = ctx.draft("check-then-update", trace, write, write.site);
    draft.lowered = Some((Level::Warning, "a limit is overrun by the requests that come at once, and no further"));
    draft.message = format!(
        "{collection} is counted by `{path}` before this update changes it: two requests can both pass, each with another document"
    );
    draft.label = format!("writes `{path}`, so that one less is counted");
    draft.related = ctx.ends(check);
    draft.help = format!(
        "keep the number of those with this `{path}` in one document, and take one off there first, in one command whose filter asks that enough are left"
    );
    draft.pair = format!("count {path} -> {}", field.operator);
    ctx.report_judged(
        draft,
        trace,
        &Judged { apart: Some(apart), needs_witness: true, ..Judged::of(write, field.cond, relation) },
    );
}
