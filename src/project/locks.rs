//! Locks, in one model: a claim that is taken before an act and given back after it, in memory or in a collection.
//!
//! Input: the steps and writes of a summary. Output: [`Lock`]s with their key, what they protect and how they are
//! released. Must not know: rules, and what a collection is called: a lock is recognised by what is done with it.

use super::link::{Op, Project, Step};
use super::mongo::Handle;
use super::writes::{Write, WriteKind};
use crate::facts::TryPart;
use crate::value::{C, Key, Node, Site, V};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// A Map, Set, object, flag or mutex of this process.
    Memory,
    /// An insert under a unique key whose duplicate is refused.
    Insert,
    /// An update with `upsert` whose filter holds the key and a condition.
    Upsert,
}

/// A claim, as one function sees it.
#[derive(Clone, Debug)]
pub struct Lock {
    pub kind: LockKind,
    /// Index of the acquiring step.
    pub step: usize,
    /// The collection; `None` in memory.
    pub handle: Option<Handle>,
    /// The fields of the lock document by which a second claim is refused.
    pub key_fields: Vec<String>,
    /// The value of the key; `None` for a flag or a mutex.
    pub key: Option<V>,
    pub cond: C,
    /// The claim itself takes over a lock that is old.
    pub takes_over: bool,
    pub releases: Vec<Release>,
    /// Indices of the steps that write under the lock.
    pub protects: Vec<usize>,
}

/// A delete of the lock document, or an update that frees it.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    pub step: usize,
    /// The filter names the owner as well, so that nobody else's lock is removed.
    pub owned: bool,
}

/// How an exception other than a duplicate key gets past the acquisition.
#[derive(Clone, Copy, Debug)]
pub struct FailOpen {
    /// The `catch` clause.
    pub handler: Site,
    /// Index of the first step after it that acts without the lock.
    pub act: usize,
    /// What is true after the failure.
    failed: V,
}

/// Nodes visited to find one in a value.
const MAX_SEARCH: usize = 400;

impl Project {
    /// The locks that a summary takes, in order.
    pub fn locks(&mut self, steps: &[Step], writes: &[Write]) -> Vec<Lock> {
        let mut locks = self.memory_locks(steps, writes);
        for write in writes {
            let lock = match write.kind {
                WriteKind::Insert => self.insert_lock(steps, write, writes),
                WriteKind::Update if write.upsert => self.upsert_lock(steps, write, writes),
                _ => None,
            };
            locks.extend(lock);
        }
        locks
    }

    // In a collection

    fn insert_lock(&mut self, steps: &[Step], write: &Write, writes: &[Write]) -> Option<Lock> {
        let step = steps.get(write.step)?;
        if !step.duplicate_key_caught || step.in_loop && write.fields.is_empty() {
            return None;
        }
        let own: Vec<(String, V)> = write.fields.iter().map(|field| (field.path.clone(), field.value)).collect();
        let (keys, releases) = self.releases(steps, write, writes, &own)?;
        Some(self.database_lock(LockKind::Insert, write, writes, (keys, releases), false))
    }

    fn upsert_lock(&mut self, steps: &[Step], write: &Write, writes: &[Write]) -> Option<Lock> {
        let filter = write.filter?;
        let takes_over = self.compares_order(filter);
        let only_inserts =
            !write.fields.is_empty() && write.fields.iter().all(|field| field.operator == "$setOnInsert");
        if !takes_over && !only_inserts && !self.has_condition(filter) {
            return None;
        }
        let own = self.top_equalities(filter);
        let (keys, releases) = self.releases(steps, write, writes, &own)?;
        Some(self.database_lock(LockKind::Upsert, write, writes, (keys, releases), takes_over))
    }

    fn database_lock(
        &self,
        kind: LockKind,
        write: &Write,
        writes: &[Write],
        (keys, releases): (Vec<(String, V)>, Vec<Release>),
        takes_over: bool,
    ) -> Lock {
        let last = releases.iter().map(|release| release.step).max().unwrap_or(write.step);
        let protects = writes
            .iter()
            .filter(|act| {
                (write.step + 1..last).contains(&act.step)
                    && !act.handle.same(&write.handle)
                    && !self.arena.conflict(write.cond, act.cond)
            })
            .map(|act| act.step)
            .collect();
        Lock {
            kind,
            step: write.step,
            handle: Some(write.handle.clone()),
            key: keys.first().map(|(_, value)| *value),
            key_fields: keys.into_iter().map(|(name, _)| name).collect(),
            cond: write.cond,
            takes_over,
            releases,
            protects,
        }
    }

