//! A count lets an insert through that adds one more to what was counted.
//!
//! Input: a write and its checks. Output: a finding. Must not know: searches by a key.

use super::context::{Context, Trace};
use super::inserted::{Inserted, is_unseen_model, stored_field};
use super::next_number::own_key;
use super::pending::Judged;
use super::searches::is_empty_filter;
use crate::diagnostic::Level;
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{Write, WriteKind};
use crate::value::{C, V};

pub(super) fn check(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check], rule: &'static str) {
    for check in checks {
        let Some(keys) = limited_keys(ctx, check, write) else {
            continue;
        };
        // Of an upsert only a witness shows that it inserts.
        let apart = if write.upsert { check.read.as_ref().and_then(|read| own_key(ctx, write, read)) } else { None };
        report(ctx, trace, (write, rule), check, (&keys, apart));
        break;
    }
}

/// The keys by which documents are counted, none where all of them are, where the insert adds one more that counts and a limit
/// lets it through.
fn limited_keys(ctx: &mut Context<'_>, check: &Check, write: &Write) -> Option<Vec<String>> {
    let CheckKind::Below { path } = &check.kind else { return None };
    let read = check.read.as_ref().filter(|_| path.is_empty() && check.holds)?;
    if !read.handle.same(&write.handle) || is_unseen_model(ctx, &write.handle) {
        return None;
    }
    let equalities = read.filter.map(|filter| ctx.project.equalities(filter)).unwrap_or_default();
    if equalities.is_empty() && read.filter.is_some_and(|filter| !is_empty_filter(ctx, filter)) {
        return None;
    }
    let counts = equalities.iter().all(|(name, value)| match stored_field(ctx, write, name) {
        Inserted::Value(inserted) => ctx.project.same_value(*value, inserted),
        Inserted::Unknown | Inserted::Missing => false,
    });
    let keys: Vec<String> = equalities.into_iter().map(|(name, _)| name).collect();
    (counts && (keys.is_empty() || !ctx.schemas.covers(&write.handle, &keys))).then_some(keys)
}

/// A limit that is overrun by one or two harms less than a document that is there twice.
fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    (write, rule): (&Write, &'static str),
    check: &Check,
    (keys, apart): (&[String], Option<V>),
) {
    let relation = ctx.claimed(trace, write);
    let collection = ctx.handle_text(&write.handle);
    let list = keys.join(" + ");
    let mut draft = ctx.draft(rule, trace, write, write.site);
    draft.lowered = Some((Level::Warning, "a limit is overrun by the requests that come at once, and no further"));
    let by = if keys.is_empty() { String::new() } else { format!(" by {list}") };
    draft.message =
        format!("{collection} is counted{by} before this insert: two requests can both pass the limit and both insert");
    draft.label = "inserts one more than was counted".to_owned();
    draft.related = ctx.ends(check);
    let each = if keys.is_empty() { String::new() } else { format!(" for each {list}") };
    draft.help = format!(
        "keep the number in one document{each} and take a place there first, in one command: `$inc` with the limit in the filter; insert only when it matched"
    );
    draft.pair = format!("count {list} -> insert");
    let needs_witness = write.kind == WriteKind::Update;
    ctx.report_judged(draft, trace, &Judged { apart, needs_witness, ..Judged::of(write, C::TRUE, relation) });
}
