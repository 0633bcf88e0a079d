//! Guards: what the filter of a write excludes. The truth table of filter conditions, as code over values.
//!
//! Sources: MongoDB manual, "Query an Array", `$ne`, `$nin`, `$not`, `$nor`, `$elemMatch`; measured on a server.

use super::link::Project;
use crate::limits;
use crate::value::{C, Key, Node, V};

/// What one condition of a filter says about an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Guard {
    /// No element has all these fields with these values; the empty field is the element itself.
    Key(Vec<(String, V)>),
    /// `arr: { $elemMatch: { k: { $ne: v } } }`: true as soon as any element differs.
    AnyElement(String),
    /// An element is selected: `'arr.k': v`, `arr: { $elemMatch: { k: v } }`, with the fields it is selected by.
    Selects(Vec<String>),
    /// The array or document has not changed since it was loaded.
    Optimistic,
    /// A condition on the array that is not understood.
    Other,
}

/// A filter as conjunctions: its alternatives by path, each with what is known of it.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub guards: Vec<(Guard, C)>,
    /// Conditions on other fields: path and value.
    pub fields: Vec<(String, V)>,
    /// A part of the filter is not known, such as a parameter.
    pub open: bool,
}

impl Filter {
    /// The guarded keys, of every key guard.
    pub fn keys(&self) -> Vec<&Vec<(String, V)>> {
        self.guards
            .iter()
            .filter_map(|(guard, _)| match guard {
                Guard::Key(keys) => Some(keys),
                _ => None,
            })
            .collect()
    }

    pub fn is_optimistic(&self) -> bool {
        self.guards.iter().any(|(guard, _)| *guard == Guard::Optimistic)
    }
}

impl Project {
    /// The filter's alternatives that `cond` allows, read for the array at `array`.
    pub fn filters(&mut self, filter: V, array: &str, cond: C) -> Vec<(C, Filter)> {
        let mut result = Vec::new();
        for (c, alternative) in self.arena.alternatives(filter) {
            let both = self.arena.and(cond, c);
            if both == C::FALSE {
                continue;
            }
            let mut parsed = Filter::default();
            self.parse_filter(alternative, array, both, 0, &mut parsed);
            result.push((both, parsed));
        }
        result
    }

    /// Whether every alternative of a filter has a condition on a path, or on a part of it, however it is combined.
    pub fn names_path(&self, filter: V, path: &str) -> bool {
        let below = format!("{path}.");
        self.arena.alternatives(filter).iter().all(|(_, filter)| self.names_path_at(*filter, path, &below, 0))
    }

    fn names_path_at(&self, value: V, path: &str, below: &str, depth: u32) -> bool {
        match self.arena.node(value) {
            Node::Object(entries) if depth < limits::NAMED_PATH_DEPTH => entries.iter().any(|entry| {
                let is_named = matches!(entry.key, Key::Name(name) if {
                    let name = self.arena.text(name);
                    name == path || name.starts_with(below)
                });
                is_named || self.names_path_at(entry.value, path, below, depth + 1)
            }),
            Node::Array(items) => items.iter().any(|item| self.names_path_at(item.value, path, below, depth + 1)),
            _ => false,
        }
    }

    fn parse_filter(&mut self, filter: V, array: &str, cond: C, depth: u32, out: &mut Filter) {
        let Node::Object(entries) = self.arena.node(filter).clone() else {
            if !matches!(self.arena.node(filter), Node::Undefined | Node::Null) {
                out.open = true;
            }
            return;
        };
        if depth > limits::GUARD_DEPTH {
            out.open = true;
            return;
        }
        for entry in entries {
            let both = self.arena.and(cond, entry.cond);
            if both == C::FALSE {
                continue;
            }
            let name = match entry.key {
                Key::Name(name) => self.arena.text(name).to_owned(),
                Key::Computed(key) => self.path_text(key),
                Key::Spread => {
                    out.open = true;
                    continue;
                }
            };
            match name.as_str() {
                "$and" => {
                    if let Node::Array(items) = self.arena.node(entry.value).clone() {
                        items.into_iter().for_each(|item| self.parse_filter(item.value, array, both, depth + 1, out));
                    } else {
                        out.open = true;
                    }
                }
                "$or" => self.parse_or(entry.value, array, both, depth, out),
                "$nor" => self.parse_nor(entry.value, array, both, out),
                // What an expression asks for is not read, so it may be the guard.
                "$expr" => out.open = true,
                _ => {
                    // likes: has ? user : { $ne: user }
                    let value = self.arena.narrow(both, entry.value);
                    self.parse_condition(&name, value, array, both, out);
                }
            }
        }
    }

