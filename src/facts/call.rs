//! Calls: library functions with a known meaning, callbacks that run in place, and calls that the link step resolves.

use super::EffectKind;
use super::eval::{Code, Eval};
use super::expr::callee_name;
use super::stmt::function_code;
use crate::value::{Arena, C, Coercion, Freshness, Item, Key, Node, RETURNS, Sym, V};
use swc_common::Span;
use swc_ecma_ast::*;

/// Methods of a query or promise that give back what they were called on.
const TRANSPARENT: [&str; 33] = [
    "lean",
    "exec",
    "populate",
    "select",
    "sort",
    "limit",
    "skip",
    "session",
    "toArray",
    "hint",
    "project",
    "collation",
    "maxTimeMS",
    "toObject",
    "toJSON",
    "next",
    "read",
    "readConcern",
    "writeConcern",
    "orFail",
    "allowDiskUse",
    "batchSize",
    "setOptions",
    "comment",
    "clone",
    "cursor",
    "unwrap",
    "execPopulate",
    "finally",
    "tz",
    "stream",
    "fetch",
    "fetchAsync",
];

/// Array methods whose callback runs in place for each element.
const EACH: [&str; 15] = [
    "forEach",
    "map",
    "flatMap",
    "filter",
    "some",
    "every",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "sort",
    "reduce",
    "each",
    "eachAsync",
    "toSorted",
];

/// Functions that run their callback at once, or later in the same way, with no arguments that matter.
const RUNS: [&str; 12] = [
    "setTimeout",
    "setInterval",
    "setImmediate",
    "nextTick",
    "queueMicrotask",
    "withTransaction",
    "transaction",
    "runExclusive",
    "runInTransaction",
    "startSession",
    "withSession",
    "retry",
];

