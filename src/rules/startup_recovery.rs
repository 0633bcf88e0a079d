//! Recovery at start-up runs while the completion path does not honour the flag of a cached result.

use super::context::{Context, Draft};
use crate::diagnostic::Role;
use crate::project::Op;
use crate::value::{FnRef, Site};

const RULE: &str = "startup-recovery";

/// Runs after the other checks, because it asks what they found.
pub fn check(ctx: &mut Context<'_>) {
    let Some(completion) = &ctx.config.protocol.completion else { return };
    let Some(recovery) = &completion.recovery else { return };
    let Some(unread) = ctx.drafts.iter().find(|draft| draft.rule == "completion-from-cache").map(|draft| draft.site)
    else {
        return;
    };
    for (owner, site) in calls_of(ctx, recovery) {
        ctx.report(Draft {
            message: format!(
                "`{recovery}` completes tasks again at every start, and `{}` of a cached result is not honoured",
                completion.flag
            ),
            label: "started here".to_owned(),
            related: vec![(unread, Role::Act, format!("completed here without reading `{}`", completion.flag))],
            help: format!(
                "honour `{}` before `{}` first, then start the recovery again",
                completion.flag, completion.consumer
            ),
            pair: format!("{recovery} -> {}", completion.consumer),
            ..Draft::at(RULE, site, owner)
        });
    }
}

fn calls_of(ctx: &Context<'_>, name: &str) -> Vec<(FnRef, Site)> {
    ctx.project
        .summaries
        .iter()
        .flat_map(|steps| steps.iter())
        .filter(|step| {
            step.calls == 0
                && matches!(&step.op, Op::Marked { name: marked, .. } if ctx.project.arena.text(*marked) == name)
        })
        .map(|step| (step.owner, step.site))
        .collect()
}
