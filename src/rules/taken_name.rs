//! A value that no document has yet is given to one: a search for it decides an update, and no unique index covers it.
//!
//! Part of `check-then-insert`. Input: an update and the checks that decide it. Output: a draft. Must not know: formats.

use super::context::{Context, Trace};
use super::index_kind::index_of;
use super::inserted::{doubt_indexes, is_unseen_model, known_of_indexes};
use super::pending::{Judged, Mend};
use super::searches::sought_fields;
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::relation::Relation;
use crate::remedy;
use crate::value::{C, Key, Node, V};

pub fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check]) {
    if !matches!(write.kind, WriteKind::Update | WriteKind::Save) || write.upsert {
        return;
    }
    let chosen = choosing(ctx, trace, write);
    for check in checks.iter().chain(&chosen) {
        let Some((filter, keys)) = taken_keys(ctx, check, write) else { continue };
        let Some(apart) = selecting_input(ctx, write) else { continue };
        if is_of_one(ctx, write, &keys, apart) {
            continue;
        }
        let relation = ctx.claimed(trace, write);
        report(ctx, trace, write, check, (filter, &keys, apart), relation);
        return;
    }
}

/// The checks that decide no update, but which of several values it sets: `if (taken) slug = next(slug)`, then `$set: { slug }`. Such
/// a search asks for one of these values, and always for the same fields.
fn choosing(ctx: &mut Context<'_>, trace: &Trace, write: &Write) -> Vec<Check> {
    let mut chosen = Vec::new();
    for field in write.fields.iter().filter(|field| field.operator == "$set") {
        if !matches!(ctx.project.arena.node(field.value), Node::OneOf(_)) {
            continue;
        }
        for (cond, _) in ctx.project.arena.alternatives(field.value) {
            let mut checks = ctx.project.checks(cond, &trace.documents);
            checks.retain(|check| searches_for(ctx, check, field));
            chosen.extend(checks);
        }
    }
    chosen
}

fn searches_for(ctx: &mut Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    let Some(filter) = check.read.as_ref().and_then(|read| read.filter) else { return false };
    let asked = sought_fields(ctx, filter).into_iter().filter(|(key, _)| *key == field.path);
    asks_always(ctx, filter) && asked.into_iter().any(|(_, value)| may_be(ctx, field.value, value))
}

/// Whether a search asks for the same fields in each case.
fn asks_always(ctx: &Context<'_>, filter: V) -> bool {
    matches!(ctx.project.arena.node(filter), Node::Object(entries) if entries.iter().all(|entry| {
        entry.cond == C::TRUE && matches!(entry.key, Key::Name(_))
    }))
}

/// Whether one of the values that something may be is this one.
fn may_be(ctx: &Context<'_>, stored: V, value: V) -> bool {
    ctx.project.arena.alternatives(stored).into_iter().any(|(_, known)| ctx.project.same_value(known, value))
}

/// The filter of a search that found nothing, and the keys by which it searched, one of which the update sets.
///
/// `if (await User.findOne({ email })) return; User.updateOne({ _id }, { $set: { email } })`
fn taken_keys(ctx: &mut Context<'_>, check: &Check, write: &Write) -> Option<(V, Vec<String>)> {
    if !matches!(check.kind, CheckKind::Document) || check.holds {
        return None;
    }
    let read = check.read.as_ref()?;
    if !read.handle.same(&write.handle) || is_unseen_model(ctx, &write.handle) {
        return None;
    }
    let filter = read.filter?;
    let mut equalities = sought_fields(ctx, filter);
    equalities.retain(|(key, _)| key != "_id");
    let is_always = asks_always(ctx, filter);
    let is_set = equalities.iter().any(|(key, value)| {
        let sets = |field: &FieldWrite| {
            field.operator == "$set"
                && field.path == *key
                && (ctx.project.same_value(field.value, *value) || is_always && may_be(ctx, field.value, *value))
        };
        !ctx.project.arena.is_literal(*value)
            && (write.fields.iter().any(sets) || is_brought_whole(ctx, write, key, *value))
    });
    let keys: Vec<String> = equalities.into_iter().map(|(key, _)| key).collect();
    (is_set && !ctx.schemas.covers(&write.handle, &keys)).then_some((filter, keys))
}

