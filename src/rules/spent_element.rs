//! Changes that make a check fail the next time, beside those of the element that was looked for: the element that was found is taken
//! out of its list, a value is stored by which the search finds a document, or the state that was asked for is left.
//!
//! Part of `check-then-insert` and `check-then-update`. Input: a check, a write. Output: the list or the field. Must not know: formats.

use super::context::Context;
use crate::project::checks::{Check, CheckKind};
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::{Write, WriteKind};
use crate::race::symbolic::Symbolic;
use crate::race::{fence, predicate};
use crate::value::{C, Node, V};

/// The list of which a loaded element is asked for and taken out: `if (!pool.codes[0]) return`, then `$pull: { codes: pool.codes[0] }`
pub(super) fn taken_element(ctx: &Context<'_>, check: &Check, other: &Write) -> Option<String> {
    let CheckKind::Field { path, .. } = &check.kind else { return None };
    let (last, list) = path.split_last().filter(|_| check.holds)?;
    let list = list.join(".");
    if last != "*" {
        return None;
    }
    let is_taken = other.fields.iter().any(|field| {
        field.path == list
            && matches!(field.operator.as_str(), "$pull" | "$pullAll")
            && ctx.project.contains(field.value, &mut |_, part| part == check.leaf)
    });
    is_taken.then_some(list)
}

/// The field by which a search found nothing, and that an update stores: `if (await Hour.findOne({ guests: who })) return`, then
/// `Hour.updateOne({ _id }, { $addToSet: { guests: who } })`
pub(super) fn stored_value(ctx: &mut Context<'_>, cond: C, check: &Check, other: &Write) -> Option<String> {
    let is_search = matches!(check.kind, CheckKind::Document) && !check.holds;
    let read = check.read.as_ref().filter(|read| is_search && read.handle.same(&other.handle))?;
    if other.kind != WriteKind::Update || other.upsert || ctx.project.arena.truth(cond, check.leaf).is_none() {
        return None;
    }
    let searched = ctx.project.equalities(read.filter?);
    let asked = other.filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    let mut stored = None;
    for (name, value) in &searched {
        let mut sets = other
            .fields
            .iter()
            .filter(|field| field.path == *name && matches!(field.operator.as_str(), "$addToSet" | "$push" | "$set"));
        if sets.any(|field| ctx.project.same_value(field.value, *value)) {
            stored = Some(name.clone());
        } else if !asked.iter().any(|(own, known)| own == name && ctx.project.same_value(*known, *value)) {
            return None;
        }
    }
    stored
}

/// The field of the state that a search asked for, or that was checked, and that an update of the same document changes where it still
/// is: `if (!(await Code.countDocuments({ code, state: 'new' }))) return`, then
/// `Code.updateOne({ code, state: 'new' }, { $set: { state: 'used' } })`
pub(super) fn marked(ctx: &mut Context<'_>, check: &Check, other: &Write) -> Option<String> {
    let read = check.read.as_ref().filter(|read| read.handle.same(&other.handle) && read.action != Action::FindMany)?;
    if other.kind != WriteKind::Update || other.upsert {
        return None;
    }
    let asked = ctx.project.equalities(other.filter?);
    let is_asked = |ctx: &Context<'_>, name: &str, value: V| {
        asked.iter().any(|(own, known)| own == name && ctx.project.same_value(*known, value))
    };
    let is_changed = |ctx: &Context<'_>, name: &str| {
        let mut changes = other.fields.iter().filter(|field| field.path == name);
        changes.any(|field| {
            let is_next =
                |value: V| ctx.project.arena.is_literal(field.value) && !ctx.project.same_value(field.value, value);
            let mut states = asked.iter().filter(|(own, value)| own == name && ctx.project.arena.is_literal(*value));
            field.operator == "$unset" || field.operator == "$set" && states.any(|(_, value)| is_next(*value))
        })
    };
    match &check.kind {
        CheckKind::Document if check.holds => {
            let searched = ctx.project.equalities(read.filter?);
            // It is named by its own `_id`, or by all that it was searched by.
            let is_own = |ctx: &Context<'_>, value: V| match ctx.project.arena.node(ctx.project.bare(value)) {
                Node::Member(document, _) => *document == check.root,
                _ => false,
            };
            let is_same = asked.iter().any(|(name, value)| name == "_id" && is_own(ctx, *value))
                || searched.iter().all(|(name, value)| is_asked(ctx, name, *value));
            let still = searched.into_iter().filter(|(name, value)| is_asked(ctx, name, *value));
            let state = still.map(|(name, _)| name).find(|name| is_changed(ctx, name));
            state.or_else(|| left(ctx, read, other)).filter(|_| is_same)
        }
        CheckKind::Field { path, .. } => {
            let path = path.join(".");
            let is_named = asked.iter().any(|(name, _)| *name == path);
            (is_named && is_changed(ctx, &path) || fence::leaves(ctx.project, other, &path)).then_some(path)
        }
        CheckKind::Document | CheckKind::Element { .. } | CheckKind::Below { .. } => None,
    }
}

/// The field that a search asks about too, and of which an update makes its own filter false: `findOne({ done: { $ne: true } })`, then
/// `updateOne({ _id, done: { $ne: true } }, { $set: { done: true } })`
fn left(ctx: &mut Context<'_>, read: &DbCall, other: &Write) -> Option<String> {
    let asked = predicate::parse(&Symbolic(ctx.project), &read.filter?).ok()?;
    let mut set = other.fields.iter().filter(|field| field.operator == "$set" && asked.is_about(&field.path));
    set.find(|field| fence::leaves(ctx.project, other, &field.path)).map(|field| field.path.clone())
}
