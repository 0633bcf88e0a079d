//! What code puts on an object that it does not make: functions on a client, services of an application.
//!
//! Input: the assignments and calls of the project. Output: a part of the table of bindings. Must not know: effects, rules.

use super::link::Project;
use super::merge::symbol_file;
use super::mongo::is_method;
use crate::facts::EffectKind;
use crate::value::{ClassRef, FnRef, Node, Sym, V, is_global_object};

/// What a file exports: the file, the name, none for the module as a whole; and a member of it.
type Export = (u32, Option<Sym>, Sym);

/// How handlers call the context of a request.
const CONTEXTS: [&str; 2] = ["ctx", "context"];

impl Project {
    /// `client.pay = async (id, amount) => …`, where the client is given or of another package; `global.database = this`, which
    /// every file reads; `bot.context.db = db`, the object that each handler is given.
    pub(super) fn bind_put_on(&mut self) {
        for at in 0..self.functions.len() {
            let Some(function) = self.functions.get(at) else { continue };
            let puts = function.effects.iter().filter_map(|effect| match effect.kind {
                EffectKind::Assign { object, key: Some(key), value } if !is_method(self.arena.text(key)) => {
                    let holders = match self.is_context(object) {
                        true => CONTEXTS.map(str::to_owned).to_vec(),
                        false => vec![self.called(object)?],
                    };
                    Some((holders, key, value))
                }
                _ => None,
            });
            let puts: Vec<(Vec<String>, Sym, V)> = puts.collect();
            self.within(FnRef(at as u32), |project| {
                let puts = puts.into_iter().flat_map(|(holders, key, value)| {
                    let is_shared = holders.len() > 1;
                    holders.into_iter().map(move |holder| (holder, key, value, is_shared))
                });
                for (holder, key, value, is_shared) in puts {
                    let value = project.linked(value);
                    let is_of_global = holder == "globalThis";
                    let is_put = match project.arena.node(value) {
                        Node::Func(_) => true,
                        Node::Instance(_) => is_of_global,
                        Node::Object(_) => is_shared && project.holds_collections(value),
                        _ => false,
                    };
                    if !is_put {
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

    /// Whether an object is that from which the contexts of a framework's requests are made.
    ///
    /// Sources: Koa, "app.context"; Telegraf, "Extending context".
    fn is_context(&self, object: V) -> bool {
        let Node::Member(app, name) = *self.arena.peek(object) else { return false };
        self.arena.text(name) == "context"
            && matches!(self.arena.peek(app), Node::New { callee, .. } if !matches!(self.arena.peek(*callee), Node::Class(_)))
    }

    /// Whether an object has collections under its names.
    fn holds_collections(&mut self, value: V) -> bool {
        let Node::Object(entries) = self.arena.node(value).clone() else { return false };
        entries.into_iter().any(|entry| {
            let held = self.linked(entry.value);
            self.is_collection(held)
        })
    }

    /// `api.db = model`, where `api` is what another file exports: a member of it for whoever imports it.
    pub(super) fn bind_added(&mut self) {
        for at in 0..self.functions.len() {
            let Some(function) = self.functions.get(at) else { continue };
            let added = function.effects.iter().filter_map(|effect| match effect.kind {
                EffectKind::Assign { object, key: Some(key), value } => Some((self.exported(object, key)?, value)),
                _ => None,
            });
            let added: Vec<(Export, V)> = added.collect();
            self.within(FnRef(at as u32), |project| {
                for (export, value) in added {
                    let value = project.linked(value);
                    let kept = Some(value).filter(|value| project.is_kept_service(*value, true));
                    let known = project.bindings.added.entry(export).or_insert(kept);
                    if *known != kept {
                        *known = None;
                    }
                }
            });
        }
    }

    /// The member of an export that a member of an imported value is.
    fn exported(&self, object: V, key: Sym) -> Option<Export> {
        let is_whole = |name: Sym| matches!(self.arena.text(name), "=" | "*" | "default");
        let (module, name) = match *self.arena.peek(object) {
            Node::Import { module, name } => (module, name),
            Node::Member(whole, name) => match *self.arena.peek(whole) {
                Node::Import { module, name: of } if is_whole(of) => (module, name),
                _ => return None,
            },
            _ => return None,
        };
        let file = symbol_file(self.arena.text(module))?;
        Some((file, (!is_whole(name)).then_some(name), key))
    }

    /// What another file has added to an export under a name that the export does not give itself.
    pub(super) fn added(&mut self, object: V, key: Sym) -> Option<V> {
        if self.bindings.added.is_empty() {
            return None;
        }
        let export = self.exported(object, key)?;
        let value = self.bindings.added.get(&export).copied().flatten()?;
        let own = self.linked(object);
        // What is put over a method of a model stands in for it in one process: `User.findById = () => made`.
        if is_method(self.arena.text(key)) && self.is_model_of_mongoose(own) {
            return None;
        }
        let is_free = match self.arena.node(own) {
            Node::Object(_) => self
                .arena
                .member_of(own, key)
                .is_none_or(|own| matches!(self.arena.node(own), Node::Null | Node::Undefined)),
            Node::Call { .. } | Node::Func(_) | Node::Import { .. } | Node::Member(..) => true,
            _ => false,
        };
        is_free.then(|| self.linked(value))
    }

    /// How an object from outside is called: a parameter by its name, what a class of another package makes by that of the class.
    fn called(&self, object: V) -> Option<String> {
        match self.arena.peek(object) {
            Node::Param(func, at) => self.function(*func)?.param_names.get(*at as usize).cloned(),
            Node::New { callee, .. } if !matches!(self.arena.peek(*callee), Node::Class(_)) => {
                let (first, rest) = self.last_name(*callee)?.split_at_checked(1)?;
                Some(first.to_lowercase() + rest)
            }
            Node::Global(name) if is_global_object(self.arena.text(*name)) => Some("globalThis".to_owned()),
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

    /// `app.set('storage', storage)` of Express, and `req.app.get('storage')`; what a container of typedi gives for a token.
    ///
    /// Source: Express API, `app.set`, `app.get`; TypeDI, "Container API".
    pub(super) fn keep(&mut self, app: V, name: V, value: V) {
        // Container.set(USERS, users)
        if self.package_of(app) == Some("typedi") {
            let value = self.linked(value);
            return self.bind(name, value);
        }
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
