//! Tables: what a loop over a literal list or object does, row by row.
//!
//! `for (const ix of [{ on: 'seats', keys: { seat: 1 } }]) db.collection(ix.on).createIndex(ix.keys)`
//!
//! Input: the values of a call. Output: those values for each row. Must not know: MongoDB.

use super::link::Project;
use crate::limits;
use crate::value::{Arena, C, Entry, Item, Key, Node, V, for_children, map_children};
use rustc_hash::{FxHashMap, FxHashSet};

impl Project {
    /// The values with each element of a literal table in its place; the values themselves where there is no table.
    pub(super) fn rows(&mut self, values: Vec<V>) -> Vec<Vec<V>> {
        let (mut done, mut open) = (Vec::new(), vec![values]);
        while let Some(values) = open.pop() {
            let table =
                self.table_in(&values).filter(|(_, rows)| open.len() + done.len() + rows.len() <= limits::GROWN);
            let Some((element, rows)) = table else {
                done.push(values);
                continue;
            };
            // What the object has under the name of the row: `schemas[name]`.
            let held = self.held_beside(element);
            for (at, row) in rows.into_iter().enumerate().rev() {
                let mut memo = FxHashMap::from_iter([(element, row)]);
                memo.extend(held.iter().filter_map(|(any, parts)| Some((*any, *parts.get(at)?))));
                open.push(values.iter().map(|value| self.replaced(*value, &mut memo)).collect());
            }
        }
        done
    }

    /// The same for arguments of which there is one row at least.
    pub(super) fn turns(&mut self, args: Vec<V>) -> Vec<Vec<V>> {
        let rows = self.rows(args.clone());
        if rows.is_empty() { vec![args] } else { rows }
    }

    /// For an element of the names or entries of an object: any value of that object, and all of them in order.
    fn held_beside(&mut self, element: V) -> Option<(V, Vec<V>)> {
        let Node::Element(table) = *self.arena.node(element) else { return None };
        let Node::Derived(_, operands) = self.arena.node(table) else { return None };
        let object = *operands.first()?;
        let Node::Object(entries) = self.arena.node(object) else { return None };
        let parts = entries.iter().map(|entry| entry.value).collect();
        Some((self.arena.intern(Node::Element(object)), parts))
    }

