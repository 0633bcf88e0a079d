//! How long a run took: by stage, and the files and functions that took longest.
//!
//! Input: moments. Output: durations. Must not know: what a stage does, formats.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

/// How many files and functions are named.
const SLOWEST: usize = 10;

/// The stages of a run so far, each with its time by the wall.
#[derive(Clone, Debug)]
pub struct Laps {
    since: Instant,
    stages: Vec<(&'static str, Duration)>,
}

impl Default for Laps {
    fn default() -> Self {
        Self { since: Instant::now(), stages: Vec::new() }
    }
}

impl Laps {
    /// Ends a stage; the next one begins.
    pub fn end(&mut self, stage: &'static str) {
        let now = Instant::now();
        self.stages.push((stage, now - self.since));
        self.since = now;
    }

    /// Ends a part of a stage, of which there are several.
    pub fn add(&mut self, stage: &'static str) {
        let now = Instant::now();
        match self.stages.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, taken)) => *taken += now - self.since,
            None => self.stages.push((stage, now - self.since)),
        }
        self.since = now;
    }

    /// Takes over the stages that something else has counted up to now.
    pub fn take(&mut self, stages: Vec<(&'static str, Duration)>) {
        self.stages.extend(stages);
        self.since = Instant::now();
    }

    pub fn into_stages(self) -> Vec<(&'static str, Duration)> {
        self.stages
    }
}

/// Where the time of a run went.
#[derive(Clone, Debug, Default)]
pub struct Timings {
    /// In their order.
    pub stages: Vec<(&'static str, Duration)>,
    /// The paths of the files that took longest to parse and evaluate, slowest first.
    pub files: Vec<(String, Duration)>,
    /// Path and name of the functions that took longest to link and judge, without those that they call; slowest first.
    pub functions: Vec<((String, String), Duration)>,
}

/// The rows that took longest, slowest first; those that took equally long in their order.
pub fn slowest<T>(rows: impl Iterator<Item = (T, Duration)>) -> Vec<(T, Duration)> {
    let mut rows: Vec<(T, Duration)> = rows.filter(|(_, taken)| !taken.is_zero()).collect();
    rows.sort_by_key(|(_, taken)| Reverse(*taken));
    rows.truncate(SLOWEST);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_are_few_and_in_order() {
        let rows = (0..20).map(|at| (at, Duration::from_millis(at % 15)));
        let named: Vec<u64> = slowest(rows).into_iter().map(|(at, _)| at).collect();
        assert_eq!(named, [14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
    }
}
