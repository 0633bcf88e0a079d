//! The search: inputs and a start state under which one request alone reaches the act, then interleavings of two whose outcome
//! no serial order gives.
//!
//! Input: a slice and its hints. Output: a verdict. All work is counted, so that the same code gets the same answer on every machine.
//! Must not know: rules, formats.

use super::bson::Value;
use super::choices::{Candidate, Choices};
use super::eval::{Machine, Mode};
use super::hints::Hints;
use super::known::Known;
use super::request::{Move, Request, World};
use super::script::Action;
use super::slice::Slice;
use super::store::{Command, Store, UniqueIndex};
use crate::limits;
use crate::value::{Arena, Atom, Node, V};
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
    Unknown {
        why: String,
        /// The condition that no choice made hold.
        at: Option<Atom>,
    },
}

impl Verdict {
    pub fn unknown(why: &str) -> Self {
        Self::Unknown { why: why.to_owned(), at: None }
    }
}

/// The interleaving that shows a race.
#[derive(Clone, Debug)]
pub struct Evidence {
    pub start: Store,
    pub moves: Vec<Move>,
    pub outcome: World,
    pub serial: Vec<World>,
    pub choices: Choices,
    /// Only what is done outside of the database differs.
    pub is_outside_only: bool,
    /// Everything that the outcome rests on is modelled.
    pub is_whole: bool,
    /// The act is done more often than in a serial order.
    pub is_repeated: bool,
    /// In a serial order only the first request does the act, and who is first decides what is stored.
    pub is_contested: bool,
}

impl Evidence {
    /// Whether something outside is done more often than in each serial order.
    pub fn repeats_outside(&self, name: &str) -> bool {
        let times = |world: &World| {
            world
                .effects
                .iter()
                .filter(|done| done.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')))
                .count()
        };
        self.serial.iter().all(|world| times(world) < times(&self.outcome))
    }
}

pub struct Question<'a> {
    pub arena: &'a Arena,
    pub slice: &'a Slice,
    pub hints: &'a Hints,
    pub indexes: &'a [UniqueIndex],
    /// By collection: whether its documents carry `__v`.
    pub versioned: &'a [bool],
    /// What the act writes over: another writer may change it.
    pub overwritten: Option<&'a Overwritten>,
    /// The input in which two requests for two documents differ.
    pub apart: Option<V>,
}

/// What an act writes over, whatever others have made of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Overwritten {
    /// The path of an array that is written whole.
    List(String),
    /// The path of a field that is written back as it was loaded.
    Field(String),
    /// The path of a field that other code sets to this.
    State(String, Constant),
}

/// A value that stands in the code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Constant {
    Text(String),
    /// The bits of a double.
    Number(u64),
}

/// The end of a run, for comparing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    stored: Vec<String>,
    effects: Vec<String>,
}

/// What the serial orders give.
struct Expected<'a> {
    start: &'a World,
    serial: &'a [World],
    allowed: BTreeSet<End>,
    /// A alone, and B alone.
    alone: Vec<End>,
    /// How often the act is done in a serial order.
    acts: u32,
}

struct Run {
    request: Request,
    world: World,
}

/// Judges an act: first as a retry, then with another payload, then with one input that differs, of the payload or of a
/// branch by which the document is not found.
pub fn judge(question: &Question<'_>) -> Verdict {
    let mut found = Found::default();
    if question.apart.is_some() {
        found.is_decided_by(judge_in(question, Mode::Different(question.apart), None).0);
        return found.verdict();
    }
    if let Some(overwritten) = question.overwritten {
        let is_decided = found.is_decided_by(judge_in(question, Mode::Same, Some(overwritten)).0);
        // What two requests of one kind leave of a field that neither changes is one and the same.
        if is_decided || matches!(overwritten, Overwritten::Field(_) | Overwritten::State(..)) {
            return found.verdict();
        }
    }
    let (verdict, inputs) = judge_in(question, Mode::Same, None);
    // Where one request alone does not reach the act, two do not either.
    if found.is_decided_by(verdict) || found.unknown.is_some() {
        return found.verdict();
    }
    let Inputs { payload, alternative } = inputs;
    if !payload.is_empty() && found.is_decided_by(judge_in(question, Mode::Different(None), None).0) {
        return found.verdict();
    }
    // One input is all of the payload.
    let count = if payload.len() == 1 { 0 } else { limits::INPUTS };
    let payload = payload.into_iter().take(count);
    for input in payload.chain(alternative.into_iter().take(limits::INPUTS)) {
        if found.is_decided_by(judge_in(question, Mode::Different(Some(input)), None).0) {
            break;
        }
    }
    found.verdict()
}

