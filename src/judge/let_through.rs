//! A start at which other code does what it does: the document is as that code asks.
//!
//! Input: what other code asks of a document, the candidates of its fields. Output: the ones that are taken. Must not know: orders.

use super::bson::Value;
use super::choices::Candidate;
use super::literal::literal;
use super::other::Guard;
use super::question::Overwritten;
use super::script::Action;
use super::search::Search;
use crate::value::Arena;

impl Guard {
    /// Whether it holds of what a candidate stands for; an unknown value is none of the constants.
    fn is_held_by(&self, arena: &Arena, candidate: &Candidate) -> bool {
        let value = match candidate {
            Candidate::Value(value) => Some(value.clone()),
            Candidate::Missing => Some(Value::Null),
            Candidate::Of(value) if *value == Arena::UNDEFINED => Some(Value::Null),
            Candidate::Of(value) => literal(arena, *value),
            _ => None,
        };
        let is_one = value.is_some_and(|value| self.values.iter().any(|constant| constant.value() == value));
        is_one == self.is_in
    }
}

impl Search<'_, '_> {
    /// Where other code asks for a field before it does anything, the field is at the start as that code wants it.
    pub(super) fn let_other_through(&mut self) {
        let (Some(Overwritten::Other(change)), Some(act)) =
            (self.other, self.question.slice.commands.get(self.question.slice.act))
        else {
            return;
        };
        let Some(collection) = act.action.collection().filter(|_| matches!(act.action, Action::Write { .. })) else {
            return;
        };
        for guard in &change.asks {
            let path: Vec<String> = guard.path.split('.').map(str::to_owned).collect();
            let slot = self.machine.slot_of(collection, &path);
            let Some(slot) = slot.and_then(|slot| self.machine.choices.slots.get_mut(slot)) else { continue };
            let is_held = |candidate: &Candidate| guard.is_held_by(self.question.arena, candidate);
            if slot.candidates.get(slot.taken).is_some_and(is_held) {
                continue;
            }
            if let Some(held) = slot.candidates.iter().position(is_held) {
                slot.taken = held;
            } else if let Some(wanted) = guard.values.first().filter(|_| guard.is_in) {
                slot.candidates.push(Candidate::Value(wanted.value()));
                slot.taken = slot.candidates.len() - 1;
            }
        }
    }
}
