//! What happens when a lock is not got: whether the act goes on, and whether the lock of somebody else is given back.
//!
//! Input: a lock and the `try` statements around its steps. Output: the places where it goes wrong.
//! Must not know: rules, names of collections.

use super::{FailOpen, Lock};
use crate::facts::TryPart;
use crate::project::link::{Project, Step};
use crate::project::writes::Write;
use crate::value::{Atom, C, FnRef, Node, Site, SiteInfo, V};

impl Project {
    /// Whether the act goes on when the acquisition fails for another reason than a lock that is held.
    pub fn fails_open(&mut self, lock: &Lock, steps: &[Step], writes: &[Write]) -> Option<FailOpen> {
        let acquire = steps.get(lock.step)?;
        let (site, handled) = acquire.within.iter().rev().find_map(|(site, part)| {
            let handled = self.try_at(*site).filter(|_| *part == TryPart::Body)?;
            Some((*site, handled))
        })?;
        let caught = self.arena.intern(Node::Caught(self.base_try(site)));
        let after = |step: &Step| !step.within.iter().any(|(s, _)| *s == site);
        let depth = self.chain(site);
        // What follows in the same call goes on where the handler ends; what follows a helper goes on by its result.
        let resumes = self.spares_duplicates(handled.resumes);
        let succeeds = depth == acquire.calls && self.reports_success(acquire.owner, handled.resumes, caught);
        if !resumes && !succeeds {
            return None;
        }
        let failed = self.arena.intern(Node::Caught(site));
        let act = writes.iter().find(|write| {
            write.step > lock.step
                && Some(&write.handle) != lock.handle.as_ref()
                && steps.get(write.step).is_some_and(after)
                && !self.arena.conflict(lock.cond, write.cond)
                && self.can_fail(write.cond, failed)
                && match self.is_of_call(write.site, site) {
                    true => resumes,
                    false => succeeds,
                }
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
        self.arena.site(SiteInfo { via, ..info })
    }

    fn can_fail(&self, cond: C, failed: V) -> bool {
        self.arena.truth(cond, failed) != Some(false)
            && self.arena.atoms(cond).iter().all(|atom| {
                let assumed = [Atom { value: failed, holds: true }];
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
    fn reports_success(&mut self, owner: FnRef, resumes: C, caught: V) -> bool {
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

    /// The release that a caller which holds no lock can reach, if any: its step, and the release or the call of it that
    /// stands beside the acquisition.
    pub fn foreign_release(&mut self, lock: &Lock, steps: &[Step], writes: &[Write]) -> Option<(usize, Site)> {
        let acquire = steps.get(lock.step)?.clone();
        let open = self.fails_open(lock, steps, writes);
        let candidates: Vec<usize> =
            lock.releases.iter().filter(|release| !release.owned).map(|release| release.step).collect();
        let mut after_failure = None;
        for at in candidates {
            let Some(step) = steps.get(at).cloned() else { continue };
            if !self.is_conditional_release(&acquire, &step)
                && let Some(around) = self.runs_without_lock(&acquire, &step, open.is_some())
            {
                return Some((at, self.at_depth(step.site, self.chain(around))));
            }
            if let Some(open) = open
                && step.calls == acquire.calls
                && self.can_fail(step.cond, open.failed)
            {
                after_failure = Some((at, step.site));
            }
        }
        after_failure
    }

    /// Whether a place stands in the call in which a `try` statement does, or in what that calls.
    pub fn is_of_call(&self, place: Site, tried: Site) -> bool {
        let (depth, call) = (self.chain(tried), self.arena.site_info(tried).via);
        self.chain(place) >= depth && self.arena.site_info(self.at_depth(place, depth)).via == call
    }

    /// The expression, or the call that leads to it, which so many calls lead to.
    fn at_depth(&self, site: Site, depth: u32) -> Site {
        let mut at = site;
        while self.chain(at) > depth {
            let Some(call) = self.arena.site_info(at).via else { break };
            at = call;
        }
        at
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

    /// The `try` whose body takes the lock and whose `catch` or `finally` releases it also when the lock was not got.
    fn runs_without_lock(&self, acquire: &Step, release: &Step, fails_open: bool) -> Option<Site> {
        for (at, (site, part)) in release.within.iter().enumerate() {
            let around = acquire.within.get(at).is_some_and(|(s, p)| s == site && *p == TryPart::Body);
            if !around {
                continue;
            }
            match part {
                TryPart::Body => {}
                TryPart::Finalizer => return Some(*site),
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
                    return (escapes || fails_open).then_some(*site);
                }
            }
        }
        None
    }
}
