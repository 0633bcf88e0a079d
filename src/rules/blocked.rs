//! A search for documents in some state finds none, and that lets an update set the state: a seat that nobody has taken.
//!
//! Part of `check-then-update`. Input: an update and the checks that decide it. Output: a draft. Must not know: formats.

use super::context::{Context, Trace};
use super::pending::{Judged, Mend};
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::Write;
use crate::value::{Arena, C, Entry, Key, Node, V};

/// `if (await Seat.exists({ no, taken: true })) return res.status(409); Seat.updateOne({ no }, { $set: { taken: true, by } })`
pub fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check]) {
    for check in checks {
        let Some(path) = searched_state(ctx, check, write) else { continue };
        if ctx.is_refused(trace, check) || ctx.names_the_request_in(write) {
            report(ctx, trace, write, check, &path);
            return;
        }
    }
}

/// The field that is searched for in a state in which the update leaves it, where everything else that is searched for selects what
/// is updated.
fn searched_state(ctx: &mut Context<'_>, check: &Check, write: &Write) -> Option<String> {
    let is_search = matches!(check.kind, CheckKind::Document) && !check.holds && !write.upsert;
    let read = check.read.as_ref().filter(|read| is_search && read.handle.same(&write.handle))?;
    let Node::Object(searched) = ctx.project.arena.node(read.filter?).clone() else { return None };
    let Node::Object(selected) = ctx.project.arena.node(write.filter?).clone() else { return None };
    let mut state = None;
    for entry in &searched {
        let Key::Name(name) = entry.key else { return None };
        let path = ctx.project.arena.text(name).to_owned();
        let is_set = write
            .fields
            .iter()
            .any(|field| field.operator == "$set" && field.path == path && is_left_in(ctx, field.value, entry.value));
        let is_selected =
            || selected.iter().any(|own| own.key == entry.key && ctx.project.same_value(own.value, entry.value));
        if is_set {
            state = Some(path);
        } else if !is_selected() {
            return None;
        }
    }
    state.filter(|_| searched.len() > 1)
}

/// Whether a search for `searched` finds a field that is set to `value`: the same constant, or any value where that one is there,
/// `{ $exists: true }`, or is not a constant, `{ $ne: null }`.
fn is_left_in(ctx: &Context<'_>, value: V, searched: V) -> bool {
    let arena = &ctx.project.arena;
    let Node::Object(operators) = arena.node(searched) else {
        return arena.is_literal(searched) && ctx.project.same_value(value, searched);
    };
    let is_found = |entry: &Entry| {
        let Key::Name(name) = entry.key else { return false };
        match arena.text(name) {
            "$exists" => arena.truth(C::TRUE, entry.value) == Some(true) && value != Arena::UNDEFINED,
            "$ne" => arena.is_literal(entry.value) && value != Arena::UNDEFINED && value != entry.value,
            _ => false,
        }
    };
    !operators.is_empty() && operators.iter().all(is_found)
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, check: &Check, path: &str) {
    let relation = ctx.claimed(trace, write);
    let mut draft = ctx.draft("check-then-update", trace, write, write.site);
    draft.message = format!(
        "this sets `{path}` because no document was found that has it, and its filter does not ask: two requests can both find none and both write"
    );
    draft.label = format!("sets `{path}` without the check in the filter");
    draft.array = Some(path.to_owned());
    draft.related.splice(0..0, ctx.ends(check));
    draft.help = format!(
        "ask in the filter of this call that `{path}` is not set so yet; where less is matched than is asked for, the other request was first"
    );
    draft.pair = format!("{path} searched -> $set");
    let judged =
        Judged { needs_witness: true, claims: true, mend: Mend::Nothing, ..Judged::of(write, C::TRUE, relation) };
    ctx.report_judged(draft, trace, &judged);
}
