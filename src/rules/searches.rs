//! What a search before an insert asks for.
//!
//! Input: a filter. Output: what kind of question it is. Must not know: how an act is judged, formats.

use super::context::Context;
use crate::value::{Key, Node, V};

/// The fields of which a filter asks a comparison and nothing else: `{ status: { $ne: 'off' } }`.
pub(super) fn compared_fields(ctx: &Context<'_>, filter: V) -> Vec<String> {
    let Node::Object(entries) = ctx.project.arena.node(filter) else { return Vec::new() };
    let is_comparison = |key: Key| {
        let Key::Name(name) = key else { return false };
        matches!(ctx.project.arena.text(name), "$ne" | "$gt" | "$gte" | "$lt" | "$lte" | "$exists" | "$nin" | "$in")
    };
    let fields = entries.iter().map(|entry| match (entry.key, ctx.project.arena.node(entry.value)) {
        (Key::Name(name), Node::Object(asked)) if asked.iter().all(|entry| is_comparison(entry.key)) => {
            Some(ctx.project.arena.text(name).to_owned())
        }
        _ => None,
    });
    fields.collect::<Option<_>>().unwrap_or_default()
}

pub(super) fn is_empty_filter(ctx: &Context<'_>, filter: V) -> bool {
    matches!(ctx.project.arena.node(filter), Node::Object(entries) if entries.is_empty())
}

/// Whether a filter asks for more than the fields that are named in it: `{ kind, ...data }`.
pub(super) fn is_open(ctx: &Context<'_>, filter: V) -> bool {
    matches!(ctx.project.arena.node(filter), Node::Object(entries) if entries.iter().any(|e| !matches!(e.key, Key::Name(_))))
}

/// A condition on a value that each request makes anew, so that no two search for the same document.
pub(super) fn is_new_key(ctx: &Context<'_>, filter: V) -> bool {
    let is_new = |value: V| {
        // A text that a loop makes begins empty.
        let mut made = ctx.project.arena.alternatives(value);
        made.retain(|(_, value)| !ctx.project.arena.is_literal(*value));
        !made.is_empty() && made.iter().all(|(_, value)| ctx.project.is_made_anew(*value))
    };
    match ctx.project.arena.node(filter) {
        Node::Object(entries) => entries.iter().any(|entry| {
            matches!(entry.key, Key::Name(name) if !ctx.project.arena.text(name).starts_with('$'))
                && is_new(entry.value)
        }),
        _ => false,
    }
}

/// `(await users.find()).find((user) => user.email === email)`: the list is searched in JavaScript.
pub(super) fn searched_list(ctx: &Context<'_>, leaf: V) -> Vec<(String, V)> {
    match *ctx.project.arena.node(leaf) {
        Node::Query { array, arg, .. } => match *ctx.project.arena.node(array) {
            // (await users.distinct('email')).includes(email)
            Node::Mapped(_, result) => {
                let field = ctx.project.element_field(result).map(|(_, field)| field);
                field.filter(|field| !field.is_empty()).map(|field| (field, arg)).into_iter().collect()
            }
            _ => ctx.project.predicate_keys(arg),
        },
        Node::Not(inner) | Node::Nullish(inner) | Node::Coerce(_, inner) => searched_list(ctx, inner),
        _ => Vec::new(),
    }
}
