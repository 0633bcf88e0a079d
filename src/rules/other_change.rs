//! What code does to a field of a document, as far as it stands there in constants, and what it asks of the document first.
//!
//! Input: a write, one of its fields and the checks that decide it. Output: a command for the judge; none where something that it asks
//! is not known. Must not know: which decision it contradicts.

use super::consumed::is_of;
use super::context::{Context, Trace};
use crate::judge::{Constant, Guard, Makes, OtherChange};
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{C, Compare, Entry, Freshness, Key, Node, V};

/// What a write does to one field; `path` is the field's, and no position of a list is in it.
pub(super) fn other_change(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
) -> Option<OtherChange> {
    let is_update = matches!(write.kind, WriteKind::Update | WriteKind::Save) && !write.upsert;
    let makes = makes(ctx, field).filter(|_| is_update && !field.path.contains(['*', '$']))?;
    let cond = ctx.project.arena.and(write.cond, field.cond);
    let mut asks = Vec::new();
    let checks = ctx.project.checks(cond, &trace.documents);
    let searches = searches(ctx, write, &checks);
    let reads = searches.into_iter().filter_map(|check| check.read).filter_map(|read| read.filter);
    for filter in write.filter.into_iter().chain(reads) {
        add_filter(ctx, filter, &mut asks)?;
    }
    for check in checks {
        if ctx.project.same_document(check.root, check.read.as_ref(), &write.handle, write.filter, write.document) {
            add_check(ctx, &check, &mut asks)?;
        }
    }
    let others = write.fields.iter().filter(|other| other.path != field.path);
    let beside = others.map(|other| (other.path.clone(), made_beside(ctx, field, other))).collect();
    Some(OtherChange { path: field.path.clone(), makes, asks, beside, is_answered: false })
}

/// What is made of another field whenever the first one is changed.
fn made_beside(ctx: &Context<'_>, field: &FieldWrite, other: &FieldWrite) -> Option<Makes> {
    let is_always = other.cond == C::TRUE || other.cond == field.cond;
    let anything = || (other.operator == "$set").then_some(Makes::Anything);
    let is_named = !other.path.contains(['*', '$']) && other.path != "...";
    makes(ctx, other).or_else(anything).filter(|_| is_always && is_named)
}

/// What an operator makes of its field, where that stands in the code.
pub(super) fn makes(ctx: &Context<'_>, field: &FieldWrite) -> Option<Makes> {
    let arena = &ctx.project.arena;
    match field.operator.as_str() {
        "$set" => match arena.node(field.value) {
            Node::Fresh(Freshness::Time, _) => Some(Makes::Dated),
            Node::Undefined => Some(Makes::Unset),
            _ => known(ctx, field.value).map(Makes::Set),
        },
        "$currentDate" => Some(Makes::Dated),
        "$unset" => Some(Makes::Unset),
        "$inc" => match arena.node(field.value) {
            Node::Num(bits) => Some(Makes::Counted(*bits)),
            _ => None,
        },
        _ => field.is_append().then_some(Makes::Added),
    }
}

/// A constant, be it one that is on or off.
pub(super) fn known(ctx: &Context<'_>, value: V) -> Option<Constant> {
    match ctx.project.arena.node(value) {
        Node::Str(text) => Some(Constant::Text(ctx.project.arena.text(*text).to_owned())),
        Node::Num(bits) => Some(Constant::Number(*bits)),
        Node::Bool(is_on) => Some(Constant::Flag(*is_on)),
        Node::Null => Some(Constant::Nothing),
        _ => None,
    }
}

/// What a filter asks for in constants; none where that is not known.
fn add_filter(ctx: &Context<'_>, filter: V, asks: &mut Vec<Guard>) -> Option<()> {
    let Node::Object(entries) = ctx.project.arena.node(filter) else {
        // An identifier alone.
        return ctx.project.arena.is_of_parameter(filter).then_some(());
    };
    for Entry { key, value, .. } in entries {
        let Key::Name(name) = key else { return None };
        let path = ctx.project.arena.text(*name).to_owned();
        match asked_of(ctx, *value) {
            Asked::Values(is_in, values) => asks.push(Guard { path, is_in, values }),
            Asked::Input => {}
            Asked::Unknown => return None,
        }
    }
    Some(())
}

/// What a filter asks of a field.
enum Asked {
    /// That it has one of these values, or, where false, none of them.
    Values(bool, Vec<Constant>),
    /// What the request brings.
    Input,
    Unknown,
}

