//! Routes: the handlers of one registration run one after another on the same request.
//!
//! `router.post('/x', loadUser, act)` becomes a function of its own that calls `loadUser` and then `act`: what the first
//! assigned to the request, the second reads, and it runs only where the first called `next()`. Handlers that `use` and
//! `param` put before a route come first, also those of the routers on which its router is mounted.
//!
//! Input: the linked functions. Output: one more function for each route whose handlers depend on each other.
//! Must not know: rules, MongoDB methods.

use super::link::{Op, Project, State, Step, Steps};
use super::validators::Handler;
use crate::facts::{EffectKind, Function, Siblings};
use crate::limits::{self, Cut};
use crate::value::{C, FnRef, Node, Site, Sym, V};
use rustc_hash::FxHashMap;

const METHODS: [&str; 9] = ["get", "post", "put", "patch", "delete", "del", "all", "use", "param"];

/// `router.post('/x', first, second)`, or the same with `use` or `param`.
struct Registration {
    site: Site,
    file: u32,
    /// The function in which the call stands.
    caller: FnRef,
    router: V,
    method: String,
    path: String,
    handlers: Vec<Handler>,
    /// Routers that a `use` mounts.
    mounted: Vec<V>,
}

impl Registration {
    fn is_route(&self) -> bool {
        !matches!(self.method.as_str(), "use" | "param")
    }

    /// Whether a `use` or `param` comes before a route with this path.
    fn precedes(&self, path: &str) -> bool {
        match self.method.as_str() {
            "param" => path.split('/').any(|part| part.strip_prefix(':') == Some(&self.path)),
            "use" => self.path == "/" || path.starts_with(&self.path),
            _ => false,
        }
    }
}

/// All registrations of the project.
struct Table {
    all: Vec<Registration>,
    /// The registrations on a router that run before its routes, in order.
    on: FxHashMap<V, Vec<usize>>,
    /// The registration that mounts a router.
    mount: FxHashMap<V, usize>,
}

impl Project {
    /// Adds a function for each route whose handlers depend on each other.
    pub(super) fn link_routes(&mut self) {
        let table = self.registrations();
        let mut leads: FxHashMap<Handler, bool> = FxHashMap::default();
        for (at, route) in table.all.iter().enumerate().filter(|(_, registration)| registration.is_route()) {
            let (mut chain, is_known) = table.before(route.router, at, &route.path, 0);
            chain.retain(|handler| self.leads(*handler, &mut leads));
            let (last, first) = match route.handlers.split_last() {
                Some((last, first)) => (*last, first),
                None => continue,
            };
            if !is_known {
                self.note_cut(last.func, Cut::Calls);
            }
            for handler in first {
                if !chain.is_empty() || self.leads(*handler, &mut leads) {
                    chain.push(*handler);
                }
            }
            if chain.is_empty() {
                continue;
            }
            chain.push(last);
            let from = chain.len().saturating_sub(limits::HANDLERS);
            if from > 0 {
                self.note_cut(last.func, Cut::Calls);
            }
            self.add_chain(route, chain.get(from..).unwrap_or_default());
        }
    }

    fn registrations(&mut self) -> Table {
        let mut table = Table { all: Vec::new(), on: FxHashMap::default(), mount: FxHashMap::default() };
        for at in 0..self.functions.len() {
            let caller = FnRef(at as u32);
            let Some(function) = self.function(caller) else { continue };
            let calls: Vec<(Site, V, Sym, Vec<V>)> = function
                .effects
                .iter()
                .filter_map(|effect| match &effect.kind {
                    EffectKind::Call { recv: Some(recv), name: Some(name), args, .. }
                        if METHODS.contains(&self.arena.text(*name)) =>
                    {
                        Some((effect.site, *recv, *name, args.clone()))
                    }
                    _ => None,
                })
                .collect();
            self.within(caller, |project| {
                for (site, recv, name, args) in calls {
                    if let Some(registration) = project.registration(caller, site, recv, name, &args) {
                        table.add(registration);
                    }
                }
            });
        }
        table
    }

    fn registration(&mut self, caller: FnRef, site: Site, recv: V, name: Sym, args: &[V]) -> Option<Registration> {
        let method = self.arena.text(name).to_owned();
        let (router, own_path) = self.router_of(recv, 0);
        let first = args.first().and_then(|path| self.arena.as_str(*path)).map(str::to_owned);
        let path = match (own_path, first) {
            (Some(path), _) | (None, Some(path)) => path,
            (None, None) if method == "use" => "/".to_owned(),
            _ => return None,
        };
        let mut handlers = Vec::new();
        let mut mounted = Vec::new();
        for arg in args {
            self.handlers_in(*arg, 0, &mut handlers);
            let router = self.linked(*arg);
            if method == "use" && matches!(self.arena.node(router), Node::Call { .. } | Node::New { .. }) {
                mounted.push(router);
            }
        }
        if handlers.is_empty() && mounted.is_empty() {
            return None;
        }
        let file = self.file_of(caller);
        Some(Registration { site, file, caller, router, method, path, handlers, mounted })
    }

