//! A lock in memory around an append to a tracked array, or keyed by an element's identity: it holds in one process only.

use super::appended::appends;
use super::context::{Context, Trace};
use super::lock_key_mismatch::key_names;
use crate::diagnostic::Role;
use crate::project::locks::{Lock, LockKind};
use crate::project::writes::{Write, WriteKind};

const RULE: &str = "in-memory-lock";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for lock in trace.locks.iter().filter(|lock| lock.kind == LockKind::Memory) {
        let Some(step) = trace.steps.get(lock.step) else { continue };
        let Some((write, array)) = protected(ctx, trace, lock) else { continue };
        let mut draft = ctx.draft(RULE, trace, write, step.site);
        draft.owner = step.owner;
        draft.message = match &array {
            Some(array) => {
                format!(
                    "the append to `{array}` is locked in memory: another process, or a restart, does not see the lock"
                )
            }
            None => {
                "an element is locked in memory by its identity: another process, or a restart, does not see the lock"
                    .to_owned()
            }
        };
        let field = array.clone().unwrap_or_else(|| "<array>".to_owned());
        draft.array = array;
        draft.label = "locked here".to_owned();
        draft.related.push((write.site, Role::Act, "what it protects".to_owned()));
        draft.help = format!(
            "let the database decide: put the element's identity into the filter of the append (`'{field}.<key>': {{ $ne: <key> }}`), or insert a lock document under a unique key with a TTL"
        );
        draft.pair = "memory lock -> append".to_owned();
        ctx.report(draft);
    }
}

/// The append to a tracked array that is locked, with the array; or a write that is locked by an element's identity.
fn protected<'t>(ctx: &Context<'_>, trace: &'t Trace, lock: &Lock) -> Option<(&'t Write, Option<String>)> {
    let writes: Vec<&Write> = trace
        .writes
        .iter()
        .filter(|write| {
            lock.protects.contains(&write.step) && matches!(write.kind, WriteKind::Update | WriteKind::Save)
        })
        .collect();
    for write in &writes {
        let field = appends(write).into_iter().find(|field| ctx.tracked(&write.handle, &field.path).is_some());
        if let Some(field) = field {
            return Some((write, Some(field.path)));
        }
    }
    let names = key_names(ctx, lock.key?);
    let by_identity = ctx.config.arrays.iter().flat_map(|array| &array.kinds).any(|kind| {
        kind.key.iter().all(|key| names.iter().any(|name| super::lock_key_mismatch::name_matches(name, key)))
    });
    writes.into_iter().find(|_| by_identity).map(|write| (write, None))
}
