//! Locks in the memory of one process: a Map or Set of keys, an object, a flag, a mutex.
//!
//! Input: the steps of a summary. Output: [`Lock`]s. A structure that only caches or counts is none: the path must go on
//! because the structure holds nothing for the key. Must not know: rules.

use super::refusal::{Asked, Refusal};
use super::{Lock, LockKind};
use crate::project::link::{Op, Project, Step};
use crate::project::writes::Write;
use crate::value::{C, Node, Site, V};

/// What a step stores under a key: `held.set(key, value)`, `held[key] = value`
fn stored(step: &Op) -> Option<V> {
    match step {
        Op::Assign { value, .. } => Some(*value),
        Op::Call { args, .. } => args.get(1).copied(),
        _ => None,
    }
}

impl Project {
    pub(super) fn memory_locks(&mut self, steps: &[Step], writes: &[Write]) -> Vec<Lock> {
        let (mut locks, mut asked) = (Vec::new(), Asked::default());
        for (at, step) in steps.iter().enumerate() {
            let Some((structure, key, is_mutex)) = self.memory_acquire(step, steps) else { continue };
            let stored = stored(&step.op);
            if !is_mutex && self.refusal(&mut asked, step.cond, structure, stored).is_none()
                || self.is_made_on_the_way(structure, step.site)
            {
                continue;
            }
            let key = key.or_else(|| self.asked_key(step.cond, structure));
            let (runs, end) = self.mutex_region(steps, at, structure);
            let (mut protects, mut expires) = (Vec::new(), true);
            for write in writes.iter().filter(|write| write.step > at) {
                let locked = match is_mutex {
                    true => write.step < end && (!runs || self.is_within(write.site, step.site)),
                    false => match self.refusal(&mut asked, write.cond, structure, stored) {
                        Some(refusal) => {
                            expires &= refusal == Refusal::WhileNew;
                            true
                        }
                        None => false,
                    },
                };
                if locked {
                    protects.push(write.step);
                }
            }
            if protects.is_empty() {
                continue;
            }
            locks.push(Lock {
                kind: LockKind::Memory,
                step: at,
                handle: None,
                key_fields: Vec::new(),
                key,
                cond: step.cond,
                is_waited_for: is_mutex,
                expires: expires && !is_mutex,
                takes_over: false,
                releases: Vec::new(),
                protects,
            });
        }
        locks
    }

    /// Whether a mutex runs a callback, which then is all that it protects, and the step that gives the mutex back.
    fn mutex_region(&self, steps: &[Step], at: usize, mutex: V) -> (bool, usize) {
        let Some(Op::Call { name: Some(name), args, .. }) = steps.get(at).map(|step| &step.op) else {
            return (false, steps.len());
        };
        let acquired = steps.get(at).map(|step| step.site);
        let runs = self.arena.text(*name) == "runExclusive" || args.iter().any(|arg| self.arena.is_function(*arg));
        let end = steps.iter().enumerate().skip(at + 1).find(|(_, step)| match &step.op {
            Op::Call { callee, recv, name, .. } => {
                let by_name = *recv == Some(mutex) && name.is_some_and(|name| self.arena.text(name) == "release");
                by_name || self.acquiring_call(*callee).is_some_and(|site| Some(site) == acquired)
            }
            _ => false,
        });
        (runs, end.map_or(steps.len(), |(at, _)| at))
    }

    /// Whether an expression, or a call that leads to it, stands inside another expression.
    fn is_within(&self, site: Site, outer: Site) -> bool {
        let outer = self.arena.site_info(outer);
        let mut at = Some(site);
        while let Some(site) = at {
            let info = self.arena.site_info(site);
            if info.file == outer.file && outer.start <= info.start && info.end <= outer.end {
                return true;
            }
            at = info.via;
        }
        false
    }

