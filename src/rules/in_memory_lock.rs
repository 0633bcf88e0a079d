//! A lock in memory around an append to a tracked array, around the append of what it is keyed by, around an amount that is added
//! once for its key, or keyed by an element's identity: it holds in one process only.

use super::appended::appends;
use super::context::{Context, Trace};
use super::lock_key_mismatch::{key_names, name_matches};
use crate::diagnostic::Role;
use crate::project::locks::{Lock, LockKind};
use crate::project::writes::{Write, WriteKind};
use crate::value::{Node, V};

const RULE: &str = "in-memory-lock";

/// What a lock keeps from being done twice.
enum Protected {
    /// An append to this array.
    Append(String),
    /// An amount that is added to this field.
    Amount(String),
    /// A change of an element that the key of the lock identifies.
    Identified,
}

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for lock in trace.locks.iter().filter(|lock| lock.kind == LockKind::Memory) {
        let Some(step) = trace.steps.get(lock.step) else { continue };
        let Some((write, protected)) = protected(ctx, trace, lock) else { continue };
        let what = match &protected {
            Protected::Append(array) => format!("the append to `{array}` is locked in memory"),
            Protected::Amount(field) => {
                format!("that an amount is added to `{field}` once for each key is known in memory only")
            }
            Protected::Identified => "an element is locked in memory by its identity".to_owned(),
        };
        let guard = |array: &str| {
            format!(
                "let the database decide: put the element's identity into the filter of the append (`'{array}.<key>': {{ $ne: <key> }}`), or insert a lock document under a unique key with a TTL"
            )
        };
        let mut draft = ctx.draft(RULE, trace, write, step.site);
        draft.owner = step.owner;
        draft.message = format!("{what}: another process, or a restart, does not see the lock");
        draft.label = "locked here".to_owned();
        draft.related.push((write.site, Role::Act, "what it protects".to_owned()));
        draft.help = match &protected {
            Protected::Append(array) => guard(array),
            Protected::Amount(_) => {
                "let the database decide: insert the key into a collection where it is unique, and add the amount only where that insert is not refused (E11000), both in one transaction"
                    .to_owned()
            }
            Protected::Identified => guard("<array>"),
        };
        draft.pair = "memory lock -> append".to_owned();
        if let Protected::Append(array) = protected {
            draft.array = Some(array);
        }
        ctx.report(draft);
    }
}

/// The write that is locked: an append to a tracked array, a change that is made once for the key, or one of an element that the
/// key identifies.
fn protected<'t>(ctx: &Context<'_>, trace: &'t Trace, lock: &Lock) -> Option<(&'t Write, Protected)> {
    let is_locked = |write: &&Write| {
        lock.protects.contains(&write.step) && matches!(write.kind, WriteKind::Update | WriteKind::Save)
    };
    let writes: Vec<&Write> = trace.writes.iter().filter(is_locked).collect();
    for write in &writes {
        let field = appends(write).into_iter().find(|field| ctx.tracked(&write.handle, &field.path).is_some());
        if let Some(field) = field {
            return Some((write, Protected::Append(field.path)));
        }
    }
    let key = lock.key?;
    // What only delays lets the same be done again for the same key.
    let mut once = writes.iter().filter(|_| !lock.is_waited_for && !lock.expires);
    if let Some(once) = once.find_map(|write| Some((*write, once_by(ctx, write, key)?))) {
        return Some(once);
    }
    let names = key_names(ctx, key);
    let by_identity = ctx
        .config
        .arrays
        .iter()
        .flat_map(|array| &array.kinds)
        .any(|kind| kind.key.iter().all(|key| names.iter().any(|name| name_matches(name, key))));
    writes.into_iter().find(|_| by_identity).map(|write| (write, Protected::Identified))
}

/// What a write that does not ask for the key itself does once for it: it appends the key, or adds an amount that comes with it.
fn once_by(ctx: &Context<'_>, write: &Write, key: V) -> Option<Protected> {
    let mut is_key = |_: &_, part: V| part == key;
    if write.filter.is_some_and(|filter| ctx.project.contains(filter, &mut is_key)) {
        return None;
    }
    let appended = appends(write).into_iter().find(|field| ctx.project.contains(field.value, &mut is_key));
    if let Some(field) = appended {
        return Some(Protected::Append(field.path));
    }
    let is_amount = |value: V| !matches!(ctx.project.arena.node(value), Node::Num(_));
    let added =
        write.fields.iter().find(|field| field.operator == "$inc" && field.path != "..." && is_amount(field.value))?;
    Some(Protected::Amount(added.path.clone()))
}
