//! One element is appended twice on one path.

use super::appended::{appends, elements};
use super::context::{Context, Trace, method_of};
use crate::diagnostic::Role;
use crate::project::writes::{Write, WriteKind};
use crate::value::{C, Node, Site, V};

const RULE: &str = "double-push";

/// An append in JavaScript to an array that was loaded.
struct LocalPush {
    step: usize,
    array: V,
    field: String,
    element: V,
    cond: C,
    site: Site,
}

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    let local = local_pushes(ctx, trace);
    let mut seen: Vec<(Write, String, V, C)> = Vec::new();
    for write in &trace.writes {
        if write.kind != WriteKind::Update {
            continue;
        }
        for field in appends(write) {
            if field.operator != "$push" {
                continue;
            }
            let cond = ctx.project.arena.and(write.cond, field.cond);
            for element in elements(ctx.project, field.value) {
                if !has_identity(ctx, element) {
                    continue;
                }
                let twice = seen.iter().find(|(other, path, e, c)| {
                    *path == field.path
                        && *e == element
                        && other.site != write.site
                        && other.handle.same(&write.handle)
                        && !ctx.project.arena.conflict(*c, cond)
                        && other.filter == write.filter
                });
                if let Some((first, ..)) = twice {
                    let first = first.site;
                    report(ctx, trace, write, &field.path, first, "and appended by another `$push` here");
                } else if let Some(site) = pushed_locally(ctx, trace, &local, write, &field.path, element, cond) {
                    report(ctx, trace, write, &field.path, site, "and appended to the loaded array here");
                }
                seen.push((write.clone(), field.path.clone(), element, cond));
            }
        }
    }
}

/// Literals such as `'seen'` may be pushed twice on purpose.
fn has_identity(ctx: &Context<'_>, element: V) -> bool {
    !ctx.project.arena.is_literal(element)
}

fn local_pushes(ctx: &mut Context<'_>, trace: &Trace) -> Vec<LocalPush> {
    let mut pushes = Vec::new();
    for (at, step) in trace.steps.iter().enumerate() {
        let Some((recv, name, args)) = method_of(step) else { continue };
        if !matches!(ctx.project.arena.text(name), "push" | "unshift") {
            continue;
        }
        let Some(element) = args.first().copied() else { continue };
        for (_, array) in ctx.project.arena.alternatives(recv) {
            let Node::Member(_, field) = ctx.project.arena.node(array) else { continue };
            let field = ctx.project.arena.text(*field).to_owned();
            pushes.push(LocalPush { step: at, array, field, element, cond: step.cond, site: step.site });
        }
    }
    pushes
}

/// The same element in the loaded array of the same name, which is pushed twice there or written afterwards.
fn pushed_locally(
    ctx: &mut Context<'_>,
    trace: &Trace,
    local: &[LocalPush],
    write: &Write,
    path: &str,
    element: V,
    cond: C,
) -> Option<Site> {
    let same: Vec<&LocalPush> = local
        .iter()
        .filter(|push| push.field == path && push.element == element && !ctx.project.arena.conflict(push.cond, cond))
        .collect();
    let first = same.first()?;
    let array = first.array;
    let Node::Member(root, _) = *ctx.project.arena.node(array) else { return None };
    if same.len() > 1 {
        return same.last().map(|push| push.site);
    }
    // The array of the same name in another document.
    let read = ctx.project.loaded(root, &trace.documents).and_then(|(_, _, read)| read);
    if !ctx.project.same_document(root, read.as_ref(), &write.handle, write.filter, write.document) {
        return None;
    }
    let written = trace.writes.iter().any(|later| {
        later.step > first.step.min(write.step)
            && later.step != write.step
            && match later.kind {
                WriteKind::Save => later.document == Some(root),
                WriteKind::Update | WriteKind::Replace => {
                    later.payload == Some(root)
                        || later
                            .fields
                            .iter()
                            .any(|f| f.path == path && f.operator == "$set" && ctx.project.mentions(f.value, array))
                }
                _ => false,
            }
    });
    written.then_some(first.site)
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, array: &str, other: Site, how: &str) {
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.array = Some(array.to_owned());
    draft.message = format!("one element is appended to `{array}` twice on this path: the array holds it double");
    draft.label = "appended by `$push` here".to_owned();
    draft.related.push((other, Role::Act, how.to_owned()));
    draft.help =
        "append once: keep this `$push`, drop the other append, and read the document again where it is needed"
            .to_owned();
    draft.pair = "push and push".to_owned();
    ctx.report(draft);
}