    /// The later writes that give the claim back, and the fields that name it. Something that is only undone when the
    /// work fails is a rollback, not a lock, so one release must be on the path of success.
    fn releases(
        &mut self,
        steps: &[Step],
        claim: &Write,
        writes: &[Write],
        own: &[(String, V)],
    ) -> Option<(Vec<(String, V)>, Vec<Release>)> {
        let mut keys: Vec<(String, V)> = Vec::new();
        let mut releases = Vec::new();
        for write in writes.iter().filter(|write| write.step > claim.step && write.handle.same(&claim.handle)) {
            if !(write.kind == WriteKind::Delete || write.kind == WriteKind::Update && self.frees(claim, write)) {
                continue;
            }
            let Some(filter) = write.filter else { continue };
            let wanted = self.equalities(filter);
            let by_result = wanted.iter().any(|(_, value)| self.contains_call(*value, claim.site));
            let matched: Vec<&(String, V)> = own
                .iter()
                .filter(|(name, value)| wanted.iter().any(|(n, v)| n == name && self.same_value(*v, *value)))
                .collect();
            let fresh = matched.iter().any(|(_, value)| self.is_fresh(*value));
            let named: Vec<(String, V)> =
                matched.into_iter().filter(|(_, value)| !self.is_fresh(*value)).cloned().collect();
            if named.is_empty() && !by_result {
                continue;
            }
            if keys.is_empty() || named.len() < keys.len() && !named.is_empty() {
                keys = named;
            }
            // The owner is named by a fresh value, or by a further field that not everybody fills alike.
            let owned = fresh || by_result || wanted.len() > 1 && keys.len() > 1;
            releases.push(Release { step: write.step, owned });
        }
        let on_success = releases.iter().any(|release| {
            steps.get(release.step).is_some_and(|step| !step.within.iter().any(|(_, part)| *part == TryPart::Handler))
        });
        (on_success && !keys.is_empty()).then_some((keys, releases))
    }

    /// Whether an update clears a field that the claim sets.
    fn frees(&self, claim: &Write, write: &Write) -> bool {
        !write.upsert
            && write.fields.iter().any(|field| {
                claim.fields.iter().any(|taken| taken.path == field.path)
                    && (field.operator == "$unset"
                        || matches!(self.arena.node(field.value), Node::Null | Node::Bool(false)))
            })
    }

    /// The equalities at the top of a filter, without those of `$or` and `$and`.
    fn top_equalities(&self, filter: V) -> Vec<(String, V)> {
        let Node::Object(entries) = self.arena.node(filter) else { return Vec::new() };
        entries
            .iter()
            .filter_map(|entry| match entry.key {
                Key::Name(name) if !self.arena.text(name).starts_with('$') && !self.has_operator(entry.value) => {
                    Some((self.arena.text(name).to_owned(), entry.value))
                }
                _ => None,
            })
            .collect()
    }

    /// Whether a filter holds more than equalities.
    fn has_condition(&self, filter: V) -> bool {
        let Node::Object(entries) = self.arena.node(filter) else { return false };
        entries.iter().any(|entry| {
            matches!(entry.key, Key::Name(name) if self.arena.text(name).starts_with('$'))
                || self.has_operator(entry.value)
                || matches!(self.arena.node(entry.value), Node::Bool(_) | Node::Null)
        })
    }

    /// Whether a filter asks for what is older or younger than something: `{ expiresAt: { $lt: now } }`.
    pub fn compares_order(&self, filter: V) -> bool {
        self.contains(filter, &mut |project, value| match project.arena.node(value) {
            Node::Object(entries) => entries.iter().any(|entry| match entry.key {
                Key::Name(name) => matches!(project.arena.text(name), "$lt" | "$lte" | "$gt" | "$gte"),
                _ => false,
            }),
            _ => false,
        })
    }

    fn is_fresh(&self, value: V) -> bool {
        match self.arena.node(self.bare(value)) {
            Node::Fresh(..) => true,
            Node::Template(parts) => parts.iter().any(|part| self.is_fresh(*part)),
            _ => false,
        }
    }

    fn contains_call(&self, value: V, call: Site) -> bool {
        self.contains(
            value,
            &mut |project, value| matches!(project.arena.node(value), Node::Call { site, .. } if *site == call),
        )
    }

    /// Whether a value, or one that it is made from, is what is looked for.
    pub fn contains(&self, value: V, is_wanted: &mut dyn FnMut(&Self, V) -> bool) -> bool {
        let mut open = vec![value];
        let mut seen = rustc_hash::FxHashSet::default();
        while let Some(value) = open.pop() {
            if !seen.insert(value) || seen.len() > MAX_SEARCH {
                continue;
            }
            if is_wanted(self, value) {
                return true;
            }
            open.extend(crate::value::children(self.arena.node(value)));
        }
        false
    }

    // Exceptions around a claim

