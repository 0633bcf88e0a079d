//! Starts at which a request that has done the act goes on as far as it can: what it does afterwards is done twice too, but where
//! what it asks for is missing it ends by an exception, or does nothing more.
//!
//! Input: the search, at a start that reaches the act. Output: a verdict where a request gets further. Must not know: commands.

use super::Verdict;
use super::search::Search;
use crate::limits;

impl Search<'_, '_> {
    /// Changes one choice at a time as long as a request alone does more after the act, and compares there.
    pub(super) fn try_followed(&mut self, reached: &[usize]) -> Option<Verdict> {
        let slice = self.question.slice;
        if slice.act + 1 >= slice.commands.len() {
            return None;
        }
        let least = self.machine.fuel.saturating_sub(limits::FOLLOWED_FUEL).max(1);
        self.take(reached);
        let (mut best, mut most) = (reached.to_vec(), self.done_alone()?);
        while let Some((taken, done)) = self.further(&best, most, least) {
            (best, most) = (taken, done);
        }
        if best == reached {
            return None;
        }
        self.take(&best);
        self.compare_if_reached().filter(|verdict| matches!(verdict, Verdict::Race(_)))
    }

    /// The first choice changed with which a request alone does the act and more than `most` beside.
    fn further(&mut self, best: &[usize], most: usize, least: u64) -> Option<(Vec<usize>, usize)> {
        self.take(best);
        for slot in self.matters() {
            let count = self.machine.choices.slots.get(slot).map_or(0, |slot| slot.candidates.len());
            for candidate in (0..count).filter(|candidate| best.get(slot) != Some(candidate)) {
                if self.machine.fuel < least {
                    return None;
                }
                self.take(best);
                self.set(slot, candidate);
                if let Some(done) = self.done_alone().filter(|done| *done > most) {
                    return Some((self.taken(), done));
                }
            }
        }
        None
    }

    /// How many commands and effects one request alone does that does the act; none where it does not.
    fn done_alone(&mut self) -> Option<usize> {
        let (request, world) = self.run_alone();
        (request.acts > 0).then_some(world.moves.len() + world.effects.len())
    }
}