    /// The router under `router.route('/x').get(…).post(…)`, with the path of its `route`.
    fn router_of(&mut self, recv: V, depth: u32) -> (V, Option<String>) {
        let linked = self.linked(recv);
        let Node::Call { callee, args, .. } = self.arena.node(linked).clone() else { return (linked, None) };
        let Node::Member(inner, name) = self.arena.node(callee).clone() else { return (linked, None) };
        let path = args.first().and_then(|path| self.arena.as_str(*path)).map(str::to_owned);
        match self.arena.text(name) {
            "route" => (inner, path),
            method if METHODS.contains(&method) && depth < limits::HANDLERS as u32 => self.router_of(inner, depth + 1),
            _ => (linked, None),
        }
    }

    /// The functions that an argument registers: a function, a list of them, `act.bind(this)`, `wrap(act)`,
    /// `{ preHandler: [load] }`.
    fn handlers_in(&mut self, arg: V, depth: u32, handlers: &mut Vec<Handler>) {
        if depth > limits::HANDLER_LISTS {
            return;
        }
        match self.arena.node(arg).clone() {
            Node::Array(items) => items.iter().for_each(|item| self.handlers_in(item.value, depth + 1, handlers)),
            Node::Object(_) => {
                for hook in ["onRequest", "preValidation", "preHandler"] {
                    let hook = self.arena.sym(hook);
                    let hook = self.arena.member(arg, hook);
                    self.handlers_in(hook, depth + 1, handlers);
                }
            }
            Node::Call { args, .. } => {
                if let Some(validators) = self.validators(arg) {
                    return handlers.extend(validators);
                }
                let before = handlers.len();
                for inner in args {
                    self.handlers_in(inner, depth + 1, handlers);
                }
                // Without a function among the arguments the call itself makes the handler: `allow('admin')`.
                if handlers.len() == before {
                    self.push_function(arg, handlers);
                }
            }
            _ => {
                let wrapped = self.wrapped(arg);
                if !wrapped.is_empty() {
                    return handlers.extend(wrapped.into_iter().map(Handler::from));
                }
                match self.linked(arg) {
                    list if list != arg && matches!(self.arena.node(list), Node::Array(_)) => {
                        self.handlers_in(list, depth + 1, handlers);
                    }
                    _ => self.push_function(arg, handlers),
                }
            }
        }
    }

    fn push_function(&mut self, value: V, handlers: &mut Vec<Handler>) {
        let value = self.linked(value);
        if let Node::Func(func) = self.arena.node(value) {
            handlers.push(Handler::from(*func));
        }
    }

    /// Whether a later handler depends on this one: it assigns to the request or response, or reads before `next()`.
    fn leads(&mut self, own: Handler, known: &mut FxHashMap<Handler, bool>) -> bool {
        if let Some(leads) = known.get(&own) {
            return *leads;
        }
        let handler = own.func;
        self.expand(handler);
        let steps = self.shared_steps_of(handler);
        let asks = own.field.is_some() && steps.iter().any(|step| self.touches_database(step));
        let leads = asks
            || steps.iter().any(|step| match &step.op {
                Op::Assign { object, key: Some(_), .. } => self.parameter_of(*object) == Some(handler),
                Op::Call { callee, args, .. } => {
                    args.is_empty()
                        && matches!(self.arena.node(*callee), Node::Param(func, _) if *func == handler)
                        && !self.checks(step.cond, &[]).is_empty()
                }
                Op::Assign { .. } | Op::Marked { .. } => false,
            });
        known.insert(own, leads);
        leads
    }

    /// The function of whose parameter a value is a member.
    pub(super) fn parameter_of(&self, value: V) -> Option<FnRef> {
        match self.arena.node(value) {
            Node::Param(func, _) => Some(*func),
            Node::Member(object, _) => self.parameter_of(*object),
            _ => None,
        }
    }

    fn add_chain(&mut self, route: &Registration, handlers: &[Handler]) {
        let func = self.add_function(route);
        let args: Vec<V> = (0..3).map(|at| self.arena.intern(Node::Param(func, at))).collect();
        let mut known: FxHashMap<V, V> = FxHashMap::default();
        let mut steps: Vec<Step> = Vec::new();
        let mut cond = C::TRUE;
        let mut passed: Vec<V> = Vec::new();
        for handler in handlers {
            let from = steps.len();
            let callee = self.arena.intern(Node::Func(handler.func));
            let request = self.arena.intern(Node::Param(func, 0));
            let args = match handler.field {
                Some(field) => self.given_to_validator(request, field),
                None => args.clone(),
            };
            let call = Step {
                site: route.site,
                cond,
                op: Op::Call { callee, recv: None, name: None, args: args.clone() },
                in_loop: false,
                caught: false,
                duplicate_key_caught: false,
                dropped: false,
                decides: false,
                owner: func,
                calls: 0,
                within: Vec::new(),
            };
            self.note_calls(func, &call, Some(&known));
            self.add_step_knowing(func, &mut steps, call, Some(&known));
            if handler.field.is_some() {
                passed.extend(self.lets_pass(handler.func, &args, route.site));
                let (validity, all) = (self.validity(request), self.arena.all(passed.clone()));
                known.insert(validity, all);
                continue;
            }
            let own: Vec<Step> = steps.get(from..).unwrap_or_default().to_vec();
            cond = self.passed_on(&own, func, cond);
            if cond == C::FALSE {
                break;
            }
            self.learn(&own, func, cond, &mut known);
        }
        if let Some(slot) = self.summaries.get_mut(func.0 as usize) {
            *slot = steps.into();
        }
    }

