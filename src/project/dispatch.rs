//! Tables of code: functions, services or collections under names, of which the code takes one by a key that is not known.
//!
//! `const services = { daily: new DailyService(), weekly: new WeeklyService() }`, `services[kind].claim(user)`
//!
//! Sources: ECMAScript, "Property Accessors", "Map Objects".
//! Input: a table and a key. Output: what the table gives, each under the key that it has. Must not know: MongoDB, rules.

use super::link::Project;
use crate::limits;
use crate::value::{Arena, C, Compare, Key, Node, Sym, V};

impl Project {
    /// `handlers[kind]`: each of a literal table's entries where the key is its name; nothing where it is none of them.
    pub(super) fn dispatched(&mut self, table: V, key: V) -> Option<V> {
        let entries = match self.arena.node(table) {
            Node::Object(entries) if entries.len() < limits::ALTERNATIVES => entries.clone(),
            _ => return None,
        };
        if !entries.iter().any(|entry| self.is_code(entry.value, 0)) {
            return None;
        }
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let name = match entry.key {
                Key::Name(name) => self.name_as_key(name),
                Key::Computed(name) if self.arena.is_literal(name) => name,
                Key::Computed(_) | Key::Spread => return None,
            };
            if entry.cond != C::TRUE {
                return None;
            }
            rows.push((name, entry.value));
        }
        Some(self.taken_by_key(rows, key))
    }

    /// `new Map([['daily', new DailyService()]]).get(kind)`
    pub(super) fn dispatched_by_map(&mut self, callee: V, args: &[V]) -> Option<V> {
        let (Node::Member(map, name), [key]) = (self.arena.node(callee), args) else { return None };
        let Node::New { callee: class, args: given, .. } = self.arena.node(*map) else { return None };
        if self.arena.text(*name) != "get" || self.last_name(*class) != Some("Map") {
            return None;
        }
        let Node::Array(pairs) = self.arena.node(*given.first()?) else { return None };
        let mut rows = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let Node::Array(parts) = self.arena.node(pair.value) else { return None };
            let [name, value] = parts.as_slice() else { return None };
            if pair.spread || pair.cond != C::TRUE || !self.arena.is_literal(name.value) {
                return None;
            }
            rows.push((name.value, value.value));
        }
        let is_table = rows.len() < limits::ALTERNATIVES && rows.iter().any(|(_, value)| self.is_code(*value, 0));
        is_table.then(|| self.taken_by_key(rows, *key))
    }

    fn taken_by_key(&mut self, rows: Vec<(V, V)>, key: V) -> V {
        let key = self.bare(key);
        let (mut left, mut taken) = (C::TRUE, Vec::with_capacity(rows.len() + 1));
        for (name, value) in rows {
            let is_it = self.arena.intern(Node::Compare(Compare::Equal, key, name));
            taken.push((self.arena.assume(left, is_it, true), value));
            left = self.arena.assume(left, is_it, false);
        }
        taken.push((left, Arena::UNDEFINED));
        self.arena.one_of(taken)
    }

    /// The value that a key with this name has: a number where it is written as one.
    fn name_as_key(&mut self, name: Sym) -> V {
        let name = self.arena.text(name).to_owned();
        match name.parse::<u32>() {
            Ok(number) if number.to_string() == name => self.arena.num(f64::from(number)),
            _ => self.arena.str(&name),
        }
    }

    /// Whether a value is something that can be run, or whose methods can: a function, an object of a class, a collection.
    fn is_code(&mut self, value: V, depth: u32) -> bool {
        match self.arena.node(value).clone() {
            Node::Func(_) | Node::Class(_) | Node::Instance(_) => true,
            Node::New { callee, .. } => matches!(self.arena.node(callee), Node::Class(_)),
            Node::Object(entries) if depth < limits::DISPATCH_DEPTH && entries.len() <= limits::TABLE_ENTRIES => {
                entries.into_iter().any(|entry| self.is_code(entry.value, depth + 1))
            }
            Node::Call { .. } | Node::Member(..) | Node::Import { .. } => {
                self.handle_of(value, 0).is_some_and(|handle| handle.name().is_some())
            }
            _ => false,
        }
    }
}
