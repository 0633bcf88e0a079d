//! Expressions: from syntax to symbolic values.

use super::EffectKind;
use super::eval::{Code, Eval};
use super::rescue::REJECT;
use crate::limits::{self, Cut};
use crate::value::{Arena, C, Coercion, Freshness, Key, Node, Sym, V};
use swc_common::Spanned;
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    pub(super) fn expr(&mut self, expr: &'a Expr) -> V {
        self.deeper(Cut::Values, |eval| eval.expr_inner(expr)).unwrap_or_else(|| self.opaque(expr.span()))
    }

    /// Goes one level down in the code, unless that is too deep: what is there is not followed then, and this is told.
    pub(super) fn deeper<T>(&mut self, cut: Cut, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.arena.is_spent() {
            return None;
        }
        if self.depth > limits::EXPRESSION_DEPTH || crate::stack::is_low() {
            self.arena.note_cut(cut);
            return None;
        }
        self.depth += 1;
        let done = work(self);
        self.depth -= 1;
        Some(done)
    }

    fn expr_inner(&mut self, expr: &'a Expr) -> V {
        match expr {
            Expr::Paren(node) => self.expr(&node.expr),
            Expr::Await(node) => {
                let value = self.expr(&node.arg);
                self.settle(&node.arg);
                value
            }
            Expr::TsAs(node) => self.expr(&node.expr),
            Expr::TsNonNull(node) => self.expr(&node.expr),
            Expr::TsTypeAssertion(node) => self.expr(&node.expr),
            Expr::TsConstAssertion(node) => self.expr(&node.expr),
            Expr::TsSatisfies(node) => self.expr(&node.expr),
            Expr::TsInstantiation(node) => self.expr(&node.expr),
            Expr::Lit(lit) => self.literal(lit),
            Expr::Ident(ident) => self.ident(ident),
            Expr::This(_) => self.frame.this,
            Expr::Tpl(node) => self.template(node),
            Expr::Object(node) => self.object(node),
            Expr::Array(node) => self.array(node),
            Expr::Member(node) => self.member_expr(node),
            Expr::OptChain(node) => {
                let value = match &*node.base {
                    OptChainBase::Member(member) => self.member_expr(member),
                    OptChainBase::Call(call) => self.call(&call.callee, &call.args, call.span),
                };
                self.mark_missing(value);
                value
            }
            Expr::Call(node) => match &node.callee {
                Callee::Expr(callee) => self.call(callee, &node.args, node.span),
                Callee::Import(_) => self.dynamic_import(node),
                Callee::Super(_) => {
                    let args = self.args(&node.args);
                    let callee = self.arena.global("super");
                    self.plain_call(callee, None, None, args, node.span)
                }
            },
            Expr::New(node) => self.new_expr(node),
            Expr::Bin(node) => self.binary(node),
            Expr::Unary(node) => self.unary(node),
            Expr::Update(node) => {
                let old = self.expr(&node.arg);
                let one = self.arena.num(1.0);
                let old = self.freeze(old);
                let operator = if node.op == UpdateOp::PlusPlus { "+" } else { "-" };
                let value = self.arena.derived(operator, vec![old, one]);
                self.assigned_span = node.span;
                self.assign_to_expr(&node.arg, value);
                if node.prefix { value } else { old }
            }
            Expr::Cond(node) => {
                let test = self.expr(&node.test);
                let test = self.freeze(test);
                self.choose(test, |eval| eval.expr(&node.cons), |eval| eval.expr(&node.alt))
            }
            Expr::Assign(node) => self.assign(node),
            Expr::Seq(node) => {
                let mut last = Arena::UNDEFINED;
                for expr in &node.exprs {
                    last = self.expr(expr);
                }
                last
            }
            Expr::Arrow(node) => {
                let name = self.naming.take().unwrap_or_else(|| "<anonymous>".to_owned());
                self.function_value(Code::Arrow(node), &name)
            }
            Expr::Fn(node) => {
                let own = node.ident.as_ref().map(|ident| ident.sym.to_string());
                let name = own.or(self.naming.take()).unwrap_or_else(|| "<anonymous>".to_owned());
                self.function_value(Code::Function(&node.function), &name)
            }
            Expr::Class(node) => {
                let own = node.ident.as_ref().map(|ident| ident.sym.to_string());
                let name = own.or(self.naming.take()).unwrap_or_else(|| "<anonymous>".to_owned());
                self.class(&node.class, &name)
            }
            Expr::Yield(node) => match &node.arg {
                Some(arg) => self.expr(arg),
                None => Arena::UNDEFINED,
            },
            Expr::TaggedTpl(node) => {
                for expr in &node.tpl.exprs {
                    self.expr(expr);
                }
                self.opaque(node.span)
            }
            Expr::SuperProp(node) => {
                let object = self.arena.global("super");
                match &node.prop {
                    SuperProp::Ident(name) => {
                        let key = self.arena.sym(&name.sym);
                        self.arena.member(object, key)
                    }
                    SuperProp::Computed(_) => self.opaque(node.span),
                }
            }
            other => self.opaque(other.span()),
        }
    }

    pub(super) fn ident(&mut self, ident: &'a Ident) -> V {
        if ident.sym == "undefined" {
            return Arena::UNDEFINED;
        }
        let name = self.arena.sym(&ident.sym);
        match self.resolve(name) {
            Some(var) => {
                let value = self.var(var);
                self.mark_read(value);
                if self.arena.node(value) == &Node::Undefined { value } else { self.arena.narrow(self.cond, value) }
            }
            None => self.arena.intern(Node::Global(name)),
        }
    }

    pub(super) fn member_expr(&mut self, node: &'a MemberExpr) -> V {
        let object = self.expr(&node.obj);
        match &node.prop {
            MemberProp::Ident(name) => {
                let key = self.arena.sym(&name.sym);
                self.get(object, key)
            }
            MemberProp::PrivateName(name) => {
                let key = self.arena.sym(&format!("#{}", name.name));
                self.get(object, key)
            }
            MemberProp::Computed(computed) => {
                let key = self.expr(&computed.expr);
                match self.key_of(key) {
                    Key::Name(name) => self.get(object, name),
                    Key::Computed(key) => match self.arena.node(key) {
                        Node::Num(bits) if f64::from_bits(*bits) >= 0.0 => {
                            let at = f64::from_bits(*bits) as usize;
                            self.item(object, at)
                        }
                        _ => {
                            let object = self.freeze(object);
                            // A key of an object that is written here names one of its values.
                            let is_index = self.indexes.contains(&key) && !self.is_key_of(key, object);
                            match is_index {
                                true => self.element(object),
                                false => self.arena.intern(Node::Index(object, key)),
                            }
                        }
                    },
                    Key::Spread => object,
                }
            }
        }
    }

    /// Whether a loop's key runs through the keys of this object, all of which are known.
    fn is_key_of(&self, key: V, object: V) -> bool {
        let Node::Element(keys) = self.arena.node(key) else { return false };
        let is_own = |operands: &[V]| operands.first() == Some(&object);
        matches!(self.arena.node(object), Node::Object(entries) if entries.iter().all(|e| matches!(e.key, Key::Name(_))))
            && matches!(self.arena.node(*keys), Node::Derived(_, operands) if is_own(operands))
    }

    /// `object.key`, with what was assigned to it in this function.
    pub(super) fn get(&mut self, object: V, key: Sym) -> V {
        match self.arena.node(object).clone() {
            Node::Cell(cell) => {
                let content = self.content(cell);
                self.get(content, key)
            }
            Node::Array(_) => {
                let object = self.freeze(object);
                self.arena.intern(Node::Member(object, key))
            }
            Node::OneOf(alternatives) => {
                let alternatives: Vec<(C, V)> = alternatives.into_iter().map(|(c, v)| (c, self.get(v, key))).collect();
                self.arena.one_of(alternatives)
            }
            _ => {
                if let Some(settled) = self.settled_by_environment(object, key) {
                    return settled;
                }
                let value = self.arena.member(object, key);
                self.overlay(value).unwrap_or(value)
            }
        }
    }

    pub(super) fn element(&mut self, array: V) -> V {
        match self.arena.node(array).clone() {
            Node::Array(items) if items.len() == 1 => match items.as_slice() {
                [only] if !only.spread => only.value,
                [only] => self.element(only.value),
                _ => self.arena.intern(Node::Element(array)),
            },
            Node::Query { method, array: inner, .. }
                if matches!(self.arena.text(method), "filter" | "slice" | "sort" | "reverse") =>
            {
                self.element(inner)
            }
            Node::Mapped(_, result) => result,
            _ => self.arena.intern(Node::Element(array)),
        }
    }

    fn new_expr(&mut self, node: &'a NewExpr) -> V {
        let callee = self.expr(&node.callee);
        let mut name = callee_name(&node.callee);
        // const toId = mongoose.Types.ObjectId; new toId(x)
        if let Node::Member(_, own) = self.arena.node(callee) {
            name = self.arena.text(*own).to_owned();
        }
        let args = node.args.as_deref().unwrap_or_default();
        let site = self.site(node.span);
        match name.as_str() {
            "ObjectId" | "ObjectID" if args.is_empty() => return self.arena.intern(Node::Fresh(Freshness::Id, site)),
            "ObjectId" | "ObjectID" => {
                let args = self.args(args);
                let value = args.first().copied().unwrap_or(Arena::UNDEFINED);
                return self.arena.intern(Node::Coerce(Coercion::ObjectId, value));
            }
            "Date" if args.is_empty() => return self.arena.intern(Node::Fresh(Freshness::Time, site)),
            "Promise" => return self.promise(args, node.span),
            "Set" | "Map" | "WeakMap" | "WeakSet" => {
                let args = self.args(args);
                return self.arena.intern(Node::New { site, callee, args: args.into() });
            }
            _ => {}
        }
        let args = self.args(args);
        if matches!(self.arena.node(callee), Node::Class(_) | Node::Import { .. }) {
            let place = self.arena.site_info(site);
            self.noted.made.push(((place.start, place.end), callee));
        }
        let value = self.arena.intern(Node::New { site, callee, args: args.as_slice().into() });
        if let Node::Class(class) = self.arena.node(callee)
            && args.is_empty()
        {
            let class = *class;
            return self.arena.intern(Node::Instance(class));
        }
        value
    }

    /// `new Promise((resolve, reject) => …)`: the callback runs at once; the value is what `resolve` was given.
    pub(super) fn promise(&mut self, args: &'a [ExprOrSpread], span: swc_common::Span) -> V {
        let result = self.opaque(span);
        let Some(code) = args.first().and_then(|arg| super::stmt::function_code(&arg.expr)) else {
            self.args(args);
            return result;
        };
        let [resolve, reject] = ["resolve", REJECT].map(|name| self.arena.derived(name, vec![result]));
        let (outer, from) = (self.cond, self.frame.effects.len());
        self.in_place(code, &[resolve, reject]);
        self.note_rejects(reject, from);
        let mut given = Vec::new();
        for effect in self.frame.effects.iter().skip(from) {
            if let EffectKind::Call { callee, args, .. } = &effect.kind
                && *callee == resolve
            {
                given.push((effect.cond, args.first().copied().unwrap_or(Arena::UNDEFINED)));
            }
        }
        match given.as_slice() {
            [] => result,
            [(_, only)] => *only,
            _ => {
                let given = given.into_iter().map(|(cond, value)| (self.arena.since(outer, cond), value)).collect();
                self.arena.one_of(given)
            }
        }
    }
}

/// The last name of a callee: `ObjectId` of `new mongoose.Types.ObjectId()`.
pub(super) fn callee_name(expr: &Expr) -> String {
    match expr {
        Expr::Ident(ident) => ident.sym.to_string(),
        Expr::Member(member) => match &member.prop {
            MemberProp::Ident(name) => name.sym.to_string(),
            MemberProp::PrivateName(name) => format!("#{}", name.name),
            MemberProp::Computed(_) => String::new(),
        },
        Expr::OptChain(chain) => match &*chain.base {
            OptChainBase::Member(member) => match &member.prop {
                MemberProp::Ident(name) => name.sym.to_string(),
                _ => String::new(),
            },
            OptChainBase::Call(_) => String::new(),
        },
        Expr::Paren(paren) => callee_name(&paren.expr),
        Expr::TsAs(cast) => callee_name(&cast.expr),
        Expr::TsNonNull(cast) => callee_name(&cast.expr),
        _ => String::new(),
    }
}
