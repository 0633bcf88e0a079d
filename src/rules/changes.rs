//! Which fields the code changes by themselves, by which constants it finds their documents, and to what it sets them.
//!
//! Input: the writes of a function. Output: notes, which are asked once all functions were read. Must not know: what is told.

use super::context::{Context, Trace};
use super::copies::Changed;
use super::other_change::{known, other_change};
use super::spell::Unnumbered;
use crate::judge::{Constant, OtherChange};
use crate::project::checks::Check;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{Entry, FnRef, Key, Node, SiteInfo, V};
use rustc_hash::FxHashSet;

/// Notes what a function changes.
pub fn note(ctx: &mut Context<'_>, trace: &Trace) {
    for (write, checks) in trace.writes.iter().zip(&trace.checks) {
        if write.handle.name().is_none() || matches!(write.kind, WriteKind::Insert | WriteKind::Delete) {
            continue;
        }
        if trace.steps.get(write.step).is_none_or(|step| step.calls > 0) {
            note_brought(ctx, trace, write);
            continue;
        }
        let asked = asked_of(ctx, write);
        let named = match write.filter.map(|filter| ctx.project.arena.node(filter)) {
            Some(Node::Object(entries)) => names(ctx, entries),
            _ => Vec::new(),
        };
        // What an upsert inserts changes no document that is there.
        for field in write.fields.iter().filter(|field| field.operator != "$setOnInsert") {
            // What is written as it was loaded is no change that another write could lose.
            if is_plain_part(ctx, field.value) && is_as_loaded(ctx, trace, field) {
                continue;
            }
            let is_checked =
                checks.iter().any(|check| check.kind.path().is_some_and(|path| path.join(".") == field.path));
            let is_asked =
                is_checked || named.iter().chain(asked.iter().map(|(path, _)| path)).any(|path| *path == field.path);
            let change = other_change(ctx, trace, write, field);
            note_changed(ctx, write, field, (&asked, is_asked), (change, false));
        }
    }
}

/// Notes what a function brings to a helper that writes what it is given, beside what it has loaded: it is changed by that call.
///
/// `const update = (user) => users.updateOne({ _id: user._id }, { $set: user })`, `update({ ...user, active: true })`; the same
/// where the helper names the fields: `$set: { active: user.active, name: user.name }`
fn note_brought(ctx: &mut Context<'_>, trace: &Trace, write: &Write) {
    let Some(call) = ctx.calls_to(write.site).pop() else { return };
    let is_spread = |field: &FieldWrite| field.path == "..." && ctx.project.arena.site_info(field.site).via.is_some();
    let is_whole = write.fields.iter().any(is_spread);
    let mut is_given = is_whole;
    let mut brought = Vec::new();
    for field in write.fields.iter().filter(|field| matches!(field.operator.as_str(), "$set" | "replace")) {
        match is_as_loaded(ctx, trace, field) {
            true => is_given = true,
            false => brought.push(FieldWrite { site: call, ..field.clone() }),
        }
    }
    if !is_given {
        return;
    }
    let asked = asked_of(ctx, write);
    for field in brought {
        note_changed(ctx, write, &field, (&asked, true), (None, !is_whole));
    }
}

/// Whether a value is a part of another as it stands there, and not what a list was made into.
fn is_plain_part(ctx: &Context<'_>, value: V) -> bool {
    matches!(ctx.project.arena.node(value), Node::Member(..))
}

/// Whether a field is set to what a document had in it when it was loaded, or to what was made of that list.
fn is_as_loaded(ctx: &mut Context<'_>, trace: &Trace, field: &FieldWrite) -> bool {
    matches!(field.operator.as_str(), "$set" | "replace")
        && ctx.project.arena.alternatives(field.value).into_iter().all(|(_, value)| {
            let loaded = ctx.project.loaded(value, &trace.documents);
            loaded.is_some_and(|(_, path, _)| path.join(".") == field.path)
        })
}

impl Context<'_> {
    /// Visits the writes of some functions again, but for the places of which one of some rules has told. What a helper writes is
    /// visited for each function that has it written, where `by_caller`.
    pub(super) fn revisit(
        &mut self,
        functions: &[FnRef],
        rules: &[&str],
        by_caller: bool,
        visit: impl Fn(&mut Self, &Trace, &Write, &[Check]),
    ) {
        let own = self.drafts.iter().filter(|draft| rules.contains(&draft.rule));
        let caller = |func: FnRef, calls: u32| (by_caller && calls > 0).then_some(func);
        let mut told: FxHashSet<(SiteInfo, Option<FnRef>)> =
            own.map(|draft| (self.project.base_site(draft.site), caller(draft.seen_in, draft.calls))).collect();
        for func in functions {
            let turn = self.project.begin(*func);
            if let Some(trace) = self.trace(*func) {
                for (write, checks) in trace.writes.iter().zip(&trace.checks) {
                    let calls = trace.steps.get(write.step).map_or(0, |step| step.calls);
                    let (place, before) = (self.project.base_site(write.site), self.drafts.len());
                    let (place, anyhow) = ((place, caller(*func, calls)), (place, None));
                    if !told.contains(&place) && !told.contains(&anyhow) {
                        visit(self, &trace, write, checks);
                    }
                    if self.drafts.len() > before {
                        told.insert(place);
                    }
                }
            }
            self.project.end(*func, turn);
        }
    }
}

