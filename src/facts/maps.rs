//! Maps that a function fills and asks: `const byId = new Map(); for (const row of rows) byId.set(row.id, row); … byId.get(id)`.
//!
//! Sources: ECMAScript, "Map Objects".
//! Input: a call and its values. Output: the same asked of lists. Must not know: what is stored.

use super::call::unwrap;
use super::cell::Growth;
use super::eval::Eval;
use crate::limits;
use crate::value::{Arena, C, Item, Node, V};
use swc_common::Span;
use swc_ecma_ast::Expr;

/// What a map was given: one value, or one for each element of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pair {
    key: V,
    value: V,
    cond: C,
}

impl Eval<'_> {
    /// What a method of a map that this function has made asks of the lists from which it was filled.
    pub(super) fn map_method(&mut self, (object, recv): (&Expr, V), name: &str, args: &[V], span: Span) -> Option<V> {
        if !matches!(name, "set" | "get" | "has" | "values" | "keys") {
            return None;
        }
        let recv = self.freeze(recv);
        let pairs = self.pairs(recv)?;
        match (name, args) {
            ("set", [key, value]) => self.set_in_map(object, pairs, *key, *value, span),
            _ if pairs.is_empty() || pairs.len() > limits::JOINED_ARRAYS => None,
            ("get", [key]) => Some(self.got(&pairs, *key, span)),
            ("has", [key]) => {
                let tests = pairs.iter().map(|pair| self.match_of(*pair, *key, "some")).collect();
                let is_there = self.arena.any(tests);
                self.place(is_there, span);
                Some(is_there)
            }
            ("values", []) => Some(self.kept_in_map(&pairs, |pair| pair.value)),
            ("keys", []) => Some(self.kept_in_map(&pairs, |pair| pair.key)),
            _ => None,
        }
    }

    /// `Object.fromEntries(Object.entries(query).map(([key, value]) => [key, { $eq: value }]))`: what a loop over the names sets.
    pub(super) fn of_entries(&mut self, pairs: V) -> Option<V> {
        let Node::Mapped(names, pair) = *self.arena.node(pairs) else { return None };
        let Node::Derived(method, _) = self.arena.node(names) else { return None };
        let (true, Node::Array(parts)) =
            (matches!(self.arena.text(*method), "Object.keys" | "Object.entries"), self.arena.node(pair))
        else {
            return None;
        };
        let [key, value] = parts.as_slice() else { return None };
        let (key, value) = (self.arena.key_of(key.value), value.value);
        Some(self.new_cell(Node::Object(vec![Self::entry(key, value)])))
    }

    /// What a map holds; after a loop or a branch that may not have run, what it holds if that has run.
    fn pairs(&self, map: V) -> Option<Vec<Pair>> {
        match self.arena.node(map) {
            Node::New { args, .. } if self.is_made_here(map, "Map") => match args.first() {
                None => Some(Vec::new()),
                Some(list) => self.listed_pairs(*list),
            },
            Node::OneOf(alternatives) => {
                let mut all = Vec::with_capacity(alternatives.len());
                for (_, map) in alternatives {
                    all.push(self.pairs(*map)?);
                }
                let longest = all.iter().max_by_key(|pairs| pairs.len())?.clone();
                all.iter().all(|pairs| longest.starts_with(pairs)).then_some(longest)
            }
            _ => None,
        }
    }

    /// `[[key, value], …]`, `rows.map((row) => [row.id, row])`
    fn listed_pairs(&self, list: V) -> Option<Vec<Pair>> {
        let pair = |pair: V, cond: C| match self.arena.node(pair) {
            Node::Array(parts) => match parts.as_slice() {
                [key, value] if !key.spread && !value.spread => {
                    Some(Pair { key: key.value, value: value.value, cond: self.of_one_turn(cond) })
                }
                _ => None,
            },
            _ => None,
        };
        match self.arena.node(list) {
            Node::Mapped(_, made) => pair(*made, C::TRUE).map(|pair| vec![pair]),
            Node::Array(items) => items
                .iter()
                .map(|item| match (item.spread, self.arena.node(item.value)) {
                    (true, Node::Mapped(_, made)) => pair(*made, item.cond),
                    (true, _) => None,
                    (false, _) => pair(item.value, item.cond),
                })
                .collect(),
            _ => None,
        }
    }

    /// A condition where it says more than that a loop runs.
    fn of_one_turn(&self, cond: C) -> C {
        if self.arena.is_of_loop(cond) { C::TRUE } else { cond }
    }

    /// `byId.set(key, value)`: the variable holds the map as it is then.
    fn set_in_map(&mut self, object: &Expr, pairs: Vec<Pair>, key: V, value: V, span: Span) -> Option<V> {
        let Expr::Ident(variable) = unwrap(object) else { return None };
        let name = self.arena.sym(&variable.sym);
        let variable = self.resolve(name)?;
        let (key, value, cond) = (self.freeze(key), self.freeze(value), self.cond_in_loop());
        if !matches!(self.growth(pairs.len(), None), Growth::Free) {
            return None;
        }
        let mut items = Vec::with_capacity(pairs.len() + 1);
        for pair in pairs.into_iter().chain([Pair { key, value, cond }]) {
            let parts = [pair.key, pair.value].map(|value| Item { value, spread: false, cond: C::TRUE });
            let value = self.arena.intern(Node::Array(parts.to_vec()));
            items.push(Item { value, spread: false, cond: pair.cond });
        }
        let list = self.arena.intern(Node::Array(items));
        let (site, callee) = (self.site(span), self.arena.global("Map"));
        let map = self.arena.intern(Node::New { site, callee, args: Box::new([list]) });
        self.set_var(variable, map);
        Some(map)
    }

    /// The list for each of whose elements a pair stands.
    fn list_of_pair(&self, pair: Pair) -> Option<V> {
        let parts = self.arena.parts(pair.key);
        if parts.len() > limits::SEARCHED {
            return None;
        }
        let mut lists = parts.into_iter().filter_map(|part| match self.arena.node(part) {
            Node::Element(list) => Some(*list),
            _ => None,
        });
        let list = lists.next()?;
        lists.next().is_none().then_some(list)
    }

    /// Whether a key is that of a pair; of one that stands for all elements of a list, what is found there by a method.
    fn match_of(&mut self, pair: Pair, key: V, method: &str) -> V {
        let is_same = self.equal(pair.key, key);
        let cond = self.arena.cond_value(pair.cond);
        let test = self.arena.all(vec![cond, is_same]);
        match self.list_of_pair(pair) {
            Some(list) => self.query(method, list, test),
            None => test,
        }
    }

    /// What a map gives for a key: what it was given last.
    fn got(&mut self, pairs: &[Pair], key: V, span: Span) -> V {
        let mut got = Arena::UNDEFINED;
        for pair in pairs {
            let test = self.match_of(*pair, key, "find");
            self.place(test, span);
            let value = match self.list_of_pair(*pair) {
                Some(list) => {
                    let row = self.arena.intern(Node::Element(list));
                    self.arena.replaced(pair.value, row, test)
                }
                None => pair.value,
            };
            got = match value == test && got == Arena::UNDEFINED {
                true => test,
                false => {
                    let [is_it, is_not] = [true, false].map(|holds| self.arena.assume(C::TRUE, test, holds));
                    self.arena.one_of(vec![(is_it, value), (is_not, got)])
                }
            };
        }
        got
    }

    /// The values or the keys of a map, where none was given another value later.
    fn kept_in_map(&mut self, pairs: &[Pair], part: impl Fn(&Pair) -> V) -> V {
        let mut items = Vec::with_capacity(pairs.len());
        for (at, pair) in pairs.iter().enumerate() {
            let list = self.list_of_pair(*pair);
            let mut cond = pair.cond;
            for later in pairs.get(at + 1..).unwrap_or_default() {
                // Which elements of two lists have one key is not asked.
                if list.is_none() || self.list_of_pair(*later).is_none() {
                    let is_same = self.match_of(*later, pair.key, "some");
                    cond = self.arena.assume(cond, is_same, false);
                }
            }
            items.push(match list {
                Some(list) => {
                    let kept = match cond == C::TRUE {
                        true => list,
                        false => {
                            let test = self.arena.cond_value(cond);
                            self.query("filter", list, test)
                        }
                    };
                    Item { value: self.arena.mapped(kept, part(pair)), spread: true, cond: C::TRUE }
                }
                None => Item { value: part(pair), spread: false, cond },
            });
        }
        self.new_cell(Node::Array(items))
    }
}
