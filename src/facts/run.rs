//! How a file is run: which modules it loads, and whether it ends by itself.
//!
//! Input: the syntax tree of one file. Output: [`Run`]. Must not know: other files, MongoDB.

use swc_ecma_ast::*;
use swc_ecma_visit::{Visit, VisitWith};

/// What a file says of how it is run.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The modules that it loads, also those of which it uses nothing.
    pub loads: Vec<String>,
    /// It loads modules whose names it puts together, or looks through folders for them.
    pub searches: bool,
    /// It ends the process when its work is done, or takes arguments from a command line.
    pub ends: bool,
    /// A clock or an endless loop keeps it running.
    pub goes_on: bool,
    /// It does something again and again without an end.
    pub loops: bool,
}

/// Reads how a file is run off its tree.
pub fn run(program: &Program) -> Run {
    let mut found = Run::default();
    program.visit_with(&mut found);
    found
}

impl Visit for Run {
    fn visit_import_decl(&mut self, node: &ImportDecl) {
        if !node.type_only {
            self.loads.push(node.src.value.to_atom_lossy().to_string());
        }
    }

    fn visit_named_export(&mut self, node: &NamedExport) {
        self.loads.extend(node.src.iter().map(|source| source.value.to_atom_lossy().to_string()));
    }

    fn visit_export_all(&mut self, node: &ExportAll) {
        self.loads.push(node.src.value.to_atom_lossy().to_string());
    }

    fn visit_call_expr(&mut self, node: &CallExpr) {
        let first = node.args.first().map(|arg| &*arg.expr);
        match (&node.callee, first) {
            (Callee::Import(_), Some(Expr::Lit(Lit::Str(module)))) => {
                self.loads.push(module.value.to_atom_lossy().to_string());
            }
            (Callee::Import(_), _) => self.searches = true,
            (Callee::Expr(callee), first) => match (&**callee, first) {
                (Expr::Ident(name), Some(Expr::Lit(Lit::Str(module)))) if name.sym == "require" => {
                    self.loads.push(module.value.to_atom_lossy().to_string());
                }
                (Expr::Ident(name), Some(_)) if name.sym == "require" => self.searches = true,
                (Expr::Ident(name), _) if matches!(name.sym.as_str(), "setInterval" | "setTimeout") => {
                    self.goes_on = true;
                }
                // process.exit() after the work; process.exit(1) is how a server gives up
                (Expr::Member(member), code) if is_of_process(member, "exit") => {
                    self.ends |= code.is_none_or(|code| matches!(code, Expr::Lit(Lit::Num(n)) if n.value == 0.0));
                }
                _ => {}
            },
            _ => {}
        }
        node.visit_children_with(self);
    }

    fn visit_member_expr(&mut self, node: &MemberExpr) {
        self.ends |= is_of_process(node, "argv");
        node.visit_children_with(self);
    }

    fn visit_while_stmt(&mut self, node: &WhileStmt) {
        let is_endless = matches!(&*node.test, Expr::Lit(Lit::Bool(test)) if test.value);
        self.goes_on |= is_endless;
        self.loops |= is_endless;
        node.visit_children_with(self);
    }

    fn visit_for_stmt(&mut self, node: &ForStmt) {
        self.goes_on |= node.test.is_none();
        self.loops |= node.test.is_none();
        node.visit_children_with(self);
    }

    fn visit_for_of_stmt(&mut self, node: &ForOfStmt) {
        // for await (const message of queue)
        self.loops |= node.is_await;
        node.visit_children_with(self);
    }
}

fn is_of_process(member: &MemberExpr, name: &str) -> bool {
    matches!(&*member.obj, Expr::Ident(object) if object.sym == "process")
        && matches!(&member.prop, MemberProp::Ident(own) if own.sym == name)
}
