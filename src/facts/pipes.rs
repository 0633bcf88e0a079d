//! Pipes of Nest: what a parameter of a handler goes through before the handler runs.
//!
//! `add(@Body(FreeName) body)` is `body = await freeName.transform(body)` at the start of `add`.
//!
//! Source: Nest, "Pipes". Input: the decorators of a parameter. Output: its value. Must not know: MongoDB.

use super::eval::{Code, Eval};
use crate::value::{Node, V};
use swc_common::Spanned;
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    /// The value of a parameter behind the pipes of the project that its decorators name.
    pub(super) fn piped(&mut self, code: Code<'a>, at: usize, value: V) -> V {
        let Code::Function(node) = code else { return value };
        let Some(param) = node.params.get(at) else { return value };
        let mut value = value;
        for decorator in &param.decorators {
            let Expr::Call(call) = &*decorator.expr else { continue };
            let is_input = matches!(&call.callee, Callee::Expr(callee)
                if matches!(&**callee, Expr::Ident(name) if matches!(name.sym.as_str(), "Body" | "Param" | "Query")));
            for arg in call.args.iter().filter(|_| is_input) {
                let Some(pipe) = self.pipe(&arg.expr) else { continue };
                value = self.method_effect(pipe, "transform", vec![value], arg.expr.span());
            }
        }
        value
    }

    /// The pipe that a class of the project, or an instance of one, is.
    fn pipe(&mut self, expr: &'a Expr) -> Option<V> {
        if !matches!(expr, Expr::Ident(_) | Expr::New(_)) {
            return None;
        }
        let value = self.expr(expr);
        let site = self.site(expr.span());
        match *self.arena.node(value) {
            Node::Class(class) => Some(self.arena.intern(Node::Instance(class))),
            Node::Import { module, .. } if is_own(self.arena.text(module)) => {
                Some(self.arena.intern(Node::New { site, callee: value, args: Box::default() }))
            }
            Node::New { callee, .. } => {
                let is_own = match self.arena.node(callee) {
                    Node::Class(_) => true,
                    Node::Import { module, .. } => is_own(self.arena.text(*module)),
                    _ => false,
                };
                is_own.then_some(value)
            }
            _ => None,
        }
    }
}

/// Whether a module is one of the project's own.
fn is_own(module: &str) -> bool {
    [".", "@/", "~", "src/"].iter().any(|start| module.starts_with(start))
}
