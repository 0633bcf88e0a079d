//! Two requests, or one and another writer, in every order that is tried; their ends compared with those of the serial orders.
//!
//! Input: a start at which one request alone acts. Output: a verdict where some order ends as no serial one does, or acts twice.
//! Must not know: how the start was found.

use super::bson::Value;
use super::choices::Candidate;
use super::question::{Evidence, Overwritten, Verdict};
use super::search::Search;
use super::state::{Done, Move, Request, World};
use super::store::{Command, Reply};
use super::transitions::{RequestState, Trail, Transitions, WorldState};
use crate::limits;
use crate::project::writes::VERSION;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::rc::Rc;

/// The end of a run, for comparing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    stored: Rc<[String]>,
    effects: Vec<String>,
}

/// How far both requests have come, and how.
#[derive(Clone)]
struct Path {
    requests: [RequestState; 2],
    world: WorldState,
    trail: Trail,
}

/// What all orders of two requests have in common.
struct Runs {
    steps: Transitions,
    start: Path,
    /// What another writer sends, in the place of the second request.
    appended: Option<Command>,
    stored: FxHashMap<WorldState, Rc<[String]>>,
}

/// What the serial orders give.
struct Expected {
    serial: Vec<Path>,
    allowed: BTreeSet<End>,
    /// A alone, and B alone.
    alone: Vec<End>,
    /// How often the act is done in a serial order.
    acts: u32,
}

impl Runs {
    fn new(start: World) -> Self {
        let mut steps = Transitions::default();
        let requests = [steps.request(Request::new(0)), steps.request(Request::new(1))];
        let start = Path { requests, world: steps.world(start), trail: Trail::default() };
        Self { steps, start, appended: None, stored: FxHashMap::default() }
    }

    fn request(&self, path: &Path, who: usize) -> Option<&Request> {
        path.requests.get(who).and_then(|state| self.steps.request_at(*state))
    }

    fn acts(&self, path: &Path, who: usize) -> u32 {
        self.request(path, who).map_or(0, |request| request.acts)
    }

    fn was_refused(&self, path: &Path, who: usize) -> bool {
        self.request(path, who).is_some_and(|request| request.was_refused)
    }

    /// The world at the end of a path, with what was done on the way.
    fn world(&self, path: &Path) -> World {
        let world = self.steps.world_at(path.world).cloned().unwrap_or_default();
        World { moves: path.trail.moves(), effects: path.trail.effects(), ..world }
    }
}

impl Search<'_, '_> {
    /// Compares the interleavings with the serial orders, under the choices made.
    pub(super) fn compare(&mut self) -> Option<Verdict> {
        let (mut runs, first) = self.first_alone()?;
        self.compare_after(&mut runs, first)
    }

    /// The same where one request alone does the act; none where it does not.
    pub(super) fn compare_if_reached(&mut self) -> Option<Verdict> {
        let (mut runs, first) = self.first_alone()?;
        if runs.acts(&first, 0) == 0 { None } else { self.compare_after(&mut runs, first) }
    }

    fn first_alone(&mut self) -> Option<(Runs, Path)> {
        let mut runs = Runs::new(self.world());
        let start = runs.start.clone();
        let first = self.whole(&mut runs, start, 0)?;
        Some((runs, first))
    }

