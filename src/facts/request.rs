//! Parts of a request that a method gives by name: `c.req.param('code')`, `searchParams.get('id')`.
//!
//! Asked twice, such a method gives the same, so that two calls are one value.
//!
//! Sources: Hono, `HonoRequest`; WHATWG URL and Fetch, `URLSearchParams`, `Headers`, `FormData`; discord.js,
//! `CommandInteractionOptionResolver` and `ModalSubmitFields`.
//! Input: a call. Output: its value. Must not know: MongoDB.

use super::eval::Eval;
use crate::limits;
use crate::value::{Node, PART, V, VALID};

/// Objects whose `get` gives a part of a request.
const PARTS: [&str; 7] = ["searchParams", "headers", "cookies", "params", "query", "formData", "nextUrl"];

impl Eval<'_> {
    /// `validationResult(req).isEmpty()` of express-validator.
    pub(super) fn validity(&mut self, recv: V, name: &str, args: &[V]) -> Option<V> {
        let Node::Call { callee, args: given, .. } = self.arena.node(recv) else { return None };
        let is_asked = match self.arena.node(*callee) {
            Node::Import { name, .. } | Node::Member(_, name) => self.arena.text(*name) == "validationResult",
            _ => false,
        };
        let request = *given.first()?;
        if name != "isEmpty" || !args.is_empty() || !is_asked {
            return None;
        }
        Some(self.arena.derived(VALID, vec![request]))
    }

    /// The value of a call that asks for a part of a request by a fixed name.
    pub(super) fn part_of_request(&mut self, recv: V, name: &str, args: &[V]) -> Option<V> {
        let [key] = args else { return None };
        let owner = match self.arena.node(recv) {
            Node::Member(_, owner) => self.arena.text(*owner),
            Node::Call { callee, .. } => match self.arena.node(*callee) {
                Node::Member(_, owner) => self.arena.text(*owner),
                _ => return None,
            },
            _ => return None,
        };
        let asks = match name {
            "get" => PARTS.contains(&owner),
            "param" | "header" | "query" => owner == "req",
            "getString" | "getInteger" | "getNumber" | "getBoolean" | "getUser" | "getMember" | "getRole"
            | "getChannel" | "getAttachment" => owner == "options",
            "getTextInputValue" => owner == "fields",
            _ => false,
        };
        if !asks || self.arena.as_str(*key).is_none() || !self.comes_with_call(recv, 0) {
            return None;
        }
        let recv = self.freeze(recv);
        let name = self.arena.str(name);
        Some(self.arena.derived(PART, vec![recv, name, *key]))
    }

    /// Whether a value is reached from a parameter.
    fn comes_with_call(&self, value: V, depth: u32) -> bool {
        match self.arena.node(value) {
            Node::Param(..) => true,
            Node::Member(inner, _) | Node::Call { callee: inner, .. } if depth < limits::REQUEST_DEPTH => {
                self.comes_with_call(*inner, depth + 1)
            }
            // new URL(request.url).searchParams
            Node::New { args, .. } if depth < limits::REQUEST_DEPTH => {
                args.iter().any(|arg| self.comes_with_call(*arg, depth + 1))
            }
            _ => false,
        }
    }
}
