//! The loaded value that a value is made from, and where a loaded document is changed in JavaScript.
//!
//! Input: a value and its path. Output: the document it was loaded from, paths. Must not know: what is written, findings.

use super::context::{Context, Trace};
use crate::limits;
use crate::project::mongo::{Action, DbCall};
use crate::value::{Entry, Key, Node, V};

/// An object of entries under keys that are not known, some of them as they were loaded: `{ ...doc.cards, [id]: card }`.
pub(super) fn is_map(ctx: &Context<'_>, value: V) -> bool {
    let entries = match ctx.project.arena.node(value) {
        Node::Object(entries) => entries,
        // new Map(Object.entries(doc.cards))
        Node::New { callee, args, .. } => return ctx.project.arena.is_global(*callee, "Map") && !args.is_empty(),
        _ => return false,
    };
    let is_each = |entry: &Entry| matches!(entry.key, Key::Computed(_)) && element_of(ctx, entry.value).is_some();
    if entries.iter().any(is_each) {
        return true;
    }
    let open = entries.iter().filter(|entry| !matches!(entry.key, Key::Name(_))).count();
    open > 1 && entries.iter().any(|entry| entry.key == Key::Spread)
}

/// The list of whose elements a value is one, or a part of one.
fn element_of(ctx: &Context<'_>, value: V) -> Option<V> {
    let mut at = value;
    for _ in 0..limits::PARTS_DEPTH {
        at = match ctx.project.arena.node(at) {
            Node::Element(list) => return Some(*list),
            Node::Member(inner, _) | Node::Index(inner, _) => *inner,
            _ => return None,
        };
    }
    None
}

/// The list that a value, or what it is a copy of, was looked up in: `{ ...items.find((item) => item.id === id) }`, `byId[id]`.
pub(super) fn picked_from(ctx: &Context<'_>, value: V) -> Option<V> {
    let mut at = value;
    for _ in 0..limits::PARTS_DEPTH {
        at = match ctx.project.arena.node(at) {
            Node::Query { method, array, .. } => {
                return matches!(ctx.project.arena.text(*method), "find" | "findLast").then_some(*array);
            }
            Node::Index(object, _) => match ctx.project.arena.node(*object) {
                Node::Object(entries) => {
                    let mut kept = entries.iter().filter(|entry| matches!(entry.key, Key::Computed(_)));
                    return kept.find_map(|entry| element_of(ctx, entry.value));
                }
                _ => return None,
            },
            Node::Object(entries) => entries.iter().find(|entry| entry.key == Key::Spread)?.value,
            Node::OneOf(alternatives) => {
                return alternatives.iter().find_map(|(_, value)| picked_from(ctx, *value));
            }
            Node::Coerce(_, inner) => *inner,
            _ => return None,
        };
    }
    None
}

/// The root of the loaded value at `path` that is a part of this value as a whole array.
pub(super) fn source(
    ctx: &mut Context<'_>,
    trace: &Trace,
    value: V,
    path: &[String],
    depth: u32,
) -> Option<(V, Option<DbCall>)> {
    if depth > limits::REWRITTEN_DEPTH {
        return None;
    }
    if let Some((root, loaded, read)) = ctx.project.loaded(value, &trace.documents)
        && loaded == path
    {
        return Some((root, read));
    }
    let node = ctx.project.arena.node(value).clone();
    match node {
        Node::Object(entries) => entries.into_iter().find_map(|entry| {
            let whole = match entry.key {
                Key::Spread => entry.value,
                // for (const [key, card] of Object.entries(doc.cards)) cards[key] = card
                Key::Computed(_) => element_of(ctx, entry.value)?,
                Key::Name(_) => return None,
            };
            source(ctx, trace, whole, path, depth + 1)
        }),
        Node::Array(items) => items
            .into_iter()
            .filter(|item| item.spread)
            .find_map(|item| source(ctx, trace, item.value, path, depth + 1)),
        Node::Query { method, array, .. } => {
            let keeps = matches!(
                ctx.project.arena.text(method),
                "filter" | "slice" | "sort" | "reverse" | "concat" | "flat" | "toSorted" | "toSpliced"
            );
            if keeps { source(ctx, trace, array, path, depth + 1) } else { None }
        }
        Node::Mapped(array, made) => source(ctx, trace, array, path, depth + 1).or_else(|| {
            // ids.map((id, rank) => ({ ...doc.items.find((item) => item.id === id), rank }))
            let list = picked_from(ctx, made)?;
            source(ctx, trace, list, path, depth + 1)
        }),
        Node::Coerce(_, array) => source(ctx, trace, array, path, depth + 1),
        Node::OneOf(alternatives) => alternatives.into_iter().find_map(|(_, v)| source(ctx, trace, v, path, depth + 1)),
        Node::Derived(op, operands)
            if matches!(
                ctx.project.arena.text(op),
                "|" | "reduce" | "Object.entries" | "Object.keys" | "Object.values" | "Array.from"
            ) =>
        {
            operands.into_iter().find_map(|v| source(ctx, trace, v, path, depth + 1))
        }
        // the ids of find({ _id: { $in: doc.tags } }): those that still exist
        Node::Call { .. } => {
            let read = ctx.project.read_of(value).filter(|read| read.action == Action::FindMany)?;
            let lists = ctx.project.listed(read.filter?);
            lists.into_iter().find_map(|list| source(ctx, trace, list, path, depth + 1))
        }
        // new Set([...doc.tags, tag])
        Node::New { args, .. } => args.into_iter().find_map(|v| source(ctx, trace, v, path, depth + 1)),
        _ => None,
    }
}

/// The path, in the document that is loaded or in each of a list of them, to a value of it or of its copy.
pub(super) fn changed_path(ctx: &mut Context<'_>, value: V, root: V) -> Option<Vec<String>> {
    let mut path =
        ctx.project.arena.alternatives(value).into_iter().find_map(|(_, v)| ctx.project.path_in_copy(v, root))?;
    let mut is_list = || ctx.project.read_of(root).is_some_and(|read| read.action == Action::FindMany);
    if path.first().is_some_and(|first| first == "*") && is_list() {
        path.remove(0);
    }
    Some(path)
}
