//! What a unique index has to be beside its keys, in words: what a help that asks for one says of it.
//!
//! Input: a search and its keys. Output: a part of a sentence. Must not know: formats.

use super::context::{Context, Trace};
use crate::diagnostic::Once;
use crate::judge::NewIndex;
use crate::project::checks::Check;
use crate::project::writes::Write;
use crate::remedy::{self, token};
use crate::value::{Entry, Key, Node, V};

/// What a unique index on some keys needs beside them: documents that are inserted without one are left out, and where a search takes
/// two spellings for one, so does the index.
///
/// Sources: MongoDB manual, "Sparse Indexes", "Partial Indexes", "Case-Insensitive Indexes".
fn index_kind(ctx: &mut Context<'_>, write: &Write, filter: V, keys: &[String]) -> String {
    let mut kind = leaves_out(ctx, write, keys, true);
    if ignores_case(ctx, filter) {
        kind.push_str(if kind.is_empty() { " with " } else { ", and " });
        kind.push_str("a collation that ignores case (`strength: 2`), as the search does");
    }
    kind
}

/// The keys of a unique index, and its kind: documents for which the search does not ask by its constants are left out, since they may
/// share the keys. `findOne({ phone, active: true })`
pub(super) fn index_of(ctx: &mut Context<'_>, write: &Write, filter: V, keys: &[String]) -> (String, String) {
    let is_constant = |ctx: &Context<'_>, value: V| {
        matches!(ctx.project.arena.node(value), Node::Str(_) | Node::Num(_) | Node::Bool(_))
    };
    let asked = ctx
        .project
        .equalities(filter)
        .into_iter()
        .filter(|(name, value)| keys.contains(name) && is_constant(ctx, *value));
    let constants: Vec<(String, V)> = asked.collect();
    let own: Vec<String> = keys.iter().filter(|key| constants.iter().all(|(name, _)| name != *key)).cloned().collect();
    let written = constants
        .iter()
        .map(|(name, value)| Some(format!("{}: {}", token::key(name, '\''), remedy::constant(ctx.project, *value)?)));
    let written: Option<Vec<String>> = written.collect();
    let Some(mut partial) = written.filter(|written| !written.is_empty() && !own.is_empty()) else {
        return (keys.join(" + "), index_kind(ctx, write, filter, keys));
    };
    partial.extend(lacking(ctx, write, &own, true));
    let mut kind = format!(" with `partialFilterExpression: {{ {} }}`", partial.join(", "));
    if ignores_case(ctx, filter) {
        kind.push_str(", and a collation that ignores case (`strength: 2`), as the search does");
    }
    (own.join(" + "), kind)
}

/// How an index leaves out documents that are inserted without one of its keys; nothing where all have them.
fn leaves_out(ctx: &mut Context<'_>, write: &Write, keys: &[String], is_presumed: bool) -> String {
    let lacking = lacking(ctx, write, keys, is_presumed);
    match (lacking.is_empty(), keys) {
        (true, _) => String::new(),
        (false, [_]) => " with `sparse: true`, which leaves out documents without it".to_owned(),
        (false, _) => {
            let lacking = lacking.join(", ");
            format!(" with `partialFilterExpression: {{ {lacking} }}`, which leaves out documents without them")
        }
    }
}

/// What asks for the keys without which a document may be inserted; where nothing is presumed, an insert whose fields are known has to
/// say so.
fn lacking(ctx: &mut Context<'_>, write: &Write, keys: &[String], is_presumed: bool) -> Vec<String> {
    let mut lacking = Vec::new();
    for key in keys {
        if lacks(ctx, write, key, is_presumed) {
            lacking.push(format!("{}: {{ $exists: true }}", token::key(key, '\'')));
        }
    }
    lacking
}

/// Whether a document may be inserted without a field, as far as that is known.
fn lacks(ctx: &mut Context<'_>, write: &Write, key: &str, is_presumed: bool) -> bool {
    let top = key.split('.').next().unwrap_or_default();
    let mut inserts = ctx.schemas.inserts.of(&write.handle).iter();
    let may_lack =
        inserts.any(|insert| insert.fields.as_ref().map_or(is_presumed, |own| !own.iter().any(|name| name == top)));
    may_lack && !remedy::is_required(ctx.project, ctx.schemas, write, key)
}