/// What the judgements in all modes say together.
#[derive(Default)]
struct Found {
    race: Option<Verdict>,
    twice: Option<Verdict>,
    unknown: Option<Verdict>,
    safe: Option<Verdict>,
}

impl Found {
    /// Adds a verdict; says whether it decides.
    fn is_decided_by(&mut self, verdict: Verdict) -> bool {
        let slot = match verdict {
            Verdict::Race(_) => &mut self.race,
            Verdict::ActsTwice(_) => &mut self.twice,
            Verdict::Unknown { .. } => &mut self.unknown,
            Verdict::Safe { .. } => &mut self.safe,
        };
        *slot = clearer(slot.take(), Some(verdict));
        self.race.is_some()
    }

    fn verdict(self) -> Verdict {
        let first = self.race.or(self.twice).or(self.unknown).or(self.safe);
        first.unwrap_or_else(|| Verdict::unknown("nothing was tried"))
    }
}

/// The first of two verdicts of one sort, unless only the second is of a contest.
fn clearer(first: Option<Verdict>, second: Option<Verdict>) -> Option<Verdict> {
    let is_contest =
        |verdict: &Option<Verdict>| matches!(verdict, Some(Verdict::ActsTwice(evidence)) if evidence.is_contested);
    if first.is_none() || is_contest(&second) && !is_contest(&first) { second } else { first }
}

/// The inputs that may differ between two requests for one document.
struct Inputs {
    payload: Vec<V>,
    /// What selects the document by one of several ways.
    alternative: Vec<V>,
}

/// Judges in one mode; gives also the inputs that were met.
fn judge_in(question: &Question<'_>, mode: Mode, other: Option<&Overwritten>) -> (Verdict, Inputs) {
    let mut search = Search::new(question, mode, other);
    let verdict = search.run();
    let machine = &search.machine;
    let sources = || machine.choices.terms.iter().filter_map(|term| term.source);
    let calls = sources().filter(|source| machine.is_unknown_call(*source));
    let brought = sources().filter(|source| machine.is_payload(*source));
    let alternative = sources().filter(|source| question.hints.alternative.contains(source)).collect();
    (verdict, Inputs { payload: calls.chain(brought).collect(), alternative })
}

pub(super) struct Search<'q, 'a> {
    pub(super) question: &'q Question<'a>,
    pub(super) machine: Machine<'a>,
    /// What another writer changes, in the place of the second request.
    other: Option<&'q Overwritten>,
    /// What is asked of a start beside that it reaches the act.
    pub(super) wanted: Vec<Atom>,
    /// A request was refused something in some interleaving.
    was_refused: bool,
}

impl<'q, 'a> Search<'q, 'a> {
    pub(super) fn new(question: &'q Question<'a>, mode: Mode, other: Option<&'q Overwritten>) -> Self {
        let mut machine = Machine {
            arena: question.arena,
            hints: question.hints,
            choices: Choices::default(),
            mode,
            fuel: limits::JUDGE_FUEL,
            unmodelled: Vec::new(),
            fields: Vec::new(),
            slots: rustc_hash::FxHashMap::default(),
            naming: rustc_hash::FxHashSet::default(),
            large: rustc_hash::FxHashMap::default(),
            has_twins: question.apart.is_some(),
            fresh: rustc_hash::FxHashMap::default(),
            known: Known::default(),
            are_given: matches!(question.slice.commands.first().map(|first| &first.action), Some(Action::Given { .. })),
        };
        machine.expect(question.slice);
        machine.plan(question.hints);
        machine.free(question.slice);
        let mut search = Self { question, machine, other, wanted: Vec::new(), was_refused: false };
        search.select_nothing();
        search.unset_what_is_set();
        search
    }

