//! Fences: inserts that the database may refuse, so that what comes after them is not done.
//!
//! `await locks.insertOne({ _id: key })` lets one of two requests on; of what follows, the other does nothing.
//!
//! Sources: MongoDB manual, "Unique Indexes", `insert`, error 11000. Input: the commands of a function. Output: for each, the fences
//! before it. Must not know: which of them is judged, how commands are run.

use super::planned::{Action, Command, Fence};
use crate::facts::TryPart;
use crate::limits;
use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::WriteKind;
use crate::value::{C, Node, Site, V};

/// Options of a read, which say which fields it gives.
const PROJECTIONS: [&str; 2] = ["projection", "fields"];

/// Notes before which commands an insert stands that may be refused, and gives those inserts.
pub(super) fn raise(project: &mut Project, schemas: &Schemas, commands: &mut [Command]) -> Vec<Fence> {
    let mut fences: Vec<Fence> = Vec::new();
    for command in commands {
        command.fences = fences.iter().filter(|fence| fence.stops(project, command)).copied().collect();
        let caught_by = innermost(command);
        let is_told = caught_by.is_some() || !command.caught;
        if is_told && fences.len() < limits::FENCES && may_be_refused(project, schemas, command) {
            fences.push(Fence { site: command.site, caught_by });
        }
    }
    fences
}

impl Fence {
    /// Whether a later command is not done where the fence was refused, whatever its own condition says.
    fn stops(&self, project: &Project, command: &Command) -> bool {
        match self.caught_by {
            None => true,
            Some(site) if command.within.iter().any(|(own, part)| *own == site && *part == TryPart::Body) => true,
            Some(site) if command.within.iter().any(|(own, _)| *own == site) => false,
            Some(site) => {
                let leaves = project.try_at(site).is_none_or(|handled| handled.resumes == C::FALSE);
                leaves && project.is_of_call(command.site, site)
            }
        }
    }
}

fn innermost(command: &Command) -> Option<Site> {
    command.within.iter().rev().find(|(_, part)| *part == TryPart::Body).map(|(site, _)| *site)
}

/// An insert that says its `_id`, or all keys of a unique index, or whose document was loaded with its `_id`.
fn may_be_refused(project: &mut Project, schemas: &Schemas, command: &Command) -> bool {
    let Action::Write { write, .. } = &command.action else { return false };
    if write.kind != WriteKind::Insert {
        return false;
    }
    let paths: Vec<String> = write.fields.iter().map(|field| field.path.clone()).collect();
    schemas.covers(&write.handle, &paths) || write.payload.is_some_and(|payload| is_loaded(project, payload))
}

/// Whether a document is a loaded one as it is, so that its `_id` is repeated.
fn is_loaded(project: &mut Project, document: V) -> bool {
    let Some((root, path, Some(_))) = project.loaded(document, &[]) else { return false };
    let Node::Call { args, .. } = project.arena.node(root).clone() else { return false };
    path.is_empty() && !args.iter().skip(1).any(|given| leaves_out_id(project, *given))
}

/// Whether the options of a read, or its fields, say that `_id` is not read.
fn leaves_out_id(project: &mut Project, given: V) -> bool {
    let id = project.arena.sym("_id");
    let named = PROJECTIONS.map(|name| project.arena.sym(name));
    let inner = named.into_iter().filter_map(|name| project.arena.member_of(given, name));
    let fields: Vec<V> = inner.chain([given]).collect();
    let mut own = fields.into_iter().filter_map(|fields| project.arena.member_of(fields, id));
    own.any(|own| project.arena.truth(C::TRUE, own) == Some(false))
}
