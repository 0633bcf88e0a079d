//! The guarded value can be null or undefined on a path to the append.

use super::context::{Context, Trace};
use super::guarded::{GuardKey, GuardedAppend};
use crate::limits;
use crate::project::writes::Write;
use crate::value::{C, FnRef, Node, V, children};

const RULE: &str = "nullable-guard-key";

/// Why a value can be missing.
#[derive(Clone, Copy)]
enum Missing {
    Literal,
    Optional,
    Unvalidated,
}

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for append in &trace.guarded {
        let Some(write) = trace.writes.get(append.write) else { continue };
        // A compound guard with one key missing still compares the others.
        let [key] = append.keys.as_slice() else { continue };
        let cond = ctx.project.arena.and(append.cond, key.cond);
        if cond == C::FALSE {
            continue;
        }
        let owner = trace.steps.get(write.step).map_or(trace.func, |step| step.owner);
        if let Some(why) = missing(ctx, trace, owner, key.value, cond, 0) {
            report(ctx, trace, write, append, key, why);
        }
    }
}

fn missing(ctx: &mut Context<'_>, trace: &Trace, owner: FnRef, value: V, cond: C, depth: u32) -> Option<Missing> {
    if depth > limits::MISSING_DEPTH || is_asked(ctx, value, cond) {
        return None;
    }
    match ctx.project.arena.node(value).clone() {
        Node::Null | Node::Undefined => Some(Missing::Literal),
        Node::OneOf(alternatives) => alternatives.into_iter().find_map(|(c, alternative)| {
            let both = ctx.project.arena.and(cond, c);
            if both == C::FALSE { None } else { missing(ctx, trace, owner, alternative, both, depth + 1) }
        }),
        // A parameter's default counts where no caller is known; a caller's own value is judged in the caller.
        Node::Param(func, _) => {
            let own = ctx.project.missing.contains_key(&value) && ctx.project.callers_of(func).is_empty();
            own.then_some(Missing::Optional)
        }
        node if ctx.project.missing.contains_key(&value) => {
            // x?.id and x?.trim() are undefined where x is.
            let object = match node {
                Node::Call { callee, .. } => ctx.project.method_of(callee).map(|(object, _)| object),
                node => children(&node).first().copied(),
            };
            let is_there = |object: V| is_asked(ctx, object, cond) || is_put_there_before(ctx, object);
            object.is_none_or(|object| !is_there(object)).then_some(Missing::Optional)
        }
        Node::Member(object, _) => is_request_input(ctx, trace, owner, object).then_some(Missing::Unvalidated),
        _ => None,
    }
}

/// Whether the path has tested the value, in whatever way.
fn is_asked(ctx: &Context<'_>, value: V, cond: C) -> bool {
    let arena = &ctx.project.arena;
    arena.truth(cond, value) == Some(true)
        || arena.atoms(cond).iter().any(|atom| ctx.project.mentions(atom.value, value))
}

/// `req.user` of a handler behind others: what is no part of what the client sends is put there by one of them, which refuses whoever
/// has none.
fn is_put_there_before(ctx: &Context<'_>, object: V) -> bool {
    let Node::Member(request, part) = ctx.project.arena.node(object) else { return false };
    let Node::Param(func, 0) = ctx.project.arena.node(*request) else { return false };
    let is_sent = matches!(
        ctx.project.arena.text(*part),
        "body" | "query" | "params" | "headers" | "cookies" | "file" | "files" | "session"
    );
    !is_sent && ctx.project.entry(*func).is_some_and(|entry| entry.has_middleware)
}

/// `req.body` and `req.query` of a handler that stands alone and appends itself: nothing before can have validated them.
fn is_request_input(ctx: &Context<'_>, trace: &Trace, owner: FnRef, object: V) -> bool {
    let Node::Member(request, part) = ctx.project.arena.node(object) else { return false };
    let Node::Param(func, at) = ctx.project.arena.node(*request) else { return false };
    let named = ctx.project.function(*func).and_then(|f| f.param_names.get(*at as usize)).is_some_and(|name| {
        matches!(name.as_str(), "req" | "request") && matches!(ctx.project.arena.text(*part), "body" | "query")
    });
    named
        && *func == owner
        && ctx.project.entry(*func).is_some_and(|entry| !entry.has_middleware)
        && !is_passed_on(ctx, trace, object)
}

/// The input as a whole is given to some function, which may validate it.
fn is_passed_on(ctx: &Context<'_>, trace: &Trace, input: V) -> bool {
    trace.steps.iter().any(|step| match &step.op {
        crate::project::Op::Call { args, .. } | crate::project::Op::Marked { args, .. } => args.contains(&input),
        crate::project::Op::Assign { .. } => false,
    }) || ctx
        .project
        .arena
        .atoms(trace.writes.first().map_or(C::TRUE, |write| write.cond))
        .iter()
        .any(|atom| matches!(ctx.project.arena.node(atom.value), Node::Call { args, .. } if args.contains(&input)))
}

fn report(ctx: &mut Context<'_>, trace: &Trace, write: &Write, append: &GuardedAppend, key: &GuardKey, why: Missing) {
    let array = &append.field.path;
    let path = if key.field.is_empty() { array.clone() } else { format!("{array}.{}", key.field) };
    let value = crate::remedy::named(ctx.project, write, key.value).unwrap_or_else(|| "…".to_owned());
    let how = match why {
        Missing::Literal | Missing::Optional => "can be null or undefined here",
        Missing::Unvalidated => "comes from the request unvalidated and can be missing",
    };
    let mut draft = ctx.draft(RULE, trace, write, write.site);
    draft.array = Some(array.clone());
    // Of a list of plain values, none lacks a field.
    let then = match key.field.is_empty() {
        true => "`$ne: null` lets the append in whatever the list holds",
        false => "`$ne: null` refuses the append as soon as any element lacks the field",
    };
    draft.message = format!("the guarded `{path}` {how}: {then}");
    draft.label = "a missing key refuses, or lets everything in".to_owned();
    draft.help = match value.as_str() {
        "…" | "null" | "undefined" => {
            format!(
                "guard by a key that is always there, or refuse before this call what has no value for `{path}`: by an exception, since an element that is dropped in silence is lost"
            )
        }
        value => format!(
            "guard by a key that is always there, or refuse before this call what has none: `if (!{value}) throw …`, since an element that is dropped in silence is lost"
        ),
    };
    draft.pair = format!("{path} nullable");
    ctx.report(draft);
}
