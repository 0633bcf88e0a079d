//! Conditions that ask no more than whether a write would change anything: `if (line.from !== from || line.to !== to)` before
//! `$set: { from, to }`. Without them the same would be stored.
//!
//! Input: a write and its path condition. Output: an answer. Must not know: findings.

use super::context::Context;
use crate::project::writes::{FieldWrite, Write};
use crate::value::{C, Compare, Node, V};

/// Whether all that the path asks of a loaded document, its being there aside, is whether what is set differs from it.
pub(super) fn is_detected(ctx: &mut Context<'_>, write: &Write, cond: C, root: V) -> bool {
    let mut is_asked = false;
    for atom in ctx.project.arena.atoms(cond) {
        let is_about = ctx.project.contains(atom.value, &mut |_, part| part == root);
        if !is_about || is_presence(ctx, atom.value, root) {
            continue;
        }
        if !differs(ctx, write, root, (atom.value, atom.holds)) {
            return false;
        }
        is_asked = true;
    }
    is_asked
}

/// Whether a condition asks for the document as a whole.
fn is_presence(ctx: &Context<'_>, value: V, root: V) -> bool {
    match *ctx.project.arena.node(value) {
        Node::Not(inner) | Node::Nullish(inner) => is_presence(ctx, inner, root),
        _ => value == root,
    }
}

/// Whether a condition holds where one of some fields differs from what the write sets it to.
fn differs(ctx: &mut Context<'_>, write: &Write, root: V, (value, holds): (V, bool)) -> bool {
    match ctx.project.arena.node(value).clone() {
        Node::Not(inner) => differs(ctx, write, root, (inner, !holds)),
        Node::Or(parts) if holds => parts.into_iter().all(|part| differs(ctx, write, root, (part, true))),
        // if (feed.hash && feed.hash === hash) return
        Node::And(mut parts) if !holds => {
            let count = parts.len();
            parts.retain(|part| set_field(ctx, write, root, *part).is_none());
            parts.len() + 1 >= count
                && !parts.is_empty()
                && parts.into_iter().all(|part| differs(ctx, write, root, (part, false)))
        }
        Node::Compare(Compare::Equal, a, b) if !holds => {
            is_set_to(ctx, write, root, a, b) || is_set_to(ctx, write, root, b, a)
        }
        _ => false,
    }
}

/// Whether the write sets the field that is `stored` to the value that is `wanted`, whenever it is done.
fn is_set_to(ctx: &mut Context<'_>, write: &Write, root: V, stored: V, wanted: V) -> bool {
    set_field(ctx, write, root, stored).is_some_and(|set| ctx.project.same_value(set, wanted))
}

/// What the write sets the field to, whenever it is done, whose loaded value this is.
fn set_field(ctx: &mut Context<'_>, write: &Write, root: V, stored: V) -> Option<V> {
    let (of, path, _) = ctx.project.loaded(stored, &[root])?;
    let path = path.join(".");
    let is_set = |field: &&FieldWrite| {
        field.operator == "$set"
            && field.path == path
            && matches!(field.cond, own if own == C::TRUE || own == write.cond)
    };
    write.fields.iter().find(is_set).map(|field| field.value).filter(|_| of == root && !path.is_empty())
}
