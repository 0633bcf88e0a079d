//! A release by key alone that also runs in a call which never held the lock.

use super::context::{Context, Trace};
use crate::diagnostic::Role;

const RULE: &str = "lock-released-by-non-owner";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for lock in &trace.locks {
        let Some((at, site)) = ctx.project.foreign_release(lock, &trace.steps, &trace.writes) else { continue };
        let (Some(acquire), Some(release)) = (trace.steps.get(lock.step), trace.steps.get(at)) else { continue };
        let mut draft = ctx.draft_at(RULE, trace, at, site);
        draft.owner = ctx.project.enclosing(site).unwrap_or(release.owner);
        draft.calls = ctx.project.chain(site);
        draft.collection = lock.handle.as_ref().and_then(|handle| handle.name()).map(str::to_owned);
        draft.message =
            "a call that did not get the lock can reach this release: it frees the lock of another one".to_owned();
        draft.label = "released here by key alone".to_owned();
        draft.related.push((acquire.site, Role::Check, "locked here".to_owned()));
        draft.related.push((release.site, Role::Act, "the lock document is deleted here".to_owned()));
        draft.help =
            "store an owner token with the lock (`owner: randomUUID()`) and name it in the filter of the delete, or release only inside the `try` that starts after the lock was taken"
                .to_owned();
        draft.pair = "failed lock -> release".to_owned();
        ctx.report(draft);
    }
}
