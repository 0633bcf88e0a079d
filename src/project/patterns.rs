//! Regular expressions that the code makes of a value to search for it.
//!
//! Input: filters and values. Output: the value of which a pattern is made. Must not know: how a pattern is matched, rules.

use super::link::Project;
use crate::limits;
use crate::value::{Key, Node, V};

impl Project {
    /// The fields that patterns are asked of, each with the value that its pattern is made of: `{ name: new RegExp(name, 'i') }`
    pub fn pattern_fields(&mut self, filter: V) -> Vec<(String, V)> {
        let Node::Object(entries) = self.arena.node(filter).clone() else { return Vec::new() };
        let operator = self.arena.sym("$regex");
        let mut fields = Vec::new();
        for entry in entries {
            let Key::Name(name) = entry.key else { continue };
            let pattern = match self.arena.node(entry.value) {
                Node::Object(_) => self.arena.member_of(entry.value, operator),
                Node::New { .. } => Some(entry.value),
                _ => None,
            };
            if let Some(part) = pattern.and_then(|pattern| self.part_of_pattern(pattern)) {
                fields.push((self.arena.text(name).to_owned(), part));
            }
        }
        fields
    }

    /// The one value that a pattern is made of: of `^${name}$` the name. None of one that is written in the code.
    pub fn part_of_pattern(&self, pattern: V) -> Option<V> {
        let (mut open, mut part, mut is_joined) = (vec![pattern], None, false);
        for _ in 0..limits::PATTERN_PARTS {
            let Some(value) = open.pop() else { break };
            match self.arena.node(value) {
                Node::New { callee, args, .. } if !is_joined && self.arena.is_global(*callee, "RegExp") => {
                    open.extend(args.first());
                }
                Node::Template(parts) => open.extend(parts),
                Node::Derived(op, parts) if self.arena.text(*op) == "+" => open.extend(parts),
                Node::Object(_) | Node::Array(_) | Node::Regex(_) | Node::New { .. } => return None,
                _ if self.arena.is_literal(value) => {}
                _ if part.is_some_and(|known| known != value) => return None,
                _ => part = Some(value),
            }
            is_joined = true;
        }
        part.filter(|_| open.is_empty())
    }
}
