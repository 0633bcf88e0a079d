//! Two requests, or one and another writer, in every order that is tried; their ends compared with those of the serial orders.
//!
//! Input: a start at which one request alone acts. Output: a verdict where some order ends as no serial one does, or acts twice.
//! Must not know: how the start was found.

use super::bson::Value;
use super::choices::Candidate;
use super::question::{Constant, Evidence, Overwritten, Verdict};
use super::search::Search;
use super::state::{Done, Move, Request, World};
use super::store::Command;
use crate::limits;
use std::collections::BTreeSet;

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

impl Search<'_, '_> {
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
                let what = Done::Command { command: command.clone(), many: false, reply };
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
                let value = match constant {
                    Constant::Text(text) => Value::text(text),
                    Constant::Number(bits) => Value::Number(f64::from_bits(*bits)),
                };
                (path, Value::document([("$set", Value::document([(path.as_str(), value)]))]))
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

    fn end(&self, world: &World) -> End {
        if let Some(own) = self.question.own {
            return self.end_of(own, world);
        }
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

    /// The end of a run as far as one path of the documents shows it that the act changes.
    fn end_of(&self, path: &str, world: &World) -> End {
        let slice = self.question.slice;
        let collection = slice.commands.get(slice.act).and_then(|act| act.action.collection());
        let documents = collection.map(|collection| world.store.documents(collection)).unwrap_or_default();
        let shown = |document: &Value| document.at(path).map_or_else(String::new, |value| self.machine.shown(value));
        let mut stored: Vec<String> = documents.iter().map(shown).collect();
        stored.sort();
        End { stored, effects: Vec::new() }
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
