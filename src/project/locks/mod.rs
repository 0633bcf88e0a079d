//! Locks, in one model: a claim that is taken before an act and given back after it, in memory or in a collection.
//!
//! Input: the steps and writes of a summary. Output: [`Lock`]s with their key, what they protect and how they are
//! released. Must not know: rules, and what a collection is called: a lock is recognised by what is done with it.

mod collection;
mod failures;
mod memory;
mod refusal;
mod section;

use super::handle::Handle;
use super::link::{Project, Step};
use super::schema::Schemas;
use super::writes::{Write, WriteKind};
use crate::limits;
use crate::value::{C, Seen, Site, V};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// A Map, Set, object, flag or mutex of this process.
    Memory,
    /// An insert under a unique key whose duplicate is refused.
    Insert,
    /// An update with `upsert` whose filter holds the key and a condition.
    Upsert,
}

/// A claim, as one function sees it.
#[derive(Clone, Debug)]
pub struct Lock {
    pub kind: LockKind,
    /// Index of the acquiring step.
    pub step: usize,
    /// The collection; `None` in memory.
    pub handle: Option<Handle>,
    /// The fields of the lock document by which a second claim is refused.
    pub key_fields: Vec<String>,
    /// The value of the key; `None` for a flag.
    pub key: Option<V>,
    pub cond: C,
    /// Who comes second waits, and goes on afterwards.
    pub is_waited_for: bool,
    /// What is held in memory refuses nobody once it is old: the same is done again for the same key.
    pub expires: bool,
    /// The claim itself takes over a lock that is old.
    pub takes_over: bool,
    pub releases: Vec<Release>,
    /// Indices of the steps that write under the lock.
    pub protects: Vec<usize>,
}

/// A delete of the lock document, or an update that frees it.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    pub step: usize,
    /// The filter names the owner as well, so that nobody else's lock is removed.
    pub owned: bool,
}

/// How an exception other than a duplicate key gets past the acquisition.
#[derive(Clone, Copy, Debug)]
pub struct FailOpen {
    /// The `catch` clause.
    pub handler: Site,
    /// Index of the first step after it that acts without the lock.
    pub act: usize,
    /// What is true after the failure.
    failed: V,
}

impl Project {
    /// The locks that a summary takes, in order.
    pub fn locks(&mut self, schemas: &Schemas, steps: &[Step], writes: &[Write]) -> Vec<Lock> {
        let mut locks = self.memory_locks(steps, writes);
        for write in writes {
            let lock = match write.kind {
                WriteKind::Insert => self.insert_lock(schemas, steps, write, writes),
                WriteKind::Update if write.upsert => self.upsert_lock(schemas, steps, write, writes),
                _ => None,
            };
            locks.extend(lock);
        }
        locks
    }

    /// Whether a value has an identifier in it that is made anew in each call.
    pub fn is_made_anew(&self, value: V) -> bool {
        self.contains(value, &mut |project, part| project.arena.node(part).is_made_anew())
    }

    /// Whether a value is this one, or made from it.
    pub fn mentions(&self, value: V, wanted: V) -> bool {
        self.contains(value, &mut |_, part| part == wanted)
    }

    /// Whether a value, or one that it is made from, is what is looked for.
    pub fn contains(&self, value: V, is_wanted: &mut dyn FnMut(&Self, V) -> bool) -> bool {
        let mut open = vec![value];
        let mut seen = Seen::default();
        while let Some(value) = open.pop() {
            if !seen.insert(value) || seen.len() > limits::SEARCHED {
                continue;
            }
            if is_wanted(self, value) {
                return true;
            }
            crate::value::for_children(self.arena.node(value), &mut |child| open.push(child));
        }
        false
    }
}
