//! What is there is removed, and what is to be there is added by a command of its own: two requests can both remove, and then both add.
//!
//! Part of `check-then-insert` and `check-then-push`. Input: an insert or an append, and the removals before it. Output: a draft.
//! Must not know: formats.

use super::appended::elements;
use super::context::{Context, Trace};
use super::inserted::{Inserted, doubt_indexes, inserted_field, known_of_indexes};
use super::pending::{Judged, Mend};
use super::searches::holds_insert;
use crate::diagnostic::{Level, Role};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{C, Node, V};

const REPLACED_LATER: &str = "the next request that comes alone removes all of them again";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for write in &trace.writes {
        let is_refused = trace.steps.get(write.step).is_some_and(|step| step.duplicate_key_caught);
        ctx.aside(|ctx| match write.kind {
            // E11000 is expected here, so there is an index, if not in this code.
            WriteKind::Insert if !is_refused => check_insert(ctx, trace, write, "check-then-insert"),
            WriteKind::Update => {
                for field in &write.fields {
                    check_push(ctx, trace, write, field, "check-then-push");
                }
            }
            _ => {}
        });
    }
}

/// `Tag.deleteMany({ post })`, then `Tag.insertMany(names.map((name) => ({ post, name })))`
fn check_insert(ctx: &mut Context<'_>, trace: &Trace, write: &Write, rule: &'static str) {
    // Two with keys of their own are two of a kind: tokens, messages.
    if write.payload.is_some_and(|payload| ctx.has_new_part(payload)) {
        return;
    }
    for removal in before(ctx, trace, write, &|other| other.kind == WriteKind::Delete) {
        let Some(keys) = removed_keys(ctx, removal, write) else { continue };
        let collection = ctx.handle_text(&write.handle);
        let list = keys.join(" + ");
        let relation = ctx.claimed(trace, write);
        let mut draft = ctx.draft(rule, trace, write, write.site);
        draft.lowered = Some((Level::Warning, REPLACED_LATER));
        draft.message = format!(
            "{collection} is emptied by {list} before this insert, and {}: two requests can both delete, and then both insert",
            known_of_indexes(ctx, write)
        );
        draft.label = "inserts what is to be there instead".to_owned();
        draft.related.push((removal.site, Role::Check, "deleted here".to_owned()));
        doubt_indexes(ctx, write, &keys, &mut draft);
        draft.help = format!(
            "replace it by one command: keep what belongs to one {list} as a list in one document; or upsert each document by a key of its own under a unique index, and delete those that are not meant to stay afterwards"
        );
        draft.pair = format!("delete {list} -> insert");
        let mend = Mend::Insert(Vec::new());
        ctx.report_judged(draft, trace, &Judged { needs_witness: true, mend, ..Judged::of(write, C::TRUE, relation) });
        return;
    }
}

/// `updateOne({ _id }, { $pull: { items: { sku } } })`, then `updateOne({ _id }, { $push: { items: { sku, quantity } } })`
fn check_push(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, rule: &'static str) {
    let Some(filter) = write.filter.filter(|_| field.operator == "$push") else { return };
    let appended = elements(ctx.project, field.value);
    let pulls = |own: &FieldWrite| own.path == field.path && matches!(own.operator.as_str(), "$pull" | "$pullAll");
    for removal in before(ctx, trace, write, &|other| other.fields.iter().any(pulls)) {
        let is_same = removal.filter.is_some_and(|own| own == filter || ctx.project.same_value(own, filter));
        let mut of_path = removal.fields.iter().filter(|own| is_same && pulls(own));
        let Some(pulled) = of_path.find(|own| is_pulled(ctx, own, &appended)) else { continue };
        let cond = ctx.project.arena.and(write.cond, field.cond);
        if super::guarded::is_guarded(ctx.project, write, field, cond) {
            return;
        }
        let path = &field.path;
        let relation = ctx.claimed(trace, write);
        let mut draft = ctx.draft(rule, trace, write, write.site);
        draft.lowered = Some((Level::Warning, REPLACED_LATER));
        draft.message = format!(
            "an element is pulled from `{path}` before it is pushed anew, by a command of its own: two requests can both pull, and then both push"
        );
        draft.label = "pushes what was pulled".to_owned();
        draft.array = Some(path.clone());
        draft.related.push((pulled.site, Role::Check, "pulled here".to_owned()));
        draft.help = format!(
            "pull and push in one command: an update pipeline that sets `{path}` to what is left of it and the new element"
        );
        draft.pair = format!("pull {path} -> push");
        let mend = Mend::Nothing;
        ctx.report_judged(
            draft,
            trace,
            &Judged { needs_witness: true, mend, ..Judged::of(write, field.cond, relation) },
        );
        return;
    }
}

