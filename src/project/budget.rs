//! Budgets of linking and judging: what each function and each file may take, and which functions were cut.
//!
//! Input: functions that are about to be followed. Output: what of them was not followed.
//! Must not know: rules.

use super::link::{Op, Project, Step};
use super::mongo::is_telling;
use crate::limits::{self, Cut, Cuts};
use crate::value::{Budget, ClassRef, FnRef};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What is left for each file, and what was cut.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Work, and values that are kept, by file.
    left: Vec<(u64, u64)>,
    /// The same for all files together.
    whole: (u64, u64),
    /// What the budgets inside the current one have taken.
    nested: Taken,
    cuts: BTreeMap<FnRef, Cuts>,
    /// What following each function took.
    times: Vec<Duration>,
}

impl Ledger {
    /// `bytes` is the length of each file's text.
    pub(super) fn new(bytes: &[usize]) -> Self {
        let left = bytes.iter().map(|bytes| limits::of_linked_file(*bytes)).collect();
        Self { left, whole: limits::of_project(bytes.iter().sum()), ..Self::default() }
    }

    /// Gives all budgets anew; the time that was taken stays counted.
    pub(super) fn renew(&mut self, bytes: &[usize]) {
        *self = Self { times: std::mem::take(&mut self.times), ..Self::new(bytes) };
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Taken {
    work: u64,
    kept: u64,
    time: Duration,
}

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
        let bytes = self.function(func).map_or(0, |function| (function.end - function.start) as usize);
        let left = self.ledger.left.get(self.file_of(func) as usize).copied().unwrap_or_default();
        let whole = self.ledger.whole;
        let ((work, kept), own) = (limits::of_linked_function(bytes), limits::of_own_code(bytes));
        let work = work.min(left.0).min(whole.0).max(own.0);
        let kept = kept.min(left.1).min(whole.1).max(own.1);
        let nested = std::mem::take(&mut self.ledger.nested);
        Turn { budget: self.arena.begin(work, kept), nested, since: Instant::now() }
    }

    /// Ends what [`Project::begin`] began, and notes what was cut.
    pub fn end(&mut self, func: FnRef, turn: Turn) {
        let spent = self.arena.end(turn.budget);
        let nested = std::mem::replace(&mut self.ledger.nested, turn.nested);
        self.ledger.nested.work += spent.work;
        self.ledger.nested.kept += spent.kept;
        self.count_time(func, turn.since.elapsed(), nested.time);
        let file = self.file_of(func) as usize;
        let own = (spent.work.saturating_sub(nested.work), spent.kept.saturating_sub(nested.kept));
        for left in self.ledger.left.get_mut(file).into_iter().chain([&mut self.ledger.whole]) {
            left.0 = left.0.saturating_sub(own.0);
            left.1 = left.1.saturating_sub(own.1);
        }
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
    pub(super) fn touches_database(&self, step: &Step) -> bool {
        match &step.op {
            Op::Call { recv: Some(_), name: Some(name), .. } => {
                let name = self.arena.text(*name);
                name == "save" || is_telling(name)
            }
            _ => false,
        }
    }
}
