//! Classes: their methods, fields, constructors and decorators.
//!
//! Input: class declarations. Output: classes of the file. Must not know: MongoDB, other files.

use super::eval::{Code, Eval, Pending};
use super::{Class, EffectKind};
use crate::value::{Arena, ClassRef, FnRef, INJECTED, Key, Node, Sym, V};
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    pub(super) fn class(&mut self, class: &'a swc_ecma_ast::Class, name: &str) -> V {
        let id = ClassRef(self.classes.len() as u32);
        let parent = class.super_class.as_ref().map(|parent| self.expr(parent));
        let implements = class.implements.iter().map(|parent| self.expr(&parent.expr)).collect();
        self.classes.push(Class { is_abstract: class.is_abstract, ..blank_class(name, parent, implements) });
        let value = self.arena.intern(Node::Class(id));
        let options = self.decorator_options(&class.decorators);
        let indexes = self.decorator_indexes(&class.decorators);
        let prefix = self.prefix(&class.decorators);
        if let Some(class) = self.class_mut(id) {
            class.options_are_inherited = options.is_some_and(|(_, is_inherited)| is_inherited);
            class.options = options.map(|(options, _)| options);
            class.indexes = indexes;
            class.prefix = prefix;
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

    /// An interface is a class without code, which others implement. A value of the same name is no interface.
    pub(super) fn interface(&mut self, decl: &'a TsInterfaceDecl) -> Option<V> {
        let name = self.arena.sym(&decl.id.sym);
        if self.resolve(name).is_some() {
            return None;
        }
        let extends = decl.extends.iter().map(|parent| self.expr(&parent.expr)).collect();
        let id = ClassRef(self.classes.len() as u32);
        self.classes.push(Class { is_abstract: true, ..blank_class(&decl.id.sym, None, extends) });
        let value = self.arena.intern(Node::Class(id));
        self.declare(name, value);
        Some(value)
    }

    /// The types of the fields of an interface, once all types of the file are known.
    pub(super) fn field_types(&mut self, interface: V, decl: &'a TsInterfaceDecl) {
        let Node::Class(id) = *self.arena.node(interface) else { return };
        for member in &decl.body.body {
            let TsTypeElement::TsPropertySignature(field) = member else { continue };
            let (Expr::Ident(name), Some(annotation)) = (&*field.key, &field.type_ann) else { continue };
            let Some(of) = self.imported_type(&annotation.type_ann) else { continue };
            let name = self.arena.sym(&name.sym);
            if let Some(class) = self.class_mut(id) {
                class.field_types.push((name, of));
            }
        }
    }

    fn class_mut(&mut self, id: ClassRef) -> Option<&mut Class> {
        self.classes.get_mut(id.0 as usize)
    }

    fn class_fields(&mut self, class: &'a swc_ecma_ast::Class, id: ClassRef, this: V) {
        for member in &class.body {
            match member {
                ClassMember::ClassProp(prop) => {
                    let Key::Name(name) = self.prop_key(&prop.key) else { continue };
                    let [is_unique, is_indexed] = self.field_index(&prop.decorators);
                    let declared = self.declared_field(name, prop);
                    let kind = Self::declared_kind(prop);
                    if let Some(class) = self.class_mut(id) {
                        class.declared_fields.extend(declared);
                        class.kinds.extend(kind.map(|kind| (name, kind)));
                        class.unique_fields.extend(is_unique.then_some(name));
                        class.indexed_fields.extend((is_indexed && !is_unique).then_some(name));
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

    pub(super) fn add_field(&mut self, id: ClassRef, is_static: bool, name: Sym, value: Option<V>) {
        if let (Some(class), Some(value)) = (self.class_mut(id), value) {
            if is_static {
                class.statics.push((name, value));
            } else {
                class.fields.push((name, value));
            }
        }
    }

    /// Notes which parameter of the constructor a field is, as long as it is one.
    fn take_field(&mut self, id: ClassRef, name: Sym, value: V) {
        let at = match self.arena.node(value) {
            Node::Param(_, at) => Some(*at),
            _ => None,
        };
        if let Some(class) = self.class_mut(id) {
            class.taken.retain(|(known, _)| *known != name);
            class.taken.extend(at.map(|at| (name, at)));
        }
    }

    pub(super) fn constructor(&mut self, constructor: &'a Constructor, id: ClassRef, this: V) {
        let func = self.define(Code::Constructor(constructor), "constructor");
        for (at, param) in constructor.params.iter().enumerate() {
            if let ParamOrTsParamProp::TsParamProp(prop) = param
                && let Some(ident) = property_ident(prop)
            {
                let name = self.arena.sym(&ident.id.sym);
                let param = self.arena.intern(Node::Param(func, at as u32));
                let value = self.injected(&prop.decorators, ident.type_ann.as_deref()).unwrap_or(param);
                self.add_field(id, false, name, Some(value));
                self.take_field(id, name, param);
            }
        }
        if let Some(facts) = self.functions.get_mut(func.0 as usize) {
            facts.class = Some(id);
        }
        self.run_function(func, Code::Constructor(constructor), self.scope, this);
        let mut passed: Vec<V> = Vec::new();
        for effect in self.functions.get(func.0 as usize).map(|facts| facts.effects.iter()).into_iter().flatten() {
            if let EffectKind::Call { callee, recv: None, args, .. } = &effect.kind
                && self.is_super(*callee)
            {
                passed.clone_from(args);
            }
        }
        for (key, value) in self.assigned_to(func, this) {
            self.forget_overlay(this, key);
            let injected = self.constructor_param(constructor, value);
            self.add_field(id, false, key, Some(injected.unwrap_or(value)));
            self.take_field(id, key, value);
        }
        let passed = passed.into_iter().map(|arg| self.constructor_param(constructor, arg).unwrap_or(arg)).collect();
        if let Some(class) = self.class_mut(id) {
            class.super_args = Some(passed);
        }
    }

    /// What a function assigns to the members of a value.
    pub(super) fn assigned_to(&self, func: FnRef, this: V) -> Vec<(Sym, V)> {
        let effects = self.functions.get(func.0 as usize).map(|facts| facts.effects.iter()).into_iter().flatten();
        effects
            .filter_map(|effect| match &effect.kind {
                EffectKind::Assign { object, key: Some(key), value } if *object == this => Some((*key, *value)),
                _ => None,
            })
            .collect()
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

    /// The indexes that decorators of a class make: Typegoose's `@index(keys, options)`.
    fn decorator_indexes(&mut self, decorators: &'a [Decorator]) -> Vec<(V, V)> {
        let mut indexes = Vec::new();
        for call in decorators.iter().filter_map(index_decorator) {
            let mut given = [Arena::UNDEFINED; 2];
            for (slot, arg) in given.iter_mut().zip(&call.args) {
                let value = self.expr(&arg.expr);
                *slot = self.freeze(value);
            }
            indexes.push((given[0], given[1]));
        }
        indexes
    }

    /// The first object given to a decorator of a class that makes no index; of Typegoose's `@modelOptions({ schemaOptions })` the
    /// options of the schema, which classes that extend it inherit.
    ///
    /// Source: Typegoose, "@modelOptions".
    fn decorator_options(&mut self, decorators: &'a [Decorator]) -> Option<(V, bool)> {
        decorators.iter().filter(|decorator| index_decorator(decorator).is_none()).find_map(|decorator| {
            let Expr::Call(call) = &*decorator.expr else { return None };
            let options = self.expr(&call.args.first()?.expr);
            let options = self.freeze(options);
            let of_schema = self.arena.sym("schemaOptions");
            let of_schema = self.arena.member_of(options, of_schema);
            let given = of_schema.unwrap_or(options);
            matches!(self.arena.node(given), Node::Object(_)).then_some((given, of_schema.is_some()))
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
            if matches!(name.sym.as_str(), "Inject" | "inject") && !is_model_type(annotation) {
                let token = call.args.first().map_or(Arena::UNDEFINED, |arg| self.expr(&arg.expr));
                let declared = self.declared(annotation).unwrap_or(Arena::UNDEFINED);
                let callee = self.arena.global(INJECTED);
                let site = self.site(call.span);
                return Some(self.arena.intern(Node::Call { site, callee, args: vec![token, declared].into() }));
            }
            if matches!(name.sym.as_str(), "InjectModel" | "InjectCollection" | "Inject") {
                let arg = call.args.first().map(|arg| self.expr(&arg.expr));
                let callee = self.arena.global("model");
                let site = self.site(call.span);
                let args = arg.into_iter().collect();
                return Some(self.arena.intern(Node::Call { site, callee, args }));
            }
        }
        self.declared(annotation)
    }

    /// An instance of the class or interface that a type names.
    fn declared(&mut self, annotation: Option<&'a TsTypeAnn>) -> Option<V> {
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
                Some(self.arena.intern(Node::New { site, callee: class, args: Box::default() }))
            }
            _ => None,
        }
    }

    /// Whether decorators of a field make a unique index of it, and whether any: `@Prop({ unique: true })`,
    /// `@prop({ index: true })`, `@Prop({ index: { unique: true } })`.
    fn field_index(&mut self, decorators: &'a [Decorator]) -> [bool; 2] {
        let [unique, index] = ["unique", "index"].map(|key| self.arena.sym(key));
        let mut said = [false; 2];
        for decorator in decorators {
            let Expr::Call(call) = &*decorator.expr else { continue };
            for arg in &call.args {
                let options = self.expr(&arg.expr);
                let options = self.freeze(options);
                // A decorator of the project takes those of the field as one of its own: `@Field({ stored: { unique: true } })`.
                let mut all = vec![options];
                if let Node::Object(entries) = self.arena.node(options) {
                    all.extend(entries.iter().map(|entry| entry.value));
                }
                for options in all {
                    let [is_unique, own] = [unique, index].map(|key| self.arena.member(options, key));
                    let is_unique_index = self.arena.member(own, unique);
                    let is_true = |value: V| match self.arena.node(value) {
                        Node::Num(bits) => f64::from_bits(*bits) != 0.0,
                        other => matches!(other, Node::Bool(true)),
                    };
                    said[0] |= is_true(is_unique) || is_true(is_unique_index);
                    said[1] |= is_true(own);
                }
            }
        }
        said
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
            // An overload, or an abstract method: the code stands elsewhere.
            if function.body.is_none() {
                continue;
            }
            let kind = match member {
                ClassMember::Method(method) => method.kind,
                ClassMember::PrivateMethod(method) => method.kind,
                _ => MethodKind::Method,
            };
            let full = format!("{class_name}.{}", self.arena.text(name));
            let func = self.define(Code::Function(function), &full);
            if let Some(facts) = self.functions.get_mut(func.0 as usize) {
                facts.class = Some(id);
            }
            let decorated = self.decorated(func, &function.decorators);
            if let Some(class) = self.class_mut(id) {
                class.decorated.extend(decorated);
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
            if kind == MethodKind::Setter {
                if let Some(class) = self.class_mut(id).filter(|_| !is_static) {
                    class.setters.push((name, func));
                }
            } else if kind == MethodKind::Getter {
                let site = self.site(function.span);
                let read = self.arena.intern(Node::Call { site, callee: method, args: Box::default() });
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
}

pub(super) fn blank_class(name: &str, parent: Option<V>, implements: Vec<V>) -> Class {
    Class {
        name: name.to_owned(),
        parent,
        implements,
        is_abstract: false,
        methods: Vec::new(),
        decorated: Vec::new(),
        prefix: None,
        setters: Vec::new(),
        statics: Vec::new(),
        fields: Vec::new(),
        field_types: Vec::new(),
        taken: Vec::new(),
        super_args: None,
        options: None,
        options_are_inherited: false,
        unique_fields: Vec::new(),
        indexed_fields: Vec::new(),
        declared_fields: Vec::new(),
        kinds: Vec::new(),
        indexes: Vec::new(),
    }
}

/// Whether a type is that of a model: Ts.ED's `@Inject(Tag) tags: MongooseModel<Tag>`.
fn is_model_type(annotation: Option<&TsTypeAnn>) -> bool {
    match annotation.map(|annotation| &*annotation.type_ann) {
        Some(TsType::TsTypeRef(reference)) => {
            matches!(&reference.type_name, TsEntityName::Ident(name) if name.sym == "MongooseModel")
        }
        _ => false,
    }
}

/// The call of a decorator that makes an index.
fn index_decorator(decorator: &Decorator) -> Option<&CallExpr> {
    let Expr::Call(call) = &*decorator.expr else { return None };
    let Callee::Expr(callee) = &call.callee else { return None };
    let Expr::Ident(name) = &**callee else { return None };
    matches!(name.sym.as_str(), "index" | "Index").then_some(call)
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
