//! What is left of the budgets of files and functions, and what they cut.
//!
//! Must not know: functions, how they are followed.

use super::shared::Shared;
use crate::limits::{self, Cuts};
use crate::value::{FnRef, Spent};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is left for each file, and what was cut.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// Work, and values that are kept, by file.
    pub(super) left: Shared<Vec<(u64, u64)>>,
    /// The same for all files together.
    pub(super) whole: (u64, u64),
    /// What judging may take, by file, and for all files together.
    pub(super) fuel: Shared<Vec<Fuel>>,
    pub(super) whole_fuel: Fuel,
    /// What the budgets inside the current one have taken.
    pub(super) nested: Taken,
    pub(super) cuts: Shared<BTreeMap<FnRef, Cuts>>,
    /// What following each function took.
    pub(super) times: Shared<Vec<Duration>>,
}

impl Ledger {
    /// `bytes` is the length of each file's text.
    pub(super) fn new(bytes: &[usize]) -> Self {
        let left: Vec<_> = bytes.iter().map(|bytes| limits::of_linked_file(*bytes)).collect();
        let fuel: Vec<_> = bytes.iter().map(|bytes| Fuel::of(limits::of_judged_file(*bytes))).collect();
        let all = bytes.iter().sum();
        Self {
            left: left.into(),
            whole: limits::of_project(all),
            fuel: fuel.into(),
            whole_fuel: Fuel::of(limits::of_judged_project(all)),
            ..Self::default()
        }
    }

    /// Gives all budgets anew; the time that was taken stays counted.
    pub(super) fn renew(&mut self, bytes: &[usize]) {
        *self = Self { times: std::mem::take(&mut self.times), ..Self::new(bytes) };
    }

    /// Whether nothing was cut or taken in a copy.
    pub(super) fn is_bare(&self) -> bool {
        self.cuts.is_empty() && self.times.is_empty()
    }

    /// The budgets of a copy, which has cut nothing yet.
    pub(super) fn fork(&self) -> Self {
        let (left, fuel) = (self.left.clone(), self.fuel.clone());
        Self { left, whole: self.whole, fuel, whole_fuel: self.whole_fuel, ..Self::default() }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taken {
    pub(super) work: u64,
    pub(super) kept: u64,
    pub(super) time: Duration,
}

/// What is left of the budget of one function: work, and values that are kept.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    pub work: u64,
    pub kept: u64,
}

impl Left {
    #[must_use]
    pub fn after(self, spent: &Spent) -> Self {
        Self { work: self.work.saturating_sub(spent.work), kept: self.kept.saturating_sub(spent.kept) }
    }
}

/// Work that judgements may take, those for a verdict and those for the remedy of what was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fuel {
    pub judging: u64,
    pub mending: u64,
}

impl Fuel {
    /// As much for the one as for the other.
    pub const fn of(work: u64) -> Self {
        Self { judging: work, mending: work }
    }

    #[must_use]
    pub fn with(self, other: Self, choose: impl Fn(u64, u64) -> u64) -> Self {
        Self { judging: choose(self.judging, other.judging), mending: choose(self.mending, other.mending) }
    }
}
