//! Documents from outside: loaded by code that is not part of the run, such as `req.user` of an authentication library.
//!
//! Input: a write. Output: the document whose identity its filter names. Must not know: rules.

use super::link::Project;
use super::writes::Write;
use crate::value::{Node, V};

/// Members of a request that hold what the client sent, not a document.
const SENT: [&str; 12] =
    ["body", "params", "query", "headers", "cookies", "args", "input", "file", "files", "payload", "data", "variables"];

impl Project {
    /// `req.user` of `updateOne({ _id: req.user._id }, …)`, or of a document that is itself saved.
    pub fn outside_document(&mut self, write: &Write) -> Option<V> {
        let document = match write.document {
            Some(document) => document,
            None => self.identified(write.filter?)?,
        };
        (self.read_of(document).is_none()).then_some(document)
    }

    /// The document whose `_id` a filter asks for.
    fn identified(&mut self, filter: V) -> Option<V> {
        let (_, id) = self.equalities(filter).into_iter().find(|(key, _)| key == "_id")?;
        let Node::Member(document, name) = *self.arena.node(self.bare(id)) else { return None };
        (matches!(self.arena.text(name), "_id" | "id") && self.is_outside(document)).then_some(document)
    }

    /// A member of a parameter, where no part of the way was sent by the client. A parameter itself is as often what is to
    /// be written (`update(data)`) as what was loaded; where it was loaded, its callers show it.
    fn is_outside(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Member(object, name) => {
                !SENT.contains(&self.arena.text(*name))
                    && (matches!(self.arena.node(*object), Node::Param(..)) || self.is_outside(*object))
            }
            _ => false,
        }
    }
}
