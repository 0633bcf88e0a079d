//! What a unique index keeps apart, as plain data for a finding.
//!
//! Input: an index of a remedy. Output: its keys, and which documents are in it. Must not know: how it was found.

use super::context::Context;
use crate::diagnostic::Once;
use crate::judge::NewIndex;
use crate::value::{Node, V};
use serde_json::Value as Json;

impl Context<'_> {
    pub(super) fn once(&self, index: &NewIndex) -> Once {
        let arena = &self.project.arena;
        let constant = |value: V| match arena.node(value) {
            Node::Bool(value) => Json::from(*value),
            Node::Num(bits) => match f64::from_bits(*bits) {
                whole if whole.fract() == 0.0 && whole.abs() < 9e15 => Json::from(whole as i64),
                number => Json::from(number),
            },
            Node::Str(text) => Json::from(arena.text(*text)),
            _ => Json::Null,
        };
        let partial = index.partial.iter().map(|(path, value)| (path.clone(), constant(*value)));
        Once { keys: index.fields.clone(), sparse: index.sparse, partial: partial.collect() }
    }
}
