//! What the relations say of a decision and its act.
//!
//! Input: a write, its path condition, and the loaded document that decides it. Output: yes where the act cannot be done on a
//! document of which the decision is no longer true, no where it can, and otherwise that it is not known. Must not know: rules.

use super::claim::{Claim, claim};
use super::decision::{Loaded, decision};
use super::entails::{Entailment, entails};
use super::fence::{Fence, fence, is_one_transaction};
use super::predicate;
use super::symbolic::{Symbolic, forms};
use crate::project::schema::Schemas;
use crate::project::writes::Write;
use crate::project::{Project, Step};
use crate::value::C;

/// Whether the act's predicate implies what was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Yes,
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

/// What keeps two acts apart that one loaded document decides; `path` is what was decided about, where that is a condition.
pub fn relation(
    project: &mut Project,
    function: &Function<'_>,
    loaded: &Loaded<'_>,
    write: &Write,
    cond: C,
    path: Option<&str>,
) -> Relation {
    if is_one_transaction(project, function.steps, loaded.root, loaded.read.is_some(), write)
        || fence(project, write) == Fence::Always
    {
        return Relation::Yes;
    }
    let claim = claim(project, function.schemas, function.steps, function.writes, write);
    if claim == Claim::Won {
        return Relation::Yes;
    }
    let carried = path.map_or(Relation::No, |path| carried(project, loaded, write, cond, path));
    carried.doubted(claim == Claim::Unknown)
}

/// Whether each filter that the write can have carries what was decided on its way.
fn carried(project: &mut Project, loaded: &Loaded<'_>, write: &Write, cond: C, path: &str) -> Relation {
    let Some(filter) = write.filter else { return Relation::No };
    let mut found = Relation::Yes;
    for (cond, form) in forms(&mut project.arena, filter, cond) {
        let decision = decision(project, loaded, path, cond);
        let terms = Symbolic(project);
        let Ok(asked) = predicate::parse(&terms, &form) else { return Relation::Unknown };
        let is_about = asked.is_open() || asked.is_about(path);
        let answer = match &decision {
            Some(decision) => entails(&terms, &asked, &decision.predicate, &|path| decision.held(path)),
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
