//! Methods that give what the process keeps: `cache.get(id)` where that is there, else what they load and keep from then on.
//!
//! A call of such a method on an object of which nothing is known gives a kept document too, where all methods of this name do.
//!
//! Input: the classes and what their methods return. Output: names. Must not know: rules.

use super::link::Project;
use super::mongo::is_method;
use crate::value::{FnRef, Node, Sym, V};
use rustc_hash::FxHashMap;

impl Project {
    /// Notes the names of the methods that give what is kept.
    pub(super) fn link_keepers(&mut self) {
        let mut names: FxHashMap<Sym, bool> = FxHashMap::default();
        for class in self.classes.iter() {
            for (name, func) in class.methods.iter().filter(|(name, _)| !is_method(self.arena.text(*name))) {
                let keeps = self.gives_kept(*func);
                names.entry(*name).and_modify(|all| *all &= keeps).or_insert(keeps);
            }
        }
        self.proven.keepers = names.into_iter().filter(|(_, all)| *all).map(|(name, _)| name).collect();
    }

    fn gives_kept(&self, func: FnRef) -> bool {
        let returns = self.returns.get(func.0 as usize).and_then(Option::as_ref);
        returns.is_some_and(|returns| {
            let mut values = returns.iter().flat_map(|(_, value)| self.arena.alternatives(*value));
            values.any(|(_, value)| self.is_kept_in_memory(value))
        })
    }

    /// Whether a call is one of a method that gives what is kept, on whatever object.
    pub(super) fn is_of_keeper(&self, callee: V) -> bool {
        matches!(self.arena.node(callee), Node::Member(_, name) if self.proven.keepers.contains(name))
    }
}
