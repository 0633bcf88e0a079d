//! Whether a statement leaves its function, and what an expression waits for.
//!
//! Input: a statement or an expression. Output: yes or no, an expression. Must not know: values.

use swc_ecma_ast::*;

/// The expression without `await` and parentheses.
pub(super) fn awaited(expr: &Expr) -> (&Expr, bool) {
    match expr {
        Expr::Paren(node) => awaited(&node.expr),
        Expr::Await(node) => (awaited(&node.arg).0, true),
        other => (other, false),
    }
}

/// Whether a statement leaves the function, and nothing of it goes on.
pub(super) fn leaves(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Return(_) | Stmt::Throw(_) => true,
        Stmt::Block(block) => block.stmts.last().is_some_and(leaves),
        _ => false,
    }
}
