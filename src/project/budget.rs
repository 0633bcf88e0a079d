//! Budgets of linking and judging: what each function and each file may take, and which functions were cut.
//!
//! Input: functions that are about to be followed. Output: what of them was not followed.
//! Must not know: rules.

use super::ledger::{Fuel, Left, Taken};
use super::link::{Op, Project, Step};
use super::mongo::is_telling;
use crate::limits::{self, Cut, Cuts};
use crate::value::{Budget, ClassRef, FnRef, Spent};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The budget of one function, which has to be ended.
#[must_use]
pub struct Turn {
    budget: Budget,
    nested: Taken,
    since: Instant,
}

impl Project {
    /// Begins to follow a function.
    pub fn begin(&mut self, func: FnRef) -> Turn {
        let Left { work, kept } = self.allowed(func);
        let nested = std::mem::take(&mut self.ledger.nested);
        Turn { budget: self.arena.begin(work, kept), nested, since: Instant::now() }
    }

    /// What following a function may take.
    pub fn allowed(&self, func: FnRef) -> Left {
        let bytes = self.bytes_of(func);
        let (work, kept) = limits::of_linked_function(bytes);
        self.still_left(func, Left { work, kept })
    }

    /// What of a function's budget may still be taken, now that others have drawn on that of its file and of the whole.
    pub fn still_left(&self, func: FnRef, left: Left) -> Left {
        let bytes = self.bytes_of(func);
        let (file, whole) = (self.ledger.left.get(self.file_of(func) as usize), self.ledger.whole);
        let (file, own) = (file.copied().unwrap_or_default(), limits::of_own_code(bytes));
        Left {
            work: left.work.min(file.0).min(whole.0).max(own.0.min(left.work)),
            kept: left.kept.min(file.1).min(whole.1).max(own.1.min(left.kept)),
        }
    }

    /// The length of a function's text.
    fn bytes_of(&self, func: FnRef) -> usize {
        self.function(func).map_or(0, |function| (function.end - function.start) as usize)
    }

    /// The work that judging all acts of a function may take.
    pub fn fuel(&self, func: FnRef) -> Fuel {
        let bytes = self.bytes_of(func);
        let (judging, mending) = (limits::of_judged_function(bytes), limits::of_mended_function(bytes));
        self.fuel_left(func, Fuel { judging, mending })
    }

    /// What of it may still be taken, now that others have drawn on what its file and the whole may take.
    pub fn fuel_left(&self, func: FnRef, left: Fuel) -> Fuel {
        let bytes = self.bytes_of(func);
        let own = Fuel::of(limits::of_judged_code(bytes)).with(left, u64::min);
        let file = self.ledger.fuel.get(self.file_of(func) as usize).copied().unwrap_or_default();
        left.with(file, u64::min).with(self.ledger.whole_fuel, u64::min).with(own, u64::max)
    }

    /// Counts work of judgements.
    pub fn draw_fuel(&mut self, func: FnRef, taken: Fuel) {
        let file = self.file_of(func) as usize;
        for left in self.ledger.fuel.get_mut(file).into_iter().chain([&mut self.ledger.whole_fuel]) {
            *left = left.with(taken, u64::saturating_sub);
        }
    }

    /// Counts what was taken for a function in a copy of which nothing is left.
    pub fn charge_alone(&mut self, func: FnRef, (spent, taken): (Spent, Duration)) {
        self.count_time(func, taken, Duration::ZERO);
        self.draw(func, spent.work, spent.kept);
        self.note_cuts(func, spent.cuts);
    }

    /// The same for a copy, and notes what was cut in it.
    pub fn charge(&mut self, func: FnRef, copy: &Self, taken: (Spent, Duration)) {
        self.charge_alone(func, taken);
        copy.ledger.cuts.iter().for_each(|(func, cuts)| self.note_cuts(*func, *cuts));
    }

    fn draw(&mut self, func: FnRef, work: u64, kept: u64) {
        let file = self.file_of(func) as usize;
        for left in self.ledger.left.get_mut(file).into_iter().chain([&mut self.ledger.whole]) {
            left.0 = left.0.saturating_sub(work);
            left.1 = left.1.saturating_sub(kept);
        }
    }

    /// Ends what [`Project::begin`] began, and notes what was cut.
    pub fn end(&mut self, func: FnRef, turn: Turn) {
        let spent = self.arena.end(turn.budget);
        let nested = std::mem::replace(&mut self.ledger.nested, turn.nested);
        self.ledger.nested.work += spent.work;
        self.ledger.nested.kept += spent.kept;
        self.count_time(func, turn.since.elapsed(), nested.time);
        let own = (spent.work.saturating_sub(nested.work), spent.kept.saturating_sub(nested.kept));
        self.draw(func, own.0, own.1);
        self.note_cuts(func, spent.cuts);
    }

    /// The time of a function, without that of the budgets inside its own.
    fn count_time(&mut self, func: FnRef, whole: Duration, nested: Duration) {
        self.ledger.nested.time += whole;
        let at = func.0 as usize;
        if self.ledger.times.len() <= at {
            self.ledger.times.resize(self.functions.len().max(at + 1), Duration::ZERO);
        }
        if let Some(time) = self.ledger.times.get_mut(at) {
            *time += whole.saturating_sub(nested);
        }
    }

    /// What following and judging each function took, without what it calls.
    pub fn times(&self) -> impl Iterator<Item = (FnRef, Duration)> {
        self.ledger.times.iter().enumerate().map(|(at, time)| (FnRef(at as u32), *time))
    }

    /// Follows a function within its budget.
    pub(super) fn within<T>(&mut self, func: FnRef, follow: impl FnOnce(&mut Self) -> T) -> T {
        let turn = self.begin(func);
        let followed = follow(self);
        self.end(func, turn);
        followed
    }

    /// Follows a class within the budget of one of its functions; what has none is a few values.
    pub(super) fn within_class<T>(&mut self, class: ClassRef, follow: impl FnOnce(&mut Self) -> T) -> T {
        match self.class(class).and_then(|class| class.methods.first()).map(|(_, func)| *func) {
            Some(func) => self.within(func, follow),
            None => self.within_a_value(follow),
        }
    }

    /// Follows a value that stands in no function.
    pub(super) fn within_a_value<T>(&mut self, follow: impl FnOnce(&mut Self) -> T) -> T {
        let (work, kept) = limits::of_linked_function(0);
        let budget = self.arena.begin(work.min(self.ledger.whole.0), kept.min(self.ledger.whole.1));
        let followed = follow(self);
        let spent = self.arena.end(budget);
        self.ledger.whole.0 = self.ledger.whole.0.saturating_sub(spent.work);
        self.ledger.whole.1 = self.ledger.whole.1.saturating_sub(spent.kept);
        followed
    }

    pub(super) fn note_cut(&mut self, func: FnRef, cut: Cut) {
        self.note_cuts(func, Cuts::default().with(cut));
    }

    pub(super) fn note_cuts(&mut self, func: FnRef, cuts: Cuts) {
        if !cuts.is_empty() {
            let known = self.ledger.cuts.entry(func).or_default();
            *known = known.and(cuts);
        }
    }

    /// The functions of which something was not followed, and why.
    pub fn cuts(&self) -> &BTreeMap<FnRef, Cuts> {
        &self.ledger.cuts
    }

    /// Whether a step reads or writes the database, as far as its name tells.
    pub fn touches_database(&self, step: &Step) -> bool {
        match &step.op {
            Op::Call { recv: Some(_), name: Some(name), .. } => {
                let name = self.arena.text(*name);
                name == "save" || is_telling(name)
            }
            _ => false,
        }
    }
}
