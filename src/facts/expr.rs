//! Expressions: from syntax to symbolic values.

use super::eval::{Code, Eval, MAX_DEPTH};
use crate::value::{Arena, C, Coercion, Compare, Entry, Freshness, Item, Key, Node, Sym, V};
use swc_common::Spanned;
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    pub(super) fn expr(&mut self, expr: &'a Expr) -> V {
        if self.depth > MAX_DEPTH {
            return self.opaque(expr.span());
        }
        self.depth += 1;
        let value = self.expr_inner(expr);
        self.depth -= 1;
        value
    }

    fn expr_inner(&mut self, expr: &'a Expr) -> V {
        match expr {
            Expr::Paren(node) => self.expr(&node.expr),
            Expr::Await(node) => self.expr(&node.arg),
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

    fn literal(&mut self, lit: &'a Lit) -> V {
        match lit {
            Lit::Str(text) => {
                let text = text.value.to_atom_lossy();
                self.arena.str(&text)
            }
            Lit::Bool(value) => self.arena.bool(value.value),
            Lit::Null(_) => self.arena.intern(Node::Null),
            Lit::Num(number) => self.arena.num(number.value),
            Lit::Regex(regex) => {
                let text = self.arena.sym(&regex.exp);
                self.arena.intern(Node::Regex(text))
            }
            other => self.opaque(other.span()),
        }
    }

    fn ident(&mut self, ident: &'a Ident) -> V {
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

    fn template(&mut self, node: &'a Tpl) -> V {
        let mut parts = Vec::new();
        for (at, quasi) in node.quasis.iter().enumerate() {
            let text = quasi.cooked.as_ref().map_or_else(|| quasi.raw.to_string(), |t| t.to_atom_lossy().to_string());
            if !text.is_empty() {
                parts.push(self.arena.str(&text));
            }
            if let Some(expr) = node.exprs.get(at) {
                let value = self.expr(expr);
                parts.push(self.freeze(value));
            }
        }
        match parts.as_slice() {
            [] => self.arena.str(""),
            [only] if self.arena.as_str(*only).is_some() => *only,
            [only] => {
                let only = *only;
                self.arena.intern(Node::Coerce(Coercion::Text, only))
            }
            _ => {
                let texts: Option<Vec<&str>> = parts.iter().map(|part| self.arena.as_str(*part)).collect();
                match texts.map(|texts| texts.concat()) {
                    Some(text) => self.arena.str(&text),
                    None => self.arena.intern(Node::Template(parts)),
                }
            }
        }
    }

    pub(super) fn prop_key(&mut self, key: &'a PropName) -> Key {
        match key {
            PropName::Ident(name) => Key::Name(self.arena.sym(&name.sym)),
            PropName::Str(text) => {
                let text = text.value.to_atom_lossy();
                Key::Name(self.arena.sym(&text))
            }
            PropName::Num(number) => Key::Name(self.arena.sym(&number.value.to_string())),
            PropName::BigInt(number) => Key::Name(self.arena.sym(&number.value.to_string())),
            PropName::Computed(computed) => {
                let value = self.expr(&computed.expr);
                self.key_of(value)
            }
        }
    }

    fn object(&mut self, node: &'a ObjectLit) -> V {
        let mut entries: Vec<Entry> = Vec::new();
        for prop in &node.props {
            match prop {
                PropOrSpread::Spread(spread) => {
                    let value = self.expr(&spread.expr);
                    self.spread_into(&mut entries, value, C::TRUE);
                }
                PropOrSpread::Prop(prop) => match &**prop {
                    Prop::Shorthand(ident) => {
                        let key = Key::Name(self.arena.sym(&ident.sym));
                        let value = self.ident(ident);
                        entries.push(Self::entry(key, value));
                    }
                    Prop::KeyValue(pair) => {
                        let key = self.prop_key(&pair.key);
                        if let Key::Name(name) = key {
                            self.naming = Some(self.arena.text(name).to_owned());
                        }
                        let value = self.expr(&pair.value);
                        self.naming = None;
                        entries.push(Self::entry(key, value));
                    }
                    Prop::Method(method) => {
                        let key = self.prop_key(&method.key);
                        let name = match key {
                            Key::Name(name) => self.arena.text(name).to_owned(),
                            _ => "<anonymous>".to_owned(),
                        };
                        let value = self.function_value(Code::Function(&method.function), &name);
                        entries.push(Self::entry(key, value));
                    }
                    Prop::Getter(getter) => {
                        let key = self.prop_key(&getter.key);
                        let value = self.opaque(getter.span);
                        entries.push(Self::entry(key, value));
                    }
                    _ => {}
                },
            }
        }
        self.new_cell(Node::Object(entries))
    }

    /// The properties of a spread value; those that are known are copied, each under its condition.
    pub(super) fn spread_into(&mut self, entries: &mut Vec<Entry>, value: V, cond: C) {
        match self.arena.node(value).clone() {
            Node::Cell(cell) => {
                let content = self.content(cell);
                self.spread_into(entries, content, cond);
            }
            Node::Object(inner) => {
                for entry in inner {
                    let cond = self.arena.and(cond, entry.cond);
                    entries.push(Entry { cond, ..entry });
                }
            }
            Node::OneOf(alternatives) => {
                for (c, alternative) in alternatives {
                    let cond = self.arena.and(cond, c);
                    if cond != C::FALSE {
                        self.spread_into(entries, alternative, cond);
                    }
                }
            }
            Node::Undefined | Node::Null | Node::Bool(_) | Node::Num(_) => {}
            _ => entries.push(Entry { key: Key::Spread, value, cond }),
        }
    }

    fn array(&mut self, node: &'a ArrayLit) -> V {
        let mut items = Vec::new();
        for element in &node.elems {
            let Some(element) = element else { continue };
            let value = self.expr(&element.expr);
            if element.spread.is_some() {
                let value = self.freeze(value);
                match self.arena.node(value).clone() {
                    Node::Array(inner) => items.extend(inner),
                    _ => items.push(Item { value, spread: true, cond: C::TRUE }),
                }
            } else {
                items.push(Item { value, spread: false, cond: C::TRUE });
            }
        }
        self.new_cell(Node::Array(items))
    }

    fn member_expr(&mut self, node: &'a MemberExpr) -> V {
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
                            self.arena.intern(Node::Index(object, key))
                        }
                    },
                    Key::Spread => object,
                }
            }
        }
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

    /// One of two values by a test, with both sides evaluated as branches.
    pub(super) fn choose(
        &mut self,
        test: V,
        then: impl FnOnce(&mut Self) -> V,
        otherwise: impl FnOnce(&mut Self) -> V,
    ) -> V {
        let cond = self.cond;
        let yes = self.arena.assume(cond, test, true);
        let no = self.arena.assume(cond, test, false);
        let (mut a, mut b) = (Arena::UNDEFINED, Arena::UNDEFINED);
        let first = self.branch(yes, |eval| a = then(eval));
        let second = self.branch(no, |eval| b = otherwise(eval));
        self.join(test, first, second);
        if yes == C::FALSE {
            return b;
        }
        if no == C::FALSE {
            return a;
        }
        let yes = self.arena.assume(C::TRUE, test, true);
        let no = self.arena.assume(C::TRUE, test, false);
        self.arena.one_of(vec![(yes, a), (no, b)])
    }

    fn binary(&mut self, node: &'a BinExpr) -> V {
        match node.op {
            BinaryOp::LogicalAnd => {
                let left = self.expr(&node.left);
                let test = self.freeze(left);
                self.choose(test, |eval| eval.expr(&node.right), |_| left)
            }
            BinaryOp::LogicalOr => {
                let left = self.expr(&node.left);
                let test = self.freeze(left);
                self.choose(test, |_| left, |eval| eval.expr(&node.right))
            }
            BinaryOp::NullishCoalescing => {
                let left = self.expr(&node.left);
                let frozen = self.freeze(left);
                let missing = self.nullish(frozen);
                self.choose(missing, |eval| eval.expr(&node.right), |_| left)
            }
            _ => {
                let left = self.expr(&node.left);
                let right = self.expr(&node.right);
                let (left, right) = (self.freeze(left), self.freeze(right));
                self.operate(node.op, left, right)
            }
        }
    }

    fn operate(&mut self, op: BinaryOp, left: V, right: V) -> V {
        match op {
            BinaryOp::EqEq | BinaryOp::EqEqEq => self.equal(left, right),
            BinaryOp::NotEq | BinaryOp::NotEqEq => {
                let equal = self.equal(left, right);
                self.arena.not(equal)
            }
            BinaryOp::Lt => self.arena.intern(Node::Compare(Compare::Less, left, right)),
            BinaryOp::Gt => self.arena.intern(Node::Compare(Compare::Less, right, left)),
            BinaryOp::LtEq => {
                let greater = self.arena.intern(Node::Compare(Compare::Less, right, left));
                self.arena.not(greater)
            }
            BinaryOp::GtEq => {
                let less = self.arena.intern(Node::Compare(Compare::Less, left, right));
                self.arena.not(less)
            }
            BinaryOp::Add if self.arena.as_str(left).is_some() || self.is_text(left) || self.is_text(right) => {
                self.concat(left, right)
            }
            other => self.arena.derived(other.as_str(), vec![left, right]),
        }
    }

    fn is_text(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Str(_) | Node::Template(_) | Node::Coerce(Coercion::Text, _))
    }

    fn concat(&mut self, left: V, right: V) -> V {
        let mut parts = Vec::new();
        for side in [left, right] {
            match self.arena.node(side).clone() {
                Node::Template(inner) => parts.extend(inner),
                _ => parts.push(side),
            }
        }
        let texts: Option<Vec<&str>> = parts.iter().map(|part| self.arena.as_str(*part)).collect();
        match texts.map(|texts| texts.concat()) {
            Some(text) => self.arena.str(&text),
            None => self.arena.intern(Node::Template(parts)),
        }
    }

    pub(super) fn nullish(&mut self, value: V) -> V {
        match self.arena.truth(C::TRUE, value) {
            Some(true) => self.arena.bool(false),
            _ => match self.arena.node(value) {
                Node::Undefined | Node::Null => self.arena.bool(true),
                _ => self.arena.intern(Node::Nullish(value)),
            },
        }
    }

    /// `left === right`, in one form for the ways to write it.
    pub(super) fn equal(&mut self, left: V, right: V) -> V {
        let (left, right) = (self.freeze(left), self.freeze(right));
        let (left, right) = if self.arena.is_literal(left) { (right, left) } else { (left, right) };
        match self.arena.node(right) {
            Node::Undefined | Node::Null => return self.nullish(left),
            Node::Bool(true) if self.is_condition(left) => return left,
            Node::Bool(false) if self.is_condition(left) => return self.arena.not(left),
            _ => {}
        }
        // typeof x === 'undefined'
        if let Node::Derived(op, operands) = self.arena.node(left)
            && self.arena.text(*op) == "typeof"
            && self.arena.as_str(right) == Some("undefined")
            && let [operand] = operands.as_slice()
        {
            let operand = *operand;
            return self.nullish(operand);
        }
        if self.arena.is_literal(left) && self.arena.is_literal(right) {
            return self.arena.bool(left == right);
        }
        let (left, right) = if !self.arena.is_literal(right) && right < left { (right, left) } else { (left, right) };
        self.arena.intern(Node::Compare(Compare::Equal, left, right))
    }

    fn is_condition(&self, value: V) -> bool {
        matches!(
            self.arena.node(value),
            Node::Not(_)
                | Node::And(_)
                | Node::Or(_)
                | Node::Compare(..)
                | Node::Nullish(_)
                | Node::Query { .. }
                | Node::Member(..)
                | Node::Param(..)
                | Node::Call { .. }
                | Node::OneOf(_)
        )
    }

    fn unary(&mut self, node: &'a UnaryExpr) -> V {
        let value = self.expr(&node.arg);
        match node.op {
            UnaryOp::Bang => {
                let value = self.freeze(value);
                if let Some(known) = self.arena.truth(C::TRUE, value) {
                    return self.arena.bool(!known);
                }
                self.arena.not(value)
            }
            UnaryOp::Void => Arena::UNDEFINED,
            UnaryOp::Minus => match self.arena.node(value) {
                Node::Num(bits) => {
                    let n = -f64::from_bits(*bits);
                    self.arena.num(n)
                }
                _ => {
                    let value = self.freeze(value);
                    self.arena.derived("neg", vec![value])
                }
            },
            UnaryOp::Plus => {
                let value = self.freeze(value);
                self.arena.intern(Node::Coerce(Coercion::Number, value))
            }
            UnaryOp::TypeOf => {
                let value = self.freeze(value);
                self.arena.derived("typeof", vec![value])
            }
            UnaryOp::Delete => {
                self.assigned_span = node.span;
                self.assign_to_expr(&node.arg, Arena::UNDEFINED);
                self.arena.bool(true)
            }
            _ => {
                let value = self.freeze(value);
                self.arena.derived("~", vec![value])
            }
        }
    }

    fn assign(&mut self, node: &'a AssignExpr) -> V {
        if node.op == AssignOp::Assign {
            self.naming = assigned_name(&node.left);
            let value = self.expr(&node.right);
            self.naming = None;
            self.assigned_span = node.span;
            self.assign_target(&node.left, value);
            return value;
        }
        let old = match &node.left {
            AssignTarget::Simple(SimpleAssignTarget::Ident(ident)) => self.ident(&ident.id),
            AssignTarget::Simple(SimpleAssignTarget::Member(member)) => self.member_expr(member),
            _ => self.opaque(node.span),
        };
        let frozen = self.freeze(old);
        match node.op {
            AssignOp::AndAssign | AssignOp::OrAssign | AssignOp::NullishAssign => {
                let (test, keep) = match node.op {
                    AssignOp::AndAssign => (frozen, false),
                    AssignOp::OrAssign => (frozen, true),
                    _ => {
                        let missing = self.nullish(frozen);
                        (self.arena.not(missing), true)
                    }
                };
                let mut value = old;
                let set = |eval: &mut Self, value: &mut V| {
                    let new = eval.expr(&node.right);
                    eval.assigned_span = node.span;
                    eval.assign_target(&node.left, new);
                    *value = new;
                };
                if keep {
                    self.split(test, |_| {}, |eval| set(eval, &mut value));
                } else {
                    self.split(test, |eval| set(eval, &mut value), |_| {});
                }
                let cond = self.arena.assume(C::TRUE, test, keep);
                let other = self.arena.assume(C::TRUE, test, !keep);
                self.arena.one_of(vec![(cond, old), (other, value)])
            }
            op => {
                let right = self.expr(&node.right);
                let right = self.freeze(right);
                let value = match op.to_update() {
                    Some(op) => self.operate(op, frozen, right),
                    None => self.opaque(node.span),
                };
                self.assigned_span = node.span;
                self.assign_target(&node.left, value);
                value
            }
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
                return self.arena.intern(Node::New { site, callee, args });
            }
            _ => {}
        }
        let args = self.args(args);
        let value = self.arena.intern(Node::New { site, callee, args: args.clone() });
        if let Node::Class(class) = self.arena.node(callee)
            && args.is_empty()
        {
            let class = *class;
            return self.arena.intern(Node::Instance(class));
        }
        value
    }

    /// `new Promise((resolve, reject) => …)`: the callback runs at once; the value is what `resolve` was given.
    fn promise(&mut self, args: &'a [ExprOrSpread], span: swc_common::Span) -> V {
        let result = self.opaque(span);
        if let Some(code) = args.first().and_then(|arg| super::stmt::function_code(&arg.expr)) {
            let resolve = self.opaque(span);
            self.in_place(code, &[resolve, resolve]);
        } else {
            self.args(args);
        }
        result
    }
}

fn assigned_name(target: &AssignTarget) -> Option<String> {
    match target {
        AssignTarget::Simple(SimpleAssignTarget::Ident(ident)) => Some(ident.id.sym.to_string()),
        AssignTarget::Simple(SimpleAssignTarget::Member(member)) => match &member.prop {
            MemberProp::Ident(name) => Some(name.sym.to_string()),
            _ => None,
        },
        _ => None,
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
