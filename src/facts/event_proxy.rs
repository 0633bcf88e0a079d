//! EventProxy: `proxy.done(handler)` is a callback that keeps the error, and hands what follows it to the handler.
//!
//! Source: EventProxy, "done" and "doneLater". Input: a method call. Output: the callback. Must not know: MongoDB.

use super::call::own_name;
use super::eval::Eval;
use super::stmt::function_code;
use crate::value::{Node, V};
use swc_ecma_ast::ExprOrSpread;

impl<'a> Eval<'a> {
    /// `proxy.done(function (user) { … })`, `proxy.done('user', function (user) { … })`
    pub(super) fn done(&mut self, recv: V, name: &str, args: &'a [ExprOrSpread]) -> Option<V> {
        let handler = args.last().filter(|_| matches!(name, "done" | "doneLater") && self.is_event_proxy(recv))?;
        let code = function_code(&handler.expr)?;
        let own = own_name(&handler.expr).unwrap_or_else(|| format!("{name} callback"));
        let func = self.define(code, &own);
        self.after_error.insert(func);
        self.evaluate(func, code);
        Some(self.arena.intern(Node::Func(func)))
    }

    /// `new EventProxy()`, `EventProxy.create(…)`
    fn is_event_proxy(&self, value: V) -> bool {
        let is_import = |value: V| match self.arena.node(value) {
            Node::Import { module, .. } => self.arena.text(*module) == "eventproxy",
            _ => false,
        };
        match self.arena.node(value) {
            Node::New { callee, .. } => is_import(*callee),
            Node::Call { callee, .. } => match self.arena.node(*callee) {
                Node::Member(library, name) => self.arena.text(*name) == "create" && is_import(*library),
                _ => is_import(*callee),
            },
            _ => false,
        }
    }
}
