//! Modules: imports and exports, in the forms of ECMAScript, CommonJS and TypeScript.
//!
//! Input: the body of a file. Output: what its names are bound to and what it exports. Must not know: other files.

use super::eval::{Code, Eval};
use crate::value::{C, Key, Node, Sym, V};
use rustc_hash::FxHashMap;
use swc_common::Spanned;
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    pub(super) fn module(&mut self, program: &'a Program) {
        self.pending.push(Vec::new());
        match program {
            Program::Script(script) => {
                for stmt in &script.body {
                    if let Stmt::Decl(Decl::TsInterface(decl)) = stmt {
                        self.interface(decl);
                    }
                }
                self.hoist_vars(&script.body);
                self.hoist(script.body.iter());
                for stmt in &script.body {
                    self.stmt(stmt);
                }
            }
            Program::Module(module) => {
                self.imports(module);
                self.type_aliases(module);
                self.interfaces(module);
                for item in &module.body {
                    match item {
                        ModuleItem::Stmt(stmt) => {
                            self.hoist_vars(std::slice::from_ref(stmt));
                            self.hoist(std::iter::once(stmt));
                        }
                        ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(export)) => {
                            if let Decl::Fn(decl) = &export.decl {
                                self.hoist_function(decl);
                            }
                        }
                        ModuleItem::ModuleDecl(_) => {}
                    }
                }
                for item in &module.body {
                    match item {
                        ModuleItem::Stmt(stmt) => self.stmt(stmt),
                        ModuleItem::ModuleDecl(decl) => self.module_decl(decl),
                    }
                }
            }
        }
        // Code after a `return` or `throw` at top level is still evaluated.
        self.cond = C::TRUE;
        self.module_cells = self.cells.len() as u32;
        self.fill_first();
        self.run_pending();
        if let Program::Module(module) = program {
            self.fill_exports(module);
        }
    }

    /// What is exported empty holds what the file assigns to it later: `export let users; export const ready = connect()`.
    fn fill_exports(&mut self, module: &'a Module) {
        let last: FxHashMap<Sym, usize> =
            self.exports.iter().enumerate().map(|(at, (exported, _))| (*exported, at)).collect();
        for item in &module.body {
            let ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(ExportDecl { decl: Decl::Var(decl), .. })) = item else {
                continue;
            };
            for ident in decl.decls.iter().filter_map(|declarator| declarator.name.as_ident()) {
                let name = self.arena.sym(&ident.id.sym);
                let Some(value) = self.resolve(name).map(|var| self.var(var)) else { continue };
                let value = self.filled(value);
                if let Some((_, exported)) = last.get(&name).and_then(|at| self.exports.get_mut(*at))
                    && matches!(self.arena.node(*exported), Node::Undefined | Node::Null)
                {
                    *exported = value;
                }
            }
        }
    }

    /// The one alternative that is no placeholder: `{}` where nothing is connected.
    fn filled(&self, value: V) -> V {
        let is_empty = |value: V| match self.arena.node(value) {
            Node::Cell(cell) => matches!(self.arena.node(self.content(*cell)), Node::Object(all) if all.is_empty()),
            Node::Object(entries) => entries.is_empty(),
            node => matches!(node, Node::Undefined | Node::Null),
        };
        let mut filled = self.arena.alternatives(value).into_iter().map(|(_, value)| value).filter(|v| !is_empty(*v));
        match (filled.next(), filled.next()) {
            (Some(only), None) => only,
            _ => value,
        }
    }

    fn imports(&mut self, module: &'a Module) {
        for item in &module.body {
            let ModuleItem::ModuleDecl(ModuleDecl::Import(import)) = item else { continue };
            let from = import.src.value.to_atom_lossy();
            let from = self.arena.sym(&from);
            for specifier in &import.specifiers {
                let (local, name) = match specifier {
                    ImportSpecifier::Named(named) => {
                        let name = match &named.imported {
                            Some(ModuleExportName::Ident(ident)) => ident.sym.to_string(),
                            Some(ModuleExportName::Str(text)) => text.value.to_atom_lossy().to_string(),
                            None => named.local.sym.to_string(),
                        };
                        (&named.local, name)
                    }
                    ImportSpecifier::Default(default) => (&default.local, "default".to_owned()),
                    ImportSpecifier::Namespace(namespace) => (&namespace.local, "*".to_owned()),
                };
                let name = self.arena.sym(&name);
                let value = self.arena.intern(Node::Import { module: from, name });
                let local = self.arena.sym(&local.sym);
                self.declare(local, value);
            }
        }
    }

    /// Names of imported types. An exported one is exported as what it names.
    fn type_aliases(&mut self, module: &'a Module) {
        for item in &module.body {
            let (decl, is_exported) = match item {
                ModuleItem::Stmt(Stmt::Decl(Decl::TsTypeAlias(decl))) => (decl, false),
                ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(ExportDecl {
                    decl: Decl::TsTypeAlias(decl), ..
                })) => (decl, true),
                _ => continue,
            };
            let Some(value) = self.imported_type(&decl.type_ann) else { continue };
            let name = self.arena.sym(&decl.id.sym);
            self.aliases.insert(name, value);
            if is_exported {
                self.export(&decl.id.sym, value);
            }
        }
    }

    /// Interfaces come before everything else, so that a value of the same name takes their place.
    fn interfaces(&mut self, module: &'a Module) {
        let mut declared = Vec::new();
        for item in &module.body {
            let (decl, exported) = match item {
                ModuleItem::Stmt(Stmt::Decl(Decl::TsInterface(decl))) => (&**decl, None),
                ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(ExportDecl {
                    decl: Decl::TsInterface(decl), ..
                })) => (&**decl, Some(decl.id.sym.as_str())),
                ModuleItem::ModuleDecl(ModuleDecl::ExportDefaultDecl(ExportDefaultDecl {
                    decl: DefaultDecl::TsInterfaceDecl(decl),
                    ..
                })) => (&**decl, Some("default")),
                _ => continue,
            };
            let value = self.interface(decl);
            if let (Some(value), Some(name)) = (value, exported) {
                self.export(name, value);
            }
            declared.extend(value.map(|value| (value, decl)));
        }
        for (interface, decl) in declared {
            self.field_types(interface, decl);
        }
    }

    fn module_decl(&mut self, decl: &'a ModuleDecl) {
        match decl {
            ModuleDecl::ExportDecl(export) => self.export_decl(&export.decl),
            ModuleDecl::ExportDefaultDecl(export) => {
                let value = match &export.decl {
                    DefaultDecl::Class(class) => {
                        let name = class.ident.as_ref().map_or("default".to_owned(), |ident| ident.sym.to_string());
                        let value = self.class(&class.class, &name);
                        let name = self.arena.sym(&name);
                        self.declare(name, value);
                        value
                    }
                    DefaultDecl::Fn(function) => {
                        let name = function.ident.as_ref().map_or("default".to_owned(), |ident| ident.sym.to_string());
                        let value = self.function_value(Code::Function(&function.function), &name);
                        let name = self.arena.sym(&name);
                        self.declare(name, value);
                        value
                    }
                    DefaultDecl::TsInterfaceDecl(_) => return,
                };
                self.export("default", value);
            }
            ModuleDecl::ExportDefaultExpr(export) => {
                self.naming = Some("default".to_owned());
                let value = self.expr(&export.expr);
                self.naming = None;
                self.export("default", value);
            }
            ModuleDecl::ExportNamed(named) => self.export_named(named),
            ModuleDecl::ExportAll(all) => {
                let module = self.arena.sym(&all.src.value.to_atom_lossy());
                self.export_all.push(module);
            }
            ModuleDecl::TsExportAssignment(export) => {
                let value = self.expr(&export.expr);
                self.export("=", value);
            }
            _ => {}
        }
    }

    fn export_decl(&mut self, decl: &'a Decl) {
        let names = self.declared_names(decl);
        if !matches!(decl, Decl::Fn(_)) {
            let span = decl.span();
            self.assigned_span = span;
            self.decl(decl);
        }
        for name in names {
            if let Some(var) = self.resolve(name) {
                let value = self.var(var);
                self.exports.push((name, value));
            }
        }
    }

    /// The names that a declaration gives values to.
    pub(super) fn declared_names(&mut self, decl: &'a Decl) -> Vec<Sym> {
        match decl {
            Decl::Fn(function) => vec![self.arena.sym(&function.ident.sym)],
            Decl::Class(class) => vec![self.arena.sym(&class.ident.sym)],
            Decl::TsEnum(node) => vec![self.arena.sym(&node.id.sym)],
            Decl::TsModule(node) => match &node.id {
                TsModuleName::Ident(id) => vec![self.arena.sym(&id.sym)],
                TsModuleName::Str(_) => Vec::new(),
            },
            Decl::Var(var) => {
                let mut names = Vec::new();
                for declarator in &var.decls {
                    pattern_names(&declarator.name, &mut |name| names.push(name.to_owned()));
                }
                names.iter().map(|name| self.arena.sym(name)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn export_named(&mut self, named: &'a NamedExport) {
        let from = named.src.as_ref().map(|src| self.arena.sym(&src.value.to_atom_lossy()));
        for specifier in &named.specifiers {
            let (local, exported) = match specifier {
                ExportSpecifier::Named(named) => {
                    let local = export_name(&named.orig);
                    let exported = named.exported.as_ref().map_or(local.clone(), export_name);
                    (local, exported)
                }
                ExportSpecifier::Namespace(namespace) => ("*".to_owned(), export_name(&namespace.name)),
                ExportSpecifier::Default(default) => ("default".to_owned(), default.exported.sym.to_string()),
            };
            let local = self.arena.sym(&local);
            let value = match from {
                Some(module) => self.arena.intern(Node::Import { module, name: local }),
                None => match self.resolve(local) {
                    Some(var) => self.var(var),
                    None => continue,
                },
            };
            self.export(&exported, value);
        }
    }

    pub(super) fn export(&mut self, name: &str, value: V) {
        let name = self.arena.sym(name);
        self.exports.push((name, value));
    }

    /// `module` or `exports` of CommonJS, which are not objects of the application.
    pub(super) fn is_module_object(&self, object: V) -> bool {
        match self.arena.node(object) {
            Node::Global(name) => matches!(self.arena.text(*name), "module" | "exports"),
            Node::Member(inner, _) => self.is_module_object(*inner),
            _ => false,
        }
    }

    /// `module.exports = x`, `module.exports.a = x`, `exports.a = x`
    pub(super) fn export_by_assignment(&mut self, object: V, key: Key, value: V) {
        let Key::Name(key) = key else { return };
        let is_exports = |eval: &Self, v: V| match eval.arena.node(v) {
            Node::Global(name) => eval.arena.text(*name) == "exports",
            Node::Member(inner, name) => {
                eval.arena.text(*name) == "exports"
                    && matches!(eval.arena.node(*inner), Node::Global(g) if eval.arena.text(*g) == "module")
            }
            _ => false,
        };
        if is_exports(self, object) {
            self.exports.push((key, value));
        } else if matches!(self.arena.node(object), Node::Global(g) if self.arena.text(*g) == "module")
            && self.arena.text(key) == "exports"
            // module.exports = exports
            && !is_exports(self, value)
        {
            self.export("=", value);
        }
    }
}

fn export_name(name: &ModuleExportName) -> String {
    match name {
        ModuleExportName::Ident(ident) => ident.sym.to_string(),
        ModuleExportName::Str(text) => text.value.to_atom_lossy().to_string(),
    }
}

fn pattern_names(pattern: &Pat, add: &mut dyn FnMut(&str)) {
    match pattern {
        Pat::Ident(ident) => add(&ident.id.sym),
        Pat::Object(object) => {
            for prop in &object.props {
                match prop {
                    ObjectPatProp::KeyValue(pair) => pattern_names(&pair.value, add),
                    ObjectPatProp::Assign(assign) => add(&assign.key.id.sym),
                    ObjectPatProp::Rest(rest) => pattern_names(&rest.arg, add),
                }
            }
        }
        Pat::Array(array) => array.elems.iter().flatten().for_each(|element| pattern_names(element, add)),
        Pat::Assign(assign) => pattern_names(&assign.left, add),
        Pat::Rest(rest) => pattern_names(&rest.arg, add),
        _ => {}
    }
}
