//! Operators whose result is known once a caller has given their operands: `typeof`, `instanceof`, `===` of two literals.
//!
//! Input: a node whose operands have changed. Output: its value, where that is settled. Must not know: effects, rules.

use super::link::Project;
use crate::value::{Coercion, Compare, Node, Sym, V};

impl Project {
    /// What an operator gives for operands that are known.
    pub(super) fn folded(&mut self, node: &Node) -> Option<V> {
        match node {
            Node::Derived(operator, operands) => self.operator(*operator, operands),
            Node::Compare(Compare::Equal, a, b) if self.arena.is_literal(*a) && self.arena.is_literal(*b) => {
                Some(self.arena.bool(a == b))
            }
            _ => None,
        }
    }

    fn operator(&mut self, operator: Sym, operands: &[V]) -> Option<V> {
        let operator = self.arena.text(operator).to_owned();
        match (operator.as_str(), operands) {
            ("typeof", [operand]) => {
                let name = match self.arena.node(*operand) {
                    Node::Object(_) | Node::Array(_) | Node::Null | Node::New { .. } => "object",
                    Node::Coerce(Coercion::ObjectId, _) => "object",
                    Node::Str(_) | Node::Template(_) | Node::Coerce(Coercion::Text, _) => "string",
                    Node::Num(_) | Node::Coerce(Coercion::Number, _) => "number",
                    Node::Bool(_) => "boolean",
                    Node::Func(_) | Node::Class(_) => "function",
                    _ => return None,
                };
                Some(self.arena.str(name))
            }
            // An object that is written out is of no class but its own.
            ("instanceof", [operand, class]) => {
                let is_plain = matches!(self.arena.node(*operand), Node::Object(_) | Node::Str(_) | Node::Num(_));
                let is_object = self.last_name(*class) == Some("Object");
                (is_plain && !is_object).then(|| self.arena.bool(false))
            }
            _ => None,
        }
    }
}
