//! A lock in memory around an append to a tracked array: it holds in one process only.

use super::context::{Context, Trace, appends, method_of};
use crate::diagnostic::Role;
use crate::project::Step;
use crate::project::writes::WriteKind;
use crate::value::{Node, V};

const RULE: &str = "in-memory-lock";

pub fn check(ctx: &mut Context<'_>, trace: &Trace) {
    for write in &trace.writes {
        if !matches!(write.kind, WriteKind::Update | WriteKind::Save) {
            continue;
        }
        let Some(field) = appends(write).into_iter().find(|field| ctx.tracked(&write.handle, &field.path).is_some())
        else {
            continue;
        };
        let acquired = trace.steps.iter().take(write.step).find(|step| is_acquire(ctx, step, write.cond));
        let Some(step) = acquired.cloned() else { continue };
        let mut draft = ctx.draft(RULE, trace, write, step.site);
        draft.owner = step.owner;
        draft.array = Some(field.path.clone());
        draft.message = format!(
            "the append to `{}` is locked in memory: another process, or a restart, does not see the lock",
            field.path
        );
        draft.label = "locked here".to_owned();
        draft.related.push((write.site, Role::Act, "what it protects".to_owned()));
        draft.help = format!(
            "let the database decide: put the element's identity into the filter of the append (`'{}.<key>': {{ $ne: <key> }}`), or insert a lock document under a unique key with a TTL",
            field.path
        );
        draft.pair = "memory lock -> append".to_owned();
        ctx.report(draft);
    }
}

/// `locks.add(k)` where the path depends on `!locks.has(k)`, `mutex.acquire()`, `mutex.runExclusive(…)`.
fn is_acquire(ctx: &mut Context<'_>, step: &Step, act: crate::value::C) -> bool {
    match &step.op {
        crate::project::Op::Assign { object, .. } => is_memory(ctx, *object) && tests(ctx, act, *object),
        crate::project::Op::Call { .. } => {
            let Some((recv, name, _)) = method_of(step) else { return false };
            let name = ctx.project.arena.text(name).to_owned();
            match name.as_str() {
                "set" | "add" => is_memory(ctx, recv) && tests(ctx, act, recv),
                "acquire" | "runExclusive" | "lock" => is_mutex(ctx, recv),
                _ => false,
            }
        }
    }
}

fn is_memory(ctx: &Context<'_>, value: V) -> bool {
    match ctx.project.arena.node(value) {
        Node::New { site, callee, .. } => {
            matches!(ctx.project.last_name(*callee), Some("Map" | "Set" | "WeakMap" | "LRUCache" | "NodeCache"))
                && !ctx.project.is_local(*site)
        }
        // const locks = {} at module level
        Node::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

fn is_mutex(ctx: &Context<'_>, value: V) -> bool {
    match ctx.project.arena.node(value) {
        Node::New { callee, .. } => matches!(
            ctx.project.last_name(*callee),
            Some("Mutex" | "Semaphore" | "AsyncLock" | "KeyedMutex" | "E_Mutex")
        ),
        Node::Call { callee, .. } => match ctx.project.arena.node(*callee) {
            Node::Member(map, _) => is_memory(ctx, *map),
            _ => false,
        },
        _ => false,
    }
}

/// Whether the path condition asks the map, and goes on when nothing is there.
fn tests(ctx: &mut Context<'_>, cond: crate::value::C, map: V) -> bool {
    let leaves = ctx.project.leaves(cond);
    leaves.into_iter().any(|leaf| {
        let mut at = leaf.value;
        for _ in 0..6 {
            match ctx.project.arena.node(at) {
                Node::Call { callee, .. } => match ctx.project.arena.node(*callee) {
                    Node::Member(recv, name) => {
                        return *recv == map && matches!(ctx.project.arena.text(*name), "has" | "get");
                    }
                    _ => return false,
                },
                Node::Index(object, _) | Node::Member(object, _) if *object == map => return true,
                Node::Compare(_, a, _) | Node::Nullish(a) | Node::Not(a) => at = *a,
                _ => return false,
            }
        }
        false
    })
}
