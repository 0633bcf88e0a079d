//! A check decides an insert into the same collection by the same key, and no unique index covers the key.

use super::context::{Context, Trace};
use super::deciding::{asks_for_overlap, is_inserted_anyway, is_never_found, is_refused_alike};
use super::index_kind::{in_any_case, index_of, keys_help, once_of, states_help};
use super::inserted::{
    Inserted, doubt_indexes, inserted_field, is_unseen_model, known_of_indexes, may_be_saved, stored_field,
};
use super::next_number::own_key;
use super::own_insert;
use super::pending::{Judged, Mend, Repeats};
use super::repeated::{done_with, tell_beside};
use super::searches::{
    asked_in_code, compared_fields, is_asked_for_more, is_covered_by_made_key, is_empty_filter, is_new_key,
    is_only_tried, is_open, names_only, sought_fields, uncovered_keys,
};
use crate::diagnostic::Level;
use crate::project::checks::{Check, CheckKind};
use crate::project::mongo::Action;
use crate::project::writes::{Write, WriteKind};
use crate::race::relation::Relation;
use crate::remedy;
use crate::value::{C, Node, V};

const RULE: &str = "check-then-insert";

/// Why a finding is lowered whose search is for any document.
const WHILE_EMPTY: &str = "it can happen only while the collection is empty";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for (write, checks) in trace.writes.iter().zip(&trace.checks) {
        ctx.aside(|ctx| super::taken_name::check(ctx, trace, write, checks));
        if write.kind != WriteKind::Insert {
            if write.upsert {
                check_upsert(ctx, trace, write, checks);
                super::limit::check(ctx, trace, write, checks, RULE);
                super::next_number::check(ctx, trace, write);
                ctx.aside(|ctx| super::upserted::check(ctx, trace, write));
            }
            continue;
        }
        if may_be_saved(ctx, write) {
            continue;
        }
        // E11000 is expected here, so there is an index, if not in this code. One that is in it says nothing of a limit.
        if trace.steps.get(write.step).is_some_and(|step| step.duplicate_key_caught) {
            if !ctx.schemas.unique.of(&write.handle).is_empty() {
                super::limit::check(ctx, trace, write, checks, RULE);
            }
            continue;
        }
        let (mut deciding, mut is_own) = (Vec::<(&Check, Vec<String>)>::new(), false);
        for check in checks {
            if own_insert::is_searched(ctx, trace, check, write) {
                is_own = true;
                continue;
            }
            let keys = deciding_keys(ctx, check, write).or_else(|| mirrored_keys(ctx, trace, check, write));
            let Some(keys) = keys.filter(|_| !is_only_tried(ctx, check, write)) else { continue };
            if !is_inserted_anyway(ctx, trace, check, write)
                && !is_refused_alike(ctx, (check, &keys), write)
                && !is_never_found(ctx, trace, check, write)
            {
                deciding.push((check, keys));
            }
        }
        if let Some((check, keys)) = deciding.first() {
            let others = deciding.get(1..).unwrap_or_default();
            let relation = ctx.claimed(trace, write);
            report(ctx, trace, write, &Search { check, keys, others }, (relation, None));
            // What several keys let through beside each other is not told apart.
            if !keys.is_empty() && others.iter().all(|(_, other)| other == keys) {
                ctx.aside(|ctx| super::limit::check_beside(ctx, trace, (write, RULE), checks, (check, keys)));
            }
            continue;
        }
        if is_own && !checks.iter().any(|check| matches!(check.kind, CheckKind::Below { .. })) {
            ctx.veto_of_one_caller(RULE, trace, write);
        }
        ctx.aside(|ctx| super::free_one::check(ctx, trace, write));
        super::limit::check(ctx, trace, write, checks, RULE);
        ctx.aside(|ctx| super::consumed::check(ctx, trace, write, checks, RULE));
        super::next_number::check(ctx, trace, write);
        ctx.aside(|ctx| super::chosen::check(ctx, trace, write));
    }
}

