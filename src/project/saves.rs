//! Collections of which one request may save two copies of one document.
//!
//! Source: Mongoose guide, "optimisticConcurrency": the second of two copies is refused, whoever saved the first.
//! Input: the functions, with what they call in place. Output: handles. Must not know: rules, what a fix does with them.

use super::handle::{ByHandle, Handle};
use super::link::{Op, Project, Step};
use super::writes::{Write, WriteKind};
use crate::limits;
use crate::value::FnRef;

impl Project {
    /// The collections, each once for every function that may save two copies.
    pub(super) fn saved_twice(&mut self) -> ByHandle<u32> {
        let mut twice = ByHandle::default();
        for at in 0..self.functions.len() {
            let func = FnRef(at as u32);
            let (steps, file) = (self.shared_steps_of(func), self.file_of(func));
            let is_save = |step: &&Step| match &step.op {
                Op::Call { recv: Some(_), name: Some(name), .. } => self.arena.text(*name) == "save",
                _ => false,
            };
            let saving: Vec<&Step> = steps.iter().filter(is_save).collect();
            if saving.len() < 2 {
                continue;
            }
            let mut saves: Vec<Write> = Vec::new();
            for step in saving {
                let writes = self.writes(std::slice::from_ref(step));
                saves.extend(writes.into_iter().filter(|write| write.kind == WriteKind::Save));
            }
            // Too many to compare may be copies.
            match saves.len() <= limits::SAVES {
                true => self.saved_in_copies(&saves).iter().for_each(|handle| twice.push(handle, file)),
                false => saves.iter().for_each(|write| twice.push(&write.handle, file)),
            }
        }
        twice
    }

    /// The collections of saves that may be of two copies of one document.
    fn saved_in_copies(&mut self, saves: &[Write]) -> Vec<Handle> {
        let mut copied: Vec<Handle> = Vec::new();
        for (at, first) in saves.iter().enumerate() {
            for second in saves.iter().skip(at + 1) {
                let is_other = first.document != second.document && first.handle.same(&second.handle);
                let is_known = copied.iter().any(|handle| handle.same(&first.handle));
                if is_other && !is_known && self.may_be_copies(first, second) {
                    copied.push(first.handle.clone());
                }
            }
        }
        copied
    }

    /// Whether two loaded documents may be one: no key that both are found by has another value.
    fn may_be_copies(&mut self, first: &Write, second: &Write) -> bool {
        if self.arena.conflict(first.cond, second.cond) {
            return false;
        }
        let filters = [first, second].map(|write| write.document.and_then(|document| self.read_of(document)?.filter));
        let [Some(a), Some(b)] = filters else { return true };
        let (a, b) = (self.equalities(a), self.equalities(b));
        !a.iter().any(|(key, value)| b.iter().any(|(other, own)| key == other && !self.same_value(*value, *own)))
    }
}
