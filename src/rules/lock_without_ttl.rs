//! A lock document that stays for ever when the process that took it dies.

use super::context::{Context, Trace};
use crate::diagnostic::Role;
use crate::project::handle::Handle;

const RULE: &str = "lock-without-ttl";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for lock in &trace.locks {
        let Some(handle @ Handle::Named(name)) = &lock.handle else { continue };
        if lock.takes_over || ctx.schemas.expires(handle) {
            continue;
        }
        let Some(step) = trace.steps.get(lock.step) else { continue };
        let mut draft = ctx.draft_at(RULE, trace, lock.step, step.site);
        draft.collection = Some(name.clone());
        draft.message =
            format!("a lock in `{name}` never expires: if this process dies, its key stays locked for ever");
        draft.label = "locked here".to_owned();
        if let Some(release) = lock.releases.last().and_then(|release| trace.steps.get(release.step)) {
            draft.related.push((release.site, Role::Gap, "released only here".to_owned()));
        }
        draft.help = format!(
            "store `createdAt: new Date()` and create a TTL index longer than the work: `createIndex({{ createdAt: 1 }}, {{ expireAfterSeconds: 60 }})` on `{name}`"
        );
        draft.pair = "lock without expiry".to_owned();
        ctx.report(draft);
    }
}
