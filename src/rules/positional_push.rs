//! `check-then-push` for an array inside an element: a check decides `$push: { 'stories.$.viewers': … }`.

use super::context::{Context, Trace};
use super::pending::Judged;
use super::words::check_words;
use crate::project::checks::{Check, CheckKind};
use crate::project::guards::{Filter, Guard};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::path;
use crate::race::relation::{Relation, Taken};
use crate::value::{C, V};

const RULE: &str = "check-then-push";

/// `stories` and `viewers` of `stories.$.viewers`.
struct Inner<'a> {
    array: &'a str,
    inner: &'a str,
}

impl Inner<'_> {
    /// Whether a field of an element is the inner array or a part of its elements.
    fn is_named_by(&self, field: &str) -> bool {
        path::is_within(field, self.inner)
    }
}

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for (write, checks) in trace.writes.iter().zip(&trace.checks) {
        let Some(filter) = write.filter.filter(|_| write.kind == WriteKind::Update) else { continue };
        for field in write.fields.iter().filter(|field| field.operator == "$push") {
            let Some(inner) = split(&field.path) else { continue };
            let cond = ctx.project.arena.and(write.cond, field.cond);
            let found = checks.iter().find(|check| decides(ctx, check, &inner, write));
            let Some(check) = found.filter(|_| cond != C::FALSE) else { continue };
            let relation =
                ctx.relation(trace, check, write, cond, Taken::Other).doubted(is_guarded(ctx, filter, &inner, cond));
            report(ctx, trace, write, field, &inner, check, relation);
        }
    }
}

/// The path of an array inside the element that the filter selects: `a.$.b`, `a.$[].b`, `a.$[e].b`.
fn split(path: &str) -> Option<Inner<'_>> {
    let (array, rest) = path.split_once(".$")?;
    let (_, inner) = rest.split_once('.')?;
    (!inner.contains('$') && !inner.contains('*')).then_some(Inner { array, inner })
}

fn decides(ctx: &mut Context<'_>, check: &Check, inner: &Inner<'_>, write: &Write) -> bool {
    let about = match &check.kind {
        CheckKind::Element { path, keys } => {
            !check.holds && !keys.is_empty() && path.join(".") == format!("{}.*.{}", inner.array, inner.inner)
        }
        CheckKind::Document if !check.holds => match check.read.as_ref().and_then(|read| read.filter) {
            Some(filter) => {
                ctx.project.filters(filter, inner.array, C::TRUE).iter().any(|(_, filter)| names(filter, inner))
            }
            None => false,
        },
        _ => false,
    };
    about && ctx.project.same_document(check.root, check.read.as_ref(), &write.handle, write.filter, None)
}

/// Whether a condition on the outer array says something about the inner one.
fn names(filter: &Filter, inner: &Inner<'_>) -> bool {
    filter.guards.iter().any(|(guard, _)| match guard {
        Guard::Selects(fields) => fields.iter().any(|field| inner.is_named_by(field)),
        Guard::Key(keys) => keys.iter().any(|(field, _)| inner.is_named_by(field)),
        _ => false,
    })
}

fn is_guarded(ctx: &mut Context<'_>, filter: V, inner: &Inner<'_>, cond: C) -> bool {
    let parsed = ctx.project.filters(filter, inner.array, cond);
    !parsed.is_empty() && parsed.iter().all(|(_, filter)| filter.open || filter.is_optimistic() || names(filter, inner))
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    inner: &Inner<'_>,
    check: &Check,
    relation: Relation,
) {
    let path = format!("{}.{}", inner.array, inner.inner);
    let mut draft = ctx.draft(RULE, trace, write, field.site);
    draft.message = format!(
        "`{path}` is checked before this push, not in its filter: two requests can both append the same element"
    );
    draft.label = format!("appends to `{path}` without the check in its filter");
    draft.array = Some(path);
    draft.related.splice(0..0, ctx.ends(check));
    draft.help = format!(
        "make the check and the push one command: its filter selects the element of `{}` and asks that its `{}` has no such element, and matchedCount 0 means that it is there already",
        inner.array, inner.inner
    );
    draft.pair = format!("{} -> $push", check_words(check));
    ctx.report_judged(draft, trace, &Judged::of(write, field.cond, relation));
}
