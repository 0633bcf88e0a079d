//! Where the statements of a file are.
//!
//! Input: the syntax tree of one file. Output: byte ranges. Must not know: what a statement does.

use crate::parse::FIRST_POSITION;
use swc_common::{Span, Spanned};
use swc_ecma_ast::{ClassMember, Expr, KeyValueProp, ModuleDecl, Program, Stmt};
use swc_ecma_visit::{Visit, VisitWith};

/// 0-based byte offsets of every statement, end exclusive, in the order of the text. Members of classes, and functions that
/// are properties of objects, count as statements: people write a comment above each.
pub fn statements(program: &Program) -> Vec<(u32, u32)> {
    let mut found = Statements(Vec::new());
    program.visit_with(&mut found);
    found.0
}

struct Statements(Vec<(u32, u32)>);

impl Statements {
    pub(super) fn add(&mut self, span: Span) {
        self.0.push((span.lo.0.saturating_sub(FIRST_POSITION), span.hi.0.saturating_sub(FIRST_POSITION)));
    }
}

impl Visit for Statements {
    fn visit_stmt(&mut self, node: &Stmt) {
        if !matches!(node, Stmt::Block(_)) {
            self.add(node.span());
        }
        node.visit_children_with(self);
    }

    fn visit_module_decl(&mut self, node: &ModuleDecl) {
        self.add(node.span());
        node.visit_children_with(self);
    }

    fn visit_class_member(&mut self, node: &ClassMember) {
        self.add(node.span());
        node.visit_children_with(self);
    }

    fn visit_key_value_prop(&mut self, node: &KeyValueProp) {
        if matches!(*node.value, Expr::Arrow(_) | Expr::Fn(_)) {
            self.add(node.span());
        }
        node.visit_children_with(self);
    }
}