/// The keys of an insert that a check in another collection decides: the check looks for a value that an update beside
/// the insert adds there, and the insert stores the same values.
///
/// `if (await talks.findOne({ _id: talk, applause: who })) return; talks.updateOne(…, { $addToSet: { applause: who } })`
fn mirrored_keys(ctx: &mut Context<'_>, trace: &Trace, check: &Check, write: &Write) -> Option<Vec<String>> {
    if !matches!(check.kind, CheckKind::Document) || check.holds {
        return None;
    }
    let read = check.read.as_ref()?;
    let filter = read.filter.filter(|_| !read.handle.same(&write.handle))?;
    let equalities = ctx.project.equalities(filter);
    if equalities.len() < 2 || !is_mirrored(ctx, trace, check, &equalities) {
        return None;
    }
    let mut keys = Vec::new();
    for (_, value) in &equalities {
        let stored = write.fields.iter().find(|field| ctx.project.same_value(field.value, *value))?;
        keys.push(stored.path.clone());
    }
    (!ctx.schemas.covers(&write.handle, &keys)).then_some(keys)
}

/// Whether an append beside the insert makes the check true the next time.
fn is_mirrored(ctx: &Context<'_>, trace: &Trace, check: &Check, equalities: &[(String, V)]) -> bool {
    trace.writes.iter().zip(&trace.checks).any(|(other, checks)| {
        check.read.as_ref().is_some_and(|read| read.handle.same(&other.handle))
            && checks.iter().any(|c| c.root == check.root && c.holds == check.holds)
            && other.fields.iter().filter(|field| field.is_append()).any(|field| {
                equalities.iter().any(|(key, value)| *key == field.path && ctx.project.same_value(field.value, *value))
            })
    })
}

/// The keys by which the check looks for what is inserted; `None` when it does not, or a unique index covers them.
fn deciding_keys(ctx: &mut Context<'_>, check: &Check, write: &Write) -> Option<Vec<String>> {
    if !matches!(check.kind, CheckKind::Document) || check.holds {
        return None;
    }
    let read = check.read.as_ref()?;
    if !read.handle.same(&write.handle) || is_unseen_model(ctx, &write.handle) {
        return None;
    }
    let Some(filter) = read.filter else {
        // estimatedDocumentCount() === 0, then insertMany(defaults)
        return Some(Vec::new());
    };
    let mut equalities = sought_fields(ctx, filter);
    if is_new_key(ctx, filter) {
        return None;
    }
    // findOne({ trips: { $in: trips } }), create({ trips })
    equalities.extend(ctx.project.listed_fields(filter));
    equalities.extend(asked_in_code(ctx, check.leaf).keys);
    if equalities.is_empty() {
        let compared = compared_fields(ctx, filter);
        return (is_empty_filter(ctx, filter) || !compared.is_empty()).then_some(compared);
    }
    let mut same = false;
    let mut keys = Vec::new();
    for (name, value) in &equalities {
        if !keys.contains(name) {
            keys.push(name.clone());
        }
        match inserted_field(ctx, write, name) {
            Inserted::Value(inserted) => {
                same |= ctx.project.same_value(*value, inserted)
                    || is_normalised(ctx, *value, inserted)
                    // The one key of the check, from another source: a session looked up by the id that is checked.
                    || (equalities.len() == 1 || is_brought(ctx, write))
                        && !is_own(ctx, inserted)
                        && !is_own(ctx, *value);
            }
            Inserted::Unknown => same |= name != "_id",
            Inserted::Missing => {}
        }
    }
    if !same || is_searched_by_id(ctx, write, &equalities) || is_covered_by_made_key(ctx, write, &equalities) {
        return None;
    }
    uncovered_keys(ctx, filter, write, keys)
}

/// What is searched for is the `_id` of what is inserted, which the database keeps unique: `findOne({ movie: movie._id })`,
/// then `insertOne(movie)`.
fn is_searched_by_id(ctx: &mut Context<'_>, write: &Write, equalities: &[(String, V)]) -> bool {
    let Inserted::Value(own) = inserted_field(ctx, write, "_id") else { return false };
    equalities.iter().any(|(_, value)| ctx.project.same_value(*value, own))
}

