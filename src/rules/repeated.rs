//! What else happens with an act that a check decides, so that doing it twice does more than doing it once.
//!
//! Input: a trace, a write, a check. Output: answers, and what a draft names of them. Must not know: formats.

use super::context::{Context, Trace};
use super::draft::Draft;
use crate::diagnostic::Role;
use crate::limits;
use crate::project::Op;
use crate::project::attempts;
use crate::project::checks::Check;
use crate::project::declared::Declared;
use crate::project::mongo::Action;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::value::{C, Coercion, Node, V};

/// Whether the function also writes the other side of a toggle.
///
/// Where the request says which side it asks for, a second one with the same leaves what the first one left.
pub(super) fn is_toggled(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    check: &Check,
) -> bool {
    trace.writes.iter().flat_map(|w| w.fields.iter().map(move |f| (w, f))).any(|(w, other)| {
        w.handle.same(&write.handle)
            && other.path == field.path
            && other.operator == field.operator
            && other.value != field.value
            && ctx.project.arena.conflict(ctx_cond(w, other), ctx_cond(write, field))
            && !is_chosen(ctx, ctx_cond(w, other), ctx_cond(write, field), check)
            && ctx
                .project
                .arena
                .truth(C::TRUE, other.value)
                .is_some_and(|t| Some(!t) == ctx.project.arena.truth(C::TRUE, field.value))
    })
}

/// Whether what keeps two sides apart is something else than the document: `if (req.body.on) … else …`.
fn is_chosen(ctx: &Context<'_>, other: C, own: C, check: &Check) -> bool {
    ctx.project.arena.atoms(own).into_iter().any(|atom| {
        ctx.project.arena.truth(other, atom.value) == Some(!atom.holds)
            && !ctx.project.contains(atom.value, &mut |_, part| part == check.root)
    })
}

/// Whether something that is not idempotent happens with the write: another counter in it, or another write that the
/// same check decides.
pub(super) fn has_other_effect(
    ctx: &mut Context<'_>,
    trace: &Trace,
    write: &Write,
    field: &FieldWrite,
    check: &Check,
) -> bool {
    let beside: Vec<C> = write
        .fields
        .iter()
        .filter(|other| other.path != field.path && (counts(other) || is_counted_on(ctx, other.value, check)))
        .map(|other| other.cond)
        .collect();
    // `if (!doc.name) doc.name = name; doc.visits += 1; doc.save()`: the check does not decide the count.
    for cond in beside {
        let cond = ctx.project.arena.and(write.cond, cond);
        if decides(check, &ctx.project.checks(cond, &trace.documents)) {
            return true;
        }
    }
    !done_with(ctx, trace, write, check).is_empty()
}

fn counts(field: &FieldWrite) -> bool {
    matches!(field.operator.as_str(), "$inc" | "$mul" | "$push")
}

/// The other writes that the same check decides, and that do more when they are done twice.
pub(super) fn done_with<'a>(ctx: &mut Context<'_>, trace: &'a Trace, write: &Write, check: &Check) -> Vec<&'a Write> {
    // A write whose own filter decides does not happen twice.
    let is_guarded = |ctx: &mut Context<'_>, other: &Write| {
        other.fields.iter().any(|f| f.is_append() && super::guarded::is_guarded(ctx.project, other, f, other.cond))
    };
    let mut done = Vec::new();
    for (other, checks) in trace.writes.iter().zip(&trace.checks) {
        if other.step != write.step
            && !ctx.project.arena.conflict(other.cond, write.cond)
            && (other.kind == WriteKind::Insert
                || other.fields.iter().any(|f| counts(f) || may_be_arithmetic(ctx, f.value)))
            && decides(check, checks)
            && !is_guarded(ctx, other)
        {
            done.push(other);
        }
    }
    done
}

/// Names the other writes that the same check decides.
pub(super) fn tell_beside(ctx: &Context<'_>, draft: &mut Draft, done: &[&Write], check: &Check) {
    let read = check.read.as_ref().map(|read| read.site);
    for other in done.iter().take(limits::TOLD_BESIDE) {
        let way = ctx.project.meeting(other.site, read.into_iter());
        draft.related.push((way.unwrap_or(other.site), Role::Act, "done by each that passes the check".to_owned()));
    }
}

