//! Puts back what a backup holds.
//!
//! Input: backups and the array that they are of. Output: counts. A document is changed where it still is what was read; what is there
//! already is not put in again. Must not know: where an element belongs.

use super::Watch;
use super::left::Left;
use super::patience::patiently;
use super::scope::Target;
use super::send::{Done, fits, send};
use super::statement;
use super::survey::array_of;
use crate::cleanup::backup::{Backups, Group, Notes, Outcome};
use crate::cleanup::operation::{MOST_BYTES, MOST_ELEMENTS};
use crate::cleanup::restore::missing;
use crate::error::Error;
use bson::RawDocumentBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a document is tried that changes each time between the read and the write.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(2);
/// Documents whose statements are sent together, of as many bytes as one operation.
const MOST_DOCUMENTS: usize = 100;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restored {
    pub documents: u64,
    pub changed: u64,
    pub elements: u64,
    /// Documents into which something could not be put.
    pub left: Left,
}

/// With `dry` it is only counted.
pub fn put_back(
    target: &Target<'_>,
    backups: &mut Backups,
    (dry, jobs): (bool, usize),
    watch: &dyn Watch,
) -> Result<Restored, Error> {
    let notes = if dry { None } else { Some(backups.notes()?) };
    let task = Task { target, notes: notes.as_ref(), watch };
    watch.expect(backups.documents() as u64);
    let total = Mutex::new(Restored::default());
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let (send, receive) = crossbeam_channel::bounded::<Vec<Group>>(1);
    let work = |receive: crossbeam_channel::Receiver<Vec<Group>>| {
        for groups in receive {
            match task.all(groups) {
                Ok(done) => lock(&total).add(done),
                // The reader sees it, and takes no further documents.
                Err(error) => {
                    lock(&failed).get_or_insert(error);
                }
            }
        }
    };
    let read = thread::scope(|scope| {
        for _ in 0..jobs {
            let receive = receive.clone();
            scope.spawn(|| work(receive));
        }
        drop(receive);
        let (mut batch, mut bytes) = (Vec::new(), 0);
        let pass = |batch: Vec<Group>| lock(&failed).is_none() && send.send(batch).is_ok();
        let read = backups.each(|group| {
            bytes += group.bytes();
            batch.push(group);
            if batch.len() < MOST_DOCUMENTS && bytes < MOST_BYTES {
                return Ok(true);
            }
            bytes = 0;
            Ok(pass(std::mem::take(&mut batch)))
        });
        pass(batch);
        drop(send);
        read
    });
    if let Some(error) = lock(&failed).take() {
        return Err(error);
    }
    read?;
    notes.map_or(Ok(()), |notes| notes.finish())?;
    Ok(total.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A document on its way.
struct Turn {
    group: Group,
    elements: u64,
    tries: u32,
}

impl Restored {
    fn add(&mut self, other: Self) {
        self.documents += other.documents;
        self.changed += other.changed;
        self.elements += other.elements;
        self.left.merge(other.left);
    }

    fn finish(&mut self, turn: &Turn, reason: Option<&str>, watch: &dyn Watch) {
        self.documents += 1;
        self.changed += u64::from(turn.elements > 0);
        self.elements += turn.elements;
        watch.advance(1);
        watch.moved(turn.elements);
        if let Some(reason) = reason {
            self.left.add(&turn.group.id, reason);
        }
    }
}

struct Task<'b> {
    target: &'b Target<'b>,
    /// `None` where it is only counted.
    notes: Option<&'b Notes>,
    watch: &'b dyn Watch,
}

impl Task<'_> {
    fn all(&self, groups: Vec<Group>) -> Result<Restored, Error> {
        let mut restored = Restored::default();
        let mut turns: Vec<Turn> = groups.into_iter().map(|group| Turn { group, elements: 0, tries: 0 }).collect();
        while !turns.is_empty() {
            let tries = turns.iter().map(|turn| turn.tries).max().unwrap_or_default();
            if tries > 2 {
                thread::sleep(PAUSE * tries.min(50));
            }
            let mut step = Step {
                task: self,
                restored: &mut restored,
                next: Vec::new(),
                back: Vec::new(),
                batch: Vec::new(),
                bytes: 0,
            };
            let done = turns.into_iter().try_for_each(|turn| step.take(turn)).and_then(|()| step.send());
            let (next, back) = (std::mem::take(&mut step.next), std::mem::take(&mut step.back));
            // What was put back before a failure is noted, too.
            self.notes.map_or(Ok(()), |notes| notes.restored(&back))?;
            done.map_err(|error| self.target.error(&error))?;
            turns = next;
        }
        Ok(restored)
    }
}