    /// An upsert for which two requests name documents of their own inserts them: nothing is named so at the start.
    fn select_nothing(&mut self) {
        let act = self.question.slice.commands.get(self.question.slice.act).map(|act| &act.action);
        let (Some(apart), Some(Action::Write { write, .. })) = (self.question.apart, act) else { return };
        for slot in self.machine.choices.slots.iter_mut().filter(|_| write.upsert) {
            let names = |candidate: &Candidate| matches!(candidate, Candidate::Of(value) if *value == apart);
            let is_other = |candidate: &Candidate| matches!(candidate, Candidate::Itself | Candidate::Missing);
            if let (true, Some(other)) = (slot.candidates.iter().any(names), slot.candidates.iter().position(is_other))
            {
                slot.taken = other;
            }
        }
    }

    /// Where two requests change documents of their own, neither is at the start as the act leaves it.
    fn unset_what_is_set(&mut self) {
        let act = self.question.slice.commands.get(self.question.slice.act).map(|act| &act.action);
        let (Some(_), Some(Action::Write { collection, write, .. })) = (self.question.apart, act) else { return };
        for field in write.fields.iter().filter(|field| field.operator == "$set") {
            let path: Vec<String> = field.path.split('.').map(str::to_owned).collect();
            let slot = self.machine.slot_of(*collection, &path);
            let Some(slot) = slot.and_then(|slot| self.machine.choices.slots.get_mut(slot)) else { continue };
            let arena = self.question.arena;
            let is_set = |candidate: &Candidate| match (candidate, arena.peek(field.value)) {
                (Candidate::Of(value), _) => *value == field.value,
                (Candidate::Value(Value::Bool(own)), Node::Bool(set)) => own == set,
                (Candidate::Value(Value::Text(own)), Node::Str(set)) => **own == *arena.text(*set),
                (Candidate::Value(Value::Number(own)), Node::Num(set)) => *own == f64::from_bits(*set),
                _ => false,
            };
            if slot.candidates.get(slot.taken).is_some_and(is_set) {
                let other = slot.candidates.iter().position(|candidate| !is_set(candidate));
                slot.taken = other.unwrap_or(slot.taken);
            }
        }
    }

    fn run(&mut self) -> Verdict {
        // Two documents are told apart only by an input that is there.
        self.wanted = self.apart();
        if !self.wanted.is_empty() {
            self.climb();
            self.wanted.clear();
        }
        if let Some(best) = self.climb() {
            let at = self.question.slice.goal.get(best).copied();
            let why = match (self.machine.fuel, at) {
                (0, _) => "too much to try",
                (_, Some(_)) => "no input was found under which a condition of the act holds",
                (_, None) => "no input was found for which the act takes effect",
            };
            let why = match self.machine.unmodelled.first() {
                Some(what) => format!("{why} ({what})"),
                None => why.to_owned(),
            };
            return Verdict::Unknown { why, at };
        }
        let reached: Vec<usize> = self.machine.choices.slots.iter().map(|slot| slot.taken).collect();
        let mut twice = None;
        match self.compare() {
            Some(Verdict::Race(evidence)) => return Verdict::Race(evidence),
            other => twice = clearer(twice, other),
        }
        match self.near(&reached, 1) {
            Some(Verdict::Race(evidence)) => return Verdict::Race(evidence),
            other => twice = clearer(twice, other),
        }
        if let Some(race) = self.try_coupled(&reached) {
            return race;
        }
        let is_spent = self.machine.fuel == 0;
        // What is met on starts that show nothing says nothing of those that were tried before.
        let unmodelled = self.machine.unmodelled.clone();
        if let Some(race) = self.try_alternatives(&reached) {
            return race;
        }
        self.machine.unmodelled = unmodelled;
        if let Some(twice) = twice {
            return twice;
        }
        if is_spent {
            return Verdict::unknown("too much to try");
        }
        // A list that is written whole over another's element, and nothing refuses it: the model does not see what is lost.
        if self.other.is_some() && !self.was_refused {
            self.machine.note("how the new list is made");
        }
        let unmodelled = self.machine.unmodelled.clone();
        let whole = unmodelled.is_empty() && !self.question.slice.is_cut;
        Verdict::Safe { whole, unmodelled }
    }

