//! A lock around an append to a tracked array whose key tells two claims for one element apart.

use super::appended::{appends, elements};
use super::context::{Context, Trace};
use crate::diagnostic::Role;
use crate::project::locks::{Lock, LockKind};
use crate::project::writes::{FieldWrite, Write};
use crate::value::{Arena, C, Node, V};

const RULE: &str = "lock-key-mismatch";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for lock in &trace.locks {
        let Some(key) = lock.key else { continue };
        let writes: Vec<&Write> = trace.writes.iter().filter(|write| lock.protects.contains(&write.step)).collect();
        for write in writes {
            for field in appends(write) {
                judge(ctx, trace, lock, key, write, &field);
            }
        }
    }
}

fn judge(ctx: &mut Context<'_>, trace: &Trace, lock: &Lock, key: V, write: &Write, field: &FieldWrite) {
    let Some(array) = ctx.tracked(&write.handle, &field.path) else { return };
    let held = ctx.project.arena.and(write.cond, field.cond);
    let held = ctx.project.arena.and(held, lock.cond);
    for element in elements(ctx.project, field.value) {
        for (cond, text) in ctx.project.arena.alternatives(key) {
            let both = ctx.project.arena.and(held, cond);
            if both == C::FALSE {
                continue;
            }
            let Some(parts) = key_parts(ctx, text) else { continue };
            let has = |ctx: &mut Context<'_>, field: &String| holds_field(ctx, &parts, element, field);
            for (at, kind) in array.kinds.iter().enumerate() {
                // A key of the document, or of a part of the identity, locks more than it must: coarse, and right. What
                // is no part of the identity tells two claims for one element apart.
                let foreign = array.kinds.iter().flat_map(|other| &other.key).filter(|key| !kind.key.contains(key));
                let finer = foreign.into_iter().any(|key| has(ctx, key));
                let missing: Vec<String> = kind.key.iter().filter(|key| !has(ctx, key)).cloned().collect();
                if !finer || missing.is_empty() {
                    continue;
                }
                let Some(witness) = ctx.may_be_kind(element, kind, both) else { continue };
                if ctx.kind_of(element, array, witness).is_none_or(|(first, _)| first != at) {
                    continue;
                }
                return report(ctx, trace, lock, text, write, (&field.path, &kind.name), &missing);
            }
        }
    }
}

/// The values that a key is made of; `None` when there is one of which nothing is known.
fn key_parts(ctx: &Context<'_>, key: V) -> Option<Vec<V>> {
    let arena = &ctx.project.arena;
    let parts = match arena.node(key) {
        Node::Template(parts) | Node::Derived(_, parts) => parts.clone(),
        _ => vec![key],
    };
    let known = |part: &V| {
        arena.is_literal(*part)
            || arena.alternatives(*part).iter().all(|(_, value)| {
                !matches!(arena.node(ctx.project.bare(*value)), Node::Opaque(_) | Node::Derived(..) | Node::Template(_))
            })
    };
    parts.iter().all(known).then_some(parts)
}

/// Whether one of the parts is a field of the element, by its name or by its value.
pub fn holds_field(ctx: &mut Context<'_>, parts: &[V], element: V, field: &str) -> bool {
    let name = ctx.project.arena.sym(field);
    let stored: Vec<V> = match ctx.project.arena.node(element) {
        Node::Object(_) | Node::OneOf(_) => {
            let value = ctx.project.arena.member(element, name);
            ctx.project.arena.alternatives(value).into_iter().map(|(_, value)| value).collect()
        }
        _ => Vec::new(),
    };
    parts.iter().any(|part| {
        last_name(ctx, *part).is_some_and(|name| name_matches(&name, field))
            || stored.iter().any(|value| {
                // The number of a loop is a literal where the loop starts; a word is not what tells elements apart.
                let word = matches!(ctx.project.arena.node(*value), Node::Str(_) | Node::Bool(_));
                !word && *value != Arena::UNDEFINED && ctx.project.same_value(*value, *part)
            })
    })
}

pub fn name_matches(name: &str, key: &str) -> bool {
    name == key || name.strip_prefix(key).is_some_and(|rest| matches!(rest, "Str" | "String"))
}

/// The name of a value in a template: `batchId` of `${batchId}`, also through `toString()`.
pub fn last_name(ctx: &Context<'_>, value: V) -> Option<String> {
    match ctx.project.arena.node(ctx.project.bare(value)) {
        Node::Param(func, at) => ctx.project.function(*func)?.param_names.get(*at as usize).cloned(),
        Node::Member(_, name) => Some(ctx.project.arena.text(*name).to_owned()),
        _ => None,
    }
}

/// The names of the values that a key is made of.
pub fn key_names(ctx: &Context<'_>, key: V) -> Vec<String> {
    let mut names = Vec::new();
    for (_, value) in ctx.project.arena.alternatives(key) {
        match ctx.project.arena.node(value) {
            Node::Template(parts) => names.extend(parts.iter().filter_map(|part| last_name(ctx, *part))),
            Node::Derived(_, parts) => names.extend(parts.iter().filter_map(|part| last_name(ctx, *part))),
            _ => names.extend(last_name(ctx, value)),
        }
    }
    names
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    lock: &Lock,
    text: V,
    write: &Write,
    (array, kind): (&str, &str),
    missing: &[String],
) {
    let Some(step) = trace.steps.get(lock.step) else { return };
    let (acquired, owner, calls) = (step.site, step.owner, step.calls);
    // A key that branches build has no place of its own; the text of the branch has.
    let places = &ctx.project.places;
    let site = lock.key.and_then(|key| places.get(&key)).or(places.get(&text)).copied().unwrap_or(acquired);
    let missing = missing.join(" + ");
    let mut draft = ctx.draft(RULE, trace, write, site);
    draft.owner = owner;
    draft.calls = calls;
    draft.array = Some(array.to_owned());
    draft.collection = lock.handle.as_ref().and_then(|handle| handle.name()).map(str::to_owned);
    draft.message =
        format!("the key of this lock leaves out {missing} of a {kind}: two claims for the same one both succeed");
    draft.label = "the key is made here".to_owned();
    if site != acquired {
        draft.related.push((acquired, Role::Check, "locked here".to_owned()));
    }
    draft.related.push((write.site, Role::Act, "what it protects".to_owned()));
    draft.help = match lock.kind {
        LockKind::Memory => format!("lock by {missing}, in the database, or guard the append by it and drop the lock"),
        _ => format!("make the key of a {kind}'s lock from {missing}; the guard of the append needs the same key"),
    };
    draft.pair = format!("lock without {missing}");
    ctx.report(draft);
}
