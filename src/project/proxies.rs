//! What stands behind a `Proxy`: the target, or what its `get` trap asks for the member.
//!
//! `new Proxy(beds, { get(target, name) { … } })` is taken for `beds`: what its traps add to a call is not told of.
//! `new Proxy({}, { get: (_, name) => database()[name] })` is what `database()` gives, made when it is first asked.
//! Source: ECMAScript, "Proxy Object Internal Methods and Internal Slots".
//!
//! Input: what the proxy is made with. Output: a value. Must not know: effects, rules.

use super::link::Project;
use crate::value::{FnRef, Node, V};

impl Project {
    pub(super) fn behind_proxy(&mut self, callee: V, args: &[V]) -> Option<V> {
        let [target, handler] = args else { return None };
        if !self.arena.is_global(callee, "Proxy") {
            return None;
        }
        let is_empty = matches!(self.arena.node(*target), Node::Object(entries) if entries.is_empty())
            || matches!(self.arena.node(*target), Node::Func(_));
        if is_empty { self.asked_by_trap(*handler) } else { Some(*target) }
    }

    /// The one object whose members the `get` trap gives.
    fn asked_by_trap(&mut self, handler: V) -> Option<V> {
        let get = self.arena.sym("get");
        let Node::Func(trap) = *self.arena.node(self.arena.member_of(handler, get)?) else { return None };
        let returns: Vec<V> = self.function(trap)?.returns.iter().map(|(_, value)| *value).collect();
        let mut asked: Vec<V> = returns.into_iter().flat_map(|value| self.holders(trap, value)).collect();
        asked.sort_unstable();
        asked.dedup();
        match asked.as_slice() {
            [only] => Some(self.linked(*only)),
            _ => None,
        }
    }

    /// The objects of which a value of the trap is the member that was asked for: `real[name]`, `real[name].bind(real)`,
    /// `Reflect.get(real, name)`.
    fn holders(&self, trap: FnRef, value: V) -> Vec<V> {
        let is_name = |key: V| matches!(*self.arena.node(key), Node::Param(func, 1) if func == trap);
        match self.arena.node(value) {
            Node::Index(object, key) if is_name(*key) => vec![*object],
            Node::OneOf(alternatives) => {
                alternatives.iter().flat_map(|(_, alternative)| self.holders(trap, *alternative)).collect()
            }
            Node::Call { callee, args, .. } => match (self.arena.node(*callee), &**args) {
                (Node::Member(of, name), [object, key, ..])
                    if self.arena.text(*name) == "get" && self.arena.is_global(*of, "Reflect") && is_name(*key) =>
                {
                    vec![*object]
                }
                (Node::Member(method, name), [_]) if self.arena.text(*name) == "bind" => self.holders(trap, *method),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}
