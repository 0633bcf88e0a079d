//! Calls: library functions with a known meaning, callbacks that run in place, and calls that the link step resolves.

use super::EffectKind;
use super::callback::EACH;
use super::eval::Eval;
use super::expr::callee_name;
use super::library::TRANSPARENT;
use super::stmt::function_code;
use crate::value::{Arena, Key, Node, Sym, V};
use swc_common::Span;
use swc_ecma_ast::*;

/// Functions that run their callback at once, or later in the same way, with no arguments that matter; each with whether it gives
/// back what the callback does: a timer gives its own handle.
///
/// Sources: async-mutex, `runExclusive`; p-retry; MongoDB Node.js driver, `ClientSession.withTransaction` (since 6.0).
const RUNS: [(&str, bool); 13] = [
    ("setTimeout", false),
    ("setInterval", false),
    ("setImmediate", false),
    ("nextTick", false),
    ("queueMicrotask", false),
    ("withTransaction", true),
    ("transaction", true),
    ("runExclusive", true),
    ("runInTransaction", true),
    ("startSession", false),
    ("withSession", true),
    ("retry", true),
    ("pRetry", true),
];

impl<'a> Eval<'a> {
    pub(super) fn args(&mut self, args: &'a [ExprOrSpread]) -> Vec<V> {
        let mut values = Vec::new();
        for arg in args {
            self.naming = None;
            let value = self.expr(&arg.expr);
            let value = self.handed(value);
            match self.arena.node(value).clone() {
                Node::Array(items) if arg.spread.is_some() => values.extend(items.iter().map(|item| item.value)),
                _ if arg.spread.is_some() => values.push(self.arena.intern(Node::Element(value))),
                _ => values.push(value),
            }
        }
        values
    }

    pub(super) fn dynamic_import(&mut self, node: &'a CallExpr) -> V {
        let args = self.args(&node.args);
        self.loaded(&args, "*").unwrap_or_else(|| self.opaque(node.span))
    }

    /// The module that a call loads, by a path that may be computed.
    fn loaded(&mut self, args: &[V], name: &str) -> Option<V> {
        let path = args.first()?;
        let module = self.specifier(*path)?;
        if self.arena.as_str(*path).is_none() {
            self.computed_loads.push(module.clone());
        }
        Some(self.import(&module, name))
    }

    pub(super) fn import(&mut self, module: &str, name: &str) -> V {
        let module = self.arena.sym(module);
        let name = self.arena.sym(name);
        self.arena.intern(Node::Import { module, name })
    }

    pub(super) fn call(&mut self, callee: &'a Expr, args: &'a [ExprOrSpread], span: Span) -> V {
        match unwrap(callee) {
            Expr::Member(member) => self.method_call(member, args, span),
            Expr::OptChain(chain) => match &*chain.base {
                OptChainBase::Member(member) => self.method_call(member, args, span),
                OptChainBase::Call(_) => self.function_call(callee, args, span),
            },
            _ => self.function_call(callee, args, span),
        }
    }

    fn function_call(&mut self, callee: &'a Expr, args: &'a [ExprOrSpread], span: Span) -> V {
        if let Some(code) = function_code(unwrap(callee)) {
            // (async () => { … })()
            let values = self.args(args);
            return self.in_place(code, &values);
        }
        let name = callee_name(callee);
        let target = self.expr(callee);
        let known = matches!(self.arena.node(target), Node::Global(_) | Node::Import { .. });
        if let Some(gives_back) = runs(&name)
            && let Some(code) = args.first().and_then(|arg| function_code(&arg.expr))
        {
            self.frame.polls |= name == "setInterval";
            let result = self.in_place(code, &[]);
            self.args(args.get(1..).unwrap_or_default());
            return if gives_back { result } else { self.opaque(span) };
        }
        if name == "require" && known {
            let values = self.args(args);
            return self.loaded(&values, "=").unwrap_or_else(|| self.opaque(span));
        }
        // const limit = pLimit(1); limit(async () => { … })
        if self.is_limiter(target)
            && let Some(code) = args.first().and_then(|arg| function_code(&arg.expr))
        {
            self.method_effect(target, "runExclusive", Vec::new(), span);
            return self.in_place(code, &[]);
        }
        if let (Some(imported), Some((array, rest))) = (self.list_function(target), args.split_first()) {
            return self.lodash(&imported, array, rest, span);
        }
        if let Some(given) = self.generated(target, &name, args, span) {
            return given;
        }
        let values = self.call_args(args, &name);
        self.inherits(&name, &values);
        let made = self.result_made(target, &values);
        let made = made.or_else(|| self.date_function(target, &values, span));
        if let Some(value) = made.or_else(|| self.known_function(&name, target, &values, span)) {
            return value;
        }
        if self.is_generator(target, &name) && !self.takes_function(&values) {
            return self.fresh_id(span);
        }
        let value = self.plain_call(target, None, None, values.clone(), span);
        self.ended_by_function(target, &values);
        value
    }

