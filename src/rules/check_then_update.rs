//! A check on a field's value decides an update of that field, and the filter does not carry the condition.

use super::carry::carry_text;
use super::context::{Context, Trace};
use super::proof::Judged;
use crate::diagnostic::Role;
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::relation::{Relation, Taken};
use crate::value::{Arena, C, Compare, Node, V};

const RULE: &str = "check-then-update";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for (write, checks) in trace.writes.iter().zip(&trace.checks) {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Save) {
            continue;
        }
        for field in &write.fields {
            if matches!(field.path.as_str(), "..." | "_id" | "id")
                || field.path.is_empty()
                || field.is_append()
                || is_monotone(&field.operator)
                || ctx.is_versioned(write, field)
            {
                continue;
            }
            let cond = ctx.project.arena.and(write.cond, field.cond);
            let own = if field.cond == write.cond || field.cond == C::TRUE {
                checks.clone()
            } else {
                ctx.project.checks(cond, &trace.documents)
            };
            let found = own.iter().find(|check| {
                (matches!(&check.kind, CheckKind::Field { path, .. } if path.join(".") == field.path)
                    || is_taken(ctx, check, field))
                    && ctx.project.same_document(
                        check.root,
                        check.read.as_ref(),
                        &write.handle,
                        write.filter,
                        write.document,
                    )
            });
            let Some(check) = found.cloned() else { continue };
            let is_harmless = is_idempotent(ctx, &check, field) && !has_other_effect(ctx, trace, write, field, &check);
            let relation = ctx.relation(trace, &check, write, cond, Taken::Condition(&field.path)).doubted(is_harmless);
            report(ctx, trace, write, field, &check, relation);
            break;
        }
    }
}

/// Operators whose result does not depend on how often they run.
fn is_monotone(operator: &str) -> bool {
    matches!(operator, "$max" | "$min" | "$setOnInsert" | "$currentDate" | "$pull" | "$pullAll" | "pipeline" | "splice")
}

/// Work that any worker finds: `findOne({ state: 'queued' })`, then `$set: { state: 'running' }` by its `_id`.
///                                      ^^^^^^^^^^^^^^^ every condition is a constant, and one is on the field written
/// A filter with a value of the caller's, such as a mail address, names the caller's own document: no race of workers.
fn is_taken(ctx: &Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    let (CheckKind::Document, true) = (&check.kind, check.holds) else { return false };
    let Some(filter) = check.read.as_ref().and_then(|read| read.filter) else { return false };
    let equalities = ctx.project.equalities(filter);
    let constant = |v: V| ctx.project.arena.is_literal(v);
    field.operator == "$set"
        && constant(field.value)
        && equalities.iter().all(|(_, value)| constant(*value))
        && equalities.iter().any(|(name, value)| *name == field.path && *value != field.value)
}

/// `if (!doc.done) $set: { done: true }`: the second request finds what it would have written.
fn is_idempotent(ctx: &mut Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    if !matches!(field.operator.as_str(), "$set" | "$unset") {
        return false;
    }
    let CheckKind::Field { test, .. } = &check.kind else { return false };
    let value = if field.operator == "$unset" { Arena::UNDEFINED } else { field.value };
    // A counter that is set back.
    if matches!(ctx.project.arena.node(value), Node::Num(_)) {
        return true;
    }
    let constant = ctx.project.arena.is_literal(value)
        || matches!(
            ctx.project.arena.node(value),
            Node::Fresh(..) | Node::Object(_) | Node::Array(_) | Node::New { .. }
        );
    match ctx.project.arena.node(*test).clone() {
        Node::Compare(Compare::Equal, _, wanted) => {
            if !check.holds {
                // if (doc.state !== x) $set: { state: x }
                return ctx.project.same_value(value, wanted)
                    || (!ctx.project.arena.is_literal(wanted)
                        && field.operator == "$set"
                        && !uses_loaded(ctx, value, check));
            }
            // A proof: if (doc.password === given) $set: { password: next }
            if !ctx.project.arena.is_literal(wanted) && field.operator == "$set" && !uses_loaded(ctx, value, check) {
                return true;
            }
            // if (doc.code === code) $unset: { code: '' }
            constant && ctx.project.arena.truth(C::TRUE, value) == Some(false) && !ctx.project.arena.is_literal(wanted)
        }
        // if (['CANCELLED', 'EXPIRED'].includes(doc.state)) return
        Node::Query { array, .. } => match ctx.project.arena.node(array) {
            Node::Array(items) => !check.holds && items.len() == 1 && items.iter().all(|item| item.value == value),
            _ => false,
        },
        Node::Compare(..) => {
            // if (doc.expires < now) $set: { expires: null }
            constant
        }
        _ => {
            let truth = ctx.project.arena.truth(C::TRUE, value);
            match truth {
                Some(truth) => truth != check.holds,
                // if (!doc.name) $set: { name }
                // if (!doc.items) return; $set: { items: doc.items }
                None => check.holds || !uses_loaded(ctx, value, check),
            }
        }
    }
}

