//! Work: what evaluating and judging cost, counted, and how far it may go.
//!
//! Every question to the arena is work, every new value is kept. Budgets are nested: what a function inside another one takes is
//! not the outer one's. Past the limit the arena answers nothing, so every walk over values ends.
//!
//! Input: counts. Output: whether to go on. Must not know: what the work is for.

use super::Arena;
use super::meter::{Budget, Spent};
use crate::limits::Cut;

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

    /// Whether no budget is open.
    pub fn is_unlimited(&self) -> bool {
        self.meter.limit.get() == u64::MAX
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

    /// Notes in the open budget what one beside it has cut.
    pub fn note_cut(&self, cut: Cut) {
        self.meter.cut(cut);
    }

    /// All that was done and kept so far.
    pub fn total(&self) -> (u64, u64) {
        (self.meter.work.get(), self.meter.kept.get())
    }
}
