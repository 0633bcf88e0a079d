//! What the relations say of a decision and its act.
//!
//! Input: a write, its path condition, and the loaded document that decides it. Output: yes where the act cannot be done on a
//! document of which the decision is no longer true, no where it can, and otherwise that it is not known. Must not know: rules.

use super::claim::{Claim, claim};
use super::course::is_continued;
use super::decision::{Loaded, decision};
use super::entails::{Entailment, entails};
use super::fence::{Fence, fence, is_one_transaction};
use super::path::is_within;
use super::predicate::{self, Predicate, Test};
use super::symbolic::{Symbolic, forms};
use crate::project::schema::Schemas;
use crate::project::writes::Write;
use crate::project::{Project, Step};
use crate::value::{C, Key, Node, V};

/// What keeps two acts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Read and written in one transaction.
    Transaction,
    /// The act makes its own filter false.
    Fence,
    /// A claim was won before.
    Claim,
    /// The act goes on with what an earlier write of the function began.
    Course,
    /// The act's filter asks for what was decided.
    Filter,
    /// A unique key refuses the act the second time.
    Refused,
}

/// Whether the act's predicate implies what was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Yes(Ground),
    No,
    /// Something may keep two requests apart.
    Unknown,
}

impl Relation {
    /// The relation where something else may keep two requests apart.
    pub fn doubted(self, is_doubted: bool) -> Self {
        if self == Self::No && is_doubted { Self::Unknown } else { self }
    }
}

/// A function, as the relations see it.
#[derive(Clone, Copy)]
pub struct Function<'a> {
    pub schemas: &'a Schemas,
    pub steps: &'a [Step],
    pub writes: &'a [Write],
}

/// What an act takes from a loaded document.
#[derive(Clone, Copy, Debug)]
pub enum Taken<'a> {
    /// A condition on the value at a path.
    Condition(&'a str),
    /// The value at a path, which what is written is made from.
    Value(&'a str),
    /// Something that no filter is asked for here.
    Other,
}

/// What keeps two acts apart that one loaded document decides.
pub fn relation(
    project: &mut Project,
    function: &Function<'_>,
    loaded: &Loaded<'_>,
    write: &Write,
    cond: C,
    taken: Taken<'_>,
) -> Relation {
    if is_one_transaction(project, function.steps, loaded.root, loaded.read.is_some(), write) {
        return Relation::Yes(Ground::Transaction);
    }
    if fence(project, write) == Fence::Always {
        return Relation::Yes(Ground::Fence);
    }
    if let Taken::Condition(path) = taken
        && is_continued(project, (function.steps, function.writes), loaded, write, cond, path)
    {
        return Relation::Yes(Ground::Course);
    }
    let claim = claim(project, function.schemas, function.steps, function.writes, write);
    if claim == Claim::Won {
        return Relation::Yes(Ground::Claim);
    }
    carried(project, loaded, write, cond, taken).doubted(claim == Claim::Unknown)
}

/// Whether a filter asks for the loaded value of a path, or of what it is a part of.
fn is_repeated(project: &mut Project, loaded: &Loaded<'_>, asked: &Predicate<V>, path: &str) -> bool {
    match asked {
        Predicate::And(parts) => parts.iter().any(|part| is_repeated(project, loaded, part, path)),
        Predicate::Field { path: own, test: Test::Eq(value) } if is_within(path, own) => {
            let value = as_loaded(project, *value);
            let from = project.loaded(value, loaded.documents);
            from.is_some_and(|(root, from, _)| root == loaded.root && from.join(".") == **own)
        }
        _ => false,
    }
}

/// What a value was copied from before that was changed in place: `[...doc.tags]`, `doc.items.map((item) => ({ ...item }))`.
fn as_loaded(project: &Project, value: V) -> V {
    let arena = &project.arena;
    match arena.node(value) {
        Node::Array(items) => match items.as_slice() {
            [only] if only.spread && only.cond == C::TRUE => only.value,
            _ => value,
        },
        Node::Mapped(list, each) => match arena.node(*each) {
            Node::Object(entries) => match entries.as_slice() {
                [only] if only.key == Key::Spread && *arena.node(only.value) == Node::Element(*list) => *list,
                _ => value,
            },
            _ => value,
        },
        _ => value,
    }
}

/// Whether each filter that the write can have carries what was taken on its way.
fn carried(project: &mut Project, loaded: &Loaded<'_>, write: &Write, cond: C, taken: Taken<'_>) -> Relation {
    let (Taken::Condition(path) | Taken::Value(path), Some(filter)) = (taken, write.filter) else {
        return Relation::No;
    };
    let mut found = Relation::Yes(Ground::Filter);
    for (cond, form) in forms(&mut project.arena, filter, cond) {
        let Ok(asked) = predicate::parse(&Symbolic(project), &form) else { return Relation::Unknown };
        // What the filter compares with its loaded value is as it was then.
        if is_repeated(project, loaded, &asked, path) {
            continue;
        }
        if matches!(taken, Taken::Value(_)) {
            return Relation::No;
        }
        let is_about = asked.is_open() || asked.is_about(path);
        let answer = match decision(project, loaded, path, cond) {
            Some(decision) => entails(&Symbolic(project), &asked, &decision.predicate, &|path| decision.held(path)),
            None => Entailment::Unknown("what is decided".into()),
        };
        match answer {
            Entailment::Yes => {}
            Entailment::Unknown(_) if is_about => found = Relation::Unknown,
            Entailment::No | Entailment::Unknown(_) => return Relation::No,
        }
    }
    found
}