impl<'a> Eval<'a> {
    pub(super) fn args(&mut self, args: &'a [ExprOrSpread]) -> Vec<V> {
        let mut values = Vec::new();
        for arg in args {
            self.naming = None;
            let value = self.expr(&arg.expr);
            let value = self.freeze(value);
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
        match args.first().and_then(|module| self.arena.as_str(*module)).map(str::to_owned) {
            Some(module) => self.import(&module, "*"),
            None => self.opaque(node.span),
        }
    }

    fn import(&mut self, module: &str, name: &str) -> V {
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
        if RUNS.contains(&name.as_str())
            && let Some(code) = args.first().and_then(|arg| function_code(&arg.expr))
        {
            self.in_place(code, &[]);
            self.args(args.get(1..).unwrap_or_default());
            return self.opaque(span);
        }
        if name == "require" && known {
            let values = self.args(args);
            if let Some(module) = values.first().and_then(|v| self.arena.as_str(*v)).map(str::to_owned) {
                return self.import(&module, "=");
            }
            return self.opaque(span);
        }
        // const limit = pLimit(1); limit(async () => { … })
        if self.is_limiter(target)
            && let Some(code) = args.first().and_then(|arg| function_code(&arg.expr))
        {
            self.method_effect(target, "runExclusive", Vec::new(), span);
            return self.in_place(code, &[]);
        }
        let values = self.call_args(args, &name);
        if let Some(value) = self.known_function(&name, target, &values, span) {
            return value;
        }
        self.plain_call(target, None, None, values, span)
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
                    let value = self.freeze(value);
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

    /// Functions of the language and of well-known libraries, by name.
    fn known_function(&mut self, name: &str, target: V, args: &[V], span: Span) -> Option<V> {
        let site = self.site(span);
        let first = args.first().copied();
        Some(match (name, first) {
            ("String", Some(value)) => self.arena.intern(Node::Coerce(Coercion::Text, value)),
            ("Number" | "parseInt" | "parseFloat", Some(value)) => {
                self.arena.intern(Node::Coerce(Coercion::Number, value))
            }
            ("Boolean", Some(value)) => self.arena.intern(Node::Coerce(Coercion::Bool, value)),
            ("ObjectId" | "ObjectID", None) => self.arena.intern(Node::Fresh(Freshness::Id, site)),
            ("ObjectId" | "ObjectID" | "toObjectId" | "createFromHexString", Some(value)) => {
                self.arena.intern(Node::Coerce(Coercion::ObjectId, value))
            }
            ("structuredClone" | "cloneDeep", Some(value)) => self.arena.intern(Node::Coerce(Coercion::Copy, value)),
            ("randomUUID" | "uuid" | "uuidv4" | "uuidv1" | "uuidv7" | "nanoid" | "cuid" | "ulid" | "createId", _)
                if !matches!(self.arena.node(target), Node::Func(_)) =>
            {
                self.arena.intern(Node::Fresh(Freshness::Id, site))
            }
            ("v4" | "v1" | "v7", None) => self.arena.intern(Node::Fresh(Freshness::Id, site)),
            _ => return None,
        })
    }

    fn method_call(&mut self, member: &'a MemberExpr, args: &'a [ExprOrSpread], span: Span) -> V {
        self.note_written(args, span);
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
        if let Some(value) = self.promise_method(recv, &name, args, span) {
            return value;
        }
        if self.is_lodash(recv)
            && let Some((array, rest)) = args.split_first()
        {
            return self.lodash(&name, array, rest, span);
        }
        if EACH.contains(&name.as_str())
            && let Some(code) = args.first().and_then(|arg| function_code(&arg.expr))
        {
            let value = self.each(recv, &name, code, args);
            if matches!(self.arena.node(value), Node::Query { .. }) {
                self.place(value, span);
            }
            return value;
        }
        if RUNS.contains(&name.as_str())
            && let Some(code) = args.iter().find_map(|arg| function_code(&arg.expr))
        {
            let session = self.freeze(recv);
            if name == "runExclusive" {
                self.method_effect(recv, &name, Vec::new(), span);
            }
            self.in_place(code, &[session]);
            return self.opaque(span);
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
        let values = self.call_args(args, &name);
        if let Some(value) = self.value_method(recv, &name, &values, span) {
            return value;
        }
        self.method_effect(recv, &name, values, span)
    }

    fn is_lodash(&self, recv: V) -> bool {
        match self.arena.node(recv) {
            Node::Global(name) => self.arena.text(*name) == "_",
            Node::Import { module, .. } => matches!(self.arena.text(*module), "lodash" | "underscore" | "lodash-es"),
            _ => false,
        }
    }

    /// `_.find(array, predicate)` as the array's own method.
    fn lodash(&mut self, name: &str, array: &'a ExprOrSpread, rest: &'a [ExprOrSpread], span: Span) -> V {
        let array = self.expr(&array.expr);
        if EACH.contains(&name)
            && let Some(code) = rest.first().and_then(|arg| function_code(&arg.expr))
        {
            return self.each(array, name, code, rest);
        }
        let array = self.freeze(array);
        let values = self.args(rest);
        let arg = values.first().copied().unwrap_or(Arena::UNDEFINED);
        match name {
            "find" | "some" | "filter" | "findIndex" | "includes" | "indexOf" | "findLast" => {
                let query = self.query(name, array, arg);
                self.place(query, span);
                query
            }
            "sortBy" | "orderBy" | "uniqBy" | "uniq" | "without" | "reject" | "remove" | "pull" => {
                self.query("filter", array, arg)
            }
            "cloneDeep" | "clone" => self.arena.intern(Node::Coerce(Coercion::Copy, array)),
            _ => {
                let mut operands = vec![array];
                operands.extend(values);
                self.arena.derived(name, operands)
            }
        }
    }

    fn method_effect(&mut self, recv: V, name: &str, args: Vec<V>, span: Span) -> V {
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
        let value = self.arena.intern(Node::Call { site, callee, args: args.clone() });
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
            Node::Import { module, .. } => self.arena.text(*module).starts_with(['.', '@', '~']),
            Node::Member(object, _) => match self.arena.node(*object) {
                Node::This(_) | Node::Instance(_) | Node::Class(_) => true,
                _ => self.may_be_own(*object),
            },
            Node::New { callee, .. } => matches!(self.arena.node(*callee), Node::Class(_)) || self.may_be_own(*callee),
            _ => false,
        }
    }

    fn global_method(&mut self, recv: V, name: &str, args: &'a [ExprOrSpread], span: Span) -> Option<V> {
        let Node::Global(object) = self.arena.node(recv) else { return None };
        let object = self.arena.text(*object).to_owned();
        let site = self.site(span);
        match (object.as_str(), name) {
            ("Object", "assign") => {
                let (target, sources) = args.split_first()?;
                let target = self.expr(&target.expr);
                for source in sources {
                    let source = self.expr(&source.expr);
                    self.assign_all(target, source, span);
                }
                Some(target)
            }
            ("Object", "freeze" | "seal" | "fromEntries") => args.first().map(|arg| self.expr(&arg.expr)),
            ("Promise", "all" | "allSettled" | "resolve" | "race" | "any") => {
                Some(args.first().map_or(Arena::UNDEFINED, |arg| self.expr(&arg.expr)))
            }
            ("Promise", "reject") => {
                let values = self.args(args);
                Some(self.arena.derived("Promise.reject", values))
            }
            ("JSON", "parse") => {
                let values = self.args(args);
                let inner = values.first().copied().unwrap_or(Arena::UNDEFINED);
                Some(match self.arena.node(inner) {
                    Node::Derived(op, operands) if self.arena.text(*op) == "JSON.stringify" => {
                        let original = operands.first().copied().unwrap_or(Arena::UNDEFINED);
                        self.arena.intern(Node::Coerce(Coercion::Copy, original))
                    }
                    _ => self.arena.derived("JSON.parse", vec![inner]),
                })
            }
            ("JSON", "stringify") => {
                let values = self.args(args);
                Some(self.arena.derived("JSON.stringify", values))
            }
            ("Date", "now") | ("performance", "now") => Some(self.arena.intern(Node::Fresh(Freshness::Time, site))),
            ("Math", "random") => Some(self.arena.intern(Node::Fresh(Freshness::Random, site))),
            ("crypto", "randomUUID" | "randomBytes") => {
                self.args(args);
                Some(self.arena.intern(Node::Fresh(Freshness::Id, site)))
            }
            ("Math" | "Number" | "Array" | "Object" | "Date" | "Buffer" | "String" | "Reflect", _) => {
                let values = self.args(args);
                if object == "Array" && name == "from" && values.len() == 1 {
                    return values.first().map(|value| self.arena.intern(Node::Coerce(Coercion::Copy, *value)));
                }
                Some(self.arena.derived(&format!("{object}.{name}"), values))
            }
            ("console" | "logger" | "log", _) => {
                self.args(args);
                Some(Arena::UNDEFINED)
            }
            _ => None,
        }
    }

    /// `Object.assign(target, source)`
    fn assign_all(&mut self, target: V, source: V, span: Span) {
        let mut entries = Vec::new();
        self.spread_into(&mut entries, source, C::TRUE);
        self.assigned_span = span;
        if let Node::Cell(cell) = self.arena.node(target) {
            let cell = *cell;
            let content = self.content(cell);
            if let Node::Object(mut own) = self.arena.node(content).clone() {
                own.extend(entries);
                let content = self.arena.intern(Node::Object(own));
                self.set_content(cell, content);
            }
            return;
        }
        for entry in entries {
            self.assign_key(target, entry.key, entry.value);
        }
    }

    /// `.then(f)`, `.catch(f)`, `.finally(f)`
    fn promise_method(&mut self, recv: V, name: &str, args: &'a [ExprOrSpread], span: Span) -> Option<V> {
        match name {
            "then" => {
                let first = args.first()?;
                let recv = self.freeze(recv);
                let result = match function_code(&first.expr) {
                    Some(code) => self.chained(code, recv, span),
                    None => {
                        let callee = self.expr(&first.expr);
                        self.plain_call(callee, None, None, vec![recv], span)
                    }
                };
                if let Some(code) = args.get(1).and_then(|arg| function_code(&arg.expr)) {
                    self.handler(code, span);
                }
                Some(result)
            }
            "catch" => {
                let first = args.first()?;
                let text = self.source(first_span(first));
                // The handler belongs to the calls before it in the same chain.
                let handles = text.contains("11000");
                let (start, _) = self.offsets(span);
                self.mark_caught(start, handles);
                match function_code(&first.expr) {
                    Some(code) => self.handler(code, span),
                    None => {
                        self.expr(&first.expr);
                    }
                }
                Some(recv)
            }
            "finally" => {
                if let Some(code) = args.first().and_then(|arg| function_code(&arg.expr)) {
                    self.in_place(code, &[]);
                }
                Some(recv)
            }
            _ => None,
        }
    }

    /// The callback of a `then`, which runs only where those before it in the chain came back without an exception.
    fn chained(&mut self, code: Code<'a>, value: V, span: Span) -> V {
        let (start, _) = self.offsets(span);
        let outer = self.cond;
        if let Some((from, cond)) = self.chain.take()
            && from == start
        {
            self.cond = cond;
        }
        let inner = self.cond;
        let rejections = self.frame.rejections;
        let (result, ends) = self.in_place_with_ends(code, &[value]);
        let passed = self.passed(inner, &ends, self.frame.rejections > rejections);
        self.chain = Some((start, passed));
        self.cond = outer;
        result
    }

    /// The condition under which a callback came back, by the conditions of its returns.
    fn passed(&mut self, outer: C, ends: &[C], rejects: bool) -> C {
        let own: Vec<C> = ends.iter().map(|end| self.arena.since(outer, *end)).collect();
        if own.is_empty() || own.len() > 3 || !(rejects || own.iter().any(|end| self.needs_a_return(*end))) {
            return outer;
        }
        if let [only] = ends {
            return *only;
        }
        let values = own.into_iter().map(|end| self.arena.cond_value(end)).collect();
        let any = self.arena.any(values);
        match self.arena.assume(outer, any, true) {
            C::FALSE => outer,
            cond => cond,
        }
    }

    /// Whether a condition depends on a call that may never come back.
    fn needs_a_return(&self, cond: C) -> bool {
        let returns = |value: &V| match self.arena.node(*value) {
            Node::Completed(_) => true,
            Node::Derived(op, _) => self.arena.text(*op) == RETURNS,
            _ => false,
        };
        self.arena.atoms(cond).iter().any(|atom| match self.arena.node(atom.value) {
            Node::Or(parts) => parts.iter().any(|part| match self.arena.node(*part) {
                Node::And(inner) => inner.iter().any(returns),
                _ => false,
            }),
            _ => returns(&atom.value),
        })
    }

    fn mark_caught(&mut self, start: u32, handles: bool) {
        let sites: Vec<bool> =
            self.frame.effects.iter().map(|effect| self.arena.site_info(effect.site).start >= start).collect();
        for (effect, inside) in self.frame.effects.iter_mut().zip(sites) {
            if inside {
                effect.caught = true;
                effect.duplicate_key_caught |= handles;
            }
        }
    }

    fn handler(&mut self, code: Code<'a>, span: Span) {
        let site = self.site(span);
        let caught = self.arena.intern(Node::Caught(site));
        let error = self.arena.derived("error", vec![caught]);
        let cond = self.cond;
        let inside = self.arena.assume(cond, caught, true);
        let rescue = self.branch(inside, |eval| {
            eval.in_place(code, &[error]);
        });
        drop(rescue);
        self.cond = cond;
    }

    /// Runs a callback here, in this function: its effects and assignments are this function's.
    pub(super) fn in_place(&mut self, code: Code<'a>, args: &[V]) -> V {
        self.in_place_with_ends(code, args).0
    }

    /// The callback's value, and the path conditions of its returns.
    fn in_place_with_ends(&mut self, code: Code<'a>, args: &[V]) -> (V, Vec<C>) {
        let outer_cond = self.cond;
        let outer_jumped = self.jumped;
        let outer_scope = self.enter_scope(true);
        let returns = std::mem::take(&mut self.frame.returns);
        let exits = std::mem::take(&mut self.frame.loop_exits);
        let this = self.frame.this;
        self.frame.inline += 1;
        let patterns: Vec<&'a Pat> = match code {
            Code::Function(node) => node.params.iter().map(|param| &param.pat).collect(),
            Code::Arrow(node) => node.params.iter().collect(),
            Code::Constructor(_) => Vec::new(),
        };
        for (at, pattern) in patterns.into_iter().enumerate() {
            let value = match args.get(at) {
                Some(value) => *value,
                None => {
                    let span = swc_common::Spanned::span(pattern);
                    self.opaque(span)
                }
            };
            self.bind(pattern, value, super::pattern::Bind::Declare);
        }
        self.body(code);
        if self.cond != C::FALSE {
            let cond = self.cond;
            self.frame.returns.push((cond, Arena::UNDEFINED));
        }
        self.frame.inline -= 1;
        let inner = std::mem::replace(&mut self.frame.returns, returns);
        self.frame.loop_exits = exits;
        self.frame.this = this;
        self.scope = outer_scope;
        self.cond = outer_cond;
        self.jumped = outer_jumped;
        let ends = inner.iter().map(|(cond, _)| *cond).collect();
        let mut alternatives = Vec::new();
        for (cond, value) in inner {
            let cond = self.arena.since(outer_cond, cond);
            alternatives.push((cond, value));
        }
        (self.arena.one_of(alternatives), ends)
    }

    /// An array method with its callback in place, for any element.
    fn each(&mut self, recv: V, name: &str, code: Code<'a>, args: &'a [ExprOrSpread]) -> V {
        let array = self.freeze(recv);
        let element = self.element(array);
        let params = match name {
            "reduce" => {
                let start = match args.get(1) {
                    Some(arg) => self.expr(&arg.expr),
                    None => element,
                };
                vec![start, element]
            }
            "sort" | "toSorted" => vec![element, element],
            _ => vec![element],
        };
        let span = match code {
            Code::Function(node) => node.span,
            Code::Arrow(node) => node.span,
            Code::Constructor(node) => node.span,
        };
        let some = self.opaque(span);
        let mut result = Arena::UNDEFINED;
        self.frame.loops += 1;
        self.maybe(some, |eval| result = eval.in_place(code, &params));
        self.frame.loops -= 1;
        let result = self.freeze(result);
        match name {
            "map" | "flatMap" => self.arena.intern(Node::Mapped(array, result)),
            "forEach" | "each" | "eachAsync" => Arena::UNDEFINED,
            "reduce" => self.arena.derived("reduce", vec![array, result]),
            _ => self.query(name, array, result),
        }
    }

    fn query(&mut self, method: &str, array: V, arg: V) -> V {
        let method = self.arena.sym(method);
        self.arena.intern(Node::Query { method, array, arg })
    }

    /// Methods of strings, arrays and identifiers, where the receiver or the arguments tell that it is one.
    fn value_method(&mut self, recv: V, name: &str, args: &[V], span: Span) -> Option<V> {
        let first = args.first().copied();
        let frozen = self.freeze(recv);
        match (name, first) {
            ("toString" | "toHexString" | "valueOf", None) => {
                Some(self.arena.intern(Node::Coerce(Coercion::Text, frozen)))
            }
            ("createFromHexString" | "ObjectId" | "ObjectID", Some(value)) => {
                Some(self.arena.intern(Node::Coerce(Coercion::ObjectId, value)))
            }
            ("ObjectId" | "ObjectID", None) => {
                let site = self.site(span);
                Some(self.arena.intern(Node::Fresh(Freshness::Id, site)))
            }
            ("cloneDeep", Some(value)) => Some(self.arena.intern(Node::Coerce(Coercion::Copy, value))),
            ("equals", Some(value)) => Some(self.equal(frozen, value)),
            ("includes" | "indexOf" | "lastIndexOf", Some(value)) => {
                let query = self.query(name, frozen, value);
                self.place(query, span);
                Some(query)
            }
            ("slice" | "concat" | "reverse" | "flat" | "toSorted" | "toSpliced" | "filter" | "sort", _)
                if !self.is_query_like(recv) || name == "slice" || name == "concat" =>
            {
                let rest = match args {
                    [only] => *only,
                    _ => self.arena.derived("args", args.to_vec()),
                };
                if name == "concat" {
                    return Some(self.concatenated(frozen, args));
                }
                Some(self.query(name, frozen, rest))
            }
            ("push" | "unshift" | "splice" | "pop" | "shift" | "add", _) => self.change_local(recv, name, args),
            (
                "trim" | "toLowerCase" | "toUpperCase" | "toISOString" | "toFixed" | "getTime" | "replace" | "split"
                | "padStart" | "substring" | "substr" | "join" | "keys" | "values" | "entries" | "startsWith"
                | "endsWith" | "match" | "test" | "localeCompare" | "toLocaleString" | "toDateString" | "normalize",
                _,
            ) => {
                let mut operands = vec![frozen];
                operands.extend(args);
                Some(self.arena.derived(name, operands))
            }
            _ if TRANSPARENT.contains(&name) && self.is_query_like(recv) => {
                if name == "session"
                    && let Some(session) = first
                {
                    // The session belongs to the query it is called on; the link step reads it from this effect.
                    let site = self.site(span);
                    let method = self.arena.sym("session");
                    let callee = self.arena.intern(Node::Member(frozen, method));
                    self.effect(
                        site,
                        EffectKind::Call { callee, recv: Some(frozen), name: Some(method), args: vec![session] },
                    );
                }
                Some(recv)
            }
            ("toObject" | "toJSON", _) => Some(self.arena.intern(Node::Coerce(Coercion::Copy, frozen))),
            _ => None,
        }
    }

    fn concatenated(&mut self, array: V, args: &[V]) -> V {
        let mut items = vec![Item { value: array, spread: true, cond: C::TRUE }];
        for arg in args {
            match self.arena.node(*arg).clone() {
                Node::Array(inner) => items.extend(inner),
                _ => items.push(Item { value: *arg, spread: true, cond: C::TRUE }),
            }
        }
        self.new_cell(Node::Array(items))
    }

    /// Whether a value is the result of a call, so that a chain method on it belongs to that call.
    fn is_query_like(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Call { .. } | Node::New { .. } => true,
            Node::OneOf(alternatives) => alternatives.iter().any(|(_, v)| self.is_query_like(*v)),
            _ => false,
        }
    }

