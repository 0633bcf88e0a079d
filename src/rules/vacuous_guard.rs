//! What a guard or a check looks for is new in this call, so it is never found.

use super::appended::appends;
use super::check_then_push::keys_of;
use super::context::{Context, Trace};
use super::freshness::Origin;
use crate::diagnostic::Role;
use crate::project::checks::CheckKind;
use crate::project::writes::{Write, WriteKind};
use crate::value::{C, Site, V};

const RULE: &str = "vacuous-guard";

/// A value that decides whether an element is appended.
struct Decider {
    field: String,
    value: V,
    cond: C,
    what: &'static str,
    site: Site,
}

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for (at, write) in trace.writes.iter().enumerate() {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Save) {
            continue;
        }
        for field in appends(write) {
            if field.operator == "$addToSet" {
                continue;
            }
            let mut deciders = guard_deciders(trace, at, &field.path);
            if deciders.is_empty() {
                deciders = check_deciders(ctx, trace, at, &field.path);
            }
            judge(ctx, trace, write, &field.path, &deciders);
        }
    }
}

fn guard_deciders(trace: &Trace, at: usize, array: &str) -> Vec<Decider> {
    let write = trace.writes.get(at);
    let guarded = trace.guarded.iter().filter(|append| append.write == at && append.field.path == array);
    guarded
        .flat_map(|append| &append.keys)
        .filter_map(|key| {
            let site = write?.site;
            Some(Decider { field: key.field.clone(), value: key.value, cond: key.cond, what: "guard", site })
        })
        .collect()
}

fn check_deciders(ctx: &mut Context<'_>, trace: &Trace, at: usize, array: &str) -> Vec<Decider> {
    let checks = trace.checks.get(at).cloned().unwrap_or_default();
    let mut deciders = Vec::new();
    for check in checks.iter().filter(|check| !check.holds) {
        let about = match &check.kind {
            CheckKind::Element { path, .. } => path.join(".") == array,
            CheckKind::Document => true,
            _ => false,
        };
        let Some(site) = ctx.check_site(check).filter(|_| about) else { continue };
        for (field, value) in keys_of(ctx, check, array) {
            deciders.push(Decider { field, value, cond: check.under, what: "check", site });
        }
    }
    deciders
}

/// A guard is vacuous when it asks for a fresh value on every path and in every caller. Each view of the function votes:
/// a caller that passes something else keeps the rule silent.
fn judge(ctx: &mut Context<'_>, trace: &Trace, write: &Write, array: &str, deciders: &[Decider]) {
    let mut fresh = None;
    for decider in deciders {
        let cond = ctx.project.arena.and(write.cond, decider.cond);
        match ctx.origin(trace, decider.value, if cond == C::FALSE { C::TRUE } else { cond }) {
            Origin::Fresh(site) | Origin::Inserted(site) => fresh = fresh.or(Some((decider, site))),
            Origin::Caller => return,
            Origin::Other => return ctx.veto(RULE, write.site),
        }
    }
    let Some((decider, made)) = fresh else { return };
    // An insert that only one caller can make is a claim: the others never come here.
    let is_claim = trace.steps.iter().any(|step| step.site == made && step.duplicate_key_caught);
    if is_claim {
        return;
    }
    let path = if decider.field.is_empty() { array.to_owned() } else { format!("{array}.{}", decider.field) };
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.array = Some(array.to_owned());
    draft.message = format!(
        "the {} looks for a `{path}` that is made in this call, so it never finds one: a retry appends again",
        decider.what
    );
    draft.label = format!("the {} cannot match", decider.what);
    draft.related.push((made, Role::Context, "made here, anew in each call".to_owned()));
    if decider.site != write.site {
        draft.related.push((decider.site, Role::Check, "looked for here".to_owned()));
    }
    draft.help = format!(
        "guard by a key that a repeated call repeats, such as the id of the task or request that leads here, and store it in the element: `'{array}.<key>': {{ $ne: <key> }}`"
    );
    draft.pair = format!("fresh {path}");
    ctx.report(draft);
}