/// The collections into which the check has something inserted that is noted down, such as what was done by whom: nothing in it is a
/// number. None where the act leaves another value when it is done again, or something else is done with it.
pub(super) fn noted(ctx: &mut Context<'_>, write: &Write, done: &[&Write]) -> Vec<String> {
    let is_same = |ctx: &Context<'_>, field: &FieldWrite| match field.operator.as_str() {
        "$unset" | "$currentDate" => true,
        "$set" => is_of_its_own(ctx, field.value, 0),
        _ => false,
    };
    if !write.fields.iter().all(|field| is_same(ctx, field)) {
        return Vec::new();
    }
    let mut noted: Vec<String> = Vec::new();
    for other in done {
        let Some(name) = other.handle.name().filter(|_| other.kind == WriteKind::Insert) else { return Vec::new() };
        let has_number = other.fields.iter().any(|field| {
            may_be_arithmetic(ctx, field.value)
                || matches!(ctx.project.arena.node(field.value), Node::Num(_) | Node::Coerce(Coercion::Number(_), _))
                || ctx.project.declared(name, &field.path) == Some(Declared::Number)
        });
        if has_number || other.fields.is_empty() || other.handle.same(&write.handle) {
            return Vec::new();
        }
        noted.push(name.to_owned());
    }
    noted
}

/// Whether a value is computed from what the check looked at: `doc.count + 1`, not `Date.now() + 60_000`.
pub(super) fn is_counted_on(ctx: &Context<'_>, value: V, check: &Check) -> bool {
    is_arithmetic(ctx, value) && ctx.project.contains(value, &mut |_, part| part == check.root)
}

/// Whether a check is among those of a path.
pub(super) fn decides(check: &Check, checks: &[Check]) -> bool {
    checks.iter().any(|c| c.root == check.root && c.leaf == check.leaf && c.holds == check.holds)
}

/// Whether something that the check decides too happens with the write, though nothing is counted in it: a mail, a payment, a
/// value that the request brings for another document. Where `is_quiet`, that somebody is told is none.
pub(super) fn is_followed(ctx: &mut Context<'_>, trace: &Trace, write: &Write, check: &Check, is_quiet: bool) -> bool {
    // What a loop does with an element of the list is done because it is in the list.
    let is_of_list = |ctx: &Context<'_>, values: &[V]| {
        is_listed(check) && values.iter().any(|value| ctx.project.contains(*value, &mut |_, part| part == check.root))
    };
    let is_sent = trace.steps.iter().any(|step| {
        let Op::Call { args, .. } = &step.op else { return false };
        ctx.project.outside_effect(step).is_some_and(|name| !(is_quiet && announces(name)))
            && attempts::name_of(&ctx.project.arena, args).is_none()
            && !ctx.project.arena.conflict(step.cond, write.cond)
            && (is_of_list(ctx, args) || decides(check, &ctx.project.checks(step.cond, &trace.documents)))
    });
    is_sent
        || trace.writes.iter().zip(&trace.checks).any(|(other, checks)| {
            let is_brought = |field: &FieldWrite| {
                ctx.project
                    .contains(field.value, &mut |project, part| matches!(project.arena.node(part), Node::Param(..)))
            };
            other.step != write.step
                && !ctx.project.arena.conflict(other.cond, write.cond)
                && (!other.handle.same(&write.handle) || other.kind == WriteKind::Insert)
                && (other.kind == WriteKind::Insert || other.fields.iter().any(is_brought))
                && (decides(check, checks)
                    || is_of_list(ctx, &other.fields.iter().map(|field| field.value).collect::<Vec<_>>()))
        })
}

/// Whether a call tells whoever listens that something was done: that it is told twice says nothing wrong.
pub(super) fn announces(name: &str) -> bool {
    let name = name.to_lowercase();
    ["emit", "publish", "broadcast", "dispatch", "trigger"].iter().any(|verb| name.starts_with(verb))
}

/// Whether a loop over what was read decides, and no test.
pub(super) fn is_listed(check: &Check) -> bool {
    check.leaf == check.root && check.read.as_ref().is_some_and(|read| read.action == Action::FindMany)
}

fn may_be_arithmetic(ctx: &Context<'_>, value: V) -> bool {
    ctx.project.arena.alternatives(value).into_iter().any(|(_, v)| is_arithmetic(ctx, v))
}

fn ctx_cond(write: &Write, field: &FieldWrite) -> C {
    if field.cond == C::TRUE { write.cond } else { field.cond }
}

pub(super) fn is_arithmetic(ctx: &Context<'_>, value: V) -> bool {
    matches!(ctx.project.arena.node(value), Node::Derived(op, _) if matches!(ctx.project.arena.text(*op), "+" | "-" | "*" | "/" | "%" | "**"))
}

/// A literal, or a time or an identifier made here, be it with an offset: `Date.now() + 60000`.
pub(super) fn is_of_its_own(ctx: &Context<'_>, value: V, depth: u32) -> bool {
    let are = |parts: &[V]| depth < limits::OWN_DEPTH && parts.iter().all(|part| is_of_its_own(ctx, *part, depth + 1));
    match ctx.project.arena.node(value) {
        Node::Fresh(..) | Node::Object(_) | Node::Array(_) => true,
        Node::New { args, .. } => args.is_empty() || are(args),
        Node::Derived(_, operands) => are(operands),
        Node::Coerce(_, inner) => is_of_its_own(ctx, *inner, depth),
        _ => ctx.project.arena.is_literal(value),
    }
}
