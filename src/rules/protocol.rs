//! The completion protocol as the configuration names it: who reports a task's status, who completes a task, and which
//! paths do so because somebody asked instead of because the provider called.
//!
//! Input: the steps of a function. Output: the calls that complete tasks. Must not know: how findings look.

use super::context::{Context, Trace};
use crate::config::Completion;
use crate::project::{Op, Step};
use crate::value::{C, FnRef, Key, Node, Site, V};

/// The calls of a function of the protocol in a trace: the index of the step and the arguments.
pub fn calls<'t>(ctx: &Context<'_>, trace: &'t Trace, names: &[&str]) -> Vec<(usize, &'t Step, &'t [V])> {
    trace
        .steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| match &step.op {
            Op::Marked { name, args } if names.contains(&ctx.project.arena.text(*name)) => {
                Some((at, step, args.as_slice()))
            }
            _ => None,
        })
        .collect()
}

/// The call of the producer that a value is made from.
pub fn produced(ctx: &Context<'_>, protocol: &Completion, value: V) -> Option<V> {
    let mut found = None;
    ctx.project.contains(value, &mut |project, part| {
        let is_it = match project.arena.node(part) {
            Node::Call { callee, .. } => project.called_name(*callee) == Some(protocol.producer.as_str()),
            _ => false,
        };
        if is_it {
            found = Some(part);
        }
        is_it
    });
    found
}

/// Whether a condition, or a value, reads a field of this name.
pub fn reads(ctx: &Context<'_>, cond: C, values: &[V], field: &str) -> bool {
    let atoms = ctx.project.arena.atoms(cond);
    atoms.iter().map(|atom| &atom.value).chain(values).any(|value| mentions(ctx, *value, field))
}

/// Whether a value is made from a field of this name, or from a filter that asks for it.
pub fn mentions(ctx: &Context<'_>, value: V, field: &str) -> bool {
    ctx.project.contains(value, &mut |project, part| {
        let named = |name: crate::value::Sym| project.arena.text(name) == field;
        match project.arena.node(part) {
            Node::Member(_, name) => named(*name),
            Node::Object(entries) => entries.iter().any(|entry| matches!(entry.key, Key::Name(name) if named(name))),
            Node::OneOf(alternatives) => alternatives.iter().any(|(cond, _)| {
                project
                    .arena
                    .atoms(*cond)
                    .iter()
                    .any(|atom| matches!(project.arena.node(atom.value), Node::Member(_, name) if named(*name)))
            }),
            _ => false,
        }
    })
}

/// Whether a function reads the field in any of its conditions or filters, as the consumer may do itself.
pub fn function_reads(ctx: &Context<'_>, func: FnRef, field: &str) -> bool {
    let own = ctx
        .project
        .function(func)
        .is_some_and(|function| function.effects.iter().any(|effect| reads(ctx, effect.cond, &[], field)));
    let steps = ctx.project.steps_of(func);
    own || steps.iter().any(|step| {
        let args: &[V] = match &step.op {
            Op::Call { args, .. } => args,
            _ => &[],
        };
        reads(ctx, step.cond, args, field)
    })
}

/// The functions of the project with this name.
pub fn functions_named(ctx: &Context<'_>, name: &str) -> Vec<FnRef> {
    ctx.project
        .functions
        .iter()
        .enumerate()
        .filter(|(_, function)| function.name.rsplit('.').next() == Some(name))
        .map(|(at, _)| FnRef(at as u32))
        .collect()
}

/// The functions through which a step is reached, the summarised one first, the one with the step's text last.
pub fn chain(ctx: &Context<'_>, trace: &Trace, step: &Step) -> Vec<FnRef> {
    let mut chain = vec![step.owner];
    let mut at: Option<Site> = ctx.project.arena.site_info(step.site).via;
    while let Some(call) = at {
        chain.extend(ctx.project.enclosing(call));
        at = ctx.project.arena.site_info(call).via;
    }
    chain.push(trace.func);
    chain.reverse();
    chain.dedup();
    chain
}

/// Whether a function runs because somebody asks how far a task is: a timer, a schedule, a poll, recovery, a status route.
pub fn is_polling(ctx: &Context<'_>, func: FnRef) -> bool {
    let Some(function) = ctx.project.function(func) else { return false };
    let name = function.name.to_lowercase();
    if name.contains("webhook") {
        return false;
    }
    let status_route =
        name.starts_with("get /") && ["status", "poll", "progress"].iter().any(|part| name.contains(part));
    let asks = ["poll", "recover", "resume"].iter().any(|part| name.contains(part)) && !name.contains(" /");
    let scheduled = ["schedule callback", "setinterval callback", "cronjob callback"].contains(&name.as_str());
    status_route || asks || scheduled || ctx.project.entry(func).is_some_and(|entry| entry.kind.is_scheduled())
}
