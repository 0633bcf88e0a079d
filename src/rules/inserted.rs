//! What an insert stores, and of what collection.
//!
//! Input: a write. Output: its fields. Must not know: checks, findings.

use super::context::{Context, Draft};
use crate::diagnostic::{Level, Role};
use crate::project::handle::Handle;
use crate::project::index::Index;
use crate::project::writes::{Write, WriteKind};
use crate::value::{Arena, Key, Node, V};

pub(super) enum Inserted {
    Value(V),
    /// The document is not known well enough to say.
    Unknown,
    Missing,
}

pub(super) fn inserted_field(ctx: &mut Context<'_>, write: &Write, name: &str) -> Inserted {
    let Some(payload) = write.payload else { return Inserted::Unknown };
    match ctx.project.arena.node(payload).clone() {
        Node::Object(entries) => {
            let value = ctx.project.at_path(payload, name);
            if value != Arena::UNDEFINED {
                return Inserted::Value(value);
            }
            let open = entries.iter().any(|entry| !matches!(entry.key, Key::Name(_)));
            if open { Inserted::Unknown } else { Inserted::Missing }
        }
        Node::Param(..) | Node::Member(..) | Node::Call { .. } | Node::Element(_) | Node::Coerce(..) => {
            let key = ctx.project.arena.sym(name);
            Inserted::Value(ctx.project.arena.member(payload, key))
        }
        _ => Inserted::Unknown,
    }
}

/// A model whose file is not part of the run: its schema, and so its unique indexes, are not known.
pub(super) fn is_unseen_model(ctx: &Context<'_>, handle: &Handle) -> bool {
    match handle {
        Handle::Value(value) => matches!(ctx.project.arena.node(*value), Node::Import { .. }),
        Handle::Named(_) => false,
    }
}

/// What is known of unique indexes of a collection, where none is.
pub(super) fn known_of_indexes(ctx: &Context<'_>, write: &Write) -> &'static str {
    match (write.handle.name(), ctx.schemas.unread) {
        (Some(_), None) => "no unique index covers it",
        _ => "no unique index of it is known",
    }
}

/// Lowers a draft where an index that is not known to be of this collection may refuse the second document.
pub(super) fn doubt_indexes(ctx: &mut Context<'_>, write: &Write, keys: &[String], draft: &mut Draft) {
    if write.handle.name().is_none() && ctx.schemas.unique.all().any(|index| index.is_within(keys)) {
        draft.lowered =
            Some((Level::Info, "the project makes a unique index of these fields, perhaps of this collection"));
    }
    // What is searched for may be one of several keys, by which the second document is refused.
    let schemas = ctx.schemas;
    let is_unnamed = write.handle.name().is_none() && draft.lowered.is_none() && !keys.is_empty();
    if is_unnamed && schemas.unique.all().any(|index| is_stored_with(ctx, write, index, keys)) {
        draft.lowered = Some((
            Level::Warning,
            "the project makes a unique index of these and other fields that are stored here, perhaps of this collection",
        ));
    }
    if let Some(site) = ctx.schemas.unread.filter(|_| draft.lowered.is_none()) {
        draft.lowered =
            Some((Level::Warning, "the project makes indexes that are not known here, and one may cover this"));
        draft.related.push((
            site,
            Role::Context,
            "makes indexes of which the keys or the collection are not known".to_owned(),
        ));
    }
}

/// Whether an insert stores each key of an index, some of which are searched for.
fn is_stored_with(ctx: &mut Context<'_>, write: &Write, index: &Index, keys: &[String]) -> bool {
    index.keys.iter().any(|key| keys.contains(key))
        && index.keys.iter().all(|key| matches!(stored_field(ctx, write, key), Inserted::Value(_)))
}

/// What an insert stores in a field, or an upsert that inserts.
pub(super) fn stored_field(ctx: &mut Context<'_>, write: &Write, name: &str) -> Inserted {
    if write.kind != WriteKind::Update {
        return inserted_field(ctx, write, name);
    }
    let asked = write.filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    let set = write.fields.iter().filter(|field| matches!(field.operator.as_str(), "$set" | "$setOnInsert"));
    let mut set = set.map(|field| (field.path.clone(), field.value));
    match asked.into_iter().chain(&mut set).find(|(own, _)| own == name) {
        Some((_, value)) => Inserted::Value(value),
        // The whole update is a value that is not known.
        None if write.fields.is_empty() => Inserted::Unknown,
        None => Inserted::Missing,
    }
}

/// Whether `Model.create` is given what was loaded from its own collection, by a way that is not known: documents are saved by it,
/// and nothing is inserted.
pub(super) fn may_be_saved(ctx: &mut Context<'_>, write: &Write) -> bool {
    let Some(payload) = write.payload.filter(|_| write.method == "create") else { return false };
    if matches!(ctx.project.arena.node(payload), Node::Object(_)) {
        return false;
    }
    let mut reads = Vec::new();
    ctx.project.contains(payload, &mut |project, part| {
        reads.extend(matches!(project.arena.node(part), Node::Call { .. }).then_some(part));
        false
    });
    reads.into_iter().any(|read| ctx.project.read_of(read).is_some_and(|read| read.handle.same(&write.handle)))
}
