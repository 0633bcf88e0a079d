//! Rows: what a loop over a list of texts assigns under one of them.
//!
//! `for (const name of ['users', 'posts']) collections[name] = db.collection(name)`
//!
//! Input: an entry of an object under a computed key. Output: its value where the key is one text. Must not know: syntax, MongoDB.

use super::{Arena, C, Node, Sym, V, map_children};
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

    /// `list.map(f)`, by what `f` makes of an element. A list of which each element is made into itself is that list; each row
    /// that a call gives is there.
    pub fn mapped(&mut self, list: V, made: V) -> V {
        let list = match *self.node(list) {
            Node::Mapped(inner, _) => inner,
            _ => list,
        };
        let row = self.row_of(list);
        let made = match self.node(list) {
            Node::Call { .. } => self.made_of_row(row, made),
            _ => made,
        };
        if made == row { list } else { self.intern(Node::Mapped(list, made)) }
    }

    /// An element of a list; one that is left of another list is an element of that.
    fn row_of(&mut self, list: V) -> V {
        match *self.node(list) {
            Node::Query { method, array, .. }
                if matches!(self.text(method), "filter" | "slice" | "sort" | "reverse") =>
            {
                self.row_of(array)
            }
            _ => self.intern(Node::Element(list)),
        }
    }

    /// What holds of each element of a list, by what it was filtered by: `rows.filter((row) => row.open).slice(0, 9).map(entry)`.
    pub fn filters_of(&self, list: V) -> Vec<V> {
        let (mut list, mut filters) = (list, Vec::new());
        loop {
            list = match *self.node(list) {
                Node::Mapped(inner, _) => inner,
                Node::Query { method, array, arg } => {
                    match self.text(method) {
                        "filter" => filters.push(arg),
                        "slice" | "sort" | "reverse" => {}
                        _ => break,
                    }
                    array
                }
                _ => break,
            }
        }
        filters.reverse();
        filters
    }

    /// What is made of a row where there is one: `if (row) return entry(row)`.
    fn made_of_row(&mut self, row: V, made: V) -> V {
        let Node::OneOf(alternatives) = self.node(made).clone() else { return made };
        let is_row = |value: V, arena: &Self| match arena.node(value) {
            Node::Nullish(inner) => *inner == row,
            _ => value == row,
        };
        let mut left = Vec::with_capacity(alternatives.len());
        for (cond, value) in alternatives {
            let (mut rest, mut is_there) = (C::TRUE, true);
            for atom in self.atoms_in_order(cond) {
                match is_row(atom.value, self) {
                    true => is_there &= atom.holds == (atom.value == row),
                    false => rest = self.assume(rest, atom.value, atom.holds),
                }
            }
            if is_there {
                left.push((rest, value));
            }
        }
        self.one_of(left)
    }

    /// An element of a list that is made of another one, or one that is found in it, as what is made of an element of that.
    pub fn made_at(&mut self, item: &Node) -> Option<V> {
        let list = match *item {
            Node::Index(list, _) | Node::Query { array: list, .. } => list,
            _ => return None,
        };
        let Node::Mapped(inner, made) = *self.node(list) else { return None };
        let of_inner = match *item {
            Node::Index(_, at) => Node::Index(inner, at),
            Node::Query { method, arg, .. } => Node::Query { method, array: inner, arg },
            _ => return None,
        };
        let item = self.intern(of_inner);
        Some(self.made_if_there(inner, item, made))
    }

    /// What is made of one row of a list; of none nothing is made.
    fn made_if_there(&mut self, list: V, item: V, made: V) -> V {
        let row = self.row_of(list);
        let made = self.replaced(made, row, item);
        let [is_there, is_none] = [true, false].map(|holds| self.assume(C::TRUE, item, holds));
        self.one_of(vec![(is_there, made), (is_none, Self::UNDEFINED)])
    }

    /// What a list that is made of another one is asked, asked of that: `rows.map(toEntry).some(entry => entry.taken)`.
    pub fn asked_of_made(&mut self, method: Sym, list: V, arg: V) -> Option<V> {
        let Node::Mapped(inner, made) = *self.node(list) else { return None };
        let query = Node::Query { method, array: inner, arg };
        match self.text(method) {
            "some" | "every" | "findIndex" | "findLastIndex" => Some(self.intern(query)),
            "filter" => {
                let kept = self.intern(query);
                Some(self.intern(Node::Mapped(kept, made)))
            }
            _ => None,
        }
    }

    /// A value in which another one stands in the place of one of its parts.
    pub fn replaced(&mut self, value: V, part: V, other: V) -> V {
        let mut memo = FxHashMap::from_iter([(part, other)]);
        self.with_row(value, &mut memo)
    }

    fn with_row(&mut self, value: V, memo: &mut FxHashMap<V, V>) -> V {
        if let Some(known) = memo.get(&value) {
            return *known;
        }
        let mut node = map_children(self.node(value).clone(), &mut |child| self.with_row(child, memo));
        match &mut node {
            Node::OneOf(parts) => {
                parts.iter_mut().for_each(|(cond, _)| *cond = self.cond_with_row(*cond, memo));
                let result = self.one_of(std::mem::take(parts));
                memo.insert(value, result);
                return result;
            }
            Node::Object(parts) => parts.iter_mut().for_each(|part| part.cond = self.cond_with_row(part.cond, memo)),
            Node::Array(parts) => parts.iter_mut().for_each(|part| part.cond = self.cond_with_row(part.cond, memo)),
            _ => {}
        }
        let result = self.intern(node);
        memo.insert(value, result);
        result
    }

    fn cond_with_row(&mut self, cond: C, memo: &mut FxHashMap<V, V>) -> C {
        if cond == C::TRUE || cond == C::FALSE {
            return cond;
        }
        let mut result = C::TRUE;
        for atom in self.atoms_in_order(cond) {
            let value = self.with_row(atom.value, memo);
            result = self.assume(result, value, atom.holds);
        }
        result
    }
}