/// `if (await teams.findOne({ name })) return; teams.updateOne({ leader, name }, …, { upsert: true })`
fn check_upsert(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check]) {
    for check in checks.iter().filter(|check| matches!(check.kind, CheckKind::Document) && !check.holds) {
        let Some(read) = check.read.as_ref().filter(|read| read.handle.same(&write.handle)) else { continue };
        let Some(filter) = read.filter else { continue };
        let equalities = ctx.project.equalities(filter);
        let is_stored = equalities.iter().all(|(name, value)| match stored_field(ctx, write, name) {
            Inserted::Value(stored) => ctx.project.same_value(*value, stored),
            Inserted::Unknown | Inserted::Missing => false,
        });
        let names: Vec<String> = equalities.into_iter().map(|(name, _)| name).collect();
        // Two requests for one document update it.
        let Some(apart) = own_key(ctx, write, read).filter(|_| is_stored && !names.is_empty()) else { continue };
        let Some(keys) = uncovered_keys(ctx, filter, write, names) else { continue };
        let relation = ctx.claimed(trace, write);
        report(ctx, trace, write, &Search { check, keys: &keys, others: &[] }, (relation, Some(apart)));
        return;
    }
}

/// email and email.toLowerCase() are the same key.
fn is_normalised(ctx: &Context<'_>, a: V, b: V) -> bool {
    let strip = |value: V| {
        let mut at = ctx.project.bare(value);
        loop {
            let inner = match ctx.project.arena.node(at) {
                Node::Derived(op, operands)
                    if matches!(
                        ctx.project.arena.text(*op),
                        "toLowerCase" | "toUpperCase" | "trim" | "normalize" | "replace"
                    ) =>
                {
                    operands.first()
                }
                // sanitize(email)
                Node::Call { args, .. } if args.len() == 1 && !ctx.project.is_document(at) => args.first(),
                _ => None,
            };
            match inner {
                Some(inner) => at = ctx.project.bare(*inner),
                None => return at,
            }
        }
    };
    strip(a) == strip(b)
}

/// Whether the request brings the whole document that is inserted: `exists({ form, number })`, then `create(content)`.
fn is_brought(ctx: &Context<'_>, write: &Write) -> bool {
    write.payload.is_some_and(|payload| matches!(ctx.project.arena.node(payload), Node::Param(..)))
}

/// A literal, or a value made here.
fn is_own(ctx: &Context<'_>, value: V) -> bool {
    ctx.project.arena.is_literal(value)
        || matches!(
            ctx.project.arena.node(value),
            Node::Fresh(..) | Node::Object(_) | Node::Array(_) | Node::Template(_)
        )
}

