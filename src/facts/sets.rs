//! Sets, and lists that are asked as sets: `new Set(list).has(x)`, `seen.add(x)`, `collection.distinct('field', filter)`.
//!
//! Sources: ECMAScript, "Set Objects"; MongoDB Node.js driver API, `Collection.distinct`; Mongoose, `Model.distinct`, `Query.distinct`.
//! Input: a call and its values. Output: the same asked of a list. Must not know: what is stored.

use super::call::unwrap;
use super::cell::Growth;
use super::eval::Eval;
use crate::limits;
use crate::value::{C, Item, Node, V};
use swc_common::Span;
use swc_ecma_ast::Expr;

impl Eval<'_> {
    /// What a method of a set, or one that gives the values of a field, asks of a list.
    pub(super) fn set_method(&mut self, (object, recv): (&Expr, V), name: &str, args: &[V], span: Span) -> Option<V> {
        match (name, args) {
            ("has", [value]) => {
                let set = self.freeze(recv);
                let list = self.list_of_set(set)?;
                let query = self.query("includes", list, *value);
                self.place(query, span);
                Some(query)
            }
            ("add", [value]) => self.add_to_set(object, recv, *value, span),
            ("distinct", [field, rest @ ..]) => self.distinct(recv, *field, rest, span),
            ("map", [function]) => {
                let Node::Global(name) = self.arena.node(*function) else { return None };
                let name = self.arena.text(*name).to_owned();
                if !matches!(name.as_str(), "String" | "Number" | "Boolean") {
                    return None;
                }
                let list = self.freeze(recv);
                let element = self.element(list);
                let each = self.known_function(&name, *function, &[element], span)?;
                Some(self.arena.intern(Node::Mapped(list, each)))
            }
            _ => None,
        }
    }

    /// The list of which a set was made, where this function has made it; one of the module is shared by all calls.
    fn list_of_set(&self, set: V) -> Option<V> {
        match self.arena.node(set) {
            Node::New { args, .. } if self.is_made_here(set, "Set") => args.first().copied(),
            _ => None,
        }
    }

    /// Whether a set or a map was made by this function.
    pub(super) fn is_made_here(&self, value: V, class: &str) -> bool {
        let Node::New { site, callee, args } = self.arena.node(value) else { return false };
        let made = self.arena.site_info(*site);
        let own = self.functions.get(self.frame.func.0 as usize);
        args.len() < 2
            && self.arena.is_global(*callee, class)
            && own.is_some_and(|own| own.start <= made.start && made.end <= own.end)
    }

    /// `seen.add(x)`: the variable holds the set as it is then.
    fn add_to_set(&mut self, object: &Expr, recv: V, value: V, span: Span) -> Option<V> {
        let Expr::Ident(variable) = unwrap(object) else { return None };
        let Node::New { callee, args, .. } = self.arena.node(recv).clone() else { return None };
        if !self.is_made_here(recv, "Set") {
            return None;
        }
        let mut items = match args.first().map(|list| (*list, self.arena.node(*list))) {
            None => Vec::new(),
            Some((_, Node::Array(items))) => items.clone(),
            Some((list, _)) => vec![Item { value: list, spread: true, cond: C::TRUE }],
        };
        match self.growth(items.len(), items.last().map(|item| item.value)) {
            Growth::Full => return Some(recv),
            Growth::Last(rest) => items.push(Item { value: rest, spread: true, cond: C::TRUE }),
            Growth::Free => items.push(self.added(value)),
        }
        let list = self.arena.intern(Node::Array(items));
        let site = self.site(span);
        let set = self.arena.intern(Node::New { site, callee, args: Box::new([list]) });
        let name = self.arena.sym(&variable.sym);
        if let Some(variable) = self.resolve(name) {
            self.set_var(variable, set);
        }
        Some(set)
    }

    /// `distinct('field', filter)` as the values of the field in what the filter finds.
    fn distinct(&mut self, recv: V, field: V, rest: &[V], span: Span) -> Option<V> {
        let path = self.arena.as_str(field)?.to_owned();
        let found = match self.is_query_like(recv) && rest.is_empty() {
            true => recv,
            false => {
                let filter = match rest.first() {
                    Some(filter) => *filter,
                    None => self.arena.intern(Node::Object(Vec::new())),
                };
                let rest = rest.get(1..).unwrap_or_default();
                let args = std::iter::once(filter).chain(rest.iter().copied()).collect();
                self.method_effect(recv, "find", args, span)
            }
        };
        let mut value = self.element(found);
        for part in path.split('.').take(limits::SENT_DEPTH as usize) {
            let part = self.arena.sym(part);
            value = self.arena.member(value, part);
        }
        Some(self.arena.intern(Node::Mapped(found, value)))
    }
}
