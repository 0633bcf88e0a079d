//! Something is done elsewhere for a document that is used up beside it: deleted, or its array takes or loses the element that
//! was looked for, or it is inserted because it was not found. Two requests can both find it as it was.
//!
//! Part of `check-then-insert` and `check-then-update`. Input: an act in another collection. Output: a draft. Must not know: formats.

use super::context::{Context, Trace};
use super::inserted::{Inserted, doubt_indexes, stored_field};
use super::pending::{Judged, Mend, Repeats};
use super::spent_element::{marked, stored_value, taken_element};
use super::taken_name::selecting_input;
use super::used_up::is_brought;
use crate::diagnostic::{Level, Role};
use crate::project::Project;
use crate::project::checks::{Check, CheckKind};
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::relation::Relation;
use crate::value::{C, Entry, Key, Node, Site, V};

/// `const order = await Order.findById(id); if (!order) return; Stock.updateOne(…, { $inc }); Order.deleteOne({ _id: id })`
pub fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check], rule: &'static str) {
    // What was not found is inserted once, whatever it is done for: a unique index refuses the second.
    let is_repeated = repeats(write) && not_found(ctx, write.cond, checks, write).is_none();
    let others = || trace.writes.iter().filter(|other| may_use_up(other));
    let is_set = write.fields.iter().any(|field| field.operator == "$set")
        && checks.iter().any(|check| check.holds && matches!(check.kind, CheckKind::Document));
    if !(is_repeated || is_set) || others().next().is_none() || is_moved(ctx, write) {
        return;
    }
    for other in others() {
        let is_on_the_way = !ctx.project.arena.conflict(other.cond, write.cond);
        // Which document is deleted in a collection that is not known is not known either.
        if other.handle.name().is_none()
            || other.handle.same(&write.handle) && (other.kind != WriteKind::Delete || write.kind != WriteKind::Insert)
            || !is_on_the_way
            || is_taken_out(ctx, write, other)
        {
            continue;
        }
        let Some(spent) = spent(ctx, write, checks, other) else {
            continue;
        };
        let is_for_found = !matches!(spent.how, How::Inserted(_));
        if !is_for_found && is_stopped(trace, other, write) {
            continue;
        }
        let taken = if is_repeated || !is_for_found { None } else { taken(ctx, trace, write, &spent) };
        let is_kept = other.handle.same(&write.handle) && spent.check.is_none();
        if !is_repeated && taken.is_none() || is_kept {
            continue;
        }
        let relation = ctx.claimed(trace, write);
        report(ctx, trace, (write, rule), other, (&spent, taken), relation);
        return;
    }
}

fn may_use_up(other: &Write) -> bool {
    let changes = |operator: &str| matches!(operator, "$addToSet" | "$push" | "$pull" | "$pullAll" | "$set" | "$unset");
    matches!(other.kind, WriteKind::Delete | WriteKind::Insert)
        || other.upsert
        || other.fields.iter().any(|field| changes(&field.operator))
}

/// Whether doing it twice leaves more than doing it once.
fn repeats(write: &Write) -> bool {
    write.kind == WriteKind::Insert
        || write.fields.iter().any(|field| matches!(field.operator.as_str(), "$inc" | "$mul" | "$push"))
}

/// What is set once: something that the request brings, or the document that it names.
#[derive(Clone, Copy)]
struct Set {
    /// The input by which the document is selected, where what is used up is found by another.
    apart: Option<V>,
}

/// What a write sets for the one request that comes first, where who comes later is refused.
fn taken(ctx: &mut Context<'_>, trace: &Trace, write: &Write, spent: &Spent) -> Option<Set> {
    let check = spent.check.as_ref()?;
    let asked = check.read.as_ref()?.filter?;
    let apart = selecting_input(ctx, write).filter(|input| !ctx.project.contains(asked, &mut |_, part| part == *input));
    // What the document is found by is what it has already.
    let found = write.filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    let is_found_by =
        |field: &FieldWrite| found.iter().any(|(path, value)| *path == field.path && *value == field.value);
    let set = write.fields.iter().filter(|field| field.operator == "$set" && !is_found_by(field));
    let set: Vec<V> = set.map(|field| field.value).collect();
    // What a request names to be taken out of a list is not stored, and taken out twice it is gone all the same.
    let is_left = |value: &V| !is_rest(ctx, *value);
    let set: Vec<V> = set.into_iter().filter(is_left).collect();
    let is_meant = !set.is_empty() && (apart.is_some() || set.into_iter().any(|value| is_brought(ctx, value)));
    (is_meant && ctx.is_refused(trace, check)).then_some(Set { apart })
}

