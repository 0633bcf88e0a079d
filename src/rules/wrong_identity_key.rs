//! An element of a kind is guarded, checked or locked by another kind's key.

use super::context::{Context, Trace, appends};
use super::lock_key_mismatch::holds_field;
use super::unguarded_push::elements;
use crate::config::TrackedArray;
use crate::diagnostic::Role;
use crate::project::checks::CheckKind;
use crate::project::guards::Guard;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{C, Node, Site, V};

const RULE: &str = "wrong-identity-key";

/// One way in which a write path tells two elements apart.
pub struct KeyUse {
    pub fields: Vec<String>,
    cond: C,
    site: Site,
    what: &'static str,
}

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for write in &trace.writes {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Save) {
            continue;
        }
        for field in appends(write) {
            let Some(array) = ctx.tracked(&write.handle, &field.path) else { continue };
            let cond = ctx.project.arena.and(write.cond, field.cond);
            if cond == C::FALSE {
                continue;
            }
            for element in elements(ctx, field.value) {
                if !matches!(ctx.project.arena.node(element), Node::Object(_) | Node::OneOf(_)) {
                    continue;
                }
                let mut uses = guard_uses(ctx, write, &field, cond);
                uses.extend(check_uses(ctx, trace, cond, &field));
                uses.extend(lock_uses(ctx, trace, write, array, element, cond));
                judge(ctx, trace, write, &field, array, element, uses);
            }
        }
    }
}

fn judge(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    array: &TrackedArray,
    element: V,
    uses: Vec<KeyUse>,
) {
    for used in uses {
        let mut is_told = false;
        for (at, kind) in array.kinds.iter().enumerate() {
            let Some(witness) = ctx.may_be_kind(element, kind, used.cond) else { continue };
            // A kind that comes earlier and matches as well decides.
            if ctx.kind_of(element, array, witness).is_none_or(|(first, _)| first != at) {
                continue;
            }
            if used.what != "locked" {
                let draft = ctx.draft(RULE, trace, write, write.site);
                ctx.note_key(array, at, &used.fields, draft);
            }
            // The key must be another kind's, and say nothing of this kind's.
            let foreign = array.kinds.iter().any(|other| other.name != kind.name && same_set(&other.key, &used.fields));
            if foreign && !is_told && !kind.key.iter().any(|key| used.fields.contains(key)) {
                report(ctx, trace, write, field, &used, &kind.name, &kind.key);
                is_told = true;
            }
        }
    }
}

fn same_set(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|x| b.contains(x))
}

/// The keys by which the filter of an append tells elements apart.
pub fn guard_uses(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite, cond: C) -> Vec<KeyUse> {
    let Some(filter) = write.filter else { return Vec::new() };
    let parsed = ctx.project.filters(filter, &field.path, cond);
    let mut uses = Vec::new();
    for (_, filter) in parsed {
        for (guard, cond) in &filter.guards {
            if !matches!(guard, Guard::Key(_)) {
                continue;
            }
            // What else is guarded whenever this guard is there.
            let mut fields: Vec<String> = Vec::new();
            for (other, c) in &filter.guards {
                let together = ctx
                    .project
                    .arena
                    .atoms(*c)
                    .iter()
                    .all(|atom| ctx.project.arena.truth(*cond, atom.value) == Some(atom.holds));
                if let Guard::Key(keys) = other
                    && together
                {
                    fields.extend(keys.iter().map(|(name, _)| name.clone()));
                }
            }
            uses.push(KeyUse { fields, cond: *cond, site: write.site, what: "guarded" });
        }
    }
    uses
}

fn check_uses(ctx: &mut Context<'_>, trace: &Trace, cond: C, field: &FieldWrite) -> Vec<KeyUse> {
    let mut uses = Vec::new();
    for check in ctx.project.checks(cond, &trace.documents) {
        let (fields, at) = match &check.kind {
            CheckKind::Element { path, keys } if !check.holds && path.join(".") == field.path => {
                (keys.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), ctx.check_site(&check))
            }
            CheckKind::Document if !check.holds => {
                let fields = super::check_then_push::keys_of(ctx, &check, &field.path)
                    .into_iter()
                    .map(|(name, _)| name)
                    .collect::<Vec<_>>();
                (fields, ctx.read_site(&check))
            }
            _ => continue,
        };
        let Some(site) = at else { continue };
        let both = ctx.project.arena.and(cond, check.under);
        if !fields.is_empty() && both != C::FALSE {
            uses.push(KeyUse { fields, cond: both, site, what: "checked" });
        }
    }
    uses
}

/// Locks: an insert, caught when the key is there, whose key text is made from identity values.
fn lock_uses(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    array: &TrackedArray,
    element: V,
    cond: C,
) -> Vec<KeyUse> {
    let mut uses = Vec::new();
    let locks: Vec<Write> = trace
        .writes
        .iter()
        .filter(|lock| {
            lock.step < write.step
                && lock.kind == WriteKind::Insert
                && trace.steps.get(lock.step).is_some_and(|step| step.duplicate_key_caught)
        })
        .cloned()
        .collect();
    for lock in locks {
        for field in &lock.fields {
            for (c, key) in ctx.project.arena.alternatives(field.value) {
                let Node::Template(parts) = ctx.project.arena.node(key).clone() else { continue };
                let fields: Vec<String> = array
                    .kinds
                    .iter()
                    .find(|kind| kind.key.iter().all(|key| holds_field(ctx, &parts, element, key)))
                    .map(|kind| kind.key.clone())
                    .unwrap_or_default();
                // The lock of this append, not one that another call takes on another path.
                let held = ctx.project.arena.and(cond, lock.cond);
                let both = ctx.project.arena.and(held, c);
                if fields.is_empty() || both == C::FALSE {
                    continue;
                }
                let site = ctx.project.places.get(&field.value).copied().unwrap_or(lock.site);
                uses.push(KeyUse { fields, cond: both, site, what: "locked" });
            }
        }
    }
    uses
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

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    used: &KeyUse,
    kind: &str,
    key: &[String],
) {
    let wrong = used.fields.join(" + ");
    let right = key.join(" + ");
    let mut draft = ctx.draft(RULE, trace, write, used.site);
    draft.message = format!(
        "a {kind} can be {} here by {wrong}, but its identity is {right}: the same one gets in twice",
        used.what
    );
    draft.label = format!("{} by {wrong}", used.what);
    draft.array = Some(field.path.clone());
    if used.site != write.site {
        draft.related.push((write.site, Role::Act, "appended here".to_owned()));
    }
    let keys: Vec<(String, V)> = key
        .iter()
        .map(|name| {
            let sym = ctx.project.arena.sym(name);
            (name.clone(), ctx.project.arena.member(field.value, sym))
        })
        .collect();
    let guard = ctx.guard_text(&field.path, &keys);
    draft.help = match used.what {
        "locked" => format!("for a {kind}, make the lock's key from {right}, before the test for {wrong}"),
        "checked" => format!("for a {kind}, look for {right} before the test for {wrong}"),
        _ => format!("for a {kind}, use the filter `{guard}`, before the test for {wrong}"),
    };
    draft.pair = format!("{} by {wrong} not {right}", used.what);
    ctx.report(draft);
}
