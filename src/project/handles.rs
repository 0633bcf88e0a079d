//! Handles: which collection or model a value is, and which receivers cannot be one.
//!
//! Input: values. Output: handles. Must not know: rules.

use super::handle::Handle;
use super::link::Project;
use super::mongo::{Action, DbCall, Method};
use crate::limits;
use crate::value::{FnRef, Node, ONE_OF_MANY, Site, Sym, V};

impl Project {
    /// The handle of a parameter, where every known call gives the same: `module.exports = (users) => ({ … })`.
    pub(super) fn given_handle(
        &mut self,
        func: FnRef,
        at: u32,
        handle: &mut dyn FnMut(&mut Self, V) -> Option<Handle>,
    ) -> Option<Handle> {
        let given = self.given.get(&func).filter(|calls| calls.len() <= limits::HANDLE_CALLS).cloned()?;
        let mut known: Option<Handle> = None;
        for args in given {
            let own = handle(self, *args.get(at as usize)?)?;
            own.name()?;
            if known.get_or_insert_with(|| own.clone()) != &own {
                return None;
            }
        }
        known
    }

    /// What names a collection that a function gives anew at each use: `mongo.tenants()` by `mongo.tenants`.
    pub(super) fn accessor(&mut self, value: V) -> V {
        match self.arena.node(value).clone() {
            Node::Call { callee, args, .. } if args.is_empty() => callee,
            Node::Call { callee, args, .. } => {
                let parts = std::iter::once(callee).chain(args).collect();
                self.arena.derived("called", parts)
            }
            _ => value,
        }
    }

    /// The collection that a value is a handle of.
    pub fn handle_of(&mut self, value: V, depth: u32) -> Option<Handle> {
        if depth > limits::HANDLE_DEPTH {
            return None;
        }
        match self.arena.node(value).clone() {
            Node::Call { callee, args, .. } => {
                let callee = self.one_callee(callee);
                let name = match self.arena.node(callee) {
                    Node::Member(_, name) | Node::Global(name) | Node::Import { name, .. } => {
                        self.arena.text(*name).to_owned()
                    }
                    _ => return None,
                };
                match name.as_str() {
                    // Meteor's own driver below a collection.
                    "rawCollection" if args.is_empty() => {
                        let Node::Member(recv, _) = *self.arena.node(callee) else { return None };
                        self.handle_of(recv, depth + 1)
                    }
                    "collection" | "getCollection" | "createCollection" | "model" | "discriminator"
                    | "useCollection" | "getModel" => {
                        let first = args.first().copied()?;
                        let first = self.usual_name(first);
                        match (self.arena.as_str(first), self.arena.node(first)) {
                            (Some(text), _) => Some(Handle::Named(text.to_owned())),
                            // Typegoose: @InjectModel(User)
                            (None, Node::Class(class)) => {
                                self.class(*class).map(|class| Handle::Named(class.name.clone()))
                            }
                            // A collection named by a value: equal values are equal collections.
                            (None, _) => Some(Handle::Value(first)),
                        }
                    }
                    "getModelForClass" => match args.first().map(|class| self.arena.node(*class)) {
                        Some(Node::Class(class)) => self.class(*class).map(|class| Handle::Named(class.name.clone())),
                        _ => None,
                    },
                    "get" | "collectionOf" if args.len() == 1 => {
                        // monk: db.get('users')
                        let Node::Member(recv, _) = self.arena.node(callee) else { return None };
                        let is_monk = matches!(self.arena.node(*recv), Node::Call { callee, .. } if self.last_name(*callee) == Some("monk"));
                        let is_monk = is_monk || self.is_proven(value);
                        let first = args.first().and_then(|v| self.arena.as_str(*v));
                        first.filter(|_| is_monk).map(|text| Handle::Named(text.to_owned()))
                    }
                    _ => None,
                }
            }
            Node::New { callee, args, .. } => match self.last_name(self.base_class(callee)) {
                // Meteor: new Mongo.Collection('users')
                Some("Collection") => {
                    args.first().and_then(|v| self.arena.as_str(*v)).map(|text| Handle::Named(text.to_owned()))
                }
                _ => None,
            },
            Node::Member(meteor, name)
                if self.arena.text(name) == "users" && self.last_name(meteor) == Some("Meteor") =>
            {
                Some(Handle::Named("users".to_owned()))
            }
            Node::Member(object, name) => match self.arena.node(object) {
                Node::This(_) | Node::Instance(_) if self.arena.text(name) == "constructor" => {
                    let model = self.model_of_document(object)?;
                    self.handle_of(model, depth + 1)
                }
                // this.constructor of a plugin's method, once the document is known
                _ if self.arena.text(name) == "constructor" && self.is_document(object) => {
                    Some(self.document_handle(object, 0)).filter(|handle| handle.name().is_some())
                }
                // Mongoose's own driver below a model: Model.collection
                _ if self.arena.text(name) == "collection" => {
                    self.handle_of(object, depth + 1).filter(|handle| handle.name().is_some())
                }
                // mongoose.models.User, and models.User of `import { models } from 'mongoose'`; mongodb.collections.users
                Node::Member(_, models) | Node::Import { name: models, .. }
                    if matches!(self.arena.text(*models), "models" | "collections") =>
                {
                    Some(Handle::Named(self.arena.text(name).to_owned()))
                }
                // ({ Beds }) => …, where every call gives an object with the same collection
                Node::Param(func, at) if depth < limits::HANDLE_PARAMS => {
                    let (func, at) = (*func, *at);
                    self.given_handle(func, at, &mut |project, given| {
                        let part = project.member(given, name);
                        if part == value { None } else { project.handle_of(part, depth + 1) }
                    })
                }
                _ => None,
            },
            Node::OneOf(alternatives) => alternatives.into_iter().find_map(|(_, v)| self.handle_of(v, depth + 1)),
            // More collections than are kept apart: it is one of them, and nobody knows its name.
            Node::Derived(operator, operands) if self.arena.text(operator) == ONE_OF_MANY => {
                let all = operands.into_iter().all(|operand| self.handle_of(operand, depth + 1).is_some());
                all.then_some(Handle::Value(value))
            }
            Node::Param(func, at) => {
                self.given_handle(func, at, &mut |project, value| project.handle_of(value, depth + 1))
            }
            Node::Class(class) => {
                // class User extends Model
                if let Some(handle) = self.handle_of_class(class) {
                    return Some(handle);
                }
                let facts = self.class(class)?;
                let parent = facts.parent?;
                let name = facts.name.clone();
                (self.last_name(parent) == Some("Model")).then_some(Handle::Named(name))
            }
            _ => None,
        }
    }

