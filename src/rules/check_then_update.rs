//! A check on a field's value decides an update of that field, and the filter does not carry the condition.

use super::change_detection;
use super::claimed_late;
use super::context::{Context, Trace};
use super::pending::{Judged, Mend};
use super::repeated::{
    decides, done_with, has_other_effect, is_counted_on, is_followed, is_listed, is_of_its_own, is_toggled, noted,
    tell_beside,
};
use super::words::place;
use super::{requested, used_up};
use crate::diagnostic::{Level, Role};
use crate::project::checks::{Check, CheckKind};
use crate::project::mongo::Action;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::relation::{Relation, Taken};
use crate::value::{Arena, C, Coercion, Compare, Key, Node, V};

const RULE: &str = "check-then-update";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for (write, checks) in trace.writes.iter().zip(&trace.checks) {
        match write.kind {
            WriteKind::Update | WriteKind::Save => {
                ctx.aside(|ctx| {
                    super::consumed::check(ctx, trace, write, checks, RULE);
                    super::limit::check_joined(ctx, trace, write, checks, RULE);
                    super::blocked::check(ctx, trace, write, checks);
                });
            }
            WriteKind::Delete => {
                super::last_of_set::check_delete(ctx, trace, write, checks);
                continue;
            }
            WriteKind::Insert | WriteKind::Replace => continue,
        }
        ctx.first_of(|ctx| check_fields(ctx, trace, write, checks));
    }
}

/// Of several fields that checks decide, the first one is told.
fn check_fields(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check]) {
    let read = ctx.project.deciding_read(write);
    for field in &write.fields {
        super::last_of_set::check_element(ctx, trace, write, field, checks);
        if matches!(field.path.as_str(), "..." | "_id" | "id")
            || field.path.is_empty()
            || field.is_append()
            || is_monotone(&field.operator)
            || ctx.is_versioned(write, field)
        {
            continue;
        }
        let cond = ctx.project.arena.and(write.cond, field.cond);
        let own = if field.cond == write.cond || field.cond == C::TRUE {
            checks.to_vec()
        } else {
            ctx.project.checks(cond, &trace.documents)
        };
        let read = read.iter().filter(|read| own.iter().all(|check| check.root != read.root || !is_found(check)));
        let found = own.iter().chain(read).find(|check| {
            !super::last_of_set::leaves_out(ctx, check, write)
                && (matches!(&check.kind, CheckKind::Field { path, .. } if path.join(".") == any_element(field))
                    || is_taken(ctx, check, field)
                    || counted_with(check, write, field).is_some()
                    || is_asked(ctx, check, field)
                    || used_up::is_used_up(ctx, check, field))
                && ctx.project.same_document(
                    check.root,
                    check.read.as_ref(),
                    &write.handle,
                    write.filter,
                    write.document,
                )
        });
        let Some(check) = found.cloned() else {
            if super::last_of_set::check(ctx, trace, write, field, &own) {
                break;
            }
            continue;
        };
        if is_reserved(trace, &check, field)
            || is_as_loaded(ctx, &check, field)
            || is_default(ctx, &check, field) && !decides(&check, checks)
            || is_left_true(ctx, &check, field)
            || ctx.is_refused_by_index(write, field, &check)
        {
            continue;
        }
        let is_moved = is_moved(ctx, &check, field);
        let is_used_up = used_up::is_used_up(ctx, &check, field);
        let is_exchanged = is_used_up || used_up::is_exchanged(ctx, &check, field);
        let may_claim = is_exchanged && used_up::brings_more(ctx, write, field, &check)
            || is_of_state(ctx, &check, field) && used_up::brings_its_own(ctx, write);
        let is_refused = (is_moved || may_claim) && ctx.is_refused(trace, &check);
        let is_flag = is_idempotent(ctx, &check, field) || is_moved && !is_refused;
        let is_toggled = is_flag && is_toggled(ctx, trace, write, field, &check);
        let has_other_effect = is_flag && has_other_effect(ctx, trace, write, field, &check);
        let is_repeated = is_toggled || has_other_effect;
        let is_detected = change_detection::is_detected(ctx, write, cond, check.root);
        // A constant is a state that is reached once, other values are news.
        let is_news = is_detected && !ctx.project.arena.is_literal(field.value);
        let is_followed = is_flag && !is_repeated && is_followed(ctx, trace, write, &check, is_news);
        let claims = may_claim && !is_repeated && (is_refused || is_moved);
        // Who is refused where nothing would change was not asked whether something does.
        let is_exclusive = claims && is_refused;
        let may_detect = is_flag && !is_repeated && !is_followed && !is_exclusive;
        if is_detected && may_detect {
            continue;
        }
        let asks_for_news = is_news || claims && is_flag && is_detected;
        let is_flag = is_flag && !is_repeated && !claims;
        let is_harmless = is_filtered(ctx, write, &field.path) || is_flag && !is_followed;
        let checked = counted_with(&check, write, field).unwrap_or_else(|| field.path.clone());
        let asked = if field.path.contains(".$.") { any_element(field) } else { checked.clone() };
        let relation = ctx.relation(trace, &check, write, cond, Taken::Condition(&asked)).doubted(is_harmless);
        let most = (is_followed || (is_toggled && !has_other_effect)).then_some(Level::Warning);
        let may_repeat = is_toggled && !has_other_effect && sets_constants(ctx, write);
        let counts = own.iter().any(|check| super::last_of_set::is_limited(ctx, check, write));
        let flag = Flag { is_flag, claims, asks_for_news, may_repeat, counts, most };
        report(ctx, trace, write, (field, checked.as_str()), &check, &flag, relation);
    }
}