/// Whether a list is what is left of another one: `plan.steps.filter((step) => step !== id)`
fn is_rest(ctx: &Context<'_>, list: V) -> bool {
    let arena = &ctx.project.arena;
    matches!(arena.node(list), Node::Query { method, .. } if arena.text(*method) == "filter")
}

/// Whether what is inserted is a stored document itself, with its `_id`: a second insert of it is refused.
fn is_moved(ctx: &mut Context<'_>, write: &Write) -> bool {
    let Some(payload) = write.payload.filter(|_| write.kind == WriteKind::Insert) else {
        return false;
    };
    let parts: Vec<V> = match ctx.project.arena.node(payload) {
        Node::Object(entries) => {
            // { ...document, _id: undefined }
            let is_own = |entry: &&Entry| matches!(entry.key, Key::Name(key) if ctx.project.arena.text(key) == "_id");
            let own = entries.iter().rposition(|entry| is_own(&entry)).map_or(0, |at| at + 1);
            let spread = entries.iter().skip(own).filter(|entry| entry.key == Key::Spread);
            spread.map(|entry| entry.value).collect()
        }
        Node::New { args, .. } => args.first().copied().into_iter().collect(),
        _ => vec![payload],
    };
    parts.into_iter().any(|part| ctx.project.loaded(part, &[]).is_some())
}

/// Whether the act writes what the delete gave back, so that it is done for the one request that deleted.
fn is_taken_out(ctx: &Context<'_>, write: &Write, other: &Write) -> bool {
    other.kind == WriteKind::Delete && is_taken_out_of(ctx, write, other)
}

/// Whether a write writes, or asks for, what another gave back.
fn is_taken_out_of(ctx: &Context<'_>, write: &Write, other: &Write) -> bool {
    let gives_it =
        |project: &Project, part: V| matches!(project.arena.node(part), Node::Call { site, .. } if *site == other.site);
    let mut values = write.filter.iter().chain(&write.payload);
    values.any(|value| ctx.project.contains(*value, &mut |p, v| gives_it(p, v)))
}

/// What is found and used up.
struct Spent {
    read: Option<Site>,
    /// What asks whether it is there.
    check: Option<Check>,
    how: How,
}

/// Whether an insert that is refused ends the function before an act.
fn is_stopped(trace: &Trace, inserted: &Write, act: &Write) -> bool {
    let is_heard = trace.steps.get(inserted.step).is_none_or(|step| step.caught || step.is_in_try());
    inserted.step < act.step && !inserted.upsert && !is_heard
}

/// How it is used up.
enum How {
    Deleted,
    /// The array of this path decides.
    Changed(String),
    /// What is at this path goes into the act, and nothing is left there.
    Emptied(String),
    /// It was not there, and is inserted under these keys, which a unique index holds once.
    Inserted(String),
}

fn spent(ctx: &mut Context<'_>, write: &Write, checks: &[Check], other: &Write) -> Option<Spent> {
    if other.kind == WriteKind::Delete {
        return deleted(ctx, write, checks, other);
    }
    // A number that is drawn for what is inserted: one that is drawn in vain is missing, and nothing is done twice.
    if other.kind == WriteKind::Insert && is_taken_out_of(ctx, other, write) {
        return None;
    }
    if let Some((check, keys)) = not_found(ctx, write.cond, checks, other) {
        let read = check.read.as_ref().map(|read| read.site);
        return Some(Spent { read, check: Some(check), how: How::Inserted(keys) });
    }
    if is_won(ctx, checks, other) {
        return None;
    }
    for check in checks {
        if let Some(field) = stored_value(ctx, write.cond, check, other) {
            let read = check.read.as_ref().map(|read| read.site);
            return Some(Spent { read, check: Some(check.clone()), how: How::Changed(field) });
        }
        let marked = marked(ctx, check, other).map(How::Changed);
        let Some(how) = marked.or_else(|| changed(ctx, write, check, other)) else { continue };
        if ctx.project.same_document(check.root, check.read.as_ref(), &other.handle, other.filter, other.document) {
            let read = check.read.as_ref().map(|read| read.site);
            return Some(Spent { read, check: Some(check.clone()), how });
        }
    }
    None
}

/// Whether the change is a claim that the act is done for: it asks for what it changes, and what it found is tested.
fn is_won(ctx: &Context<'_>, checks: &[Check], other: &Write) -> bool {
    let arena = &ctx.project.arena;
    let Some(Node::Object(asked)) = other.filter.map(|filter| arena.node(filter)) else { return false };
    let is_changed = |name: &str| other.fields.iter().any(|field| field.path == name);
    let asks = asked.iter().any(|entry| matches!(entry.key, Key::Name(name) if is_changed(arena.text(name))));
    asks && checks.iter().any(|check| check.holds && check.read.as_ref().is_some_and(|read| read.site == other.site))
}

