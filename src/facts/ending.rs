//! How a path ends: by a jump, an exception, and calls that throw: `ctx.throw(404)`, `notFound()`, assertions.
//!
//! Sources: Koa, `ctx.throw` and `ctx.assert`; Next.js, `next/navigation`; SvelteKit, `@sveltejs/kit`; Node.js, `assert` and `process.exit`.
//! Input: a call. Output: the path condition after it. Must not know: MongoDB.

use super::TryPart;
use super::eval::Eval;
use super::railway::CHAINS;
use crate::value::{C, Node, V};
use swc_common::Spanned;
use swc_ecma_ast::{Callee, Expr, MemberProp};

/// Functions of frameworks that throw.
const THROWING: [(&str, &str); 7] = [
    ("next/navigation", "redirect"),
    ("next/navigation", "permanentRedirect"),
    ("next/navigation", "notFound"),
    ("next/navigation", "forbidden"),
    ("next/navigation", "unauthorized"),
    ("@sveltejs/kit", "error"),
    ("@sveltejs/kit", "redirect"),
];

impl Eval<'_> {
    /// The path ends here for good.
    pub(super) fn leave(&mut self) {
        let cond = self.cond;
        if self.frame.loops > 0 {
            self.frame.loop_exits.push(cond);
        }
        self.cond = C::FALSE;
        self.jumped = self.frame.inline > 0;
    }

    /// The path ends with an exception.
    pub(super) fn reject(&mut self) {
        if self.frame.inline > 0 {
            let cond = self.cond;
            self.frame.rejected.push((cond, self.frame.tries.len()));
            if self.frame.tries.is_empty() {
                self.frame.rejects.push((cond, self.frame.effects.len()));
            }
        } else if self.frame.tries.is_empty() {
            let cond = self.cond;
            self.frame.throws.push(cond);
        }
        if let Some((site, TryPart::Handler)) = self.frame.within.last().copied()
            && let Some(handled) = self.frame.handled.iter_mut().find(|handled| handled.site == site)
        {
            handled.rethrows = true;
        }
        self.leave();
    }

    /// The path ends with an exception where a value is none: `Model.findById(id).orFail()`.
    ///
    /// Source: Mongoose, `Query#orFail`.
    pub(super) fn ends_without(&mut self, value: V) {
        let own = self.cond;
        self.cond = self.arena.assume(own, value, false);
        if self.cond != C::FALSE {
            self.reject();
        }
        self.cond = self.arena.assume(own, value, true);
    }

    /// Whether a value is the one document that a query gives, or none.
    pub(super) fn finds_one(&self, query: V) -> bool {
        let Node::Call { callee, .. } = self.arena.node(query) else { return false };
        let Node::Member(_, method) = *self.arena.node(*callee) else { return false };
        let method = self.arena.text(method);
        method.starts_with("findOne") || method.starts_with("findById")
    }

    /// A promise that is returned or awaited ends the path where a callback of its chain ends with an exception.
    pub(super) fn settle(&mut self, promise: &Expr) {
        let (from, _) = self.offsets(promise.span());
        let Some((_, passed)) = self.chain.filter(|(start, _)| *start == from && is_chained(promise)) else { return };
        let own = self.cond;
        let rest = self.arena.since(own, passed);
        if own == C::FALSE || matches!(rest, C::TRUE | C::FALSE) {
            return;
        }
        let test = self.arena.cond_value(rest);
        self.cond = self.arena.assume(own, test, false);
        if self.cond != C::FALSE {
            self.reject();
        }
        self.cond = self.arena.assume(own, test, true);
    }

    /// What a call of a function leaves of the path.
    pub(super) fn ended_by_function(&mut self, callee: V, args: &[V]) {
        let Node::Import { module, name } = self.arena.node(callee) else { return };
        match (self.arena.text(*module), self.arena.text(*name)) {
            called if THROWING.contains(&called) => self.reject(),
            ("assert" | "node:assert" | "http-assert" | "invariant" | "tiny-invariant", _) => self.asserted(args),
            _ => {}
        }
    }

    /// What a call of a method leaves of the path.
    pub(super) fn ended_by_method(&mut self, recv: V, name: &str, args: &[V]) {
        match (name, self.arena.node(recv)) {
            // Koa: ctx.throw(409), ctx.assert(user, 401)
            ("throw", Node::Param(..)) => self.reject(),
            ("assert", Node::Param(..)) => self.asserted(args),
            ("exit", Node::Global(global)) if self.arena.text(*global) == "process" => self.reject(),
            ("ok", Node::Import { module, .. }) if matches!(self.arena.text(*module), "assert" | "node:assert") => {
                self.asserted(args);
            }
            _ => {}
        }
    }

    fn asserted(&mut self, args: &[V]) {
        if let Some(test) = args.first() {
            self.split(*test, |_| {}, |eval| eval.reject());
        }
    }
}

/// Whether a promise is the last of a chain whose exceptions nothing handles.
fn is_chained(promise: &Expr) -> bool {
    let Expr::Call(call) = super::call::unwrap(promise) else { return false };
    let Callee::Expr(callee) = &call.callee else { return false };
    let Expr::Member(member) = super::call::unwrap(callee) else { return false };
    let is_chain = |name: &str| matches!(name, "then" | "map") || CHAINS.contains(&name);
    call.args.len() == 1 && matches!(&member.prop, MemberProp::Ident(name) if is_chain(&name.sym))
}
