//! Objects that functions of the project make, and what their callers assign to them: `const f = byId(id); f.state = 1`.
//!
//! Such an object may look like a literal of the caller. So what is assigned to it goes with its value, and no step tells of it.
//!
//! Input: a value that is marked with what was assigned to it. Output: one object of both. Must not know: rules.

use super::link::Project;
use crate::value::{Arena, C, FnRef, Node, Sym, V};

impl Project {
    /// What a call gave, with what was assigned to it since: one object, if it is made by the function that was called. What is
    /// assigned to anything else, such as a loaded document, is told by the steps.
    pub(super) fn changed(&mut self, operands: &[V]) -> V {
        let [object, changes] = operands else { return Arena::UNDEFINED };
        match (self.arena.node(*object).clone(), self.arena.node(*changes).clone()) {
            (Node::Object(mut entries), Node::Object(assigned)) => {
                entries.extend(assigned);
                self.rebuilt(Node::Object(entries))
            }
            (Node::OneOf(alternatives), _) if alternatives.iter().any(|(_, value)| self.is_literal_object(*value)) => {
                let changed = alternatives.into_iter().map(|(c, value)| (c, self.changed(&[value, *changes])));
                let changed: Vec<(C, V)> = changed.collect();
                self.arena.one_of(changed)
            }
            _ => *object,
        }
    }

    /// The object of an assignment, as far as no value that is handed on tells of it.
    pub(super) fn changed_elsewhere(&mut self, func: FnRef, object: V, key: Option<Sym>) -> Option<V> {
        let linked = self.linked(object);
        let Node::Call { site, .. } = self.arena.node(object) else { return Some(linked) };
        let made = self.arena.site_info(*site);
        let is_own = self.function(func).is_some_and(|own| own.start <= made.start && made.end <= own.end);
        if key.is_none() || !is_own {
            return Some(linked);
        }
        match self.arena.node(linked).clone() {
            Node::Object(_) => None,
            Node::OneOf(mut alternatives) if alternatives.iter().any(|(_, value)| self.is_literal_object(*value)) => {
                alternatives.retain(|(_, value)| !self.is_literal_object(*value));
                match alternatives.as_slice() {
                    [] => None,
                    [(_, only)] => Some(*only),
                    _ => Some(self.arena.one_of(alternatives)),
                }
            }
            _ => Some(linked),
        }
    }

    fn is_literal_object(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Object(_))
    }
}
