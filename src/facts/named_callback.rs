//! Callbacks of array methods: written in place, or a function by its name: `rows.map(toEntry)`.
//!
//! Input: the arguments of a call. Output: what is called for each element. Must not know: MongoDB.

use super::eval::{Code, Eval};
use super::stmt::function_code;
use crate::value::{Node, V};
use swc_common::{Span, Spanned};
use swc_ecma_ast::*;

/// What an array method calls.
#[derive(Clone, Copy)]
pub(super) enum Callback<'a> {
    Code(Code<'a>),
    /// A function that is written elsewhere, and where it is named.
    Named(V, Span),
}

impl Callback<'_> {
    pub const fn span(self) -> Span {
        match self {
            Self::Code(code) => code_span(code),
            Self::Named(_, span) => span,
        }
    }

    pub const fn is_async(self) -> bool {
        match self {
            Self::Code(code) => code.is_async(),
            Self::Named(..) => false,
        }
    }
}

impl<'a> Eval<'a> {
    /// What an array method of this name calls with each element; none where its argument may be no function.
    pub(super) fn callback(&mut self, name: &str, args: &'a [ExprOrSpread]) -> Option<Callback<'a>> {
        let first = args.first()?;
        if let Some(code) = function_code(&first.expr) {
            return Some(Callback::Code(code));
        }
        let asks_for_one =
            matches!(name, "map" | "flatMap" | "forEach" | "filter" | "some" | "every" | "find" | "findIndex");
        let is_name = matches!(&*first.expr, Expr::Ident(_) | Expr::Member(_));
        if args.len() != 1 || first.spread.is_some() || !asks_for_one || !is_name {
            return None;
        }
        let callee = self.expr(&first.expr);
        let is_function = match self.arena.node(callee) {
            Node::Func(_) => true,
            // What a collection is asked for has a name as well: `users.find(filter)`.
            Node::Import { .. } | Node::Param(..) => !matches!(name, "find" | "filter") && self.may_be_given(callee),
            _ => false,
        };
        is_function.then(|| Callback::Named(callee, first.expr.span()))
    }

    /// Whether a value is a parameter, or what a module of the application exports.
    fn may_be_given(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Import { module, .. } => self.arena.text(*module).starts_with(['.', '@', '~', '$']),
            other => matches!(other, Node::Param(..)),
        }
    }

    /// The result of a callback for these arguments.
    pub(super) fn called_back(&mut self, callback: Callback<'a>, args: &[V]) -> V {
        match callback {
            Callback::Code(code) => self.in_place(code, args),
            Callback::Named(callee, span) => self.plain_call(callee, None, None, args.to_vec(), span),
        }
    }
}

/// Where a function stands.
pub(super) const fn code_span(code: Code<'_>) -> Span {
    match code {
        Code::Function(node) => node.span,
        Code::Arrow(node) => node.span,
        Code::Constructor(node) => node.span,
    }
}