    /// The name that a collection has unless the start of the program says another: `isDev ? 'dev_users' : 'users'`,
    /// `process.env.USERS || 'users'`.
    fn usual_name(&self, name: V) -> V {
        let Node::OneOf(alternatives) = self.arena.node(name) else { return name };
        let is_of_caller = |project: &Self, part: V| {
            matches!(
                project.arena.node(part),
                Node::Param(..) | Node::This(_) | Node::Call { .. } | Node::Element(_) | Node::Query { .. }
            )
        };
        let is_of_start = |value: V| !self.contains(value, &mut |project, part| is_of_caller(project, part));
        let are_of_start = alternatives.iter().all(|(cond, value)| {
            is_of_start(*value) && self.arena.atoms(*cond).into_iter().all(|atom| is_of_start(atom.value))
        });
        let constants = alternatives.iter().filter(|(_, value)| self.arena.as_str(*value).is_some());
        constants.last().filter(|_| are_of_start).map_or(name, |(_, value)| *value)
    }

    /// One of the alternatives of a callee, where all that can be called are methods of one name: `this.db.collection`, where
    /// `init` may have set `this.db` by now.
    fn one_callee(&self, callee: V) -> V {
        let Node::OneOf(alternatives) = self.arena.node(callee) else { return callee };
        let is_called = |value: V| !self.arena.is_nothing(value);
        let mut alternatives = alternatives.iter().filter(|(_, value)| is_called(*value));
        let Some((_, first)) = alternatives.next() else { return callee };
        let is_alike = |other: V| match (self.arena.node(*first), self.arena.node(other)) {
            (Node::Member(_, name), Node::Member(_, other)) => name == other,
            _ => false,
        };
        if alternatives.all(|(_, other)| is_alike(*other)) { *first } else { callee }
    }

