//! The search: inputs and a start state under which one request alone reaches the act, then interleavings of two whose outcome
//! no serial order gives.
//!
//! Input: a slice and its hints. Output: a verdict. All work is counted, so that the same code gets the same answer on every machine.
//! Must not know: rules, formats.

use super::bson::Value;
use super::choices::Choices;
use super::eval::{Machine, Mode};
use super::hints::Hints;
use super::request::{Move, Request, World};
use super::slice::Slice;
use super::store::{Command, Store, UniqueIndex};
use crate::limits;
use crate::value::Arena;
use std::collections::BTreeSet;

/// What a judgement found, with the state in which it was found.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// An outcome that no serial order gives.
    Race(Box<Evidence>),
    /// The act is done twice; the end is that of a serial order.
    ActsTwice(Box<Evidence>),
    /// No interleaving that was tried gives another outcome. `whole` is false where something in the slice is not modelled.
    Safe { whole: bool, unmodelled: Vec<String> },
    /// The act was not reached, or the work that a judgement may take is spent.
    Unknown(String),
}

/// The interleaving that shows a race.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub mode: Mode,
    pub start: Store,
    pub moves: Vec<Move>,
    pub outcome: World,
    pub serial: Vec<World>,
    pub choices: Choices,
    /// Only what is done outside of the database differs.
    pub is_outside_only: bool,
    /// Everything that the outcome rests on is modelled.
    pub is_whole: bool,
    /// The second request is a writer that appends to the array, not the function itself.
    pub is_appender: bool,
}

pub struct Question<'a> {
    pub arena: &'a Arena,
    pub slice: &'a Slice,
    pub hints: &'a Hints,
    pub indexes: &'a [UniqueIndex],
    /// By collection: whether its documents carry `__v`.
    pub versioned: &'a [bool],
    /// The path of an array that the act writes whole: another writer may append to it.
    pub whole_array: Option<&'a str>,
}

/// The end of a run, for comparing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    stored: Vec<String>,
    effects: Vec<String>,
}

struct Run {
    request: Request,
    world: World,
}

pub fn judge(question: &Question<'_>) -> Verdict {
    let mut modes = vec![(Mode::Same, None), (Mode::Different, None)];
    if let Some(array) = question.whole_array {
        modes.insert(0, (Mode::Same, Some(array)));
    }
    let (mut twice, mut safe, mut unknown) = (None, None, None);
    for (mode, appender) in modes {
        match judge_in(question, mode, appender) {
            Verdict::Race(evidence) => return Verdict::Race(evidence),
            Verdict::ActsTwice(evidence) => twice = twice.or(Some(Verdict::ActsTwice(evidence))),
            other @ Verdict::Safe { .. } => safe = safe.or(Some(other)),
            other => unknown = unknown.or(Some(other)),
        }
    }
    twice.or(unknown).or(safe).unwrap_or(Verdict::Unknown("nothing was tried".to_owned()))
}

fn judge_in(question: &Question<'_>, mode: Mode, appender: Option<&str>) -> Verdict {
    Search::new(question, mode, appender).run()
}

pub(super) struct Search<'q, 'a> {
    question: &'q Question<'a>,
    pub(super) machine: Machine<'a>,
    appender: Option<&'q str>,
}

impl<'q, 'a> Search<'q, 'a> {
    pub(super) fn new(question: &'q Question<'a>, mode: Mode, appender: Option<&'q str>) -> Self {
        let mut machine = Machine {
            arena: question.arena,
            hints: question.hints,
            choices: Choices::default(),
            mode,
            fuel: limits::JUDGE_FUEL,
            unmodelled: Vec::new(),
            fields: Vec::new(),
        };
        machine.plan(question.hints);
        Self { question, machine, appender }
    }

