//! Methods of texts that give a part of one, or another form of it: the same for the same text.
//!
//! Source: ECMAScript, `String.prototype`. Input: the callee of a call. Output: the text. Must not know: rules.

use super::link::Project;
use crate::value::{Node, V};

impl Project {
    /// `email` of `email.split('@')`
    pub fn cut_text(&self, callee: V) -> Option<V> {
        let Node::Member(text, name) = *self.arena.node(callee) else { return None };
        let is_cut = matches!(
            self.arena.text(name),
            "split" | "slice" | "substring" | "substr" | "at" | "charAt" | "replace" | "replaceAll" | "concat"
        );
        is_cut.then_some(text)
    }
}
