//! Documents that one request saves more than once: two copies of one, or the same one again.
//!
//! Sources: Mongoose guide, "optimisticConcurrency": the second of two copies is refused, whoever saved the first; Mongoose,
//! `Document.prototype.$where`: what it asks for it asks for in each save, and where the document is deleted. Input: the functions, with
//! what they call in place. Output: collections, and places of saves. Must not know: rules, what a fix does with them.

use super::handle::{ByHandle, Handle};
use super::link::{Op, Project, Step};
use super::writes::{Write, WriteKind};
use crate::limits;
use crate::value::{FnRef, SiteInfo};
use rustc_hash::FxHashSet;

/// Methods of a document that find it by what its `$where` asks for.
const SENDING: [&str; 3] = ["save", "deleteOne", "remove"];

/// What is saved more than once.
#[derive(Clone, Debug, Default)]
pub struct Saves {
    /// The collections of which a request may save two copies of one document, each with the file of a function that does.
    pub copied: ByHandle<u32>,
    /// The saves after which the same document is saved again, or deleted.
    pub repeated: FxHashSet<SiteInfo>,
}

impl Project {
    /// What is saved more than once, by all functions.
    pub(super) fn saves(&mut self) -> Saves {
        let mut all = Saves::default();
        for at in 0..self.functions.len() {
            let func = FnRef(at as u32);
            let (steps, file) = (self.shared_steps_of(func), self.file_of(func));
            let is_sent = |step: &&Step| match &step.op {
                Op::Call { recv: Some(_), name: Some(name), .. } => SENDING.contains(&self.arena.text(*name)),
                _ => false,
            };
            let sending: Vec<&Step> = steps.iter().filter(is_sent).collect();
            if sending.len() < 2 {
                continue;
            }
            let mut sent: Vec<Write> = Vec::new();
            for step in sending {
                let writes = self.writes(std::slice::from_ref(step));
                sent.extend(writes.into_iter().filter(|write| write.document.is_some()));
            }
            let (saves, others): (Vec<Write>, Vec<Write>) =
                sent.into_iter().partition(|write| write.kind == WriteKind::Save);
            // Too many to compare may be copies.
            match saves.len() <= limits::SAVES {
                true => {
                    self.saved_in_copies(&saves).iter().for_each(|handle| all.copied.push(handle, file));
                    let repeated = self.sent_again(&saves, &others);
                    all.repeated.extend(repeated);
                }
                false => {
                    saves.iter().for_each(|write| all.copied.push(&write.handle, file));
                    all.repeated.extend(saves.iter().map(|write| self.base_site(write.site)));
                }
            }
        }
        all
    }

    /// The places of saves after which the same document is saved again, or deleted.
    fn sent_again(&self, saves: &[Write], others: &[Write]) -> Vec<SiteInfo> {
        let is_again = |first: &Write, second: &Write| {
            first.document == second.document
                && first.site != second.site
                && !self.arena.conflict(first.cond, second.cond)
        };
        let mut repeated = Vec::new();
        for (at, first) in saves.iter().enumerate() {
            if saves.iter().skip(at + 1).chain(others).any(|second| is_again(first, second)) {
                repeated.push(self.base_site(first.site));
            }
        }
        repeated
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