    /// The structure and key of `held.add(k)`, `held[k] = true`, `state.busy = true`, `mutex.acquire()`; whether it is a
    /// mutex, which waits instead of being asked.
    fn memory_acquire(&mut self, step: &Step, steps: &[Step]) -> Option<(V, Option<V>, bool)> {
        match &step.op {
            Op::Assign { object, key: None, value } => {
                (self.is_memory(*object) && self.is_token(*value)).then_some((*object, None, false))
            }
            Op::Assign { object, key: Some(key), value } => {
                let taken = matches!(self.arena.node(*value), Node::Bool(true) | Node::Fresh(..));
                // A flag that is never put back says that something was done, not that it is being done.
                let put_back = steps.iter().any(|other| match &other.op {
                    Op::Assign { object: o, key: k, value } => {
                        o == object
                            && *k == Some(*key)
                            && matches!(self.arena.node(*value), Node::Bool(false) | Node::Null | Node::Undefined)
                    }
                    _ => false,
                });
                let flag = self.arena.intern(Node::Member(*object, *key));
                (taken && put_back && self.is_state(*object)).then_some((flag, None, false))
            }
            Op::Call { recv: Some(recv), name: Some(name), args, .. } => match self.arena.text(*name) {
                // What is stored by a cache is used later; a lock stores that it is held, and is given back.
                "add" if self.is_memory(*recv) => Some((*recv, args.first().copied(), false)),
                "set" if self.is_memory(*recv) => {
                    let token = args.get(1).is_none_or(|value| {
                        self.is_token(*value) || self.is_promise(*value) && self.forgets(steps, *recv)
                    });
                    token.then_some((*recv, args.first().copied(), false))
                }
                "acquire" | "acquireAsync" | "runExclusive" | "lock" | "tryAcquire" if self.is_mutex(*recv) => {
                    Some((*recv, args.first().copied(), true))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// A value that says that something is held, or until when.
    fn is_token(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Bool(true) | Node::Num(_) | Node::Str(_) | Node::Fresh(..) => true,
            // Until when: a time and how long. A text with others in it is what a cache keeps.
            Node::Derived(_, parts) => {
                self.contains(value, &mut |project, part| matches!(project.arena.node(part), Node::Fresh(..)))
                    || !parts.is_empty() && parts.iter().all(|part| self.is_token(*part))
            }
            Node::Object(entries) => {
                !entries.is_empty()
                    && entries.iter().any(|entry| matches!(self.arena.node(entry.value), Node::Fresh(..)))
            }
            _ => false,
        }
    }

    fn is_promise(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Call { .. } | Node::New { .. } | Node::Opaque(_))
    }

    /// Whether a structure forgets a key again.
    fn forgets(&self, steps: &[Step], structure: V) -> bool {
        steps.iter().any(|step| match &step.op {
            Op::Call { recv: Some(recv), name: Some(name), .. } => {
                *recv == structure && self.arena.text(*name) == "delete"
            }
            _ => false,
        })
    }

    pub(super) fn is_memory(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::New { site, callee, .. } => {
                matches!(
                    self.last_name(*callee),
                    Some("Map" | "Set" | "WeakMap" | "LRU" | "LRUCache" | "lru-cache" | "NodeCache" | "node-cache")
                ) && !self.is_local(*site)
            }
            // const locks = {} at module level
            Node::Object(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// An object of the process whose fields are flags: a module's variables, an instance.
    fn is_state(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Opaque(site) => !self.is_local(*site),
            Node::Instance(_) => true,
            _ => false,
        }
    }

    pub(super) fn is_mutex(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::New { site, callee, .. } => {
                matches!(
                    self.last_name(*callee),
                    Some(
                        "Mutex"
                            | "Semaphore"
                            | "AsyncLock"
                            | "async-lock"
                            | "AwaitLock"
                            | "await-lock"
                            | "KeyedMutex"
                            | "E_Mutex"
                            | "Sema"
                    )
                ) && !self.is_local(*site)
            }
            Node::Call { callee, site, .. } => match self.arena.node(*callee) {
                Node::Member(map, _) => self.is_memory(*map),
                // const limit = pLimit(1)
                Node::Import { module, .. } => self.arena.text(*module) == "p-limit" && !self.is_local(*site),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a document is one that the process keeps from request to request: `cache.get(id)`, `last[name].log`
    pub fn is_kept_in_memory(&self, document: V) -> bool {
        let mut at = document;
        loop {
            at = match self.arena.node(at) {
                Node::Member(object, _) | Node::Coerce(_, object) => *object,
                Node::Index(object, _) => return self.is_memory(*object),
                Node::Call { callee, .. } => {
                    let Node::Member(structure, name) = self.arena.node(*callee) else { return false };
                    let is_outside = match self.arena.node(*structure) {
                        Node::New { site, .. } => !self.is_local(*site),
                        _ => self.is_memory(*structure),
                    };
                    return is_outside && self.arena.text(*name) == "get" || self.is_of_keeper(*callee);
                }
                _ => return false,
            };
        }
    }

    /// The key that a structure is asked for by `held[k]`.
    fn asked_key(&mut self, cond: C, structure: V) -> Option<V> {
        self.leaves(cond).into_iter().find_map(|leaf| match *self.arena.node(leaf.value) {
            Node::Index(object, key) if object == structure => Some(key),
            _ => None,
        })
    }
}
