//! A check decides an append, and the filter of the append does not carry the negated check.

use super::carry::carry_text;
use super::context::{Context, Trace, appends};
use super::proof::Judged;
use super::rewrite;
use super::words::check_words;
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::fence::{Fence, fence};
use crate::race::relation::{Relation, Taken};
use crate::value::{C, Node, V};

const RULE: &str = "check-then-push";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for (write, checks) in trace.writes.iter().zip(&trace.checks) {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Save) {
            continue;
        }
        for field in appends(write) {
            // The whole element is the guard of $addToSet, unless it is an object with something fresh.
            if field.operator == "$addToSet" || ctx.is_versioned(write, &field) {
                continue;
            }
            let cond = ctx.project.arena.and(write.cond, field.cond);
            if cond == C::FALSE {
                continue;
            }
            let checks = if field.cond == write.cond || field.cond == C::TRUE {
                checks.clone()
            } else {
                ctx.project.checks(cond, &trace.documents)
            };
            let deciding: Vec<Check> =
                checks.iter().filter(|check| decides(ctx, check, write, &field)).cloned().collect();
            let Some(check) = deciding.first() else { continue };
            let relation = ctx.relation(trace, check, write, cond, Taken::Condition(&field.path));
            let is_only = deciding.len() == 1;
            report(ctx, trace, write, &field, check, is_only, relation);
        }
    }
}

/// Whether the check is about the array that is appended to, and lets the append through when nothing is there.
fn decides(ctx: &mut Context<'_>, check: &Check, write: &Write, field: &FieldWrite) -> bool {
    let array = field.path.as_str();
    let about = match &check.kind {
        CheckKind::Element { path, keys } => {
            // A check of the element's owner inside the array is not a check that the element is there.
            !check.holds && path.join(".") == array && (!keys.is_empty() || has_predicate(ctx, check))
        }
        CheckKind::Below { path } => check.holds && path.join(".") == array,
        CheckKind::Document => match check.read.as_ref().and_then(|read| read.filter) {
            Some(filter) => {
                let parsed = ctx.project.filters(filter, array, C::TRUE);
                parsed.iter().any(|(_, filter)| {
                    use crate::project::guards::Guard;
                    filter.guards.iter().any(|(guard, _)| match guard {
                        Guard::Selects(_) => !check.holds,
                        Guard::Key(_) | Guard::Optimistic => check.holds,
                        _ => false,
                    })
                })
            }
            None => false,
        },
        CheckKind::Field { .. } => false,
    };
    about && ctx.project.same_document(check.root, check.read.as_ref(), &write.handle, write.filter, write.document)
}

/// `messages.some(m => …)` with a predicate that is not an equality still looks for an element.
fn has_predicate(ctx: &Context<'_>, check: &Check) -> bool {
    match ctx.project.arena.node(check.leaf) {
        Node::Query { arg, .. } => !ctx.project.arena.is_literal(*arg),
        _ => true,
    }
}

/// Whether every filter that the path allows carries a guard on the array, or is not known, or fails once the write is done.
pub fn is_guarded(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite, cond: C) -> bool {
    let Some(filter) = write.filter else { return false };
    let parsed = ctx.project.filters(filter, &field.path, cond);
    !parsed.is_empty()
        && parsed.iter().all(|(_, filter)| filter.open || !filter.keys().is_empty() || filter.is_optimistic())
        || fence(ctx.project, write) == Fence::Always
}

/// `is_only`: no other check decides this append.
fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    check: &Check,
    is_only: bool,
    relation: Relation,
) {
    let array = field.path.clone();
    let keys = keys_of(ctx, check, &array);
    let guard = ctx.guard_text(&array, &keys);
    let mut draft = ctx.draft(RULE, trace, write, field.site);
    let collection = ctx.handle_text(&write.handle);
    draft.message = match check.kind {
        CheckKind::Below { .. } => {
            format!("the limit on `{array}` is checked before this push: two requests can both pass it and both append")
        }
        _ => format!(
            "`{array}` is checked before this push, not in its filter: two requests can both append the same element"
        ),
    };
    draft.label = format!("appends to `{array}` of {collection} without the check in its filter");
    draft.array = Some(array.clone());
    draft.related = ctx.ends(check);
    draft.help = match (&check.kind, write.kind) {
        (CheckKind::Below { .. }, _) => {
            format!(
                "put the limit into the filter, `'{array}.N': {{ $exists: false }}` for a limit of N + 1, and look at `matchedCount`"
            )
        }
        _ => format!(
            "{}; matchedCount 0 means it is there already",
            carry_text(write, &guard, &format!("{{ $push: {{ {array}: … }} }}"))
        ),
    };
    draft.pair = format!("{}{} -> $push", check_words(check), key_words(&keys));
    if is_only {
        draft.fix = rewrite::carry_check(ctx, trace, write, field, check, &keys);
    }
    ctx.report_judged(draft, trace, &Judged { write, cond: field.cond, whole_array: None, relation });
}

/// The fields by which an element is looked for, in no order that the code decides.
fn key_words(keys: &[(String, V)]) -> String {
    let mut names: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { String::new() } else { format!(" by {}", names.join(" + ")) }
}

/// The fields and values by which the check looks for the element.
pub fn keys_of(ctx: &mut Context<'_>, check: &Check, array: &str) -> Vec<(String, V)> {
    match &check.kind {
        CheckKind::Element { keys, .. } => keys.clone(),
        CheckKind::Document => {
            let Some(filter) = check.read.as_ref().and_then(|read| read.filter) else { return Vec::new() };
            let mut keys: Vec<(String, V)> = Vec::new();
            for (_, alternative) in ctx.project.arena.alternatives(filter) {
                for (name, value) in ctx.project.equalities(alternative) {
                    if name == array {
                        keys.push((String::new(), value));
                    } else if let Some(field) = name.strip_prefix(array).and_then(|rest| rest.strip_prefix('.')) {
                        keys.push((field.to_owned(), value));
                    }
                }
                keys.extend(elem_match(ctx, alternative, array));
                // One alternative is example enough.
                if !keys.is_empty() {
                    break;
                }
            }
            keys
        }
        _ => Vec::new(),
    }
}

/// The fields of `arr: { $elemMatch: {…} }` in a filter.
fn elem_match(ctx: &mut Context<'_>, filter: V, array: &str) -> Vec<(String, V)> {
    let (name, operator) = (ctx.project.arena.sym(array), ctx.project.arena.sym("$elemMatch"));
    let condition = ctx.project.arena.member(filter, name);
    if !matches!(ctx.project.arena.node(condition), Node::Object(_)) {
        return Vec::new();
    }
    let matched = ctx.project.arena.member(condition, operator);
    match matched {
        crate::value::Arena::UNDEFINED => Vec::new(),
        matched => ctx.project.equalities(matched),
    }
}
