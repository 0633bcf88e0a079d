//! Queries that methods put together: `Model.findOne().where('email').equals(email)`, `Model.find().or([…])`.
//!
//! The call that begins such a query is changed to the one with the whole filter, so that nothing after this knows of it.
//!
//! Source: Mongoose, `Query` and `Model.where`. Input: a method of a query. Output: the query. Must not know: what a filter means.

use super::EffectKind;
use super::eval::Eval;
use crate::value::{Arena, C, Entry, Key, Node, Site, V};
use swc_common::Span;
use swc_ecma_ast::{Callee, Expr};

/// Methods that begin a query and take its filter first.
const BEGINS: [&str; 10] = [
    "findOne",
    "find",
    "countDocuments",
    "exists",
    "updateOne",
    "updateMany",
    "findOneAndUpdate",
    "findOneAndDelete",
    "deleteOne",
    "deleteMany",
];
/// Methods that ask something of the path that `where` named, each the operator of its name.
const ASKS: [&str; 13] =
    ["ne", "gt", "gte", "lt", "lte", "in", "nin", "exists", "regex", "size", "all", "mod", "elemMatch"];
/// The operator of a query with the path that is asked next.
const WHERE: &str = "where";

/// The operator of a model with the filter of a query that is still to begin: `Model.where({ email })`.
const UNBEGUN: &str = "where of a model";