/// How a write changes what a check looked at: the element that was looked for is added or taken out, or nothing is left of what the
/// act was done for.
fn changed(ctx: &mut Context<'_>, write: &Write, check: &Check, other: &Write) -> Option<How> {
    let is_kept = |field: &FieldWrite| matches!(field.operator.as_str(), "$addToSet" | "$pull" | "$pullAll");
    if let CheckKind::Element { path, keys } = &check.kind {
        let array = path.join(".");
        let mut changes = other.fields.iter().filter(|field| field.path == array);
        // What is counted where nothing need be yet counts what is done, be it done twice: a version, a statistic.
        let may_add = !check.holds && !write.upsert;
        if changes.any(|field| is_kept(field) || may_add && is_added(ctx, field, keys)) {
            return Some(How::Changed(array));
        }
    }
    if let Some(list) = taken_element(ctx, check, other) {
        return Some(How::Changed(list));
    }
    let emptied = other.fields.iter().find(|field| is_emptied(ctx, field) && is_used(ctx, write, check, field))?;
    Some(How::Emptied(emptied.path.clone()))
}

/// Whether the element that was looked for by these keys is pushed.
fn is_added(ctx: &mut Context<'_>, field: &FieldWrite, keys: &[(String, V)]) -> bool {
    field.operator == "$push"
        && !keys.is_empty()
        && keys.iter().all(|(key, wanted)| {
            let own = if key.is_empty() { field.value } else { ctx.project.at_path(field.value, key) };
            ctx.project.same_value(own, *wanted)
        })
}

/// Whether nothing is left of a list: `{ $set: { items: [] } }`
fn is_emptied(ctx: &Context<'_>, field: &FieldWrite) -> bool {
    let is_empty = || matches!(ctx.project.arena.node(field.value), Node::Array(items) if items.is_empty());
    field.operator == "$unset" || field.operator == "$set" && is_empty()
}

/// Whether the list that the loaded document has at the path of a field goes into an act: `orders.insertOne({ items: cart.items })`
fn is_used(ctx: &mut Context<'_>, write: &Write, check: &Check, field: &FieldWrite) -> bool {
    let list = ctx.project.at_path(check.root, &field.path);
    write.fields.iter().any(|field| match *ctx.project.arena.node(field.value) {
        Node::Mapped(inner, _) => inner == list,
        _ => ctx.project.bare(field.value) == list,
    })
}

/// The search that found nothing, and on which hang a condition and the insert of what it looked for, with its keys. A unique index
/// refuses the second document; where none does, the insert is told itself.
pub(super) fn not_found(ctx: &mut Context<'_>, cond: C, checks: &[Check], other: &Write) -> Option<(Check, String)> {
    if other.kind != WriteKind::Insert && !other.upsert {
        return None;
    }
    for check in checks.iter().filter(|check| matches!(check.kind, CheckKind::Document) && !check.holds) {
        let Some(read) = check.read.as_ref().filter(|read| read.handle.same(&other.handle)) else { continue };
        let Some(keys) = marked_keys(ctx, read, other) else { continue };
        if ctx.project.arena.truth(cond, check.leaf).is_some() && ctx.schemas.covers(&other.handle, &keys) {
            return Some((check.clone(), keys.join(" + ")));
        }
    }
    None
}

/// The keys by which a read looks for what is inserted.
fn marked_keys(ctx: &mut Context<'_>, read: &DbCall, inserted: &Write) -> Option<Vec<String>> {
    let equalities = ctx.project.equalities(read.filter?);
    let is_stored = equalities.iter().all(|(name, value)| match stored_field(ctx, inserted, name) {
        Inserted::Value(stored) => ctx.project.same_value(*value, stored),
        Inserted::Unknown | Inserted::Missing => false,
    });
    let keys: Vec<String> = equalities.into_iter().map(|(name, _)| name).collect();
    (is_stored && !keys.is_empty()).then_some(keys)
}

/// Whether a write is done again for a document that another write deletes beside it.
pub(super) fn is_for_deleted(ctx: &mut Context<'_>, write: &Write, checks: &[Check], other: &Write) -> bool {
    repeats(write)
        && !ctx.project.arena.conflict(other.cond, write.cond)
        && !is_taken_out(ctx, write, other)
        && deleted(ctx, write, checks, other).is_some()
}

/// The read of the document that is deleted, where it decides the act or is a part of it.
fn deleted(ctx: &mut Context<'_>, write: &Write, checks: &[Check], deleted: &Write) -> Option<Spent> {
    for check in checks.iter().filter(|check| matches!(check.kind, CheckKind::Document) && check.holds) {
        // What is done in any case, whether there was such a document or not, is not done for it.
        if ctx.project.arena.truth(write.cond, check.leaf).is_none() {
            continue;
        }
        if let Some(read) = check.read.as_ref().filter(|read| is_of(ctx, check.root, read, deleted)) {
            return Some(Spent { read: Some(read.site), check: Some(check.clone()), how: How::Deleted });
        }
    }
    let roots = ctx.project.reads_in(write.filter.into_iter().chain(write.payload));
    let read = roots.into_iter().find_map(|(root, read)| is_of(ctx, root, &read, deleted).then_some(read))?;
    Some(Spent { read: Some(read.site), check: None, how: How::Deleted })
}

