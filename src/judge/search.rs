//! The search: inputs and a start state under which one request alone reaches the act, then interleavings of two whose outcome
//! no serial order gives.
//!
//! Input: a slice and its hints. Output: a verdict. All work is counted, so that the same code gets the same answer on every machine.
//! Must not know: rules, formats.

use super::bson::Value;
use super::choices::{Candidate, Choices};
use super::eval::{Machine, Mode};
use super::known::Known;
use super::question::{Overwritten, Question, Verdict};
use super::script::Action;
use super::state::{Request, World};
use crate::limits;
use crate::value::{Atom, Node, V};
use std::collections::BTreeSet;

/// Judges an act: first as a retry, then with another payload, then with one input that differs, of the payload or of a
/// branch by which the document is not found.
pub fn judge(question: &Question<'_>) -> Verdict {
    let mut found = Found::default();
    if question.apart.is_some() {
        found.is_decided_by(judge_in(question, Mode::Different(question.apart), None).0);
        return found.verdict();
    }
    if let Some(overwritten) = question.overwritten {
        let (verdict, inputs) = judge_in(question, Mode::Same, Some(overwritten));
        let is_decided = found.is_decided_by(verdict);
        // What two requests of one kind leave of a field that neither changes is one and the same. And where one request alone
        // does not reach the act, whoever comes between does not help.
        if is_decided || !inputs.is_reached || !matches!(overwritten, Overwritten::List(_)) {
            return found.verdict();
        }
    }
    let (verdict, inputs) = judge_in(question, Mode::Same, None);
    // Where one request alone does not reach the act, two do not either.
    if found.is_decided_by(verdict) || found.unknown.is_some() {
        return found.verdict();
    }
    let Inputs { payload, alternative, beside, .. } = inputs;
    if !payload.is_empty() && found.is_decided_by(judge_in(question, Mode::Different(None), None).0) {
        return found.verdict();
    }
    // One input is all of the payload.
    let count = if payload.len() == 1 { 0 } else { limits::INPUTS };
    let payload = payload.into_iter().take(count);
    for input in payload.chain(alternative.into_iter().take(limits::INPUTS)) {
        if found.is_decided_by(judge_in(question, Mode::Different(Some(input)), None).0) {
            return found.verdict();
        }
    }
    // Two requests for one document may each have found another one of another collection. That no start was found at which they
    // have says nothing.
    for input in beside.into_iter().take(limits::INPUTS) {
        let verdict = judge_in(question, Mode::Beside(input), None).0;
        let is_contest = matches!(&verdict, Verdict::ActsTwice(evidence) if evidence.is_contested);
        if (is_contest || matches!(verdict, Verdict::Race(_))) && found.is_decided_by(verdict) {
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
        *slot = match slot.take() {
            // What is stored tells more than what is done outside.
            Some(Verdict::Race(first)) if first.is_outside_only => match verdict {
                Verdict::Race(second) if !second.is_outside_only => Some(Verdict::Race(second)),
                _ => Some(Verdict::Race(first)),
            },
            first => clearer(first, Some(verdict)),
        };
        matches!(&self.race, Some(Verdict::Race(evidence)) if !evidence.is_outside_only)
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
    /// What selects documents of other collections.
    beside: Vec<V>,
    /// One request alone reaches the act.
    is_reached: bool,
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
    let own = question.slice.commands.get(question.slice.act).and_then(|act| act.action.collection());
    let beside = own.into_iter().flat_map(|own| sources().filter(move |source| machine.selects_beside(*source, own)));
    let beside = beside.collect();
    let is_reached = search.is_reached;
    (verdict, Inputs { payload: calls.chain(brought).collect(), alternative, beside, is_reached })
}

pub(super) struct Search<'q, 'a> {
    pub(super) question: &'q Question<'a>,
    pub(super) machine: Machine<'a>,
    /// What another writer changes, in the place of the second request.
    pub(super) other: Option<&'q Overwritten>,
    /// What is asked of a start beside that it reaches the act.
    pub(super) wanted: Vec<Atom>,
    /// A request was refused something in some interleaving.
    pub(super) was_refused: bool,
    /// A start was found from which one request alone reaches the act.
    is_reached: bool,
    /// The work that it may take.
    granted: u64,
}

impl Drop for Search<'_, '_> {
    /// What was done is paid by the function.
    fn drop(&mut self) {
        let done = self.granted.saturating_sub(self.machine.fuel);
        self.question.fuel.set(self.question.fuel.get().saturating_sub(done));
    }
}

impl<'q, 'a> Search<'q, 'a> {
    pub(super) fn new(question: &'q Question<'a>, mode: Mode, other: Option<&'q Overwritten>) -> Self {
        let granted = limits::JUDGE_FUEL.min(question.fuel.get());
        let is_beside = matches!(mode, Mode::Beside(_));
        let is_given = matches!(question.slice.commands.first().map(|first| &first.action), Some(Action::Given { .. }));
        let mut machine = Machine {
            arena: question.arena,
            hints: question.hints,
            choices: Choices::default(),
            mode,
            fuel: granted,
            unmodelled: Vec::new(),
            fields: Vec::new(),
            by_names: Vec::new(),
            asked_by: rustc_hash::FxHashMap::default(),
            slots: rustc_hash::FxHashMap::default(),
            naming: rustc_hash::FxHashSet::default(),
            large: rustc_hash::FxHashMap::default(),
            has_twins: question.apart.is_some() || is_beside,
            fresh: rustc_hash::FxHashMap::default(),
            known: Known::default(),
            are_given: is_given && !is_beside,
        };
        machine.expect(question.slice);
        machine.plan(question.hints);
        if is_beside {
            // What was found beside names one and the same document.
            machine.naming.clear();
        }
        machine.free(question.slice);
        let mut search =
            Self { question, machine, other, wanted: Vec::new(), was_refused: false, is_reached: false, granted };
        search.select_nothing();
        search.unset_what_is_set();
        search.let_other_through();
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
        if let Some(best) = self.reach() {
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
        self.is_reached = true;
        let reached = self.taken();
        let mut twice = None;
        match self.compare() {
            Some(Verdict::Race(evidence)) => return Verdict::Race(evidence),
            other => twice = clearer(twice, other),
        }
        match self.near(&reached, 1) {
            Some(Verdict::Race(evidence)) => return Verdict::Race(evidence),
            other => twice = clearer(twice, other),
        }
        if self.is_searched_further() {
            if let Some(race) = self.try_coupled(&reached) {
                return race;
            }
            if let Some(race) = self.try_followed(&reached) {
                return race;
            }
        }
        let is_spent = self.machine.fuel == 0;
        if self.is_searched_further() {
            // What is met on starts that show nothing says nothing of those that were tried before.
            let unmodelled = self.machine.unmodelled.clone();
            if let Some(race) = self.try_alternatives(&reached) {
                return race;
            }
            self.machine.unmodelled = unmodelled;
        }
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

    /// Whether starts are tried that are further away from the one that reaches the act. Where one input of several differs, and
    /// they were tried with all of them the same and all of them another before, those near it are enough.
    const fn is_searched_further(&self) -> bool {
        match self.machine.mode {
            Mode::Same | Mode::Different(None) => true,
            Mode::Different(Some(_)) => self.question.apart.is_some(),
            Mode::Beside(_) => false,
        }
    }

    /// That what selects the documents of the two requests has a value.
    fn apart(&self) -> Vec<Atom> {
        let beside = match self.machine.mode {
            Mode::Beside(input) => Some(input),
            Mode::Same | Mode::Different(_) => None,
        };
        self.question.apart.or(beside).map(|value| Atom { value, holds: true }).into_iter().collect()
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
                match self.compare_if_reached() {
                    Some(race @ Verdict::Race(_)) => return Some(race),
                    other => twice = clearer(twice, other),
                }
            }
        }
        twice
    }

    /// The slots that the function asks on the way to the act, and those of the fields that its filters ask for.
    pub(super) fn matters(&mut self) -> BTreeSet<usize> {
        self.machine.choices.asked.clear();
        self.machine.choices.is_listening = true;
        self.run_alone();
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

    pub(super) fn world(&mut self) -> World {
        let store = self.machine.start(self.question.hints, self.question.indexes, self.question.versioned);
        World { store, fresh: limits::FRESH_IDS, ..World::default() }
    }

    /// Runs one request alone, from the start.
    pub(super) fn run_alone(&mut self) -> (Request, World) {
        let (mut request, mut world) = (Request::new(0), self.world());
        while self.machine.advance(self.question.slice, &mut request, &mut world) {}
        (request, world)
    }
}
