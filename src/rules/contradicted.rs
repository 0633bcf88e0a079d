//! A field that a document had when it was loaded decides that it is deleted, or that another field of it is changed; other code
//! changes that field in between. What that code did goes with the document, or stands beside what it would have been refused for.
//!
//! Part of `check-then-update`. What other code does is known once all functions were read, so it is asked then.
//!
//! Input: the writes of all functions. Output: drafts. Must not know: formats.

use super::changes::asked_of;
use super::context::{Context, Trace};
use super::copies::Changed;
use super::other_change::{excludes, makes, searches};
use super::pending::{Judged, Mend};
use crate::diagnostic::{Level, Role};
use crate::judge::{Makes, OtherChange, Overwritten};
use crate::project::checks::{Check, CheckKind};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::path;
use crate::race::relation::Taken;
use crate::value::{C, Compare, Entry, Key, Node, V};

const RULE: &str = "check-then-update";

/// Notes a function in which a field decides what is done to another one, or to the whole document.
pub fn note(ctx: &mut Context<'_>, trace: &Trace) {
    for (write, checks) in trace.writes.iter().zip(&trace.checks) {
        if is_act(write) && !decided(ctx, write, checks).is_empty() {
            ctx.stale.deciding.push(trace.func);
            return;
        }
    }
}

fn is_act(write: &Write) -> bool {
    write.handle.name().is_some()
        && !write.upsert
        && matches!(write.kind, WriteKind::Update | WriteKind::Save | WriteKind::Delete)
}

/// The fields of its document that decide a write, each with the check or the read that asks for it.
fn decided(ctx: &mut Context<'_>, write: &Write, checks: &[Check]) -> Vec<(String, Check)> {
    let mut all: Vec<(String, Check)> = Vec::new();
    for check in checks {
        let path = check.kind.path().map(|path| path.join(".")).filter(|path| !path.is_empty());
        let Some(path) = path.filter(|_| is_of_state(ctx, check)) else { continue };
        if ctx.project.same_document(check.root, check.read.as_ref(), &write.handle, write.filter, write.document) {
            all.push((path, check.clone()));
        }
    }
    for check in searches(ctx, write, checks) {
        let filter = check.read.as_ref().and_then(|read| read.filter);
        all.extend(filter.into_iter().flat_map(|filter| asked_states(ctx, filter)).map(|path| (path, check.clone())));
    }
    all
}

/// Whether a check asks what state its document is in, and not whose it is.
fn is_of_state(ctx: &Context<'_>, check: &Check) -> bool {
    let arena = &ctx.project.arena;
    match &check.kind {
        CheckKind::Document => false,
        CheckKind::Below { .. } => true,
        CheckKind::Element { keys, .. } => keys.iter().all(|(_, wanted)| arena.is_literal(*wanted)),
        CheckKind::Field { test, .. } => match *arena.node(*test) {
            Node::Compare(Compare::Equal, a, b) => arena.is_literal(a) || arena.is_literal(b),
            _ => true,
        },
    }
}