/// The array whose elements decide how a number beside it is changed: `if (!post.likes.includes(who))`, then
/// `{ $addToSet: { likes: who }, $inc: { count: 1 } }`. Adding or pulling twice changes nothing more, counting does.
fn counted_with(check: &Check, write: &Write, field: &FieldWrite) -> Option<String> {
    let CheckKind::Element { path, .. } = &check.kind else {
        return None;
    };
    let array = path.join(".");
    let is_kept = |other: &FieldWrite| {
        other.path == array && matches!(other.operator.as_str(), "$addToSet" | "$pull" | "$pullAll")
    };
    let counts = matches!(field.operator.as_str(), "$inc" | "$mul");
    (counts && write.fields.iter().any(is_kept)).then_some(array)
}

/// Operators whose result does not depend on how often they run.
fn is_monotone(operator: &str) -> bool {
    matches!(operator, "$max" | "$min" | "$setOnInsert" | "$currentDate" | "$pull" | "$pullAll" | "pipeline" | "splice")
}

/// Work that any worker finds: `findOne({ state: 'queued' })`, then `$set: { state: 'running' }` by its `_id`.
///                                      ^^^^^^^^^^^^^^^ every condition is a constant, and one is on the field written
/// A filter with a value of the caller's, such as a mail address, names the caller's own document: no race of workers.
fn is_taken(ctx: &Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    let (CheckKind::Document, true) = (&check.kind, check.holds) else { return false };
    let Some(filter) = check.read.as_ref().and_then(|read| read.filter) else { return false };
    let equalities = ctx.project.equalities(filter);
    let constant = |v: V| ctx.project.arena.is_literal(v);
    field.operator == "$set"
        && constant(field.value)
        && equalities.iter().all(|(_, value)| constant(*value))
        && equalities.iter().any(|(name, value)| *name == field.path && *value != field.value)
}

