//! Fences: inserts that the database may refuse, so that what comes after them is not done.
//!
//! `await locks.insertOne({ _id: key })` lets one of two requests on; of what follows, the other does nothing.
//!
//! Sources: MongoDB manual, "Unique Indexes", `insert`, error 11000. Input: the commands of a function. Output: for each, the fences
//! before it. Must not know: which of them is judged, how commands are run.

use super::planned::{Action, Command};
use crate::facts::TryPart;
use crate::limits;
use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::WriteKind;
use crate::value::{C, Site};

/// An insert that may be refused.
pub(super) struct Fence {
    /// Index into the commands.
    at: usize,
    pub(super) site: Site,
    /// The innermost `try` whose body it stands in.
    pub(super) caught_by: Option<Site>,
    /// The handler leaves the call in which it stands.
    ends: bool,
}

/// What may be refused, in order.
pub(super) fn fences(project: &Project, schemas: &Schemas, commands: &[Command]) -> Vec<Fence> {
    let mut fences = Vec::new();
    for (at, command) in commands.iter().enumerate() {
        if fences.len() == limits::FENCES {
            break;
        }
        if !may_be_refused(schemas, command) || command.caught && innermost(command).is_none() {
            continue;
        }
        let caught_by = innermost(command);
        let ends = caught_by.and_then(|site| project.try_at(site)).is_none_or(|handled| handled.resumes == C::FALSE);
        fences.push(Fence { at, site: command.site, caught_by, ends });
    }
    fences
}

impl Fence {
    /// Whether a command is not done where the fence was refused, for whatever its own condition says.
    pub(super) fn stops(&self, project: &Project, at: usize, command: &Command) -> bool {
        if at <= self.at {
            return false;
        }
        match self.caught_by {
            None => true,
            Some(site) if command.within.iter().any(|(own, part)| *own == site && *part == TryPart::Body) => true,
            Some(site) if command.within.iter().any(|(own, _)| *own == site) => false,
            Some(site) => self.ends && project.is_of_call(command.site, site),
        }
    }
}

fn innermost(command: &Command) -> Option<Site> {
    command.within.iter().rev().find(|(_, part)| *part == TryPart::Body).map(|(site, _)| *site)
}

/// An insert that says its `_id`, or all keys of a unique index.
fn may_be_refused(schemas: &Schemas, command: &Command) -> bool {
    let Action::Write { write, .. } = &command.action else { return false };
    let has = |key: &str| write.fields.iter().any(|field| field.path == key);
    let is_unique = || {
        schemas
            .unique
            .of(&write.handle)
            .iter()
            .any(|index| !index.keys.is_empty() && index.keys.iter().all(|key| has(key)))
    };
    write.kind == WriteKind::Insert && (has("_id") || is_unique())
}
