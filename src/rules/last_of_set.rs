//! How many documents have a value decides whether one of them loses it, or whether others have it: the last owner, the last address.
//!
//! Part of `check-then-update`. Input: a changed field and the checks that decide it. Output: a draft. Must not know: formats.

use super::context::{Context, Trace};
use super::pending::Judged;
use super::taken_name::input_of_its_own;
use super::words::asks_for_any;
use crate::diagnostic::Level;
use crate::project::checks::{Check, CheckKind};
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::relation::{Relation, Taken};
use crate::value::{C, Compare, Node, V};

const OVERRUN: &str = "a limit is overrun by the requests that come at once, and no further";

/// Reports a change by which one document less is counted; says whether there was one.
///
/// `if (await Member.countDocuments({ role: 'owner' }) === 1) return; Member.updateOne({ _id }, { $set: { role: 'guest' } })`
pub fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, checks: &[Check]) -> bool {
    let Some(check) = checks.iter().find(|check| counts(ctx, check, write, field)) else { return false };
    let counted = check.read.as_ref().and_then(|read| read.filter);
    let Some(apart) = own_input(ctx, write, counted) else { return false };
    let relation = ctx.claimed(trace, write);
    report(ctx, trace, (write, field.cond), (field.path.as_str(), "this update changes it"), (check, apart), relation);
    true
}

/// The same for a document that is deleted: `if (await Owner.countDocuments({ team }) < 2) return; Owner.deleteOne({ _id })`
pub fn check_delete(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check]) {
    for check in checks {
        let Some(read) = counting(ctx, check, write) else {
            continue;
        };
        let keys: Vec<String> = match read.filter {
            Some(filter) => ctx.project.equalities(filter).into_iter().map(|(key, _)| key).collect(),
            None => Vec::new(),
        };
        let Some(apart) = own_input(ctx, write, read.filter) else {
            continue;
        };
        if keys.iter().any(|key| key == "_id") {
            continue;
        }
        let relation = ctx.claimed(trace, write);
        let by = if keys.is_empty() { "_id".to_owned() } else { keys.join(" + ") };
        report(ctx, trace, (write, C::TRUE), (by.as_str(), "this deletes one"), (check, apart), relation);
        return;
    }
}

/// The same for an element of an array: `if (user.logins.length < 2) return`, then `$pull: { logins: { provider } }`
pub fn check_element(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, checks: &[Check]) {
    let Some((array, part)) = lessened(field) else { return };
    for check in checks {
        let is_counted = matches!(&check.kind, CheckKind::Below { path } if path.join(".") == array);
        let read = check.read.as_ref();
        // Of a list that has any element there is no least number to keep; what is counted beside is one time too much.
        let is_any = field.operator != "$pop" && asks_for_any(ctx, check.leaf) && !counts_beside(write);
        if is_any
            || !is_counted
            || check.holds && !is_not_the_last(ctx, check.leaf)
            || part.is_some_and(|part| !counts_part(ctx, check.leaf, part, field.value))
            || ctx.is_versioned(write, field)
            || !ctx.project.same_document(check.root, read, &write.handle, write.filter, write.document)
        {
            continue;
        }
        report_element(ctx, trace, write, (field, array, part), check);
        return;
    }
}

/// The array of which a change leaves one element less that is counted: one that it takes out, or a field of one that it sets.
fn lessened(field: &FieldWrite) -> Option<(&str, Option<&str>)> {
    match field.operator.as_str() {
        "$pull" | "$pullAll" | "$pop" => Some((field.path.as_str(), None)),
        "$set" => {
            let (outer, part) = field.path.rsplit_once('.')?;
            let (array, position) = outer.rsplit_once('.')?;
            (position == "*" || position.starts_with('$')).then_some((array, Some(part)))
        }
        _ => None,
    }
}

/// `if (team.owners.length === 1) return`: who goes on is not the last one.
fn is_not_the_last(ctx: &Context<'_>, leaf: V) -> bool {
    let is_one = |value: V| ctx.project.number(value) == Some(1.0);
    matches!(*ctx.project.arena.node(leaf), Node::Compare(Compare::Equal, a, b) if is_one(a) || is_one(b))
}

/// Whether elements are counted by a field that is set to another value.
fn counts_part(ctx: &mut Context<'_>, leaf: V, part: &str, set: V) -> bool {
    ctx.project.contains(leaf, &mut |project, value| match *project.arena.node(value) {
        Node::Query { arg, .. } => project.predicate_keys(arg).into_iter().any(|(key, counted)| {
            key == part && project.arena.is_literal(counted) && !project.same_value(counted, set)
        }),
        _ => false,
    })
}

/// Whether only some of the elements are counted.
fn counts_some(ctx: &Context<'_>, leaf: V) -> bool {
    ctx.project.contains(leaf, &mut |project, value| matches!(project.arena.node(value), Node::Query { .. }))
}

/// Whether something is counted in the same update.
fn counts_beside(write: &Write) -> bool {
    write.fields.iter().any(|field| matches!(field.operator.as_str(), "$inc" | "$mul"))
}

