//! The way back: where a condition of the act holds under no choice that leaves those before it as they are. What makes it hold is kept,
//! and the conditions before it are reached anew: `a || b` held by `a`, and `!a` is asked later.
//!
//! Input: the search, at a start that reaches a part of the conditions. Output: whether it reaches the act. Must not know: commands.

use super::climb::Stuck;
use super::search::Search;
use super::state::Request;
use crate::limits;

impl Search<'_, '_> {
    /// Changes choices until a request alone reaches the act, also those that earlier conditions rest on. Gives how far it got where
    /// it does not.
    pub(super) fn reach(&mut self) -> Option<usize> {
        let stuck = self.climb_beside(&[])?;
        let least = self.machine.fuel.saturating_sub(limits::REPAIR_FUEL).max(1);
        let taken = self.taken();
        if self.repair(&stuck, &mut Vec::new(), least) {
            return None;
        }
        self.take(&taken);
        Some(stuck.at)
    }

    /// Keeps one choice more, by which the condition holds, or asks for something that it did not ask before, and climbs from there.
    fn repair(&mut self, stuck: &Stuck, kept: &mut Vec<usize>, least: u64) -> bool {
        if kept.len() >= limits::KEPT_CHOICES {
            return false;
        }
        let base = self.taken();
        let mut others = Vec::new();
        for (slot, candidate) in self.options(&base, &stuck.asked, kept) {
            if self.machine.fuel <= least {
                return false;
            }
            self.take(&base);
            self.set(slot, candidate);
            if !self.would_hold(stuck.at) {
                others.push((slot, candidate));
            } else if self.keep(slot, kept, least) {
                return true;
            }
        }
        for (slot, candidate) in others {
            if self.machine.fuel <= least {
                return false;
            }
            self.take(&base);
            self.set(slot, candidate);
            if self.asks_more(stuck) && self.keep(slot, kept, least) {
                return true;
            }
        }
        false
    }

    fn keep(&mut self, slot: usize, kept: &mut Vec<usize>, least: u64) -> bool {
        kept.push(slot);
        let is_reached = match self.climb_beside(kept) {
            None => true,
            Some(next) => self.repair(&next, kept, least),
        };
        kept.pop();
        is_reached
    }

    /// Whether the same condition asks for something new: the flag of a list before its elements.
    fn asks_more(&mut self, stuck: &Stuck) -> bool {
        let (at, asked) = self.progress();
        at == stuck.at && asked.iter().any(|slot| !stuck.asked.contains(slot))
    }

    /// Whether a condition holds, whatever those before it do. What the act finds is asked on the way to it only.
    fn would_hold(&mut self, at: usize) -> bool {
        let slice = self.question.slice;
        let Some(atom) = slice.goal.iter().chain(&self.wanted).nth(at).copied() else { return true };
        let (mut request, mut world) = (Request::new(0), self.world());
        while request.at < slice.act && self.machine.advance_to(slice, &mut request, &mut world, slice.act) {}
        self.machine.holds(&mut request, atom)
    }
}
