//! Functions that only calls of their own file use: what none of these calls gives, nobody gives. `keep` of
//! `const merge = async (id, keep = false) => …` is `false` where every call is `merge(id)`.
//!
//! A function counts whose name stands in the file where it is declared, and else only where it is called.
//!
//! Input: the tree of a file. Output: how many arguments such a function is given at most. Must not know: what a parameter is for.

use super::eval::{Code, Eval};
use rustc_hash::{FxHashMap, FxHashSet};
use swc_common::{BytePos, Spanned};
use swc_ecma_ast::*;
use swc_ecma_visit::{Visit, VisitWith};

/// The calls of one name.
#[derive(Default)]
struct Calls {
    /// How often the name stands in the file.
    named: u32,
    called: u32,
    /// The most arguments of a call; none where one spreads a list.
    most: Option<u32>,
    /// Where the function begins that is declared by this name.
    begins: Option<BytePos>,
}

#[derive(Default)]
struct OwnCalls {
    by_name: FxHashMap<Id, Calls>,
    exported: FxHashSet<Id>,
}

impl OwnCalls {
    fn of(&mut self, name: &Ident) -> &mut Calls {
        self.by_name.entry(name.to_id()).or_insert_with(|| Calls { most: Some(0), ..Calls::default() })
    }
}

impl Visit for OwnCalls {
    fn visit_ident(&mut self, node: &Ident) {
        self.of(node).named += 1;
    }

    fn visit_fn_decl(&mut self, node: &FnDecl) {
        self.of(&node.ident).begins = node.function.body.as_ref().map(|_| node.function.span.lo);
        node.visit_children_with(self);
    }

    fn visit_var_declarator(&mut self, node: &VarDeclarator) {
        let function = node.init.as_deref().filter(|init| matches!(init, Expr::Arrow(_) | Expr::Fn(_)));
        if let (Pat::Ident(name), Some(function)) = (&node.name, function) {
            self.of(&name.id).begins = Some(function.span().lo);
        }
        node.visit_children_with(self);
    }

    fn visit_call_expr(&mut self, node: &CallExpr) {
        if let Callee::Expr(callee) = &node.callee
            && let Expr::Ident(name) = &**callee
        {
            let is_plain = node.args.iter().all(|arg| arg.spread.is_none());
            let calls = self.of(name);
            calls.called += 1;
            calls.most = calls.most.filter(|_| is_plain).map(|most| most.max(node.args.len() as u32));
        }
        node.visit_children_with(self);
    }

    fn visit_export_decl(&mut self, node: &ExportDecl) {
        match &node.decl {
            Decl::Fn(function) => drop(self.exported.insert(function.ident.to_id())),
            Decl::Var(vars) => {
                let names = vars.decls.iter().filter_map(|declarator| declarator.name.as_ident());
                self.exported.extend(names.map(|name| name.id.to_id()));
            }
            _ => {}
        }
        node.visit_children_with(self);
    }
}

impl<'a> Eval<'a> {
    /// The functions of the file that only its own calls use, before it is evaluated.
    pub(super) fn find_own_calls(&mut self, program: &'a Program) {
        let mut found = OwnCalls::default();
        program.visit_with(&mut found);
        let OwnCalls { by_name, exported } = found;
        let own = by_name
            .into_iter()
            .filter(|(name, calls)| calls.called > 0 && calls.named == calls.called + 1 && !exported.contains(name));
        self.given_at_most = own.filter_map(|(_, calls)| Some((calls.begins?, calls.most?))).collect();
    }

    /// Whether no call gives a function a parameter.
    pub(super) fn is_never_given(&self, code: Code<'a>, at: u32) -> bool {
        let begins = match code {
            Code::Function(node) => node.span.lo,
            Code::Arrow(node) => node.span.lo,
            Code::Constructor(_) => return false,
        };
        self.given_at_most.get(&begins).is_some_and(|most| at >= *most)
    }
}
