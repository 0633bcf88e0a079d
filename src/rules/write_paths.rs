//! The write paths of arrays, for `pushguard paths`: where, with which operator, guard and key, and reached by whom.
//!
//! Input: a function's trace. Output: one draft for each field of a write that changes an array.

use super::appended::elements;
use super::context::{Context, Trace};
use super::lock_key_mismatch::key_names;
use crate::limits;
use crate::project::guards::Guard;
use crate::project::locks::LockKind;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::fence::{Fence, fence};
use crate::value::{C, FnRef, Site};

/// A write path before its place is resolved.
#[derive(Clone, Debug)]
pub struct PathDraft {
    pub site: Site,
    /// The whole call, where the field stands in an argument of it.
    pub call: Site,
    /// Whether the configuration tracks the array.
    pub tracked: bool,
    /// Whether the write itself shows that the field is an array; else another write of it, or a finding, must.
    pub is_sure: bool,
    pub owner: FnRef,
    pub calls: u32,
    pub collection: Option<String>,
    pub array: String,
    pub operator: String,
    pub kinds: Vec<String>,
    pub guard: Option<String>,
    pub key: Vec<String>,
    pub verdict: &'static str,
    pub result_read: Option<bool>,
    /// The lock that is held around the write, with its key.
    pub lock: Option<String>,
    /// Functions that reach the write, nearest first, with the site of their call.
    pub callers: Vec<(FnRef, Site)>,
}

/// The write paths of one function and of what it calls.
pub fn collect(ctx: &mut Context<'_>, trace: &Trace) -> Vec<PathDraft> {
    let mut drafts = Vec::new();
    for write in &trace.writes {
        for field in &write.fields {
            if let Some((array, is_sure)) = array_of(ctx, write, field) {
                drafts.push(draft(ctx, trace, write, field, array, is_sure));
            }
        }
    }
    drafts
}

/// The array that a field's write changes, `messages` of `messages.$.text`, and whether it surely is one.
fn array_of(ctx: &Context<'_>, write: &Write, field: &FieldWrite) -> Option<(String, bool)> {
    let mut parts: Vec<&str> = Vec::new();
    let mut inside = false;
    for part in field.path.split('.') {
        if part.starts_with('$') || part.starts_with('*') || part.chars().all(|c| c.is_ascii_digit()) {
            inside = true;
            break;
        }
        parts.push(part);
    }
    let array = parts.join(".");
    if array.is_empty() {
        return None;
    }
    let changes = matches!(
        field.operator.as_str(),
        "$push" | "$pushAll" | "$addToSet" | "$pull" | "$pullAll" | "$pop" | "splice"
    );
    let whole =
        matches!(field.operator.as_str(), "$set" | "replace" | "insert" | "pipeline" | "$unset" | "$setOnInsert");
    let shown = ctx.is_array_value(field.value) || ctx.tracked(&write.handle, &array).is_some();
    (changes || inside || whole).then_some((array, changes || inside || shown))
}

fn draft(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    array: String,
    is_sure: bool,
) -> PathDraft {
    let step = trace.steps.get(write.step);
    let owner = step.map_or(trace.func, |step| step.owner);
    let in_place = field.path != array;
    let (guard, key, optimistic) = guard_of(ctx, write, field, &array);
    let is_fenced = fence(ctx.project, write) == Fence::Always;
    let verdict = match field.operator.as_str() {
        "$pull" | "$pullAll" | "$pop" | "$unset" => "removal",
        _ if in_place => "in place",
        "insert" | "$setOnInsert" => "new document",
        _ if write.session.is_some() => "transaction",
        _ if optimistic || is_fenced || ctx.is_versioned(write, field) => "optimistic",
        _ if guard.is_some() => "guarded",
        "$addToSet" => "guarded",
        _ => "unguarded",
    };
    PathDraft {
        site: field.site,
        call: write.site,
        tracked: ctx.tracked(&write.handle, &array).is_some(),
        is_sure,
        owner,
        calls: step.map_or(0, |step| step.calls),
        collection: write.handle.name().map(str::to_owned),
        kinds: if in_place { Vec::new() } else { kinds(ctx, write, field, &array) },
        array,
        operator: operator(write, field),
        guard,
        key,
        verdict,
        result_read: step.filter(|_| write.kind != WriteKind::Save).map(|step| !step.dropped),
        lock: lock(ctx, trace, write),
        callers: callers(ctx, owner, field.site),
    }
}

