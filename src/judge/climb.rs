//! The way to a start at which a request alone reaches the act: one choice changed at a time, then two.
//!
//! Input: the choices, and the atoms that are to hold. Output: how far it got, where not all the way. Must not know: the second request.

use super::search::Search;
use super::state::{Request, World};
use crate::limits;
use std::collections::BTreeSet;

impl Search<'_, '_> {
    /// How far a request alone gets towards the act: the atoms that hold before the first that does not; and the slots that
    /// this one asked.
    fn progress(&mut self) -> (usize, Vec<usize>) {
        let mut world = self.world();
        let mut request = Request::new(0);
        let slice = self.question.slice;
        // What is evaluated on the way to the goal is asked again there.
        self.machine.choices.is_listening = slice.goal.is_empty() && self.wanted.is_empty();
        while request.at < slice.act && self.machine.advance_to(slice, &mut request, &mut world, slice.act) {}
        self.machine.choices.is_listening = true;
        let progress = self.progress_from(&mut request, &mut world);
        self.machine.choices.is_listening = false;
        progress
    }

    fn progress_from(&mut self, request: &mut Request, world: &mut World) -> (usize, Vec<usize>) {
        let slice = self.question.slice;
        let wanted = self.wanted.clone();
        for (at, atom) in slice.goal.iter().chain(&wanted).enumerate() {
            // What each atom asks is told, also where it was known.
            request.forget();
            request.fixed.clear();
            self.machine.choices.asked.clear();
            if !self.machine.holds(request, *atom) {
                return (at, self.asked());
            }
        }
        self.machine.choices.asked.clear();
        let before = request.acts;
        while request.at <= slice.act && self.machine.advance_to(slice, request, world, slice.act + 1) {}
        if request.acts > before {
            return (self.goal_size() + 1, Vec::new());
        }
        if let Some(act) = slice.commands.get(slice.act) {
            self.machine.ask_read(act.site);
        }
        (self.goal_size(), self.asked())
    }

    fn goal_size(&self) -> usize {
        self.question.slice.goal.len() + self.wanted.len()
    }

    pub(super) fn asked(&mut self) -> Vec<usize> {
        let asked = std::mem::take(&mut self.machine.choices.asked);
        let mut seen = BTreeSet::new();
        asked.into_iter().rev().filter(|slot| seen.insert(*slot)).collect()
    }

    /// Changes one choice, then two, until a request alone reaches the act. Gives how far it got where it does not.
    pub(super) fn climb(&mut self) -> Option<usize> {
        let goal = self.goal_size() + 1;
        let (mut best, mut asked) = self.progress();
        for _ in 0..limits::CLIMBS {
            if best == goal || self.machine.fuel == 0 {
                break;
            }
            let base: Vec<usize> = self.machine.choices.slots.iter().map(|slot| slot.taken).collect();
            let Some((reached, next)) = self.improve(&base, best, &asked) else {
                self.take(&base);
                return Some(best);
            };
            (best, asked) = (reached, next);
        }
        (best != goal).then_some(best)
    }

    fn improve(&mut self, base: &[usize], best: usize, asked: &[usize]) -> Option<(usize, Vec<usize>)> {
        let asked: Vec<usize> = asked.iter().copied().take(limits::CLIMBED_SLOTS).collect();
        let options: Vec<(usize, usize)> = asked
            .iter()
            .flat_map(|slot| {
                let count = self.machine.choices.slots.get(*slot).map_or(0, |slot| slot.candidates.len());
                (0..count).map(|candidate| (*slot, candidate))
            })
            .filter(|(slot, candidate)| base.get(*slot) != Some(candidate))
            .collect();
        for (slot, candidate) in &options {
            self.take(base);
            self.set(*slot, *candidate);
            let (reached, next) = self.progress();
            if reached > best {
                return Some((reached, next));
            }
        }
        let near: Vec<usize> = asked.iter().copied().take(limits::CLIMBED_PAIRS).collect();
        let options: Vec<(usize, usize)> = options.into_iter().filter(|(slot, _)| near.contains(slot)).collect();
        for (at, first) in options.iter().enumerate() {
            for second in options.iter().skip(at + 1).filter(|second| second.0 != first.0) {
                if self.machine.fuel == 0 {
                    return None;
                }
                self.take(base);
                self.set(first.0, first.1);
                self.set(second.0, second.1);
                let (reached, next) = self.progress();
                if reached > best {
                    return Some((reached, next));
                }
            }
        }
        None
    }
}
