//! A count lets an insert through that adds one more to what was counted.
//!
//! Input: a write and its checks. Output: a finding. Must not know: searches by a key.

use super::context::{Context, Trace};
use super::inserted::{Inserted, is_unseen_model, stored_field};
use super::next_number::own_key;
use super::pending::{Judged, Mend};
use super::searches::is_empty_filter;
use super::taken_name::input_of_its_own;
use crate::diagnostic::Level;
use crate::project::Project;
use crate::project::aggregated::How;
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{Write, WriteKind};
use crate::value::{C, Compare, Entry, Freshness, Key, Node, V};

pub(super) fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check], rule: &'static str) {
    for check in checks {
        let Some(limited) = limited_keys(ctx, check, write) else {
            continue;
        };
        // Of an upsert only a witness shows that it inserts.
        let apart = if write.upsert { check.read.as_ref().and_then(|read| own_key(ctx, write, read)) } else { None };
        report(ctx, trace, (write, rule), check, (&limited, apart, &[]));
        break;
    }
}

/// The same beside a search by keys for what is inserted, of which another finding tells: two requests bring two of what is searched
/// for, and both pass the limit.
pub(super) fn check_beside(
    ctx: &mut Context<'_>,
    trace: &Trace,
    (write, rule): (&Write, &'static str),
    checks: &[Check],
    (search, searched): (&Check, &[String]),
) {
    for check in checks {
        let Some(limited) = limited_keys(ctx, check, write) else { continue };
        let Some(apart) = searched_alone(ctx, check, search) else { continue };
        report(ctx, trace, (write, rule), check, (&limited, Some(apart), searched));
        return;
    }
}

/// An input by which a search asks and a count does not.
fn searched_alone(ctx: &mut Context<'_>, count: &Check, search: &Check) -> Option<V> {
    let asked = |check: &Check, project: &mut Project| {
        let filter = check.read.as_ref().and_then(|read| read.filter);
        filter.map(|filter| project.equalities(filter)).unwrap_or_default()
    };
    let (counted, searched) = (asked(count, ctx.project), asked(search, ctx.project));
    let mut inputs = searched.into_iter().map(|(_, value)| ctx.project.bare(value));
    inputs.find(|input| {
        ctx.project.arena.is_of_parameter(*input)
            && !counted.iter().any(|(_, known)| ctx.project.same_value(*known, *input))
    })
}

/// The keys by which documents are counted, none where all of them are.
struct Limited {
    keys: Vec<String>,
    /// The code does not say whether what is inserted counts: only a witness does.
    is_unsure: bool,
    /// A field of theirs is summed up.
    is_sum: bool,
}

/// By what documents are counted, where the insert may add one more that counts and a limit lets it through.
fn limited_keys(ctx: &mut Context<'_>, check: &Check, write: &Write) -> Option<Limited> {
    let is_sum = is_summed(ctx, check);
    let is_count = matches!(&check.kind, CheckKind::Below { path } if path.is_empty()) && check.holds;
    let read = check.read.as_ref().filter(|_| is_count || is_sum)?;
    if !read.handle.same(&write.handle) || is_unseen_model(ctx, &write.handle) {
        return None;
    }
    let filter = read.filter.map(|filter| ctx.project.asked_first(filter).unwrap_or(filter));
    let equalities = filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    if equalities.is_empty() && filter.is_some_and(|filter| !is_empty_filter(ctx, filter)) {
        return None;
    }
    let mut is_unsure = false;
    let counts = equalities.iter().all(|(name, value)| match stored_field(ctx, write, name) {
        // { members: who } asks for an element of { members: [who] } too.
        Inserted::Value(inserted) => match ctx.project.arena.node(inserted) {
            Node::Array(items) => {
                let items: Vec<V> = items.iter().map(|item| item.value).collect();
                items.into_iter().any(|item| ctx.project.same_value(*value, item))
            }
            _ if ctx.project.same_value(*value, inserted) => true,
            // What a request gives may count.
            _ => {
                is_unsure = true;
                ctx.project.arena.is_of_parameter(ctx.project.bare(inserted))
            }
        },
        Inserted::Unknown => {
            is_unsure = true;
            true
        }
        Inserted::Missing => false,
    });
    let keys: Vec<String> = equalities.into_iter().map(|(name, _)| name).collect();
    (counts && (keys.is_empty() || !ctx.schemas.covers(&write.handle, &keys))).then_some(Limited {
        keys,
        is_unsure,
        is_sum,
    })
}

/// Whether what is compared is a sum over what was found, be it made in JavaScript or by the server.
fn is_summed(ctx: &mut Context<'_>, check: &Check) -> bool {
    match &check.kind {
        CheckKind::Below { path } => {
            path.is_empty() && ctx.project.contains(check.leaf, &mut |project, part| project.is_sum(part))
        }
        CheckKind::Field { path, .. } => {
            let [field] = path.as_slice() else { return false };
            let stages = ctx.project.read_of(check.root).and_then(|read| read.filter);
            stages.and_then(|stages| ctx.project.origin(stages, field)).is_some_and(|origin| origin.how == How::Sum)
        }
        CheckKind::Document | CheckKind::Element { .. } => false,
    }
}

/// `if (await User.countDocuments({ room }) >= 4) return; User.updateOne({ _id }, { $set: { room } })`
pub(super) fn check_joined(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check], rule: &'static str) {
    for check in checks.iter().filter(|_| !write.upsert) {
        let Some(keys) = joined_keys(ctx, trace, check, write) else { continue };
        let counted = check.read.as_ref().and_then(|read| read.filter);
        let Some(apart) = input_of_its_own(ctx, write, counted) else { continue };
        let relation = ctx.claimed(trace, write);
        let (collection, list) = (ctx.handle_text(&write.handle), keys.join(" + "));
        let mut draft = ctx.draft(rule, trace, write, write.site);
        draft.lowered = Some((Level::Warning, OVERRUN));
        draft.message = format!(
            "{collection} is counted by {list} before this update makes it one more: two requests can both pass the limit, each with another document"
        );
        draft.label = "makes it one more than was counted".to_owned();
        draft.related.splice(0..0, ctx.ends(check));
        draft.help = format!(
            "take a place first, in a document that counts for each {list}: `$inc` by 1 with the limit in its filter; go on only where that matched, and give the place back where one leaves"
        );
        draft.pair = format!("count {list} -> one more");
        let judged = Judged {
            apart: Some(apart),
            needs_witness: true,
            mend: Mend::Nothing,
            ..Judged::of(write, C::TRUE, relation)
        };
        ctx.report_judged(draft, trace, &judged);
        return;
    }
}

