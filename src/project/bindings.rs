//! Bindings: what stands behind an interface, a token of a container, or a name in a registry.
//!
//! `constructor(private readonly shelves: ShelfStore)` is the class that implements `ShelfStore` (`implementers.rs`);
//! `@Inject('SHELVES')` is what `{ provide: 'SHELVES', useClass: … }` says; `context.mutations.saveShelf` is the only
//! function of that name in an object that is handed on as `mutations`. Where there are several, none is chosen.
//!
//! Input: the classes, the object literals and the registering calls of the project. Output: a table.
//! Must not know: effects, rules, MongoDB methods.

use super::link::Project;
use crate::facts::EffectKind;
use crate::limits;
use crate::value::{Arena, FnRef, INJECTED, Key, Node, Sym, V};

impl Project {
    /// Reads what is bound. Values linked before do not know it.
    pub(super) fn link_bindings(&mut self) {
        let below = self.classes_below();
        self.bind_objects();
        self.bind_calls();
        self.bind_registered();
        self.bind_put_on();
        self.bind_added();
        self.bind_implementers(&below);
        self.bind_typed();
        self.forget_linked();
        self.bind_given();
        self.find_plain_classes();
        self.forget_linked();
    }

    /// Reads every object literal: `{ provide, useClass }`, and objects of functions that another one holds.
    fn bind_objects(&mut self) {
        let provide = self.arena.sym("provide");
        for at in 0..self.arena.len() {
            let object = V(at as u32);
            let Node::Object(entries) = self.arena.peek(object) else { continue };
            let named: Vec<(Sym, V)> = entries
                .iter()
                .filter_map(|entry| match entry.key {
                    Key::Name(name) => Some((name, entry.value)),
                    _ => None,
                })
                .collect();
            self.within_a_value(|project| {
                if let Some((_, token)) = named.iter().find(|(name, _)| *name == provide) {
                    project.provide(*token, object);
                }
                for (name, value) in named {
                    match project.arena.peek(value) {
                        Node::Import { .. } | Node::Object(_) => {
                            let value = project.linked(value);
                            project.hand_on(name, value);
                        }
                        // const beds = await configureBeds(db); return { beds }
                        Node::Call { callee, args, .. } => {
                            let (callee, given) = (*callee, args.first().copied());
                            match project.last_name(callee) {
                                // awilix: { beds: asClass(Beds) }
                                Some("asClass" | "asFunction" | "asValue") => project.hand_on_resolved(name, given),
                                _ => project.hand_on_returned(name, callee, 0),
                            }
                        }
                        _ => {}
                    }
                }
            });
        }
    }

    /// `{ provide: token, useClass: Class }`, and the other ways of a provider.
    fn provide(&mut self, token: V, provider: V) {
        for key in ["useClass", "useExisting", "useFactory", "useValue"] {
            let name = self.arena.sym(key);
            let Some(given) = self.arena.member_of(provider, name) else { continue };
            let given = self.linked(given);
            let given = match self.arena.node(given) {
                Node::Func(_) => {
                    let inject = self.arena.sym("inject");
                    let args = self.arena.member_of(provider, inject).map(|tokens| self.tokens(tokens));
                    let site = self.arena.site(crate::value::SiteInfo::NOWHERE);
                    self.arena.intern(Node::Call { site, callee: given, args: args.unwrap_or_default().into() })
                }
                Node::Class(class) if key != "useValue" => {
                    let class = *class;
                    self.arena.intern(Node::Instance(class))
                }
                _ => given,
            };
            self.bind(token, given);
        }
    }

    /// What a container gives a factory for each of its tokens.
    fn tokens(&mut self, tokens: V) -> Vec<V> {
        let Node::Array(items) = self.arena.node(tokens).clone() else { return Vec::new() };
        let callee = self.arena.global(INJECTED);
        let site = self.arena.site(crate::value::SiteInfo::NOWHERE);
        items
            .into_iter()
            .map(|item| self.arena.intern(Node::Call { site, callee, args: vec![item.value, Arena::UNDEFINED].into() }))
            .collect()
    }

    pub(super) fn bind(&mut self, token: V, given: V) {
        let token = self.linked(token);
        self.bindings.provided.entry(token).or_insert(given);
    }

    /// An object of functions that another object holds under a name.
    fn hand_on(&mut self, holder: Sym, object: V) {
        let Node::Object(entries) = self.arena.node(object).clone() else {
            return;
        };
        for entry in entries {
            let Key::Name(name) = entry.key else { continue };
            let value = self.linked(entry.value);
            if matches!(self.arena.node(value), Node::Func(_)) {
                let known = self.bindings.handed_on.entry((holder, name)).or_insert(Some(value));
                if *known != Some(value) {
                    *known = None;
                }
            }
        }
    }

    /// What a container resolves under a name: an instance of a class, the result of a factory, an object.
    fn hand_on_resolved(&mut self, holder: Sym, given: Option<V>) {
        let Some(given) = given.map(|given| self.linked(given)) else {
            return;
        };
        match *self.arena.node(given) {
            Node::Class(class) => {
                let methods = self.class(class).map(|class| class.methods.clone()).unwrap_or_default();
                for (name, func) in methods {
                    let value = self.arena.intern(Node::Func(func));
                    let known = self.bindings.handed_on.entry((holder, name)).or_insert(Some(value));
                    if *known != Some(value) {
                        *known = None;
                    }
                }
            }
            Node::Func(_) => self.hand_on_returned(holder, given, 0),
            _ => self.hand_on(holder, given),
        }
    }

