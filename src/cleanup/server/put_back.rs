//! Puts back what a backup holds.
//!
//! Input: backups and the array that they are of. Output: counts. A document is changed where it still is what was read; what is there
//! already is not put in again. Must not know: where an element belongs.

use super::Watch;
use super::patience::{is_passing, patiently};
use super::remove::command;
use super::scope::Target;
use super::statement::{self, CHANGED};
use super::survey::array_of;
use crate::cleanup::backup::{Backups, Group};
use crate::cleanup::restore::{Insertion, missing};
use crate::cleanup::shown;
use crate::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often a document is tried that changes each time between the read and the write.
const TRIES: u32 = 200;
const PAUSE: Duration = Duration::from_millis(2);
/// The most that is put into a document at once, in elements and in bytes.
const MOST_ELEMENTS: usize = 1000;
const MOST_BYTES: usize = 2 << 20;

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
    let (send, receive) = crossbeam_channel::bounded::<Group>(jobs);
    let work = |receive: crossbeam_channel::Receiver<Group>| {
        for group in receive {
            match document(target, &group, dry) {
                Ok(done) => {
                    watch.advance(1);
                    watch.moved(done.elements);
                    lock(&total).add(&group, done);
                }
                // Nobody takes further documents, and the sender sees that.
                Err(error) => {
                    lock(&failed).get_or_insert(error);
                    return;
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
        // One that fails leaves the others to finish what they have.
        let read = backups.each(|group| Ok(lock(&failed).is_none() && send.send(group).is_ok()));
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

/// What became of one document.
#[derive(Default)]
struct Document {
    elements: u64,
    left: Option<String>,
}

impl Restored {
    fn add(&mut self, group: &Group, done: Document) {
        self.documents += 1;
        self.changed += u64::from(done.elements > 0);
        self.elements += done.elements;
        if let Some(reason) = done.left {
            self.left += 1;
            if self.reasons.len() < REASONS {
                self.reasons.push((shown::id(&group.id), reason));
            }
        }
    }
}

fn document(target: &Target<'_>, group: &Group, dry: bool) -> mongodb::error::Result<Document> {
    let mut done = Document::default();
    let mut tries = 0;
    while tries < TRIES {
        if tries > 2 {
            thread::sleep(PAUSE * tries.min(50));
        }
        let Some(array) = patiently(|| array_of(target, &group.id))? else {
            done.left =
                Some("it is gone, or its field is no array any more; what it lost stays in the backup".to_owned());
            return Ok(done);
        };
        let mut missing = missing(&group.operations, &array, MOST_ELEMENTS)?;
        if dry {
            done.elements = missing.elements as u64;
            return Ok(done);
        }
        shorten(&mut missing.insertions);
        let count = missing.insertions.len();
        if count > 0 {
            let statement = statement::insertion(&target.field, &group.id, &array, &missing.insertions)?;
            match update(target, statement)? {
                Ok(true) => {
                    done.elements += count as u64;
                    tries = 0;
                }
                Ok(false) => {
                    tries += 1;
                    continue;
                }
                Err(reason) => {
                    done.left = Some(reason);
                    return Ok(done);
                }
            }
        }
        if count == missing.elements {
            return Ok(done);
        }
    }
    done.left = Some("it changed each time it was tried".to_owned());
    Ok(done)
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

/// Whether the document was changed; it is read again where nobody knows.
fn update(target: &Target<'_>, statement: bson::RawDocumentBuf) -> mongodb::error::Result<Result<bool, String>> {
    let reply = match target.database.run_raw_command(command(target, &[statement])).run() {
        Ok(reply) => reply,
        Err(error) if is_passing(&error) => return Ok(Ok(false)),
        Err(error) => return Err(error),
    };
    let error = reply.get_array("writeErrors").ok().and_then(|errors| errors.first()?.as_document());
    let Some(error) = error else { return Ok(Ok(reply.get_i32("n").unwrap_or_default() == 1)) };
    if error.get_i32("code").ok() == Some(CHANGED) {
        return Ok(Ok(false));
    }
    Ok(Err(error.get_str("errmsg").unwrap_or("the server refused").to_owned()))
}