fn uses_loaded(ctx: &mut Context<'_>, value: V, check: &Check) -> bool {
    let CheckKind::Field { path, .. } = &check.kind else { return false };
    ctx.project.comes_from(value, check.root, path, &[check.root])
}

/// Whether something that is not idempotent happens with the write: another counter in it, or another write that the
/// same check decides.
fn has_other_effect(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, check: &Check) -> bool {
    let counts = |f: &FieldWrite| matches!(f.operator.as_str(), "$inc" | "$mul" | "$push");
    // A write whose own filter decides does not happen twice.
    let guarded: Vec<usize> = trace
        .writes
        .iter()
        .filter(|other| {
            other.fields.iter().any(|f| f.is_append() && super::check_then_push::is_guarded(ctx, other, f, other.cond))
        })
        .map(|other| other.step)
        .collect();
    if write.fields.iter().any(|other| other.path != field.path && (counts(other) || is_arithmetic(ctx, other.value))) {
        return true;
    }
    // The other side of a toggle.
    let toggled = trace.writes.iter().flat_map(|w| w.fields.iter().map(move |f| (w, f))).any(|(w, other)| {
        w.handle.same(&write.handle)
            && other.path == field.path
            && other.operator == field.operator
            && other.value != field.value
            && ctx.project.arena.conflict(ctx_cond(w, other), ctx_cond(write, field))
            && ctx
                .project
                .arena
                .truth(C::TRUE, other.value)
                .is_some_and(|t| Some(!t) == ctx.project.arena.truth(C::TRUE, field.value))
    });
    toggled
        || trace.writes.iter().zip(&trace.checks).any(|(other, checks)| {
            other.step != write.step
                && !guarded.contains(&other.step)
                && (other.kind == WriteKind::Insert
                    || other.fields.iter().any(|f| counts(f) || may_be_arithmetic(ctx, f.value)))
                && checks.iter().any(|c| c.root == check.root && c.leaf == check.leaf && c.holds == check.holds)
        })
}

fn may_be_arithmetic(ctx: &Context<'_>, value: V) -> bool {
    ctx.project.arena.alternatives(value).into_iter().any(|(_, v)| is_arithmetic(ctx, v))
}

fn ctx_cond(write: &Write, field: &FieldWrite) -> C {
    if field.cond == C::TRUE { write.cond } else { field.cond }
}

pub fn is_arithmetic(ctx: &Context<'_>, value: V) -> bool {
    matches!(ctx.project.arena.node(value), Node::Derived(op, _) if matches!(ctx.project.arena.text(*op), "+" | "-" | "*" | "/" | "%" | "**"))
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, check: &Check, relation: Relation) {
    let path = field.path.clone();
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.message = format!(
        "`{path}` is checked before this update, not in its filter: two requests can both pass the check and both write"
    );
    draft.label = format!("writes `{path}` without the check in the filter");
    draft.array = Some(path.clone());
    draft.related = ctx.ends(check);
    if field.site != write.site {
        draft.related.push((field.site, Role::Context, "changed here".to_owned()));
    }
    let condition = ctx.condition_text(check, &path, field.value);
    draft.help = format!(
        "{}, and treat matchedCount 0 (or null) as the check having failed",
        carry_text(write, &condition, "…")
    );
    draft.pair = format!("{path} checked -> {}", field.operator);
    ctx.report_judged(draft, trace, &Judged { write, cond: field.cond, whole_array: None, relation });
}
