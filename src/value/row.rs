//! Rows: what a loop over a list of texts assigns under one of them.
//!
//! `for (const name of ['users', 'posts']) collections[name] = db.collection(name)`
//!
//! Input: an entry of an object under a computed key. Output: its value where the key is one text. Must not know: syntax, MongoDB.

use super::{Arena, Node, Sym, V, map_children};
use rustc_hash::FxHashMap;

impl Arena {
    /// The value of an entry under a computed key where that key is `name`; none unless the key runs through a list of texts
    /// that has it.
    pub(super) fn in_row(&mut self, key: V, name: Sym, value: V) -> Option<V> {
        let Node::Element(list) = self.node(key) else { return None };
        let Node::Array(items) = self.node(*list) else { return None };
        let is_named = |value: V| matches!(self.node(value), Node::Str(text) if *text == name);
        if items.iter().any(|item| item.spread) || !items.iter().any(|item| is_named(item.value)) {
            return None;
        }
        let text = self.intern(Node::Str(name));
        let mut memo = FxHashMap::from_iter([(key, text)]);
        Some(self.with_row(value, &mut memo))
    }

    fn with_row(&mut self, value: V, memo: &mut FxHashMap<V, V>) -> V {
        if let Some(known) = memo.get(&value) {
            return *known;
        }
        let node = map_children(&self.node(value).clone(), &mut |child| self.with_row(child, memo));
        let result = self.intern(node);
        memo.insert(value, result);
        result
    }
}