/// One look at each document, and the statements that come of it.
struct Step<'s> {
    task: &'s Task<'s>,
    restored: &'s mut Restored,
    /// Documents that need another look.
    next: Vec<Turn>,
    /// Operations whose elements are all there again.
    back: Vec<(usize, u64)>,
    batch: Vec<(Turn, Statement)>,
    bytes: usize,
}

struct Statement {
    command: RawDocumentBuf,
    elements: usize,
    is_last: bool,
}

impl Step<'_> {
    fn take(&mut self, mut turn: Turn) -> mongodb::error::Result<()> {
        let Task { target, notes, watch } = *self.task;
        let Some(array) = patiently(|| array_of(target, &turn.group.id))? else {
            let reason = "it is gone, or its field is no array any more; what it lost stays in the backup";
            self.restored.finish(&turn, Some(reason), watch);
            return Ok(());
        };
        let mut missing = missing(&turn.group.operations, &array, MOST_ELEMENTS)?;
        if notes.is_none() || missing.elements == 0 {
            turn.elements += missing.elements as u64;
            // What a server may take back has been put in, or another restore has done it, which notes it.
            if turn.tries == 0 {
                self.note(&turn);
            }
            self.restored.finish(&turn, None, watch);
            return Ok(());
        }
        let mut command = statement::insertion(&target.field, &turn.group.id, &array, &missing.insertions)?;
        // It holds the whole array, and for each place some bytes more.
        while !fits(&command) && missing.insertions.len() > 1 {
            missing.insertions.truncate(missing.insertions.len() / 2);
            command = statement::insertion(&target.field, &turn.group.id, &array, &missing.insertions)?;
        }
        let elements = missing.insertions.len();
        self.bytes += command.as_bytes().len();
        self.batch.push((turn, Statement { command, elements, is_last: elements == missing.elements }));
        if self.bytes >= MOST_BYTES { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> mongodb::error::Result<()> {
        self.bytes = 0;
        let (turns, statements): (Vec<Turn>, Vec<Statement>) = std::mem::take(&mut self.batch).into_iter().unzip();
        let (commands, parts): (Vec<_>, Vec<_>) =
            statements.into_iter().map(|one| (one.command, (one.elements, one.is_last))).unzip();
        let ends = send(self.task.target, &commands)?;
        let watch = self.task.watch;
        for ((mut turn, (elements, is_last)), end) in turns.into_iter().zip(parts).zip(ends) {
            match end {
                Done::Changed => {
                    turn.elements += elements as u64;
                    turn.tries = 0;
                    match is_last {
                        true => {
                            self.note(&turn);
                            self.restored.finish(&turn, None, watch);
                        }
                        false => self.next.push(turn),
                    }
                }
                Done::Refused(reason) => self.restored.finish(&turn, Some(&reason), watch),
                Done::Outdated | Done::Unknown if turn.tries >= TRIES => {
                    self.restored.finish(&turn, Some("it changed each time it was tried"), watch);
                }
                Done::Outdated | Done::Unknown => {
                    turn.tries += 1;
                    self.next.push(turn);
                }
            }
        }
        Ok(())
    }

    /// An operation of which nobody knows may still be on its way to the server, unless something had to be put back.
    fn note(&mut self, turn: &Turn) {
        let is_back = |outcome: Outcome| match outcome {
            Outcome::Removed => true,
            Outcome::Unknown => turn.elements > 0,
            Outcome::Refused | Outcome::Restored => false,
        };
        let operations = turn.group.operations.iter().filter(|operation| is_back(operation.outcome));
        self.back.extend(operations.map(|operation| (operation.file, operation.number)));
    }
}
