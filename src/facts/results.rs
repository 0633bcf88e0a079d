//! What becomes of values: call results that nothing looks at, and values that may be missing.
//!
//! Input: the evaluator's values as statements, bindings and reads meet them. Output: marks on effects and functions.
//! Must not know: MongoDB.

use super::call::unwrap;
use super::eval::Eval;
use crate::limits;
use crate::value::{Node, Site, V, children};
use rustc_hash::FxHashSet;
use swc_common::Span;
use swc_ecma_ast::{AssignOp, AssignTarget, Callee, Expr, ExprOrSpread, OptChainBase, SimpleAssignTarget, UnaryOp};

impl<'a> Eval<'a> {
    /// A statement that is an expression drops its value: `await messages.updateOne(…);`
    ///                                                   ^^^^^^^^^^^^^^^^^^^^^^
    pub(super) fn drop_result(&mut self, expr: &'a Expr, value: V) {
        if is_call(expr) {
            self.mark_dropped(value);
        }
        if let Some(span) = left_alone(expr) {
            let site = self.site(span);
            self.unsent.insert(site);
        }
    }

    /// A branch depends on a value, and so on the results of the calls in it.
    pub(super) fn mark_decisive(&mut self, test: V) {
        let (mut open, mut seen) = (vec![test], 0);
        while let Some(value) = open.pop() {
            seen += 1;
            if seen > limits::TEST_PARTS {
                return;
            }
            let node = self.arena.node(value);
            if let Node::Call { site, .. } = node {
                self.decisive.insert(*site);
            } else {
                open.extend(children(node));
            }
        }
    }

    /// A method of the query changes what its call does: `.setOptions({ upsert: true })`, `.orFail()`.
    pub(super) fn alter_call(&mut self, query: V) {
        for site in self.result_sites(query) {
            self.decisive.insert(site);
        }
    }

    /// The results of the calls in a value are dropped, unless a variable that holds them is read later.
    pub(super) fn mark_dropped(&mut self, value: V) {
        for site in self.result_sites(value) {
            self.dropped.insert(site);
        }
    }

    /// A variable is read, so the results in it are looked at.
    pub(super) fn mark_read(&mut self, value: V) {
        if self.dropped.is_empty() {
            return;
        }
        for site in self.result_sites(value) {
            self.dropped.remove(&site);
        }
    }

    /// The calls whose results a value is, also as the items of an array.
    fn result_sites(&self, value: V) -> Vec<Site> {
        let (mut open, mut seen, mut sites) = (vec![value], FxHashSet::default(), Vec::new());
        while let Some(value) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            match self.arena.node(value) {
                Node::Call { site, .. } => sites.push(*site),
                Node::OneOf(alternatives) => open.extend(alternatives.iter().map(|(_, v)| *v)),
                // An array may hold itself.
                Node::Cell(cell) => open.push(self.content(*cell)),
                Node::Array(items) if items.len() <= 16 => open.extend(items.iter().map(|item| item.value)),
                _ => {}
            }
        }
        sites
    }

    /// The value can be null or undefined: it was read through `?.`, or its default is `null`.
    pub(super) fn mark_missing(&mut self, value: V) {
        if !self.arena.is_literal(value) && !self.arena.has_cell(value) {
            self.frame.missing.push(value);
        }
    }

    /// Writes what was dropped into the effects, when the whole file has been evaluated.
    pub(super) fn finish_results(&mut self) {
        for effect in self.functions.iter_mut().flat_map(|function| &mut function.effects) {
            effect.dropped = self.dropped.contains(&effect.site);
            effect.decides = self.decisive.contains(&effect.site);
            effect.unsent = self.unsent.contains(&effect.site);
        }
    }
}

/// Whether the value of the expression is that of a call in it, or an assignment of one to a variable.
fn is_call(expr: &Expr) -> bool {
    match expr {
        Expr::Call(_) => true,
        Expr::OptChain(chain) => matches!(&*chain.base, OptChainBase::Call(_)),
        Expr::Await(node) => is_call(&node.arg),
        Expr::Paren(node) => is_call(&node.expr),
        Expr::TsAs(node) => is_call(&node.expr),
        Expr::TsNonNull(node) => is_call(&node.expr),
        Expr::Unary(node) => node.op == UnaryOp::Void && is_call(&node.arg),
        Expr::Assign(node) => {
            node.op == AssignOp::Assign
                && matches!(&node.left, AssignTarget::Simple(SimpleAssignTarget::Ident(_)))
                && is_call(&node.right)
        }
        _ => false,
    }
}

/// Where a call stands for which nothing waits: it has no `await`, hands on no callback, and no method is called on what it gives.
fn left_alone(expr: &Expr) -> Option<Span> {
    let call = match unwrap(expr) {
        Expr::Unary(node) if node.op == UnaryOp::Void => return left_alone(&node.arg),
        Expr::Call(call) => call,
        _ => return None,
    };
    let Callee::Expr(callee) = &call.callee else { return None };
    let Expr::Member(member) = unwrap(callee) else { return None };
    let is_chained = matches!(unwrap(&member.obj), Expr::Call(_));
    let is_data = |arg: &ExprOrSpread| matches!(unwrap(&arg.expr), Expr::Object(_) | Expr::Lit(_));
    // A callback comes last.
    let is_alone = !is_chained && (call.args.len() <= 1 || call.args.last().is_some_and(is_data));
    is_alone.then_some(call.span)
}