    /// `$or` guards only what every branch guards.
    fn parse_or(&mut self, value: V, array: &str, cond: C, depth: u32, out: &mut Filter) {
        let Node::Array(items) = self.arena.node(value).clone() else {
            out.open = true;
            return;
        };
        let mut branches: Vec<Filter> = Vec::new();
        for item in items {
            let mut branch = Filter::default();
            self.parse_filter(item.value, array, cond, depth + 1, &mut branch);
            branches.push(branch);
        }
        let Some((first, rest)) = branches.split_first() else { return };
        for (guard, c) in &first.guards {
            if rest.iter().all(|branch| branch.guards.iter().any(|(other, _)| other == guard || is_absent(branch))) {
                out.guards.push((guard.clone(), *c));
            }
        }
        out.open |= branches.iter().any(|branch| branch.open);
        for branch in &branches {
            out.fields.extend(branch.fields.iter().cloned());
        }
    }

    fn parse_nor(&mut self, value: V, array: &str, cond: C, out: &mut Filter) {
        let Node::Array(items) = self.arena.node(value).clone() else {
            out.open = true;
            return;
        };
        for item in items {
            let Node::Object(entries) = self.arena.node(item.value).clone() else { continue };
            for entry in entries {
                let Key::Name(name) = entry.key else { continue };
                let name = self.arena.text(name).to_owned();
                if let Some(keys) = self.positive_keys(&name, entry.value, array) {
                    out.guards.push((Guard::Key(keys), cond));
                }
            }
        }
    }

    /// The fields that `'arr.k': v` or `arr: { $elemMatch: {…} }` names, as a positive condition.
    fn positive_keys(&mut self, name: &str, value: V, array: &str) -> Option<Vec<(String, V)>> {
        if name == array {
            let matched = self.operand(value, "$elemMatch");
            return match matched {
                Some(inner) => Some(self.object_keys(inner)),
                None => Some(vec![(String::new(), value)]),
            };
        }
        let field = name.strip_prefix(array)?.strip_prefix('.')?;
        Some(vec![(field.to_owned(), value)])
    }

