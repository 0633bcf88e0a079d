//! Flags of a module: `let running = false` that functions of the file set. What such a flag holds when a function
//! starts is not known, and setting it outlives the call.
//!
//! Input: the tree of a module. Output: the flags, as fields of an unknown object. Must not know: what a flag is for.

use super::EffectKind;
use super::eval::{Eval, Flag};
use crate::value::{Node, Sym, V};
use swc_common::Span;
use swc_ecma_ast::*;
use swc_ecma_visit::{Visit, VisitWith};

/// The flags that are set somewhere else than where they are declared.
struct SetFlags<'n> {
    names: &'n [String],
    set: Vec<String>,
}

impl Visit for SetFlags<'_> {
    fn visit_assign_expr(&mut self, node: &AssignExpr) {
        if let AssignTarget::Simple(SimpleAssignTarget::Ident(ident)) = &node.left
            && self.names.iter().any(|name| *name == *ident.id.sym)
        {
            self.set.push(ident.id.sym.to_string());
        }
        node.visit_children_with(self);
    }
}

impl<'a> Eval<'a> {
    /// The names of the module's flags, before it is evaluated.
    pub(super) fn find_flags(&mut self, program: &'a Program) {
        let mut names = Vec::new();
        let mut declared = |decl: &VarDecl| {
            for declarator in decl.decls.iter().filter(|_| decl.kind != VarDeclKind::Const) {
                if let (Pat::Ident(ident), Some(Expr::Lit(Lit::Bool(_)))) =
                    (&declarator.name, declarator.init.as_deref())
                {
                    names.push(ident.id.sym.to_string());
                }
            }
        };
        match program {
            Program::Script(script) => script.body.iter().for_each(|stmt| {
                if let Stmt::Decl(Decl::Var(decl)) = stmt {
                    declared(decl);
                }
            }),
            Program::Module(module) => module.body.iter().for_each(|item| match item {
                ModuleItem::Stmt(Stmt::Decl(Decl::Var(decl))) => declared(decl),
                ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(export)) => {
                    if let Decl::Var(decl) = &export.decl {
                        declared(decl);
                    }
                }
                _ => {}
            }),
        }
        if names.is_empty() {
            return;
        }
        let mut visitor = SetFlags { names: &names, set: Vec::new() };
        program.visit_with(&mut visitor);
        self.flag_names = visitor.set;
    }

    /// The value of a variable of the module that is a flag, in place of its first value.
    pub(super) fn flag_value(&mut self, name: &str, value: V, span: Span) -> Option<V> {
        let of_module = self.frame.func.0 == 0 && self.frame.inline == 0;
        if !of_module || !self.flag_names.iter().any(|flag| flag == name) {
            return None;
        }
        if !matches!(self.arena.node(value), Node::Bool(_)) {
            return None;
        }
        let object = self.opaque(span);
        let name = self.arena.sym(name);
        Some(self.arena.intern(Node::Member(object, name)))
    }

    /// Remembers the variable that was declared last as a flag.
    pub(super) fn declare_flag(&mut self, name: Sym, value: V) {
        if let Some(var) = self.resolve(name) {
            self.flags.push(Flag { var, value });
        }
    }

    /// Setting a flag in a function is an effect.
    pub(super) fn set_flag(&mut self, var: usize, value: V) {
        let Some(flag) = self.flags.iter().find(|flag| flag.var == var).copied() else { return };
        let Node::Member(object, name) = *self.arena.node(flag.value) else { return };
        if self.frame.func.0 == 0 && self.frame.inline == 0 {
            return;
        }
        let value = self.freeze(value);
        let site = self.site(self.assigned_span);
        self.effect(site, EffectKind::Assign { object, key: Some(name), value });
    }

    /// After a function was evaluated, its flags hold what they held before: it says nothing of when it is called.
    pub(super) fn reset_flags(&mut self) {
        for Flag { var, value } in self.flags.clone() {
            if self.var(var) != value {
                self.set_var(var, value);
            }
        }
    }
}
