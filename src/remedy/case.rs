//! The act that a remedy is for, and the act as it would be written.
//!
//! Input: none. Output: types. Must not know: how a remedy is found, whether it is proven.

use crate::judge::{Act, Function, Overwritten};
use crate::project::Project;
use crate::project::writes::Write;
use crate::value::{C, Entry, V};
use std::cell::Cell;

/// Why there is no fix of an act that the function only calls for.
pub const IN_HELPER: &str = "the call stands in a helper, which may be called by others";

/// An act that was judged a race, or is one by the relations.
pub struct Case<'a> {
    pub function: &'a Function<'a>,
    pub act: Act,
    /// What the act writes over.
    pub overwritten: Option<&'a Overwritten>,
    /// Documents that come from outside of the function.
    pub documents: &'a [V],
    /// Why the last attempt at a fix came to nothing.
    unfixed: Cell<Option<&'static str>>,
}

impl<'a> Case<'a> {
    pub fn new(function: &'a Function<'a>, act: Act, overwritten: Option<&'a Overwritten>, documents: &'a [V]) -> Self {
        Self { function, act, overwritten, documents, unfixed: Cell::new(None) }
    }

    /// The condition under which a write of the act is done as the act is.
    pub fn cond(&self, project: &mut Project, act: &Write) -> C {
        match project.arena.and(act.cond, self.act.cond) {
            C::FALSE => act.cond,
            both => both,
        }
    }

    /// Whether the act is a part of what a write does, which is done for whoever does not pass the check too.
    pub fn is_of_part(&self, project: &mut Project, act: &Write) -> bool {
        let asked = project.arena.atoms(self.act.cond);
        act.fields.iter().any(|field| {
            let own = project.arena.and(act.cond, field.cond);
            own != C::FALSE && asked.iter().any(|atom| project.arena.truth(own, atom.value) != Some(atom.holds))
        })
    }

    /// Whether what is written may be a document that the process keeps from request to request.
    pub fn is_kept(&self, project: &Project, act: &Write) -> bool {
        let mut writes = self.function.writes.iter().filter(|write| write.step == act.step);
        writes.any(|write| write.document.is_some_and(|document| project.is_kept_in_memory(document)))
    }

    /// Why there is no fix, as a clause.
    pub fn unfixed(&self) -> Option<&'static str> {
        self.unfixed.get()
    }

    /// Gives nothing, and keeps why.
    pub fn refuse<T>(&self, why: &'static str) -> Option<T> {
        // The helper itself may have a fix, whatever else was tried for this caller.
        if self.unfixed.get() != Some(IN_HELPER) {
            self.unfixed.set(Some(why));
        }
        None
    }
}

/// What an update or a save has to be.
pub struct Draft {
    pub condition: Vec<Entry>,
    pub write: Write,
    pub is_changed: bool,
    /// Whether the condition asks for a value that was loaded.
    pub is_pinned: bool,
    /// Whether the condition asks for an identifier that the code compared as a text.
    pub is_by_text: bool,
    /// Whether the loaded document is changed in place too, which nothing needs any more.
    pub is_stale: bool,
    /// Whether the code takes a number for a stored one that is missing.
    pub has_default: bool,
}