impl Eval<'_> {
    /// What a method of a query gives, where it adds to the filter or begins the query with it.
    pub(super) fn built_query(&mut self, recv: V, name: &str, args: &[V], span: Span) -> Option<V> {
        let first = args.first().copied();
        if let Some([query, path]) = self.operands_of(recv, WHERE) {
            return self.asked(query, path, name, first);
        }
        if let Some([model, filter]) = self.operands_of(recv, UNBEGUN)
            && BEGINS.contains(&name)
        {
            return Some(self.begin_with(model, filter, (name, args), span));
        }
        let is_open = self.begun_query(recv).is_some() || self.operands_of(recv, UNBEGUN).is_some();
        match (name, first) {
            ("where", Some(path)) if args.len() < 3 => {
                let query = if is_open { recv } else { self.opened(recv)? };
                match (args.get(1), self.arena.node(path)) {
                    (Some(value), _) => self.narrowed(query, path, *value),
                    (None, Node::Str(_) | Node::Template(_)) => Some(self.arena.derived(WHERE, vec![query, path])),
                    (None, _) => self.narrowed_by(query, path),
                }
            }
            ("or" | "and" | "nor", Some(parts)) if is_open => {
                let operator = self.arena.str(&format!("${name}"));
                self.narrowed(recv, operator, parts)
            }
            // where('age').gte(18).lte(65)
            (name, Some(value)) if is_open && ASKS.contains(&name) => self.asked_too(recv, name, value),
            _ => None,
        }
    }

    /// `const query = Model.find(); query.where('email').equals(email)`: the variable holds the query as it is now.
    pub(super) fn rebind_query(&mut self, chain: &Expr, query: V) {
        let mut at = chain;
        let variable = loop {
            at = match at {
                Expr::Ident(variable) => break variable,
                Expr::Call(call) => match &call.callee {
                    Callee::Expr(callee) => callee,
                    _ => return,
                },
                Expr::Member(member) => &member.obj,
                _ => return,
            };
        };
        let name = self.arena.sym(&variable.sym);
        let Some(var) = self.resolve(name) else { return };
        let held = self.vars.get(var).copied().unwrap_or(Arena::UNDEFINED);
        if let (Some((old, ..)), Some((new, ..))) = (self.begun_query(held), self.begun_query(query))
            && old == new
        {
            self.set_var(var, query);
        }
    }

    fn operands_of(&self, value: V, wanted: &str) -> Option<[V; 2]> {
        let Node::Derived(operator, operands) = self.arena.node(value) else { return None };
        if self.arena.text(*operator) != wanted {
            return None;
        }
        <[V; 2]>::try_from(operands.as_slice()).ok()
    }

    /// `where` of what is surely a model; builders of other databases have such a method too.
    fn opened(&mut self, recv: V) -> Option<V> {
        let model = self.freeze(recv);
        let name = match self.arena.node(model) {
            Node::Call { callee, .. } => match self.arena.node(*callee) {
                Node::Member(_, name) | Node::Import { name, .. } => self.arena.text(*name),
                _ => return None,
            },
            _ => return None,
        };
        if !matches!(name, "model" | "getModelForClass") {
            return None;
        }
        let filter = self.arena.intern(Node::Object(Vec::new()));
        Some(self.arena.derived(UNBEGUN, vec![model, filter]))
    }

    /// `Model.where({ email }).findOne()`, `Model.where({ email }).updateOne(update)`
    fn begin_with(&mut self, model: V, filter: V, (name, args): (&str, &[V]), span: Span) -> V {
        let is_update = name.contains("pdate");
        let (own, rest) = match args.split_first() {
            Some((own, rest)) if !is_update || args.len() > 1 => (Some(*own), rest),
            _ => (None, args),
        };
        let mut entries = self.filter_so_far(Some(filter));
        if let Some(own) = own {
            self.spread_into(&mut entries, own, C::TRUE);
        }
        let mut all = vec![self.arena.intern(Node::Object(entries))];
        all.extend(rest);
        self.method_effect(model, name, all, span)
    }

    /// A method of `where('path')`.
    fn asked(&mut self, query: V, path: V, name: &str, value: Option<V>) -> Option<V> {
        if matches!(name, "equals" | "eq") {
            return self.narrowed(query, path, value?);
        }
        if !ASKS.contains(&name) {
            return None;
        }
        let value = value.unwrap_or_else(|| self.arena.bool(true));
        let condition = self.condition(name, value);
        self.narrowed(query, path, condition)
    }

    fn condition(&mut self, name: &str, value: V) -> V {
        let key = Key::Name(self.arena.sym(&format!("${name}")));
        self.arena.intern(Node::Object(vec![Self::entry(key, value)]))
    }

    /// Another condition on the path that was asked last.
    fn asked_too(&mut self, query: V, name: &str, value: V) -> Option<V> {
        let (_, filter) = self.filter_of(query)?;
        let mut entries = self.filter_so_far(filter);
        let last = entries.last_mut()?;
        let Node::Object(mut conditions) = self.arena.node(last.value).clone() else { return None };
        conditions.push(Self::entry(Key::Name(self.arena.sym(&format!("${name}"))), value));
        last.value = self.arena.intern(Node::Object(conditions));
        self.with_filter(query, entries)
    }

    fn narrowed(&mut self, query: V, path: V, value: V) -> Option<V> {
        let (_, filter) = self.filter_of(query)?;
        let mut entries = self.filter_so_far(filter);
        entries.push(Self::entry(self.arena.key_of(path), value));
        self.with_filter(query, entries)
    }

    /// `where({ email })`
    fn narrowed_by(&mut self, query: V, filter: V) -> Option<V> {
        let (_, own) = self.filter_of(query)?;
        let mut entries = self.filter_so_far(own);
        self.spread_into(&mut entries, filter, C::TRUE);
        self.with_filter(query, entries)
    }

    /// The model or the call of a query, and its filter.
    fn filter_of(&self, query: V) -> Option<(V, Option<V>)> {
        if let Some([model, filter]) = self.operands_of(query, UNBEGUN) {
            return Some((model, Some(filter)));
        }
        self.begun_query(query).map(|(_, callee, args)| (callee, args.first().copied()))
    }

    fn filter_so_far(&self, filter: Option<V>) -> Vec<Entry> {
        match filter.map(|filter| (filter, self.arena.node(filter))) {
            None | Some((Arena::UNDEFINED, _)) => Vec::new(),
            Some((_, Node::Object(entries))) => entries.clone(),
            Some((filter, _)) => vec![Self::entry(Key::Spread, filter)],
        }
    }

    /// The same query with another filter: its call stands in the place of the one that was made.
    fn with_filter(&mut self, query: V, filter: Vec<Entry>) -> Option<V> {
        let filter = self.arena.intern(Node::Object(filter));
        if let Some([model, _]) = self.operands_of(query, UNBEGUN) {
            return Some(self.arena.derived(UNBEGUN, vec![model, filter]));
        }
        let (site, callee, mut args) = self.begun_query(query)?;
        match args.first_mut() {
            Some(first) => *first = filter,
            None => args.push(filter),
        }
        let made = self.frame.effects.iter_mut().rev().find(|effect| effect.site == site);
        if let Some(EffectKind::Call { args: own, .. }) = made.map(|effect| &mut effect.kind) {
            own.clone_from(&args);
        }
        Some(self.arena.intern(Node::Call { site, callee, args: args.into() }))
    }

    /// Site, callee and arguments of the call that began a query.
    fn begun_query(&self, value: V) -> Option<(Site, V, Vec<V>)> {
        let Node::Call { site, callee, args } = self.arena.node(value) else { return None };
        let Node::Member(_, name) = self.arena.node(*callee) else { return None };
        BEGINS.contains(&self.arena.text(*name)).then(|| (*site, *callee, args.to_vec()))
    }
}
