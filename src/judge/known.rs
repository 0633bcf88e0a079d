//! What is known: values that were evaluated, each with what it rests on.
//!
//! The interleavings of two requests evaluate the same values over and over. A value is the same again where the results that it
//! asked for, and the choices that it asked for, are the same; so it is looked up. A value on whose way JavaScript would throw, or
//! a loop runs over nothing, is not kept: that it does so is told where it is evaluated.
//!
//! Input: values with what was asked on the way. Output: the values. Must not know: how a value is evaluated.

use super::bson::Value;
use super::choices::Choices;
use crate::limits;
use crate::value::{C, Site, V};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

/// A part of a request that its commands change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The result of a command, or that it failed.
    Result(Site),
    /// Whether a `try` statement was left by an exception.
    Caught(Site),
    /// A document that others loaded.
    Given(V),
}

/// The states of the parts of one request, by the numbers of the parts; zero before anything has changed them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct States(Vec<u32>);

impl States {
    fn get(&self, part: u32) -> u32 {
        self.0.get(part as usize).copied().unwrap_or(0)
    }

    fn set(&mut self, part: u32, state: u32) {
        let at = part as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0.get_mut(at).into_iter().for_each(|known| *known = state);
    }
}

/// What is evaluated, and how: by which request, in a filter, how deep in values that choices name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked<Q> {
    pub what: Q,
    pub who: usize,
    pub in_filter: bool,
    pub depth: u32,
}

/// Something that a value rests on: a slot of the choices, or a part of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ground {
    Slot(u32),
    Part(u32),
}

#[derive(Clone, Debug)]
struct Answer<A> {
    /// With the candidate that was taken, or the state that the part had.
    grounds: Grounds,
    rests_on_results: bool,
    answer: A,
}

/// An answer that was found again.
pub struct Again<A> {
    pub answer: A,
    pub rests_on_results: bool,
}

/// A value that is being evaluated.
#[must_use]
pub struct Open {
    from: usize,
    disturbed: u32,
}

/// Where an evaluation stands when it ends.
#[derive(Clone, Copy)]
pub struct State<'a> {
    pub parts: &'a States,
    pub choices: &'a Choices,
    /// The work that a judgement may take was spent before the end.
    pub is_broken_off: bool,
}

type Grounds = Box<[(Ground, u32)]>;
type Answers<Q, A> = FxHashMap<Asked<Q>, Vec<Answer<A>>>;

#[derive(Debug, Default)]
pub struct Known {
    values: Answers<V, Option<Value>>,
    conditions: Answers<C, bool>,
    parts: FxHashMap<Part, u32>,
    /// The states that parts have had, by their digests.
    states: FxHashMap<u64, Vec<(Option<Value>, bool, u32)>>,
    state_count: u32,
    /// What the values that are being evaluated have asked for so far.
    grounds: Vec<Ground>,
    open: u32,
    /// How often something was met that has to be told where it is met.
    disturbed: u32,
}

impl Known {
    fn part(&mut self, part: Part) -> u32 {
        let next = self.parts.len() as u32;
        *self.parts.entry(part).or_insert(next)
    }

    /// Notes that a part is there, so that values rest on it before it changes.
    pub fn expect(&mut self, part: Part) {
        self.part(part);
    }

    /// A command has changed a part.
    pub fn change(&mut self, states: &mut States, part: Part, result: Option<&Value>, has_failed: bool) {
        let mut hasher = FxHasher::default();
        has_failed.hash(&mut hasher);
        result.into_iter().for_each(|value| digest(value, &mut hasher));
        let known = self.states.entry(hasher.finish()).or_default();
        let same = |(other, failed, _): &&(Option<Value>, bool, u32)| {
            *failed == has_failed
                && match (other, result) {
                    (None, None) => true,
                    (Some(other), Some(result)) => other.is_same(result),
                    _ => false,
                }
        };
        let state = match known.iter().find(same) {
            Some((_, _, state)) => *state,
            None => {
                self.state_count += 1;
                known.push((result.cloned(), has_failed, self.state_count));
                self.state_count
            }
        };
        let part = self.part(part);
        states.set(part, state);
    }