    fn add_function(&mut self, route: &Registration) -> FnRef {
        let func = FnRef(self.functions.len() as u32);
        let info = self.arena.site_info(route.site);
        self.functions.push(Function {
            name: format!("{} {}", route.method.to_uppercase(), route.path),
            start: info.start,
            end: info.end,
            params: 3,
            rest: None,
            base: C::TRUE,
            effects: Vec::new(),
            returns: Vec::new(),
            throws: Vec::new(),
            rejects: Vec::new(),
            class: None,
            parent: Some(route.caller),
            param_names: ["req", "res", "next"].map(str::to_owned).to_vec(),
            param_types: Vec::new(),
            return_type: None,
            places: Vec::new(),
            missing: Vec::new(),
            defaults: Vec::new(),
            siblings: Siblings::default(),
            is_async: false,
            polls: false,
            cursors: Vec::new(),
            is_listed: false,
            cuts: Default::default(),
            tries: Vec::new(),
        });
        self.files.push(route.file);
        self.summaries.push(Steps::default());
        self.callers.push(Vec::new());
        self.returns.push(None);
        self.throws.push(None);
        self.state.push(State::Done);
        self.own_steps.push(Vec::new());
        self.expanded.push(State::Done);
        self.handed.push(Steps::default());
        func
    }

    /// The condition under which the handler with these steps lets the next one run: that of `next()`, if it calls it.
    fn passed_on(&mut self, steps: &[Step], func: FnRef, before: C) -> C {
        let calls: Vec<C> = steps
            .iter()
            .filter(|step| match &step.op {
                Op::Call { callee, args, .. } => {
                    args.is_empty() && matches!(self.arena.node(*callee), Node::Param(f, _) if *f == func)
                }
                Op::Assign { .. } | Op::Marked { .. } => false,
            })
            .map(|step| step.cond)
            .collect();
        match calls.as_slice() {
            [] => before,
            [only] => *only,
            _ => {
                let values = calls.into_iter().map(|cond| self.arena.cond_value(cond)).collect();
                let any = self.arena.any(values);
                self.arena.meet(C::TRUE, any, true)
            }
        }
    }

    /// What the steps of a handler assigned to the request and the response, as the next one finds it under `cond`.
    fn learn(&mut self, steps: &[Step], func: FnRef, cond: C, known: &mut FxHashMap<V, V>) {
        for step in steps {
            let Op::Assign { object, key: Some(key), value } = &step.op else { continue };
            if self.parameter_of(*object) != Some(func) {
                continue;
            }
            let place = self.arena.intern(Node::Member(*object, *key));
            let value = if self.arena.holds_under(step.cond, cond) {
                *value
            } else {
                let old = known.get(&place).copied().unwrap_or(place);
                let taken = self.arena.cond_value(step.cond);
                let otherwise = self.arena.assume(C::TRUE, taken, false);
                self.arena.one_of(vec![(step.cond, *value), (otherwise, old)])
            };
            known.insert(place, value);
        }
    }
}

impl Table {
    fn add(&mut self, registration: Registration) {
        let at = self.all.len();
        for router in &registration.mounted {
            self.mount.entry(*router).or_insert(at);
        }
        if !registration.is_route() && registration.mounted.is_empty() {
            self.on.entry(registration.router).or_default().push(at);
        }
        self.all.push(registration);
    }

    /// The handlers that run before registration `at` on a router for a path, and whether these are all.
    fn before(&self, router: V, at: usize, path: &str, depth: u32) -> (Vec<Handler>, bool) {
        let mount = self.mount.get(&router).and_then(|mount| Some((*mount, self.all.get(*mount)?)));
        let is_open = depth < limits::MOUNTS;
        let (mut handlers, is_known) = match mount.filter(|_| is_open) {
            Some((mount, registration)) => {
                let full = format!("{}{path}", registration.path.trim_end_matches('/'));
                let (mut handlers, is_known) = self.before(registration.router, mount, &full, depth + 1);
                handlers.extend(&registration.handlers);
                (handlers, is_known)
            }
            None => (Vec::new(), is_open || mount.is_none()),
        };
        for other in self.on.get(&router).into_iter().flatten().take_while(|other| **other < at) {
            let Some(registration) = self.all.get(*other) else { continue };
            if registration.precedes(path) {
                handlers.extend(&registration.handlers);
            }
        }
        (handlers, is_known)
    }
}
