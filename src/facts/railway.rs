//! Results of the library neverthrow, which are a value or an error, as the promises that they stand for.
//!
//! A value is what was wrapped; an error ends the path as a rejection does, so that `andThen` is a `then`.
//!
//! Source: neverthrow, `ResultAsync`. Input: calls. Output: values. Must not know: MongoDB.

use super::call::unwrap;
use super::eval::Eval;
use crate::value::{Arena, C, Node, V};
use swc_common::Span;
use swc_ecma_ast::{Callee, Expr, ExprOrSpread, MemberProp};

const LIBRARY: &str = "neverthrow";
/// Methods that run their callback with the value.
pub(super) const CHAINS: [&str; 3] = ["andThen", "asyncAndThen", "asyncMap"];
/// Methods of a result alone, which tell that `map` is one too.
const TELLING: [&str; 6] = ["andThen", "asyncAndThen", "asyncMap", "mapErr", "orElse", "fromPromise"];

impl<'a> Eval<'a> {
    /// `okAsync(value)`, `errAsync(error)`
    pub(super) fn result_made(&mut self, function: V, args: &[V]) -> Option<V> {
        let Node::Import { module, name } = self.arena.node(function) else { return None };
        if self.arena.text(*module) != LIBRARY {
            return None;
        }
        match self.arena.text(*name) {
            "ok" | "okAsync" => Some(args.first().copied().unwrap_or(Arena::UNDEFINED)),
            "err" | "errAsync" => Some(self.arena.derived("Promise.reject", args.to_vec())),
            _ => None,
        }
    }

    /// `ResultAsync.fromPromise(promise, onError)`, `result.andThen(next)`
    pub(super) fn result_method(
        &mut self,
        (object, recv): (&'a Expr, V),
        name: &str,
        args: &'a [ExprOrSpread],
        span: Span,
    ) -> Option<V> {
        let is_library =
            matches!(self.arena.node(recv), Node::Import { module, .. } if self.arena.text(*module) == LIBRARY);
        let first = args.first()?;
        if is_library && matches!(name, "fromPromise" | "fromSafePromise") {
            let value = self.expr(&first.expr);
            return Some(value);
        }
        if CHAINS.contains(&name) || name == "map" && is_result(object) {
            let recv = self.freeze(recv);
            return Some(self.fulfilled(first, recv, span));
        }
        if matches!(name, "mapErr" | "orElse") && is_result(object) {
            self.args(args);
            return Some(recv);
        }
        None
    }

    /// A value of which some alternatives are rejections: `found ? errAsync(new Known()) : okAsync(true)`. They end the path; what
    /// is left is returned.
    pub(super) fn without_rejections(&mut self, value: V) -> Option<V> {
        let Node::OneOf(alternatives) = self.arena.node(value).clone() else { return None };
        let (mut rejected, mut kept): (Vec<C>, Vec<(C, V)>) = (Vec::new(), Vec::new());
        for (cond, value) in alternatives {
            match self.arena.node(value) {
                Node::Derived(op, _) if self.arena.text(*op) == "Promise.reject" => rejected.push(cond),
                _ => kept.push((cond, value)),
            }
        }
        if rejected.is_empty() || kept.is_empty() {
            return None;
        }
        for cond in rejected {
            let (own, test) = (self.cond, self.arena.cond_value(cond));
            self.cond = self.arena.assume(own, test, true);
            if self.cond != C::FALSE {
                self.reject();
            }
            self.cond = self.arena.assume(own, test, false);
        }
        Some(self.arena.one_of(kept))
    }
}

/// Whether an expression is a chain of a result's methods.
fn is_result(expr: &Expr) -> bool {
    let mut at = unwrap(expr);
    loop {
        let Expr::Call(call) = at else { return false };
        let Callee::Expr(callee) = &call.callee else { return false };
        let Expr::Member(member) = unwrap(callee) else { return false };
        if matches!(&member.prop, MemberProp::Ident(name) if TELLING.contains(&&*name.sym)) {
            return true;
        }
        at = unwrap(&member.obj);
    }
}