    // What is asked on the way

    /// The value that is evaluated rests on a part of the request.
    pub fn rest_on(&mut self, part: Part) {
        if self.open > 0 {
            let part = self.part(part);
            self.grounds.push(Ground::Part(part));
        }
    }

    /// The same where the part is expected to change at all.
    pub fn rest_on_expected(&mut self, part: Part) {
        if self.open > 0
            && let Some(part) = self.parts.get(&part)
        {
            self.grounds.push(Ground::Part(*part));
        }
    }

    /// The value that is evaluated rests on a choice.
    pub fn rest_on_slot(&mut self, slot: usize) {
        if self.open > 0 {
            self.grounds.push(Ground::Slot(slot as u32));
        }
    }

    /// Something was met that is told only where it is met.
    pub fn disturb(&mut self) {
        self.disturbed += 1;
    }

    /// Begins an evaluation.
    pub fn open(&mut self) -> Open {
        self.open += 1;
        Open { from: self.grounds.len(), disturbed: self.disturbed }
    }

    pub fn value(&mut self, asked: Asked<V>, states: &States, choices: &Choices) -> Option<Again<Option<Value>>> {
        again(&self.values, asked, states, choices, (self.open > 0).then_some(&mut self.grounds))
    }

    pub fn condition(&mut self, asked: Asked<C>, states: &States, choices: &Choices) -> Option<Again<bool>> {
        again(&self.conditions, asked, states, choices, (self.open > 0).then_some(&mut self.grounds))
    }

    /// Ends an evaluation; says whether the value is kept.
    pub fn close_value(&mut self, open: Open, asked: Asked<V>, value: &Option<Value>, state: State<'_>) -> bool {
        let Some(grounds) = self.closed(&open, state) else { return false };
        keep(&mut self.values, asked, grounds, value.clone());
        true
    }

    /// The same of a condition.
    pub fn close_condition(&mut self, open: Open, asked: Asked<C>, holds: bool, state: State<'_>) -> bool {
        let Some(grounds) = self.closed(&open, state) else { return false };
        keep(&mut self.conditions, asked, grounds, holds);
        true
    }

    /// What the evaluation rests on; none where it is not to be kept.
    fn closed(&mut self, open: &Open, state: State<'_>) -> Option<Grounds> {
        self.open -= 1;
        if let Some(own) = self.grounds.get_mut(open.from..) {
            own.sort_unstable();
        }
        drop_repeated(&mut self.grounds, open.from);
        let own = self.grounds.get(open.from..).unwrap_or_default();
        let is_kept = self.disturbed == open.disturbed && !state.is_broken_off;
        let now = |ground: &Ground| (*ground, now(*ground, state.parts, state.choices));
        let kept = is_kept.then(|| own.iter().map(now).collect());
        // What surrounds it rests on the same.
        if self.open == 0 {
            self.grounds.truncate(open.from);
        }
        kept
    }
}

/// Keeps the first of equal ones that follow each other from a place on.
fn drop_repeated(grounds: &mut Vec<Ground>, from: usize) {
    let (mut end, mut last) = (from, None);
    for at in from..grounds.len() {
        let ground = grounds.get(at).copied();
        if ground == last {
            continue;
        }
        last = ground;
        if let (Some(slot), Some(ground)) = (grounds.get_mut(end), ground) {
            *slot = ground;
            end += 1;
        }
    }
    grounds.truncate(end);
}

fn now(ground: Ground, states: &States, choices: &Choices) -> u32 {
    match ground {
        Ground::Slot(slot) => choices.slots.get(slot as usize).map_or(0, |slot| slot.taken as u32),
        Ground::Part(part) => states.get(part),
    }
}

fn again<Q: Hash + Eq, A: Clone>(
    answers: &Answers<Q, A>,
    asked: Asked<Q>,
    states: &States,
    choices: &Choices,
    around: Option<&mut Vec<Ground>>,
) -> Option<Again<A>> {
    let is_same =
        |answer: &&Answer<A>| answer.grounds.iter().all(|(ground, was)| now(*ground, states, choices) == *was);
    let found = answers.get(&asked)?.iter().rev().find(is_same)?;
    around.into_iter().for_each(|around| around.extend(found.grounds.iter().map(|(ground, _)| *ground)));
    Some(Again { answer: found.answer.clone(), rests_on_results: found.rests_on_results })
}