    /// Whether a value runs one of its callbacks at a time.
    fn is_limiter(&self, value: V) -> bool {
        let Node::Call { callee, args, .. } = self.arena.node(value) else { return false };
        let one = args
            .first()
            .is_some_and(|n| matches!(self.arena.node(*n), Node::Num(bits) if f64::from_bits(*bits) == 1.0));
        one && matches!(self.arena.node(*callee), Node::Import { module, .. } if self.arena.text(*module) == "p-limit")
    }

    /// Arguments where a function literal gets a name: `POST /path` for a route, else the callee's name.
    fn call_args(&mut self, args: &'a [ExprOrSpread], callee: &str) -> Vec<V> {
        let mut values = Vec::new();
        let mut route: Option<String> = None;
        for arg in args {
            let value = match function_code(&arg.expr) {
                Some(code) => {
                    let name = match (&route, own_name(&arg.expr)) {
                        (Some(route), _) => route.clone(),
                        (None, Some(name)) => name,
                        (None, None) if callee.is_empty() => "<anonymous>".to_owned(),
                        (None, None) => format!("{callee} callback"),
                    };
                    self.function_value(code, &name)
                }
                None => {
                    self.naming = route.clone();
                    let value = self.expr(&arg.expr);
                    self.naming = None;
                    let value = self.handed(value);
                    if self.is_computed_text(value) {
                        self.place(value, swc_common::Spanned::span(&*arg.expr));
                    }
                    value
                }
            };
            if route.is_none()
                && is_route_method(callee)
                && self.arena.as_str(value).is_some_and(|path| path.starts_with('/'))
            {
                route = self.arena.as_str(value).map(|path| format!("{} {path}", callee.to_uppercase()));
            }
            if arg.spread.is_some() {
                values.push(self.arena.intern(Node::Element(value)));
            } else {
                values.push(value);
            }
        }
        values
    }

    fn method_call(&mut self, member: &'a MemberExpr, args: &'a [ExprOrSpread], span: Span) -> V {
        self.note_written(member, args, span);
        let recv = self.expr(&member.obj);
        let name = match &member.prop {
            MemberProp::Ident(name) => name.sym.to_string(),
            MemberProp::PrivateName(name) => format!("#{}", name.name),
            MemberProp::Computed(computed) => {
                let key = self.expr(&computed.expr);
                match self.key_of(key) {
                    Key::Name(name) => self.arena.text(name).to_owned(),
                    _ => String::new(),
                }
            }
        };
        if let Some(value) = self.global_method(recv, &name, args, span) {
            return value;
        }
        let settled = self.promise_method(recv, &name, args, span);
        if let Some(value) = settled.or_else(|| self.result_method((&member.obj, recv), &name, args, span)) {
            return value;
        }
        if self.is_lodash(recv)
            && let Some((array, rest)) = args.split_first()
        {
            return self.lodash(&name, array, rest, span);
        }
        if EACH.contains(&name.as_str())
            && let Some(callback) = self.callback(&name, args)
        {
            let value = self.each(recv, &name, callback, args);
            if matches!(self.arena.node(value), Node::Query { .. }) {
                self.place(value, span);
            }
            return value;
        }
        if let Some(gives_back) = runs(&name)
            && let Some(code) = args.iter().find_map(|arg| function_code(&arg.expr))
        {
            let session = self.freeze(recv);
            if name == "transaction" {
                let own = self.offsets(span);
                self.noted.transactions.insert(own);
            }
            if name == "runExclusive" {
                self.method_effect(recv, &name, Vec::new(), span);
            }
            let result = self.in_place(code, &[session]);
            return if gives_back { result } else { self.opaque(span) };
        }
        // lock.acquire(key, async () => { … })
        if name == "acquire"
            && let Some((last, rest)) = args.split_last()
            && let Some(code) = function_code(&last.expr)
        {
            let values = self.args(rest);
            self.method_effect(recv, &name, values, span);
            return self.in_place(code, &[]);
        }
        // A driver callback runs with the result: findOne(filter, (error, doc) => …).
        if let Some((last, rest)) = args.split_last()
            && let Some(code) = function_code(&last.expr)
            && takes_driver_callback(&name)
        {
            let mut values = self.args(rest);
            values.retain(|value| *value != Arena::UNDEFINED);
            // find(filter).exec(callback): the result is that of the query.
            let query = TRANSPARENT.contains(&name.as_str()) && self.is_query_like(recv);
            let result = if query { recv } else { self.method_effect(recv, &name, values, span) };
            let error = self.arena.derived("error", Vec::new());
            return self.in_place(code, &[error, result]);
        }
        if let Some(value) = self.sequence(recv, &name, args, span) {
            return value;
        }
        if let Some(given) = self.generated(recv, &name, args, span).or_else(|| self.done(recv, &name, args)) {
            return given;
        }
        let values = self.call_args(args, &name);
        self.inherits(&name, &values);
        if let Some(query) = self.built_query(recv, &name, &values, span) {
            self.rebind_query(&member.obj, query);
            return query;
        }
        let dated = self.set_date(&member.obj, recv, &name, &values).or_else(|| self.date_method(recv, &name, &values));
        let dated = dated.or_else(|| self.set_method((&member.obj, recv), &name, &values, span));
        let dated = dated.or_else(|| self.map_method((&member.obj, recv), &name, &values, span));
        let known = dated.or_else(|| self.part_of_request(recv, &name, &values));
        let known = known.or_else(|| self.validity(recv, &name, &values));
        if let Some(value) = known.or_else(|| self.value_method(recv, &name, &values, span)) {
            return value;
        }
        if self.is_generator(recv, &name) && !self.takes_function(&values) {
            return self.fresh_id(span);
        }
        let value = self.method_effect(recv, &name, values.clone(), span);
        self.ended_by_method(recv, &name, &values);
        value
    }