    fn compare_after(&mut self, runs: &mut Runs, first: Path) -> Option<Verdict> {
        if let Some(overwritten) = self.other {
            runs.appended = Some(self.written_by_another(runs, &first, overwritten)?);
        }
        let second = self.whole(runs, runs.start.clone(), 1)?;
        let alone = vec![self.end(runs, &first), self.end(runs, &second)];
        let mut expected = Expected { serial: Vec::new(), allowed: BTreeSet::new(), alone, acts: 0 };
        for (path, last) in [(first, 1), (second, 0)] {
            let path = self.whole(runs, path, last)?;
            expected.allowed.insert(self.end(runs, &path));
            expected.acts = expected.acts.max(runs.acts(&path, 0) + runs.acts(&path, 1));
            expected.serial.push(path);
        }
        let mut twice = None;
        // A up to some command, B, the rest of A: one switch in the middle. Then B in two parts.
        let mut budget = limits::SCHEDULES;
        for is_whole in [true, false] {
            let mut prefix = runs.start.clone();
            while self.step(runs, &mut prefix, 0)? {
                if self.reads_on(runs, &prefix, 0)? {
                    continue;
                }
                let mut middle = prefix.clone();
                loop {
                    let mut is_more = self.step(runs, &mut middle, 1)?;
                    while is_whole && is_more {
                        is_more = self.step(runs, &mut middle, 1)?;
                    }
                    if is_whole || is_more && !self.reads_on(runs, &middle, 1)? {
                        if self.finish(runs, middle.clone(), &expected, &mut twice)? {
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
        runs: &mut Runs,
        path: Path,
        expected: &Expected,
        verdict: &mut Option<Verdict>,
    ) -> Option<bool> {
        let path = self.whole(runs, path, 0)?;
        let path = self.whole(runs, path, 1)?;
        self.was_refused |= runs.was_refused(&path, 0);
        let end = self.end(runs, &path);
        let is_allowed = expected.allowed.contains(&end)
            || (runs.was_refused(&path, 1) && expected.alone.first() == Some(&end))
            || (runs.was_refused(&path, 0) && expected.alone.get(1) == Some(&end));
        let is_repeated = runs.appended.is_none() && runs.acts(&path, 0) + runs.acts(&path, 1) > expected.acts;
        let is_twice = verdict.is_none() && is_repeated;
        if is_allowed && !is_twice {
            return Some(false);
        }
        let evidence = Box::new(self.evidence(runs, expected, (&path, &end), is_repeated));
        *verdict = Some(if is_allowed { Verdict::ActsTwice(evidence) } else { Verdict::Race(evidence) });
        Some(!is_allowed)
    }

    fn evidence(&self, runs: &Runs, expected: &Expected, (path, end): (&Path, &End), is_repeated: bool) -> Evidence {
        let outcome = runs.world(path);
        Evidence {
            start: runs.world(&runs.start).store,
            moves: outcome.moves.clone(),
            outcome,
            serial: expected.serial.iter().map(|path| runs.world(path)).collect(),
            choices: self.machine.choices.clone(),
            is_outside_only: expected.allowed.iter().any(|known| known.stored == end.stored),
            is_whole: self.machine.unmodelled.is_empty() && !self.question.slice.is_cut,
            is_repeated,
            is_contested: expected.acts == 1 && expected.allowed.len() > 1,
        }
    }

    /// All that is left of a request; none where the work that a judgement may take is spent.
    fn whole(&mut self, runs: &mut Runs, mut path: Path, who: usize) -> Option<Path> {
        while self.step(runs, &mut path, who)? {}
        Some(path)
    }

    /// One command of a request; of another writer, its only one.
    fn step(&mut self, runs: &mut Runs, path: &mut Path, who: usize) -> Option<bool> {
        let request = path.requests.get_mut(who)?;
        let Runs { steps, appended, .. } = runs;
        let step = steps.step(*request, path.world, |request, world| match appended {
            Some(command) if who == 1 => self.append(command, request, world),
            _ => self.machine.advance(self.question.slice, request, world),
        })?;
        (*request, path.world) = (step.request, step.world);
        path.trail = path.trail.and(&step);
        (self.machine.fuel > 0).then_some(step.is_more)
    }

    /// Whether a request that has only read in its transaction so far goes on to read in it. It sees what was stored at the start of
    /// the transaction, so that what another one does before that read is as well done after it, where no snapshot is needed to show it.
    ///
    /// Source: MongoDB manual, "Transactions", "Read Concern".
    fn reads_on(&mut self, runs: &mut Runs, path: &Path, who: usize) -> Option<bool> {
        let transaction = runs.request(path, who).and_then(|request| request.transaction.as_ref());
        if !transaction.is_some_and(|transaction| transaction.own.is_same(&transaction.base)) {
            return Some(false);
        }
        let mut next = path.clone();
        self.step(runs, &mut next, who)?;
        let known = path.trail.moves().len();
        let read = next.trail.moves().into_iter().nth(known).filter(|read| match &read.what {
            Done::Command { command, .. } => command.is_read(),
            _ => false,
        });
        let commands = &self.question.slice.commands;
        let is_inside =
            |read: Move| commands.iter().any(|command| command.site == read.site && command.session.is_some());
        Some(read.is_some_and(is_inside))
    }

    /// What another writer does; there is nothing left to do then.
    fn append(&self, command: &Command, request: &mut Request, world: &mut World) -> bool {
        if request.at == 0 {
            request.at = 1;
            let reply = world.store.run(command, &mut world.fresh);
            let what = Done::Command { command: command.clone(), many: false, reply };
            let site = self.question.slice.commands.get(self.question.slice.act).map(|act| act.site);
            let is_done = matches!(&what, Done::Command { reply: Ok(Reply::Updated { matched: 1.., .. }), .. });
            world.moves.extend(site.map(|site| Move { request: 1, site, what }));
            if !is_done {
                request.was_refused = true;
            } else if matches!(self.other, Some(Overwritten::Other(change)) if change.is_answered) {
                let answer = "answer('done')".to_owned();
                world.effects.push(answer.clone());
                world.moves.extend(site.map(|site| Move { request: 1, site, what: Done::Effect(answer) }));
            }
        }
        false
    }

    /// The command of another writer that changes what the act writes over, in the document that the act writes.
    fn written_by_another(&mut self, runs: &Runs, first: &Path, overwritten: &Overwritten) -> Option<Command> {
        let (start, moves) = (runs.world(&runs.start), first.trail.moves());
        let slice = self.question.slice;
        let act = slice.commands.get(slice.act)?;
        let collection = act.action.collection()?;
        let filter = moves.iter().rev().find_map(|done| match &done.what {
            Done::Command { command, .. } if done.site == act.site => filter_of(command),
            _ => None,
        })?;
        let document = start.store.documents(collection).first()?;
        let id = document.field("_id")?.clone();
        let term = self.machine.choices.applied("appended".to_owned(), false, None, || vec![Candidate::Itself]);
        let (path, mut update) = match overwritten {
            Overwritten::List(path) | Overwritten::Uncounted(path) => {
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
                (path, Value::document([("$set", Value::document([(path.as_str(), constant.value())]))]))
            }
            Overwritten::Other(change) => {
                let element = Value::document([("_id", Value::Symbol(term))]);
                return Some(change.command(collection, id, &element));
            }
        };
        // It counts the versions that the act asks for.
        let is_uncounted = |name: &str| matches!(overwritten, Overwritten::Uncounted(_)) && name == "__v";
        let counted = filter.fields()?.iter().filter(|(name, value)| {
            matches!(value, Value::Number(_))
                && &**name != "_id"
                && !name.starts_with('$')
                && &**name != path
                && !is_uncounted(name)
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

    fn end(&self, runs: &mut Runs, path: &Path) -> End {
        let mut effects = path.trail.effects();
        effects.sort();
        let Runs { steps, stored, .. } = runs;
        let stored = stored.entry(path.world).or_insert_with(|| {
            let Some(world) = steps.world_at(path.world) else { return Rc::default() };
            match self.question.own {
                _ if self.question.is_counted => Rc::new([self.documents_of_act(world).len().to_string()]),
                Some(own) => self.stored_at(own, world),
                None => self.stored(world),
            }
        });
        // Where one path is asked for, or how many there are, that alone is compared.
        let is_part = self.question.own.is_some() || self.question.is_counted;
        End { stored: stored.clone(), effects: if is_part { Vec::new() } else { effects } }
    }

    fn stored(&self, world: &World) -> Rc<[String]> {
        let mut stored = Vec::new();
        for (at, _) in self.question.slice.collections.iter().enumerate() {
            let documents = world.store.documents(at as u32).iter();
            // How often Mongoose has saved a document harms nobody.
            let is_counted = self.question.versioned.get(at) == Some(&true);
            let shown = |document: &Value| {
                let mut document = document.clone();
                if is_counted {
                    document.unset(VERSION);
                }
                self.machine.shown(&document)
            };
            let mut texts: Vec<String> = documents.map(|document| format!("{at} {}", shown(document))).collect();
            texts.sort();
            stored.extend(texts);
        }
        stored.into()
    }

    /// What is stored in the collection that the act changes.
    fn documents_of_act<'w>(&self, world: &'w World) -> &'w [Value] {
        let slice = self.question.slice;
        let collection = slice.commands.get(slice.act).and_then(|act| act.action.collection());
        collection.map(|collection| world.store.documents(collection)).unwrap_or_default()
    }

    /// What is stored as far as one path of the documents shows it that the act changes.
    fn stored_at(&self, path: &str, world: &World) -> Rc<[String]> {
        let documents = self.documents_of_act(world);
        let shown = |document: &Value| document.at(path).map_or_else(String::new, |value| self.machine.shown(value));
        let mut stored: Vec<String> = documents.iter().map(shown).collect();
        stored.sort();
        stored.into()
    }
}

/// The filter of a command that changes documents.
fn filter_of(command: &Command) -> Option<Value> {
    match command {
        Command::Update { filter, .. }
        | Command::Replace { filter, .. }
        | Command::FindAndUpdate { filter, .. }
        | Command::Delete { filter, .. }
        | Command::FindAndDelete { filter, .. } => Some(filter.clone()),
        _ => None,
    }
}
