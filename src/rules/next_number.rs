//! A number that an insert takes from what is stored: the highest one and one more, or how many there are.
//!
//! Part of `check-then-insert`. Input: an insert. Output: a draft. Must not know: formats.

use super::context::{Context, Trace};
use super::inserted::{Inserted, stored_field};
use super::pending::{Judged, Mend};
use super::searches::names_only;
use crate::diagnostic::{Level, Role};
use crate::limits;
use crate::project::aggregated::How;
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::{FieldWrite, Write};
use crate::race::relation::Relation;
use crate::value::{C, Node, V, children};

pub fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write) {
    for field in write.fields.iter().filter(|field| matches!(field.operator.as_str(), "insert" | "$setOnInsert")) {
        let is_unique = ctx.schemas.covers(&write.handle, std::slice::from_ref(&field.path));
        let Some(read) = (if is_unique { None } else { numbered_by(ctx, write, field) }) else { continue };
        let relation = ctx.claimed(trace, write);
        report(ctx, trace, write, field, &read, relation);
        return;
    }
}

/// The read of the same collection from which the field is counted on.
///
/// `const last = await Invoice.findOne().sort({ number: -1 }); Invoice.create({ number: last.number + 1 })`
fn numbered_by(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite) -> Option<DbCall> {
    let (mut open, mut seen) = (vec![(field.value, false)], Vec::new());
    while let Some((value, is_next)) = open.pop() {
        if seen.contains(&(value, is_next)) || seen.len() > limits::SEARCHED {
            continue;
        }
        seen.push((value, is_next));
        if let Some((_, path, Some(read))) = ctx.project.loaded(value, &[])
            && read.handle.same(&write.handle)
        {
            let is_number = match read.action {
                _ if read.method == "aggregate" => is_aggregated(ctx, &read, &path, field, is_next),
                Action::Count => path.is_empty(),
                // How many were found: `(await Invoice.find({ org })).length + 1`
                Action::FindMany if path == ["length"] => true,
                Action::FindOne | Action::FindMany => {
                    // A field of the one document of its key, such as a balance, is no number in a row.
                    !is_of_one(ctx, &read)
                        && is_next
                        && path.iter().filter(|part| *part != "*").eq(field.path.split('.'))
                }
                _ => false,
            };
            if is_number {
                return Some(read);
            }
            continue;
        }
        let node = ctx.project.arena.node(value).clone();
        // Rank.parse(last.rank).next()
        let is_made = matches!(node, Node::Call { .. }) && ctx.project.read_of(value).is_none();
        let is_next = is_next || is_made || matches!(&node, Node::Derived(op, _) if ctx.project.arena.text(*op) == "+");
        // Number(last.number.split('-')[1])
        let is_method = matches!(node, Node::Member(..) | Node::Index(..)) && is_next;
        if is_share(ctx, &node) {
            continue;
        }
        if is_made
            || is_method
            || matches!(node, Node::Derived(..) | Node::Coerce(..) | Node::Template(_) | Node::OneOf(_))
        {
            open.extend(children(&node).into_iter().map(|child| (child, is_next)));
        }
    }
    None
}

/// A share or a multiple of something else is no number in a row: `salary / (12 - slips.length)`, `price * sold`.
fn is_share(ctx: &Context<'_>, node: &Node) -> bool {
    let Node::Derived(op, operands) = node else { return false };
    match ctx.project.arena.text(*op) {
        "/" | "%" => true,
        "*" => !operands.iter().any(|operand| ctx.project.arena.is_literal(*operand)),
        _ => false,
    }
}

/// Whether a read asks for the one document of a unique key.
fn is_of_one(ctx: &Context<'_>, read: &DbCall) -> bool {
    let asked = read.filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    let keys: Vec<String> = asked.into_iter().map(|(key, _)| key).collect();
    ctx.schemas.covers(&read.handle, &keys)
}

/// The keys of a unique index that refuses a number that is taken twice: the number, and what was searched for beside it; none
/// where the search asks for more than values that the insert stores.
fn apart_by(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite, read: &DbCall) -> Option<Vec<String>> {
    let mut keys = Vec::new();
    if let Some(filter) = read.filter {
        if read.method == "aggregate" || !names_only(ctx, filter) {
            return None;
        }
        for (name, value) in ctx.project.equalities(filter) {
            match stored_field(ctx, write, &name) {
                Inserted::Value(stored) if ctx.project.same_value(stored, value) => keys.push(name),
                _ => return None,
            }
        }
    }
    keys.push(field.path.clone());
    Some(keys)
}

/// The highest number, or how many there are, as an aggregation tells it: `{ $group: { _id: null, max: { $max: '$number' } } }`
fn is_aggregated(ctx: &Context<'_>, read: &DbCall, path: &[String], field: &FieldWrite, is_next: bool) -> bool {
    let mut named = path.iter().filter(|part| *part != "*");
    let (Some(name), None, Some(stages)) = (named.next(), named.next(), read.filter) else { return false };
    ctx.project.origin(stages, name).is_some_and(|origin| match origin.how {
        How::Count => origin.path.is_empty(),
        How::One => is_next && origin.path.join(".") == field.path,
        How::Sum | How::List => false,
    })
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, read: &DbCall, relation: Relation) {
    let path = &field.path;
    let mut draft = ctx.draft("check-then-insert", trace, write, write.site);
    draft.lowered = Some((Level::Warning, "two may have the same number, and both are stored"));
    draft.message =
        format!("`{path}` of this insert is counted on from what is stored: two requests can insert the same");
    draft.label = format!("inserts the next `{path}`");
    draft.related.push((read.site, Role::Check, "counted from here".to_owned()));
    draft.help =
        format!("take `{path}` from a counter of its own, in one command that adds to it and gives what it left");
    if let Some(keys) = apart_by(ctx, write, field, read) {
        draft.help.push_str(&format!("; a unique index on `{}` refuses what is taken twice", keys.join(" + ")));
    }
    draft.pair = format!("{path} -> insert");
    let apart = if write.upsert { own_key(ctx, write, read) } else { None };
    ctx.report_judged(
        draft,
        trace,
        &Judged { apart, needs_witness: true, mend: Mend::Insert(Vec::new()), ..Judged::of(write, C::TRUE, relation) },
    );
}

/// The input by which an upsert names its own document, and by which the number is not counted.
pub(super) fn own_key(ctx: &Context<'_>, write: &Write, read: &DbCall) -> Option<V> {
    let counted = read.filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    let asked = ctx.project.equalities(write.filter?);
    let mut inputs = asked.into_iter().map(|(_, value)| ctx.project.bare(value));
    inputs.find(|value| {
        ctx.project.arena.is_of_parameter(*value)
            && !counted.iter().any(|(_, known)| ctx.project.same_value(*known, *value))
    })
}
