//! The way to a start at which a request alone reaches the act: one choice changed at a time, then two.
//!
//! Input: the choices, and the atoms that are to hold. Output: how far it got, where not all the way. Must not know: the second request.

use super::script::{Action, Command};
use super::search::Search;
use super::state::{Request, World};
use crate::limits;
use std::collections::BTreeSet;

/// A start at which the first condition that does not hold holds under no other choice for what it asks.
pub(super) struct Stuck {
    /// How many conditions hold before it.
    pub at: usize,
    /// The slots that it asked.
    pub asked: Vec<usize>,
}

impl Search<'_, '_> {
    /// How far a request alone gets towards the act: the atoms that hold before the first that does not; and the slots that
    /// this one asked.
    pub(super) fn progress(&mut self) -> (usize, Vec<usize>) {
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
        // Where it breaks off before the act, what it asked until then.
        if request.is_over && request.at <= slice.act {
            self.run_alone();
        }
        if let Some(act) = slice.commands.get(slice.act) {
            self.machine.ask_read(act.site);
            self.ask_written(act);
        }
        (self.goal_size(), self.asked())
    }

    /// Whether the act takes effect rests on what stands where it writes: no path leads through a list to a name.
    fn ask_written(&mut self, act: &Command) {
        let Action::Write { collection, write, .. } = &act.action else { return };
        for field in &write.fields {
            let path: Vec<String> = field.path.split('.').map(str::to_owned).collect();
            let slot = self.machine.slot_of(*collection, &path);
            slot.into_iter().for_each(|slot| self.machine.choices.ask(slot));
        }
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
        self.climb_beside(&[]).map(|stuck| stuck.at)
    }

    /// The same with some slots left as they are.
    pub(super) fn climb_beside(&mut self, kept: &[usize]) -> Option<Stuck> {
        let goal = self.goal_size() + 1;
        let (mut best, mut asked) = self.progress();
        for _ in 0..limits::CLIMBS {
            if best == goal || self.machine.fuel == 0 {
                break;
            }
            let base = self.taken();
            let Some((reached, next)) = self.improve(&base, best, &asked, kept) else {
                self.take(&base);
                return Some(Stuck { at: best, asked });
            };
            (best, asked) = (reached, next);
        }
        (best != goal).then_some(Stuck { at: best, asked })
    }

    /// The choices that are made.
    pub(super) fn taken(&self) -> Vec<usize> {
        self.machine.choices.slots.iter().map(|slot| slot.taken).collect()
    }

    /// The other candidates of the slots that a condition asks, without those that are kept.
    pub(super) fn options(&self, base: &[usize], asked: &[usize], kept: &[usize]) -> Vec<(usize, usize)> {
        let free = asked.iter().filter(|slot| !kept.contains(slot)).take(limits::CLIMBED_SLOTS);
        let each = free.flat_map(|slot| {
            let count = self.machine.choices.slots.get(*slot).map_or(0, |slot| slot.candidates.len());
            (0..count).map(|candidate| (*slot, candidate))
        });
        each.filter(|(slot, candidate)| base.get(*slot) != Some(candidate)).collect()
    }

    fn improve(&mut self, base: &[usize], best: usize, asked: &[usize], kept: &[usize]) -> Option<(usize, Vec<usize>)> {
        let options = self.options(base, asked, kept);
        for (slot, candidate) in &options {
            self.take(base);
            self.set(*slot, *candidate);
            let (reached, next) = self.progress();
            if reached > best {
                return Some((reached, next));
            }
        }
        let near: Vec<usize> =
            asked.iter().copied().filter(|slot| !kept.contains(slot)).take(limits::CLIMBED_PAIRS).collect();
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