fn note_changed(
    ctx: &mut Context<'_>,
    write: &Write,
    field: &FieldWrite,
    (asked, is_asked): (&[(String, String)], bool),
    (change, is_brought): (Option<OtherChange>, bool),
) {
    let (handle, is_counted, is_saved) = (&write.handle, is_counted(write, field), write.kind == WriteKind::Save);
    let fixed = field.path.split(['*', '$']).next().unwrap_or_default().trim_end_matches('.');
    if fixed.is_empty() || matches!(field.top(), "..." | "_id" | "__v") {
        return;
    }
    // { ...doc.settings, theme } changes the theme alone.
    let named = match ctx.project.arena.node(field.value) {
        Node::Object(entries) if entries.iter().any(|entry| entry.key == Key::Spread) => names(ctx, entries),
        _ => Vec::new(),
    };
    let paths = match named.as_slice() {
        [] => vec![fixed.to_owned()],
        named => named.iter().map(|name| format!("{fixed}.{name}")).collect(),
    };
    let place = ctx.project.base_site(field.site);
    let state = constant(ctx, field.value).filter(|_| field.operator == "$set" && !is_asked);
    let is_shortened = field.path == fixed && is_shortened(ctx, field);
    for path in paths {
        let (asked, state) = (asked.to_vec(), state.clone());
        let change = change.clone().filter(|change| change.path == path);
        let changed = Changed {
            path,
            site: field.site,
            place,
            asked,
            state,
            change,
            is_counted,
            is_saved,
            is_brought,
            is_shortened,
        };
        ctx.stale.add(handle, changed);
    }
}

/// Whether a list has fewer elements after a change than before, or other ones.
fn is_shortened(ctx: &Context<'_>, field: &FieldWrite) -> bool {
    let arena = &ctx.project.arena;
    match field.operator.as_str() {
        "$pull" | "$pullAll" | "$pop" => true,
        "$set" | "replace" => match arena.node(field.value) {
            Node::Query { method, .. } => matches!(arena.text(*method), "filter" | "slice" | "toSpliced"),
            Node::Array(items) => items.is_empty(),
            _ => arena.is_of_parameter(field.value),
        },
        _ => false,
    }
}

/// Whether Mongoose counts the version of a document that a list in it is changed by. A save counts it but for an element that is
/// changed in place, an update does not.
///
/// Source: Mongoose, "Versioning"; `lib/model.js`, `operand`.
fn is_counted(write: &Write, field: &FieldWrite) -> bool {
    match write.kind {
        WriteKind::Save => !(field.path.contains('*') && field.operator == "$set"),
        _ => write.fields.iter().any(|own| own.path == "__v"),
    }
}

pub(super) fn names(ctx: &Context<'_>, entries: &[Entry]) -> Vec<String> {
    let name = |entry: &Entry| match entry.key {
        Key::Name(name) => Some(ctx.project.arena.text(name).to_owned()),
        _ => None,
    };
    entries.iter().filter_map(name).collect()
}

/// The constants by which the document of a write is found: those of its own filter, and of the read of the document.
pub(super) fn asked_of(ctx: &mut Context<'_>, write: &Write) -> Vec<(String, String)> {
    let read = ctx.project.deciding_read(write).and_then(|check| check.read).and_then(|read| read.filter);
    let filters = write.filter.into_iter().chain(read);
    filters.flat_map(|filter| constants(ctx, filter)).collect()
}

/// The constants that a filter asks for outside of its branches.
pub(super) fn constants(ctx: &Context<'_>, filter: V) -> Vec<(String, String)> {
    let Node::Object(entries) = ctx.project.arena.node(filter) else { return Vec::new() };
    let own = names(ctx, entries);
    let equalities = ctx.project.equalities(filter).into_iter();
    let literals = equalities.filter(|(path, value)| own.contains(path) && ctx.project.arena.is_literal(*value));
    literals.map(|(path, value)| (path, ctx.spell(value, &Unnumbered))).collect()
}

/// A text or a number. What is on or off is set to what it is.
pub(super) fn constant(ctx: &Context<'_>, value: V) -> Option<Constant> {
    known(ctx, value).filter(|constant| matches!(constant, Constant::Text(_) | Constant::Number(_)))
}