/// The removals from the same collection that are done before a write on its way, the nearest last.
fn before<'a>(
    ctx: &Context<'_>,
    trace: &'a Trace,
    write: &Write,
    is_removal: &dyn Fn(&Write) -> bool,
) -> Vec<&'a Write> {
    let arena = &ctx.project.arena;
    let is_before = |other: &&Write| {
        other.step < write.step
            && is_removal(other)
            && other.handle.name().is_some()
            && other.handle.same(&write.handle)
            && arena.holds_under(other.cond, write.cond)
    };
    trace.writes.iter().filter(is_before).collect()
}

/// The keys by which documents are deleted, all of which the inserted ones have, one from the request or from what was loaded; `None`
/// where an index keeps them to one.
fn removed_keys(ctx: &mut Context<'_>, removal: &Write, write: &Write) -> Option<Vec<String>> {
    let equalities = ctx.project.equalities(removal.filter?);
    let is_kept = |(name, value): &(String, V)| match inserted_field(ctx, write, name) {
        Inserted::Value(inserted) => ctx.project.same_value(*value, inserted),
        Inserted::Unknown | Inserted::Missing => false,
    };
    let is_same = !equalities.is_empty() && equalities.iter().all(is_kept);
    let is_of_many = equalities.iter().any(|(_, value)| !ctx.project.arena.is_literal(*value));
    let keys: Vec<String> = equalities.into_iter().map(|(name, _)| name).collect();
    let is_kept = ctx.schemas.covers(&write.handle, &keys) || is_refused_twice(ctx, write, &keys);
    (is_same && is_of_many && !is_kept).then_some(keys)
}

/// Whether a unique index on the keys of the removal, and on others that each document brings, refuses each that is inserted twice.
fn is_refused_twice(ctx: &mut Context<'_>, write: &Write, keys: &[String]) -> bool {
    let schemas = ctx.schemas;
    schemas.unique.of(&write.handle).iter().any(|index| {
        let is_brought = |name: &String| matches!(inserted_field(ctx, write, name), Inserted::Value(_));
        let is_of_keys = keys.iter().all(|key| index.keys.contains(key));
        is_of_keys && index.keys.iter().all(is_brought) && holds_insert(ctx, index, write)
    })
}

/// Whether a pull takes out what is appended then: the same value, or an element with the same key.
fn is_pulled(ctx: &mut Context<'_>, pulled: &FieldWrite, appended: &[V]) -> bool {
    if ctx.project.arena.is_literal(pulled.value) {
        return false;
    }
    let keys = match ctx.project.arena.node(pulled.value) {
        Node::Object(_) => ctx.project.equalities(pulled.value),
        _ => Vec::new(),
    };
    appended.iter().any(|element| match keys.is_empty() {
        true => ctx.project.same_value(pulled.value, *element),
        false => keys.iter().all(|(name, value)| {
            let own = ctx.project.at_path(*element, name);
            !ctx.project.arena.is_literal(*value) && ctx.project.same_value(own, *value)
        }),
    })
}