    fn object_keys(&self, value: V) -> Vec<(String, V)> {
        match self.arena.node(value) {
            Node::Object(entries) => entries
                .iter()
                .filter_map(|entry| match entry.key {
                    Key::Name(name) => Some((self.arena.text(name).to_owned(), entry.value)),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    fn operand(&mut self, value: V, operator: &str) -> Option<V> {
        let key = self.arena.sym(operator);
        let Node::Object(entries) = self.arena.node(value) else { return None };
        // An operand that is undefined is an operand: the driver sends it as null.
        entries.iter().any(|entry| entry.key == Key::Name(key)).then(|| self.arena.member(value, key))
    }

    fn parse_condition(&mut self, name: &str, value: V, array: &str, cond: C, out: &mut Filter) {
        let field = if name == array {
            Some(String::new())
        } else {
            name.strip_prefix(array).and_then(|rest| rest.strip_prefix('.')).map(str::to_owned)
        };
        let Some(field) = field else {
            out.fields.push((name.to_owned(), value));
            return;
        };
        if field.chars().next().is_some_and(|c| c.is_ascii_digit() || c == '*') {
            // `arr.${field}`: { $ne: v } may be any guard
            if field.starts_with('*') && ["$ne", "$nin", "$not"].iter().any(|op| self.operand(value, op).is_some()) {
                out.open = true;
                return;
            }
            // 'arr.3': { $exists: false }
            let guard = if self.operand(value, "$exists").is_some() { Guard::Optimistic } else { Guard::Other };
            out.guards.push((guard, cond));
            return;
        }
        let guard = self.condition_guard(&field, value);
        out.guards.push((guard, cond));
    }

    fn condition_guard(&mut self, field: &str, value: V) -> Guard {
        let key = |v: V| Guard::Key(vec![(field.to_owned(), v)]);
        if let Some(excluded) = self.operand(value, "$ne") {
            return key(excluded);
        }
        if let Some(list) = self.operand(value, "$nin") {
            return match self.arena.node(list).clone() {
                Node::Array(items) => match items.as_slice() {
                    [only] => key(only.value),
                    _ => key(list),
                },
                _ => key(list),
            };
        }
        if let Some(inner) = self.operand(value, "$not") {
            if let Some(matched) = self.operand(inner, "$elemMatch") {
                let prefix = if field.is_empty() { String::new() } else { format!("{field}.") };
                return Guard::Key(
                    self.object_keys(matched).into_iter().map(|(k, v)| (format!("{prefix}{k}"), v)).collect(),
                );
            }
            if let Some(excluded) = self.operand(inner, "$eq") {
                return key(excluded);
            }
            if let Some(list) = self.operand(inner, "$in") {
                let node = self.arena.node(list).clone();
                return match node {
                    Node::Array(items) if items.len() == 1 => key(items.first().map_or(list, |item| item.value)),
                    _ => key(list),
                };
            }
            return Guard::Other;
        }
        if self.operand(value, "$size").is_some() {
            return Guard::Optimistic;
        }
        if let Some(matched) = self.operand(value, "$elemMatch") {
            let keys = self.object_keys(matched);
            // arr: { $elemMatch: { $ne: v } } on scalars
            if keys.iter().any(|(k, _)| matches!(k.as_str(), "$ne" | "$nin" | "$not")) {
                return Guard::AnyElement(String::new());
            }
            for (k, v) in &keys {
                if self.operand(*v, "$ne").is_some()
                    || self.operand(*v, "$nin").is_some()
                    || self.operand(*v, "$not").is_some()
                {
                    let positive = keys.iter().any(|(_, other)| {
                        !matches!(self.arena.node(*other), Node::Object(entries) if entries.iter().any(|e| matches!(e.key, Key::Name(n) if self.arena.text(n).starts_with('$'))))
                    });
                    if !positive {
                        return Guard::AnyElement(k.clone());
                    }
                }
            }
            return Guard::Selects(keys.into_iter().map(|(k, _)| k).collect());
        }
        if self.operand(value, "$exists").is_some() {
            return Guard::Other;
        }
        // 'arr.k': { $eq: v } and { $in: [v] } select like 'arr.k': v
        if ["$eq", "$in", "$all"].iter().any(|operator| self.operand(value, operator).is_some()) {
            return Guard::Selects(vec![field.to_owned()]);
        }
        let whole = field.is_empty() && self.is_whole_array(value);
        match self.arena.node(value) {
            Node::Object(entries)
                if entries.iter().any(|e| matches!(e.key, Key::Name(n) if self.arena.text(n).starts_with('$'))) =>
            {
                Guard::Other
            }
            // arr: loadedArray compares the whole array
            _ if whole => Guard::Optimistic,
            _ => Guard::Selects(vec![field.to_owned()]),
        }
    }

    fn is_whole_array(&mut self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Array(_))
            || self.loaded(value, &[]).is_some_and(|(_, path, _)| path.len() == 1)
    }
}

/// `{ arr: { $exists: false } }` as the other branch of a guard does not weaken it: there is no element at all.
fn is_absent(branch: &Filter) -> bool {
    branch.guards.iter().any(|(guard, _)| *guard == Guard::Other) && branch.keys().is_empty()
}
