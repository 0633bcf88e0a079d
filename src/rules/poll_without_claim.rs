//! A polling or recovery path completes a task without asking whether the webhook has claimed it.

use super::context::{Context, Draft, Trace};
use super::protocol;
use crate::config::Completion;
use crate::diagnostic::Role;
use crate::project::writes::{Write, WriteKind};
use crate::project::{Op, Step};
use crate::value::{Node, Site, V};

const RULE: &str = "poll-without-claim";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    let Some(completion) = &ctx.config.protocol.completion else { return };
    // What a caller makes sure of counts, so only whole paths are judged.
    if completion.claims.is_empty() || !ctx.project.callers_of(trace.func).is_empty() {
        return;
    }
    let mut names: Vec<&str> = vec![&completion.consumer];
    names.extend(completion.complete.iter().map(String::as_str));
    for (at, step, args) in protocol::calls(ctx, trace, &names) {
        let Op::Marked { name, .. } = step.op else { continue };
        let name = ctx.project.arena.text(name).to_owned();
        if !is_polled(ctx, trace, step)
            || is_claimed(ctx, completion, step, args)
            || claims_inside(ctx, completion, &name)
        {
            continue;
        }
        let source = args.iter().find_map(|arg| provider_call(ctx, *arg));
        let mut draft = ctx.draft_at(RULE, trace, at, step.site);
        draft.label = "completed here".to_owned();
        draft.pair = format!("poll -> {name}");
        finish(ctx, completion, step, draft, source);
    }
    for write in &trace.writes {
        let Some(step) = trace.steps.get(write.step) else { continue };
        let Some(value) = completed_value(ctx, completion, write) else { continue };
        let mut values = vec![value];
        values.extend(write.filter);
        if !is_polled(ctx, trace, step)
            || is_claimed(ctx, completion, step, &values)
            || inside_completion(ctx, completion, trace, step)
        {
            continue;
        }
        let source = provider_call(ctx, value);
        let mut draft = ctx.draft(RULE, trace, write, write.site);
        draft.label = format!("`{}` is set here", completion.status);
        draft.pair = format!("poll -> {}", completion.status);
        finish(ctx, completion, step, draft, source);
    }
}

fn finish(ctx: &mut Context<'_>, completion: &Completion, step: &Step, mut draft: Draft, source: Option<Site>) {
    let claims: Vec<String> = completion.claims.iter().map(|claim| format!("`{claim}`")).collect();
    draft.message = format!(
        "this poll completes a task without reading {}: the webhook can complete it as well",
        claims.join(" or ")
    );
    // The call in the function that completes the task, not the request deep inside of it.
    let asked = source.and_then(|source| {
        let mut calls = vec![source];
        calls.extend(ctx.calls_to(source));
        calls.into_iter().find(|call| ctx.project.enclosing(*call) == Some(step.owner))
    });
    if let Some(source) = asked {
        draft.related.push((source, Role::Check, "the provider is asked here".to_owned()));
    }
    let filter: Vec<String> = completion.claims.iter().map(|claim| format!("{claim}: {{ $ne: true }}")).collect();
    draft.help = format!(
        "claim the task first, with one `findOneAndUpdate({{ <key of the task>, {} }}, …)`, and complete it only if that matched",
        filter.join(", ")
    );
    ctx.report(draft);
}

fn is_polled(ctx: &Context<'_>, trace: &Trace, step: &Step) -> bool {
    protocol::chain(ctx, trace, step).into_iter().any(|func| protocol::is_polling(ctx, func))
}

/// Whether the path reads a claim, or the flag that stands for one.
fn is_claimed(ctx: &Context<'_>, completion: &Completion, step: &Step, values: &[V]) -> bool {
    completion
        .claims
        .iter()
        .chain(std::iter::once(&completion.flag))
        .any(|field| protocol::reads(ctx, step.cond, values, field))
}

/// Whether the function that completes a task claims it itself.
fn claims_inside(ctx: &Context<'_>, completion: &Completion, name: &str) -> bool {
    protocol::functions_named(ctx, name)
        .into_iter()
        .any(|func| completion.claims.iter().any(|claim| protocol::function_reads(ctx, func, claim)))
}

/// The value of a write that may complete a task.
fn completed_value(ctx: &Context<'_>, completion: &Completion, write: &Write) -> Option<V> {
    let tasks = completion.tasks.as_ref()?;
    if write.kind != WriteKind::Update || write.handle.name() != Some(tasks.as_str()) {
        return None;
    }
    let field = write.fields.iter().find(|field| field.operator == "$set" && field.path == completion.status)?;
    ctx.project
        .arena
        .alternatives(field.value)
        .into_iter()
        .any(|(_, value)| match ctx.project.arena.as_str(value) {
            Some(text) => text == completion.completed,
            None => provider_call(ctx, value).is_some(),
        })
        .then_some(field.value)
}

/// The call whose result a value is made from.
fn provider_call(ctx: &Context<'_>, value: V) -> Option<Site> {
    let mut found = None;
    ctx.project.contains(value, &mut |project, part| match project.arena.node(part) {
        Node::Call { site, .. } => {
            found = Some(*site);
            true
        }
        _ => false,
    });
    found
}

/// Whether a step belongs to the functions of the protocol, which are judged by how they are called.
fn inside_completion(ctx: &Context<'_>, completion: &Completion, trace: &Trace, step: &Step) -> bool {
    let mut names = vec![completion.consumer.as_str(), completion.producer.as_str()];
    names.extend(completion.complete.iter().map(String::as_str));
    protocol::chain(ctx, trace, step).into_iter().any(|func| {
        ctx.project
            .function(func)
            .and_then(|function| function.name.rsplit('.').next())
            .is_some_and(|name| names.contains(&name))
    })
}
