//! Copies: `structuredClone(list)`, `JSON.parse(JSON.stringify(doc))`, `clone(list)`. A copy begins as what it was made of and
//! changes on its own; whether it is an object or an array shows when it is changed.
//!
//! Input: the value that is copied. Output: a value of the function's own. Must not know: MongoDB.

use super::eval::Eval;
use crate::value::{C, Coercion, Item, Key, Node, V};

/// Packages that export one function, which copies what it is given.
const COPIERS: [&str; 7] = ["clone", "klona", "fast-copy", "just-clone", "clone-deep", "deepcopy", "lodash.clone"];
/// Packages with functions of which one is named `clone`.
const LIBRARIES: [&str; 5] = ["lodash", "lodash-es", "underscore", "ramda", "remeda"];

impl<'a> Eval<'a> {
    /// A copy of a value, which changes on its own.
    pub(super) fn copy(&mut self, value: V) -> V {
        let value = self.freeze(value);
        self.new_cell(Node::Coerce(Coercion::Copy, value))
    }

    /// What a function makes of objects that it merges into a new one: `merge(doc, body)` of `lodash/fp`, `deepmerge(doc, body)`.
    pub(super) fn merged(&mut self, function: V, args: &[V]) -> Option<V> {
        let Node::Import { module, name } = self.arena.node(function) else { return None };
        let is_merge = matches!(
            (self.arena.text(*module), self.arena.text(*name)),
            ("lodash/fp/merge" | "lodash/fp/assign" | "deepmerge", "=" | "default" | "*")
                | ("lodash/fp", "merge" | "assign" | "extend")
                | ("ts-deepmerge", "merge")
        );
        if !is_merge || args.len() < 2 {
            return None;
        }
        let parts = args.iter().map(|arg| self.freeze(*arg)).collect::<Vec<_>>();
        let parts = parts.into_iter().map(|part| Self::entry(Key::Spread, part)).collect();
        Some(self.new_cell(Node::Object(parts)))
    }

    /// Whether the content of an object or array is a copy of which nothing was changed so far.
    pub(super) fn is_copy(&self, content: V) -> bool {
        matches!(self.arena.node(content), Node::Coerce(Coercion::Copy, _))
    }

    /// Whether a function of a package copies what it is given.
    pub(super) fn is_copier(&self, function: V) -> bool {
        let Node::Import { module, name } = self.arena.node(function) else { return false };
        let (module, name) = (self.arena.text(*module), self.arena.text(*name));
        let package = module.split('/').next().unwrap_or(module);
        COPIERS.contains(&module) && matches!(name, "=" | "default" | "*" | "clone" | "klona" | "copy")
            || package == "klona" && name == "klona"
            || LIBRARIES.contains(&package) && name == "clone"
    }

    /// A copy as the array or object that the other side of a branch made of it.
    pub(super) fn begun(&self, content: V, other: &Node) -> Node {
        match other {
            Node::Array(items) if self.is_copy(content) && items.first().is_some_and(|item| item.value == content) => {
                Node::Array(vec![Item { value: content, spread: true, cond: C::TRUE }])
            }
            Node::Object(entries)
                if self.is_copy(content)
                    && entries.first().is_some_and(|entry| entry.key == Key::Spread && entry.value == content) =>
            {
                Node::Object(vec![Self::entry(Key::Spread, content)])
            }
            _ => self.arena.node(content).clone(),
        }
    }
}
