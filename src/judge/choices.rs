//! Choices: the unknown values of a judgement and what is tried for each.
//!
//! An unknown value is a term: a parameter, a member of one, or an unknown function of values. Equal terms are equal values. Each term,
//! and each field of the documents at the start, has a slot with candidates; which one is taken is the search's choice.
//!
//! Input: candidates. Output: the value of each term under the choices made, and which slots were asked.
//! Must not know: the database, commands.

use super::bson::Value;
use crate::value::V;
use rustc_hash::FxHashMap;

/// What can be tried for a slot.
#[derive(Clone, Debug)]
pub enum Candidate {
    /// Nothing: an undefined value, a missing field.
    Missing,
    Value(Value),
    /// What an expression of the first request is, as far as its inputs alone give it.
    Of(V),
    /// What another input is that names a document of the same collection. Tried where nothing else reaches the act.
    Same(V),
    /// A list with one element, of the shape that the code asks for.
    One,
    /// A list of this many elements, of which nothing is known.
    Many(u32),
    /// A text of this many letters, another one for each unknown value.
    Long(u32),
    /// Beside the documents of both requests this many others, which are what is counted.
    Crowd(u32),
    /// A list of this many elements, of which each request takes out one.
    Pulled(u32),
    /// The unknown itself, equal to nothing else.
    Itself,
}

/// Candidates, and the one taken.
#[derive(Clone, Debug)]
pub struct Slot {
    pub candidates: Vec<Candidate>,
    pub taken: usize,
}

impl Slot {
    /// Whether one of the candidates is there to reach an act only.
    pub fn has_same(&self) -> bool {
        self.candidates.iter().any(|candidate| matches!(candidate, Candidate::Same(_)))
    }

    /// Whether a candidate is there to reach an act only.
    pub fn is_same(&self, candidate: usize) -> bool {
        matches!(self.candidates.get(candidate), Some(Candidate::Same(_)))
    }
}

/// An unknown value.
#[derive(Clone, Debug)]
pub struct Term {
    pub slot: usize,
    /// Made anew in each request, so that its name means nothing in a result.
    pub is_fresh: bool,
    /// As the code writes it, where it is written.
    pub source: Option<V>,
    pub request: Option<usize>,
}

#[derive(Clone, Debug, Default)]
pub struct Choices {
    pub slots: Vec<Slot>,
    pub terms: Vec<Term>,
    by_key: FxHashMap<String, u32>,
    by_value: FxHashMap<(V, Option<usize>), u32>,
    /// The slots asked since the list was last cleared, in order, with repeats.
    pub asked: Vec<usize>,
    /// Whether the list is kept.
    pub is_listening: bool,
}

impl Choices {
    pub fn slot(&mut self, candidates: Vec<Candidate>) -> usize {
        self.slots.push(Slot { candidates, taken: 0 });
        self.slots.len() - 1
    }

    pub fn ask(&mut self, slot: usize) {
        if self.is_listening {
            self.asked.push(slot);
        }
    }

    /// The candidate that is taken in a slot.
    pub fn taken(&self, slot: usize) -> &Candidate {
        self.slots.get(slot).and_then(|slot| slot.candidates.get(slot.taken)).unwrap_or(&Candidate::Missing)
    }

    /// The term of a value that a request brings.
    pub fn input(&mut self, value: V, request: Option<usize>, candidates: impl FnOnce() -> Vec<Candidate>) -> u32 {
        if let Some(term) = self.by_value.get(&(value, request)) {
            return *term;
        }
        let term = self.term(candidates(), false, Some(value), request);
        // Another request starts from the same choice.
        if request == Some(1)
            && let Some(first) = self.by_value.get(&(value, Some(0))).and_then(|first| self.terms.get(*first as usize))
        {
            let taken = self.slots.get(first.slot).map_or(0, |slot| slot.taken);
            if let Some(own) = self.terms.get(term as usize).and_then(|own| self.slots.get_mut(own.slot)) {
                own.taken = taken;
            }
        }
        self.by_value.insert((value, request), term);
        term
    }

    /// The term of an unknown function of values, by a text for both.
    pub fn applied(
        &mut self,
        key: String,
        is_fresh: bool,
        source: Option<V>,
        candidates: impl FnOnce() -> Vec<Candidate>,
    ) -> u32 {
        if let Some(term) = self.by_key.get(&key) {
            return *term;
        }
        let term = self.term(candidates(), is_fresh, source, None);
        self.by_key.insert(key, term);
        term
    }

    fn term(&mut self, candidates: Vec<Candidate>, is_fresh: bool, source: Option<V>, request: Option<usize>) -> u32 {
        let slot = self.slot(candidates);
        self.terms.push(Term { slot, is_fresh, source, request });
        (self.terms.len() - 1) as u32
    }

    pub fn is_fresh(&self, term: u32) -> bool {
        self.terms.get(term as usize).is_some_and(|term| term.is_fresh)
    }
}
