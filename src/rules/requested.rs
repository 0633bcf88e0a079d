//! What tells one request from another in what it writes.
//!
//! Input: a write, a value. Output: answers. Must not know: how an act is judged, findings.

use super::context::Context;
use crate::limits;
use crate::project::checks::Check;
use crate::project::entry::EntryKind;
use crate::project::mongo::Action;
use crate::project::writes::Write;
use crate::value::{Node, V, children};
use rustc_hash::FxHashSet;

impl Context<'_> {
    /// Whether a write puts something there that tells this request from others.
    pub(super) fn names_the_request_in(&mut self, write: &Write) -> bool {
        write.fields.iter().any(|field| self.names_the_request(write, field.value))
    }

    /// Whether a value tells this request from others: what it brings, an identifier made here, or a part of a document of another
    /// collection that is found by such a value. What another call gives for it does not.
    pub(super) fn names_the_request(&mut self, write: &Write, value: V) -> bool {
        self.parts(value).into_iter().any(|part| self.is_of_request(part)) || self.found_by(write, value).is_some()
    }

    /// Whether an identifier that is made here is a part of a value.
    pub(super) fn has_new_part(&self, value: V) -> bool {
        self.parts(value).into_iter().any(|part| self.project.arena.node(part).is_made_anew())
    }

    /// The input by which a document of another collection is found of which a part is in a value:
    /// `const user = await users.findOne({ uuid })`, then `$addToSet: { members: user._id }`.
    pub(super) fn found_by(&mut self, write: &Write, value: V) -> Option<V> {
        self.parts(value).into_iter().find_map(|part| {
            let read = self.project.read_of(part).filter(|read| read.action == Action::FindOne)?;
            let filter = read.filter.filter(|_| !read.handle.same(&write.handle))?;
            let equalities = self.project.equalities(filter);
            equalities.into_iter().map(|(_, value)| self.project.bare(value)).find(|value| self.is_of_request(*value))
        })
    }

    fn is_of_request(&self, value: V) -> bool {
        let node = self.project.arena.node(value);
        self.project.arena.is_of_parameter(value) || self.project.arena.is_body(value) || node.is_made_anew()
    }

    /// A value and its parts, those of a call aside.
    fn parts(&self, value: V) -> Vec<V> {
        let (mut open, mut seen, mut parts) = (vec![value], FxHashSet::default(), Vec::new());
        while let Some(value) = open.pop() {
            if parts.len() >= limits::SEARCHED || !seen.insert(value) {
                continue;
            }
            parts.push(value);
            match self.project.arena.node(value) {
                Node::Call { .. } => {}
                node => open.extend(children(node)),
            }
        }
        parts
    }
}

/// Whether what is checked came with an event, which is told once: `events.on('created', async ({ shop }) => { if (shop.tree) return; … })`
pub(super) fn is_of_event(ctx: &Context<'_>, check: &Check) -> bool {
    let mut root = check.root;
    while let Node::Member(object, _) = *ctx.project.arena.node(root) {
        root = object;
    }
    let Node::Param(func, _) = *ctx.project.arena.node(root) else { return false };
    check.read.is_none() && ctx.project.entry(func).is_some_and(|entry| entry.kind == EntryKind::Event)
}
