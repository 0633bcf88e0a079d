//! Work: what evaluating and judging cost, counted, and how far it may go.
//!
//! Every question to the arena is work, every new value is kept. Budgets are nested: what a function inside another one takes is
//! not the outer one's. Past the limit the arena answers nothing, so every walk over values ends.
//!
//! Input: counts. Output: whether to go on. Must not know: what the work is for.

use super::Arena;
use crate::limits::{Cut, Cuts};
use std::cell::Cell;

/// Counts what was done and what was kept.
#[derive(Clone, Debug)]
pub struct Meter {
    work: Cell<u64>,
    limit: Cell<u64>,
    /// Values in kept nodes, which stand for memory.
    kept: Cell<u64>,
    keep_limit: Cell<u64>,
    cuts: Cell<Cuts>,
}

impl Default for Meter {
    fn default() -> Self {
        let most = || Cell::new(u64::MAX);
        Self { work: Cell::new(0), limit: most(), kept: Cell::new(0), keep_limit: most(), cuts: Cell::default() }
    }
}

impl Meter {
    pub(super) fn keep(&self, units: u64) {
        self.kept.set(self.kept.get() + units);
    }

    pub(super) fn cut(&self, cut: Cut) {
        self.cuts.set(self.cuts.get().with(cut));
    }
}

/// A budget that was begun inside another one, which goes on where it ends.
#[must_use]
#[derive(Debug)]
pub struct Budget {
    start: u64,
    kept: u64,
    outer_limit: u64,
    outer_keep: u64,
    outer_cuts: Cuts,
}

/// What a budget has taken.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub work: u64,
    pub kept: u64,
    /// What was cut, budgets inside this one not counted.
    pub cuts: Cuts,
}

impl Arena {
    /// Counts work done.
    pub fn spend(&self, units: u64) {
        self.meter.work.set(self.meter.work.get().saturating_add(units));
    }

    /// Counts what is kept outside the arena.
    pub fn keep(&self, units: u64) {
        self.meter.keep(units);
    }

    /// Whether what is allowed has been done; what is asked from now on is not answered.
    pub fn is_spent(&self) -> bool {
        self.meter.work.get() > self.meter.limit.get() || self.meter.kept.get() > self.meter.keep_limit.get()
    }

    /// Allows this much work, and this much to be kept, until the budget is ended.
    pub fn begin(&self, work: u64, keep: u64) -> Budget {
        let (start, kept) = (self.meter.work.get(), self.meter.kept.get());
        Budget {
            start,
            kept,
            outer_limit: self.meter.limit.replace(start.saturating_add(work)),
            outer_keep: self.meter.keep_limit.replace(kept.saturating_add(keep)),
            outer_cuts: self.meter.cuts.take(),
        }
    }

    /// Goes on with the outer budget, which does not pay for this one.
    pub fn end(&self, budget: Budget) -> Spent {
        if self.is_spent() {
            self.meter.cut(Cut::Size);
        }
        let spent = Spent {
            work: self.meter.work.get() - budget.start,
            kept: self.meter.kept.get() - budget.kept,
            cuts: self.meter.cuts.replace(budget.outer_cuts),
        };
        self.meter.limit.set(budget.outer_limit.saturating_add(spent.work));
        self.meter.keep_limit.set(budget.outer_keep.saturating_add(spent.kept));
        spent
    }

    /// All that was done and kept so far.
    pub fn total(&self) -> (u64, u64) {
        (self.meter.work.get(), self.meter.kept.get())
    }
}
