//! The counters behind a budget.
//!
//! Input: counts. Output: what was counted. Must not know: what the work is for.

use crate::limits::{Cut, Cuts};
use std::cell::Cell;

/// Counts what was done and what was kept.
#[derive(Clone, Debug)]
pub struct Meter {
    pub(super) work: Cell<u64>,
    pub(super) limit: Cell<u64>,
    /// Values in kept nodes, which stand for memory.
    pub(super) kept: Cell<u64>,
    pub(super) keep_limit: Cell<u64>,
    pub(super) cuts: Cell<Cuts>,
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
    pub(super) start: u64,
    pub(super) kept: u64,
    pub(super) outer_limit: u64,
    pub(super) outer_keep: u64,
    pub(super) outer_cuts: Cuts,
}

/// What a budget has taken.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub work: u64,
    pub kept: u64,
    /// What was cut, budgets inside this one not counted.
    pub cuts: Cuts,
}
