//! Starts near one that reaches the act, where two values that the code compares with each other, or takes from each other, are changed
//! at once: a limit that may be missing is met by both `limit` and `used`, and `capacity - sold` by both.
//!
//! Input: the search, at a start that reaches the act. Output: a verdict on the starts near it. Must not know: commands.

use super::Verdict;
use super::bson::Value;
use super::choices::Candidate;
use super::search::Search;
use crate::limits;
use crate::value::V;

impl Search<'_, '_> {
    /// Tries each pair of slots of which one can be what the other is, also where a third one decides whether they count.
    pub(super) fn try_coupled(&mut self, reached: &[usize]) -> Option<Verdict> {
        let pairs = self.coupled();
        if pairs.is_empty() {
            return None;
        }
        self.take(reached);
        let mut thirds = vec![None];
        // What a request brings has the later slots, and decides together with what is stored.
        for slot in self.matters().into_iter().rev() {
            let count = self.machine.choices.slots.get(slot).map_or(0, |slot| slot.candidates.len());
            thirds.extend((0..count).map(|candidate| Some((slot, candidate))));
        }
        let least = self.machine.fuel.saturating_sub(limits::COUPLED_FUEL).max(1);
        for third in thirds {
            let is_other = |slot: usize| third.is_none_or(|(third, _)| third != slot);
            for (first, second) in pairs.iter().filter(|(first, second)| is_other(*first) && is_other(*second)) {
                for one in self.numbers(*first) {
                    for other in self.numbers(*second) {
                        self.take(reached);
                        third.into_iter().for_each(|(slot, candidate)| self.set(slot, candidate));
                        self.set(*first, one);
                        self.set(*second, other);
                        if let Some(race @ Verdict::Race(_)) = self.compare_if_reached() {
                            return Some(race);
                        }
                        if self.machine.fuel < least {
                            return None;
                        }
                    }
                }
            }
        }
        None
    }

    /// The candidates of a slot that are numbers.
    fn numbers(&self, slot: usize) -> Vec<usize> {
        let candidates = self.machine.choices.slots.get(slot).map_or(&[][..], |slot| &slot.candidates);
        let is_number = |candidate: &Candidate| matches!(candidate, Candidate::Value(Value::Number(_)));
        candidates.iter().enumerate().filter(|(_, candidate)| is_number(candidate)).map(|(at, _)| at).collect()
    }

    fn coupled(&self) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        for (slot, facts) in self.machine.choices.slots.iter().enumerate() {
            for candidate in &facts.candidates {
                let Candidate::Of(value) = candidate else { continue };
                let Some(other) = self.machine.slots.get(value) else { continue };
                couple(&mut pairs, slot, *other);
            }
        }
        for (whole, taken) in &self.machine.hints.differences {
            if let (Some(whole), Some(taken)) = (self.slot_in(*whole), self.slot_in(*taken)) {
                couple(&mut pairs, whole, taken);
            }
        }
        pairs
    }

    /// The slot of the stored number that a value is made of: `doc.reserved || 0`.
    fn slot_in(&self, value: V) -> Option<usize> {
        let slot = |value: &V| self.machine.slots.get(value).copied().filter(|slot| !self.numbers(*slot).is_empty());
        slot(&value).or_else(|| self.machine.arena.parts(value).iter().filter_map(slot).min())
    }
}

fn couple(pairs: &mut Vec<(usize, usize)>, one: usize, other: usize) {
    let pair = (one.min(other), one.max(other));
    if one != other && !pairs.contains(&pair) && pairs.len() < limits::COUPLED {
        pairs.push(pair);
    }
}