/// `messageLocks by chatId + mergeId`, or `memory by …`.
fn lock(ctx: &Context<'_>, trace: &Trace, write: &Write) -> Option<String> {
    let lock = trace.locks.iter().find(|lock| lock.protects.contains(&write.step))?;
    let place = match lock.kind {
        LockKind::Memory => "memory",
        _ => lock.handle.as_ref().and_then(|handle| handle.name()).unwrap_or("a collection"),
    };
    let names = lock.key.map(|key| key_names(ctx, key)).unwrap_or_default();
    Some(if names.is_empty() { place.to_owned() } else { format!("{place} by {}", names.join(" + ")) })
}

fn operator(write: &Write, field: &FieldWrite) -> String {
    match (write.kind, field.operator.as_str()) {
        (WriteKind::Save, operator) => format!("save {operator}"),
        (_, "insert" | "replace") => write.method.clone(),
        (_, operator) => operator.to_owned(),
    }
}

fn kinds(ctx: &mut Context<'_>, write: &Write, field: &FieldWrite, array: &str) -> Vec<String> {
    let Some(tracked) = ctx.tracked(&write.handle, array) else { return Vec::new() };
    let cond = ctx.project.arena.and(write.cond, field.cond);
    let mut found = Vec::new();
    for element in elements(ctx.project, field.value) {
        for (at, kind) in tracked.kinds.iter().enumerate() {
            let possible = ctx.may_be_kind(element, kind, cond);
            let first = possible.and_then(|c| ctx.kind_of(element, tracked, c)).is_some_and(|(first, _)| first == at);
            if first && !found.contains(&kind.name) {
                found.push(kind.name.clone());
            }
        }
    }
    found
}

/// The guard in words, its key fields, and whether the filter is optimistic.
fn guard_of(
    ctx: &mut Context<'_>,
    write: &Write,
    field: &FieldWrite,
    array: &str,
) -> (Option<String>, Vec<String>, bool) {
    let Some(filter) = write.filter else { return (None, Vec::new(), false) };
    let cond = ctx.project.arena.and(write.cond, field.cond);
    let (mut words, mut key, mut optimistic) = (Vec::new(), Vec::new(), false);
    for (_, parsed) in ctx.project.filters(filter, array, if cond == C::FALSE { C::TRUE } else { cond }) {
        for (guard, _) in &parsed.guards {
            match guard {
                Guard::Key(keys) => {
                    let text = ctx.guard_text(array, keys);
                    if !words.contains(&text) {
                        words.push(text);
                    }
                    for (name, _) in keys {
                        if !name.is_empty() && !key.contains(name) {
                            key.push(name.clone());
                        }
                    }
                }
                Guard::Optimistic => optimistic = true,
                _ => {}
            }
        }
    }
    ((!words.is_empty()).then(|| words.join(" | ")), key, optimistic)
}

/// Functions that lead to `func`, nearest first, up to the entries: routes, webhooks, timers, events. The function itself
/// is the first when it is one.
fn callers(ctx: &Context<'_>, func: FnRef, write: Site) -> Vec<(FnRef, Site)> {
    let mut found: Vec<(FnRef, Site)> = Vec::new();
    if ctx.project.entry(func).is_some() {
        found.push((func, write));
    }
    let mut seen = vec![func];
    let mut next = vec![func];
    while let Some(at) = next.first().copied() {
        next.remove(0);
        if ctx.project.entry(at).is_some() {
            continue;
        }
        for (caller, site) in ctx.project.callers_of(at) {
            if found.len() >= limits::LISTED_CALLERS {
                return found;
            }
            if !seen.contains(caller) && !ctx.project.is_of_test(*caller) {
                seen.push(*caller);
                next.push(*caller);
                found.push((*caller, *site));
            }
        }
    }
    found
}
