//! Whether a search that comes before an insert decides anything of it, and what kind of search it is.
//!
//! Input: a check and an insert. Output: answers. Must not know: how an act is judged, formats.

use super::context::{Context, Trace};
use super::inserted::{Inserted, stored_field};
use crate::judge;
use crate::project::checks::Check;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{Key, Node, V};

/// Whether the same document is inserted where the search found something, so that it decides what is said and not what is stored:
/// `if (!warnings[0]) { await Warning.create(warning); … } else { await Warning.create(warning); … }`
pub(super) fn is_inserted_anyway(ctx: &mut Context<'_>, trace: &Trace, check: &Check, write: &Write) -> bool {
    let Some(holds) = ctx.project.arena.truth(write.cond, check.leaf) else { return false };
    let asked = ctx.project.arena.atoms(write.cond);
    trace.writes.iter().any(|other| {
        other.kind == WriteKind::Insert
            && other.step != write.step
            && other.handle.same(&write.handle)
            && ctx.project.arena.truth(other.cond, check.leaf) == Some(!holds)
            && ctx
                .project
                .arena
                .atoms(other.cond)
                .iter()
                .all(|atom| asked.contains(atom) || ctx.project.contains(atom.value, &mut |_, part| part == check.leaf))
            && is_alike(ctx, &other.fields, &write.fields)
    })
}

/// Whether a search finds nothing that is inserted after it, so that who comes later is not stopped by it either, and nothing that is
/// done here makes it one that is found: `findOne({ by, state: { $in: ['sent', 'signed'] } })`, then `create({ by, state: 'draft' })`.
pub(super) fn is_never_found(ctx: &mut Context<'_>, trace: &Trace, check: &Check, write: &Write) -> bool {
    let Some(filter) = check.read.as_ref().and_then(|read| read.filter) else { return false };
    let is_changed = trace.writes.iter().any(|other| other.step != write.step && other.handle.same(&write.handle));
    let Node::Object(asked) = ctx.project.arena.node(filter).clone() else { return false };
    !is_changed
        && asked.into_iter().any(|entry| {
            let Key::Name(name) = entry.key else { return false };
            let name = ctx.project.arena.text(name).to_owned();
            match stored_field(ctx, write, &name) {
                Inserted::Value(stored) => is_missed(ctx, stored, entry.value),
                Inserted::Unknown | Inserted::Missing => false,
            }
        })
}

/// Whether a condition of a filter holds of none of the texts that a field may be. Other constants are cast, and a text may be stored
/// in one case.
fn is_missed(ctx: &Context<'_>, stored: V, asked: V) -> bool {
    let arena = &ctx.project.arena;
    let text = |value: V| arena.as_str(value).map(|text| text.trim().to_lowercase());
    let texts = |values: Vec<V>| values.into_iter().map(text).collect::<Option<Vec<String>>>();
    let Some(stored) = texts(arena.alternatives(stored).into_iter().map(|(_, value)| value).collect()) else {
        return false;
    };
    let is_none_of = |wanted: Option<Vec<String>>| {
        wanted.is_some_and(|wanted| !stored.is_empty() && stored.iter().all(|own| !wanted.contains(own)))
    };
    let Node::Object(tests) = arena.node(asked) else { return is_none_of(texts(vec![asked])) };
    tests.iter().any(|test| {
        let Key::Name(operator) = test.key else { return false };
        match (arena.text(operator), arena.node(test.value)) {
            ("$eq", _) => is_none_of(texts(vec![test.value])),
            ("$in", Node::Array(items)) if items.iter().all(|item| !item.spread) => {
                is_none_of(texts(items.iter().map(|item| item.value).collect()))
            }
            _ => false,
        }
    })
}

/// Whether two documents have the same fields with the same values, but for what is made anew in each.
fn is_alike(ctx: &mut Context<'_>, a: &[FieldWrite], b: &[FieldWrite]) -> bool {
    let is_new = |ctx: &Context<'_>, value: V| {
        ctx.project.contains(value, &mut |project, part| match project.arena.node(part) {
            Node::Fresh(..) => true,
            // new Date()
            Node::New { args, .. } => args.is_empty(),
            _ => false,
        })
    };
    let has = |ctx: &mut Context<'_>, field: &FieldWrite| {
        b.iter().any(|own| {
            own.path == field.path
                && (ctx.project.same_value(own.value, field.value)
                    || is_new(ctx, own.value) && is_new(ctx, field.value))
        })
    };
    !a.is_empty() && a.len() == b.len() && a.iter().all(|field| has(ctx, field))
}

/// Whether a unique index refuses the second of two inserts for one search, though it is of other fields: what is stored in them
/// follows from what was searched for. `Reset.findOne({ token })`, then `Login.create({ mail: (await User.findOne({ token })).mail })`
/// `keys` are those of the search that no index covers.
pub(super) fn is_refused_alike(ctx: &mut Context<'_>, (check, keys): (&Check, &[String]), write: &Write) -> bool {
    let Some(filter) = check.read.as_ref().and_then(|read| read.filter) else { return false };
    let known = ctx.project.equalities(filter).into_iter().filter(|(name, _)| keys.contains(name));
    let known: Vec<V> = known.map(|(_, value)| value).collect();
    let schemas = ctx.schemas;
    let mut whole = schemas.unique.of(&write.handle).iter().filter(|index| index.partial.is_none() && !index.sparse);
    whole.any(|index| {
        let mut is_told = false;
        let is_same = index.keys.iter().all(|key| match stored_field(ctx, write, key) {
            Inserted::Value(value) if ctx.project.arena.is_literal(value) => true,
            Inserted::Value(value) => {
                is_told = true;
                judge::follows(ctx.project, known.clone(), value)
            }
            Inserted::Unknown | Inserted::Missing => false,
        });
        is_same && is_told
    })
}

/// Whether a search is for spans that overlap: `find({ from: { $lt: to }, to: { $gt: from } })`.
pub(super) fn asks_for_overlap(ctx: &Context<'_>, filter: V) -> bool {
    let mut below: Vec<(String, V)> = Vec::new();
    let mut above: Vec<(String, V)> = Vec::new();
    ctx.project.contains(filter, &mut |project, part| {
        let Node::Object(entries) = project.arena.node(part) else { return false };
        for entry in entries {
            let (Key::Name(field), Node::Object(asked)) = (entry.key, project.arena.node(entry.value)) else {
                continue;
            };
            for test in asked {
                let Key::Name(operator) = test.key else { continue };
                let row = || (project.arena.text(field).to_owned(), test.value);
                match project.arena.text(operator) {
                    "$lt" | "$lte" => below.push(row()),
                    "$gt" | "$gte" => above.push(row()),
                    _ => {}
                }
            }
        }
        false
    });
    let is_given = |value: V| {
        !ctx.project.arena.is_literal(value)
            && !matches!(ctx.project.arena.node(value), Node::Fresh(..) | Node::New { .. })
    };
    below.iter().any(|(end, upper)| {
        above.iter().any(|(start, lower)| end != start && upper != lower && is_given(*upper) && is_given(*lower))
    })
}