/// The keys by which documents are counted, where an update gives a document all of them that it has not, and a limit lets it
/// through.
fn joined_keys(ctx: &mut Context<'_>, trace: &Trace, check: &Check, write: &Write) -> Option<Vec<String>> {
    let CheckKind::Below { path } = &check.kind else { return None };
    let read = check.read.as_ref().filter(|_| path.is_empty() && check.holds)?;
    if !read.handle.same(&write.handle) || is_unseen_model(ctx, &write.handle) {
        return None;
    }
    let equalities = ctx.project.equalities(read.filter?);
    let asked = write.filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    let mut joins = false;
    for (name, value) in &equalities {
        let mut set = write.fields.iter().filter(|field| field.operator == "$set" && field.path == *name);
        let is_set = set.any(|field| ctx.project.same_value(field.value, *value));
        let is_asked = asked.iter().any(|(own, other)| own == name && ctx.project.same_value(*other, *value));
        let mut is_own = || {
            let own = ctx.project.loaded(*value, &trace.documents);
            own.is_some_and(|(root, path, _)| write.document == Some(root) && path.join(".") == *name)
        };
        if !is_set && !is_asked && !is_own() {
            return None;
        }
        joins |= is_set;
    }
    let keys: Vec<String> = equalities.into_iter().map(|(name, _)| name).collect();
    (joins && !ctx.schemas.covers(&write.handle, &keys)).then_some(keys)
}

const OVERRUN: &str = "a limit is overrun by the requests that come at once, and no further";