    pub(super) fn method_effect(&mut self, recv: V, name: &str, args: Vec<V>, span: Span) -> V {
        let recv = self.freeze(recv);
        let name = self.arena.sym(name);
        let callee = self.get(recv, name);
        let callee = self.freeze(callee);
        let callee = match self.arena.node(callee) {
            Node::Undefined => self.arena.intern(Node::Member(recv, name)),
            _ => callee,
        };
        self.plain_call(callee, Some(recv), Some(name), args, span)
    }

    /// A call that the link step resolves. Code after it runs only if it came back without an exception.
    pub(super) fn plain_call(&mut self, callee: V, recv: Option<V>, name: Option<Sym>, args: Vec<V>, span: Span) -> V {
        let site = self.site(span);
        let callee = self.freeze(callee);
        let value = self.arena.intern(Node::Call { site, callee, args: args.as_slice().into() });
        self.effect(site, EffectKind::Call { callee, recv, name, args });
        if self.may_be_own(callee) {
            let completed = self.arena.intern(Node::Completed(site));
            let cond = self.cond;
            self.cond = self.arena.assume(cond, completed, true);
        }
        value
    }

    /// Whether the callee can be a function of the application that throws.
    fn may_be_own(&self, callee: V) -> bool {
        match self.arena.node(callee) {
            Node::Func(_) => true,
            Node::Import { module, .. } => self.arena.text(*module).starts_with(['.', '@', '~', '$']),
            Node::Member(object, _) => match self.arena.node(*object) {
                Node::This(_) | Node::Instance(_) | Node::Class(_) => true,
                Node::Call { callee, .. } => self.makes_model(*callee),
                _ => self.may_be_own(*object),
            },
            Node::New { callee, .. } => matches!(self.arena.node(*callee), Node::Class(_)) || self.may_be_own(*callee),
            _ => false,
        }
    }

    fn makes_model(&self, callee: V) -> bool {
        match self.arena.node(callee) {
            Node::Global(name) | Node::Import { name, .. } | Node::Member(_, name) => {
                is_model_maker(self.arena.text(*name))
            }
            _ => false,
        }
    }
}

/// What makes a model, whose statics may throw: `mongoose.model('User', schema)`, `getModelForClass(User)`.
fn is_model_maker(name: &str) -> bool {
    matches!(name, "model" | "discriminator" | "getModelForClass")
}

/// Whether one of [`RUNS`] gives back what its callback does; none where it is another function.
fn runs(name: &str) -> Option<bool> {
    RUNS.iter().find(|(known, _)| *known == name).map(|(_, gives_back)| *gives_back)
}

pub(super) fn unwrap(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) => unwrap(&paren.expr),
        Expr::TsAs(cast) => unwrap(&cast.expr),
        Expr::TsNonNull(cast) => unwrap(&cast.expr),
        Expr::TsTypeAssertion(cast) => unwrap(&cast.expr),
        Expr::TsSatisfies(cast) => unwrap(&cast.expr),
        other => other,
    }
}

pub(super) fn own_name(expr: &Expr) -> Option<String> {
    match unwrap(expr) {
        Expr::Fn(function) => function.ident.as_ref().map(|ident| ident.sym.to_string()),
        _ => None,
    }
}

fn is_route_method(name: &str) -> bool {
    matches!(name, "get" | "post" | "put" | "patch" | "delete" | "all" | "route" | "use" | "on")
}

/// Methods whose last argument is called with (error, result).
fn takes_driver_callback(name: &str) -> bool {
    name.starts_with("find")
        || name.starts_with("update")
        || name.starts_with("insert")
        // `delete` alone is a route of a server.
        || name.starts_with("delete") && name != "delete"
        || matches!(
            name,
            "count"
                | "countDocuments"
                | "exists"
                | "save"
                | "create"
                | "replaceOne"
                | "bulkWrite"
                | "toArray"
                | "exec"
                | "remove"
                | "aggregate"
                | "distinct"
        )
}
