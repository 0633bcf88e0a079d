//! Which inputs and stored fields the code takes for granted, so that nobody is served worse for what is none.
//!
//! Input: what a remedy presumes, and choices. Output: whether the choices are plausible, and the nearest that are. Must not know: how
//! requests are run, remedies.

use super::bson::Value;
use super::choices::Candidate;
use super::eval::Machine;
use crate::limits;
use crate::value::{Arena, Node, V, children};
use rustc_hash::FxHashSet;

/// What a remedy takes for granted, as the code does where it means anything: nobody is served worse for what is no input.
#[derive(Clone, Debug, Default)]
pub struct Presumed {
    /// Fields of the act's documents that are there, with a value that has an order.
    pub fields: Vec<Vec<String>>,
    /// Fields that hold a number where they are there: the code takes one for what is missing.
    pub numbers: Vec<Vec<String>>,
    /// Values that have an order: numbers, times.
    pub ordered: Vec<V>,
    /// Values that are not undefined.
    pub given: Vec<V>,
}

/// What is presumed, for looking up.
pub struct Plausible<'a> {
    pub collection: u32,
    fields: &'a [Vec<String>],
    numbers: &'a [Vec<String>],
    ordered: FxHashSet<V>,
    given: FxHashSet<V>,
}

impl<'a> Plausible<'a> {
    pub fn new(arena: &Arena, collection: u32, presumed: &'a Presumed) -> Self {
        let all = |values: &[V]| {
            let mut all = FxHashSet::default();
            values.iter().for_each(|value| operands(arena, *value, &mut all));
            all
        };
        let (ordered, given) = (all(&presumed.ordered), all(&presumed.given));
        Self { collection, fields: &presumed.fields, numbers: &presumed.numbers, ordered, given }
    }

    /// The choices with something known in place of what is presumed to be no input.
    pub fn nearest(&self, machine: &Machine<'_>, mut taken: Vec<usize>) -> Vec<usize> {
        let choices = &machine.choices;
        let fields = self.fields.iter().filter_map(|path| machine.slot_of(self.collection, path));
        let is_presumed = |source: &V| self.given.contains(source) || self.ordered.contains(source);
        let terms = choices.terms.iter().filter(|term| term.source.as_ref().is_some_and(is_presumed));
        for slot in fields.chain(terms.map(|term| term.slot)) {
            let Some(known) = choices.slots.get(slot) else { continue };
            let is_known =
                |at: usize| !matches!(known.candidates.get(at), Some(Candidate::Missing | Candidate::Itself));
            // What is what another unknown is, is known no better.
            let is_own = |at: &usize| is_known(*at) && !matches!(known.candidates.get(*at), Some(Candidate::Of(_)));
            let is_left = leads_nowhere(machine, slot);
            if let Some(own) = taken.get_mut(slot).filter(|own| !is_known(**own) || is_left) {
                let mut all = 0..known.candidates.len();
                *own = all.clone().find(is_own).or_else(|| all.find(|at| is_known(*at))).unwrap_or(*own);
            }
        }
        for slot in self.number_slots(machine) {
            let Some(known) = choices.slots.get(slot) else { continue };
            if let Some(own) = taken.get_mut(slot)
                && !known.candidates.get(*own).is_some_and(is_number_or_none)
            {
                *own = known.candidates.iter().position(is_number_or_none).unwrap_or(*own);
            }
        }
        taken
    }

    /// The slots of the fields that hold numbers; a field of another one has none of its own.
    fn number_slots(&self, machine: &Machine<'_>) -> Vec<usize> {
        let known = machine.fields.get(self.collection as usize);
        let is_asked = |path: &Vec<String>| self.numbers.contains(path);
        known
            .into_iter()
            .flat_map(|known| known.iter())
            .filter(|(path, _)| is_asked(path))
            .map(|(_, slot)| *slot)
            .collect()
    }

    /// Whether it holds under the choices made.
    pub fn holds(&self, machine: &Machine<'_>) -> bool {
        let choices = &machine.choices;
        let is_known = |slot| {
            !matches!(choices.taken(slot), Candidate::Missing | Candidate::Itself) && !leads_nowhere(machine, slot)
        };
        let are_there = self.fields.iter().all(|path| machine.slot_of(self.collection, path).is_none_or(is_known));
        let are_numbers = self.number_slots(machine).into_iter().all(|slot| is_number_or_none(choices.taken(slot)));
        are_there
            && are_numbers
            && choices.terms.iter().all(|term| match (term.source, choices.taken(term.slot)) {
                (Some(source), Candidate::Missing) => !self.given.contains(&source),
                (Some(source), Candidate::Itself) => !self.ordered.contains(&source),
                (Some(source), Candidate::Of(_)) if leads_nowhere(machine, term.slot) => {
                    !self.given.contains(&source) && !self.ordered.contains(&source)
                }
                _ => true,
            })
    }
}

/// A value and what it is computed from, without what is asked for where it is read or called for.
fn operands(arena: &Arena, value: V, into: &mut FxHashSet<V>) {
    let node = arena.peek(value);
    if into.insert(value) && !matches!(node, Node::Call { .. }) {
        children(node).into_iter().for_each(|part| operands(arena, part, into));
    }
}

fn is_number_or_none(candidate: &Candidate) -> bool {
    matches!(candidate, Candidate::Missing | Candidate::Value(Value::Number(_)))
}

/// Whether a slot is what another one is, and that one what it is itself, or nothing.
fn leads_nowhere(machine: &Machine<'_>, slot: usize) -> bool {
    let choices = &machine.choices;
    let mut at = slot;
    for _ in 0..limits::START_DEPTH {
        let Candidate::Of(value) = choices.taken(at) else {
            return at != slot && matches!(choices.taken(at), Candidate::Missing);
        };
        let input = || choices.terms.iter().find(|term| term.source == Some(*value)).map(|term| term.slot);
        let Some(next) = machine.slots.get(value).copied().or_else(input) else { return false };
        at = next;
    }
    true
}