fn keep<Q: Hash + Eq, A>(answers: &mut Answers<Q, A>, asked: Asked<Q>, grounds: Grounds, answer: A) {
    let rests_on_results = grounds.iter().any(|(ground, _)| matches!(ground, Ground::Part(_)));
    let known = answers.entry(asked).or_default();
    if known.len() >= limits::KNOWN_ANSWERS {
        known.remove(0);
    }
    known.push(Answer { grounds, rests_on_results, answer });
}

/// Equal values have equal digests.
fn digest(value: &Value, hasher: &mut FxHasher) {
    value.rank().hash(hasher);
    match value {
        Value::Null => {}
        Value::Bool(value) => value.hash(hasher),
        // Zero has no sign.
        Value::Number(value) => (value + 0.0).to_bits().hash(hasher),
        Value::Text(text) => text.hash(hasher),
        Value::Id(number) | Value::Symbol(number) => number.hash(hasher),
        Value::Date(time) => time.hash(hasher),
        Value::List(items) => {
            items.len().hash(hasher);
            items.iter().for_each(|item| digest(item, hasher));
        }
        Value::Document(fields) => {
            fields.len().hash(hasher);
            for (name, value) in fields.iter() {
                name.hash(hasher);
                digest(value, hasher);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked<V> = Asked { what: V(7), who: 0, in_filter: false, depth: 0 };

    fn result(known: &mut Known, states: &mut States, result: f64) {
        known.change(states, Part::Result(Site(1)), Some(&Value::list(vec![Value::Number(result)])), false);
    }

    fn evaluated(known: &mut Known, states: &States, choices: &Choices, answer: f64) -> bool {
        let open = known.open();
        known.rest_on(Part::Result(Site(1)));
        known.rest_on_slot(0);
        let state = State { parts: states, choices, is_broken_off: false };
        known.close_value(open, ASKED, &Some(Value::Number(answer)), state)
    }

    #[test]
    fn a_value_is_known_again_where_what_it_rests_on_is_the_same() {
        let (mut known, mut states, mut choices) = (Known::default(), States::default(), Choices::default());
        choices.slot(Vec::new());
        result(&mut known, &mut states, 1.0);
        assert!(evaluated(&mut known, &states, &choices, 5.0));
        let again = known.value(ASKED, &states, &choices).map(|again| (again.answer, again.rests_on_results));
        assert_eq!(again, Some((Some(Value::Number(5.0)), true)));
        result(&mut known, &mut states, 2.0);
        assert!(known.value(ASKED, &states, &choices).is_none());
        result(&mut known, &mut states, 1.0);
        assert!(known.value(ASKED, &states, &choices).is_some());
        assert!(known.value(Asked { who: 1, ..ASKED }, &states, &choices).is_none());
        choices.slots.iter_mut().for_each(|slot| slot.taken = 1);
        assert!(known.value(ASKED, &states, &choices).is_none());
    }

    #[test]
    fn what_is_told_only_where_it_is_met_is_not_kept() {
        let (mut known, states, choices) = (Known::default(), States::default(), Choices::default());
        let mut state = State { parts: &states, choices: &choices, is_broken_off: false };
        let open = known.open();
        known.disturb();
        assert!(!known.close_value(open, ASKED, &None, state));
        state.is_broken_off = true;
        let open = known.open();
        assert!(!known.close_value(open, ASKED, &None, state));
        assert!(known.value(ASKED, &states, &choices).is_none());
    }

    #[test]
    fn a_failure_is_no_missing_result() {
        let (mut known, mut states) = (Known::default(), States::default());
        known.change(&mut states, Part::Result(Site(1)), None, false);
        let before = states.get(0);
        known.change(&mut states, Part::Result(Site(1)), None, true);
        assert_ne!((before, states.get(0)), (states.get(0), 0));
    }
}
