//! The position of an element is looked up in a list that was loaded, and an update writes at that position; other code takes elements
//! out of the list in between, so that what is written there is another element, or a new one.
//!
//! Part of `check-then-update`. Which lists lose elements is known once all functions were read, so it is asked then.
//!
//! Input: the writes of all functions. Output: drafts. Must not know: formats.

use super::context::{Context, Trace};
use super::copies::Changed;
use super::pending::{Judged, Mend};
use crate::diagnostic::{Level, Role};
use crate::judge::{Makes, OtherChange, Overwritten};
use crate::project::mongo::DbCall;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::decision::Loaded;
use crate::race::relation::Taken;
use crate::value::{Entry, Key, Node, V};

const RULE: &str = "check-then-update";

/// A field of a write that stands at a position of a loaded list.
struct Placed<'a> {
    field: &'a FieldWrite,
    /// The path of the list.
    list: String,
    root: V,
    read: Option<DbCall>,
}

/// Notes a function that writes at positions of a list that it has loaded.
pub fn note(ctx: &mut Context<'_>, trace: &Trace) {
    for write in &trace.writes {
        if !placed(ctx, trace, write).is_empty() {
            ctx.stale.placing.push(trace.func);
            return;
        }
    }
}

/// Asks of each such write, whether other code takes elements out of the list.
pub fn check(ctx: &mut Context<'_>) {
    let stale = std::mem::take(&mut ctx.stale);
    ctx.revisit(&stale.placing, &[RULE], false, |ctx, trace, write, _| {
        check_write(ctx, trace, write, stale.changed.of(&write.handle));
    });
    ctx.stale = stale;
}

fn check_write(ctx: &mut Context<'_>, trace: &Trace, write: &Write, changed: &[Changed]) {
    let place = ctx.project.base_site(write.site);
    let owner = trace.steps.get(write.step).map_or(trace.func, |step| step.owner);
    for placed in placed(ctx, trace, write) {
        let other = changed.iter().find(|other| {
            other.is_shortened
                && other.path == placed.list
                && other.place != place
                && !ctx.project.is_in_text(owner, other.place)
        });
        if let Some(other) = other {
            report(ctx, trace, write, &placed, other);
            return;
        }
    }
}

/// The fields of an update that stand at a position of a loaded list: ``$set: { [`items.${at}.state`]: 'done' }``.
fn placed<'a>(ctx: &mut Context<'_>, trace: &Trace, write: &'a Write) -> Vec<Placed<'a>> {
    let is_update = write.kind == WriteKind::Update && !write.upsert && write.handle.name().is_some();
    let has_place = |field: &FieldWrite| field.path.contains(".*");
    let Some(update) = write.payload.filter(|_| is_update && write.fields.iter().any(has_place)) else {
        return Vec::new();
    };
    let mut placed = Vec::new();
    for key in computed_keys(ctx, update) {
        let path = ctx.project.path_text(key);
        let Some((list, _)) = path.split_once(".*") else { continue };
        let Some(field) = write.fields.iter().find(|field| field.path == path) else { continue };
        let Some(array) = searched(ctx, key) else { continue };
        let Some((root, loaded, read)) = ctx.project.loaded(array, &trace.documents) else { continue };
        if loaded.join(".") == list
            && ctx.project.same_document(root, read.as_ref(), &write.handle, write.filter, write.document)
        {
            placed.push(Placed { field, list: list.to_owned(), root, read });
        }
    }
    placed
}

/// The keys of the operands of an update that are put together.
fn computed_keys(ctx: &Context<'_>, update: V) -> Vec<V> {
    let entries = |object: V| match ctx.project.arena.node(object) {
        Node::Object(entries) => entries.as_slice(),
        _ => &[],
    };
    let operands = entries(update).iter().map(|entry| entry.value).chain([update]);
    let computed = |entry: &Entry| match entry.key {
        Key::Computed(key) => Some(key),
        _ => None,
    };
    operands.flat_map(|operand| entries(operand).iter().filter_map(computed)).collect()
}

/// The list in which the first part of a path that is not known was looked up by its position.
fn searched(ctx: &Context<'_>, key: V) -> Option<V> {
    let arena = &ctx.project.arena;
    let Node::Template(parts) = arena.node(key) else { return None };
    let position = parts.iter().find(|part| arena.as_str(**part).is_none())?;
    match arena.node(*position) {
        Node::Query { method, array, .. } => {
            matches!(arena.text(*method), "findIndex" | "findLastIndex" | "indexOf" | "lastIndexOf").then_some(*array)
        }
        _ => None,
    }
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, placed: &Placed<'_>, other: &Changed) {
    let Placed { field, list, root, read } = placed;
    let loaded = Loaded { root: *root, read: read.as_ref(), documents: &trace.documents };
    let cond = ctx.project.arena.and(write.cond, field.cond);
    let relation = ctx.relation_to(trace, &loaded, write, cond, Taken::Value(list));
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.lowered = draft.lowered.or(Some((Level::Warning, "what is changed is an element that other code has moved")));
    draft.message = format!(
        "the position in `{list}` is looked up before this update: where other code takes an element out in between, another one is changed, or a new one is made"
    );
    draft.label = format!("changes the element of `{list}` at the position that was looked up");
    draft.array = Some(list.clone());
    draft
        .related
        .extend(read.as_ref().map(|read| (read.site, Role::Check, "looked up in what is loaded here".to_owned())));
    draft.related.push((other.site, Role::Context, format!("elements of `{list}` are taken out here")));
    draft.help = format!(
        "name the element and not its position: ask for its key in the filter and change `{list}.$`, or `{list}.$[element]` with `arrayFilters`"
    );
    draft.pair = format!("{list} searched -> {} of {}", field.operator, field.path);
    let change = OtherChange {
        path: list.clone(),
        makes: Makes::Shortened,
        asks: Vec::new(),
        beside: Vec::new(),
        is_answered: false,
    };
    let act = Judged {
        overwritten: Some(Overwritten::Other(Box::new(change))),
        needs_witness: true,
        may_repeat: true,
        mend: Mend::Nothing,
        ..Judged::of(write, field.cond, relation)
    };
    ctx.report_judged(draft, trace, &act);
    ctx.settle(trace);
}
