//! `$addToSet` of an object with a field that is new in each call.

use super::appended::{all_appends, elements};
use super::context::{Context, Trace};
use super::freshness::Origin;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{C, Key, Node, V};

const RULE: &str = "fresh-add-to-set";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for (at, write) in trace.writes.iter().enumerate() {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Save) {
            continue;
        }
        for field in all_appends(write) {
            if field.operator != "$addToSet" || trace.guarded.iter().any(|append| append.write == at) {
                continue;
            }
            let cond = ctx.project.arena.and(write.cond, field.cond);
            if cond == C::FALSE {
                continue;
            }
            for element in elements(ctx.project, field.value) {
                let name = match fresh_field(ctx, trace, element) {
                    Some(name) => name,
                    None if is_given_id(ctx, write, &field, element) => "_id".to_owned(),
                    None => continue,
                };
                report(ctx, trace, write, &field, &name);
                break;
            }
        }
    }
}

/// The first field of an object literal that is fresh in this call. A reference to a document that this call inserts is
/// not meant to be found again.
fn fresh_field(ctx: &mut Context<'_>, trace: &Trace, element: V) -> Option<String> {
    let Node::Object(entries) = ctx.project.arena.node(element).clone() else { return None };
    entries.iter().find_map(|entry| match entry.key {
        Key::Name(name) if is_fresh(ctx, trace, entry.value) => Some(ctx.project.arena.text(name).to_owned()),
        _ => None,
    })
}

/// Whether Mongoose adds an `_id` to the element: a subdocument of the schema that does not bring one.
fn is_given_id(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite, element: V) -> bool {
    let Node::Object(entries) = ctx.project.arena.node(element) else { return false };
    let known = entries.iter().all(|entry| matches!(entry.key, Key::Name(_)));
    let id = ctx.project.arena.sym("_id");
    known
        && ctx.project.arena.member_of(element, id).is_none()
        && ctx.schemas.has_subdocuments(&write.handle, &field.path)
}

fn is_fresh(ctx: &mut Context<'_>, trace: &Trace, value: V) -> bool {
    matches!(ctx.origin(trace, value, C::TRUE), Origin::Fresh(_))
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite, name: &str) {
    let array = field.path.clone();
    let mut draft = ctx.draft(RULE, trace, write, field.site);
    draft.message = format!(
        "`{name}` is new in each call, so no two elements of `{array}` are equal: `$addToSet` appends every time"
    );
    draft.label = format!("`{name}` makes each element different");
    draft.help = if name == "_id" {
        format!(
            "Mongoose adds an `_id` to each element of `{array}`: say `_id: false` in its schema, or use `$push` with a guard by the key that tells two elements apart"
        )
    } else {
        format!(
            "use `$push`, and ask in the filter that no element of `{array}` has the key that a repeated call repeats"
        )
    };
    draft.array = Some(array);
    draft.pair = format!("$addToSet of fresh {name}");
    ctx.report(draft);
}
