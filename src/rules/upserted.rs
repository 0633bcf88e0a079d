//! An upsert by a key that no unique index covers: the server searches, and then inserts what it did not find, so that two
//! that find nothing both insert.
//!
//! Source: MongoDB manual, `db.collection.updateOne()`, "Upsert with Unique Index".
//! Input: a write. Output: a draft. Must not know: formats.

use super::context::{Context, Trace};
use super::inserted::{doubt_indexes, is_unseen_model, known_of_indexes};
use super::pending::{Judged, Mend, Repeats};
use super::searches::{is_empty_filter, is_new_key, is_open, names_only, uncovered_keys};
use crate::project::writes::Write;
use crate::value::{C, Node, V};

const RULE: &str = "upsert-without-index";

pub fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write) {
    // Most such upserts meet nobody, so a project asks for them.
    if !ctx.config.asks_for(RULE) {
        return;
    }
    let Some(filter) = write.filter.filter(|_| !is_told_elsewhere(ctx, trace, write)) else { return };
    if write.handle.name().is_none() || is_unseen_model(ctx, &write.handle) || is_new_key(ctx, filter) {
        return;
    }
    if ctx.project.equalities(filter).iter().any(|(_, value)| is_made_of_nothing(ctx, *value)) {
        return;
    }
    let asked: Vec<String> = ctx.project.equalities(filter).into_iter().map(|(name, _)| name).collect();
    let keys = match asked.is_empty() {
        true => is_empty_filter(ctx, filter).then_some(asked),
        false => uncovered_keys(ctx, filter, write, asked),
    };
    if let Some(keys) = keys {
        report(ctx, trace, write, filter, &keys);
    }
}

/// What a call makes of nothing that two requests share may be new each time: `Random.id()`.
fn is_made_of_nothing(ctx: &Context<'_>, value: V) -> bool {
    let Node::Call { callee, args, .. } = ctx.project.arena.node(ctx.project.bare(value)) else { return false };
    let is_given = |part: V| matches!(ctx.project.arena.node(part), Node::Param(..) | Node::This(_));
    args.is_empty() && !ctx.project.contains(*callee, &mut |_, part| is_given(part))
}

/// A lock and a guard have rules of their own. Where E11000 is expected, there is an index, if not in this code.
fn is_told_elsewhere(ctx: &Context<'_>, trace: &Trace, write: &Write) -> bool {
    let is_guarded = |at: usize| trace.writes.get(at).is_some_and(|own| std::ptr::eq(own, write));
    trace.steps.get(write.step).is_some_and(|step| step.duplicate_key_caught)
        || trace.locks.iter().any(|lock| lock.step == write.step)
        || trace.guarded.iter().any(|append| is_guarded(append.write))
        || write.filter.is_none_or(|filter| ctx.project.arena.is_literal(filter))
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, filter: V, keys: &[String]) {
    let collection = ctx.handle_text(&write.handle);
    let list = keys.join(" + ");
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    let by = match (keys.is_empty(), is_open(ctx, filter)) {
        (true, _) => "whatever there is".to_owned(),
        (false, true) => format!("by {list} and more"),
        (false, false) => format!("by {list}"),
    };
    draft.message = format!(
        "{collection} is upserted {by}, and {}: two requests that find nothing can both insert",
        known_of_indexes(ctx, write)
    );
    draft.label = "inserts what was not found".to_owned();
    doubt_indexes(ctx, write, keys, &mut draft);
    draft.help = match (keys.is_empty(), names_only(ctx, filter)) {
        (true, _) => "upsert it under a fixed `_id`".to_owned(),
        (false, false) => {
            "store what may be there once only as a key of its own, create a unique index on it, and upsert by that key"
                .to_owned()
        }
        (false, true) => format!(
            "create a unique index on {list}: where it refuses one of two with E11000, send the upsert again, which then finds the document; where two documents may share {list}, upsert by a key that tells them apart"
        ),
    };
    draft.pair = format!("upsert {list}");
    let relation = ctx.claimed(trace, write);
    let judged = Judged {
        is_torn: true,
        needs_witness: true,
        repeats: Some(Repeats::Document),
        mend: Mend::Insert(vec![filter]),
        ..Judged::of(write, C::TRUE, relation)
    };
    ctx.report_judged(draft, trace, &judged);
}