/// Whether a filter asks for a text in any case: `{ name: { $regex: name, $options: 'i' } }`, `{ name: new RegExp(name, 'i') }`.
fn ignores_case(ctx: &Context<'_>, filter: V) -> bool {
    ctx.project.contains(filter, &mut |project, part| {
        let is_of_case = |flags: V| project.arena.as_str(flags).is_some_and(|flags| flags.contains('i'));
        match project.arena.node(part) {
            Node::Object(entries) => entries.iter().any(|entry| {
                matches!(entry.key, Key::Name(name) if project.arena.text(name) == "$options")
                    && is_of_case(entry.value)
            }),
            Node::New { callee, args, .. } => {
                project.arena.is_global(*callee, "RegExp") && args.get(1).is_some_and(|flags| is_of_case(*flags))
            }
            _ => false,
        }
    })
}

/// Whether a filter asks for nothing but values of fields, and for texts of which one alone is found, in any case: `^${name}$`.
pub(super) fn in_any_case(ctx: &mut Context<'_>, filter: V) -> bool {
    let patterns = ctx.project.pattern_fields(filter);
    let plain = ctx.project.equalities(filter);
    let Node::Object(entries) = ctx.project.arena.node(filter) else { return false };
    let is_of = |entry: &Entry, fields: &[(String, V)]| matches!(entry.key, Key::Name(name) if fields.iter().any(|(own, _)| own == ctx.project.arena.text(name)));
    !patterns.is_empty()
        && ignores_case(ctx, filter)
        && entries.iter().all(|entry| {
            is_of(entry, &patterns) && is_of_whole(ctx, entry.value) || is_of(entry, &plain) && !is_of(entry, &patterns)
        })
}

/// Whether a pattern is of a whole text: it is written from `^` to `$`.
fn is_of_whole(ctx: &Context<'_>, pattern: V) -> bool {
    let (mut starts, mut ends) = (false, false);
    ctx.project.contains(pattern, &mut |project, part| {
        let text = project.arena.as_str(part).unwrap_or_default();
        (starts, ends) = (starts || text.starts_with('^'), ends || text.ends_with('$'));
        false
    });
    starts && ends
}

/// What may be there once, as a search before an insert says it: its keys, and the constants that it asks for too. `is_repeated` where
/// each round of a loop inserts one with the same keys, after one search.
struct Sole {
    keys: Vec<String>,
    constants: Vec<(String, V)>,
    is_repeated: bool,
}

fn sole(ctx: &Context<'_>, trace: &Trace, write: &Write, check: &Check, keys: &[String]) -> Sole {
    let read = check.read.as_ref();
    let filter = read.and_then(|read| read.filter);
    let asked = filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    let kept = filter.map(|filter| ctx.project.kept_by_search(ctx.schemas, &write.handle, filter)).unwrap_or_default();
    let is_constant = |value: V| matches!(ctx.project.arena.node(value), Node::Str(_) | Node::Num(_) | Node::Bool(_));
    let is_of_search = |name: &String, value: V| keys.contains(name) && is_constant(value);
    let mut constants: Vec<(String, V)> =
        asked.into_iter().filter(|(name, value)| is_of_search(name, *value)).collect();
    let others: Vec<String> =
        keys.iter().filter(|key| constants.iter().all(|(name, _)| name != *key)).cloned().collect();
    let in_loop =
        |is_own: &dyn Fn(usize) -> bool| trace.steps.iter().enumerate().any(|(at, step)| is_own(at) && step.in_loop);
    let site = read.map(|read| read.site);
    let is_search = |at: usize| trace.steps.get(at).is_some_and(|step| Some(step.site) == site);
    let is_repeated = in_loop(&|at| at == write.step) && !in_loop(&is_search);
    // A constant alone is what is searched for.
    if others.is_empty() {
        return Sole { keys: keys.to_vec(), constants: kept, is_repeated };
    }
    constants.extend(kept);
    Sole { keys: others, constants, is_repeated }
}

