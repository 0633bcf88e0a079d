//! What calls add to a Mongoose schema after it is made: fields, options and indexes.
//!
//! Sources: Mongoose `Schema#add`, `Schema#path`, `Schema#set`, `SchemaType#index`, `SchemaType#unique`.
//! Input: a call on a schema or on a path of one. Output: what it declares, as if it stood in the schema. Must not know: rules.

use super::declaration::{Declared, What};
use super::handle::Handle;
use super::link::Project;
use super::schema::Schemas;
use crate::value::{Arena, C, Entry, Key, Node, V};

impl Project {
    /// `schema.set('optimisticConcurrency', true)`, `schema.add({ … })`, `schema.path('email', { … })`,
    /// `schema.path('email').unique(true)`, `schema.path('email').index({ unique: true })`
    pub(super) fn declare(&mut self, recv: V, name: &str, args: &[V]) {
        self.ambient_sessions(recv, name, args);
        let own = match (name, args) {
            ("set", [key, value]) => self.named_member(*key, *value).map(|options| (recv, What::Options(options))),
            ("path", [key, field]) => self.named_member(*key, *field).map(|fields| (recv, What::Fields(fields))),
            ("add", [fields, ..]) if matches!(self.arena.node(*fields), Node::Object(_)) => {
                Some((recv, What::Fields(*fields)))
            }
            ("index" | "unique", [given, ..]) => self.path_of_schema(recv).map(|(schema, keys)| {
                let options = match name {
                    "unique" => self.object_of("unique", *given),
                    _ => *given,
                };
                (schema, What::Index { keys, options })
            }),
            _ => None,
        };
        let Some((schema, what)) = own else { return };
        let schema = self.linked(schema);
        if self.is_schema(schema) {
            self.models.declared.push(Declared { schema, what });
        }
    }

    /// `schema.index(keys, options)` of a plugin.
    pub(super) fn declare_index(&mut self, schema: V, args: &[V]) {
        let [keys, options @ ..] = args else { return };
        let options = options.first().copied().unwrap_or(Arena::UNDEFINED);
        self.models.declared.push(Declared { schema, what: What::Index { keys: *keys, options } });
    }

    /// Adds what calls declare of the schema of a model.
    pub(super) fn declared_later(&mut self, model: &str, schema: V, schemas: &mut Schemas) {
        if self.models.are_versioned {
            schemas.optimistic.push(&Handle::Named(model.to_owned()), ());
        }
        let identity = self.identity_of(schema);
        let declared = self.models.declared.iter().filter(|own| self.identity_of(own.schema) == identity);
        let declared: Vec<What> = declared.map(|own| own.what.clone()).collect();
        for what in declared {
            match what {
                What::Index { keys, options } => {
                    let options = self.linked(options);
                    self.add_index(&Handle::Named(model.to_owned()), keys, options, schemas);
                }
                What::Options(options) => self.schema_options(model, options, schemas),
                What::Fields(fields) => {
                    let site = self.arena.site(crate::value::SiteInfo::NOWHERE);
                    let (callee, args) = (self.arena.global("Schema"), vec![self.linked(fields)].into());
                    let part = self.arena.intern(Node::New { site, callee, args });
                    self.schema_fields(model, part, schemas);
                }
            }
        }
    }

    pub(super) fn is_schema(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::New { callee, .. } => self.last_name(*callee) == Some("Schema"),
            Node::Call { callee, .. } => {
                matches!(self.last_name(*callee), Some("Schema" | "createForClass" | "buildSchema"))
            }
            _ => false,
        }
    }

    /// The schema and the path of `schema.path('email')`.
    fn path_of_schema(&self, value: V) -> Option<(V, V)> {
        let Node::Call { callee, args, .. } = self.arena.node(value) else { return None };
        let Node::Member(schema, name) = *self.arena.node(*callee) else { return None };
        let path = *args.first()?;
        (self.arena.text(name) == "path" && self.arena.as_str(path).is_some()).then_some((schema, path))
    }

    fn named_member(&mut self, key: V, value: V) -> Option<V> {
        let key = self.arena.as_str(key)?.to_owned();
        Some(self.object_of(&key, value))
    }

    fn object_of(&mut self, key: &str, value: V) -> V {
        let key = Key::Name(self.arena.sym(key));
        self.arena.intern(Node::Object(vec![Entry { key, value, cond: C::TRUE }]))
    }
}