    /// The first element of a literal table that the values are made from, and the rows of the table.
    fn table_in(&mut self, values: &[V]) -> Option<(V, Vec<V>)> {
        let (mut open, mut seen) = (values.to_vec(), FxHashSet::default());
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            let node = self.arena.node(at).clone();
            if let Node::Element(table) = node
                && let Some(rows) = self.rows_of(table)
            {
                return Some((at, rows));
            }
            for_children(&node, &mut |child| open.push(child));
        }
        None
    }

    fn rows_of(&mut self, table: V) -> Option<Vec<V>> {
        match self.arena.node(table).clone() {
            Node::Array(items) => {
                items.iter().all(|item| !item.spread).then(|| items.iter().map(|item| item.value).collect())
            }
            Node::Derived(method, operands) => {
                let method = self.arena.text(method).to_owned();
                let Node::Object(entries) = self.arena.node(*operands.first()?).clone() else { return None };
                let mut rows = Vec::new();
                for entry in entries {
                    let Key::Name(name) = entry.key else { return None };
                    let name = self.arena.text(name).to_owned();
                    let name = self.arena.str(&name);
                    rows.push(match method.as_str() {
                        "Object.keys" => name,
                        "Object.values" => entry.value,
                        "Object.entries" => {
                            let item = |value| Item { value, spread: false, cond: C::TRUE };
                            self.arena.intern(Node::Array(vec![item(name), item(entry.value)]))
                        }
                        _ => return None,
                    });
                }
                Some(rows)
            }
            _ => None,
        }
    }

    fn replaced(&mut self, value: V, memo: &mut FxHashMap<V, V>) -> V {
        if let Some(known) = memo.get(&value) {
            return *known;
        }
        let mut node = map_children(self.arena.node(value).clone(), &mut |child| self.replaced(child, memo));
        match &mut node {
            Node::Object(entries) => {
                for entry in entries.iter_mut() {
                    if let Key::Computed(key) = entry.key {
                        let key = self.replaced(key, memo);
                        entry.key = self.arena.key_of(key);
                    }
                    entry.cond = self.replaced_cond(entry.cond, memo);
                }
            }
            Node::OneOf(alternatives) => {
                for (cond, _) in alternatives.iter_mut() {
                    *cond = self.replaced_cond(*cond, memo);
                }
            }
            _ => {}
        }
        let result = match &node {
            Node::Index(list, at) => self.item_of(*list, *at).unwrap_or_else(|| self.rebuilt(node.clone())),
            _ => self.rebuilt(node),
        };
        memo.insert(value, result);
        result
    }

    pub(super) fn replaced_cond(&mut self, cond: C, memo: &mut FxHashMap<V, V>) -> C {
        let mut result = C::TRUE;
        for atom in self.arena.atoms_in_order(cond) {
            self.arena.spend(1);
            let value = self.replaced(atom.value, memo);
            result = self.arena.assume(result, value, atom.holds);
        }
        result
    }

    /// What a loop over the names of an object that is written out sets under each of them, name by name:
    /// `for (const key of Object.keys(query)) clean[key] = { $eq: query[key] }`.
    pub(super) fn by_names(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut named = Vec::with_capacity(entries.len());
        for entry in entries {
            match self.entry_by_names(entry) {
                Some(own) if named.len() + own.len() <= limits::GROWN => named.extend(own),
                _ => named.push(entry),
            }
        }
        named
    }

    fn entry_by_names(&mut self, entry: Entry) -> Option<Vec<Entry>> {
        let Key::Computed(key) = entry.key else { return None };
        let element = match *self.arena.node(key) {
            Node::Index(element, _) => element,
            _ => key,
        };
        let Node::Element(table) = *self.arena.node(element) else { return None };
        let Node::Derived(_, operands) = self.arena.node(table).clone() else { return None };
        let object = *operands.first()?;
        let rows = self.rows_of(table)?;
        let Node::Object(parts) = self.arena.node(object).clone() else { return None };
        let held = self.arena.intern(Node::Element(object));
        // That the loop runs is no condition on what it sets.
        let (mut cond, mut is_of_turn) = (C::TRUE, false);
        for atom in self.arena.atoms_in_order(entry.cond) {
            if !is_of_turn && matches!(self.arena.node(atom.value), Node::Opaque(_)) {
                is_of_turn = true;
            } else {
                cond = self.arena.assume(cond, atom.value, atom.holds);
            }
        }
        let mut named = Vec::with_capacity(rows.len());
        for (row, part) in rows.into_iter().zip(parts) {
            let mut memo = FxHashMap::from_iter([(element, row), (held, part.value), (object, object)]);
            let key = self.replaced(key, &mut memo);
            let key = self.arena.key_of(key);
            let value = self.replaced(entry.value, &mut memo);
            let cond = self.replaced_cond(cond, &mut memo);
            let cond = self.arena.and(part.cond, cond);
            if cond != C::FALSE {
                named.push(Entry { key, value, cond });
            }
        }
        Some(named)
    }

    /// `[error, found][1]`, where what is a list is written by turns: `await to(Team.findById(id))`.
    pub(super) fn placed(&mut self, list: V, at: V) -> Option<V> {
        let Node::Num(_) = self.arena.node(at) else { return None };
        match self.arena.node(list).clone() {
            Node::Array(items) => {
                let is_plain = items.iter().all(|item| !item.spread && item.cond == C::TRUE);
                is_plain.then(|| self.item_of(list, at).unwrap_or(Arena::UNDEFINED))
            }
            Node::OneOf(alternatives) if alternatives.len() <= limits::ALTERNATIVES => {
                let mut items = Vec::new();
                for (cond, list) in alternatives {
                    items.push((cond, self.placed(list, at)?));
                }
                Some(self.arena.one_of(items))
            }
            _ => self.row_made(&Node::Index(list, at)),
        }
    }

    /// `[a, b][1]`
    fn item_of(&self, list: V, at: V) -> Option<V> {
        let (Node::Array(items), Node::Num(bits)) = (self.arena.node(list), self.arena.node(at)) else { return None };
        let at = f64::from_bits(*bits) as usize;
        let is_plain = items.iter().take(at + 1).all(|item| !item.spread);
        items.get(at).filter(|_| is_plain).map(|item| item.value)
    }
}
