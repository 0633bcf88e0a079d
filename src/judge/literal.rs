//! Literals of the code as concrete values.
//!
//! Input: a value. Output: what it is; none where that depends on a run. Must not know: requests, commands.

use super::bson::Value;
use crate::value::{Arena, C, Key, Node, V};

/// An object, an array or a scalar that is written out.
pub fn literal(arena: &Arena, value: V) -> Option<Value> {
    Some(match arena.peek(value) {
        Node::Null => Value::Null,
        Node::Bool(b) => Value::Bool(*b),
        Node::Num(bits) => Value::Number(f64::from_bits(*bits)),
        Node::Str(text) => Value::text(arena.text(*text)),
        Node::Object(entries) => {
            let mut document = Value::document(Vec::<(&str, Value)>::new());
            for entry in entries {
                let Key::Name(name) = entry.key else { return None };
                if entry.cond != C::TRUE {
                    return None;
                }
                document.set(arena.text(name), literal(arena, entry.value)?);
            }
            document
        }
        Node::Array(items) => {
            let plain = items.iter().all(|item| !item.spread && item.cond == C::TRUE);
            let all: Option<Vec<Value>> = items.iter().map(|item| literal(arena, item.value)).collect();
            Value::list(all.filter(|_| plain)?)
        }
        _ => return None,
    })
}
