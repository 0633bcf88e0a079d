//! Starts near one that reaches the act, where two values that the code compares with each other are changed at once: a limit
//! that may be missing is met by both `limit` and `used`.
//!
//! Input: the search, at a start that reaches the act. Output: a verdict on the starts near it. Must not know: commands.

use super::Verdict;
use super::choices::Candidate;
use super::search::Search;
use crate::limits;

impl Search<'_, '_> {
    /// Tries each pair of slots of which one can be what the other is.
    pub(super) fn try_coupled(&mut self, reached: &[usize]) -> Option<Verdict> {
        let mut tried = 0;
        for (first, second) in self.coupled() {
            let count = |search: &Self, slot: usize| search.machine.choices.slots.get(slot).map_or(0, |slot| slot.candidates.len());
            for one in 0..count(self, first) {
                for other in 0..count(self, second) {
                    if tried >= limits::COUPLED_STARTS || self.machine.fuel == 0 {
                        return None;
                    }
                    self.take(reached);
                    self.set(first, one);
                    self.set(second, other);
                    tried += 1;
                    if self.reaches_act()
                        && let Some(race @ Verdict::Race(_)) = self.compare()
                    {
                        return Some(race);
                    }
                }
            }
        }
        None
    }

    fn coupled(&self) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for (slot, facts) in self.machine.choices.slots.iter().enumerate() {
            for candidate in &facts.candidates {
                let Candidate::Of(value) = candidate else { continue };
                let Some(other) = self.machine.slots.get(value) else { continue };
                let pair = (slot.min(*other), slot.max(*other));
                if *other != slot && !pairs.contains(&pair) && pairs.len() < limits::COUPLED {
                    pairs.push(pair);
                }
            }
        }
        pairs
    }
}
