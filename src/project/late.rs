//! Fields of classes that begin empty and are set by a function: `static instance = null`. Whether one is set yet is not known
//! where a function begins, so what asks for it goes both ways.
//!
//! Input: the classes and what functions assign. Output: conditions that leave it open. Must not know: rules.

use super::link::Project;
use crate::facts::{Class, EffectKind};
use crate::limits;
use crate::value::{ClassRef, Node, Sym, V};

impl Project {
    /// Finds the static fields that begin empty and are set by a function.
    pub(super) fn find_late(&mut self) {
        for function in self.functions.iter().filter(|function| function.name != "<module>") {
            for effect in &function.effects {
                if let EffectKind::Assign { object, key: Some(key), .. } = &effect.kind
                    && let Node::Class(class) = *self.arena.node(*object)
                    && self.begins_empty(class, *key)
                {
                    self.late.insert((class, *key));
                }
            }
        }
    }

    fn begins_empty(&self, class: ClassRef, key: Sym) -> bool {
        let of_name =
            |class: &Class| class.statics.iter().rev().find(|(name, _)| *name == key).map(|(_, value)| *value);
        self.class(class)
            .and_then(of_name)
            .is_some_and(|value| matches!(self.arena.node(value), Node::Null | Node::Undefined | Node::Bool(false)))
    }

    /// A value that is asked for, linked; one that may be set by now is left open.
    pub(super) fn linked_test(&mut self, test: V) -> V {
        if self.late.is_empty() {
            return self.linked(test);
        }
        self.open_test(test, 0).unwrap_or_else(|| self.linked(test))
    }

    fn open_test(&mut self, test: V, depth: u32) -> Option<V> {
        if depth > limits::LATE_TESTS || !self.arena.is_open(test) {
            return None;
        }
        match self.arena.node(test).clone() {
            Node::Member(object, key) => {
                let object = self.linked(object);
                let Node::Class(class) = *self.arena.node(object) else { return None };
                if !self.late.contains(&(class, key)) {
                    return None;
                }
                let name = self.class(class)?.name.clone();
                let class = self.arena.global(&name);
                Some(self.arena.intern(Node::Member(class, key)))
            }
            Node::Not(inner) => {
                let inner = self.open_test(inner, depth + 1)?;
                Some(self.arena.not(inner))
            }
            Node::Nullish(inner) => {
                let inner = self.open_test(inner, depth + 1)?;
                Some(self.arena.intern(Node::Nullish(inner)))
            }
            Node::Compare(operator, a, b) => {
                let (left, right) = (self.open_test(a, depth + 1), self.open_test(b, depth + 1));
                if left.is_none() && right.is_none() {
                    return None;
                }
                let (a, b) = (left.unwrap_or_else(|| self.linked(a)), right.unwrap_or_else(|| self.linked(b)));
                Some(self.rebuilt(Node::Compare(operator, a, b)))
            }
            Node::And(parts) => self.open_parts(parts, depth).map(|parts| self.arena.all(parts)),
            Node::Or(parts) => self.open_parts(parts, depth).map(|parts| self.arena.any(parts)),
            _ => None,
        }
    }

    fn open_parts(&mut self, parts: Vec<V>, depth: u32) -> Option<Vec<V>> {
        let open: Vec<Option<V>> = parts.iter().map(|part| self.open_test(*part, depth + 1)).collect();
        if open.iter().all(Option::is_none) {
            return None;
        }
        Some(parts.into_iter().zip(open).map(|(part, open)| open.unwrap_or_else(|| self.linked(part))).collect())
    }
}
