//! Removes what goes, after it is in the backup.
//!
//! Input: a target and a backup. Output: counts. For each batch of documents: read, decide, write the backup and wait for the disk,
//! then change each document where it still is what was read. Must not know: how decisions are made.

use super::Watch;
use super::left::Left;
use super::patience::patiently;
use super::ranges::Range;
use super::scope::Target;
use super::send::{Done, send};
use super::survey::{Pace, aggregate, array_of, documents_of, each_range, expected};
use super::{stages, statement};
use crate::cleanup::backup::{Backup, Outcome, Recorded};
use crate::cleanup::operation::{Operation, take_last};
use crate::cleanup::plan::{Removal, plan};
use crate::cleanup::restore::missing;
use crate::error::Error;
use bson::{RawArrayBuf, RawBson, RawDocumentBuf, cstr};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a document is tried that changes each time between the read and the write.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(5);
/// Bytes of arrays that are held at once.
const HELD: usize = 16 << 20;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Removed {
    pub documents: u64,
    pub changed: u64,
    pub elements: u64,
    pub kinds: Vec<u64>,
    pub left: Left,
}

/// A document on its way.
struct Turn {
    id: RawBson,
    array: RawArrayBuf,
    left: Vec<Removal>,
    tries: u32,
}

/// What is known of the documents of a range when it is begun again, by the bytes of their ids.
#[derive(Default)]
struct Met {
    /// They are not tried again.
    left: HashSet<Vec<u8>>,
    /// Those of the batch: they count against the limit, and as changed, once.
    taken: HashSet<Vec<u8>>,
    changed: HashSet<Vec<u8>>,
}

struct Run<'r> {
    target: &'r Target<'r>,
    backup: &'r Backup,
    watch: &'r dyn Watch,
    total: Mutex<Removed>,
    kinds: Vec<String>,
    pace: Pace,
    /// Documents that were taken on.
    taken: AtomicU64,
}

pub fn remove(target: &Target<'_>, backup: &Backup, pace: Pace, watch: &dyn Watch) -> Result<Removed, Error> {
    let kinds = target.kind_names();
    let total = Mutex::new(Removed { kinds: vec![0; kinds.len()], ..Removed::default() });
    let run = Run { target, backup, watch, total, kinds, pace, taken: AtomicU64::new(0) };
    watch.expect(expected(target)?);
    each_range(target, pace.jobs, &|range| {
        run.range(range)?;
        let documents = patiently(|| documents_of(target, range)).map_err(|error| target.error(&error))?;
        run.total().documents += documents;
        watch.advance(documents);
        Ok(pace.limit.is_none_or(|limit| run.taken.load(Ordering::SeqCst) < limit))
    })?;
    Ok(run.total.into_inner().unwrap_or_else(PoisonError::into_inner))
}