    /// `array.push(x)` on an array made in this function; arrays from outside are left to the link step.
    fn change_local(&mut self, recv: V, name: &str, args: &[V]) -> Option<V> {
        match self.arena.node(recv).clone() {
            Node::Cell(cell) => {
                let content = self.content(cell);
                let Node::Array(mut items) = self.arena.node(content).clone() else { return None };
                if matches!(name, "push" | "unshift") {
                    items.extend(args.iter().map(|value| Item { value: *value, spread: false, cond: C::TRUE }));
                    let content = self.arena.intern(Node::Array(items));
                    self.set_content(cell, content);
                }
                Some(Arena::UNDEFINED)
            }
            Node::OneOf(alternatives) => {
                // const list = doc.items || []; list.push(x)
                let outside: Vec<V> = alternatives
                    .iter()
                    .filter(|(_, v)| !matches!(self.arena.node(*v), Node::Cell(_)))
                    .map(|(_, v)| *v)
                    .collect();
                if outside.len() == alternatives.len() {
                    return None;
                }
                for (_, alternative) in &alternatives {
                    self.change_local(*alternative, name, args);
                }
                None
            }
            _ => None,
        }
    }
}

fn unwrap(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) => unwrap(&paren.expr),
        Expr::TsAs(cast) => unwrap(&cast.expr),
        Expr::TsNonNull(cast) => unwrap(&cast.expr),
        Expr::TsTypeAssertion(cast) => unwrap(&cast.expr),
        Expr::TsSatisfies(cast) => unwrap(&cast.expr),
        other => other,
    }
}

fn own_name(expr: &Expr) -> Option<String> {
    match unwrap(expr) {
        Expr::Fn(function) => function.ident.as_ref().map(|ident| ident.sym.to_string()),
        _ => None,
    }
}

fn first_span(arg: &ExprOrSpread) -> Span {
    swc_common::Spanned::span(&*arg.expr)
}

fn is_route_method(name: &str) -> bool {
    matches!(name, "get" | "post" | "put" | "patch" | "delete" | "all" | "route" | "use" | "on")
}

/// Methods whose last argument is called with (error, result).
fn takes_driver_callback(name: &str) -> bool {
    name.starts_with("find")
        || name.starts_with("update")
        || name.starts_with("insert")
        || name.starts_with("delete")
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