    fn run(&mut self) -> Verdict {
        if !self.climb() {
            let why = match self.machine.fuel {
                0 => "too much to try".to_owned(),
                _ => self
                    .machine
                    .unmodelled
                    .first()
                    .map_or("no input was found that reaches the act".to_owned(), |what| {
                        format!("no input was found that reaches the act ({what})")
                    }),
            };
            return Verdict::Unknown(why);
        }
        let reached: Vec<usize> = self.machine.choices.slots.iter().map(|slot| slot.taken).collect();
        let mut twice = None;
        match self.compare() {
            Some(Verdict::Race(evidence)) => return Verdict::Race(evidence),
            other => twice = twice.or(other),
        }
        // Near it: each slot at each of its other candidates.
        let slots = self.machine.choices.slots.len();
        let mut tried = 0;
        for slot in 0..slots {
            let count = self.machine.choices.slots.get(slot).map_or(0, |slot| slot.candidates.len());
            for candidate in 0..count {
                if reached.get(slot) == Some(&candidate) || tried >= limits::NEIGHBOURS || self.machine.fuel == 0 {
                    continue;
                }
                self.take(&reached);
                self.set(slot, candidate);
                tried += 1;
                if self.alone().is_some_and(|run| run.request.acts > 0) {
                    match self.compare() {
                        Some(Verdict::Race(evidence)) => return Verdict::Race(evidence),
                        other => twice = twice.or(other),
                    }
                }
            }
        }
        if let Some(twice) = twice {
            return twice;
        }
        let is_spent = self.machine.fuel == 0;
        if is_spent {
            return Verdict::Unknown("too much to try".to_owned());
        }
        let unmodelled = self.machine.unmodelled.clone();
        let whole = unmodelled.is_empty() && !self.question.slice.is_cut;
        Verdict::Safe { whole, unmodelled }
    }

    pub(super) fn take(&mut self, taken: &[usize]) {
        for (slot, taken) in self.machine.choices.slots.iter_mut().zip(taken) {
            slot.taken = *taken;
        }
    }

    pub(super) fn set(&mut self, slot: usize, candidate: usize) {
        if let Some(slot) = self.machine.choices.slots.get_mut(slot) {
            slot.taken = candidate;
        }
    }

    fn world(&mut self) -> World {
        let store = self.machine.start(self.question.hints, self.question.indexes, self.question.versioned);
        World { store, fresh: limits::FRESH_IDS, ..World::default() }
    }

    /// One request alone, from the start.
    fn alone(&mut self) -> Option<Run> {
        let mut world = self.world();
        let mut request = Request::new(0);
        while self.machine.advance(self.question.slice, &mut request, &mut world) {}
        (self.machine.fuel > 0).then_some(Run { request, world })
    }

    /// How far a request alone gets towards the act: the atoms that hold before the first that does not; and the slots that
    /// this one asked.
    fn progress(&mut self) -> (usize, Vec<usize>) {
        let mut world = self.world();
        let mut request = Request::new(0);
        let slice = self.question.slice;
        while request.at < slice.act && self.machine.advance_to(slice, &mut request, &mut world, slice.act) {}
        request.memo.clear();
        for (at, atom) in slice.goal.iter().enumerate() {
            self.machine.choices.asked.clear();
            if !self.machine.holds(&mut request, *atom) {
                return (at, self.asked());
            }
        }
        self.machine.choices.asked.clear();
        let before = request.acts;
        while request.at <= slice.act && self.machine.advance_to(slice, &mut request, &mut world, slice.act + 1) {}
        if request.acts > before {
            return (slice.goal.len() + 1, Vec::new());
        }
        if let Some(act) = slice.commands.get(slice.act) {
            self.machine.ask_read(act.site);
        }
        (slice.goal.len(), self.asked())
    }

    fn asked(&mut self) -> Vec<usize> {
        let asked = std::mem::take(&mut self.machine.choices.asked);
        let mut seen = BTreeSet::new();
        asked.into_iter().rev().filter(|slot| seen.insert(*slot)).collect()
    }

