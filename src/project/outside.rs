//! Documents from outside: loaded by code that is not part of the run, such as `req.user` of an authentication library.
//!
//! Input: a write. Output: the document whose identity its filter names. Must not know: rules.

use super::link::{Op, Project};
use super::writes::Write;
use crate::value::{Node, V};

/// Members of a request that hold what the client sent, not a document.
const SENT: [&str; 12] =
    ["body", "params", "query", "headers", "cookies", "args", "input", "file", "files", "payload", "data", "variables"];

/// Verbs of functions that do something outside of the database which a second run repeats.
const OUTSIDE_VERBS: [&str; 22] = [
    "send",
    "mail",
    "email",
    "notify",
    "publish",
    "emit",
    "charge",
    "refund",
    "transfer",
    "payout",
    "capture",
    "enqueue",
    "dispatch",
    "produce",
    "trigger",
    "sms",
    "pay",
    "withdraw",
    "broadcast",
    "queue",
    "alert",
    "schedule",
];

impl Project {
    /// The name of a call that does something outside of the database: a mail, a payment, a message to a queue.
    pub fn outside_effect(&self, op: &Op) -> Option<&str> {
        let Op::Call { callee, recv, name, .. } = op else { return None };
        let name = match name {
            Some(name) => self.arena.text(*name),
            None => self.last_name(*callee)?,
        };
        // res.send(…), response.json(…): the reply to the request itself.
        let is_reply = recv.and_then(|recv| self.last_name(recv)).is_some_and(is_response)
            || recv.is_some_and(|recv| self.is_response_param(recv));
        let verb: String = name.chars().take_while(|c| !c.is_uppercase() && *c != '_').collect();
        (!is_reply && OUTSIDE_VERBS.contains(&verb.as_str())).then_some(name)
    }

    fn is_response_param(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Param(func, at) => self
                .function(*func)
                .and_then(|function| function.param_names.get(*at as usize))
                .is_some_and(|name| is_response(name)),
            Node::Call { callee, .. } => match self.arena.node(*callee) {
                // res.status(404).send(…)
                Node::Member(recv, _) => self.is_response_param(*recv),
                _ => false,
            },
            _ => false,
        }
    }

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

fn is_response(name: &str) -> bool {
    matches!(name, "res" | "response" | "reply" | "ctx" | "context" | "socket" | "ws")
}
