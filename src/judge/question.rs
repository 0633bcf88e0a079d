//! What is asked of the judge, and what it answers.
//!
//! Must not know: how the answer is found.

use super::choices::Choices;
use super::hints::Hints;
use super::other::{Constant, OtherChange};
use super::slice::Slice;
use super::state::{Move, World};
use super::store::{Store, UniqueIndex};
use crate::value::{Arena, Atom, V};
use std::cell::Cell;

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
    /// Keeps what is asked of it after its witness was made: what was done outside.
    pub(super) fn forget_states(&mut self) {
        (self.start, self.moves, self.choices) = (Store::default(), Vec::new(), Choices::default());
        for world in std::iter::once(&mut self.outcome).chain(&mut self.serial) {
            *world = World { effects: std::mem::take(&mut world.effects), ..World::default() };
        }
    }

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
    /// The path, in the documents that the act changes, of what has to end as no serial order leaves it; anything where none.
    pub own: Option<&'a str>,
    /// What has to differ is the number of documents in the collection of the act.
    pub is_counted: bool,
    /// Work that is left for all judgements of the function.
    pub fuel: &'a Cell<u64>,
}

/// What an act writes over, whatever others have made of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Overwritten {
    /// The path of an array that is written whole.
    List(String),
    /// The same where the other writer does not count the version that Mongoose keeps.
    Uncounted(String),
    /// The path of a field that is written back as it was loaded.
    Field(String),
    /// The path of a field that other code sets to this.
    State(String, Constant),
    /// What decides the act, and that other code changes.
    Other(Box<OtherChange>),
}
