//! An append to a tracked array with neither check nor guard.

use super::appended::{appends, elements};
use super::context::{Context, Trace};
use super::guarded::is_guarded;
use super::rewrite;
use crate::diagnostic::Level;
use crate::project::Project;
use crate::project::checks::CheckKind;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::claim::Claim;
use crate::value::{C, Freshness, Node, V};

const RULE: &str = "unguarded-push";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for write in &trace.writes {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Save) {
            continue;
        }
        for field in appends(write) {
            if field.operator == "$addToSet" || ctx.is_versioned(write, &field) {
                continue;
            }
            let Some(array) = ctx.tracked(&write.handle, &field.path) else { continue };
            let cond = ctx.project.arena.and(write.cond, field.cond);
            if cond == C::FALSE
                || is_guarded(ctx.project, write, &field, cond)
                || is_checked(ctx, trace, cond, &field)
                || ctx.claim(trace, write) != Claim::None
            {
                continue;
            }
            let mut kind = None;
            for element in elements(ctx.project, field.value) {
                kind = kind.or(ctx.kind_of(element, array, cond).map(|(at, _)| at));
            }
            if kind.is_none() && is_line_of_log(ctx, field.value) {
                continue;
            }
            let key = kind.and_then(|at| array.kinds.get(at)).map(|kind| (kind.name.clone(), kind.key.clone()));
            report(ctx, trace, write, &field, key);
        }
    }
}

/// Whether an element without an identity is what a request says, with the time at which it does: each is a new one.
fn is_line_of_log(ctx: &Context<'_>, element: V) -> bool {
    let arena = &ctx.project.arena;
    let Node::Object(entries) = arena.node(element) else { return false };
    let is_time = |project: &Project, part: V| matches!(project.arena.node(part), Node::Fresh(Freshness::Time, _));
    entries.iter().any(|entry| ctx.project.contains(entry.value, &mut |project, part| is_time(project, part)))
        && entries.iter().any(|entry| arena.is_of_parameter(ctx.project.bare(entry.value)))
}

/// Whether the path depends on what the array holds.
fn is_checked(ctx: &mut Context<'_>, trace: &Trace, cond: C, field: &FieldWrite) -> bool {
    ctx.project.checks(cond, &trace.documents).into_iter().any(|check| match &check.kind {
        CheckKind::Element { path, .. } => !check.holds && path.join(".") == field.path,
        CheckKind::Document => check.read.as_ref().and_then(|read| read.filter).is_some_and(|filter| {
            ctx.project.filters(filter, &field.path, C::TRUE).iter().any(|(_, filter)| !filter.guards.is_empty())
        }),
        _ => false,
    })
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    kind: Option<(String, Vec<String>)>,
) {
    let array = field.path.clone();
    let mut draft = ctx.draft(RULE, trace, write, field.site);
    draft.array = Some(array.clone());
    draft.label = format!("appends to `{array}` whatever it holds");
    draft.pair = format!("-> $push {}", kind.as_ref().map_or("element", |(name, _)| name));
    match kind {
        Some((name, key)) => {
            draft.message = format!(
                "nothing keeps this {name} from being appended to `{array}` twice: a retry or a second worker duplicates it"
            );
            let keys: Vec<(String, V)> = key
                .iter()
                .map(|field_name| {
                    let sym = ctx.project.arena.sym(field_name);
                    (field_name.clone(), ctx.project.arena.member(field.value, sym))
                })
                .collect();
            let guard = match rewrite::guard_identity(ctx, trace, write, field, &keys) {
                Some(guarded) => {
                    draft.fix = Some(guarded.fix);
                    Some(guarded.guard)
                }
                None => ctx.guard_at(trace, write, &array, &keys),
            };
            draft.call = guard.clone();
            draft.help = match guard {
                Some(guard) => format!(
                    "put the element's identity into the filter of this call: `{guard}`; matchedCount 0 means it is there already"
                ),
                None => format!(
                    "ask in the filter of this call that no element of `{array}` has the same {}, with a value that a retry repeats; matchedCount 0 means it is there already",
                    key.join(" and ")
                ),
            };
        }
        None => {
            draft.lowered = Some((Level::Warning, "nothing says when two such elements are the same"));
            draft.message = format!(
                "nothing keeps this element from being appended to `{array}` twice, and it has no identity key"
            );
            draft.help = format!(
                "give the element a key that a retry repeats, such as a request id from the caller, and ask in the filter that no element of `{array}` has it"
            );
        }
    }
    ctx.report(draft);
}