    /// Changes one choice, then two, until a request alone reaches the act.
    pub(super) fn climb(&mut self) -> bool {
        let goal = self.question.slice.goal.len() + 1;
        let (mut best, mut asked) = self.progress();
        for _ in 0..limits::CLIMBS {
            if best == goal || self.machine.fuel == 0 {
                break;
            }
            let base: Vec<usize> = self.machine.choices.slots.iter().map(|slot| slot.taken).collect();
            let Some((reached, next)) = self.improve(&base, best, &asked) else {
                self.take(&base);
                return false;
            };
            (best, asked) = (reached, next);
        }
        best == goal
    }

    fn improve(&mut self, base: &[usize], best: usize, asked: &[usize]) -> Option<(usize, Vec<usize>)> {
        let asked: Vec<usize> = asked.iter().copied().take(limits::CLIMBED_SLOTS).collect();
        let options: Vec<(usize, usize)> = asked
            .iter()
            .flat_map(|slot| {
                let count = self.machine.choices.slots.get(*slot).map_or(0, |slot| slot.candidates.len());
                (0..count).map(|candidate| (*slot, candidate))
            })
            .filter(|(slot, candidate)| base.get(*slot) != Some(candidate))
            .collect();
        for (slot, candidate) in &options {
            self.take(base);
            self.set(*slot, *candidate);
            let (reached, next) = self.progress();
            if reached > best {
                return Some((reached, next));
            }
        }
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

    // Two requests

    /// Compares the interleavings with the serial orders, under the choices made.
    fn compare(&mut self) -> Option<Verdict> {
        let start = self.world();
        let first = self.alone()?;
        let appended = match self.appender {
            Some(array) => Some(self.append(&first, array)?),
            None => None,
        };
        let mut serial = Vec::new();
        let mut allowed = BTreeSet::new();
        let mut most_acts = 0;
        for order in [[0, 1], [1, 0]] {
            let run = self.serial(&start, order, appended.as_ref())?;
            allowed.insert(self.end(&run.1));
            most_acts = most_acts.max(run.0);
            serial.push(run.1);
        }
        let alone: Vec<End> = [0, 1]
            .into_iter()
            .map(|who| self.serial(&start, [who, who + 2], appended.as_ref()).map(|run| self.end(&run.1)))
            .collect::<Option<_>>()?;
        let mut twice = None;
        let mut budget = limits::SCHEDULES;
        let mut prefix = (Request::new(0), start.clone());
        loop {
            // A has done so much; then B does so much, then A the rest, then B the rest.
            if !self.step(&mut prefix.0, &mut prefix.1, None) {
                break;
            }
            let mut middle = (Request::new(1), prefix.1.clone());
            loop {
                let is_more = self.step(&mut middle.0, &mut middle.1, appended.as_ref());
                let mut a = (prefix.0.clone(), middle.1.clone());
                while self.step(&mut a.0, &mut a.1, None) {}
                let (mut b, mut world) = (middle.0.clone(), a.1);
                while is_more && self.step(&mut b, &mut world, appended.as_ref()) {}
                budget -= 1;
                if self.machine.fuel == 0 {
                    return None;
                }
                let acts = a.0.acts + b.acts;
                let end = self.end(&world);
                let is_allowed = allowed.contains(&end)
                    || (b.was_refused && alone.first() == Some(&end))
                    || (a.0.was_refused && alone.get(1) == Some(&end));
                if !is_allowed || (twice.is_none() && acts > most_acts && appended.is_none()) {
                    let is_outside_only = allowed.iter().any(|known| known.stored == end.stored);
                    let evidence = self.evidence(&start, world, &serial, is_outside_only);
                    if !is_allowed {
                        return Some(Verdict::Race(evidence));
                    }
                    twice = Some(Verdict::ActsTwice(evidence));
                }
                if !is_more || budget == 0 {
                    break;
                }
            }
            if budget == 0 {
                self.machine.note("more interleavings than are tried");
                break;
            }
        }
        twice
    }

    fn evidence(&self, start: &World, outcome: World, serial: &[World], is_outside_only: bool) -> Box<Evidence> {
        Box::new(Evidence {
            mode: self.machine.mode,
            start: start.store.clone(),
            moves: outcome.moves.clone(),
            outcome,
            serial: serial.to_vec(),
            choices: self.machine.choices.clone(),
            is_outside_only,
            is_whole: self.machine.unmodelled.is_empty() && !self.question.slice.is_cut,
            is_appender: self.appender.is_some(),
        })
    }

    /// One command of a request; of the appender, its only one.
    fn step(&mut self, request: &mut Request, world: &mut World, appender: Option<&Command>) -> bool {
        match appender {
            Some(command) if request.who == 1 => {
                if request.at > 0 {
                    return false;
                }
                request.at = 1;
                let reply = world.store.run(command, &mut world.fresh);
                let what = super::request::Done::Command { command: command.clone(), many: false, reply };
                let site = self.question.slice.commands.get(self.question.slice.act).map(|act| act.site);
                world.moves.extend(site.map(|site| Move { request: 1, site, what }));
                // There is nothing left to do.
                false
            }
            _ => self.machine.advance(self.question.slice, request, world),
        }
    }

    /// Runs requests one after the other; one whose number is over 1 does nothing. Says how often they acted.
    fn serial(&mut self, start: &World, order: [usize; 2], appender: Option<&Command>) -> Option<(u32, World)> {
        let mut world = start.clone();
        let mut acts = 0;
        for who in order.into_iter().filter(|who| *who < 2) {
            let mut request = Request::new(who);
            while self.step(&mut request, &mut world, appender) {}
            acts += request.acts;
        }
        (self.machine.fuel > 0).then_some((acts, world))
    }

    /// The command of another writer that appends to the array of the document that the act writes.
    fn append(&mut self, first: &Run, array: &str) -> Option<Command> {
        let slice = self.question.slice;
        let act = slice.commands.get(slice.act)?;
        let collection = act.action.collection()?;
        let filter = first.world.moves.iter().rev().find_map(|done| match &done.what {
            super::request::Done::Command { command, .. } if done.site == act.site => filter_of(command),
            _ => None,
        })?;
        let document = self.world().store;
        let id = document.documents(collection).first()?.field("_id")?.clone();
        let term = self
            .machine
            .choices
            .applied("appended".to_owned(), false, None, || vec![super::choices::Candidate::Itself]);
        let element = Value::document([("_id", Value::Symbol(term))]);
        let mut update = Value::document([("$push", Value::document([(array, element)]))]);
        // It counts the versions that the act asks for.
        let counted = filter.fields()?.iter().filter(|(name, value)| {
            matches!(value, Value::Number(_)) && &**name != "_id" && !name.starts_with('$') && &**name != array
        });
        let counted: Vec<(std::rc::Rc<str>, Value)> =
            counted.map(|(name, _)| (name.clone(), Value::Number(1.0))).collect();
        if !counted.is_empty() {
            update.set("$inc", Value::document(counted));
        }
        Some(Command::Update {
            collection,
            filter: Value::document([("_id", id)]),
            update,
            many: false,
            upsert: false,
            array_filters: Vec::new(),
        })
    }

    fn end(&self, world: &World) -> End {
        let mut stored = Vec::new();
        for (at, _) in self.question.slice.collections.iter().enumerate() {
            let documents = world.store.documents(at as u32).iter();
            let mut texts: Vec<String> =
                documents.map(|document| format!("{at} {}", self.machine.shown(document))).collect();
            texts.sort();
            stored.extend(texts);
        }
        let mut effects = world.effects.clone();
        effects.sort();
        End { stored, effects }
    }
}

/// The filter of a command that changes documents.
fn filter_of(command: &Command) -> Option<Value> {
    match command {
        Command::Update { filter, .. } | Command::Replace { filter, .. } | Command::FindAndUpdate { filter, .. } => {
            Some(filter.clone())
        }
        _ => None,
    }
}
