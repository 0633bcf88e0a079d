//! Bounds of a number that is computed from its loaded value: a constant within which the code keeps it, and a comparison before it.
//!
//! Part of `lost-update`. Input: what is written. Output: what a help has to say of it. Must not know: formats.

use super::context::{Context, Trace};
use crate::limits;
use crate::project::writes::{FieldWrite, Write};
use crate::value::{Compare, Node, V, children, for_conditions};
use rustc_hash::FxHashSet;

/// What was checked of the loaded value says nothing of the stored one that the server computes with.
pub(super) const CHECKED: &str = "; the comparison of it that comes before belongs into the filter of the same update, where matchedCount 0 means that it failed";

/// The operator of a pipeline that keeps a value within a constant, as the code does: `left > 0 ? left : 0`, `Math.max(left, 0)`.
pub(super) fn by(ctx: &Context<'_>, value: V) -> Option<&'static str> {
    let arena = &ctx.project.arena;
    let is_number = |value: V| matches!(arena.node(value), Node::Num(_));
    match arena.node(value) {
        Node::Derived(op, parts) if parts.iter().any(|part| is_number(*part)) => match arena.text(*op) {
            "Math.max" => Some("$max"),
            "Math.min" => Some("$min"),
            _ => None,
        },
        Node::OneOf(alternatives) => {
            alternatives.iter().filter(|(_, value)| is_number(*value)).find_map(|(cond, limit)| {
                arena.atoms(*cond).into_iter().find_map(|atom| {
                    let Node::Compare(Compare::Less | Compare::LessOrEqual, a, b) = *arena.node(atom.value) else {
                        return None;
                    };
                    let is_other = |value: V| alternatives.iter().any(|(_, other)| *other == value);
                    // Whether the limit is taken in place of what lies below it.
                    let is_lower = match (a == *limit && is_other(b), b == *limit && is_other(a)) {
                        (true, _) => !atom.holds,
                        (_, true) => atom.holds,
                        _ => return None,
                    };
                    Some(if is_lower { "$max" } else { "$min" })
                })
            })
        }
        _ => None,
    }
}

/// Whether something is taken off a field that is compared before, be it by another function: `if (product.stock < count) throw …`, then
/// `reduceStock(product, count)`.
pub(super) fn is_checked(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite) -> bool {
    let is_taken =
        matches!(ctx.project.arena.node(field.value), Node::Derived(op, _) if ctx.project.arena.text(*op) == "-");
    if !is_taken {
        return false;
    }
    let arena = &ctx.project.arena;
    let mut open: Vec<V> = arena.atoms_of(write.cond).into_iter().map(|atom| atom.value).collect();
    let (mut seen, mut compared) = (FxHashSet::default(), Vec::new());
    while let Some(value) = open.pop() {
        if seen.len() > limits::SEARCHED || !seen.insert(value) {
            continue;
        }
        let node = arena.node(value);
        if let Node::Compare(Compare::Less | Compare::LessOrEqual, a, b) = node {
            compared.extend([*a, *b]);
        }
        open.extend(children(node));
        for_conditions(node, &mut |cond| open.extend(arena.atoms_of(cond).into_iter().map(|atom| atom.value)));
    }
    let mut asked = FxHashSet::default();
    while let Some(side) = compared.pop().filter(|_| asked.len() <= limits::SEARCHED) {
        if !asked.insert(side) {
            continue;
        }
        let loaded = ctx.project.loaded(side, &trace.documents);
        if let Some((_, path, Some(read))) = loaded {
            if path.join(".") == field.path && read.handle.same(&write.handle) {
                return true;
            }
            continue;
        }
        let node = ctx.project.arena.node(side);
        if matches!(node, Node::Derived(..) | Node::Coerce(..) | Node::OneOf(_)) {
            compared.extend(children(node));
        }
    }
    false
}
