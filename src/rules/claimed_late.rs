//! The help for an update that should have come before what is done outside of the database: no filter of it takes that back.
//!
//! Part of `check-then-update`. Input: an update and the check that decides it. Output: a sentence. Must not know: formats.

use super::context::{Context, Trace};
use super::repeated::is_listed;
use crate::limits;
use crate::project::checks::Check;
use crate::project::effects::may_be_done_again;
use crate::project::mongo::Action;
use crate::project::writes::Write;
use crate::project::{Op, Step};
use crate::remedy;
use crate::value::{Compare, Node, V, children, for_conditions};
use rustc_hash::FxHashSet;

/// So many other fields are named.
const NAMED: usize = 8;

/// What to do about a check of `place`: one command, or the command first and then what it decides. `written` are the writes that are
/// decided with it.
pub fn help(
    ctx: &Context<'_>,
    trace: &Trace,
    write: &Write,
    (check, place): (&Check, &str),
    written: &[&Write],
) -> String {
    let first =
        format!("claim it first: one update whose filter asks what was checked of {place}, and which changes it");
    if let Some(name) = done_before(ctx, trace, write, check) {
        return format!("{first}, before `{name}` is called, and call `{name}` only where it matched");
    }
    match written.iter().find(|other| other.step < write.step) {
        Some(other) => {
            let collection = ctx.handle_text(&other.handle);
            if let Some(count) = counted_before(ctx, trace, write) {
                return format!(
                    "take the place first: let the update that adds to `{count}` ask in its filter that the limit is not reached yet, before {collection} is written, and go on only where it matched"
                );
            }
            format!("{first}, before {collection} is written, and go on only where it matched")
        }
        None if let Some(others) = decided_by(ctx, write, check, place) => format!(
            "make the check and the change one command: its filter asks what was checked of {place} and of {others}, which decide it together{}",
            refused(write)
        ),
        None => format!(
            "make the check and the change one command: its filter asks what was checked of {place}, its update changes it{}",
            refused(write)
        ),
    }
}

/// How a filter that carries a check refuses. An upsert would insert a second document, or be refused by the key of the first.
fn refused(write: &Write) -> &'static str {
    match write.upsert {
        true => remedy::UPSERTED,
        false => ", and matchedCount 0 (or null) means that the check failed",
    }
}

/// The number that an earlier update of the same document adds to, where what it gives decides this one: a state that says that a limit
/// is reached, and is no claim of one place.
/// `const after = await Slot.findByIdAndUpdate(id, { $inc: { taken: 1 } }); if (after.taken >= after.limit) Slot.updateOne(…)`
fn counted_before<'a>(ctx: &Context<'_>, trace: &'a Trace, write: &Write) -> Option<&'a str> {
    let arena = &ctx.project.arena;
    let compared: Vec<V> = arena.atoms(write.cond).into_iter().map(|atom| atom.value).collect();
    trace.writes.iter().filter(|other| other.step < write.step && other.handle.same(&write.handle)).find_map(|other| {
        let field = other.fields.iter().find(|field| field.operator == "$inc")?;
        let is_number = |part: V| match arena.node(part) {
            Node::Member(result, name) => {
                arena.text(*name) == field.path
                    && matches!(arena.node(*result), Node::Call { site, .. } if *site == other.site)
            }
            _ => false,
        };
        let is_limit = |value: &V| {
            matches!(arena.node(*value), Node::Compare(Compare::Less | Compare::LessOrEqual, ..))
                && ctx.project.contains(*value, &mut |_, part| is_number(part))
        };
        compared.iter().any(is_limit).then_some(field.path.as_str())
    })
}

/// The other fields of the loaded document on which the path depends, by their names; none where `place` alone decides.
fn decided_by(ctx: &Context<'_>, write: &Write, check: &Check, place: &str) -> Option<String> {
    let arena = &ctx.project.arena;
    let is_document =
        |value: V| value == check.root || matches!(arena.node(value), Node::Element(list) if *list == check.root);
    let mut names: Vec<String> = Vec::new();
    let mut open: Vec<V> = arena.atoms_in_order(write.cond).into_iter().map(|atom| atom.value).collect();
    let (mut seen, mut methods) = (FxHashSet::default(), FxHashSet::default());
    while let Some(value) = open.pop() {
        if seen.len() > limits::SEARCHED || !seen.insert(value) {
            continue;
        }
        let node = arena.node(value);
        if let Node::Member(object, name) = node
            && is_document(*object)
        {
            let name = arena.text(*name);
            let is_field = !methods.contains(&value)
                && !matches!(
                    name,
                    "length" | "_id" | "id" | "_doc" | "isNew" | "save" | "toString" | "toObject" | "toJSON"
                );
            // `wallet.balance`, and `mood` of the element of `ratings`, name their field.
            let is_told = place.contains(&format!("`{name}`")) || place.contains(&format!("`{name}."));
            if is_field && !is_told && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        if let Node::Call { callee, .. } = node {
            methods.insert(*callee);
        }
        open.extend(children(node));
        for_conditions(node, &mut |cond| open.extend(arena.atoms_of(cond).into_iter().map(|atom| atom.value)));
    }
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => None,
        Some((only, [])) => Some(only.clone()),
        Some((_, others)) if others.len() >= NAMED => Some("the other fields that were checked".to_owned()),
        Some((last, others)) => Some(format!("{} and {last}", others.join(", "))),
    }
}

/// Whether a value is the number of documents that are there, whatever was stored of it before.
pub fn is_recounted(ctx: &mut Context<'_>, value: V) -> bool {
    let value = ctx.project.bare(value);
    match *ctx.project.arena.node(value) {
        Node::Member(list, key) if ctx.project.arena.text(key) == "length" => {
            ctx.project.read_of(list).is_some_and(|read| read.action == Action::FindMany)
        }
        _ => ctx.project.read_of(value).is_some_and(|read| read.action == Action::Count),
    }
}

/// What is done outside because of the check before the update, or for what a loop over the read has found.
fn done_before<'a>(ctx: &'a Context<'_>, trace: &Trace, write: &Write, check: &Check) -> Option<&'a str> {
    let is_of_found = |step: &Step| match &step.op {
        Op::Call { args, .. } => args.iter().any(|arg| ctx.project.contains(*arg, &mut |_, part| part == check.root)),
        _ => false,
    };
    let holds = ctx.project.arena.truth(write.cond, check.leaf);
    let is_decided = |step: &Step| match is_listed(check) {
        true => is_of_found(step),
        false => holds.is_some() && ctx.project.arena.truth(step.cond, check.leaf) == holds,
    };
    let before = trace.steps.iter().take(write.step).filter(|step| is_decided(step));
    before.filter_map(|step| ctx.project.outside_effect(step)).find(|name| !may_be_done_again(name))
}
