//! An acquisition that fails for another reason than a held lock is swallowed, and the work goes on without the lock.

use super::context::{Context, Trace};
use crate::diagnostic::Role;
use crate::project::locks::LockKind;

const RULE: &str = "lock-fails-open";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for lock in trace.locks.iter().filter(|lock| lock.kind != LockKind::Memory) {
        let Some(open) = ctx.project.fails_open(lock, &trace.steps, &trace.writes) else { continue };
        let (Some(acquire), Some(act)) = (trace.steps.get(lock.step), trace.steps.get(open.act)) else { continue };
        let mut draft = ctx.draft_at(RULE, trace, lock.step, open.handler);
        draft.collection = lock.handle.as_ref().and_then(|handle| handle.name()).map(str::to_owned);
        draft.message =
            "an error other than E11000 is swallowed here, and the work goes on without the lock".to_owned();
        draft.label = "only a held lock stops the work".to_owned();
        draft.related.push((acquire.site, Role::Check, "locked here".to_owned()));
        draft.related.push((act.site, Role::Act, "acted on here, with or without the lock".to_owned()));
        draft.help =
            "throw what is not E11000 (`if (error.code !== 11000) throw error;`), or guard the act so that it needs no lock"
                .to_owned();
        draft.pair = "failed lock -> act".to_owned();
        ctx.report(draft);
    }
}
