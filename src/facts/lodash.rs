//! Lodash and its kind: its functions on lists and objects, as the methods and literals that say the same.
//!
//! Source: Lodash documentation. Input: a call of one of its functions. Output: its value and effects. Must not know: MongoDB.

use super::callback::EACH;
use super::eval::Eval;
use super::named_callback::Callback;
use super::stmt::function_code;
use crate::limits;
use crate::value::{Arena, C, Item, Key, Node, V};
use swc_common::Span;
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    pub(super) fn is_lodash(&self, recv: V) -> bool {
        match self.arena.node(recv) {
            Node::Global(name) => self.arena.text(*name) == "_",
            Node::Import { module, .. } => matches!(self.arena.text(*module), "lodash" | "underscore" | "lodash-es"),
            _ => false,
        }
    }

    /// `_.find(array, predicate)` as the array's own method.
    pub(super) fn lodash(&mut self, name: &str, array: &'a ExprOrSpread, rest: &'a [ExprOrSpread], span: Span) -> V {
        let array = self.expr(&array.expr);
        if matches!(name, "merge" | "mergeWith" | "assign" | "assignIn" | "extend" | "set") {
            let values = self.args(rest);
            return self.changed_by_lodash(name, array, &values, span);
        }
        if EACH.contains(&name)
            && let Some(code) = rest.first().and_then(|arg| function_code(&arg.expr))
        {
            return self.each(array, name, Callback::Code(code), rest);
        }
        if name == "reject"
            && let Some(code) = rest.first().and_then(|arg| function_code(&arg.expr))
        {
            let kept = self.each(array, name, Callback::Code(code), rest);
            self.place(kept, span);
            return kept;
        }
        let array = self.freeze(array);
        let values = self.args(rest);
        let arg = values.first().copied().unwrap_or(Arena::UNDEFINED);
        match name {
            "find" | "some" | "filter" | "findIndex" | "includes" | "indexOf" | "findLast" => {
                let query = self.query(name, array, arg);
                self.place(query, span);
                query
            }
            "union" => self.united(array, &values, span),
            "remove" | "pull" => {
                // What is taken out of the list where it is.
                if matches!(self.arena.node(array), Node::Member(..)) {
                    self.method_effect(array, "splice", values, span);
                }
                self.query("filter", array, arg)
            }
            "sortBy" | "orderBy" | "uniqBy" | "uniq" | "without" | "reject" => {
                // Of the others the argument alone does not tell which elements are kept.
                let kept = if name == "reject" { self.arena.not(arg) } else { self.arena.bool(true) };
                self.query("filter", array, kept)
            }
            "concat" => self.concatenated(array, &values),
            "omit" => self.without_keys(array, &values),
            "isNil" | "isNull" | "isUndefined" => self.nullish(array),
            "cloneDeep" | "clone" => self.copy(array),
            _ => {
                let mut operands = vec![array];
                operands.extend(values);
                self.arena.derived(name, operands)
            }
        }
    }

    /// `_.omit(object, 'a', [b])`: where all names are known, `{ ...object, a: undefined, b: undefined }`.
    fn without_keys(&mut self, object: V, names: &[V]) -> V {
        let mut keys = Vec::new();
        for name in names {
            match self.arena.node(*name) {
                Node::Array(items) => keys.extend(items.iter().map(|item| item.value)),
                _ => keys.push(*name),
            }
        }
        if keys.len() > limits::GROWN || keys.iter().any(|key| self.arena.as_str(*key).is_none()) {
            return self.omitted(object, keys);
        }
        let mut entries = vec![Self::entry(Key::Spread, object)];
        for name in keys {
            let key = self.arena.key_of(name);
            entries.push(Self::entry(key, Arena::UNDEFINED));
        }
        self.new_cell(Node::Object(entries))
    }

    /// An object without the values under keys that are not known.
    pub(super) fn omitted(&mut self, object: V, keys: Vec<V>) -> V {
        let operands = std::iter::once(object).chain(keys).collect();
        self.arena.derived("omit", operands)
    }

    /// `_.union(a, b)`, as `[...new Set([...a, ...b])]`.
    fn united(&mut self, array: V, others: &[V], span: Span) -> V {
        let spread = |value: &V| Item { value: *value, spread: true, cond: C::TRUE };
        let items = std::iter::once(&array).chain(others).map(spread).collect();
        let joined = self.arena.intern(Node::Array(items));
        let (site, callee) = (self.site(span), self.arena.global("Set"));
        let set = self.arena.intern(Node::New { site, callee, args: Box::new([joined]) });
        self.arena.intern(Node::Array(vec![spread(&set)]))
    }

    /// `_.merge(target, source)`, `_.set(target, 'a.b', value)`: the target is changed, and given back.
    ///
    /// Source: Lodash documentation, `_.merge`, `_.assign`, `_.set`.
    fn changed_by_lodash(&mut self, name: &str, target: V, values: &[V], span: Span) -> V {
        match (name, values) {
            ("set", [path, value]) => {
                let Some(path) = self.arena.as_str(*path).map(str::to_owned) else { return target };
                self.assigned_span = span;
                let (parents, last) = path.rsplit_once('.').unwrap_or(("", &path));
                let mut object = target;
                for part in parents.split('.').filter(|part| !part.is_empty()) {
                    let part = self.arena.sym(part);
                    object = self.arena.member(object, part);
                }
                let last = self.arena.sym(last);
                self.assign_key(object, Key::Name(last), *value);
            }
            ("set", _) => {}
            _ => values.iter().for_each(|source| self.merge_all(target, *source, name.starts_with("merge"), span)),
        }
        target
    }

    /// Assigns what a source holds to a target; of a merge, that of its objects to the target's own.
    fn merge_all(&mut self, target: V, source: V, is_deep: bool, span: Span) {
        let known = self.freeze(source);
        let Node::Object(entries) = self.arena.node(known).clone() else {
            return self.assign_all(target, source, span);
        };
        for entry in entries {
            let is_object = matches!(self.arena.node(entry.value), Node::Object(_));
            match entry.key {
                Key::Name(name) if is_deep && is_object && !matches!(self.arena.node(target), Node::Cell(_)) => {
                    let own = self.arena.member(target, name);
                    self.merge_all(own, entry.value, is_deep, span);
                }
                _ => {
                    let only = self.arena.intern(Node::Object(vec![entry]));
                    self.assign_all(target, only, span);
                }
            }
        }
    }
}
