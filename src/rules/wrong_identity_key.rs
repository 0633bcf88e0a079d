//! An element of a kind is guarded, checked or locked by another kind's key.

use super::appended::{appends, elements};
use super::context::{Context, Trace};
use super::guarded::is_guarded;
use super::key_uses::{By, KeyUse, check_uses, guard_uses, is_searched_by, lock_uses};
use crate::config::{Kind, TrackedArray};
use crate::diagnostic::{Level, Role};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{C, Node, V};

const RULE: &str = "wrong-identity-key";

/// What a wrong key does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// One element gets in twice.
    Duplicate,
    /// Another element is taken for the same and left out; the append itself asks again.
    Loss,
    /// The same after a search by the right key, which may well be meant.
    SecondaryLoss,
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
            for element in elements(ctx.project, field.value) {
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
            // The key must be another kind's, and say nothing of this kind's.
            let foreign = array.kinds.iter().any(|other| other.name != kind.name && same_set(&other.key, &used.fields));
            let is_wrong = foreign && !kind.key.iter().any(|key| used.fields.contains(key));
            let harm = harm(ctx, trace, write, field, &used, &kind.key, witness);
            // What is asked beside the right key is not how this path tells the kind apart.
            let is_beside = is_wrong && harm == Harm::SecondaryLoss;
            if used.by != By::Lock && !is_beside {
                let draft = ctx.draft(RULE, trace, write, write.site);
                ctx.note_key(array, at, &used.fields, draft);
            }
            if is_wrong && !is_told {
                report(ctx, trace, write, field, &used, kind, harm);
                is_told = true;
            }
        }
    }
}

fn same_set(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|x| b.contains(x))
}

/// What it means that another kind's key is used where the witness holds.
fn harm(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    used: &KeyUse,
    key: &[String],
    witness: C,
) -> Harm {
    if used.by != By::Check {
        Harm::Duplicate
    } else if is_searched_by(ctx, trace, field, key, witness) {
        Harm::SecondaryLoss
    } else if is_guarded(ctx.project, write, field, witness) {
        Harm::Loss
    } else {
        Harm::Duplicate
    }
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    used: &KeyUse,
    kind: &Kind,
    harm: Harm,
) {
    let wrong = used.fields.join(" + ");
    let right = kind.key.join(" + ");
    let name = &kind.name;
    let what = used.by.participle();
    let mut draft = ctx.draft(RULE, trace, write, used.site);
    draft.message = match harm {
        Harm::Duplicate => {
            format!("a {name} can be {what} here by {wrong}, but its identity is {right}: the same one gets in twice")
        }
        Harm::Loss => format!(
            "a {name} can be {what} here by {wrong}, but its identity is {right}: another one with the same {wrong} is dropped"
        ),
        Harm::SecondaryLoss => {
            format!("a {name} that {right} does not find is dropped here if another element has its {wrong}")
        }
    };
    if harm == Harm::SecondaryLoss {
        draft.lowered = Some((Level::Info, "this search comes after one by the right key"));
    }
    draft.label = format!("{what} by {wrong}");
    draft.array = Some(field.path.clone());
    if used.site != write.site {
        draft.related.push((write.site, Role::Act, "appended here".to_owned()));
    }
    draft.help = match used.by {
        By::Lock => format!("for a {name}, make the lock's key from {right}, before the test for {wrong}"),
        By::Check if harm == Harm::SecondaryLoss => {
            format!(
                "where this is not meant, search by {wrong} only what is no {name}: in the `else` of the search by {right}"
            )
        }
        By::Check => format!("for a {name}, look for {right} before the test for {wrong}"),
        By::Guard => {
            let keys: Vec<(String, V)> = kind
                .key
                .iter()
                .map(|name| {
                    let sym = ctx.project.arena.sym(name);
                    (name.clone(), ctx.project.arena.member(field.value, sym))
                })
                .collect();
            match ctx.guard_at(trace, write, &field.path, &keys) {
                Some(guard) => format!("for a {name}, use the filter `{guard}`, before the test for {wrong}"),
                None => format!("for a {name}, guard by {right}, before the test for {wrong}"),
            }
        }
    };
    draft.pair = format!("{what} by {wrong} not {right}");
    ctx.report(draft);
}
