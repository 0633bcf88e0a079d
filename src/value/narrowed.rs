//! What is left of a value where a condition holds: the alternatives that it allows, those inside of the value too.
//!
//! Input: a condition and a value. Output: a value that is the same wherever the condition holds. Must not know: syntax, MongoDB.

use super::{Arena, C, Coercion, Node, V};
use crate::limits;

impl Arena {
    /// The value with only the alternatives that a condition allows.
    pub fn narrow(&mut self, cond: C, value: V) -> V {
        match self.node(value) {
            Node::OneOf(alternatives) => {
                let alternatives = alternatives.clone();
                let kept: Vec<_> = alternatives
                    .into_iter()
                    .filter(|(c, _)| !self.conflict_within(limits::TRUTH_NODES, cond, *c))
                    .collect();
                self.one_of(kept)
            }
            _ => value,
        }
    }

    /// The same of the parts of a value: `{ _id: order ? order.id : undefined }` where there is an order.
    pub fn narrow_parts(&mut self, cond: C, value: V) -> V {
        match cond == C::TRUE || cond == C::FALSE {
            true => value,
            false => {
                self.remembered_new(|memo| &memo.narrowed, (cond, value), |arena| arena.narrow_part(cond, value, 0))
            }
        }
    }

    fn narrow_part(&mut self, cond: C, value: V, depth: u32) -> V {
        if depth > limits::NARROWED_DEPTH {
            return value;
        }
        match self.node(value).clone() {
            Node::OneOf(_) => {
                let kept = self.narrow(cond, value);
                if matches!(self.peek(kept), Node::OneOf(_)) { kept } else { self.narrow_part(cond, kept, depth + 1) }
            }
            Node::Object(mut entries) => {
                let mut is_narrowed = false;
                for entry in &mut entries {
                    let kept = self.narrow_part(cond, entry.value, depth + 1);
                    is_narrowed |= kept != entry.value;
                    entry.value = kept;
                }
                if is_narrowed { self.intern(Node::Object(entries)) } else { value }
            }
            Node::Array(mut items) => {
                let mut is_narrowed = false;
                for item in &mut items {
                    let kept = self.narrow_part(cond, item.value, depth + 1);
                    is_narrowed |= kept != item.value;
                    item.value = kept;
                }
                if is_narrowed { self.intern(Node::Array(items)) } else { value }
            }
            Node::Coerce(kind, inner) if kind != Coercion::Bool => {
                let kept = self.narrow_part(cond, inner, depth + 1);
                if kept == inner { value } else { self.intern(Node::Coerce(kind, kept)) }
            }
            Node::Derived(operator, operands) => {
                let kept: Vec<V> = operands.iter().map(|operand| self.narrow_part(cond, *operand, depth + 1)).collect();
                if kept == *operands { value } else { self.intern(Node::Derived(operator, kept)) }
            }
            _ => value,
        }
    }
}