    /// That what selects the documents of the two requests has a value.
    fn apart(&self) -> Vec<Atom> {
        self.question.apart.map(|value| Atom { value, holds: true }).into_iter().collect()
    }

    /// Compares near a start that reaches the act: each slot that matters at each of its other candidates.
    pub(super) fn near(&mut self, reached: &[usize], least: u64) -> Option<Verdict> {
        let mut twice = None;
        let mut tried = 0;
        self.take(reached);
        for slot in self.matters() {
            let count = self.machine.choices.slots.get(slot).map_or(0, |slot| slot.candidates.len());
            for candidate in 0..count {
                let is_same = self.machine.choices.slots.get(slot).is_some_and(|slot| slot.is_same(candidate));
                if reached.get(slot) == Some(&candidate)
                    || is_same
                    || tried >= limits::NEIGHBOURS
                    || self.machine.fuel < least.max(1)
                {
                    continue;
                }
                self.take(reached);
                self.set(slot, candidate);
                tried += 1;
                if self.reaches_act() {
                    match self.compare() {
                        Some(race @ Verdict::Race(_)) => return Some(race),
                        other => twice = clearer(twice, other),
                    }
                }
            }
        }
        twice
    }

    /// The slots that the function asks on the way to the act, and those of the fields that its filters ask for.
    pub(super) fn matters(&mut self) -> BTreeSet<usize> {
        self.machine.choices.asked.clear();
        self.machine.choices.is_listening = true;
        let _ = self.alone();
        let sites: Vec<_> = self.question.slice.commands.iter().map(|command| command.site).collect();
        sites.into_iter().for_each(|site| self.machine.ask_read(site));
        self.machine.choices.is_listening = false;
        std::mem::take(&mut self.machine.choices.asked).into_iter().collect()
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

    /// Whether one request alone does the act.
    pub(super) fn reaches_act(&mut self) -> bool {
        self.alone().is_some_and(|run| run.request.acts > 0)
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
        // What is evaluated on the way to the goal is asked again there.
        self.machine.choices.is_listening = slice.goal.is_empty() && self.wanted.is_empty();
        while request.at < slice.act && self.machine.advance_to(slice, &mut request, &mut world, slice.act) {}
        self.machine.choices.is_listening = true;
        let progress = self.progress_from(&mut request, &mut world);
        self.machine.choices.is_listening = false;
        progress
    }

    fn progress_from(&mut self, request: &mut Request, world: &mut World) -> (usize, Vec<usize>) {
        let slice = self.question.slice;
        let wanted = self.wanted.clone();
        for (at, atom) in slice.goal.iter().chain(&wanted).enumerate() {
            // What each atom asks is told, also where it was known.
            request.forget();
            request.fixed.clear();
            self.machine.choices.asked.clear();
            if !self.machine.holds(request, *atom) {
                return (at, self.asked());
            }
        }
        self.machine.choices.asked.clear();
        let before = request.acts;
        while request.at <= slice.act && self.machine.advance_to(slice, request, world, slice.act + 1) {}
        if request.acts > before {
            return (self.goal_size() + 1, Vec::new());
        }
        if let Some(act) = slice.commands.get(slice.act) {
            self.machine.ask_read(act.site);
        }
        (self.goal_size(), self.asked())
    }

    fn goal_size(&self) -> usize {
        self.question.slice.goal.len() + self.wanted.len()
    }

    fn asked(&mut self) -> Vec<usize> {
        let asked = std::mem::take(&mut self.machine.choices.asked);
        let mut seen = BTreeSet::new();
        asked.into_iter().rev().filter(|slot| seen.insert(*slot)).collect()
    }

    /// Changes one choice, then two, until a request alone reaches the act. Gives how far it got where it does not.
    pub(super) fn climb(&mut self) -> Option<usize> {
        let goal = self.goal_size() + 1;
        let (mut best, mut asked) = self.progress();
        for _ in 0..limits::CLIMBS {
            if best == goal || self.machine.fuel == 0 {
                break;
            }
            let base: Vec<usize> = self.machine.choices.slots.iter().map(|slot| slot.taken).collect();
            let Some((reached, next)) = self.improve(&base, best, &asked) else {
                self.take(&base);
                return Some(best);
            };
            (best, asked) = (reached, next);
        }
        (best != goal).then_some(best)
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
        let near: Vec<usize> = asked.iter().copied().take(limits::CLIMBED_PAIRS).collect();
        let options: Vec<(usize, usize)> = options.into_iter().filter(|(slot, _)| near.contains(slot)).collect();
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
    pub(super) fn compare(&mut self) -> Option<Verdict> {
        let start = self.world();
        let appended = match self.other {
            Some(overwritten) => Some(self.written_by_another(&start, overwritten)?),
            None => None,
        };
        let mut serial = Vec::new();
        let mut allowed = BTreeSet::new();
        let mut most_acts = 0;
        for order in [[0, 1], [1, 0]] {
            let run = self.serial(&start, &order, appended.as_ref())?;
            allowed.insert(self.end(&run.1));
            most_acts = most_acts.max(run.0);
            serial.push(run.1);
        }
        let alone: Vec<End> = [0, 1]
            .into_iter()
            .map(|who| self.serial(&start, &[who], appended.as_ref()).map(|run| self.end(&run.1)))
            .collect::<Option<_>>()?;
        let expected = Expected { start: &start, serial: &serial, allowed, alone, acts: most_acts };
        let mut twice = None;
        // A up to some command, B, the rest of A: one switch in the middle. Then B in two parts.
        let mut budget = limits::SCHEDULES;
        for is_whole in [true, false] {
            let mut prefix = (Request::new(0), start.clone());
            while self.step(&mut prefix.0, &mut prefix.1, None) {
                let mut middle = (Request::new(1), prefix.1.clone());
                loop {
                    let is_more = match is_whole {
                        true => {
                            while self.step(&mut middle.0, &mut middle.1, appended.as_ref()) {}
                            false
                        }
                        false => self.step(&mut middle.0, &mut middle.1, appended.as_ref()),
                    };
                    if is_whole || is_more {
                        let run = (&prefix, &middle, is_more);
                        if self.finish(run, appended.as_ref(), &expected, &mut twice)? {
                            return twice;
                        }
                        budget -= 1;
                    }
                    if !is_more || budget == 0 {
                        break;
                    }
                }
                if budget == 0 {
                    self.machine.note("more interleavings than are tried");
                    return twice;
                }
            }
        }
        twice
    }

    /// Runs the rest of both requests, A first, and compares the end. Says whether that is a race.
    fn finish(
        &mut self,
        (prefix, middle, is_more): (&(Request, World), &(Request, World), bool),
        appended: Option<&Command>,
        expected: &Expected<'_>,
        verdict: &mut Option<Verdict>,
    ) -> Option<bool> {
        let (mut a, mut world) = (prefix.0.clone(), middle.1.clone());
        while self.step(&mut a, &mut world, None) {}
        let mut b = middle.0.clone();
        while is_more && self.step(&mut b, &mut world, appended) {}
        if self.machine.fuel == 0 {
            return None;
        }
        self.was_refused |= a.was_refused;
        let end = self.end(&world);
        let is_allowed = expected.allowed.contains(&end)
            || (b.was_refused && expected.alone.first() == Some(&end))
            || (a.was_refused && expected.alone.get(1) == Some(&end));
        let is_repeated = a.acts + b.acts > expected.acts && appended.is_none();
        let is_twice = verdict.is_none() && is_repeated;
        if is_allowed && !is_twice {
            return Some(false);
        }
        let evidence = Box::new(self.evidence(expected, &end, (world, is_repeated)));
        *verdict = Some(if is_allowed { Verdict::ActsTwice(evidence) } else { Verdict::Race(evidence) });
        Some(!is_allowed)
    }

    fn evidence(&self, expected: &Expected<'_>, end: &End, (outcome, is_repeated): (World, bool)) -> Evidence {
        Evidence {
            start: expected.start.store.clone(),
            moves: outcome.moves.clone(),
            outcome,
            serial: expected.serial.to_vec(),
            choices: self.machine.choices.clone(),
            is_outside_only: expected.allowed.iter().any(|known| known.stored == end.stored),
            is_whole: self.machine.unmodelled.is_empty() && !self.question.slice.is_cut,
            is_repeated,
            is_contested: expected.acts == 1 && expected.allowed.len() > 1,
        }
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

    /// Runs requests one after the other. Says how often they acted.
    fn serial(&mut self, start: &World, order: &[usize], appender: Option<&Command>) -> Option<(u32, World)> {
        let mut world = start.clone();
        let mut acts = 0;
        for who in order {
            let mut request = Request::new(*who);
            while self.step(&mut request, &mut world, appender) {}
            acts += request.acts;
        }
        (self.machine.fuel > 0).then_some((acts, world))
    }

    /// The command of another writer that changes what the act writes over, in the document that the act writes.
    fn written_by_another(&mut self, start: &World, overwritten: &Overwritten) -> Option<Command> {
        let first = self.alone()?;
        let slice = self.question.slice;
        let act = slice.commands.get(slice.act)?;
        let collection = act.action.collection()?;
        let filter = first.world.moves.iter().rev().find_map(|done| match &done.what {
            super::request::Done::Command { command, .. } if done.site == act.site => filter_of(command),
            _ => None,
        })?;
        let document = start.store.documents(collection).first()?;
        let id = document.field("_id")?.clone();
        let term = self
            .machine
            .choices
            .applied("appended".to_owned(), false, None, || vec![super::choices::Candidate::Itself]);
        let (path, mut update) = match overwritten {
            Overwritten::List(path) => {
                let mut element = Value::document([("_id", Value::Symbol(term))]);
                // What is ordered or calculated with is there in a new element too.
                let known =
                    document.at(path).and_then(|list| list.field("0")).and_then(Value::fields).unwrap_or_default();
                for (name, value) in
                    known.iter().filter(|(_, value)| matches!(value, Value::Number(_) | Value::Date(_)))
                {
                    element.set(name, value.clone());
                }
                (path, Value::document([("$push", Value::document([(path.as_str(), element)]))]))
            }
            Overwritten::Field(path) => {
                (path, Value::document([("$set", Value::document([(path.as_str(), Value::Symbol(term))]))]))
            }
            Overwritten::State(path, constant) => {
                let value = match constant {
                    Constant::Text(text) => Value::text(text),
                    Constant::Number(bits) => Value::Number(f64::from_bits(*bits)),
                };
                (path, Value::document([("$set", Value::document([(path.as_str(), value)]))]))
            }
        };
        // It counts the versions that the act asks for.
        let counted = filter.fields()?.iter().filter(|(name, value)| {
            matches!(value, Value::Number(_)) && &**name != "_id" && !name.starts_with('$') && &**name != path
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
