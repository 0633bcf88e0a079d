//! What code puts on an object that it does not make: functions on a client, services of an application.
//!
//! Input: the assignments and calls of the project. Output: a part of the table of bindings. Must not know: effects, rules.

use super::link::Project;
use super::mongo::is_method;
use crate::facts::EffectKind;
use crate::value::{ClassRef, FnRef, Node, Sym, V};

impl Project {
    /// `client.pay = async (id, amount) => …`, where the client is given or of another package.
    pub(super) fn bind_put_on(&mut self) {
        for at in 0..self.functions.len() {
            let Some(function) = self.functions.get(at) else { continue };
            let puts = function.effects.iter().filter_map(|effect| match effect.kind {
                EffectKind::Assign { object, key: Some(key), value } if !is_method(self.arena.text(key)) => {
                    Some((self.called(object)?, key, value))
                }
                _ => None,
            });
            let puts: Vec<(String, Sym, V)> = puts.collect();
            self.within(FnRef(at as u32), |project| {
                for (holder, key, value) in puts {
                    let value = project.linked(value);
                    if !matches!(project.arena.node(value), Node::Func(_)) {
                        continue;
                    }
                    let known = project.bindings.put_on.entry(key).or_default().entry(holder).or_insert(Some(value));
                    if *known != Some(value) {
                        *known = None;
                    }
                }
            });
        }
    }

    /// How an object from outside is called: a parameter by its name, what a class of another package makes by that of the class.
    fn called(&self, object: V) -> Option<String> {
        match self.arena.peek(object) {
            Node::Param(func, at) => self.function(*func)?.param_names.get(*at as usize).cloned(),
            Node::New { callee, .. } if !matches!(self.arena.peek(*callee), Node::Class(_)) => {
                let (first, rest) = self.last_name(*callee)?.split_at_checked(1)?;
                Some(first.to_lowercase() + rest)
            }
            _ => None,
        }
    }

    /// The function that is put on such an object under a name.
    pub(super) fn put_on(&self, object: V, key: Sym) -> Option<V> {
        let known = self.bindings.put_on.get(&key)?;
        known.get(&self.called(object)?).copied().flatten()
    }

    /// Notes the methods of classes that work with the database, and of documents.
    pub(super) fn find_served(&mut self) {
        for at in 0..self.classes.len() {
            let class = ClassRef(at as u32);
            if self.calls_database(class) {
                let methods = self.class(class).map(|class| class.methods.clone()).unwrap_or_default();
                self.bindings.served.extend(methods.into_iter().map(|(name, _)| name));
            }
        }
        let of_documents = self.models.document_methods();
        self.bindings.served.extend(of_documents);
    }

    /// `req.user.addToCart(id)`: what an earlier handler has put on the request may have such a method.
    pub(super) fn may_be_served(&self, callee: V) -> bool {
        let Node::Member(object, name) = self.arena.peek(callee) else { return false };
        let Node::Member(request, _) = self.arena.peek(*object) else { return false };
        self.bindings.served.contains(name) && matches!(self.arena.peek(*request), Node::Param(..))
    }

    /// `app.set('storage', storage)` of Express, and `req.app.get('storage')`.
    ///
    /// Source: Express API, `app.set`, `app.get`.
    pub(super) fn keep(&mut self, app: V, name: V, value: V) {
        let app = self.linked(app);
        let Some(text) = self.arena.as_str(name).map(str::to_owned).filter(|_| self.is_application(app)) else {
            return;
        };
        let (name, value) = (self.arena.sym(&text), self.linked(value));
        let known = self.bindings.kept.entry(name).or_insert(Some(value));
        if *known != Some(value) {
            *known = None;
        }
    }

    fn is_application(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Call { callee, .. } => self.last_name(*callee) == Some("express"),
            Node::Member(_, name) => self.arena.text(*name) == "app",
            Node::Param(func, at) => {
                let names = self.function(*func).map(|function| &function.param_names);
                names.and_then(|names| names.get(*at as usize)).is_some_and(|name| name == "app")
            }
            _ => false,
        }
    }

    /// What an application gives for a text.
    pub(super) fn kept_by(&self, app: V, text: Sym) -> Option<V> {
        self.bindings.kept.get(&text).copied().flatten().filter(|_| self.is_application(app))
    }
}
