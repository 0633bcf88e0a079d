//! By which keys the code before an append, or in its filter, tells two elements apart.
//!
//! Input: a function's trace and one of its appends. Output: the fields of each guard, search and lock, with the
//! condition under which it counts. Must not know: which key is right, words.

use super::context::{Context, Trace};
use super::lock_key_mismatch::holds_field;
use crate::config::TrackedArray;
use crate::limits;
use crate::project::checks::{Check, CheckKind};
use crate::project::guards::Guard;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{Atom, C, Node, Site, V};

/// One way in which a write path tells two elements apart.
pub struct KeyUse {
    pub fields: Vec<String>,
    pub cond: C,
    pub site: Site,
    pub by: By,
}

/// Where a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// In the filter of the append.
    Guard,
    /// In a search that decides whether the append is reached.
    Check,
    Lock,
}

impl By {
    pub fn participle(self) -> &'static str {
        match self {
            By::Guard => "guarded",
            By::Check => "checked",
            By::Lock => "locked",
        }
    }
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
                if let Guard::Key(keys) = other
                    && ctx.project.arena.holds_under(*c, *cond)
                {
                    fields.extend(keys.iter().map(|(name, _)| name.clone()));
                }
            }
            uses.push(KeyUse { fields, cond: *cond, site: write.site, by: By::Guard });
        }
    }
    uses
}

pub fn check_uses(ctx: &mut Context<'_>, trace: &Trace, cond: C, field: &FieldWrite) -> Vec<KeyUse> {
    let mut uses = Vec::new();
    for check in ctx.project.checks(cond, &trace.documents) {
        let Some((fields, Some(site))) = searched(ctx, &check, field) else { continue };
        let both = ctx.project.arena.and(cond, check.under);
        let both = deciding(ctx, both, check.leaf);
        if !fields.is_empty() && both != C::FALSE {
            uses.push(KeyUse { fields, cond: both, site, by: By::Check });
        }
    }
    uses
}

/// The fields by which a check looks for an element that is not there, and where it looks.
fn searched(ctx: &mut Context<'_>, check: &Check, field: &FieldWrite) -> Option<(Vec<String>, Option<Site>)> {
    match &check.kind {
        CheckKind::Element { path, keys } if !check.holds && path.join(".") == field.path => {
            Some((keys.iter().map(|(name, _)| name.clone()).collect(), ctx.check_site(check)))
        }
        CheckKind::Document if !check.holds => {
            let keys = super::check_then_push::keys_of(ctx, check, &field.path);
            Some((keys.into_iter().map(|(name, _)| name).collect(), ctx.read_site(check)))
        }
        _ => None,
    }
}

/// The part of a condition in which a search decides: of `!(chat && chat.messages && found)`, where there are messages.
fn deciding(ctx: &mut Context<'_>, cond: C, leaf: V) -> C {
    let atoms = ctx.project.arena.atoms(cond);
    atoms.into_iter().fold(cond, |at, atom| match holds_leaf(ctx, atom.value, leaf) {
        true => deciding_in(ctx, at, atom, leaf, 0),
        false => at,
    })
}

/// The same for one value on the way to the leaf: of `a || found`, where `a` does not settle it.
fn deciding_in(ctx: &mut Context<'_>, at: C, atom: Atom, leaf: V, depth: u32) -> C {
    if depth > limits::KEY_DEPTH {
        return at;
    }
    let (parts, neutral) = match ctx.project.arena.node(atom.value).clone() {
        Node::Not(value) => return deciding_in(ctx, at, Atom { value, holds: !atom.holds }, leaf, depth + 1),
        Node::And(parts) => (parts, true),
        Node::Or(parts) => (parts, false),
        _ => return at,
    };
    parts.into_iter().fold(at, |at, value| match holds_leaf(ctx, value, leaf) {
        true => deciding_in(ctx, at, Atom { value, ..atom }, leaf, depth + 1),
        false => ctx.project.arena.meet(at, value, neutral),
    })
}

fn holds_leaf(ctx: &mut Context<'_>, value: V, leaf: V) -> bool {
    let cond = ctx.project.arena.assume(C::TRUE, value, true);
    ctx.project.leaves(cond).iter().any(|other| other.value == leaf)
}

/// Whether the array has been searched by all of a key's fields, in vain, wherever the condition holds.
pub fn is_searched_by(ctx: &mut Context<'_>, trace: &Trace, field: &FieldWrite, key: &[String], cond: C) -> bool {
    ctx.project.checks(cond, &trace.documents).into_iter().any(|check| {
        let Some((fields, _)) = searched(ctx, &check, field) else { return false };
        let arena = &mut ctx.project.arena;
        key.iter().all(|name| fields.contains(name))
            // A search on a branch that this path need not take leaves its outcome open.
            && (arena.meet(cond, check.leaf, true) == C::FALSE || arena.meet(cond, check.leaf, false) == C::FALSE)
    })
}

/// Locks: an insert, caught when the key is there, whose key text is made from identity values.
pub fn lock_uses(
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
                let places = &ctx.project.places;
                let site = places.get(&field.value).or(places.get(&key)).copied().unwrap_or(lock.site);
                uses.push(KeyUse { fields, cond: both, site, by: By::Lock });
            }
        }
    }
    uses
}
