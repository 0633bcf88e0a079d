//! Whether statements can be done again without anybody noticing: they change only what they have made or loaded themselves.
//!
//! Input: statements, one after the other. Output: yes, or no for lack of proof. Must not know: MongoDB.

use super::leaving::leaves;
use rustc_hash::FxHashSet;
use swc_ecma_ast::*;
use swc_ecma_visit::{Visit, VisitWith};

/// Methods that only give something, whatever they are called on.
const GIVING: [&str; 60] = [
    "map",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "some",
    "every",
    "includes",
    "indexOf",
    "lastIndexOf",
    "slice",
    "concat",
    "join",
    "flat",
    "flatMap",
    "reduce",
    "reduceRight",
    "forEach",
    "keys",
    "values",
    "entries",
    "at",
    "toSorted",
    "toReversed",
    "with",
    "toString",
    "valueOf",
    "trim",
    "trimStart",
    "trimEnd",
    "toLowerCase",
    "toUpperCase",
    "split",
    "replace",
    "replaceAll",
    "startsWith",
    "endsWith",
    "substring",
    "substr",
    "padStart",
    "padEnd",
    "charAt",
    "charCodeAt",
    "localeCompare",
    "match",
    "test",
    "toFixed",
    "getTime",
    "toISOString",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDay",
    "getHours",
    "getMinutes",
    "getSeconds",
    "equals",
    "toHexString",
    "hasOwnProperty",
];

/// Methods that only ask, or change nothing but what they are called on, of a value that the statements have made.
const OWN: [&str; 14] = [
    "push",
    "unshift",
    "splice",
    "pop",
    "shift",
    "sort",
    "reverse",
    "fill",
    "copyWithin",
    "set",
    "add",
    "delete",
    "has",
    "get",
];

/// Objects of the language whose methods only give something.
const GLOBALS: [&str; 8] = ["Math", "Object", "Array", "Number", "String", "JSON", "Date", "console"];

/// Methods of those that change what they are given.
const CHANGING_GLOBALS: [&str; 5] = ["assign", "defineProperty", "defineProperties", "setPrototypeOf", "freeze"];

/// Functions of the language.
const FUNCTIONS: [&str; 9] =
    ["String", "Number", "Boolean", "parseInt", "parseFloat", "isNaN", "isFinite", "structuredClone", "BigInt"];

/// Methods that give a list of their own.
const MAKING: [&str; 8] = ["map", "filter", "slice", "concat", "flat", "flatMap", "split", "from"];

/// What is made anew each time.
const MADE: [&str; 9] = ["Date", "Map", "Set", "Array", "Object", "Error", "RegExp", "ObjectId", "ObjectID"];

/// What is known of the statements so far.
#[derive(Default)]
pub struct Repeatable {
    is_refused: bool,
    /// Names of what the statements have made or loaded themselves, with all that is in it.
    fresh: FxHashSet<String>,
    /// Names of lists and objects that they have made, whatever is in them.
    made: FxHashSet<String>,
    /// How many functions of the statements are open, and how many loops in the innermost.
    functions: u32,
    loops: u32,
}

impl Repeatable {
    pub fn holds(&self) -> bool {
        !self.is_refused
    }

    /// A statement that gives a name to what was loaded.
    pub fn binds_fresh(&mut self, stmt: &Stmt) {
        let Stmt::Decl(Decl::Var(decl)) = stmt else { return };
        self.is_refused |= decl.kind == VarDeclKind::Var;
        for own in &decl.decls {
            self.bind(&own.name, true);
        }
    }

    pub fn is_so(&mut self, stmt: &Stmt) -> bool {
        stmt.visit_with(self);
        self.holds()
    }

    /// Whether what a command is given can be computed again.
    pub fn is_so_of_arguments(&mut self, call: &CallExpr) -> bool {
        call.args.visit_with(self);
        self.holds()
    }

