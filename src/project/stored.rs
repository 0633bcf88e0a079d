//! The name that the collection of a model has in the database.
//!
//! Sources: Mongoose, `Mongoose.prototype.model` (its third argument), the schema option `collection`,
//! `Mongoose.prototype.pluralize`, `Model.discriminator`; Nest, `MongooseModule.forFeature`; Typegoose, `modelOptions`.
//! Input: the calls that make models, the options of schemas. Output: a table. Must not know: rules.

use super::handle::{ByHandle, Handle};
use super::link::Project;
use super::plural::pluralized;
use crate::facts::EffectKind;
use crate::limits;
use crate::value::{Node, V};
use rustc_hash::FxHashSet;

/// What the code says of the collection of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    Named(String),
    /// The documents are where those of another model are.
    With(String),
    /// A value names it that is not known.
    Unknown,
}

/// How names of collections are made of those of models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Plurals {
    #[default]
    Mongoose,
    /// `mongoose.pluralize(null)`
    Off,
    /// By a function of the code's own.
    Own,
}

/// What is known of the names of collections.
#[derive(Clone, Debug, Default)]
pub struct StoredNames {
    said: ByHandle<Stored>,
    /// Names of models whose schema is known.
    models: FxHashSet<String>,
    /// Names by which the code asks the driver for a collection.
    collections: FxHashSet<String>,
    plurals: Plurals,
}

/// The name of a collection in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredName {
    pub name: String,
    /// Whether the code names a model.
    pub is_model: bool,
    /// Whether nothing that is not known can make it another.
    pub is_sure: bool,
}

impl StoredNames {
    pub(super) fn say(&mut self, model: &str, stored: Stored) {
        self.said.push(&Handle::Named(model.to_owned()), stored);
    }

    pub(super) fn add_model(&mut self, name: &str) {
        self.models.insert(name.to_owned());
    }

    /// Whether the code asks the driver for a collection by this name.
    pub fn is_asked_for(&self, name: &str) -> bool {
        self.collections.contains(name)
    }

    /// The name in the database of what the code calls by a name.
    pub fn of(&self, name: &str) -> StoredName {
        self.of_within(name, 0)
    }

    /// The models that the code stores in a collection of this name.
    pub fn models_of(&self, collection: &str) -> Vec<&str> {
        let names = self.models.iter().map(String::as_str);
        let mut models: Vec<&str> = names.filter(|model| self.of(model).name == collection).collect();
        models.sort_unstable();
        models
    }

    /// Whether other models store their documents in the collection of this one, as those that `discriminator` makes do.
    pub fn is_shared(&self, name: &str) -> bool {
        self.models.contains(name) && self.models_of(&self.of(name).name).len() > 1
    }

    fn of_within(&self, name: &str, depth: u32) -> StoredName {
        let is_known = self.models.contains(name);
        // The file of a model may not be part of the run; collections hardly have such a name.
        let is_model = is_known || name.starts_with(char::is_uppercase) && !self.is_asked_for(name);
        if !is_model {
            return StoredName { name: name.to_owned(), is_model, is_sure: true };
        }
        let said = self.said.of(&Handle::Named(name.to_owned()));
        let is_one = said.iter().all(|other| Some(other) == said.first());
        match said.first() {
            Some(Stored::Named(stored)) => StoredName { name: stored.clone(), is_model, is_sure: is_one },
            Some(Stored::With(base)) if base != name && depth < limits::BASE_MODELS => {
                let stored = self.of_within(base, depth + 1);
                StoredName { is_model, is_sure: stored.is_sure && is_one, ..stored }
            }
            said => {
                let plural = pluralized(name);
                let is_sure = is_known && said.is_none() && plural.is_sure && self.plurals != Plurals::Own;
                let name = if self.plurals == Plurals::Off { name.to_owned() } else { plural.name };
                StoredName { name, is_model, is_sure }
            }
        }
    }
}

impl Project {
    /// What the options of a schema, or of the class that it is made for, say of the collection.
    pub(super) fn stored_by(&mut self, options: V) -> Option<Stored> {
        let [inner, own] = ["schemaOptions", "options"].map(|key| self.option(options, key));
        for options in [Some(options), inner].into_iter().flatten() {
            if let Some(collection) = self.option(options, "collection") {
                return Some(self.stored_as(collection));
            }
            if self.option(options, "pluralization").is_some() {
                return Some(Stored::Unknown);
            }
        }
        let name = own.and_then(|own| self.option(own, "customName"))?;
        Some(self.arena.as_str(name).map_or(Stored::Unknown, |name| Stored::With(name.to_owned())))
    }

    /// A collection by the value that names it.
    pub(super) fn stored_as(&self, name: V) -> Stored {
        self.arena.as_str(name).map_or(Stored::Unknown, |name| Stored::Named(name.to_owned()))
    }

    /// What a schema says of the collection of its model.
    pub(super) fn stored_by_schema(&mut self, schema: V) -> Option<Stored> {
        let Some((fields, options)) = self.schema_parts(schema) else { return Some(Stored::Unknown) };
        let class = match self.arena.node(fields) {
            Node::Class(class) => self.class_options(*class),
            _ => None,
        };
        let is_read = |options: V| matches!(self.arena.node(options), Node::Object(_) | Node::Undefined | Node::Null);
        if !options.is_none_or(is_read) {
            return Some(Stored::Unknown);
        }
        [options, class].into_iter().flatten().find_map(|options| self.stored_by(options))
    }

    /// Collects by which names the code asks the driver, and how it makes names of collections.
    pub(super) fn find_stored_names(&mut self, names: &mut StoredNames) {
        for function in self.functions.iter() {
            for effect in &function.effects {
                let EffectKind::Call { callee, recv, args, .. } = &effect.kind else { continue };
                match (self.last_name(*callee), args.as_slice()) {
                    (Some("collection" | "getCollection" | "createCollection"), [name, ..]) => {
                        names.collections.extend(self.arena.as_str(*name).map(str::to_owned));
                    }
                    (Some("pluralize"), [rule]) if recv.is_some() => match self.arena.node(*rule) {
                        Node::Null => names.plurals = Plurals::Off,
                        Node::Str(_) | Node::Num(_) => {}
                        _ if self.is_mongoose(*recv) => names.plurals = Plurals::Own,
                        _ => {}
                    },
                    _ => {}
                }
            }
        }
    }

    fn is_mongoose(&self, recv: Option<V>) -> bool {
        recv.and_then(|recv| self.last_name(recv)).is_some_and(|name| {
            let name = name.to_lowercase();
            name.contains("mongoose") || name == "default" || name.starts_with("conn")
        })
    }
}
