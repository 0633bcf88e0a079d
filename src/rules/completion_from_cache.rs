//! A cached status reaches the function that completes a task.

use super::context::{Context, Trace};
use super::protocol;
use crate::diagnostic::Role;
use crate::value::Node;

const RULE: &str = "completion-from-cache";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    let Some(completion) = &ctx.config.protocol.completion else { return };
    let mut names: Vec<&str> = vec![&completion.consumer];
    names.extend(completion.complete.iter().map(String::as_str));
    for (at, step, args) in protocol::calls(ctx, trace, &names) {
        let Some(result) = args.iter().find_map(|arg| protocol::produced(ctx, completion, *arg)) else { continue };
        let Node::Call { site: produced, .. } = ctx.project.arena.node(result).clone() else { continue };
        if protocol::reads(ctx, step.cond, args, &completion.flag) || honoured_inside(ctx, &names, &completion.flag) {
            continue;
        }
        let (producer, consumer, flag) = (&completion.producer, &completion.consumer, &completion.flag);
        let mut draft = ctx.draft_at(RULE, trace, at, step.site);
        draft.message = format!(
            "the result of `{producer}` completes the task whether or not it is cached: `{flag}` is never read here"
        );
        draft.label = "completed here".to_owned();
        draft.related.push((produced, Role::Check, format!("status asked for here, maybe with `{flag}`")));
        draft.help =
            format!("skip `{consumer}` for a cached result: `if (!status.{flag}) await {consumer}(status, …)`");
        draft.pair = format!("{producer} -> {consumer}");
        ctx.report(draft);
    }
}

/// Whether the functions that complete a task look at the flag themselves.
fn honoured_inside(ctx: &Context<'_>, names: &[&str], flag: &str) -> bool {
    names.iter().any(|name| {
        protocol::functions_named(ctx, name).into_iter().any(|func| protocol::function_reads(ctx, func, flag))
    })
}
