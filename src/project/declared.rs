//! What a schema declares a field to be.
//!
//! Source: Mongoose guide, "SchemaTypes" and "Query Casting": a filter is cast to the declared type, and what cannot be is an error.
//! Input: the name of a model, a path. Output: a kind of value. Must not know: filters.

use super::link::Project;
use crate::value::{Arena, Node, V};

/// The kind of a declared field, as far as it decides which values count as false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    Bool,
    Number,
    Text,
    /// An identifier, a time, bytes: each value that is there counts as true.
    There,
}

impl Project {
    /// What the schema of a model declares a path to be; none where it does not say.
    pub fn declared(&mut self, model: &str, path: &str) -> Option<Declared> {
        let schema = self.models.named(self.arena.known_sym(model)?)?;
        let (mut at, _) = self.schema_parts(schema)?;
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

    fn kind_of(&self, declared: V) -> Option<Declared> {
        if declared == Arena::UNDEFINED {
            return None;
        }
        match self.last_name(declared)? {
            "Boolean" => Some(Declared::Bool),
            "Number" | "Decimal128" | "Long" | "Double" | "Int32" => Some(Declared::Number),
            "String" => Some(Declared::Text),
            "ObjectId" | "ObjectID" | "Date" | "Buffer" | "UUID" => Some(Declared::There),
            _ => None,
        }
    }
}
