//! Puts back what a backup holds.
//!
//! Input: backups and the array that they are of. Output: counts. A document is changed where it still is what was read; what is there
//! already is not put in again. Must not know: where an element belongs.

use super::Watch;
use super::patience::patiently;
use super::scope::Target;
use super::send::{Done, send};
use super::statement;
use super::survey::array_of;
use crate::cleanup::backup::{Backups, Group};
use crate::cleanup::restore::{Insertion, missing};
use crate::cleanup::shown;
use crate::error::Error;
use bson::RawDocumentBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a document is tried that changes each time between the read and the write.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(2);
/// The most that is put into a document at once, in elements and in bytes.
const MOST_ELEMENTS: usize = 1000;
const MOST_BYTES: usize = 2 << 20;
/// Documents whose statements are sent together, of as many bytes.
const MOST_DOCUMENTS: usize = 100;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restored {
    pub documents: u64,
    pub changed: u64,
    pub elements: u64,
    /// Documents into which something could not be put, with the reason for some.
    pub left: u64,
    pub reasons: Vec<(String, String)>,
}

const REASONS: usize = 20;

/// With `dry` it is only counted.
pub fn put_back(
    target: &Target<'_>,
    backups: &mut Backups,
    (dry, jobs): (bool, usize),
    watch: &dyn Watch,
) -> Result<Restored, Error> {
    watch.expect(backups.documents() as u64);
    let total = Mutex::new(Restored::default());
    let failed: Mutex<Option<mongodb::error::Error>> = Mutex::new(None);
    let (send, receive) = crossbeam_channel::bounded::<Vec<Group>>(1);
    let work = |receive: crossbeam_channel::Receiver<Vec<Group>>| {
        for groups in receive {
            match all(target, groups, dry, watch) {
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
        return Err(target.error(&error));
    }
    read?;
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
        self.left += other.left;
        self.reasons.extend(other.reasons);
        self.reasons.truncate(REASONS);
    }

    fn finish(&mut self, turn: &Turn, reason: Option<&str>, watch: &dyn Watch) {
        self.documents += 1;
        self.changed += u64::from(turn.elements > 0);
        self.elements += turn.elements;
        watch.advance(1);
        watch.moved(turn.elements);
        if let Some(reason) = reason {
            self.left += 1;
            if self.reasons.len() < REASONS {
                self.reasons.push((shown::id(&turn.group.id), reason.to_owned()));
            }
        }
    }
}

fn all(target: &Target<'_>, groups: Vec<Group>, dry: bool, watch: &dyn Watch) -> mongodb::error::Result<Restored> {
    let mut restored = Restored::default();
    let mut turns: Vec<Turn> = groups.into_iter().map(|group| Turn { group, elements: 0, tries: 0 }).collect();
    while !turns.is_empty() {
        let tries = turns.iter().map(|turn| turn.tries).max().unwrap_or_default();
        if tries > 2 {
            thread::sleep(PAUSE * tries.min(50));
        }
        let mut next = Vec::new();
        let mut step =
            Step { target, dry, watch, restored: &mut restored, next: &mut next, batch: Vec::new(), bytes: 0 };
        for turn in turns {
            step.take(turn)?;
        }
        step.send()?;
        turns = next;
    }
    Ok(restored)
}

/// One look at each document, and the statements that come of it.
struct Step<'s> {
    target: &'s Target<'s>,
    dry: bool,
    watch: &'s dyn Watch,
    restored: &'s mut Restored,
    /// Documents that need another look.
    next: &'s mut Vec<Turn>,
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
        let Some(array) = patiently(|| array_of(self.target, &turn.group.id))? else {
            let reason = "it is gone, or its field is no array any more; what it lost stays in the backup";
            self.restored.finish(&turn, Some(reason), self.watch);
            return Ok(());
        };
        let mut missing = missing(&turn.group.operations, &array, MOST_ELEMENTS)?;
        if self.dry || missing.elements == 0 {
            turn.elements += missing.elements as u64;
            self.restored.finish(&turn, None, self.watch);
            return Ok(());
        }
        shorten(&mut missing.insertions);
        let elements = missing.insertions.len();
        let command = statement::insertion(&self.target.field, &turn.group.id, &array, &missing.insertions)?;
        self.bytes += command.as_bytes().len();
        self.batch.push((turn, Statement { command, elements, is_last: elements == missing.elements }));
        if self.bytes >= MOST_BYTES { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> mongodb::error::Result<()> {
        self.bytes = 0;
        let (turns, statements): (Vec<Turn>, Vec<Statement>) = std::mem::take(&mut self.batch).into_iter().unzip();
        let (commands, parts): (Vec<_>, Vec<_>) =
            statements.into_iter().map(|one| (one.command, (one.elements, one.is_last))).unzip();
        let ends = send(self.target, &commands)?;
        for ((mut turn, (elements, is_last)), end) in turns.into_iter().zip(parts).zip(ends) {
            match end {
                Done::Changed => {
                    turn.elements += elements as u64;
                    turn.tries = 0;
                    match is_last {
                        true => self.restored.finish(&turn, None, self.watch),
                        false => self.next.push(turn),
                    }
                }
                Done::Refused(reason) => self.restored.finish(&turn, Some(&reason), self.watch),
                Done::Outdated | Done::Unknown if turn.tries >= TRIES => {
                    self.restored.finish(&turn, Some("it changed each time it was tried"), self.watch);
                }
                Done::Outdated | Done::Unknown => {
                    turn.tries += 1;
                    self.next.push(turn);
                }
            }
        }
        Ok(())
    }
}

/// Leaves as many bytes as one command takes.
fn shorten(insertions: &mut Vec<Insertion>) {
    let mut bytes = 0;
    let fits = insertions.iter().take_while(|one| {
        bytes += one.element.as_bytes().len();
        bytes <= MOST_BYTES
    });
    let fits = fits.count().max(1);
    insertions.truncate(fits);
}
