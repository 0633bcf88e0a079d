//! Decorators of classes and their methods, as far as they say what starts a method.
//!
//! Sources: Nest, "Controllers"; TypeScript, "Decorators". Input: the decorators. Output: what each is, and the text that it is called
//! with. Must not know: which framework takes them, other files.

use super::Decorated;
use super::eval::Eval;
use crate::value::{FnRef, Sym};
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    /// What the decorators of a method are.
    pub(super) fn decorated(&mut self, func: FnRef, decorators: &'a [Decorator]) -> Vec<Decorated> {
        let mut decorated = Vec::new();
        for decorator in decorators {
            let Expr::Call(call) = &*decorator.expr else { continue };
            let Callee::Expr(callee) = &call.callee else { continue };
            let by = self.expr(callee);
            let by = self.freeze(by);
            decorated.push(Decorated { func, by, text: self.text_of(call) });
        }
        decorated
    }

    /// The text that the first decorator of a class is called with that is called with one.
    pub(super) fn prefix(&mut self, decorators: &'a [Decorator]) -> Option<Sym> {
        decorators.iter().find_map(|decorator| match &*decorator.expr {
            Expr::Call(call) => self.text_of(call),
            _ => None,
        })
    }

    fn text_of(&mut self, call: &'a CallExpr) -> Option<Sym> {
        match &*call.args.first()?.expr {
            Expr::Lit(Lit::Str(text)) => Some(self.arena.sym(&text.value.to_string_lossy())),
            _ => None,
        }
    }
}