/// Whether a read reads the documents that a write deletes, or changes.
pub(super) fn is_of(ctx: &mut Context<'_>, root: V, read: &DbCall, deleted: &Write) -> bool {
    match read.action {
        Action::FindOne => {
            ctx.project.same_document(root, Some(read), &deleted.handle, deleted.filter, deleted.document)
        }
        Action::FindMany => {
            let (Some(found), Some(asked)) = (read.filter, deleted.filter) else { return false };
            let is_named = ctx.project.contains(asked, &mut |_, part| part == root);
            read.handle.same(&deleted.handle) && (is_named || ctx.project.same_value(found, asked))
        }
        _ => false,
    }
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    (write, rule): (&Write, &'static str),
    other: &Write,
    (spent, taken): (&Spent, Option<Set>),
    relation: Relation,
) {
    let collection = ctx.handle_text(&other.handle);
    let mut draft = ctx.draft(rule, trace, write, write.site);
    let is_later = "a second request that comes later finds nothing to do it for";
    let (found, label, used) = match &spent.how {
        How::Deleted => {
            draft.lowered = Some((Level::Warning, is_later));
            draft.message = format!(
                "this is done for a document of {collection} that is deleted beside it: two requests can both find the document and both do it"
            );
            draft.help =
                "delete the document first, in one command that says whether it was there, and go on only for the request that deleted it"
                    .to_owned();
            ("found here", "done for each request that found it", "deleted here")
        }
        How::Changed(array) => {
            draft.lowered = Some((Level::Warning, is_later));
            draft.message = format!(
                "`{array}` of {collection} decides this and is changed beside it: two requests can both pass the check and both do it"
            );
            draft.help = format!(
                "change `{array}` first, in one command whose filter asks what was checked, and go on only for the request that changed it"
            );
            ("found here", "done for each request that found it", "changed here")
        }
        How::Emptied(path) => {
            draft.lowered = Some((Level::Warning, is_later));
            draft.message = format!(
                "this is done with `{path}` of {collection}, which is emptied beside it: two requests can both find it and both do it"
            );
            draft.help = format!(
                "empty `{path}` first, in one command that gives what was there (`findOneAndUpdate`), and go on with what it gives"
            );
            ("found here", "done for each request that found it", "emptied here")
        }
        How::Inserted(keys) => {
            draft.message = format!(
                "this is done where {collection} has no document with this {keys}: two requests can both find none and both do it, and the unique index keeps out the second document, not this"
            );
            draft.help = match (other.upsert, other.step < write.step) {
                // What it finds it updates, and refuses nothing.
                (true, _) => format!(
                    "let the upsert of {collection} come first and ask it whether it inserted ({}), and do this only where it did",
                    match other.method.starts_with("find") {
                        true => "`lastErrorObject.upserted`, under `includeResultMetadata: true`",
                        false => "`upsertedCount`",
                    }
                ),
                (false, true) => format!(
                    "the insert into {collection} comes before this: where it is refused (E11000), end there, in its `catch`, in place of going on to this"
                ),
                (false, false) => format!(
                    "insert the document of {collection} before this, and do this only where the insert was not refused (E11000); or do both in one transaction"
                ),
            };
            if write.kind == WriteKind::Insert {
                doubt_indexes(ctx, write, &[], &mut draft);
            }
            ("not found here", "done for each request that found none", "inserted here")
        }
    };
    draft.related.extend(spent.read.map(|read| (read, Role::Check, found.to_owned())));
    draft.related.push((other.site, Role::Context, used.to_owned()));
    draft.label = label.to_owned();
    draft.pair = format!("find {collection} -> use up");
    // Two requests for one document of the act may leave what one leaves; those for two do not.
    let (apart, claims) = (taken.and_then(|taken| taken.apart), taken.is_some());
    let mend = Mend::Insert(Vec::new());
    // What is done for want of a document is told where it is done once more than it should.
    let repeats =
        matches!(spent.how, How::Inserted(_)).then(|| Repeats::ActFor(other.handle.name().map(str::to_owned)));
    let judged = Judged { apart, needs_witness: true, claims, repeats, mend, ..Judged::of(write, C::TRUE, relation) };
    match spent.how {
        How::Deleted => ctx.report_of_deleted(draft, trace, &judged, other),
        _ => ctx.report_judged(draft, trace, &judged),
    }
}
