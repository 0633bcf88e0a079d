//! Something is done elsewhere for a document that is used up beside it: deleted, or its array takes or loses the element that
//! was looked for. Two requests can both find it as it was.
//!
//! Part of `check-then-insert` and `check-then-update`. Input: an act in another collection. Output: a draft. Must not know: formats.

use super::context::{Context, Trace};
use super::pending::{Judged, Mend};
use super::taken_name::selecting_input;
use super::used_up::is_brought;
use crate::diagnostic::{Level, Role};
use crate::project::Project;
use crate::project::checks::{Check, CheckKind};
use crate::project::mongo::{Action, DbCall};
use crate::project::writes::{Write, WriteKind};
use crate::race::relation::Relation;
use crate::value::{C, Key, Node, Site, V};

/// `const order = await Order.findById(id); if (!order) return; Stock.updateOne(…, { $inc }); Order.deleteOne({ _id: id })`
pub fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check], rule: &'static str) {
    let is_repeated = repeats(write);
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
        let taken = if is_repeated { None } else { taken(ctx, trace, write, &spent) };
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
    let changes = |operator: &str| matches!(operator, "$addToSet" | "$pull" | "$pullAll");
    other.kind == WriteKind::Delete || other.fields.iter().any(|field| changes(&field.operator))
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
    let set: Vec<V> = write.fields.iter().filter(|field| field.operator == "$set").map(|field| field.value).collect();
    let is_meant = !set.is_empty() && (apart.is_some() || set.into_iter().any(|value| is_brought(ctx, value)));
    (is_meant && ctx.is_refused(trace, check)).then_some(Set { apart })
}

/// Whether what is inserted is a stored document itself, with its `_id`: a second insert of it is refused.
fn is_moved(ctx: &mut Context<'_>, write: &Write) -> bool {
    let Some(payload) = write.payload.filter(|_| write.kind == WriteKind::Insert) else {
        return false;
    };
    let parts: Vec<V> = match ctx.project.arena.node(payload) {
        Node::Object(entries) => {
            entries.iter().filter(|entry| entry.key == Key::Spread).map(|entry| entry.value).collect()
        }
        Node::New { args, .. } => args.first().copied().into_iter().collect(),
        _ => vec![payload],
    };
    parts.into_iter().any(|part| ctx.project.loaded(part, &[]).is_some())
}

/// Whether the act writes what the delete gave back, so that it is done for the one request that deleted.
fn is_taken_out(ctx: &Context<'_>, write: &Write, other: &Write) -> bool {
    let gives_it =
        |project: &Project, part: V| matches!(project.arena.node(part), Node::Call { site, .. } if *site == other.site);
    other.kind == WriteKind::Delete
        && write
            .filter
            .iter()
            .chain(&write.payload)
            .any(|value| ctx.project.contains(*value, &mut |p, v| gives_it(p, v)))
}

/// What is found and used up.
struct Spent {
    read: Option<Site>,
    /// What asks whether it is there.
    check: Option<Check>,
    /// The array that decides; none where the document is deleted.
    array: Option<String>,
}

fn spent(ctx: &mut Context<'_>, write: &Write, checks: &[Check], other: &Write) -> Option<Spent> {
    if other.kind == WriteKind::Delete {
        return deleted(ctx, write, checks, other);
    }
    for check in checks {
        let CheckKind::Element { path, .. } = &check.kind else {
            continue;
        };
        let array = path.join(".");
        let is_kept = other
            .fields
            .iter()
            .any(|field| field.path == array && matches!(field.operator.as_str(), "$addToSet" | "$pull" | "$pullAll"));
        if is_kept
            && ctx.project.same_document(check.root, check.read.as_ref(), &other.handle, other.filter, other.document)
        {
            let read = check.read.as_ref().map(|read| read.site);
            return Some(Spent { read, check: Some(check.clone()), array: Some(array) });
        }
    }
    None
}

/// The read of the document that is deleted, where it decides the act or is a part of it.
fn deleted(ctx: &mut Context<'_>, write: &Write, checks: &[Check], deleted: &Write) -> Option<Spent> {
    for check in checks.iter().filter(|check| matches!(check.kind, CheckKind::Document) && check.holds) {
        // What is done in any case, whether there was such a document or not, is not done for it.
        if ctx.project.arena.truth(write.cond, check.leaf).is_none() {
            continue;
        }
        if let Some(read) = check.read.as_ref().filter(|read| is_of(ctx, check.root, read, deleted)) {
            return Some(Spent { read: Some(read.site), check: Some(check.clone()), array: None });
        }
    }
    let roots = ctx.project.reads_in(write.filter.into_iter().chain(write.payload));
    let read = roots.into_iter().find_map(|(root, read)| is_of(ctx, root, &read, deleted).then_some(read))?;
    Some(Spent { read: Some(read.site), check: None, array: None })
}

/// Whether a read reads the documents that are deleted.
fn is_of(ctx: &mut Context<'_>, root: V, read: &DbCall, deleted: &Write) -> bool {
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
    draft.lowered = Some((Level::Warning, "a second request that comes later finds nothing to do it for"));
    draft.related.extend(spent.read.map(|read| (read, Role::Check, "found here".to_owned())));
    match &spent.array {
        None => {
            draft.message = format!(
                "this is done for a document of {collection} that is deleted beside it: two requests can both find the document and both do it"
            );
            draft.related.push((other.site, Role::Context, "deleted here".to_owned()));
            draft.help =
                "delete the document first, in one command that says whether it was there, and go on only for the request that deleted it"
                    .to_owned();
        }
        Some(array) => {
            draft.message = format!(
                "`{array}` of {collection} decides this and is changed beside it: two requests can both pass the check and both do it"
            );
            draft.related.push((other.site, Role::Context, "changed here".to_owned()));
            draft.help = format!(
                "change `{array}` first, in one command whose filter asks what was checked, and go on only for the request that changed it"
            );
        }
    }
    draft.label = "done for each request that found it".to_owned();
    draft.pair = format!("find {collection} -> use up");
    // Two requests for one document of the act may leave what one leaves; those for two do not.
    let (apart, claims) = (taken.and_then(|taken| taken.apart), taken.is_some());
    let mend = Mend::Insert(Vec::new());
    let judged = Judged { apart, needs_witness: true, claims, mend, ..Judged::of(write, C::TRUE, relation) };
    ctx.report_judged(draft, trace, &judged);
}
