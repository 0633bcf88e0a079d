//! Statements: order, branches, loops, exceptions.

use super::eval::{Code, Eval, Pending};
use super::jump::is_endless;
use super::pattern::Bind;
use super::standing::Standalone;
use crate::limits::Cut;
use crate::value::{Arena, C, Key, Node, Sym, V};
use swc_ecma_ast::*;
use swc_ecma_visit::{Visit, VisitWith};

/// The names that `var` declares in a function, outside of nested functions.
#[derive(Default)]
struct VarNames {
    names: Vec<String>,
}

impl Visit for VarNames {
    fn visit_var_decl(&mut self, decl: &VarDecl) {
        if decl.kind == VarDeclKind::Var {
            for declarator in &decl.decls {
                if let Pat::Ident(ident) = &declarator.name {
                    self.names.push(ident.id.sym.to_string());
                }
            }
        }
    }

    fn visit_expr(&mut self, _: &Expr) {}
    fn visit_function(&mut self, _: &Function) {}
    fn visit_class(&mut self, _: &Class) {}
}

/// The names that a piece of code assigns to, nested functions included.
#[derive(Default)]
struct AssignedNames {
    names: Vec<String>,
}

impl Visit for AssignedNames {
    fn visit_assign_expr(&mut self, node: &AssignExpr) {
        if let Some(ident) = node.left.as_ident() {
            self.names.push(ident.id.sym.to_string());
        }
        node.visit_children_with(self);
    }
}

impl<'a> Eval<'a> {
    /// Functions that fill the module's empty variables (`let users; function init(db) { users = db.collection('users') }`)
    /// are evaluated before those that read them.
    pub(super) fn fill_first(&mut self) {
        let empty: Vec<Sym> = match self.scopes.first() {
            Some(scope) => scope.vars.iter().filter(|(_, var)| self.is_empty(**var)).map(|(name, _)| *name).collect(),
            None => return,
        };
        if empty.is_empty() {
            return;
        }
        let Some(pending) = self.pending.last_mut() else { return };
        let arena = &self.arena;
        pending.sort_by_cached_key(|pending| {
            let mut assigned = AssignedNames::default();
            match pending.code {
                Code::Function(node) => node.visit_with(&mut assigned),
                Code::Arrow(node) => node.visit_with(&mut assigned),
                Code::Constructor(node) => node.visit_with(&mut assigned),
            }
            let fills = assigned.names.iter().any(|name| empty.iter().any(|sym| arena.text(*sym) == name));
            !fills
        });
    }

    pub(super) fn is_empty(&self, var: usize) -> bool {
        matches!(self.arena.node(self.var(var)), Node::Undefined | Node::Null)
    }

    /// Declares the `var` names of a function body in its scope.
    pub(super) fn hoist_vars(&mut self, stmts: &'a [Stmt]) {
        let mut vars = VarNames::default();
        for stmt in stmts {
            stmt.visit_with(&mut vars);
        }
        for name in vars.names {
            let name = self.arena.sym(&name);
            self.declare_var(name);
        }
    }

    /// Statements of one block, in the current scope. Functions declared here are evaluated at the end, when the
    /// block's constants are known.
    pub(super) fn block(&mut self, stmts: &'a [Stmt]) {
        self.list(stmts, false);
    }

    pub(super) fn list(&mut self, stmts: &'a [Stmt], is_lone: bool) {
        let outer = self.enter_list(stmts, is_lone);
        self.pending.push(Vec::new());
        self.hoist(stmts.iter());
        for stmt in stmts {
            self.stmt(stmt);
        }
        self.run_pending();
        self.standing = outer;
    }

    pub(super) fn run_pending(&mut self) {
        let pending = self.pending.pop().unwrap_or_default();
        for Pending { func, code, scope, this } in pending {
            self.run_function(func, code, scope, this);
            self.constructed_fields(func, code, this);
        }
    }

    /// Declares the functions and classes of a block before its statements run.
    pub(super) fn hoist(&mut self, stmts: impl Iterator<Item = &'a Stmt>) {
        for stmt in stmts {
            if let Stmt::Decl(Decl::Fn(decl)) = stmt {
                self.hoist_function(decl);
            }
        }
    }

    pub(super) fn hoist_function(&mut self, decl: &'a FnDecl) {
        if let Some(class) = self.constructor_function(Code::Function(&decl.function), &decl.ident.sym) {
            let name = self.arena.sym(&decl.ident.sym);
            return self.declare(name, class);
        }
        let func = self.define(Code::Function(&decl.function), &decl.ident.sym);
        let value = self.arena.intern(Node::Func(func));
        let name = self.arena.sym(&decl.ident.sym);
        self.declare(name, value);
        self.defer(func, Code::Function(&decl.function));
    }

