//! The state of a run: of one request, and of the world that both share.
//!
//! Must not know: what commands do, schedules.

use super::bson::Value;
use super::known::States;
use super::store::{Command, Failure, Reply, Store};
use super::torn::Torn;
use crate::limits;
use crate::value::{C, Site, V};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a request did, for the witness.
#[derive(Clone, Debug)]
pub struct Move {
    pub request: usize,
    pub site: Site,
    pub what: Done,
}

#[derive(Clone, Debug)]
pub enum Done {
    Command { command: Command, many: bool, reply: Result<Reply, Failure> },
    Effect(String),
}

/// The world that both requests share.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub store: Store,
    pub effects: Vec<String>,
    /// The attempts that services were told by name, each done once.
    pub attempts: Vec<(String, Value)>,
    pub fresh: u32,
    pub moves: Vec<Move>,
}

#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub(super) base: Store,
    pub(super) own: Store,
    /// How often the act had taken effect before it.
    pub(super) acts: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Request {
    pub who: usize,
    /// Index of the next command.
    pub at: usize,
    pub results: FxHashMap<Site, Option<Value>>,
    /// Documents that others loaded.
    pub given: FxHashMap<V, Value>,
    /// Calls that failed.
    pub failed: FxHashSet<Site>,
    /// `try` statements that were left by an exception.
    pub caught: FxHashSet<Site>,
    /// The states of what its commands change.
    pub states: States,
    /// The number of the last identifier that it made for an insert.
    pub last_id: u32,
    /// Values of array elements while a predicate is evaluated.
    pub elements: Vec<(V, Option<Value>)>,
    /// What was told where it was met: not again, until a result changes.
    pub memo: FxHashMap<V, Option<Value>>,
    /// The same of what rests on no result of a command, so that it stays.
    pub fixed: FxHashMap<V, Option<Value>>,
    /// How often something that a command changes was asked.
    pub results_asked: u32,
    pub conditions: FxHashMap<C, bool>,
    /// A member of nothing was asked for: JavaScript would throw.
    pub is_broken: bool,
    /// A loop over nothing: the command is not reached.
    pub is_skipped: bool,
    /// The result of a command that is not run, because what it computes is not modelled.
    pub unread: Option<Value>,
    /// Fields of the start documents that are made from each other.
    pub depth: u32,
    /// A filter is being evaluated.
    pub in_filter: bool,
    pub is_over: bool,
    /// Nothing has run: what is loaded is what is stored at the start.
    pub is_before: bool,
    /// A command was refused: nothing matched, a duplicate key, a version that has changed.
    pub was_refused: bool,
    /// How often the act took effect.
    pub acts: u32,
    pub(super) transaction: Option<Transaction>,
    /// An upsert that is to insert what it did not find.
    pub(super) torn: Option<Box<Torn>>,
}

impl Request {
    pub fn new(who: usize) -> Self {
        Self { who, last_id: Self::ids_of(who), ..Self::default() }
    }

    /// Identifiers above this one are made for the inserts of a request.
    const fn ids_of(who: usize) -> u32 {
        limits::FRESH_IDS + 1_000_000 * (who as u32 + 1)
    }

    /// The same for the places of the code that a request evaluates.
    pub const fn ids_of_places(who: usize) -> u32 {
        Self::ids_of(who) + 500_000
    }

    /// Forgets what was evaluated, because something that it may rest on has changed.
    pub fn forget(&mut self) {
        self.memo.clear();
        self.conditions.clear();
    }
}