    /// The object of functions that a factory makes, which its caller holds under a name.
    fn hand_on_returned(&mut self, holder: Sym, factory: V, depth: u32) {
        if depth > limits::FACTORIES || !matches!(self.arena.peek(factory), Node::Import { .. } | Node::Func(_)) {
            return;
        }
        let factory = self.linked(factory);
        let Node::Func(func) = *self.arena.node(factory) else {
            return;
        };
        let returned: Vec<V> = match self.function(func) {
            Some(function) => function.returns.iter().map(|(_, value)| *value).collect(),
            None => return,
        };
        for object in returned {
            let Node::Object(entries) = self.arena.node(object).clone() else {
                continue;
            };
            self.hand_on(holder, object);
            // return { ...queries, ...configureMutations(db) }
            for entry in entries.iter().filter(|entry| entry.key == Key::Spread) {
                match *self.arena.node(entry.value) {
                    Node::Call { callee, .. } => self.hand_on_returned(holder, callee, depth + 1),
                    Node::Object(_) => self.hand_on(holder, entry.value),
                    _ => {}
                }
            }
        }
    }

    /// `container.register('IRepo', { useClass: Repo })`, `container.registerSingleton('IRepo', Repo)`,
    /// `bind(TYPES.Repo).to(Repo)`, `container.register({ repo: asClass(Repo) })`
    fn bind_calls(&mut self) {
        for at in 0..self.functions.len() {
            let Some(function) = self.functions.get(at) else { continue };
            let calls: Vec<(V, Sym, Vec<V>)> = function
                .effects
                .iter()
                .filter_map(|effect| match &effect.kind {
                    EffectKind::Call { recv: Some(recv), name: Some(name), args, .. } => {
                        let text = self.arena.text(*name);
                        let binds = matches!(text, "to" | "toConstantValue" | "toDynamicValue" | "toService");
                        let keeps = text == "set" && args.len() == 2;
                        (binds || keeps || text.starts_with("register")).then(|| (*recv, *name, args.clone()))
                    }
                    _ => None,
                })
                .collect();
            self.within(FnRef(at as u32), |project| {
                calls.into_iter().for_each(|(recv, name, args)| project.bind_call(recv, name, &args));
            });
        }
    }

    fn bind_call(&mut self, recv: V, name: Sym, args: &[V]) {
        if self.arena.text(name) == "set" {
            if let [name, value] = args {
                self.keep(recv, *name, *value);
            }
            return;
        }
        let registers = self.arena.text(name).starts_with("register");
        match (registers, args) {
            (true, [token, given, ..]) => self.register(*token, *given),
            (false, [given, ..]) => {
                if let Node::Call { callee, args, .. } = self.arena.node(recv).clone()
                    && self.last_name(callee) == Some("bind")
                    && let Some(token) = args.first()
                {
                    self.register(*token, *given);
                }
            }
            _ => {}
        }
    }

    fn register(&mut self, token: V, given: V) {
        let given = self.linked(given);
        match *self.arena.node(given) {
            Node::Class(class) => {
                let instance = self.arena.intern(Node::Instance(class));
                self.bind(token, instance);
            }
            Node::Object(_) => self.provide(token, given),
            Node::Instance(_) | Node::New { .. } => self.bind(token, given),
            _ => {}
        }
    }

    // Questions

    /// What a container gives: for a token as bound, else by the declared type.
    pub(super) fn injected(&mut self, callee: V, args: &[V]) -> Option<V> {
        let ([token, declared], Node::Global(name)) = (args, self.arena.node(callee)) else { return None };
        if self.arena.text(*name) != INJECTED {
            return None;
        }
        match self.bindings.provided.get(token).copied() {
            Some(given) => Some(self.linked(given)),
            None => match *self.arena.node(*token) {
                Node::Class(class) => {
                    let class = self.concrete(class);
                    Some(self.arena.intern(Node::Instance(class)))
                }
                _ => (*declared != Arena::UNDEFINED).then_some(*declared),
            },
        }
    }

    /// `container.resolve(Repo)`, `instances.get(Repo)`: an instance of the class that is asked for.
    pub(super) fn resolved(&mut self, callee: V, args: &[V]) -> Option<V> {
        let [token] = args else { return None };
        let Node::Member(recv, name) = self.arena.node(callee) else { return None };
        if !matches!(self.arena.text(*name), "get" | "resolve") {
            return None;
        }
        match *self.arena.node(*token) {
            Node::Class(class) => {
                let class = self.concrete(class);
                Some(self.arena.intern(Node::Instance(class)))
            }
            // A text is as often a key of something else.
            Node::Str(text) => self.kept_by(*recv, text),
            _ => self.bindings.provided.get(token).copied(),
        }
    }

    /// `context.mutations.saveShelf`, where the context comes from outside.
    pub(super) fn handed_on(&self, object: V, key: Sym) -> Option<V> {
        let Node::Member(context, holder) = self.arena.node(object) else { return None };
        let known = self.bindings.handed_on.get(&(*holder, key)).copied().flatten();
        known.filter(|_| self.is_given(*context))
    }

    /// A parameter, or a member of one.
    fn is_given(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Param(..) => true,
            Node::Member(object, _) => self.is_given(*object),
            _ => false,
        }
    }
}
