//! Nested paths of a schema, which are there in each document that Mongoose has made: `preferences: { theme: String }`
//!
//! Source: Mongoose guide, "Subdocuments", "Subdocuments versus Nested Paths": a nested path is never undefined.
//! Input: writes. Output: fewer of their fields. Must not know: rules.

use super::Project;
use super::handle::Handle;
use super::writes::{Write, WriteKind};
use crate::value::{C, Node, V};

impl Project {
    /// Takes from a save what is set only where a nested path of the document is missing.
    pub(super) fn without_dead_fields(&mut self, write: &mut Write) {
        let (WriteKind::Save, Some(document), Handle::Named(model)) = (write.kind, write.document, &write.handle)
        else {
            return;
        };
        let model = model.clone();
        write.fields.retain(|field| !self.asks_for_no_nested(&model, document, field.cond));
    }

    /// Whether a condition holds only where a nested path is missing.
    fn asks_for_no_nested(&mut self, model: &str, document: V, cond: C) -> bool {
        self.arena.atoms(cond).into_iter().any(|atom| match *self.arena.node(atom.value) {
            Node::Nullish(inner) => atom.holds && self.is_nested(model, document, inner),
            Node::Member(..) => !atom.holds && self.is_nested(model, document, atom.value),
            _ => false,
        })
    }

    fn is_nested(&mut self, model: &str, document: V, value: V) -> bool {
        let Some((root, path, _)) = self.loaded(value, &[document]) else { return false };
        root == document && !path.is_empty() && self.is_nested_path(model, &path)
    }

    fn is_nested_path(&mut self, model: &str, path: &[String]) -> bool {
        let schema = self.arena.known_sym(model).and_then(|model| self.models.named(model));
        let Some((mut at, _)) = schema.and_then(|schema| self.schema_parts(schema)) else { return false };
        let kind = self.arena.sym("type");
        for part in path {
            let Some(inner) = self.arena.known_sym(part).and_then(|part| self.arena.member_of(at, part)) else {
                return false;
            };
            let is_nested = matches!(self.arena.node(inner), Node::Object(entries) if !entries.is_empty())
                && self.arena.member_of(inner, kind).is_none();
            if !is_nested {
                return false;
            }
            at = inner;
        }
        true
    }
}