/// The checks that decide an insert, and the keys of the first.
struct Search<'a> {
    check: &'a Check,
    keys: &'a [String],
    others: &'a [(&'a Check, Vec<String>)],
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    search: &Search<'_>,
    (relation, apart): (Relation, Option<V>),
) {
    let Search { check, keys, others } = *search;
    let collection = ctx.handle_text(&write.handle);
    let list = keys.join(" + ");
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    let filter = check.read.as_ref().and_then(|read| read.filter);
    let in_code = asked_in_code(ctx, check.leaf);
    let is_hooked = filter.is_some_and(|filter| ctx.project.narrows_search(ctx.schemas, &write.handle, filter));
    let is_more = in_code.is_open || is_hooked || filter.is_some_and(|filter| is_open(ctx, filter));
    let more = if is_more { " and more" } else { "" };
    let is_searched = matches!(ctx.project.arena.node(check.leaf), Node::Query { .. });
    draft.message = if keys.is_empty() && is_searched {
        format!(
            "{collection} is searched in JavaScript before this insert: two requests can both find nothing and both insert"
        )
    } else if keys.is_empty() {
        let how = if is_counted(check) { "counted" } else { "searched for any document" };
        format!("{collection} is {how} before this insert: two processes can both find it empty and both insert")
    } else {
        let none = known_of_indexes(ctx, write);
        format!("{collection} is searched by {list}{more} before this insert, and {none}: two requests can both insert")
    };
    draft.label = "inserts what was not found".to_owned();
    draft.related.splice(0..0, ctx.ends(check));
    doubt_indexes(ctx, write, keys, &mut draft);
    if keys.is_empty() && !is_searched && filter.is_none_or(|filter| is_empty_filter(ctx, filter)) {
        draft.lowered.get_or_insert((Level::Warning, WHILE_EMPTY));
    }
    for (other, _) in others {
        draft.related.extend(ctx.ends(other));
    }
    let done = done_with(ctx, trace, write, check);
    tell_beside(ctx, &mut draft, &done, check);
    let is_exact = more.is_empty()
        && filter.is_some_and(|filter| names_only(ctx, filter))
        && !keys.iter().any(|key| remedy::is_list(ctx.project, ctx.schemas, write, key));
    draft.help = match (keys.is_empty(), is_exact) {
        _ if write.method == "insertMany" => {
            "give each document a key of its own under a unique index, and upsert it by that key, so that a second run changes nothing".to_owned()
        }
        (true, _) => {
            "insert it under a fixed `_id` (of several, each its own), and treat E11000 as found; where the `_id` is not free to choose, insert a document with a fixed `_id` elsewhere first".to_owned()
        }
        (false, true) => keys_help(ctx, trace, write, check, keys),
        (false, false) if let Some(filter) = filter.filter(|filter| more.is_empty() && in_any_case(ctx, *filter)) => {
            let (unique, kind) = index_of(ctx, write, filter, keys);
            format!(
                "if no two documents may share {unique}, create a unique index on it{kind}, and treat E11000 as found; else put the index on a key of its own, which only what is searched for here has"
            )
        }
        (false, false) if let Some(help) = filter.filter(|_| more.is_empty()).and_then(|filter| states_help(ctx, filter)) => {
            help
        }
        (false, false) if filter.is_some_and(|filter| asks_for_overlap(ctx, filter)) => format!(
            "spans that overlap have no key in common, which a unique index could refuse: in one transaction, change a document that all of one {list} share before the search, so that the second of two is refused and run again; or store each unit of a span under a unique index"
        ),
        (false, false) => {
            "store what may be there once only as a key of its own, create a unique index on it, and treat E11000 as found".to_owned()
        }
    };
    draft.help = remedy::in_transaction(write, draft.help);
    draft.once = is_exact.then(|| once_of(ctx, trace, write, check, keys)).flatten();
    // An index of what the filter asks for alone would refuse documents that the code tells apart.
    let is_narrowed = in_code.is_open || !in_code.keys.is_empty();
    let searched = std::iter::once(check).chain(others.iter().map(|(other, _)| *other));
    let searched = searched.filter(|_| !is_narrowed).filter_map(|check| check.read.as_ref()?.filter);
    let filters: Vec<V> = searched.collect();
    draft.pair = format!("find {list} -> insert");
    // What is inserted may not be what a comparison looks for, and a document of which nothing is known may be another one.
    let needs_witness = apart.is_some()
        || ctx.project.is_of_server_count(check.leaf)
        || is_brought(ctx, write) && keys.len() > 1
        || filter.is_some_and(|filter| !compared_fields(ctx, filter).is_empty())
        // Of a list it is one of many that is asked for more: the last message, and whether it waits for an answer.
        || is_searched && is_asked_for_more(ctx, check, write);
    let (mend, repeats) = (Mend::Insert(filters), Some(Repeats::Document));
    let act = Judged { apart, needs_witness, mend, repeats, ..Judged::of(write, C::TRUE, relation) };
    ctx.report_judged(draft, trace, &act);
}

/// Whether documents are counted, and not looked for.
fn is_counted(check: &Check) -> bool {
    check.read.as_ref().is_some_and(|read| read.action == Action::Count)
}
