//! Calls whose failure nobody hears of: a handler that goes on, and does nothing but log.
//!
//! Input: a step. Output: an answer. Must not know: what the call does, rules.

use super::link::{Project, Step};
use crate::facts::{Effect, EffectKind, Try, TryPart};
use crate::value::{C, Site};

/// Methods that tell a person something, and no other code.
const LOGS: [&str; 6] = ["log", "error", "warn", "info", "debug", "trace"];

impl Project {
    /// Whether what a step throws ends in a handler that only logs it. What stands in a loop may be tried again.
    pub fn is_only_logged(&self, step: &Step) -> bool {
        let bodies = step.within.iter().rev().filter(|(_, part)| *part == TryPart::Body);
        let Some(tried) = bodies.map(|(site, _)| self.base_site(*site)).next().filter(|_| !step.in_loop) else {
            return false;
        };
        let is_of = |site: Site| self.base_site(site) == tried;
        let Some(function) = self.function(step.owner) else { return false };
        let goes_on = |own: &Try| is_of(own.site) && !own.rethrows && own.resumes != C::FALSE;
        let is_log = |effect: &Effect| match &effect.kind {
            EffectKind::Call { name: Some(name), .. } => LOGS.contains(&self.arena.text(*name)),
            EffectKind::Call { .. } | EffectKind::Assign { .. } => false,
        };
        let is_handled =
            |effect: &&Effect| effect.within.iter().any(|(site, part)| *part == TryPart::Handler && is_of(*site));
        function.tries.iter().any(goes_on) && function.effects.iter().filter(is_handled).all(is_log)
    }
}