/// `lines.$[line].done` as a check names it, and a counter or a flag of the element that the filter finds, `lines.$.tries`:
/// `lines.*.done`.
fn any_element(field: &FieldWrite) -> String {
    let is_set = matches!(field.operator.as_str(), "$inc" | "$mul" | "$set");
    let is_element = |part: &str| part.starts_with("$[") || part == "$" && is_set;
    let parts = field.path.split('.').map(|part| if is_element(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

/// Whether `arrayFilters` ask for the field of the element that is changed.
fn is_filtered(ctx: &mut Context<'_>, write: &Write, path: &str) -> bool {
    let Some((name, field)) = path.split_once("$[").and_then(|(_, rest)| rest.split_once(']')) else { return false };
    let own = format!("{name}{field}");
    let Some(filters) = write.options.and_then(|options| ctx.project.option(options, "arrayFilters")) else {
        return false;
    };
    ctx.project.contains(filters, &mut |project, part| match project.arena.node(part) {
        Node::Object(entries) => entries
            .iter()
            .any(|entry| matches!(entry.key, Key::Name(key) if project.arena.text(key).starts_with(own.as_str()))),
        _ => false,
    })
}

fn is_found(check: &Check) -> bool {
    matches!(check.kind, CheckKind::Document) && check.holds
}

/// A read that asks for a condition on the field: `findOne({ _id, balance: { $gte: n } })`, `findOne({ token, used: false })`.
pub(super) fn is_asked(ctx: &mut Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    let Some(read) = check.read.as_ref().filter(|_| is_found(check)) else { return false };
    let is_read = matches!(read.action, Action::FindOne | Action::FindMany | Action::Exists | Action::Count);
    let Some(filter) = read.filter.filter(|_| is_read) else { return false };
    let Node::Object(entries) = ctx.project.arena.node(filter).clone() else { return false };
    entries.into_iter().any(|entry| {
        let Key::Name(name) = entry.key else { return false };
        if ctx.project.arena.text(name) != field.path {
            return false;
        }
        match ctx.project.arena.node(entry.value) {
            Node::Object(inner) => inner.iter().any(|entry| {
                matches!(entry.key, Key::Name(name) if matches!(
                    ctx.project.arena.text(name),
                    "$gt" | "$gte" | "$lt" | "$lte" | "$ne" | "$in" | "$nin" | "$exists" | "$eq"
                ))
            }),
            _ => ctx.project.arena.is_literal(entry.value) && entry.value != field.value,
        }
    })
}

/// What is checked is what an earlier change of the same field left: `findOneAndUpdate(…, { $inc: { left: -1 } })`, then
/// `if (row.left < 0)`. Each request sees its own step.
fn is_reserved(trace: &Trace, check: &Check, field: &FieldWrite) -> bool {
    let Some(read) = &check.read else { return false };
    trace.writes.iter().any(|earlier| {
        earlier.site == read.site && earlier.fields.iter().any(|own| own.operator == "$inc" && own.path == field.path)
    })
}

/// What was loaded is written back, be it in another type: `query._id = new ObjectId(query._id)`.
fn is_as_loaded(ctx: &mut Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    let value = match *ctx.project.arena.node(field.value) {
        Node::Coerce(Coercion::Text | Coercion::ObjectId | Coercion::Number(_), value) => value,
        _ => field.value,
    };
    let loaded = ctx.project.loaded(value, &[check.root]);
    loaded.is_some_and(|(root, path, _)| root == check.root && path.join(".") == field.path)
}

/// What is missing is filled with what it counts as: `if (!doc.count) doc.count = 0`.
fn is_default(ctx: &Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    let is_empty =
        ctx.project.arena.is_literal(field.value) && ctx.project.arena.truth(C::TRUE, field.value) == Some(false);
    let is_missing = is_of_presence(ctx, check) && !check.holds;
    is_missing && is_empty && field.operator == "$set"
}

/// The check asks that something is there, and something is there after the update too: `if (!user.token) return`, then
/// `$set: { token: next }`.
fn is_left_true(ctx: &Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    let is_presence = is_of_presence(ctx, check) && check.holds && field.operator == "$set";
    let is_there = ctx.project.arena.truth(C::TRUE, field.value) != Some(false);
    is_presence && is_there && !is_counted_on(ctx, field.value, check)
}

/// Whether a check asks no more than whether a field has a value.
fn is_of_presence(ctx: &Context<'_>, check: &Check) -> bool {
    let CheckKind::Field { test, .. } = &check.kind else { return false };
    let is_asked = matches!(ctx.project.arena.node(*test), Node::Compare(..) | Node::Query { .. } | Node::Call { .. });
    !is_asked && ctx.project.looked_up(*test).is_none()
}

/// `if (doc.state !== 'locked') return`, then `$set: { state: 'active' }`: the second request leaves what the first one left.
fn is_moved(ctx: &Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    let CheckKind::Field { test, .. } = &check.kind else { return false };
    let is_text = |value: V| ctx.project.arena.as_str(value).is_some();
    field.operator == "$set"
        && is_text(field.value)
        && match *ctx.project.arena.node(*test) {
            Node::Compare(Compare::Equal, a, b) => [a, b].into_iter().any(is_text),
            _ => false,
        }
}

/// `if (!doc.done) $set: { done: true }`: the second request finds what it would have written.
fn is_idempotent(ctx: &mut Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    if !matches!(field.operator.as_str(), "$set" | "$unset") {
        return false;
    }
    let CheckKind::Field { test, .. } = &check.kind else {
        // Workers look for any work; a condition on one document is a flag of it.
        let is_constant = field.operator == "$unset" || is_of_its_own(ctx, field.value, 0);
        return is_constant && (!is_taken(ctx, check, field) || is_listed(check));
    };
    let value = if field.operator == "$unset" { Arena::UNDEFINED } else { field.value };
    // A counter that is set back.
    if matches!(ctx.project.arena.node(value), Node::Num(_)) {
        return true;
    }
    let constant = is_of_its_own(ctx, value, 0);
    match ctx.project.arena.node(*test).clone() {
        Node::Compare(Compare::Equal, _, wanted) => {
            if !check.holds {
                // if (doc.state === 'a') return; $set: { state: 'b' }: the check passes again, whoever was first.
                let passes_again = ctx.project.arena.is_literal(value) && ctx.project.arena.is_literal(wanted);
                // if (doc.state !== x) $set: { state: x }
                return passes_again
                    || ctx.project.same_value(value, wanted)
                    || (!ctx.project.arena.is_literal(wanted)
                        && field.operator == "$set"
                        && !uses_loaded(ctx, value, check));
            }
            // A proof: if (doc.password === given) $set: { password: next }
            if !ctx.project.arena.is_literal(wanted) && field.operator == "$set" && !uses_loaded(ctx, value, check) {
                return true;
            }
            // if (doc.code === code) $unset: { code: '' }
            constant && ctx.project.arena.truth(C::TRUE, value) == Some(false) && !ctx.project.arena.is_literal(wanted)
        }
        // if (['CANCELLED', 'EXPIRED'].includes(doc.state)) return
        Node::Query { array, .. } => match ctx.project.arena.node(array) {
            Node::Array(items) => !check.holds && items.len() == 1 && items.iter().all(|item| item.value == value),
            _ => false,
        },
        Node::Compare(..) => {
            // if (doc.expires < now) $set: { expires: null }
            constant
        }
        _ => {
            let truth = ctx.project.arena.truth(C::TRUE, value);
            match truth {
                Some(_) => true,
                // if (!doc.name) $set: { name }
                // if (!doc.items) return; $set: { items: doc.items }
                None => check.holds || !uses_loaded(ctx, value, check),
            }
        }
    }
}

fn uses_loaded(ctx: &mut Context<'_>, value: V, check: &Check) -> bool {
    let CheckKind::Field { path, .. } = &check.kind else { return false };
    ctx.project.comes_from(value, check.root, path, &[check.root])
}

/// What a second write of a field is.
struct Flag {
    /// It leaves the field as it is, nothing that is not idempotent happens with it, and nobody takes what others are refused.
    is_flag: bool,
    /// Who sets it takes what is refused to others then.
    claims: bool,
    /// The check asks no more than whether something would change.
    asks_for_news: bool,
    /// Done twice, it leaves what it leaves once, and nothing else is done with it.
    may_repeat: bool,
    /// How many documents there are decides it too.
    counts: bool,
    /// The highest level at which it is told.
    most: Option<Level>,
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    (field, checked): (&FieldWrite, &str),
    check: &Check,
    flag: &Flag,
    relation: Relation,
) {
    let path = field.path.clone();
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    let may_be_right = "the field is a flag, so what is stored in the end may be right";
    draft.lowered = draft.lowered.or(flag.most.map(|level| (level, may_be_right)));
    draft.message = format!(
        "`{checked}` is checked before this update, not in its filter: two requests can both pass the check and both write"
    );
    draft.label = format!("writes `{path}` without the check in the filter");
    draft.array = Some(path.clone());
    draft.counts = flag.counts;
    draft.related.splice(0..0, ctx.ends(check));
    if field.site != write.site {
        draft.related.push((field.site, Role::Context, "changed here".to_owned()));
    }
    let done = done_with(ctx, trace, write, check);
    tell_beside(ctx, &mut draft, &done, check);
    draft.noted = noted(ctx, write, &done);
    let is_recounted = claimed_late::is_recounted(ctx, field.value);
    let place = place(checked);
    draft.help = match is_recounted {
        true => format!(
            "take the place before what is counted is stored, by one update that adds to `{checked}` with the limit in its filter; here the number is counted anew, and a filter would leave it wrong"
        ),
        false => claimed_late::help(ctx, trace, write, (check, &place), &done),
    };
    draft.pair = format!("{checked} checked -> {}", field.operator);
    let is_part = field.cond != C::TRUE && field.cond != write.cond;
    let others = write.fields.iter().filter(|other| is_part && other.cond != field.cond);
    let beside: Vec<&str> = others.map(FieldWrite::top).filter(|top| *top != field.top()).collect();
    // A condition in the filter of a read, or a flag, is as often no decision at all.
    let Flag { is_flag, claims, asks_for_news, may_repeat, .. } = *flag;
    let is_positional = field.path.contains(".$.");
    let asks_field = matches!(check.kind, CheckKind::Field { .. }) && !requested::is_of_event(ctx, check);
    let needs_witness = is_positional || is_flag || asks_for_news || !asks_field;
    // No filter of this write takes back what is written before it.
    let is_late = done.iter().any(|other| other.step < write.step);
    let mend = if is_recounted || is_late { Mend::Nothing } else { Mend::Update };
    let judged =
        Judged { needs_witness, is_flag, claims, may_repeat, beside, mend, ..Judged::of(write, field.cond, relation) };
    ctx.report_judged(draft, trace, &judged);
}

/// Whether a write sets nothing but constants: who does it again leaves what is there.
fn sets_constants(ctx: &Context<'_>, write: &Write) -> bool {
    let is_constant = |value: V| {
        let mut values = ctx.project.arena.alternatives(value).into_iter();
        values.all(|(_, value)| ctx.project.arena.is_literal(value))
    };
    write.fields.iter().all(|field| field.operator == "$unset" || field.operator == "$set" && is_constant(field.value))
}

/// Whether a check asks for the state of the document, and not for something that the request knows: `if (seat.user) return`,
/// `if (ticket.used !== 1) return`, `findOne({ code, usedBy: null })`.
fn is_of_state(ctx: &mut Context<'_>, check: &Check, field: &FieldWrite) -> bool {
    let CheckKind::Field { test, .. } = &check.kind else { return is_asked(ctx, check, field) };
    let with_literal = match *ctx.project.arena.node(*test) {
        Node::Compare(_, a, b) => [a, b].into_iter().any(|side| ctx.project.arena.is_literal(side)),
        _ => false,
    };
    with_literal || is_of_presence(ctx, check)
}
