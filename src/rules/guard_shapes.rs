//! Guards of a shape that guards something else: a compound key split over two conditions, and `$ne` in `$elemMatch`.

use super::appended::appends;
use super::context::{Context, Draft, Trace};
use super::rewrite;
use crate::project::guards::Guard;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::remedy::token;
use crate::value::{C, V};

const SPLIT: &str = "split-compound-guard";
const ANY: &str = "any-element-guard";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for write in &trace.writes {
        if write.kind != WriteKind::Update {
            continue;
        }
        for field in appends(write) {
            if let Some(filter) = write.filter {
                append_filter(ctx, trace, write, &field, filter);
            }
        }
        positional(ctx, trace, write);
    }
}

fn append_filter(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, filter: V) {
    let cond = ctx.project.arena.and(write.cond, field.cond);
    if cond == C::FALSE {
        return;
    }
    for (_, parsed) in ctx.project.filters(filter, &field.path, cond) {
        let single: Vec<(String, V)> = parsed
            .keys()
            .into_iter()
            .filter_map(|keys| match keys.as_slice() {
                [only] if !only.0.is_empty() => Some(only.clone()),
                _ => None,
            })
            .collect();
        if single.len() >= 2
            && !are_identities(ctx, write, &field.path, &single)
            && single.iter().any(|(name, _)| Some(name) != single.first().map(|(n, _)| n))
        {
            split(ctx, trace, write, field, &single);
            return;
        }
        for (guard, _) in &parsed.guards {
            if let Guard::AnyElement(name) = guard {
                any_element(ctx, trace, write, field, name);
                return;
            }
        }
    }
}

/// Each field is the identity of some kind on its own, so that refusing either is meant.
fn are_identities(ctx: &Context<'_>, write: &Write, array: &str, keys: &[(String, V)]) -> bool {
    ctx.tracked(&write.handle, array).is_some_and(|tracked| {
        keys.iter().all(|(name, _)| tracked.kinds.iter().any(|kind| kind.key.as_slice() == std::slice::from_ref(name)))
    })
}

/// `{ 'images._id': id, 'images.likedBy': { $ne: user } }` with `$push: { 'images.$.likedBy': user }`: the second
///                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ condition is about all images, not the selected one.
fn positional(ctx: &mut Context<'_>, trace: &Trace, write: &Write) {
    let Some(filter) = write.filter else { return };
    for field in &write.fields {
        let Some((array, inner)) = field.path.split_once(".$.") else { continue };
        for (_, parsed) in ctx.project.filters(filter, array, write.cond) {
            let selects = parsed.guards.iter().find_map(|(guard, _)| match guard {
                Guard::Selects(fields) => fields.first().cloned(),
                _ => None,
            });
            let excludes = parsed.keys().into_iter().find_map(|keys| match keys.as_slice() {
                [only] if only.0 == inner || only.0.starts_with(&format!("{inner}.")) => Some(only.clone()),
                _ => None,
            });
            if let (Some(selected), Some(excluded)) = (selects, excludes)
                && selected != excluded.0
                && !is_given_to_it(ctx, write, array, &excluded)
            {
                let mut draft = base(ctx, SPLIT, trace, write, array);
                draft.message = format!(
                    "`'{array}.{}': {{ $ne }}` is about every element of `{array}`, not the one that `'{array}.{selected}'` selects: elements are refused wrongly",
                    excluded.0
                );
                draft.label = "two conditions on two elements".to_owned();
                let selected_value = selected_text(ctx, filter, &format!("{array}.{selected}"));
                draft.help = format!(
                    "put both conditions on one element: `{array}: {{ $elemMatch: {{ {selected}: {selected_value}, {}: {{ $ne: {} }} }} }}`",
                    excluded.0,
                    ctx.show(excluded.1)
                );
                draft.fix = rewrite::one_element(ctx, trace, write, array, [&selected, &excluded.0]);
                draft.pair = format!("{selected} and {} apart", excluded.0);
                ctx.report(draft);
                return;
            }
        }
    }
}

/// Whether the selected element takes over the very value that no element may have yet: an identity that one of them has, such as
/// the number of a payment. A constant is a state, which others may be in.
fn is_given_to_it(ctx: &mut Context<'_>, write: &Write, array: &str, (name, value): &(String, V)) -> bool {
    let path = format!("{array}.$.{name}");
    !ctx.project.arena.is_literal(*value)
        && write
            .fields
            .iter()
            .any(|field| field.operator == "$set" && field.path == path && ctx.project.same_value(field.value, *value))
}

fn selected_text(ctx: &Context<'_>, filter: V, path: &str) -> String {
    ctx.project
        .equalities(filter)
        .into_iter()
        .find(|(name, _)| name == path)
        .map_or("…".to_owned(), |(_, value)| ctx.show(value))
}

fn base(ctx: &Context<'_>, rule: &'static str, trace: &Trace, write: &Write, array: &str) -> Draft {
    let mut draft = ctx.draft(rule, trace, write, write.site);
    draft.array = Some(array.to_owned());
    draft
}

fn split(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, keys: &[(String, V)]) {
    let array = field.path.as_str();
    let names: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).collect();
    let mut draft = base(ctx, SPLIT, trace, write, array);
    draft.message = format!(
        "the filter refuses an element of `{array}` that shares only one of {}: elements are lost",
        names.join(" and ")
    );
    draft.label = "each condition refuses on its own".to_owned();
    let guarded = rewrite::join_split(ctx, trace, write, field, keys);
    let guard = guarded.as_ref().map_or_else(|| ctx.guard_text(array, keys), |guarded| guarded.guard.clone());
    draft.help = format!("put the fields on one element: `{guard}`");
    draft.call = Some(guard);
    let mut sorted = names.clone();
    sorted.sort_unstable();
    draft.pair = sorted.join(" and ");
    draft.fix = guarded.map(|guarded| guarded.fix);
    ctx.report(draft);
}

fn any_element(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, name: &str) {
    let array = field.path.as_str();
    let mut draft = base(ctx, ANY, trace, write, array);
    let (another, path) = match name {
        "" => ("is another".to_owned(), array.to_owned()),
        name => (format!("has another {name}"), token::string(&format!("{array}.{name}"), '\'')),
    };
    draft.message =
        format!("`$elemMatch` with `$ne` matches as soon as any element of `{array}` {another}: it guards nothing");
    draft.label = "true for every array with two different elements".to_owned();
    let guarded = rewrite::name_no_element(ctx, trace, write, field, name);
    let guard = guarded.as_ref().map_or_else(|| format!("{path}: {{ $ne: … }}"), |guarded| guarded.guard.clone());
    draft.help = format!("say that no element has it: `{guard}`");
    draft.call = guarded.as_ref().map(|_| guard);
    draft.fix = guarded.map(|guarded| guarded.fix);
    draft.pair = format!("$elemMatch {name} $ne");
    ctx.report(draft);
}