fn report_element(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    (field, path, part): (&FieldWrite, &str, Option<&str>),
    check: &Check,
) {
    let cond = ctx.project.arena.and(write.cond, field.cond);
    let relation = ctx.relation(trace, check, write, cond, Taken::Condition(path));
    let mut draft = ctx.draft("check-then-update", trace, write, write.site);
    draft.lowered = Some((Level::Warning, OVERRUN));
    draft.message = match part {
        Some(part) => format!(
            "elements of `{path}` are counted by `{part}` before this update changes it, not in its filter: two requests can both pass, each with another element"
        ),
        None => format!(
            "the length of `{path}` is checked before this removal, not in its filter: two requests can both pass, each with another element"
        ),
    };
    draft.label = "leaves one less that is counted".to_owned();
    draft.array = Some(path.to_owned());
    draft.related.splice(0..0, ctx.ends(check));
    let place =
        if write.kind == WriteKind::Save { "make it one update, and ask in its filter" } else { "ask in its filter" };
    draft.help = match counts_some(ctx, check.leaf) {
        true => format!(
            "{place} that another one of those that are counted is left, by an `$elemMatch` on `{path}` that leaves out the one that is changed; matchedCount 0 means that the check failed"
        ),
        false => format!(
            "{place} that enough are left, such as `\"{path}.1\": {{ $exists: true }}` for one; matchedCount 0 means that the check failed"
        ),
    };
    draft.pair = format!("{path} counted -> one less");
    let judged = Judged { needs_witness: true, may_repeat: true, ..Judged::of(write, field.cond, relation) };
    ctx.report_judged(draft, trace, &judged);
}

/// The input by which two requests select two documents.
fn own_input(ctx: &mut Context<'_>, write: &Write, counted: Option<V>) -> Option<V> {
    input_of_its_own(ctx, write, counted).or_else(|| {
        let lists = ctx.project.listed(write.filter?);
        lists.into_iter().find(|list| ctx.project.arena.is_of_parameter(*list))
    })
}

/// The read whose documents are counted against a limit, or of which there has to be another, of the collection that is written.
fn counting<'a>(ctx: &mut Context<'_>, check: &'a Check, write: &Write) -> Option<&'a DbCall> {
    let is_counted = match &check.kind {
        CheckKind::Below { path } => path.is_empty(),
        CheckKind::Document => check.holds && leaves_out(ctx, check, write),
        CheckKind::Element { .. } | CheckKind::Field { .. } => false,
    };
    let read = check.read.as_ref().filter(|_| is_counted)?;
    let is_single =
        matches!(check.kind, CheckKind::Document) && matches!(read.action, Action::FindOne | Action::Exists);
    let is_read = is_single || matches!(read.action, Action::Count | Action::FindMany);
    (is_read && read.handle.same(&write.handle)).then_some(read)
}

/// Whether the server counts documents of the collection that is written against a limit. The length of a list that was loaded says
/// how many there are to choose from.
pub(super) fn is_limited(ctx: &mut Context<'_>, check: &Check, write: &Write) -> bool {
    matches!(check.kind, CheckKind::Below { .. })
        && counting(ctx, check, write).is_some_and(|read| read.action == Action::Count)
}

/// Whether a check asks for others than the document that is written: `countDocuments({ role: 'owner', user: { $ne: user } })`
pub(super) fn leaves_out(ctx: &mut Context<'_>, check: &Check, write: &Write) -> bool {
    let Some(filter) = check.read.as_ref().and_then(|read| read.filter) else { return false };
    let Node::Object(entries) = ctx.project.arena.node(filter).clone() else { return false };
    let operators = ["$ne", "$nin"].map(|operator| ctx.project.arena.sym(operator));
    let left_out = entries.into_iter().flat_map(|entry| operators.map(|operator| (entry.value, operator)));
    let left_out: Vec<V> =
        left_out.filter_map(|(value, operator)| ctx.project.arena.member_of(value, operator)).collect();
    if left_out.is_empty() {
        return false;
    }
    let own = own_input(ctx, write, None).into_iter().chain(write.document).collect::<Vec<V>>();
    left_out.into_iter().any(|value| ctx.project.contains(value, &mut |_, part| own.contains(&part)))
}

fn counts(ctx: &mut Context<'_>, check: &Check, write: &Write, field: &FieldWrite) -> bool {
    let Some(filter) = counting(ctx, check, write).and_then(|read| read.filter).filter(|_| field.operator == "$set")
    else {
        return false;
    };
    ctx.project.equalities(filter).into_iter().any(|(key, value)| {
        // The role that a loaded document has is as good as a literal one.
        let is_known = ctx.project.arena.is_literal(value) || ctx.project.loaded(value, &[]).is_some();
        key == field.path && is_known && !ctx.project.same_value(value, field.value)
    })
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    (write, cond): (&Write, C),
    (path, what): (&str, &str),
    (check, apart): (&Check, V),
    relation: Relation,
) {
    let collection = ctx.handle_text(&write.handle);
    let mut draft = ctx.draft("check-then-update", trace, write, write.site);
    draft.lowered = Some((Level::Warning, OVERRUN));
    draft.message = format!(
        "{collection} is counted by `{path}` before {what}: two requests can both pass, each with another document"
    );
    draft.label = "leaves one less that is counted".to_owned();
    draft.related.splice(0..0, ctx.ends(check));
    draft.help = format!(
        "keep the number of those with this `{path}` in one document, and take one off there first, in one command whose filter asks that enough are left"
    );
    draft.pair = format!("count {path} -> one less");
    ctx.report_judged(
        draft,
        trace,
        &Judged { apart: Some(apart), needs_witness: true, ..Judged::of(write, cond, relation) },
    );
}
