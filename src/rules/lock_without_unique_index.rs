//! A lock document under a key that no unique index protects, so that two of them can be inserted.

use super::context::{Context, Trace};
use crate::diagnostic::Role;
use crate::project::handle::Handle;

const RULE: &str = "lock-without-unique-index";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for lock in &trace.locks {
        let Some(handle @ Handle::Named(name)) = &lock.handle else { continue };
        if lock.key_fields.is_empty() || ctx.schemas.covers(handle, &lock.key_fields) {
            continue;
        }
        let Some(step) = trace.steps.get(lock.step) else { continue };
        let keys = lock.key_fields.iter().map(|key| format!("{key}: 1")).collect::<Vec<_>>().join(", ");
        let mut draft = ctx.draft_at(RULE, trace, lock.step, step.site);
        draft.collection = Some(name.clone());
        draft.message = format!(
            "no unique index covers `{{ {keys} }}` of `{name}`: two callers can both take this lock at the same time"
        );
        draft.label = "locked here".to_owned();
        if let Some(act) = lock.protects.first().and_then(|act| trace.steps.get(*act)) {
            draft.related.push((act.site, Role::Act, "what it protects".to_owned()));
        }
        draft.help = format!(
            "call `createIndex({{ {keys} }}, {{ unique: true }})` on `{name}` at start-up, or use the key as `_id`, which is unique by itself"
        );
        draft.pair = "lock without unique index".to_owned();
        ctx.report(draft);
    }
}