    /// Whether the act goes on when the acquisition fails for another reason than a lock that is held.
    pub fn fails_open(&mut self, lock: &Lock, steps: &[Step], writes: &[Write]) -> Option<FailOpen> {
        let acquire = steps.get(lock.step)?;
        let (site, handled) = acquire.within.iter().rev().find_map(|(site, part)| {
            let handled = self.try_at(*site).filter(|_| *part == TryPart::Body)?;
            Some((*site, handled))
        })?;
        let caught = self.arena.intern(Node::Caught(self.base_try(site)));
        let after = |step: &Step| !step.within.iter().any(|(s, _)| *s == site);
        // In the function itself, or in the helper that takes the lock; not in one between them.
        let goes_on = match self.chain(site) {
            0 => self.spares_duplicates(handled.resumes),
            depth if depth == acquire.calls => self.reports_success(acquire.owner, handled.resumes, caught),
            _ => false,
        };
        if !goes_on {
            return None;
        }
        let failed = self.arena.intern(Node::Caught(site));
        let act = writes.iter().find(|write| {
            write.step > lock.step
                && Some(&write.handle) != lock.handle.as_ref()
                && steps.get(write.step).is_some_and(after)
                && !self.arena.conflict(lock.cond, write.cond)
                && self.can_fail(write.cond, failed)
        })?;
        Some(FailOpen { handler: self.in_call(handled.handler, site), act: act.step, failed })
    }

    fn base_try(&self, site: Site) -> Site {
        self.try_at(site).map_or(site, |handled| handled.site)
    }

    /// A place of a callee's text, seen through the same calls as another one.
    fn in_call(&mut self, place: Site, like: Site) -> Site {
        let via = self.arena.site_info(like).via;
        let info = self.arena.site_info(place);
        self.arena.site(crate::value::SiteInfo { via, ..info })
    }

    fn can_fail(&self, cond: C, failed: V) -> bool {
        self.arena.truth(cond, failed) != Some(false)
            && self.arena.atoms(cond).iter().all(|atom| {
                let assumed = [crate::value::Atom { value: failed, holds: true }];
                self.arena.truth_given(&assumed, atom.value).is_none_or(|truth| truth == atom.holds)
            })
    }

    /// Whether a condition is that of an exception which is tested for a duplicate key and is none.
    fn spares_duplicates(&mut self, cond: C) -> bool {
        if cond == C::FALSE {
            return false;
        }
        self.leaves(cond).into_iter().any(|leaf| !leaf.holds && self.is_duplicate_test(leaf.value))
    }

    /// `error.code === 11000`, `error.message.includes('E11000')`
    fn is_duplicate_test(&self, value: V) -> bool {
        self.contains(value, &mut |project, value| match project.arena.node(value) {
            Node::Num(bits) => f64::from_bits(*bits) == 11000.0,
            Node::Str(text) => {
                let text = project.arena.text(*text);
                text.contains("11000") || text.contains("duplicate key")
            }
            _ => false,
        })
    }

    /// Whether a function that takes a lock returns the same after an unexpected exception as after success.
    fn reports_success(&mut self, owner: crate::value::FnRef, resumes: C, caught: V) -> bool {
        let Some(returns) = self.returns_of(owner).map(<[(C, V)]>::to_vec) else { return false };
        let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
        for (cond, value) in returns {
            match self.arena.truth(cond, caught) {
                Some(true) if self.spares_duplicates(cond) => failed.push(value),
                Some(true) => {}
                _ if self.spares_duplicates(cond) => failed.push(value),
                _ => {
                    succeeded.push(value);
                    if resumes != C::FALSE && self.spares_duplicates(resumes) && self.can_fail(cond, caught) {
                        failed.push(value);
                    }
                }
            }
        }
        let truth = |project: &Self, value: &V| project.arena.truth(C::TRUE, *value);
        failed.iter().any(|value| {
            truth(self, value) == Some(true) && succeeded.iter().any(|other| truth(self, other) == Some(true))
        })
    }

    /// The release that a caller which holds no lock can reach, if any.
    pub fn foreign_release(&mut self, lock: &Lock, steps: &[Step], writes: &[Write]) -> Option<usize> {
        let acquire = steps.get(lock.step)?.clone();
        let open = self.fails_open(lock, steps, writes);
        let candidates: Vec<usize> =
            lock.releases.iter().filter(|release| !release.owned).map(|release| release.step).collect();
        let mut after_failure = None;
        for at in candidates {
            let Some(step) = steps.get(at).cloned() else { continue };
            if !self.is_conditional_release(&acquire, &step) && self.runs_without_lock(&acquire, &step, open.is_some())
            {
                return Some(at);
            }
            if let Some(open) = open
                && step.calls == acquire.calls
                && self.can_fail(step.cond, open.failed)
            {
                after_failure = Some(at);
            }
        }
        after_failure
    }

