//! Namespaces of TypeScript: `export namespace Users { export async function add(name) {…} }` is an object of what it exports.
//!
//! A namespace beside a class or an interface of the same name adds statics to it, and one beside another namespace adds to that.
//!
//! Source: TypeScript handbook, "Namespaces" and "Declaration Merging". Input: the declaration. Output: the value of its name.
//! Must not know: other files.

use super::eval::Eval;
use crate::value::{Key, Node, Sym, V};
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    pub(super) fn namespace(&mut self, decl: &'a TsModuleDecl) {
        let (TsModuleName::Ident(id), Some(TsNamespaceBody::TsModuleBlock(block)), false) =
            (&decl.id, &decl.body, decl.declare || decl.global)
        else {
            return;
        };
        let outer = self.enter_scope(true);
        for item in &block.body {
            match item {
                ModuleItem::Stmt(stmt) => {
                    self.hoist_vars(std::slice::from_ref(stmt));
                    self.hoist(std::iter::once(stmt));
                }
                ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(ExportDecl { decl: Decl::Fn(decl), .. })) => {
                    self.hoist_function(decl);
                }
                ModuleItem::ModuleDecl(_) => {}
            }
        }
        let mut members: Vec<(Sym, V)> = Vec::new();
        for item in &block.body {
            match item {
                ModuleItem::Stmt(stmt) => self.stmt(stmt),
                ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(export)) => {
                    if !matches!(export.decl, Decl::Fn(_)) {
                        self.decl(&export.decl);
                    }
                    for name in self.declared_names(&export.decl) {
                        let Some(value) = self.resolve(name).map(|var| self.var(var)) else { continue };
                        let value = self.freeze(value);
                        members.push((name, value));
                    }
                }
                ModuleItem::ModuleDecl(_) => {}
            }
        }
        self.scope = outer;
        // A namespace of types is no value.
        if !members.is_empty() {
            let name = self.arena.sym(&id.sym);
            self.add_namespace(name, members);
        }
    }

    fn add_namespace(&mut self, name: Sym, members: Vec<(Sym, V)>) {
        let beside = self.resolve(name).map(|var| self.var(var));
        let mut entries = match beside.map(|value| self.arena.node(value)) {
            Some(Node::Class(class)) => {
                let class = *class;
                return members.into_iter().for_each(|(name, value)| self.add_field(class, true, name, Some(value)));
            }
            Some(Node::Func(_)) => return,
            Some(Node::Object(entries)) => entries.clone(),
            _ => Vec::new(),
        };
        entries.extend(members.into_iter().map(|(name, value)| Self::entry(Key::Name(name), value)));
        let value = self.arena.intern(Node::Object(entries));
        self.declare(name, value);
    }
}
