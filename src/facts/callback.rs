//! Callbacks that run in place: promise chains, array methods, functions that call back at once.
//!
//! Input: a call with a function literal. Output: its effects in the calling function. Must not know: MongoDB.

use super::eval::{Code, Eval};
use super::expr::callee_name;
use super::jump::expects_duplicates;
use super::named_callback::{Callback, code_span};
use super::stmt::function_code;
use crate::value::{Arena, C, Node, RETURNS, V};
use swc_common::Span;
use swc_ecma_ast::*;

/// Array methods whose callback runs in place for each element.
pub(super) const EACH: [&str; 15] = [
    "forEach",
    "map",
    "flatMap",
    "filter",
    "some",
    "every",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "sort",
    "reduce",
    "each",
    "eachAsync",
    "toSorted",
];

impl<'a> Eval<'a> {
    /// `.then(f)`, `.catch(f)`, `.finally(f)`
    pub(super) fn promise_method(&mut self, recv: V, name: &str, args: &'a [ExprOrSpread], span: Span) -> Option<V> {
        match name {
            "then" => {
                let first = args.first()?;
                let recv = self.freeze(recv);
                let Some(rescue) = args.get(1).and_then(|arg| function_code(&arg.expr)) else {
                    return Some(self.fulfilled(first, recv, span));
                };
                let (start, _) = self.offsets(span);
                self.mark_caught(span, expects_duplicates(self.source(code_span(rescue))));
                let (outer, chain) = (self.cond, self.chain);
                // Of two handlers one runs.
                let caught = self.caught(span);
                let own = chain.filter(|(from, _)| *from == start).map_or(outer, |(_, cond)| cond);
                self.cond = self.arena.assume(outer, caught, false);
                self.chain = Some((start, self.arena.assume(own, caught, false)));
                let result = self.fulfilled(first, recv, span);
                (self.cond, self.chain) = (outer, chain);
                let rescued = self.handler(rescue, span);
                Some(self.settled(result, rescued, span))
            }
            "catch" => {
                let first = args.first()?;
                // The handler belongs to the calls before it in the same chain.
                let handles = expects_duplicates(self.source(first_span(first)));
                match function_code(&first.expr) {
                    Some(code) => {
                        self.mark_caught(span, handles);
                        let rescued = self.handler(code, span);
                        Some(self.settled(recv, rescued, span))
                    }
                    None => {
                        self.mark_handled(span, handles);
                        let handler = self.expr(&first.expr);
                        self.accept(span, handler);
                        Some(recv)
                    }
                }
            }
            "finally" => {
                if let Some(code) = args.first().and_then(|arg| function_code(&arg.expr)) {
                    self.in_place(code, &[]);
                }
                Some(recv)
            }
            _ => None,
        }
    }

    /// The first handler of a `then`.
    pub(super) fn fulfilled(&mut self, handler: &'a ExprOrSpread, value: V, span: Span) -> V {
        match function_code(&handler.expr) {
            Some(code) => self.chained(code, value, span),
            None => {
                let callee = self.expr(&handler.expr);
                let known = self.known_function(&callee_name(&handler.expr), callee, &[value], span);
                known.unwrap_or_else(|| self.plain_call(callee, None, None, vec![value], span))
            }
        }
    }

    /// The callback of a `then`, which runs only where those before it in the chain came back without an exception.
    fn chained(&mut self, code: Code<'a>, value: V, span: Span) -> V {
        let (start, _) = self.offsets(span);
        let outer = self.cond;
        if let Some((from, cond)) = self.chain.take()
            && from == start
        {
            self.cond = cond;
        }
        let inner = self.cond;
        let rejections = self.frame.rejected.len();
        let (result, ends) = self.in_place_with_ends(code, &[value]);
        let passed = self.passed(inner, &ends, self.frame.rejected.len() > rejections);
        self.chain = Some((start, passed));
        self.cond = outer;
        result
    }

    /// The condition under which a callback came back, by the conditions of its returns.
    pub(super) fn passed(&mut self, outer: C, ends: &[C], rejects: bool) -> C {
        let own: Vec<C> = ends.iter().map(|end| self.arena.since(outer, *end)).collect();
        if own.is_empty() || own.len() > 3 || !(rejects || own.iter().any(|end| self.needs_a_return(*end))) {
            return outer;
        }
        if let [only] = ends {
            return *only;
        }
        let values = own.into_iter().map(|end| self.arena.cond_value(end)).collect();
        let any = self.arena.any(values);
        match self.arena.assume(outer, any, true) {
            C::FALSE => outer,
            cond => cond,
        }
    }

    /// Whether a condition depends on a call that may never come back.
    fn needs_a_return(&self, cond: C) -> bool {
        let returns = |value: &V| match self.arena.node(*value) {
            Node::Completed(_) => true,
            Node::Derived(op, _) => self.arena.text(*op) == RETURNS,
            _ => false,
        };
        self.arena.atoms(cond).iter().any(|atom| match self.arena.node(atom.value) {
            Node::Or(parts) => parts.iter().any(|part| match self.arena.node(*part) {
                Node::And(inner) => inner.iter().any(returns),
                _ => false,
            }),
            _ => returns(&atom.value),
        })
    }

