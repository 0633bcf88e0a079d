//! What a schema declares a field to be.
//!
//! Source: Mongoose guide, "SchemaTypes" and "Query Casting": a filter is cast to the declared type, and what cannot be is an error.
//! Input: the name of a model, a path. Output: a kind of value. Must not know: filters.

use super::link::Project;
pub use crate::facts::Declared;
use crate::limits;
use crate::value::{Arena, ClassRef, Node, V};

impl Project {
    /// What the schema of a model declares a path to be; none where it does not say.
    pub fn declared(&mut self, model: &str, path: &str) -> Option<Declared> {
        let schema = self.models.named(self.arena.known_sym(model)?)?;
        let (mut at, _) = self.schema_parts(schema)?;
        if let Node::Class(class) = *self.arena.node(at) {
            return self.declared_by_class(class, path);
        }
        for part in path.split('.') {
            let part = self.arena.known_sym(part)?;
            let Node::Object(_) = self.arena.node(at) else { return None };
            at = self.arena.member_of(at, part)?;
        }
        let kind = self.arena.sym("type");
        let declared = match self.arena.node(at) {
            Node::Object(_) => self.arena.member(at, kind),
            _ => at,
        };
        self.kind_of(declared)
    }

    /// What the schema of a model declares the elements of a list of plain values to be: `[String]`, `{ type: [{ type: ObjectId }] }`.
    pub fn declared_element(&mut self, model: &str, path: &str) -> Option<Declared> {
        let schema = self.models.named(self.arena.known_sym(model)?)?;
        let (fields, _) = self.schema_parts(schema)?;
        let [name, kind] = [path, "type"].map(|name| self.arena.sym(name));
        let declared = self.arena.member_of(fields, name)?;
        let declared = self.arena.member_of(declared, kind).unwrap_or(declared);
        let Node::Array(items) = self.arena.node(declared).clone() else { return None };
        let [only] = items.as_slice() else { return None };
        let element = self.arena.member_of(only.value, kind).unwrap_or(only.value);
        self.kind_of(element).filter(|_| !only.spread)
    }

    /// What the schema of a model declares a path to be that may lead through lists and through schemas of their own: `items.product`.
    pub fn declared_within(&mut self, model: &str, path: &str) -> Option<Declared> {
        let schema = self.models.named(self.arena.known_sym(model)?)?;
        let (fields, _) = self.schema_parts(schema)?;
        if let Node::Class(class) = *self.arena.node(fields) {
            return self.declared_by_class(class, path);
        }
        let declared = self.type_within(fields, path)?;
        self.kind_of(declared)
    }

    /// Whether the schema of a model declares a path to hold an identifier, which Mongoose makes one whatever form it is given in. A
    /// document in a list has one of its own.
    ///
    /// Source: Mongoose guide, "Query Casting", "Subdocuments".
    pub fn holds_identifier(&mut self, model: &str, path: &str) -> bool {
        let Some(schema) = self.arena.known_sym(model).and_then(|model| self.models.named(model)) else { return false };
        let Some((fields, _)) = self.schema_parts(schema) else { return false };
        match self.type_within(fields, path) {
            Some(declared) => matches!(self.last_name(declared), Some("ObjectId" | "ObjectID")),
            None => path.strip_suffix("._id").is_some_and(|list| {
                let list = self.type_within(fields, list);
                list.is_some_and(|list| matches!(self.arena.node(list), Node::Object(_)))
            }),
        }
    }

    /// The type at a path below fields that are declared.
    fn type_within(&mut self, fields: V, path: &str) -> Option<V> {
        let mut at = fields;
        for part in path.split('.') {
            let part = self.arena.known_sym(part)?;
            let Node::Object(_) = self.arena.node(at) else { return None };
            at = self.arena.member_of(at, part)?;
            at = self.held_by(at);
        }
        Some(at)
    }

    /// The type of what is declared; of a list that of its elements, of a schema its fields.
    fn held_by(&mut self, declared: V) -> V {
        let kind = self.arena.sym("type");
        let mut at = declared;
        for _ in 0..limits::SCHEMA_DEPTH {
            at = match self.arena.node(at).clone() {
                Node::Array(items) => match items.as_slice() {
                    [only] if !only.spread => only.value,
                    _ => return at,
                },
                // Of an inner document, `type` may be a field: `{ type: { type: String }, size: Number }`.
                Node::Object(_) => match self.arena.member_of(at, kind) {
                    Some(said) if self.arena.member_of(said, kind).is_none() => said,
                    _ => return at,
                },
                Node::New { .. } => match self.schema_parts(at) {
                    Some((fields, _)) => return fields,
                    None => return at,
                },
                _ => return at,
            };
        }
        at
    }

    /// The same of a field of the class that a schema is made of, or of one that it extends.
    fn declared_by_class(&mut self, class: ClassRef, path: &str) -> Option<Declared> {
        let lineage = self.with_parents(class);
        let mut kinds = lineage.into_iter().filter_map(|class| self.class(class)).flat_map(|class| &class.kinds);
        kinds.find(|(name, _)| self.arena.text(*name) == path).map(|(_, kind)| *kind)
    }

    /// Whether a name is that of a model with a schema, to whose types Mongoose casts what a filter asks for.
    pub fn is_cast(&self, model: &str) -> bool {
        self.arena.known_sym(model).is_some_and(|model| self.models.named(model).is_some())
    }

    fn kind_of(&self, declared: V) -> Option<Declared> {
        (declared != Arena::UNDEFINED).then(|| self.last_name(declared))?.and_then(Declared::named)
    }
}