impl Run<'_> {
    fn total(&self) -> std::sync::MutexGuard<'_, Removed> {
        self.total.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A range is begun again when the server went away: what is clean by then is not found again.
    fn range(&self, range: &Range) -> Result<(), Error> {
        let mut failed = None;
        let mut met = Met::default();
        let read = patiently(|| match self.pass(range, &mut met) {
            Ok(()) => Ok(()),
            Err(Stop::Database(error)) => Err(error),
            Err(Stop::Other(error)) => {
                failed = Some(error);
                Ok(())
            }
        });
        read.map_err(|error| self.target.error(&error))?;
        failed.map_or(Ok(()), Err)
    }

    fn pass(&self, range: &Range, met: &mut Met) -> Result<(), Stop> {
        let mut stages = stages::affected(self.target, range)?;
        stages.push(stages::array(self.target));
        let mut cursor = aggregate(self.target, stages, self.pace.batch).run()?;
        let mut batch: Vec<Turn> = Vec::new();
        let mut held = 0;
        while cursor.advance()? {
            let document = cursor.current();
            let id = document.get("_id")?.map_or(RawBson::Null, RawBson::from);
            let known = bytes(&id);
            if met.left.contains(&known) {
                continue;
            }
            if !met.taken.contains(&known) {
                if !self.may_take() {
                    break;
                }
                met.taken.insert(known);
            }
            let array = document.get_array("array")?.to_owned();
            held += array.as_bytes().len();
            batch.extend(self.turn(id, array, 0, met));
            if batch.len() >= self.pace.batch as usize || held >= HELD {
                self.batch(std::mem::take(&mut batch), met)?;
                held = 0;
            }
        }
        self.batch(batch, met)
    }

    fn may_take(&self) -> bool {
        let Some(limit) = self.pace.limit else { return true };
        self.taken
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |taken| (taken < limit).then_some(taken + 1))
            .is_ok()
    }

    /// `None` when nothing goes, or when the array cannot be read.
    fn turn(&self, id: RawBson, array: RawArrayBuf, tries: u32, met: &mut Met) -> Option<Turn> {
        match plan(&array, &self.target.identities) {
            Ok(plan) if plan.removals.is_empty() => None,
            Ok(plan) => Some(Turn { id, array, left: plan.removals, tries }),
            Err(error) => {
                self.leave(&id, &format!("its array cannot be read: {error}"), met);
                None
            }
        }
    }

    fn batch(&self, mut turns: Vec<Turn>, met: &mut Met) -> Result<(), Stop> {
        while !turns.is_empty() {
            let mut operations = Vec::new();
            for turn in &mut turns {
                operations.extend(take_last(&turn.id, &turn.array, &mut turn.left, &self.kinds)?);
            }
            self.backup.record(&mut operations)?;
            let statements = operations.iter().map(|operation| statement::removal(&self.target.field, operation));
            let mut done = send(self.target, &statements.collect::<Result<Vec<_>, _>>()?)?;
            // What the server has said, and no more: where it has not, another run may have taken the same.
            let outcomes = operations.iter().zip(&done).map(|(operation, done)| (operation.number, outcome(done)));
            self.backup.note(&outcomes.collect::<Vec<_>>())?;
            for (operation, done) in operations.iter().zip(&mut done) {
                self.settle(operation, done)?;
            }
            let mut next = Vec::new();
            for ((turn, operation), done) in turns.into_iter().zip(&operations).zip(done) {
                next.extend(self.after(turn, operation, done, met)?);
            }
            turns = next;
        }
        met.taken.clear();
        met.changed.clear();
        Ok(())
    }

    /// Looks whether an operation was done of which nobody knows. It is one or the other: a document changes whole.
    fn settle(&self, operation: &Operation, done: &mut Done) -> Result<(), Stop> {
        if !matches!(done, Done::Unknown) {
            return Ok(());
        }
        let Some(array) = patiently(|| array_of(self.target, &operation.id))? else { return Ok(()) };
        let (number, removed) = (operation.number, operation.removed.clone());
        let missing = missing(&[Recorded { file: 0, number, outcome: Outcome::Unknown, removed }], &array, 0)?;
        if missing.elements == operation.removed.len() {
            *done = Done::Changed;
        }
        Ok(())
    }

    /// What is still to do of a document.
    fn after(&self, mut turn: Turn, operation: &Operation, done: Done, met: &mut Met) -> Result<Option<Turn>, Stop> {
        match done {
            Done::Changed => {
                self.count(operation, met.changed.insert(bytes(&turn.id)));
                turn.tries = 0;
                Ok((!turn.left.is_empty()).then_some(turn))
            }
            Done::Refused(reason) => {
                self.leave(&turn.id, &reason, met);
                Ok(None)
            }
            Done::Outdated | Done::Unknown if turn.tries >= TRIES => {
                self.leave(&turn.id, "it changed each time it was tried", met);
                Ok(None)
            }
            Done::Outdated | Done::Unknown => {
                if turn.tries > 2 {
                    thread::sleep(PAUSE * turn.tries);
                }
                let array = patiently(|| array_of(self.target, &turn.id))?;
                let tries = turn.tries + 1;
                Ok(array.and_then(|array| self.turn(turn.id, array, tries, met)))
            }
        }
    }

    fn count(&self, operation: &Operation, is_first: bool) {
        let elements = operation.removed.len() as u64;
        let mut total = self.total();
        total.elements += elements;
        total.changed += u64::from(is_first);
        for removed in &operation.removed {
            let kind = self.kinds.iter().position(|kind| *kind == removed.kind);
            if let Some(count) = kind.and_then(|kind| total.kinds.get_mut(kind)) {
                *count += 1;
            }
        }
        self.watch.moved(elements);
    }

    fn leave(&self, id: &RawBson, reason: &str, met: &mut Met) {
        met.left.insert(bytes(id));
        self.total().left.add(id, reason);
    }
}

fn bytes(id: &RawBson) -> Vec<u8> {
    let mut wrapped = RawDocumentBuf::new();
    wrapped.append(cstr!("_id"), id.as_raw_bson_ref());
    wrapped.into_bytes()
}

fn outcome(done: &Done) -> Outcome {
    match done {
        Done::Changed => Outcome::Removed,
        Done::Outdated | Done::Refused(_) => Outcome::Refused,
        Done::Unknown => Outcome::Unknown,
    }
}

/// Why a range is not gone through to its end.
enum Stop {
    Database(mongodb::error::Error),
    Other(Error),
}

impl From<mongodb::error::Error> for Stop {
    fn from(error: mongodb::error::Error) -> Self {
        Self::Database(error)
    }
}

impl From<bson::error::Error> for Stop {
    fn from(error: bson::error::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}
