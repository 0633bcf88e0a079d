//! What a caller has set on an object before it calls a function with it: `booking.status = 'paid'; await booking.hold();`
//!
//! Input: the steps before a call. Output: members that are constants where the callee runs. Must not know: rules.

use super::link::{Op, Project, Step};
use crate::value::{Arena, C, Node, V};
use rustc_hash::FxHashMap;

impl Project {
    /// The members of what a call is given (`given`, its receiver and its arguments) that were set to a constant last on each path to it,
    /// each with the constant, beside what is `known` already.
    pub(super) fn preset(
        &mut self,
        steps: &[Step],
        (cond, given): (C, &[V]),
        known: Option<&FxHashMap<V, V>>,
    ) -> FxHashMap<V, V> {
        let mut own: FxHashMap<V, V> = FxHashMap::default();
        for step in steps {
            let Op::Assign { object, key, value } = step.op else { continue };
            let is_constant = key.is_some() && self.arena.is_literal(value) && value != Arena::UNDEFINED;
            // What takes work is asked of what may be known, or may be known no longer.
            let matters = (is_constant || !own.is_empty()) && given.contains(&self.whole_of(object));
            if !matters || self.arena.conflict(step.cond, cond) {
                continue;
            }
            let place = key.map_or(object, |key| self.arena.member(object, key));
            own.retain(|member, _| !self.is_within_object(*member, place));
            if is_constant && self.arena.holds_under(step.cond, cond) {
                own.insert(place, value);
            }
        }
        let mut preset = known.cloned().unwrap_or_default();
        preset.extend(own);
        preset
    }

    /// The object of which a value is a member, a member of a member, and so on.
    fn whole_of(&self, value: V) -> V {
        let mut at = value;
        while let Node::Member(object, _) = self.arena.peek(at) {
            at = *object;
        }
        at
    }

    /// Whether a value is another one, or a member of it.
    fn is_within_object(&self, value: V, whole: V) -> bool {
        let mut at = value;
        loop {
            match self.arena.peek(at) {
                _ if at == whole => return true,
                Node::Member(object, _) => at = *object,
                _ => return false,
            }
        }
    }
}