    /// What a class of the project extends in the end; any other value is itself.
    fn base_class(&self, class: V) -> V {
        let mut at = class;
        for _ in 0..limits::LINEAGE {
            let Node::Class(id) = self.arena.node(at) else { break };
            match self.class(*id).and_then(|class| class.parent) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    /// `Meteor.user()` is the document of the user who calls.
    pub(super) fn meteor_user(&self, site: Site, recv: V, name: Sym) -> Option<DbCall> {
        let is_user = matches!(self.arena.text(name), "user" | "userAsync") && self.last_name(recv) == Some("Meteor");
        is_user.then(|| DbCall {
            site,
            method: "user".to_owned(),
            action: Action::FindOne,
            handle: Handle::Named("users".to_owned()),
            filter: None,
            payload: None,
            options: None,
        })
    }

    /// Whether a receiver can have a method: `this.adapter.updateById(id, update)` is Moleculer's alone, and a model of the
    /// code's own may have one of this name that does more.
    pub(super) fn may_have(&self, recv: V, method: &Method) -> bool {
        let is_adapters = matches!(method.name, "updateById" | "removeById");
        !is_adapters || self.last_name(recv).is_some_and(|name| name.eq_ignore_ascii_case("adapter"))
    }

    /// Whether an unknown receiver can be a collection or model.
    pub(super) fn may_be_handle(&self, recv: V, method: &Method, first: Option<V>, args: &[V]) -> bool {
        if self.is_document(recv) {
            return false;
        }
        if self.is_proven(recv) && !self.is_foreign(recv) && !matches!(method.name, "save" | "index") {
            return true;
        }
        let Some(name) = self.last_name(recv) else {
            // c.update({ _id: id }, { $push: … }): the operator is proof enough.
            let is_update = method.name == "update" && args.get(1).is_some_and(|update| self.has_operator(*update));
            return (!method.ambiguous || is_update)
                && matches!(
                    self.arena.node(recv),
                    Node::Param(..) | Node::This(_) | Node::Index(..) | Node::Call { .. } | Node::Opaque(_)
                );
        };
        if self.is_foreign(recv) {
            return false;
        }
        if !method.ambiguous {
            return !name.ends_with("Service") && !name.ends_with("service");
        }
        let lower = name.to_lowercase();
        let named_like_one = lower.ends_with("model") || lower.contains("collection") || lower.ends_with("col");
        let capital = name.starts_with(char::is_uppercase) && name.chars().any(char::is_lowercase);
        let imported =
            matches!(self.arena.node(recv), Node::Import { .. } | Node::Global(_)) && !self.is_of_package(recv);
        match method.name {
            "update" => {
                named_like_one || (imported && capital) || args.get(1).is_some_and(|update| self.has_operator(*update))
            }
            "insert" | "updateById" | "removeById" => {
                // Moleculer: this.adapter.insert(entity)
                named_like_one || lower == "adapter" || (imported && capital && !is_builtin(name))
            }
            "save" | "findOneBy" | "findOneOrFail" | "index" => false,
            _ => {
                let object = first
                    .is_none_or(|first| !matches!(self.arena.node(first), Node::Func(_) | Node::Str(_) | Node::Num(_)));
                object && (named_like_one || (imported && capital && !is_builtin(name)))
            }
        }
    }

    /// Whether the receiver comes from a library that is not MongoDB's.
    fn is_foreign(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Import { module, .. } => {
                let module = self.arena.text(*module);
                [
                    "prisma",
                    "sequelize",
                    "typeorm",
                    "knex",
                    "objection",
                    "axios",
                    "stripe",
                    "lodash",
                    "dynamoose",
                    "drizzle",
                ]
                .iter()
                .any(|library| module.contains(library))
            }
            Node::Member(object, name) => {
                let name = self.arena.text(*name).to_lowercase();
                name.contains("prisma")
                    || name.contains("sequelize")
                    || name.contains("entitymanager")
                    || name.ends_with("redis")
                    || self.is_foreign(*object)
            }
            Node::New { callee, .. } | Node::Call { callee, .. } => {
                self.is_foreign(*callee)
                    || self
                        .last_name(*callee)
                        .is_some_and(|name| matches!(name, "PrismaClient" | "Sequelize" | "getRepository"))
            }
            Node::Global(name) => {
                let name = self.arena.text(*name).to_lowercase();
                name.contains("prisma") || name == "knex" || name == "redis" || name == "axios"
            }
            _ => false,
        }
    }
}

fn is_builtin(name: &str) -> bool {
    matches!(
        name,
        "Object"
            | "Array"
            | "Promise"
            | "Math"
            | "JSON"
            | "Map"
            | "Set"
            | "Date"
            | "Reflect"
            | "Symbol"
            | "Buffer"
            | "URL"
            | "Schema"
    )
}
