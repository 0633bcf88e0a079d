//! Starts at which the act is reached by one alternative of its decision alone: a limit that is not set, or one that is not
//! reached; no such document, or one's own. A race of one alternative hides behind another that always lets the request pass.
//!
//! Input: the search, at a start that reaches the act. Output: a verdict on the other starts. Must not know: commands.

use super::Verdict;
use super::search::Search;
use crate::limits;
use crate::value::{Atom, Node, V};

impl Search<'_, '_> {
    /// Tries each alternative of each part of the decision, with the others kept from holding where that can be.
    pub(super) fn try_alternatives(&mut self, reached: &[usize]) -> Option<Verdict> {
        let least = self.machine.fuel.saturating_sub(limits::ALTERNATIVES_FUEL).max(1);
        for alternatives in self.alternatives() {
            for wanted in alternatives {
                self.take(reached);
                self.wanted = wanted;
                let is_reached = self.climb().is_none();
                self.wanted.clear();
                if self.machine.fuel < least {
                    return None;
                }
                let taken = self.taken();
                if !is_reached {
                    continue;
                }
                if taken != reached
                    && let Some(race @ Verdict::Race(_)) = self.compare()
                {
                    return Some(race);
                }
                if let Some(race @ Verdict::Race(_)) = self.near(&taken, least) {
                    return Some(race);
                }
                break;
            }
        }
        None
    }

    /// For each alternative the conditions that single it out: first those that also keep what comes after it from holding.
    fn alternatives(&self) -> Vec<[Vec<Atom>; 2]> {
        let arena = self.machine.arena;
        let mut all = Vec::new();
        for atom in &self.question.slice.goal {
            // What passes by a part that is false, or by a part that is true.
            let (parts, passes): (&[V], bool) = match (arena.peek(atom.value), atom.holds) {
                (Node::And(parts), false) => (parts, false),
                (Node::Or(parts), true) => (parts, true),
                _ => continue,
            };
            for at in 0..parts.len() {
                let atoms = |parts: &[V]| -> Vec<Atom> {
                    let atom = |(own, value): (usize, &V)| Atom { value: *value, holds: passes == (own == at) };
                    parts.iter().enumerate().map(atom).collect()
                };
                if all.len() < limits::TRIED_ALTERNATIVES {
                    all.push([atoms(parts), atoms(parts.get(..=at).unwrap_or_default())]);
                }
            }
        }
        all
    }
}
