//! Locks of a service outside of the process, taken before the act and given back after it: Redlock, `SET key value NX`.
//!
//! Sources: Redis, `SET` and `SETNX`; redlock and node-redlock, `acquire` and `lock`; redis-lock; ioredfour, `acquireLock`;
//! mongo-locks, `lock`.
//! Input: the steps before an act. Output: whether one of them takes such a lock. Must not know: rules.

use crate::project::writes::Write;
use crate::project::{Op, Project, Step};
use crate::value::{C, Compare, Node, V};

/// Whether a lock of a service is held on the path of the act, and was taken before the act's collection was first read.
pub fn is_locked(project: &mut Project, steps: &[Step], act: &Write) -> bool {
    let before = steps.get(..act.step).unwrap_or_default();
    let Some(at) = before.iter().position(|step| takes_lock(project, step, act.cond)) else { return false };
    let reads = before.get(..at).unwrap_or_default();
    let is_read_before = reads.iter().any(|step| {
        let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { return false };
        project.db_call(step.site, *recv, *name, args).is_some_and(|call| call.handle.same(&act.handle))
    });
    let is_released = before.iter().skip(at + 1).any(|step| {
        let Op::Call { name: Some(name), .. } = &step.op else { return false };
        matches!(project.arena.text(*name), "release" | "unlock" | "releaseLock")
            && project.arena.holds_under(step.cond, act.cond)
    });
    !is_read_before && !is_released
}

/// `await redlock.acquire([key], 5000)` throws where the lock is held, `await lock(key)` of redis-lock waits for it;
/// `await redis.set(key, owner, 'NX')` and `await lock.acquireLock(key, 5000)` of ioredfour say so.
fn takes_lock(project: &Project, step: &Step, act: C) -> bool {
    let Op::Call { callee, recv, name, args } = &step.op else { return false };
    let arena = &project.arena;
    let Some(name) = name else {
        let is_key = args.first().is_some_and(|key| is_key(project, *key));
        return project.is_lock_function(*callee) && is_key && arena.holds_under(step.cond, act);
    };
    let takes = match (arena.text(*name), args.as_slice()) {
        // await using lock = await locks.lock(key)
        ("acquire" | "lock", [_, ..]) if recv.is_some_and(|recv| project.is_lock_service(recv)) => true,
        ("acquire" | "lock", [key, time, ..]) => is_key(project, *key) && is_time(project, *time),
        ("acquireLock" | "waitAcquireLock", [key, time, ..]) => {
            is_key(project, *key) && is_time(project, *time) && is_won(project, step, *callee, args, act)
        }
        ("setnx", [_, _]) => is_won(project, step, *callee, args, act),
        ("set", [_, _, options @ ..]) => {
            options.iter().any(|option| project.is_only_if_absent(*option)) && is_won(project, step, *callee, args, act)
        }
        _ => false,
    };
    takes && arena.holds_under(step.cond, act)
}

fn is_key(project: &Project, key: V) -> bool {
    match project.arena.node(key) {
        Node::Str(_) | Node::Template(_) => true,
        Node::Array(items) => !items.is_empty() && items.iter().all(|item| is_key(project, item.value)),
        _ => false,
    }
}

/// A length of time; a callback would be the work of a mutex in memory.
fn is_time(project: &Project, time: V) -> bool {
    matches!(
        project.arena.node(time),
        Node::Num(_) | Node::Derived(..) | Node::Member(..) | Node::Import { .. } | Node::Global(_)
    )
}

/// Whether the act's path asks for the result of the call, and goes on where it is one.
fn is_won(project: &Project, step: &Step, callee: V, args: &[V], act: C) -> bool {
    let arena = &project.arena;
    let Some(result) = arena.call_value(step.site, callee, args) else { return false };
    let is_refusal = |value: V| match arena.node(value) {
        Node::Null | Node::Undefined | Node::Bool(false) => true,
        Node::Num(bits) => f64::from_bits(*bits) == 0.0,
        _ => false,
    };
    arena.truth(act, result) == Some(true)
        || arena.atoms(act).iter().any(|atom| match arena.node(atom.value) {
            // (await redis.set(…)) === 'OK', (await redis.set(…)) !== null
            Node::Compare(Compare::Equal, a, b) if *a == result => atom.holds != is_refusal(*b),
            Node::Compare(Compare::Equal, a, b) if *b == result => atom.holds != is_refusal(*a),
            Node::Nullish(asked) if *asked == result => !atom.holds,
            // (await lock.acquireLock(…)).success
            Node::Member(object, name) => atom.holds && *object == result && arena.text(*name) == "success",
            _ => false,
        })
}