/// What may be there once, for who reads the report by a program; none where no index of the keys alone is right.
pub(super) fn once_of(ctx: &Context<'_>, trace: &Trace, write: &Write, check: &Check, keys: &[String]) -> Option<Once> {
    let Sole { keys, constants, is_repeated } = sole(ctx, trace, write, check, keys);
    let index = NewIndex { fields: keys, sparse: false, partial: constants, is_named: false };
    (!is_repeated && !index.fields.is_empty()).then(|| ctx.once(&index))
}

/// The help of an insert whose keys a search asks for, where other code may insert without one.
pub(super) fn keys_help(ctx: &mut Context<'_>, trace: &Trace, write: &Write, check: &Check, keys: &[String]) -> String {
    let Sole { keys, constants, is_repeated } = sole(ctx, trace, write, check, keys);
    let list = keys.join(" + ");
    let own_key = "else put the index on a key of its own, which only what is searched for here has";
    if is_repeated {
        return format!(
            "each round inserts one with the same {list}: insert {list} once, before the loop, into a collection where it is unique, and treat E11000 as found; or put a unique index on {list} together with what differs in each round"
        );
    }
    let written = |(name, value): &(String, V)| Some((token::key(name, '\''), remedy::constant(ctx.project, *value)?));
    let written: Vec<(String, String)> = constants.iter().filter_map(written).collect();
    if written.len() == constants.len() && !written.is_empty() {
        let named: Vec<String> = written.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let partial: Vec<String> = written.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        return format!(
            "if no two documents with {} may share {list}, create a unique index on {list} with `partialFilterExpression: {{ {} }}` and treat E11000 as found; {own_key}",
            named.join(" and "),
            partial.join(", ")
        );
    }
    // Of several keys hardly all are missing.
    let kind = leaves_out(ctx, write, &keys, keys.len() == 1);
    let comma = if kind.is_empty() { "" } else { "," };
    match ctx.schemas.indexed.of(&write.handle).contains(&keys) {
        true => format!(
            "if no two documents may share {list}, make its index unique{kind} (drop the one that the server has first) and treat E11000 as found; else put a unique index on a key of its own, which only what is searched for here has"
        ),
        false => format!(
            "if no two documents may share {list}, create a unique index on it{kind}{comma} and treat E11000 as found; {own_key}"
        ),
    }
}

/// The help of an insert before which documents in one of several states are searched for: `findOne({ seat, state: { $in: ['held', 'sold'] } })`.
///
/// Source: MongoDB manual, "Partial Indexes": `$in` since 6.0.
pub(super) fn states_help(ctx: &Context<'_>, filter: V) -> Option<String> {
    let Node::Object(entries) = ctx.project.arena.node(filter) else { return None };
    let (mut own, mut states) = (Vec::new(), None);
    for entry in entries {
        let Key::Name(name) = entry.key else { return None };
        let name = ctx.project.arena.text(name);
        match ctx.project.arena.node(entry.value) {
            _ if name.starts_with('$') => return None,
            Node::Object(asked) => {
                let [Entry { key: Key::Name(operator), value, .. }] = asked.as_slice() else { return None };
                let Node::Array(items) = ctx.project.arena.node(*value) else { return None };
                if ctx.project.arena.text(*operator) != "$in" || states.is_some() {
                    return None;
                }
                let written =
                    items.iter().map(|item| remedy::constant(ctx.project, item.value).filter(|_| !item.spread));
                let written = written.collect::<Option<Vec<String>>>()?.join(", ");
                states = Some(format!("{}: {{ $in: [{written}] }}", token::key(name, '\'')));
            }
            Node::Array(_) | Node::Mapped(..) | Node::Regex(_) => return None,
            _ if ctx.project.arena.is_literal(entry.value) => return None,
            _ => own.push(name),
        }
    }
    let (list, states) = (own.join(" + "), states.filter(|_| !own.is_empty())?);
    Some(format!(
        "if no two documents in one of these states may share {list}, create a unique index on {list} with `partialFilterExpression: {{ {states} }}` (MongoDB 6.0 or later) and treat E11000 as found; else put the index on a key of its own, which only what is searched for here has"
    ))
}
