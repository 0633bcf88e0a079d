//! Containers that give by name: what awilix resolves for the parameters of the classes and factories that it makes.
//!
//! `container.register({ users: asClass(Users) })`, and `constructor({ users })` or `constructor(users)` of what is registered
//! beside it.
//!
//! Source: awilix, "Injection modes". Input: the calls of the project. Output: a part of the table of bindings.
//! Must not know: effects, rules, MongoDB methods.

use super::link::Project;
use crate::facts::EffectKind;
use crate::limits;
use crate::value::{FnRef, Key, Node, SiteInfo, Sym, V};

impl Project {
    /// Reads what awilix is told.
    pub(super) fn bind_registered(&mut self) {
        for at in 0..self.functions.len() {
            let Some(function) = self.functions.get(at) else { continue };
            let objects = function.effects.iter().filter_map(|effect| match &effect.kind {
                EffectKind::Call { recv: Some(_), name: Some(name), args, .. } => match args.as_slice() {
                    [object] if self.arena.text(*name) == "register" => Some(*object),
                    _ => None,
                },
                _ => None,
            });
            let objects: Vec<V> = objects.collect();
            self.within(FnRef(at as u32), |project| {
                objects.into_iter().for_each(|object| project.register_all(object));
            });
        }
    }

    fn register_all(&mut self, object: V) {
        let Node::Object(entries) = self.arena.peek(object) else { return };
        let named = entries.iter().filter_map(|entry| match entry.key {
            Key::Name(name) => Some((name, entry.value)),
            Key::Computed(_) | Key::Spread => None,
        });
        let named: Vec<(Sym, V)> = named.collect();
        for (name, value) in named {
            let Some(given) = self.resolver(value) else { continue };
            let known = self.bindings.container.registered.entry(name).or_insert(Some(given));
            if *known != Some(given) {
                *known = None;
            }
        }
    }

    /// What `asClass(Users).singleton()`, `asFunction(makeUsers)` and `asValue(users)` give.
    fn resolver(&mut self, value: V) -> Option<V> {
        let mut at = value;
        for _ in 0..limits::HANDED_ON {
            let Node::Call { callee, args, .. } = self.arena.peek(at) else { return None };
            if let Node::Member(inner, _) = self.arena.peek(*callee)
                && matches!(self.arena.peek(*inner), Node::Call { .. })
            {
                at = *inner;
                continue;
            }
            let (kind, given) = (self.last_name(*callee)?.to_owned(), *args.first()?);
            let given = self.linked(given);
            return match (kind.as_str(), self.arena.node(given).clone()) {
                ("asValue", _) => Some(given),
                ("asClass", Node::Class(class)) => {
                    let constructor = self.constructor_from(class);
                    self.bindings.container.called.extend(constructor);
                    Some(self.arena.intern(Node::Instance(class)))
                }
                ("asFunction", Node::Func(func)) => {
                    self.bindings.container.called.insert(func);
                    let count = self.function(func).map_or(0, |function| function.params);
                    let args = (0..count).map(|at| self.arena.intern(Node::Param(func, at))).collect();
                    let site = self.arena.site(SiteInfo::NOWHERE);
                    Some(self.arena.intern(Node::Call { site, callee: given, args }))
                }
                _ => None,
            };
        }
        None
    }

    /// `users` of `({ users }) => …`, which a container calls.
    pub(super) fn registered_part(&self, func: FnRef, at: u32, key: Sym) -> Option<V> {
        let container = &self.bindings.container;
        container.registered.get(&key).copied().flatten().filter(|_| at == 0 && container.called.contains(&func))
    }

    /// The same for a parameter of that name.
    pub(super) fn registered_parameter(&self, func: FnRef, at: u32) -> Option<V> {
        let container = &self.bindings.container;
        if !container.called.contains(&func) {
            return None;
        }
        let name = self.function(func)?.param_names.get(at as usize)?;
        container.registered.get(&self.arena.known_sym(name)?).copied().flatten()
    }
}
