//! Functions: when they are evaluated, with which parameters, on which frame.
//!
//! Input: code. Output: functions of the file with their effects. Must not know: MongoDB.

use super::Function as Facts;
use super::Siblings;
use super::branch::Branch;
use super::eval::{Code, Eval, Pending, Slot};
use super::pattern::Bind;
use crate::limits::Cuts;
use crate::value::{Arena, C, FnRef, Node, V};
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
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

    pub(super) fn blank(name: &str, start: u32, end: u32, base: C, parent: Option<FnRef>) -> Facts {
        Facts {
            name: name.to_owned(),
            start,
            end,
            params: 0,
            rest: None,
            base,
            effects: Vec::new(),
            returns: Vec::new(),
            throws: Vec::new(),
            rejects: Vec::new(),
            class: None,
            parent,
            param_names: Vec::new(),
            param_types: Vec::new(),
            return_type: None,
            places: Vec::new(),
            tries: Vec::new(),
            missing: Vec::new(),
            defaults: Vec::new(),
            siblings: Siblings::default(),
            is_async: false,
            polls: false,
            cursors: Vec::new(),
            is_listed: false,
            cuts: Cuts::default(),
        }
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
        self.evaluate(func, code);
        self.arena.intern(Node::Func(func))
    }

    /// Evaluates a function that is defined.
    pub(super) fn evaluate(&mut self, func: FnRef, code: Code<'a>) {
        if self.pending.len() <= 2 && self.frame.func == FnRef(0) {
            self.defer(func, code);
        } else {
            let this = match code {
                Code::Arrow(_) => self.frame.this,
                _ => self.arena.intern(Node::This(func)),
            };
            self.run_function(func, code, self.scope, this);
        }
    }

    pub(super) fn run_function(&mut self, func: FnRef, code: Code<'a>, scope: usize, this: V) {
        let base = self.functions.get(func.0 as usize).map_or(C::TRUE, |f| f.base);
        let outer_frame = self.swap_frame(func, this);
        let outer_scope = std::mem::replace(&mut self.scope, scope);
        let outer_jumped = std::mem::replace(&mut self.jumped, false);
        let bytes = self.functions.get(func.0 as usize).map_or(0, |f| (f.end - f.start) as usize);
        let budget = self.begin(bytes);
        let mut left_with = Vec::new();
        let mut body = self.branch(base, |eval| {
            eval.frame.first_var = eval.vars.len();
            eval.enter_scope(true);
            let count = eval.bind_params(code, func);
            if let Some(facts) = eval.functions.get_mut(func.0 as usize) {
                facts.params = count;
                facts.is_async = code.is_async();
            }
            eval.body(code);
            if eval.cond != C::FALSE {
                let cond = eval.cond;
                eval.frame.returns.push((cond, Arena::UNDEFINED));
            }
            let mut frame = eval.swap_frame(func, this);
            left_with = std::mem::take(&mut frame.left_with);
            eval.finish(func, frame);
        });
        self.end(func, budget);
        self.also_left_with(&mut body, left_with);
        self.leave_given_fields(&mut body, this);
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

    /// Whether another method was called on the same instance says nothing of a field that the constructor is given:
    /// `rename(name) { this.name = name }`.
    fn leave_given_fields(&self, body: &mut Branch, this: V) {
        let Node::Instance(class) = *self.arena.node(this) else { return };
        let Some(class) = self.classes.get(class.0 as usize) else { return };
        let is_given = |place: V| match *self.arena.node(place) {
            Node::Member(object, key) if object == this => {
                class.fields.iter().any(|(name, value)| *name == key && self.arena.is_of_parameter(*value))
            }
            _ => false,
        };
        body.keep_changes(|slot| !matches!(slot, Slot::Overlay(place) if is_given(place)));
    }

    fn bind_params(&mut self, code: Code<'a>, func: FnRef) -> u32 {
        let mut patterns: Vec<Option<&'a Pat>> = match code {
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
        if self.after_error.contains(&func) {
            patterns.insert(0, None);
        }
        let count = patterns.len() as u32;
        let rest = patterns.last().is_some_and(|last| matches!(last, Some(Pat::Rest(_)))).then(|| count - 1);
        let names = patterns.iter().map(|pattern| pattern.map(param_name).unwrap_or_default()).collect();
        let mut types = Vec::new();
        for (at, pattern) in patterns.iter().enumerate() {
            let annotation = pattern.and_then(annotation);
            types.extend(
                annotation.and_then(|annotation| self.imported_type(&annotation.type_ann)).map(|of| (at as u32, of)),
            );
        }
        let return_type = self.return_type(code);
        if let Some(facts) = self.functions.get_mut(func.0 as usize) {
            facts.param_names = names;
            facts.param_types = types;
            facts.return_type = return_type;
            facts.rest = rest;
        }
        for (at, pattern) in patterns.into_iter().enumerate() {
            let value = match self.is_never_given(code, at as u32) && rest != Some(at as u32) {
                true => Arena::UNDEFINED,
                false => self.arena.intern(Node::Param(func, at as u32)),
            };
            if let Some(pattern) = pattern {
                let value = self.piped(code, at, value);
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

    /// `Models` of `(): Models` and of `(): Promise<Models>`.
    fn return_type(&self, code: Code<'a>) -> Option<V> {
        let annotation = match code {
            Code::Function(node) => node.return_type.as_deref(),
            Code::Arrow(node) => node.return_type.as_deref(),
            Code::Constructor(_) => None,
        };
        let mut of = &*annotation?.type_ann;
        if let TsType::TsTypeRef(reference) = of
            && matches!(&reference.type_name, TsEntityName::Ident(name) if name.sym == "Promise")
        {
            of = reference.type_params.as_ref()?.params.first()?;
        }
        self.imported_type(of)
    }

    /// `Job` of `(job: Job<Data>)`, where it is imported, or named by `type Mail = Job<Data>`.
    pub(super) fn imported_type(&self, annotation: &'a TsType) -> Option<V> {
        let TsType::TsTypeRef(reference) = annotation else { return None };
        let mut name = &reference.type_name;
        while let TsEntityName::TsQualifiedName(qualified) = name {
            name = &qualified.left;
        }
        let TsEntityName::Ident(name) = name else { return None };
        let name = self.arena.known_sym(&name.sym)?;
        let value = self.resolve(name).map(|var| self.var(var)).or_else(|| self.aliases.get(&name).copied())?;
        matches!(self.arena.node(value), Node::Import { .. } | Node::Member(..) | Node::Class(_)).then_some(value)
    }

    /// The statements or the expression of a function; its value is returned.
    pub(super) fn body(&mut self, code: Code<'a>) {
        let outer = self.enter_body(code);
        let stmts = match code {
            Code::Function(node) => node.body.as_ref().map(|body| body.stmts.as_slice()),
            Code::Constructor(node) => node.body.as_ref().map(|body| body.stmts.as_slice()),
            Code::Arrow(node) => match &*node.body {
                ArrowFunctionBody::FunctionBody(body) => Some(body.stmts.as_slice()),
                ArrowFunctionBody::Expr(expr) => {
                    let value = self.expr(expr);
                    self.settle(expr);
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
        self.standing = outer;
    }
}

fn annotation(pattern: &Pat) -> Option<&TsTypeAnn> {
    match pattern {
        Pat::Ident(ident) => ident.type_ann.as_deref(),
        Pat::Object(object) => object.type_ann.as_deref(),
        Pat::Assign(assign) => annotation(&assign.left),
        _ => None,
    }
}

fn param_name(pattern: &Pat) -> String {
    match pattern {
        Pat::Ident(ident) => ident.id.sym.to_string(),
        Pat::Assign(assign) => param_name(&assign.left),
        Pat::Rest(rest) => param_name(&rest.arg),
        _ => String::new(),
    }
}
