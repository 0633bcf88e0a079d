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
pub(super) fn index_kind(ctx: &mut Context<'_>, write: &Write, filter: V, keys: &[String]) -> String {
    let mut kind = leaves_out(ctx, write, keys);
    if ignores_case(ctx, filter) {
        kind.push_str(if kind.is_empty() { " with " } else { ", and " });
        kind.push_str("a collation that ignores case (`strength: 2`), as the search does");
    }
    kind
}

/// How an index leaves out documents that are inserted without one of its keys; nothing where all have them.
fn leaves_out(ctx: &mut Context<'_>, write: &Write, keys: &[String]) -> String {
    let mut lacking = Vec::new();
    for key in keys {
        if lacks(ctx, write, key) {
            lacking.push(format!("{}: {{ $exists: true }}", token::key(key, '\'')));
        }
    }
    match (lacking.is_empty(), keys) {
        (true, _) => String::new(),
        (false, [_]) => " with `sparse: true`, which leaves out documents without it".to_owned(),
        (false, _) => {
            let lacking = lacking.join(", ");
            format!(" with `partialFilterExpression: {{ {lacking} }}`, which leaves out documents without them")
        }
    }
}

/// Whether a document may be inserted without a field, as far as that is known.
fn lacks(ctx: &mut Context<'_>, write: &Write, key: &str) -> bool {
    let top = key.split('.').next().unwrap_or_default();
    let mut inserts = ctx.schemas.inserts.of(&write.handle).iter();
    let may_lack = inserts.any(|insert| insert.fields.as_ref().is_none_or(|own| !own.iter().any(|name| name == top)));
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
    let asked = read.and_then(|read| read.filter).map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    let is_constant = |value: V| matches!(ctx.project.arena.node(value), Node::Str(_) | Node::Num(_) | Node::Bool(_));
    let is_of_search = |name: &String, value: V| keys.contains(name) && is_constant(value);
    let constants: Vec<(String, V)> = asked.into_iter().filter(|(name, value)| is_of_search(name, *value)).collect();
    let others: Vec<String> =
        keys.iter().filter(|key| constants.iter().all(|(name, _)| name != *key)).cloned().collect();
    let in_loop =
        |is_own: &dyn Fn(usize) -> bool| trace.steps.iter().enumerate().any(|(at, step)| is_own(at) && step.in_loop);
    let site = read.map(|read| read.site);
    let is_search = |at: usize| trace.steps.get(at).is_some_and(|step| Some(step.site) == site);
    let is_repeated = in_loop(&|at| at == write.step) && !in_loop(&is_search);
    // A constant alone is what is searched for.
    match others.is_empty() {
        true => Sole { keys: keys.to_vec(), constants: Vec::new(), is_repeated },
        false => Sole { keys: others, constants, is_repeated },
    }
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
    let kind = if keys.len() == 1 { leaves_out(ctx, write, &keys) } else { String::new() };
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