    /// Runs a callback here, in this function: its effects and assignments are this function's.
    pub(super) fn in_place(&mut self, code: Code<'a>, args: &[V]) -> V {
        self.in_place_with_ends(code, args).0
    }

    /// The callback's value, and the path conditions of its returns.
    pub(super) fn in_place_with_ends(&mut self, code: Code<'a>, args: &[V]) -> (V, Vec<C>) {
        let outer_cond = self.cond;
        let outer_jumped = self.jumped;
        let outer_scope = self.enter_scope(true);
        let returns = std::mem::take(&mut self.frame.returns);
        let exits = std::mem::take(&mut self.frame.loop_exits);
        let this = self.frame.this;
        self.frame.inline += 1;
        let patterns: Vec<&'a Pat> = match code {
            Code::Function(node) => node.params.iter().map(|param| &param.pat).collect(),
            Code::Arrow(node) => node.params.iter().collect(),
            Code::Constructor(_) => Vec::new(),
        };
        for (at, pattern) in patterns.into_iter().enumerate() {
            let value = match args.get(at) {
                Some(value) => *value,
                None => {
                    let span = swc_common::Spanned::span(pattern);
                    self.opaque(span)
                }
            };
            self.bind(pattern, value, super::pattern::Bind::Declare);
        }
        self.body(code);
        if self.cond != C::FALSE {
            let cond = self.cond;
            self.frame.returns.push((cond, Arena::UNDEFINED));
        }
        self.frame.inline -= 1;
        let inner = std::mem::replace(&mut self.frame.returns, returns);
        self.frame.loop_exits = exits;
        self.frame.this = this;
        self.scope = outer_scope;
        self.cond = outer_cond;
        self.jumped = outer_jumped;
        let ends = inner.iter().map(|(cond, _)| *cond).collect();
        let mut alternatives = Vec::new();
        for (cond, value) in inner {
            let cond = self.arena.since(outer_cond, cond);
            alternatives.push((cond, value));
        }
        (self.arena.one_of(alternatives), ends)
    }

    /// An array method with its callback in place, for any element.
    pub(super) fn each(&mut self, recv: V, name: &str, callback: Callback<'a>, args: &'a [ExprOrSpread]) -> V {
        let array = self.freeze(recv);
        if name == "some"
            && let Some(items) = self.joined_arrays(array).filter(|items| items.iter().all(|item| item.spread))
        {
            let parts = items.into_iter().map(|item| self.each(item.value, name, callback, args)).collect();
            return self.arena.any(parts);
        }
        let element = self.element(array);
        let params = match name {
            "reduce" => {
                let start = match args.get(1) {
                    Some(arg) => self.expr(&arg.expr),
                    None => element,
                };
                vec![start, element]
            }
            "sort" | "toSorted" => vec![element, element],
            _ => vec![element],
        };
        let some = self.opaque(callback.span());
        // reduce((found, m) => found || m.user === user, false)
        let folded = match params.first().map(|start| self.arena.node(*start)) {
            Some(Node::Bool(start)) if name == "reduce" && args.len() > 1 => {
                Some(if *start { "every" } else { "some" })
            }
            _ => None,
        };
        let mut result = Arena::UNDEFINED;
        let outer = self.cond;
        let base = std::mem::replace(&mut self.frame.loop_base, outer);
        let before = self.frame.rejected.len();
        self.frame.loops += 1;
        self.maybe(some, |eval| {
            eval.ask_filters(array);
            result = eval.called_back(callback, &params);
        });
        self.frame.loops -= 1;
        self.frame.loop_base = base;
        // What an async callback throws is told by its promise, of which `forEach` knows nothing.
        if !callback.is_async() || name != "forEach" {
            let around = self.frame.tries.len();
            let thrown = self.frame.rejected.get(before..).unwrap_or_default().iter();
            let thrown = thrown.filter(|(_, tries)| *tries == around).map(|(cond, _)| *cond).collect();
            self.left_by(outer, thrown);
        }
        let result = self.freeze(result);
        if let Some(asked) = folded {
            return self.query(asked, array, result);
        }
        match name {
            "flatMap" if matches!(self.arena.node(result), Node::Array(_)) => {
                let lists = self.arena.intern(Node::Mapped(array, result));
                self.query("flat", lists, Arena::UNDEFINED)
            }
            "map" | "flatMap" => self.arena.mapped(array, result),
            "forEach" | "each" | "eachAsync" => Arena::UNDEFINED,
            "reduce" => self.arena.derived("reduce", vec![array, result]),
            // Of Lodash.
            "reject" => {
                let kept = self.arena.not(result);
                self.query("filter", array, kept)
            }
            _ => self.query(name, array, result),
        }
    }

    pub(super) fn query(&mut self, method: &str, array: V, arg: V) -> V {
        let method = self.arena.sym(method);
        let query = Node::Query { method, array, arg };
        self.arena.asked_of_made(method, array, arg).unwrap_or_else(|| self.arena.intern(query))
    }
}

fn first_span(arg: &ExprOrSpread) -> Span {
    swc_common::Spanned::span(&*arg.expr)
}
