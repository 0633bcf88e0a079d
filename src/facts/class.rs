//! Classes, functions and modules: what they define and export.

use super::eval::{Code, Eval, Pending};
use super::pattern::Bind;
use super::{Class, EffectKind};
use crate::value::{Arena, C, ClassRef, FnRef, Key, Node, Sym, V};
use swc_common::Spanned;
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    // Functions

    /// Registers a function; it is evaluated by `run_function`.
    pub(super) fn define(&mut self, code: Code<'a>, name: &str) -> FnRef {
        let span = match code {
            Code::Function(node) => node.span,
            Code::Arrow(node) => node.span,
            Code::Constructor(node) => node.span,
        };
        let (start, end) = self.offsets(span);
        let func = FnRef(self.functions.len() as u32);
        let facts = Self::blank(name, start, end, self.cond, Some(self.frame.func));
        self.functions.push(facts);
        func
    }

    /// Evaluates the function at the end of the current block.
    pub(super) fn defer(&mut self, func: FnRef, code: Code<'a>) {
        let this = match code {
            Code::Arrow(_) => self.frame.this,
            _ => self.arena.intern(Node::This(func)),
        };
        let pending = Pending { func, code, scope: self.scope, this };
        if let Some(last) = self.pending.last_mut() {
            last.push(pending);
        }
    }

    /// Evaluates a function expression now, or at the end of the module when it stands there.
    pub(super) fn function_value(&mut self, code: Code<'a>, name: &str) -> V {
        let func = self.define(code, name);
        if self.pending.len() <= 2 && self.frame.func == FnRef(0) {
            self.defer(func, code);
        } else {
            let this = match code {
                Code::Arrow(_) => self.frame.this,
                _ => self.arena.intern(Node::This(func)),
            };
            self.run_function(func, code, self.scope, this);
        }
        self.arena.intern(Node::Func(func))
    }

    pub(super) fn run_function(&mut self, func: FnRef, code: Code<'a>, scope: usize, this: V) {
        let base = self.functions.get(func.0 as usize).map_or(C::TRUE, |f| f.base);
        let outer_frame = self.swap_frame(func, this);
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        let outer_jumped = std::mem::replace(&mut self.jumped, false);
        let body = self.branch(base, |eval| {
            eval.enter_scope(true);
            let count = eval.bind_params(code, func);
            if let Some(facts) = eval.functions.get_mut(func.0 as usize) {
                facts.params = count;
            }
            eval.body(code);
            if eval.cond != C::FALSE {
                let cond = eval.cond;
                eval.frame.returns.push((cond, Arena::UNDEFINED));
            }
            let frame = eval.swap_frame(func, this);
            eval.finish(func, frame);
        });
        // Assignments to outer variables may or may not have happened; what the module leaves empty was filled before use.
        let at_module = outer_frame.func == FnRef(0);
        let some = self.arena.intern(Node::Func(func));
        let some = self.arena.derived("called", vec![some]);
        let cond = self.cond;
        let skipped = self.branch(C::FALSE, |_| {});
        self.join_called(some, body, skipped, at_module);
        self.reset_flags();
        self.cond = cond;
        self.jumped = outer_jumped;
        self.scope = outer_scope;
        self.frame = outer_frame;
    }

    fn bind_params(&mut self, code: Code<'a>, func: FnRef) -> u32 {
        let patterns: Vec<Option<&'a Pat>> = match code {
            Code::Function(node) => node.params.iter().map(|param| Some(&param.pat)).collect(),
            Code::Arrow(node) => node.params.iter().map(Some).collect(),
            Code::Constructor(node) => node
                .params
                .iter()
                .map(|param| match param {
                    ParamOrTsParamProp::Param(param) => Some(&param.pat),
                    ParamOrTsParamProp::TsParamProp(_) => None,
                })
                .collect(),
        };
        let count = patterns.len() as u32;
        let names = patterns.iter().map(|pattern| pattern.map(param_name).unwrap_or_default()).collect();
        if let Some(facts) = self.functions.get_mut(func.0 as usize) {
            facts.param_names = names;
        }
        for (at, pattern) in patterns.into_iter().enumerate() {
            let value = self.arena.intern(Node::Param(func, at as u32));
            if let Some(pattern) = pattern {
                self.bind(pattern, value, Bind::Declare);
            }
        }
        if let Code::Constructor(node) = code {
            for (at, param) in node.params.iter().enumerate() {
                if let ParamOrTsParamProp::TsParamProp(prop) = param
                    && let TsParamPropParam::Ident(ident) = &prop.param
                {
                    let value = self.arena.intern(Node::Param(func, at as u32));
                    let name = self.arena.sym(&ident.id.sym);
                    self.declare(name, value);
                }
            }
        }
        count
    }

    /// The statements or the expression of a function; its value is returned.
    pub(super) fn body(&mut self, code: Code<'a>) {
        let stmts = match code {
            Code::Function(node) => node.body.as_ref().map(|body| body.stmts.as_slice()),
            Code::Constructor(node) => node.body.as_ref().map(|body| body.stmts.as_slice()),
            Code::Arrow(node) => match &*node.body {
                ArrowFunctionBody::FunctionBody(body) => Some(body.stmts.as_slice()),
                ArrowFunctionBody::Expr(expr) => {
                    let value = self.expr(expr);
                    if self.cond != C::FALSE {
                        self.return_value(value);
                    }
                    None
                }
            },
        };
        if let Some(stmts) = stmts {
            self.hoist_vars(stmts);
            self.block(stmts);
        }
    }

    // Classes

    pub(super) fn class(&mut self, class: &'a swc_ecma_ast::Class, name: &str) -> V {
        let id = ClassRef(self.classes.len() as u32);
        let parent = class.super_class.as_ref().map(|parent| self.expr(parent));
        self.classes.push(Class {
            name: name.to_owned(),
            parent,
            methods: Vec::new(),
            statics: Vec::new(),
            fields: Vec::new(),
            super_args: None,
            options: None,
            unique_fields: Vec::new(),
        });
        let value = self.arena.intern(Node::Class(id));
        let options = self.decorator_options(&class.decorators);
        if let Some(class) = self.class_mut(id) {
            class.options = options;
        }
        let this = self.arena.intern(Node::Instance(id));
        let outer = self.enter_scope(false);
        let own = self.arena.sym(name);
        self.declare(own, value);
        let outer_this = std::mem::replace(&mut self.frame.this, this);
        self.class_fields(class, id, this);
        self.class_methods(class, id, this, value);
        self.frame.this = outer_this;
        self.scope = outer;
        value
    }

    fn class_mut(&mut self, id: ClassRef) -> Option<&mut Class> {
        self.classes.get_mut(id.0 as usize)
    }

    fn class_fields(&mut self, class: &'a swc_ecma_ast::Class, id: ClassRef, this: V) {
        for member in &class.body {
            match member {
                ClassMember::ClassProp(prop) => {
                    let Key::Name(name) = self.prop_key(&prop.key) else { continue };
                    if self.decorators_say_unique(&prop.decorators)
                        && let Some(class) = self.class_mut(id)
                    {
                        class.unique_fields.push(name);
                    }
                    let value = match (&prop.value, &prop.type_ann) {
                        (Some(value), _) => Some(self.member_value(value, name, this)),
                        (None, annotation) => self.injected(&prop.decorators, annotation.as_deref()),
                    };
                    self.add_field(id, prop.is_static, name, value);
                }
                ClassMember::PrivateProp(prop) => {
                    let name = self.arena.sym(&format!("#{}", prop.key.name));
                    let value = prop.value.as_ref().map(|value| self.member_value(value, name, this));
                    self.add_field(id, prop.is_static, name, value);
                }
                ClassMember::Constructor(constructor) => self.constructor(constructor, id, this),
                _ => {}
            }
        }
    }

    /// The initial value of a field; an arrow is a method whose `this` is the instance.
    fn member_value(&mut self, value: &'a Expr, name: Sym, this: V) -> V {
        self.naming = Some(self.arena.text(name).to_owned());
        if let Some(code) = super::stmt::function_code(value) {
            let name = self.arena.text(name).to_owned();
            let func = self.define(code, &name);
            self.naming = None;
            let pending = Pending { func, code, scope: self.scope, this };
            if let Some(last) = self.pending.last_mut() {
                last.push(pending);
            }
            return self.arena.intern(Node::Func(func));
        }
        let value = self.expr(value);
        self.naming = None;
        self.freeze(value)
    }

    fn add_field(&mut self, id: ClassRef, is_static: bool, name: Sym, value: Option<V>) {
        if let (Some(class), Some(value)) = (self.class_mut(id), value) {
            if is_static {
                class.statics.push((name, value));
            } else {
                class.fields.push((name, value));
            }
        }
    }

    fn constructor(&mut self, constructor: &'a Constructor, id: ClassRef, this: V) {
        let func = self.define(Code::Constructor(constructor), "constructor");
        for (at, param) in constructor.params.iter().enumerate() {
            if let ParamOrTsParamProp::TsParamProp(prop) = param
                && let Some(ident) = property_ident(prop)
            {
                let name = self.arena.sym(&ident.id.sym);
                let param = self.arena.intern(Node::Param(func, at as u32));
                let value = self.injected(&prop.decorators, ident.type_ann.as_deref()).unwrap_or(param);
                self.add_field(id, false, name, Some(value));
            }
        }
        if let Some(facts) = self.functions.get_mut(func.0 as usize) {
            facts.class = Some(id);
        }
        self.run_function(func, Code::Constructor(constructor), self.scope, this);
        let mut assigned: Vec<(Sym, V)> = Vec::new();
        let mut passed: Vec<V> = Vec::new();
        for effect in self.functions.get(func.0 as usize).map(|facts| facts.effects.iter()).into_iter().flatten() {
            match &effect.kind {
                EffectKind::Assign { object, key: Some(key), value } if *object == this => {
                    assigned.push((*key, *value))
                }
                EffectKind::Call { callee, recv: None, args, .. } if self.is_super(*callee) => passed.clone_from(args),
                _ => {}
            }
        }
        for (key, value) in assigned {
            self.forget_overlay(this, key);
            let injected = self.constructor_param(constructor, value);
            self.add_field(id, false, key, Some(injected.unwrap_or(value)));
        }
        let passed = passed.into_iter().map(|arg| self.constructor_param(constructor, arg).unwrap_or(arg)).collect();
        if let Some(class) = self.class_mut(id) {
            class.super_args = Some(passed);
        }
    }

    fn is_super(&self, callee: V) -> bool {
        matches!(self.arena.node(callee), Node::Global(name) if self.arena.text(*name) == "super")
    }

    /// The injected value of a constructor parameter, for `this.x = x` and `super(x)`.
    fn constructor_param(&mut self, constructor: &'a Constructor, value: V) -> Option<V> {
        let Node::Param(_, at) = self.arena.node(value) else { return None };
        match constructor.params.get(*at as usize)? {
            ParamOrTsParamProp::Param(param) => {
                let Pat::Ident(ident) = &param.pat else { return None };
                self.injected(&param.decorators, ident.type_ann.as_deref())
            }
            ParamOrTsParamProp::TsParamProp(prop) => {
                let ident = property_ident(prop)?;
                self.injected(&prop.decorators, ident.type_ann.as_deref())
            }
        }
    }

    /// The first object given to a decorator of a class.
    fn decorator_options(&mut self, decorators: &'a [Decorator]) -> Option<V> {
        decorators.iter().find_map(|decorator| {
            let Expr::Call(call) = &*decorator.expr else { return None };
            let options = self.expr(&call.args.first()?.expr);
            let options = self.freeze(options);
            matches!(self.arena.node(options), Node::Object(_)).then_some(options)
        })
    }

    /// The value of an injected field: a model by `@InjectModel(X.name)`, or an instance of the class in its type.
    ///
    /// `@InjectModel(User.name) private users: Model<User>`
    ///               ^^^^^^^^^ the model's name
    fn injected(&mut self, decorators: &'a [Decorator], annotation: Option<&'a TsTypeAnn>) -> Option<V> {
        for decorator in decorators {
            let Expr::Call(call) = &*decorator.expr else { continue };
            let Callee::Expr(callee) = &call.callee else { continue };
            let Expr::Ident(name) = &**callee else { continue };
            if matches!(name.sym.as_str(), "InjectModel" | "InjectCollection") {
                let arg = call.args.first().map(|arg| self.expr(&arg.expr));
                let callee = self.arena.global("model");
                let site = self.site(call.span);
                let args = arg.into_iter().collect();
                return Some(self.arena.intern(Node::Call { site, callee, args }));
            }
        }
        let TsType::TsTypeRef(reference) = &*annotation?.type_ann else { return None };
        let TsEntityName::Ident(name) = &reference.type_name else { return None };
        let sym = self.arena.sym(&name.sym);
        if matches!(name.sym.as_str(), "Model" | "Collection" | "ReturnModelType") {
            // An injected collection without a name: the field itself names it.
            return None;
        }
        let class = self.resolve(sym).map(|var| self.var(var))?;
        let site = self.site(reference.span);
        match self.arena.node(class) {
            Node::Class(id) => {
                let id = *id;
                Some(self.arena.intern(Node::Instance(id)))
            }
            Node::Import { .. } | Node::Member(..) => {
                Some(self.arena.intern(Node::New { site, callee: class, args: Vec::new() }))
            }
            _ => None,
        }
    }

    /// `@Prop({ unique: true })`
    fn decorators_say_unique(&mut self, decorators: &'a [Decorator]) -> bool {
        decorators.iter().any(|decorator| {
            let Expr::Call(call) = &*decorator.expr else { return false };
            call.args.iter().any(|arg| {
                let options = self.expr(&arg.expr);
                let options = self.freeze(options);
                let unique = self.arena.sym("unique");
                let value = self.arena.member(options, unique);
                matches!(self.arena.node(value), Node::Bool(true))
            })
        })
    }

    fn class_methods(&mut self, class: &'a swc_ecma_ast::Class, id: ClassRef, this: V, value: V) {
        let class_name = self.classes.get(id.0 as usize).map(|c| c.name.clone()).unwrap_or_default();
        for member in &class.body {
            let (name, function, is_static) = match member {
                ClassMember::Method(method) => match self.prop_key(&method.key) {
                    Key::Name(name) => (name, &*method.function, method.is_static),
                    _ => continue,
                },
                ClassMember::PrivateMethod(method) => {
                    (self.arena.sym(&format!("#{}", method.key.name)), &*method.function, method.is_static)
                }
                ClassMember::StaticBlock(block) => {
                    self.block(&block.body.stmts);
                    continue;
                }
                _ => continue,
            };
            let getter = matches!(member, ClassMember::Method(method) if method.kind == MethodKind::Getter);
            let full = format!("{class_name}.{}", self.arena.text(name));
            let func = self.define(Code::Function(function), &full);
            if let Some(facts) = self.functions.get_mut(func.0 as usize) {
                facts.class = Some(id);
            }
            let pending = Pending {
                func,
                code: Code::Function(function),
                scope: self.scope,
                this: if is_static { value } else { this },
            };
            if let Some(last) = self.pending.last_mut() {
                last.push(pending);
            }
            let method = self.arena.intern(Node::Func(func));
            if getter {
                let site = self.site(function.span);
                let read = self.arena.intern(Node::Call { site, callee: method, args: Vec::new() });
                self.add_field(id, is_static, name, Some(read));
            } else if let Some(class) = self.class_mut(id) {
                if is_static {
                    class.statics.push((name, method));
                } else {
                    class.methods.push((name, func));
                }
            }
        }
    }

    // Modules

    pub(super) fn module(&mut self, program: &'a Program) {
        self.pending.push(Vec::new());
        match program {
            Program::Script(script) => {
                self.hoist_vars(&script.body);
                self.hoist(script.body.iter());
                for stmt in &script.body {
                    self.stmt(stmt);
                }
            }
            Program::Module(module) => {
                self.imports(module);
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
        let names: Vec<Sym> = match decl {
            Decl::Fn(function) => vec![self.arena.sym(&function.ident.sym)],
            Decl::Class(class) => vec![self.arena.sym(&class.ident.sym)],
            Decl::TsEnum(node) => vec![self.arena.sym(&node.id.sym)],
            Decl::Var(var) => {
                let mut names = Vec::new();
                for declarator in &var.decls {
                    pattern_names(&declarator.name, &mut |name| names.push(name.to_owned()));
                }
                names.iter().map(|name| self.arena.sym(name)).collect()
            }
            _ => Vec::new(),
        };
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

/// The name of a constructor parameter that is also a field.
fn property_ident(prop: &TsParamProp) -> Option<&BindingIdent> {
    match &prop.param {
        TsParamPropParam::Ident(ident) => Some(ident),
        TsParamPropParam::Assign(assign) => match &*assign.left {
            Pat::Ident(ident) => Some(ident),
            _ => None,
        },
    }
}

fn param_name(pattern: &Pat) -> String {
    match pattern {
        Pat::Ident(ident) => ident.id.sym.to_string(),
        Pat::Assign(assign) => param_name(&assign.left),
        _ => String::new(),
    }
}