/// The fields of which a filter asks for a constant, or by an operator.
fn asked_states(ctx: &Context<'_>, filter: V) -> Vec<String> {
    let arena = &ctx.project.arena;
    let Node::Object(entries) = arena.node(filter) else { return Vec::new() };
    let asked = entries.iter().filter_map(|Entry { key, value, .. }| match key {
        Key::Name(name) => Some((arena.text(*name), *value)),
        _ => None,
    });
    let is_state = |value: V| arena.is_literal(value) || matches!(arena.node(value), Node::Object(_));
    asked
        .filter(|(name, value)| !matches!(*name, "_id" | "id") && !name.starts_with('$') && is_state(*value))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Whether a time that is set says nothing of an order of times that was asked for: whether it has come.
fn is_about_time(ctx: &Context<'_>, check: &Check, path: &str, change: &OtherChange) -> bool {
    let arena = &ctx.project.arena;
    let is_order = |value: V| matches!(arena.node(value), Node::Compare(op, ..) if *op != Compare::Equal);
    let filter = check.read.as_ref().and_then(|read| read.filter);
    let asked = filter.into_iter().filter_map(|filter| match arena.node(filter) {
        Node::Object(entries) => entries
            .iter()
            .find(|entry| matches!(entry.key, Key::Name(name) if arena.text(name) == path))
            .map(|entry| entry.value),
        _ => None,
    });
    let is_range = |value: V| matches!(arena.node(value), Node::Object(_));
    let is_ordered = match &check.kind {
        CheckKind::Field { test, .. } => is_order(*test),
        CheckKind::Document => asked.into_iter().any(is_range),
        CheckKind::Below { .. } | CheckKind::Element { .. } => false,
    };
    change.makes == Makes::Dated && is_ordered
}

/// Asks of each such write, whether other code contradicts it.
pub fn check(ctx: &mut Context<'_>) {
    let stale = std::mem::take(&mut ctx.stale);
    ctx.revisit(&stale.deciding, &[RULE], false, |ctx, trace, write, checks| {
        if is_act(write) {
            check_write(ctx, trace, write, checks, stale.changed.of(&write.handle));
        }
    });
    ctx.stale = stale;
}

fn check_write(ctx: &mut Context<'_>, trace: &Trace, write: &Write, checks: &[Check], changed: &[Changed]) {
    let owner = trace.steps.get(write.step).map_or(trace.func, |step| step.owner);
    let (place, asked) = (ctx.project.base_site(write.site), asked_of(ctx, write));
    let mut tried: Vec<OtherChange> = Vec::new();
    for (path, check) in decided(ctx, write, checks) {
        for other in changed.iter().filter(|other| other.path == path) {
            let Some(change) = &other.change else { continue };
            let Some(contradiction) = contradicted(ctx, write, change) else { continue };
            if matches!(contradiction, Contradiction::Over(_)) && !ctx.is_refused(trace, &check) {
                continue;
            }
            if other.place == place
                || is_about_time(ctx, &check, &path, change)
                || !excludes(ctx, &check, change)
                || tried.contains(change)
                || ctx.project.is_in_text(owner, other.place)
                || other.is_of_others(&asked, changed)
            {
                continue;
            }
            tried.push(change.clone());
            let before = ctx.drafts.len();
            report(ctx, trace, (write, contradiction), (&path, &check), (other, change));
            if ctx.drafts.len() > before {
                return;
            }
        }
    }
}

/// What a write does for which the other change would have been refused.
#[derive(Clone, Copy)]
enum Contradiction<'a> {
    /// The document goes.
    Gone,
    /// A field is set that the other change asks for.
    Beside(&'a FieldWrite),
    /// The state itself is set, and each of the two asks for one that the other one leaves.
    Over(&'a FieldWrite),
    /// A field is changed that the other change sets together with the state.
    Both(&'a FieldWrite),
}

impl<'a> Contradiction<'a> {
    fn field(self) -> Option<&'a FieldWrite> {
        match self {
            Self::Gone => None,
            Self::Beside(field) | Self::Over(field) | Self::Both(field) => Some(field),
        }
    }
}

fn contradicted<'a>(ctx: &Context<'_>, write: &'a Write, change: &OtherChange) -> Option<Contradiction<'a>> {
    if write.kind == WriteKind::Delete {
        return Some(Contradiction::Gone);
    }
    let is_constant =
        |field: &FieldWrite| matches!(makes(ctx, field), Some(Makes::Set(_) | Makes::Dated | Makes::Unset));
    let is_asked = |field: &&FieldWrite| is_constant(field) && change.asks.iter().any(|guard| guard.path == field.path);
    let is_own = |field: &FieldWrite| field.path == change.path;
    let is_beside = |field: &FieldWrite| change.beside.iter().any(|(path, _)| *path == field.path);
    let asked = write.fields.iter().find(is_asked);
    if let Some(field) = asked.filter(|_| !write.fields.iter().any(|field| is_own(field) || is_beside(field))) {
        return Some(Contradiction::Beside(field));
    }
    if !write.fields.iter().any(is_own) {
        return write.fields.iter().find(|field| is_reset(ctx, field, change)).map(Contradiction::Both);
    }
    let field = asked?;
    let (own, other) = (makes(ctx, field), &change.makes);
    let are_states = matches!((&own, other), (Some(Makes::Set(own)), Makes::Set(other)) if own != other);
    (are_states && field.path == change.path).then_some(Contradiction::Over(field))
}

/// Whether one of two paths is the other, or stands inside of it.
fn meets(a: &str, b: &str) -> bool {
    path::is_within(a, b) || path::is_within(b, a)
}

/// Whether the other change puts a field to something that stands in the code, and a write makes something else of it.
fn is_reset(ctx: &Context<'_>, field: &FieldWrite, change: &OtherChange) -> bool {
    let made = change.beside.iter().find(|(path, _)| meets(path, &field.path)).and_then(|(_, made)| made.as_ref());
    made.is_some_and(|made| matches!(made, Makes::Set(_) | Makes::Unset) && makes(ctx, field).as_ref() != Some(made))
}

fn report(
    ctx: &mut Context<'_>,
    trace: &Trace,
    (write, contradiction): (&Write, Contradiction<'_>),
    (path, check): (&str, &Check),
    (other, change): (&Changed, &OtherChange),
) {
    let field = contradiction.field().map_or(C::TRUE, |field| field.cond);
    let cond = ctx.project.arena.and(write.cond, field);
    let relation = ctx.relation(trace, check, write, cond, Taken::Condition(path));
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    let (lowered, message, label, help) = match contradiction {
        Contradiction::Gone => (
            "what is lost is what other code does to the document before it goes",
            format!(
                "`{path}` is checked before this deletion, not in its filter: what other code does to the document in between goes with it"
            ),
            "deletes without the check in the filter".to_owned(),
            format!(
                "ask in the filter of this deletion what was checked of `{path}`; deletedCount 0 (or null) means that the check failed"
            ),
        ),
        Contradiction::Beside(FieldWrite { path: field, .. }) => (
            "what other code decides by the field that is written here is contradicted",
            format!(
                "`{path}` is checked before this update of `{field}`, not in its filter, and other code changes `{path}` where `{field}` allows it: both can pass"
            ),
            format!("writes `{field}` without the check in the filter"),
            format!(
                "make the check and the change one command: its filter asks what was checked of `{path}`, and the other one's what it checks of `{field}`; matchedCount 0 (or null) means that the check failed"
            ),
        ),
        Contradiction::Both(FieldWrite { path: field, .. }) => (
            "what is lost is a field that other code sets together with the one that was checked",
            format!(
                "`{path}` is checked before this update of `{field}`, not in its filter: other code that changes both can come in between, and what it makes of `{field}` is written over"
            ),
            format!("writes `{field}` without the check in the filter"),
            format!(
                "make the check and the change one command: its filter asks what was checked of `{path}`, and matchedCount 0 (or null) means that the check failed"
            ),
        ),
        Contradiction::Over(_) => (
            "what is stored in the end is that of one order of the requests",
            format!(
                "`{path}` is checked before this update, not in its filter: other code that asks for it too can set another state in between, and both are told that it is done"
            ),
            format!("writes `{path}` without the check in the filter"),
            format!(
                "make the check and the change one command: its filter asks what was checked of `{path}`, and matchedCount 0 (or null) means that the check failed"
            ),
        ),
    };
    draft.lowered = draft.lowered.or(Some((Level::Warning, lowered)));
    (draft.message, draft.label, draft.help) = (message, label, help);
    draft.array = Some(path.to_owned());
    draft.related.splice(0..0, ctx.ends(check));
    draft.related.push((other.site, Role::Context, format!("`{path}` is changed here")));
    draft.pair = match contradiction {
        Contradiction::Gone => format!("{path} checked -> deleted"),
        Contradiction::Beside(field) | Contradiction::Over(field) | Contradiction::Both(field) => {
            format!("{path} checked -> {} of {}", field.operator, field.path)
        }
    };
    let is_answered = matches!(contradiction, Contradiction::Gone | Contradiction::Over(_));
    let change = OtherChange { is_answered, ..change.clone() };
    let overwritten = Some(Overwritten::Other(Box::new(change)));
    let own = match contradiction {
        Contradiction::Both(field) => write.fields.iter().position(|other| std::ptr::eq(other, field)),
        _ => None,
    };
    // What else is changed beside needs more than this filter.
    let mend = if matches!(contradiction, Contradiction::Over(_)) { Mend::Update } else { Mend::Nothing };
    let act =
        Judged { overwritten, own, needs_witness: true, may_repeat: true, mend, ..Judged::of(write, field, relation) };
    ctx.report_judged(draft, trace, &act);
    ctx.settle(trace);
}