/// Whether what is set is the identifier of that by which the document is found, so that two documents have two of them:
/// `updateOne({ mail: member.mail }, { $set: { user: member._id } })`
fn is_of_one(ctx: &Context<'_>, write: &Write, keys: &[String], apart: V) -> bool {
    let owner = |value: V| match *ctx.project.arena.node(ctx.project.bare(value)) {
        Node::Member(owner, name) => Some((owner, ctx.project.arena.text(name))),
        _ => None,
    };
    let Some((of, _)) = owner(apart) else { return false };
    let set = write.fields.iter().filter(|field| keys.contains(&field.path));
    set.filter_map(|field| owner(field.value)).any(|(owner, name)| owner == of && matches!(name, "_id" | "id"))
}

/// Whether what is set is an object of the request that holds the value: `User.updateOne({ _id }, { $set: req.body })`.
fn is_brought_whole(ctx: &mut Context<'_>, write: &Write, key: &str, value: V) -> bool {
    let key = ctx.project.arena.sym(key);
    let set =
        write.fields.iter().filter(|field| field.operator == "$set" && matches!(field.path.as_str(), "..." | "*"));
    let mut objects: Vec<V> = set.map(|field| field.value).chain(write.payload).collect();
    if let Some(Node::Object(entries)) = write.payload.map(|payload| ctx.project.arena.node(payload).clone()) {
        objects.extend(entries.iter().filter(|entry| entry.key == Key::Spread).map(|entry| entry.value));
    }
    objects.into_iter().any(|object| {
        let is_brought = ctx.project.arena.is_of_parameter(object);
        let own = if is_brought { ctx.project.arena.member(object, key) } else { object };
        is_brought && ctx.project.same_value(own, value)
    })
}

/// The input by which the updated document is selected, or by which the saved one was found.
pub(super) fn selecting_input(ctx: &mut Context<'_>, write: &Write) -> Option<V> {
    let loaded = write.document.and_then(|document| ctx.project.read_of(document)).and_then(|read| read.filter);
    let filter = loaded.or(write.filter)?;
    let filter = match ctx.project.equalities(filter).into_iter().find(|(key, _)| key == "_id") {
        // The document that was loaded before: { _id: user._id }
        Some((_, value)) => match *ctx.project.arena.node(ctx.project.bare(value)) {
            Node::Member(document, _) => ctx.project.read_of(document).and_then(|read| read.filter).unwrap_or(filter),
            _ => filter,
        },
        None => filter,
    };
    let mut equalities = ctx.project.equalities(filter);
    // Two documents always differ in their `_id`.
    equalities.sort_by_key(|(key, _)| key != "_id");
    let inputs = equalities.into_iter().map(|(_, value)| ctx.project.bare(value));
    inputs.into_iter().find(|value| ctx.project.arena.is_of_parameter(*value))
}

/// The same where a read asks for others beside it: the input that this read does not name, if there is one.
pub(super) fn input_of_its_own(ctx: &mut Context<'_>, write: &Write, read: Option<V>) -> Option<V> {
    let first = selecting_input(ctx, write)?;
    let named = read.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    let is_named = |ctx: &Context<'_>, input: V| named.iter().any(|(_, known)| ctx.project.same_value(*known, input));
    let filter = write.filter.filter(|_| is_named(ctx, first));
    let inputs = filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    let inputs = inputs.into_iter().map(|(_, value)| ctx.project.bare(value));
    let own = inputs.into_iter().find(|value| ctx.project.arena.is_of_parameter(*value) && !is_named(ctx, *value));
    Some(own.unwrap_or(first))
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    check: &Check,
    (filter, keys, apart): (V, &[String], V),
    relation: Relation,
) {
    let collection = ctx.handle_text(&write.handle);
    let list = keys.join(" + ");
    let mut draft = ctx.draft("check-then-insert", trace, write, write.site);
    draft.message = format!(
        "{collection} is searched by {list} before this update sets it, and {}: two documents can get the same",
        known_of_indexes(ctx, write)
    );
    draft.label = "gives a document what was not found".to_owned();
    draft.related.splice(0..0, ctx.ends(check));
    doubt_indexes(ctx, write, keys, &mut draft);
    let (unique, kind) = index_of(ctx, write, filter, keys);
    let help =
        format!("let the server refuse the second one, by a unique index on {unique}{kind}; treat E11000 as found");
    draft.help = remedy::in_transaction(write, help);
    draft.pair = format!("find {list} -> $set");
    ctx.report_judged(
        draft,
        trace,
        &Judged {
            apart: Some(apart),
            needs_witness: true,
            mend: Mend::Insert(vec![filter]),
            ..Judged::of(write, C::TRUE, relation)
        },
    );
}