    pub(super) fn scoped_block(&mut self, stmts: &'a [Stmt]) {
        let outer = self.enter_scope(false);
        self.block(stmts);
        self.scope = outer;
    }

    pub(super) fn stmt(&mut self, stmt: &'a Stmt) {
        if self.cond == C::FALSE {
            return;
        }
        self.deeper(Cut::Branches, |eval| eval.stmt_inner(stmt));
    }

    fn stmt_inner(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Expr(expr) => {
                self.note_statement(&expr.expr, expr.span, Standalone::Alone);
                let value = self.expr(&expr.expr);
                self.drop_result(&expr.expr, value);
            }
            Stmt::Decl(decl) => self.decl(decl),
            Stmt::Block(block) => self.scoped_block(&block.stmts),
            Stmt::If(node) => {
                let test = self.expr(&node.test);
                self.note_test(node, test);
                self.split(
                    test,
                    |eval| eval.in_scope(&node.cons),
                    |eval| {
                        if let Some(alt) = &node.alt {
                            eval.in_scope(alt);
                        }
                    },
                );
            }
            Stmt::Return(node) => {
                let value = match &node.arg {
                    Some(arg) => {
                        self.note_statement(arg, node.span, Standalone::Returned);
                        let value = self.expr(arg);
                        self.settle(arg);
                        value
                    }
                    None => Arena::UNDEFINED,
                };
                self.cond = self.uncaught(node, value);
                self.return_value(value);
            }
            Stmt::Throw(node) => {
                self.expr(&node.arg);
                self.reject();
            }
            Stmt::Break(_) => {
                let cond = self.cond;
                self.frame.breaks.push(cond);
                self.cond = C::FALSE;
                self.jumped = true;
            }
            Stmt::Continue(_) => {
                self.cond = C::FALSE;
                self.jumped = true;
            }
            Stmt::Switch(node) => self.switch(node),
            Stmt::Try(node) => self.try_catch(node),
            Stmt::While(node) if is_endless(Some(&node.test)) && self.endless(&node.body, None) => {}
            Stmt::DoWhile(node) if is_endless(Some(&node.test)) && self.endless(&node.body, None) => {}
            Stmt::While(node) => {
                let test = self.expr(&node.test);
                self.loop_body(test, |eval| eval.in_scope(&node.body));
                self.loop_ended(&node.test, Some(test));
            }
            Stmt::DoWhile(node) => {
                let always = self.opaque(node.span);
                self.loop_body(always, |eval| {
                    eval.in_scope(&node.body);
                    if eval.cond != C::FALSE {
                        eval.expr(&node.test);
                    }
                });
                self.loop_ended(&node.test, None);
            }
            Stmt::For(node) => {
                let outer = self.enter_scope(false);
                match &node.init {
                    Some(VarDeclOrExpr::VarDecl(decl)) => self.var_decl(decl),
                    Some(VarDeclOrExpr::Expr(expr)) => {
                        self.expr(expr);
                    }
                    None => {}
                }
                let step = node.update.as_deref();
                if !(is_endless(node.test.as_deref()) && self.endless(&node.body, step)) {
                    self.step_index(step);
                    if let Some(test) = &node.test {
                        self.expr(test);
                    }
                    let some = self.opaque(node.span);
                    self.loop_body(some, |eval| eval.in_scope(&node.body));
                }
                self.scope = outer;
            }
            Stmt::ForOf(node) => self.for_each(&node.left, &node.right, &node.body, node.span, true),
            Stmt::ForIn(node) => self.for_each(&node.left, &node.right, &node.body, node.span, false),
            Stmt::Labeled(node) => self.stmt(&node.body),
            Stmt::With(node) => {
                self.expr(&node.obj);
                self.stmt(&node.body);
            }
            _ => {}
        }
    }

    pub(super) fn return_value(&mut self, value: V) {
        if matches!(self.arena.node(value), Node::Derived(op, _) if self.arena.text(*op) == "Promise.reject") {
            return self.reject();
        }
        let value = self.without_rejections(value).unwrap_or(value);
        let (cond, value) = (self.cond, self.found_index(value));
        self.frame.returns.push((cond, value));
        self.leave();
    }

    /// Runs one or the other side of a test.
    pub(super) fn split(&mut self, test: V, then: impl FnOnce(&mut Self), otherwise: impl FnOnce(&mut Self)) {
        let test = self.freeze(test);
        self.mark_decisive(test);
        let cond = self.cond;
        let yes = self.arena.assume(cond, test, true);
        let no = self.arena.assume(cond, test, false);
        let then = self.branch(yes, then);
        let otherwise = self.branch(no, otherwise);
        self.join(test, then, otherwise);
    }

    pub(super) fn in_scope(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Block(block) => self.scoped_block(&block.stmts),
            other => {
                let outer = self.enter_scope(false);
                self.list(std::slice::from_ref(other), true);
                self.scope = outer;
            }
        }
    }

    pub(super) fn decl(&mut self, decl: &'a Decl) {
        match decl {
            Decl::Var(decl) => self.var_decl(decl),
            Decl::Using(decl) => {
                for declarator in &decl.decls {
                    self.declarator(declarator, false);
                }
            }
            Decl::Class(decl) => {
                let value = self.class(&decl.class, &decl.ident.sym);
                let name = self.arena.sym(&decl.ident.sym);
                self.declare(name, value);
            }
            Decl::TsEnum(decl) => self.ts_enum(decl),
            Decl::TsModule(decl) => self.namespace(decl),
            _ => {}
        }
    }

    fn ts_enum(&mut self, decl: &'a TsEnumDecl) {
        let mut entries = Vec::new();
        for member in &decl.members {
            let name = match &member.id {
                TsEnumMemberId::Ident(id) => id.sym.as_str(),
                TsEnumMemberId::Str(text) => match text.value.as_str() {
                    Some(text) => text,
                    None => continue,
                },
            };
            let value = match &member.init {
                Some(init) => self.expr(init),
                None => self.arena.str(name),
            };
            let key = self.arena.sym(name);
            entries.push(Self::entry(Key::Name(key), value));
        }
        let value = self.arena.intern(Node::Object(entries));
        let name = self.arena.sym(&decl.id.sym);
        self.declare(name, value);
    }

    fn var_decl(&mut self, decl: &'a VarDecl) {
        if let [VarDeclarator { name: Pat::Ident(name), init: Some(init), .. }] = decl.decls.as_slice() {
            self.note_statement(init, decl.span, Standalone::Named(&name.id.sym));
        }
        for declarator in &decl.decls {
            self.declarator(declarator, decl.kind == VarDeclKind::Var);
        }
    }

    pub(super) fn declarator(&mut self, declarator: &'a VarDeclarator, var: bool) {
        if let (Pat::Ident(ident), Some(init)) = (&declarator.name, &declarator.init) {
            self.naming = Some(ident.id.sym.to_string());
            if let Some(code) = function_code(init) {
                if let Some(class) = self.constructor_function(code, &ident.id.sym) {
                    self.naming = None;
                    return self.bind(&declarator.name, class, if var { Bind::Assign } else { Bind::Declare });
                }
                let func = self.define(code, &ident.id.sym);
                self.naming = None;
                let value = self.arena.intern(Node::Func(func));
                let name = self.arena.sym(&ident.id.sym);
                self.declare(name, value);
                self.defer(func, code);
                return;
            }
        }
        let value = match &declarator.init {
            Some(init) => self.expr(init),
            None if var => return,
            None => Arena::UNDEFINED,
        };
        self.naming = None;
        if let Some(init) = &declarator.init
            && self.is_computed_text(value)
        {
            self.place(value, swc_common::Spanned::span(&**init));
        }
        if let Pat::Ident(ident) = &declarator.name
            && let Some(flag) = self.flag_value(&ident.id.sym, value, declarator.span)
        {
            let name = self.arena.sym(&ident.id.sym);
            self.bind_name(name, flag, if var { Bind::Assign } else { Bind::Declare });
            self.declare_flag(name, flag);
            return;
        }
        self.bind(&declarator.name, value, if var { Bind::Assign } else { Bind::Declare });
    }

    /// A template or a choice of templates: a key that is worth pointing at.
    pub(super) fn is_computed_text(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Template(_) => true,
            Node::OneOf(alternatives) => alternatives.iter().any(|(_, v)| self.is_computed_text(*v)),
            _ => false,
        }
    }
}

/// The code of an arrow or function expression.
pub(super) fn function_code(expr: &Expr) -> Option<Code<'_>> {
    match expr {
        Expr::Arrow(arrow) => Some(Code::Arrow(arrow)),
        Expr::Fn(function) => Some(Code::Function(&function.function)),
        Expr::Paren(paren) => function_code(&paren.expr),
        Expr::TsAs(cast) => function_code(&cast.expr),
        _ => None,
    }
}