fn asked_of(ctx: &Context<'_>, value: V) -> Asked {
    let Node::Object(entries) = ctx.project.arena.node(value) else {
        return known(ctx, value).map_or(Asked::Input, |constant| Asked::Values(true, vec![constant]));
    };
    let [Entry { key: Key::Name(operator), value: operand, .. }] = entries.as_slice() else { return Asked::Unknown };
    let is_in = match ctx.project.arena.text(*operator) {
        "$eq" | "$in" => true,
        "$ne" | "$nin" => false,
        _ => return Asked::Unknown,
    };
    let values = match ctx.project.arena.node(*operand) {
        Node::Array(items) => items.iter().map(|item| known(ctx, item.value).filter(|_| !item.spread)).collect(),
        _ => known(ctx, *operand).map(|constant| vec![constant]),
    };
    values.map_or(Asked::Input, |values| Asked::Values(is_in, values))
}

/// What a check of the loaded document asks for in constants; none where that is not known.
fn add_check(ctx: &Context<'_>, check: &Check, asks: &mut Vec<Guard>) -> Option<()> {
    let CheckKind::Field { path, test } = &check.kind else {
        return matches!(check.kind, CheckKind::Document).then_some(());
    };
    let arena = &ctx.project.arena;
    let mut add = |is_in: bool, values: Vec<Constant>| asks.push(Guard { path: path.join("."), is_in, values });
    match arena.node(*test) {
        Node::Compare(Compare::Equal, a, b) => {
            if let Some(constant) = known(ctx, *a).or_else(|| known(ctx, *b)) {
                add(check.holds, vec![constant]);
            } else if arena.is_literal(*a) || arena.is_literal(*b) {
                return None;
            }
        }
        Node::Query { array, .. } => match arena.node(*array) {
            Node::Array(items) => {
                let values = items.iter().map(|item| known(ctx, item.value)).collect::<Option<Vec<_>>>()?;
                add(check.holds, values);
            }
            _ => return None,
        },
        Node::Compare(..) | Node::Call { .. } => return None,
        _ => {
            let zero = Constant::Number(0.0_f64.to_bits());
            let empty = [Constant::Nothing, Constant::Flag(false), zero, Constant::Text(String::new())];
            add(!check.holds, empty.to_vec());
        }
    }
    Some(())
}

/// Whether a change may leave a field as a check would not have let it pass; also where that is not known.
pub(super) fn excludes(ctx: &Context<'_>, check: &Check, change: &OtherChange) -> bool {
    let made = match &change.makes {
        Makes::Set(constant) => Some(constant),
        Makes::Unset => Some(&Constant::Nothing),
        Makes::Dated | Makes::Anything | Makes::Shortened => None,
        Makes::Added | Makes::Counted(_) => return true,
    };
    let mut asks = Vec::new();
    let filter = check.read.as_ref().and_then(|read| read.filter);
    // What is not known of other fields says nothing of this one.
    match (&check.kind, filter) {
        (CheckKind::Document, Some(filter)) => add_filter(ctx, filter, &mut asks),
        _ => add_check(ctx, check, &mut asks),
    }
    .unwrap_or_default();
    let mut own = asks.iter().filter(|guard| guard.path == change.path).peekable();
    own.peek().is_none() || own.any(|guard| made.is_some_and(|made| guard.values.contains(made)) != guard.is_in)
}

/// The reads that have found what is written.
pub(super) fn searches(ctx: &mut Context<'_>, write: &Write, checks: &[Check]) -> Vec<Check> {
    let mut found: Vec<Check> = ctx.project.deciding_read(write).into_iter().collect();
    for check in checks.iter().filter(|check| matches!(check.kind, CheckKind::Document) && check.holds) {
        if check.read.as_ref().is_some_and(|read| is_of(ctx, check.root, read, write)) {
            found.push(check.clone());
        }
    }
    for (root, read) in ctx.project.reads_in(write.filter) {
        if is_of(ctx, root, &read, write) {
            let (kind, under) = (CheckKind::Document, C::TRUE);
            found.push(Check { root, read: Some(read), kind, holds: true, leaf: root, under });
        }
    }
    let mut sites = Vec::new();
    found.retain(|check| {
        let site = check.read.as_ref().map(|read| read.site);
        let is_new = !sites.contains(&site);
        sites.push(site);
        is_new
    });
    found
}