    /// Whether the release depends on something that the acquisition does not depend on, such as `if (acquired)`.
    fn is_conditional_release(&self, acquire: &Step, release: &Step) -> bool {
        let before = self.arena.atoms(acquire.cond);
        self.arena.atoms(release.cond).iter().any(|atom| {
            let expected = match self.arena.node(atom.value) {
                // In a handler something was caught; `if (acquired)` asks that nothing was.
                Node::Caught(_) => atom.holds,
                Node::Completed(_) => true,
                _ => false,
            };
            !before.contains(atom) && !expected
        })
    }

    /// A release in the `catch` or `finally` of a `try` whose body also takes the lock.
    fn runs_without_lock(&mut self, acquire: &Step, release: &Step, fails_open: bool) -> bool {
        for (at, (site, part)) in release.within.iter().enumerate() {
            let around = acquire.within.get(at).is_some_and(|(s, p)| s == site && *p == TryPart::Body);
            if !around {
                continue;
            }
            match part {
                TryPart::Body => {}
                TryPart::Finalizer => return true,
                TryPart::Handler => {
                    // An inner handler that returns on every exception keeps this one from running.
                    let inner: Vec<_> = acquire
                        .within
                        .iter()
                        .skip(at + 1)
                        .filter(|(_, part)| *part == TryPart::Body)
                        .filter_map(|(site, _)| self.try_at(*site))
                        .collect();
                    let escapes = inner.iter().all(|handled| handled.rethrows);
                    return escapes || fails_open;
                }
            }
        }
        false
    }

    // In memory

    fn memory_locks(&mut self, steps: &[Step], writes: &[Write]) -> Vec<Lock> {
        let mut locks = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let Some((structure, key, is_mutex)) = self.memory_acquire(step, steps) else { continue };
            if !is_mutex && !self.asks(step.cond, structure) {
                continue;
            }
            let mut protects = Vec::new();
            for write in writes.iter().filter(|write| write.step > at) {
                if is_mutex || self.asks(write.cond, structure) {
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
                takes_over: false,
                releases: Vec::new(),
                protects,
            });
        }
        locks
    }

    /// The structure and key of `held.add(k)`, `held[k] = true`, `state.busy = true`, `mutex.acquire()`; whether it is a
    /// mutex, which waits instead of being asked.
    fn memory_acquire(&mut self, step: &Step, steps: &[Step]) -> Option<(V, Option<V>, bool)> {
        match &step.op {
            Op::Assign { object, key: None, .. } => self.is_memory(*object).then_some((*object, None, false)),
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
                "set" | "add" if self.is_memory(*recv) => Some((*recv, args.first().copied(), false)),
                "acquire" | "acquireAsync" | "runExclusive" | "lock" | "tryAcquire" if self.is_mutex(*recv) => {
                    Some((*recv, args.first().copied(), true))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn is_memory(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::New { site, callee, .. } => {
                matches!(self.last_name(*callee), Some("Map" | "Set" | "WeakMap" | "LRUCache" | "NodeCache"))
                    && !self.is_local(*site)
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

    fn is_mutex(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::New { site, callee, .. } => {
                matches!(
                    self.last_name(*callee),
                    Some("Mutex" | "Semaphore" | "AsyncLock" | "KeyedMutex" | "E_Mutex" | "AwaitLock" | "Sema")
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

    /// Whether the path goes on because the structure holds nothing, or only something old, for the key.
    fn asks(&mut self, cond: C, structure: V) -> bool {
        self.leaves(cond).into_iter().any(|leaf| match self.arena.node(leaf.value) {
            Node::Nullish(inner) => leaf.holds && self.is_entry(*inner, structure, 0),
            Node::Compare(_, a, b) => self.is_entry(*a, structure, 0) || self.is_entry(*b, structure, 0),
            _ => !leaf.holds && self.is_entry(leaf.value, structure, 0),
        })
    }

    /// `held.has(k)`, `held.get(k)`, `held[k]`, a field of what is held, or arithmetic on it.
    fn is_entry(&self, value: V, structure: V, depth: u32) -> bool {
        if depth > 5 {
            return false;
        }
        match self.arena.node(value) {
            _ if value == structure => !self.is_memory(value),
            Node::Call { callee, .. } => match self.arena.node(*callee) {
                Node::Member(recv, name) => *recv == structure && matches!(self.arena.text(*name), "has" | "get"),
                _ => false,
            },
            Node::Index(object, _) => *object == structure || self.is_entry(*object, structure, depth + 1),
            Node::Member(object, name) => {
                *object == structure && self.arena.text(*name) != "size" || self.is_entry(*object, structure, depth + 1)
            }
            Node::Coerce(_, inner) => self.is_entry(*inner, structure, depth + 1),
            Node::Derived(_, parts) => parts.iter().any(|part| self.is_entry(*part, structure, depth + 1)),
            _ => false,
        }
    }
}
