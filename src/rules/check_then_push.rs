//! A check decides an append, and the filter of the append does not carry the negated check.

use super::added_anyway::is_added_anyway;
use super::appended::all_appends;
use super::context::{Context, Trace};
use super::pending::{Judged, Repeats};
use super::rewrite;
use super::words::{asks_for_any, check_words};
use crate::limits;
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::relation::{Relation, Taken};
use crate::remedy;
use crate::value::{C, Key, Node, V};

const RULE: &str = "check-then-push";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for (write, checks) in trace.writes.iter().zip(&trace.checks) {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Save) {
            continue;
        }
        for field in all_appends(write) {
            if ctx.is_versioned(write, &field) {
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
            let read = ctx.project.deciding_read(write);
            let read = read.filter(|read| checks.iter().all(|check| check.root != read.root));
            let deciding: Vec<Check> =
                checks.iter().chain(&read).filter(|check| decides(ctx, check, write, &field)).cloned().collect();
            // What decides only where an element is put is no limit.
            let is_limit = |check: &Check| matches!(check.kind, CheckKind::Below { .. });
            if deciding.first().is_some_and(is_limit) && is_added_anyway(ctx, trace, write, &field) {
                continue;
            }
            let Some(check) = deciding.first() else { continue };
            // Of a tracked array, the kinds say by which key an element is told apart.
            let is_kept_apart = !matches!(check.kind, CheckKind::Below { .. })
                && ctx.tracked(&write.handle, &field.path).is_some()
                && trace
                    .guarded
                    .iter()
                    .any(|append| trace.writes.get(append.write).is_some_and(|own| std::ptr::eq(own, write)));
            let relation =
                ctx.relation(trace, check, write, cond, Taken::Condition(&field.path)).doubted(is_kept_apart);
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
    let about = about && (!array.contains('*') || is_same_name(ctx, check, write));
    about && ctx.project.same_document(check.root, check.read.as_ref(), &write.handle, write.filter, write.document)
}

/// Whether the array under a computed name is the one that was checked: `user.log[day]` and `$push: { [`log.${day}`]: … }`.
fn is_same_name(ctx: &Context<'_>, check: &Check, write: &Write) -> bool {
    let arena = &ctx.project.arena;
    let mut written: Vec<V> = Vec::new();
    let mut open: Vec<V> = write.payload.into_iter().collect();
    while let Some(value) = open.pop() {
        let Node::Object(entries) = arena.node(value) else { continue };
        for entry in entries {
            match entry.key {
                Key::Computed(key) => written.extend(match arena.node(key) {
                    Node::Template(parts) => parts.clone(),
                    _ => vec![key],
                }),
                _ => open.push(entry.value),
            }
        }
    }
    let mut open = vec![check.leaf];
    let mut seen = 0;
    while let Some(value) = open.pop().filter(|_| seen < limits::SEARCHED) {
        seen += 1;
        match arena.node(value) {
            Node::Index(_, key) if written.iter().any(|part| ctx.project.same_value(*part, *key)) => return true,
            node => open.extend(crate::value::children(node)),
        }
    }
    false
}

/// `messages.some(m => …)` with a predicate that is not an equality still looks for an element.
fn has_predicate(ctx: &Context<'_>, check: &Check) -> bool {
    match ctx.project.arena.node(check.leaf) {
        Node::Query { arg, .. } => !ctx.project.arena.is_literal(*arg),
        _ => true,
    }
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
    let mut draft = ctx.draft(RULE, trace, write, field.site);
    let collection = ctx.handle_text(&write.handle);
    let is_set = field.operator == "$addToSet";
    let is_limit = matches!(check.kind, CheckKind::Below { .. });
    draft.message = match check.kind {
        _ if is_set && !is_limit => format!(
            "`{array}` is checked before this `$addToSet`, which refuses nothing but an equal element: two requests can both add one that the check refuses"
        ),
        CheckKind::Below { .. } if asks_for_any(ctx, check.leaf) => format!(
            "`{array}` is found empty before this push, and its filter does not ask that: two requests can both append to it"
        ),
        CheckKind::Below { .. } => {
            format!("the limit on `{array}` is checked before this push: two requests can both pass it and both append")
        }
        _ => format!(
            "`{array}` is checked before this push, not in its filter: two requests can both append the same element"
        ),
    };
    draft.label = format!("appends to `{array}` of {collection} without the check in its filter");
    draft.array = Some(array.clone());
    draft.related.splice(0..0, ctx.ends(check));
    draft.help = match &check.kind {
        CheckKind::Below { .. } if is_count_of_some(ctx, check.leaf) => format!(
            "make the check and the push one command: its filter counts in `{array}` what was counted (`$expr` with the `$size` of a `$filter`), and matchedCount 0 means that the check failed"
        ),
        CheckKind::Below { .. } => format!(
            "make the check and the push one command: its filter asks of `{array}` what was checked, and matchedCount 0 means that the check failed"
        ),
        _ if array.contains('*') => {
            "ask for the negated check in the filter of this update, under the same computed path; matchedCount 0 means it is there already".to_owned()
        }
        _ => format!(
            "make the check and the push one command: its filter asks that `{array}` has {}, and matchedCount 0 means that it is there already",
            sought_element(ctx, check, &array, &keys)
        ),
    };
    if remedy::is_upsert(ctx.project, write) {
        draft.help.push_str(remedy::WITHOUT_UPSERT);
    }
    draft.pair = format!("{}{} -> $push", check_words(check), key_words(&keys));
    if is_only && !array.contains('*') {
        draft.fix = rewrite::carry_check(ctx, trace, write, field, check, &keys);
    }
    // Two who add to a set add what one adds, as far as they add the same.
    let apart = if is_set && is_limit { ctx.found_by(write, field.value) } else { None };
    // What else is done for it has a place of its own.
    let repeats = (is_set && !is_limit).then(|| Repeats::Element(array.clone()));
    ctx.report_judged(
        draft,
        trace,
        &Judged { needs_witness: is_set, repeats, apart, ..Judged::of(write, field.cond, relation) },
    );
}

/// Which element the check finds none of: by its fields, where it asks for nothing but them.
fn sought_element(ctx: &Context<'_>, check: &Check, array: &str, keys: &[(String, V)]) -> String {
    let is_all = match ctx.project.arena.node(check.leaf) {
        Node::Query { arg, .. } => match ctx.project.arena.node(*arg) {
            Node::And(parts) => parts.len() == keys.len(),
            _ => keys.len() == 1,
        },
        _ => false,
    };
    let names: Vec<String> = keys.iter().map(|(name, _)| format!("`{name}`")).collect();
    match (keys, names.split_last()) {
        ([(name, _)], _) if is_all && !name.is_empty() => {
            format!("none with this `{name}` (`$ne` of `'{array}.{name}'`)")
        }
        (_, Some((last, others))) if is_all && !others.is_empty() => {
            format!("none with this {} and {last} (`$elemMatch` of them in a `$not`)", others.join(", "))
        }
        _ => "no such element".to_owned(),
    }
}

/// Whether some of the elements of a list are counted: `doc.uses.filter((use) => use.user === user).length < limit`
fn is_count_of_some(ctx: &Context<'_>, leaf: V) -> bool {
    ctx.project.contains(leaf, &mut |project, part| {
        let Node::Member(list, key) = project.arena.node(part) else { return false };
        let Node::Query { method, .. } = project.arena.node(*list) else { return false };
        project.arena.text(*key) == "length" && project.arena.text(*method) == "filter"
    })
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