/// A limit that is overrun by one or two harms less than a document that is there twice.
fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    (write, rule): (&Write, &'static str),
    check: &Check,
    (limited, apart, searched): (&Limited, Option<V>, &[String]),
) {
    let relation = ctx.claimed(trace, write);
    let collection = ctx.handle_text(&write.handle);
    let Limited { keys, is_unsure, is_sum } = limited;
    let list = keys.join(" + ");
    let mut draft = ctx.draft(rule, trace, write, write.site);
    draft.lowered = Some((Level::Warning, OVERRUN));
    let by = if keys.is_empty() { String::new() } else { format!(" by {list}") };
    // At most one is what an index says, where all documents of the key are asked for.
    let is_of_one = !keys.is_empty() && !is_constant(ctx, check) && allows_one(ctx, write, check.leaf);
    let (what, does) = if *is_sum {
        ("summed up", "adds to what was summed up")
    } else {
        ("counted", "inserts one more than was counted")
    };
    draft.message =
        format!("{collection} is {what}{by} before this insert: two requests can both pass the limit and both insert");
    draft.label = does.to_owned();
    draft.related.splice(0..0, ctx.ends(check));
    let mut each = if keys.is_empty() { String::new() } else { format!(" for each {list}") };
    // The limit of a day: what was counted yesterday no longer counts.
    if let Some(span) = span(ctx, check) {
        each.push_str(if keys.is_empty() { " for each span of " } else { " and each span of " });
        each.push_str(&format!("`{span}` that is counted"));
    }
    draft.help = match is_of_one && !is_sum {
        true => format!("create a unique index on {list}, where one is what may be there, and treat E11000 as found"),
        false if *is_sum => format!(
            "keep the sum in a document{each}: change it there first, by `$inc` with the limit in its filter; insert only where that matched, and take it back where the insert fails or its document is deleted"
        ),
        false => format!(
            "take a place first, in a document that counts{each}: `$inc` by 1 with the limit in its filter; insert only where that matched, and give the place back where the insert fails or its document is deleted"
        ),
    };
    draft.pair = format!("{} {list} -> insert", if *is_sum { "sum" } else { "count" });
    draft.is_of_limit = true;
    let needs_witness = *is_unsure
        || *is_sum
        || write.kind == WriteKind::Update
        || !searched.is_empty()
        || ctx.project.is_of_server_count(check.leaf);
    let distinct = searched.to_vec();
    ctx.report_judged(draft, trace, &Judged { apart, needs_witness, distinct, ..Judged::of(write, C::TRUE, relation) });
}

fn is_clock(project: &Project, value: V) -> bool {
    match project.arena.node(value) {
        Node::Fresh(Freshness::Time, _) => true,
        Node::New { callee, .. } | Node::Call { callee, .. } => project.arena.is_global(*callee, "Date"),
        _ => false,
    }
}

/// The field whose time bounds what is counted: `createdAt: { $gte: today }`
fn span(ctx: &Context<'_>, check: &Check) -> Option<String> {
    let filter = check.read.as_ref().and_then(|read| read.filter)?;
    let Node::Object(entries) = ctx.project.arena.node(filter) else { return None };
    let is_bound = |entry: &Entry| match (entry.key, ctx.project.arena.node(entry.value)) {
        (Key::Name(_), Node::Object(inner)) => {
            inner
                .iter()
                .any(|own| matches!(own.key, Key::Name(name) if matches!(ctx.project.arena.text(name), "$gt" | "$gte")))
                && ctx.project.contains(entry.value, &mut |project, part| is_clock(project, part))
        }
        _ => false,
    };
    entries.iter().find(|entry| is_bound(entry)).and_then(|entry| match entry.key {
        Key::Name(name) => Some(ctx.project.arena.text(name).to_owned()),
        _ => None,
    })
}

/// Whether documents are counted by a value that is the same for all requests.
fn is_constant(ctx: &mut Context<'_>, check: &Check) -> bool {
    let filter = check.read.as_ref().and_then(|read| read.filter);
    let equalities = filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    equalities.iter().any(|(_, value)| ctx.project.arena.is_literal(*value))
}

/// Whether one document is the most that there may be: nothing is inserted where one was counted.
fn allows_one(ctx: &Context<'_>, write: &Write, leaf: V) -> bool {
    let Some((counted, most)) = most_counted(ctx, leaf) else { return false };
    let is_one = |a: V, b: V| a == counted && ctx.project.number(b) == Some(1.0);
    let is_left_out = |value: V| match *ctx.project.arena.node(value) {
        Node::Compare(Compare::Equal, a, b) => is_one(a, b) || is_one(b, a),
        _ => false,
    };
    let atoms = ctx.project.arena.atoms(write.cond);
    most <= 0.0 || most <= 1.0 && atoms.iter().any(|atom| !atom.holds && is_left_out(atom.value))
}

/// What is counted, and the highest number of it that is below the limit.
fn most_counted(ctx: &Context<'_>, leaf: V) -> Option<(V, f64)> {
    let number = |value: V| ctx.project.number(value);
    match *ctx.project.arena.node(leaf) {
        Node::Not(inner) => most_counted(ctx, inner),
        Node::Compare(op, a, b) => match (op, number(a), number(b)) {
            (Compare::Less, None, Some(limit)) => Some((a, limit - 1.0)),
            (Compare::LessOrEqual, None, Some(limit)) => Some((a, limit)),
            (Compare::Less, Some(limit), None) => Some((b, limit)),
            (Compare::LessOrEqual, Some(limit), None) => Some((b, limit - 1.0)),
            _ => None,
        },
        _ => None,
    }
}