    fn bind(&mut self, pat: &Pat, is_fresh: bool) {
        match pat {
            Pat::Ident(name) => {
                let name = name.id.sym.to_string();
                self.made.remove(&name);
                // A name that means something else elsewhere in the statements is not followed.
                if is_fresh {
                    self.fresh.insert(name)
                } else {
                    self.fresh.remove(&name)
                };
            }
            Pat::Array(node) => node.elems.iter().flatten().for_each(|elem| self.bind(elem, is_fresh)),
            Pat::Object(node) => node.props.iter().for_each(|prop| match prop {
                ObjectPatProp::KeyValue(pair) => self.bind(&pair.value, is_fresh),
                ObjectPatProp::Assign(own) => {
                    let name = own.key.id.sym.to_string();
                    if is_fresh {
                        self.fresh.insert(name)
                    } else {
                        self.fresh.remove(&name)
                    };
                }
                ObjectPatProp::Rest(rest) => self.bind(&rest.arg, is_fresh),
            }),
            Pat::Assign(node) => self.bind(&node.left, is_fresh),
            Pat::Rest(node) => self.bind(&node.arg, is_fresh),
            Pat::Expr(_) | Pat::Invalid(_) => self.is_refused = true,
        }
    }

    /// Whether no part of a value is known outside of the statements.
    fn is_fresh(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Ident(name) => self.fresh.contains(name.sym.as_str()) || name.sym == "undefined",
            Expr::Member(node) => self.is_fresh(&node.obj),
            Expr::OptChain(node) => match &*node.base {
                OptChainBase::Member(node) => self.is_fresh(&node.obj),
                OptChainBase::Call(call) => self.is_fresh(&call.callee) && self.are_fresh(&call.args),
            },
            Expr::Call(call) => match &call.callee {
                Callee::Expr(callee) => {
                    let is_owned = match &**callee {
                        Expr::Member(member) => self.is_fresh(&member.obj) || global(&member.obj).is_some(),
                        Expr::Ident(name) => FUNCTIONS.contains(&name.sym.as_str()),
                        _ => false,
                    };
                    is_owned && self.are_fresh(&call.args)
                }
                _ => false,
            },
            Expr::New(node) => self.are_fresh(node.args.as_deref().unwrap_or_default()),
            Expr::Bin(node)
                if matches!(node.op, BinaryOp::LogicalOr | BinaryOp::LogicalAnd | BinaryOp::NullishCoalescing) =>
            {
                self.is_fresh(&node.left) && self.is_fresh(&node.right)
            }
            Expr::Cond(node) => self.is_fresh(&node.cons) && self.is_fresh(&node.alt),
            Expr::Array(node) => self.are_fresh_items(&node.elems),
            Expr::Object(node) => node.props.iter().all(|prop| match prop {
                PropOrSpread::Spread(spread) => self.is_fresh(&spread.expr),
                PropOrSpread::Prop(prop) => match &**prop {
                    Prop::Shorthand(name) => self.fresh.contains(name.sym.as_str()),
                    Prop::KeyValue(pair) => self.is_fresh(&pair.value),
                    _ => false,
                },
            }),
            Expr::Paren(node) => self.is_fresh(&node.expr),
            Expr::TsAs(node) => self.is_fresh(&node.expr),
            Expr::TsNonNull(node) => self.is_fresh(&node.expr),
            Expr::TsSatisfies(node) => self.is_fresh(&node.expr),
            Expr::Lit(_) | Expr::Tpl(_) | Expr::Bin(_) | Expr::Unary(_) | Expr::Arrow(_) | Expr::Fn(_) => true,
            _ => false,
        }
    }

    fn are_fresh(&self, args: &[ExprOrSpread]) -> bool {
        args.iter().all(|arg| self.is_fresh(&arg.expr))
    }

    fn are_fresh_items(&self, items: &[Option<ExprOrSpread>]) -> bool {
        items.iter().flatten().all(|item| self.is_fresh(&item.expr))
    }

    /// What is changed in place has to be the statements' own.
    fn changes(&mut self, target: &Expr) {
        self.is_refused |= !(self.is_made(target) || self.is_fresh(target));
    }

    /// Whether a list or an object is made where it stands.
    fn is_made(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Ident(name) => self.made.contains(name.sym.as_str()),
            Expr::Array(_) | Expr::Object(_) | Expr::New(_) => true,
            Expr::Paren(node) => self.is_made(&node.expr),
            Expr::TsAs(node) => self.is_made(&node.expr),
            Expr::Call(CallExpr { callee: Callee::Expr(callee), .. }) => match &**callee {
                Expr::Member(MemberExpr { obj, prop: MemberProp::Ident(name), .. }) => {
                    let is_copy = MAKING.contains(&name.sym.as_str());
                    is_copy || matches!(name.sym.as_str(), "sort" | "reverse") && self.is_made(obj)
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn called(&mut self, callee: &Expr, args: &[ExprOrSpread]) {
        match callee {
            Expr::Ident(name) => self.is_refused |= !FUNCTIONS.contains(&name.sym.as_str()),
            Expr::Member(MemberExpr { obj, prop: MemberProp::Ident(name), .. }) => {
                let name = name.sym.as_str();
                if let Some(global) = global(obj) {
                    let is_changing = global == "Object" && CHANGING_GLOBALS.contains(&name);
                    self.is_refused |= is_changing && !args.first().is_some_and(|arg| self.is_fresh(&arg.expr));
                } else if OWN.contains(&name) {
                    self.changes(obj);
                } else {
                    self.is_refused |= !GIVING.contains(&name);
                }
                // A callback is given parts of what it is called on.
                let is_fresh = self.is_fresh(obj);
                for arg in args {
                    match &*arg.expr {
                        Expr::Arrow(node) => node.params.iter().for_each(|pat| self.bind(pat, is_fresh)),
                        Expr::Fn(node) => {
                            node.function.params.iter().for_each(|param| self.bind(&param.pat, is_fresh));
                        }
                        _ => {}
                    }
                }
            }
            _ => self.is_refused = true,
        }
    }

    fn opened(&mut self, visit: impl FnOnce(&mut Self)) {
        let loops = std::mem::take(&mut self.loops);
        self.functions += 1;
        visit(self);
        self.functions -= 1;
        self.loops = loops;
    }

    fn looped(&mut self, visit: impl FnOnce(&mut Self)) {
        self.loops += 1;
        visit(self);
        self.loops -= 1;
    }
}

impl Visit for Repeatable {
    fn visit_await_expr(&mut self, _: &AwaitExpr) {
        self.is_refused = true;
    }

    fn visit_yield_expr(&mut self, _: &YieldExpr) {
        self.is_refused = true;
    }

    fn visit_try_stmt(&mut self, _: &TryStmt) {
        self.is_refused = true;
    }

    fn visit_switch_stmt(&mut self, _: &SwitchStmt) {
        self.is_refused = true;
    }

    fn visit_labeled_stmt(&mut self, _: &LabeledStmt) {
        self.is_refused = true;
    }

    fn visit_fn_decl(&mut self, _: &FnDecl) {
        self.is_refused = true;
    }

    fn visit_class(&mut self, _: &Class) {
        self.is_refused = true;
    }

    fn visit_tagged_tpl(&mut self, _: &TaggedTpl) {
        self.is_refused = true;
    }

    fn visit_tpl(&mut self, node: &Tpl) {
        // The lines of a text would be moved in.
        self.is_refused |= node.quasis.iter().any(|part| part.raw.contains('\n'));
        node.visit_children_with(self);
    }

    fn visit_break_stmt(&mut self, node: &BreakStmt) {
        self.is_refused |= self.loops == 0 || node.label.is_some();
    }

    fn visit_continue_stmt(&mut self, node: &ContinueStmt) {
        self.is_refused |= self.loops == 0 || node.label.is_some();
    }

    // What leaves the function is done once.
    fn visit_return_stmt(&mut self, node: &ReturnStmt) {
        if self.functions > 0 {
            node.visit_children_with(self);
        }
    }

    fn visit_throw_stmt(&mut self, _: &ThrowStmt) {}

    fn visit_if_stmt(&mut self, node: &IfStmt) {
        node.test.visit_with(self);
        if self.functions > 0 || !leaves(&node.cons) {
            node.cons.visit_with(self);
        }
        node.alt.visit_with(self);
    }

    fn visit_for_of_stmt(&mut self, node: &ForOfStmt) {
        self.is_refused |= node.is_await;
        node.right.visit_with(self);
        match &node.left {
            ForHead::VarDecl(decl) => {
                self.is_refused |= decl.kind == VarDeclKind::Var;
                let is_fresh = self.is_fresh(&node.right);
                decl.decls.iter().for_each(|own| self.bind(&own.name, is_fresh));
            }
            _ => self.is_refused = true,
        }
        self.looped(|own| node.body.visit_with(own));
    }

    fn visit_for_in_stmt(&mut self, node: &ForInStmt) {
        node.right.visit_with(self);
        match &node.left {
            ForHead::VarDecl(decl) => decl.decls.iter().for_each(|own| self.bind(&own.name, true)),
            _ => self.is_refused = true,
        }
        self.looped(|own| node.body.visit_with(own));
    }

    fn visit_for_stmt(&mut self, node: &ForStmt) {
        self.looped(|own| node.visit_children_with(own));
    }

    fn visit_while_stmt(&mut self, node: &WhileStmt) {
        self.looped(|own| node.visit_children_with(own));
    }

    fn visit_do_while_stmt(&mut self, node: &DoWhileStmt) {
        self.looped(|own| node.visit_children_with(own));
    }

    fn visit_arrow_expr(&mut self, node: &ArrowExpr) {
        self.is_refused |= node.is_async || node.is_generator;
        self.opened(|own| node.visit_children_with(own));
    }

    fn visit_fn_expr(&mut self, node: &FnExpr) {
        self.is_refused |= node.function.is_async || node.function.is_generator;
        self.opened(|own| node.visit_children_with(own));
    }

    fn visit_var_decl(&mut self, node: &VarDecl) {
        self.is_refused |= node.kind == VarDeclKind::Var;
        for own in &node.decls {
            own.init.visit_with(self);
            let is_fresh = own.init.as_ref().is_none_or(|init| self.is_fresh(init));
            let is_made = own.init.as_ref().is_some_and(|init| self.is_made(init));
            self.bind(&own.name, is_fresh);
            if let (Pat::Ident(name), true) = (&own.name, is_made) {
                self.made.insert(name.id.sym.to_string());
            }
        }
    }

    fn visit_assign_expr(&mut self, node: &AssignExpr) {
        node.right.visit_with(self);
        match &node.left {
            AssignTarget::Simple(SimpleAssignTarget::Ident(name)) => {
                // A name that the statements declare may mean something else from here on.
                let name = name.id.sym.as_str();
                self.is_refused |= !self.fresh.contains(name) && !self.made.contains(name);
                let (is_fresh, is_made) = (self.is_fresh(&node.right), self.is_made(&node.right));
                if !is_fresh {
                    self.fresh.remove(name);
                }
                if !is_made {
                    self.made.remove(name);
                }
            }
            AssignTarget::Simple(SimpleAssignTarget::Member(member)) => {
                self.changes(&member.obj);
                member.prop.visit_with(self);
            }
            _ => self.is_refused = true,
        }
    }

    fn visit_update_expr(&mut self, node: &UpdateExpr) {
        self.changes(&node.arg);
    }

    fn visit_unary_expr(&mut self, node: &UnaryExpr) {
        if node.op == UnaryOp::Delete {
            self.changes(&node.arg);
        }
        node.arg.visit_with(self);
    }

    fn visit_new_expr(&mut self, node: &NewExpr) {
        let name = match &*node.callee {
            Expr::Ident(name) => Some(name.sym.as_str()),
            Expr::Member(MemberExpr { prop: MemberProp::Ident(name), .. }) => Some(name.sym.as_str()),
            _ => None,
        };
        self.is_refused |= !name.is_some_and(|name| MADE.contains(&name));
        node.args.visit_with(self);
    }

    fn visit_block_stmt(&mut self, node: &BlockStmt) {
        self.within(|own| node.visit_children_with(own));
    }

    fn visit_call_expr(&mut self, node: &CallExpr) {
        self.within(|own| own.call(node));
    }

    fn visit_opt_call(&mut self, node: &OptCall) {
        self.within(|own| own.optional_call(node));
    }
}

impl Repeatable {
    /// Names that are bound within mean nothing after it.
    fn within(&mut self, visit: impl FnOnce(&mut Self)) {
        let (fresh, made) = (self.fresh.clone(), self.made.clone());
        visit(self);
        self.fresh.retain(|name| fresh.contains(name));
        self.made.retain(|name| made.contains(name));
    }

    fn call(&mut self, node: &CallExpr) {
        match &node.callee {
            Callee::Expr(callee) => {
                self.called(callee, &node.args);
                if let Expr::Member(member) = &**callee {
                    member.obj.visit_with(self);
                }
            }
            _ => self.is_refused = true,
        }
        node.args.visit_with(self);
    }

    fn optional_call(&mut self, node: &OptCall) {
        match &*node.callee {
            Expr::OptChain(chain) => match &*chain.base {
                OptChainBase::Member(member) => {
                    self.called(&Expr::Member(member.clone()), &node.args);
                    member.obj.visit_with(self);
                }
                OptChainBase::Call(_) => self.is_refused = true,
            },
            callee => {
                self.called(callee, &node.args);
                if let Expr::Member(member) = callee {
                    member.obj.visit_with(self);
                }
            }
        }
        node.args.visit_with(self);
    }
}

/// The object of the language that a name is.
fn global(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Ident(name) => GLOBALS.contains(&name.sym.as_str()).then_some(name.sym.as_str()),
        _ => None,
    }
}
