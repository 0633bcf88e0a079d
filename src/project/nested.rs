//! Nested paths of a schema, which are there in each document that Mongoose has made: `preferences: { theme: String }`
//!
//! Source: Mongoose guide, "Subdocuments", "Subdocuments versus Nested Paths": a nested path is never undefined.
//! Input: writes. Output: fewer of their fields. Must not know: rules.

use super::Project;
use super::handle::Handle;
use super::writes::{FieldWrite, Write, WriteKind};
use crate::value::{C, Node, Site, V};

impl Project {
    /// Takes from a save what is set only where a nested path of the document is missing.
    pub(super) fn without_dead_fields(&mut self, write: &mut Write) {
        let (WriteKind::Save, Some(document), Handle::Named(model)) = (write.kind, write.document, &write.handle)
        else {
            return;
        };
        let model = model.clone();
        write.fields.retain(|field| !self.asks_for_no_nested(&model, document, field.cond));
        let changed: Vec<(String, Site)> = write.fields.iter().map(|field| (field.path.clone(), field.site)).collect();
        write.fields.retain_mut(|field| {
            field.operator != "$set" || self.is_changed_before(field, &changed) || self.is_sent(document, field)
        });
    }

    /// Whether something of a path was changed before it is set: Mongoose sends it whole then, be it as it was.
    fn is_changed_before(&self, field: &FieldWrite, changed: &[(String, Site)]) -> bool {
        let own = self.base_site(field.site);
        changed.iter().any(|(path, site)| {
            let at = self.base_site(*site);
            let rest = path.strip_prefix(field.path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                && (at.file != own.file || at.start < own.start)
        })
    }

    /// Mongoose does not send what is set to what it is: `doc.links = doc.links || new Links()` sets what is missing. Whether something
    /// is left.
    ///
    /// Source: Mongoose, `Document.prototype.$__shouldModify`.
    fn is_sent(&mut self, document: V, field: &mut FieldWrite) -> bool {
        if !matches!(self.arena.node(field.value), Node::OneOf(_)) {
            return true;
        }
        let all = self.arena.alternatives(field.value);
        let is_kept = |project: &mut Self, value: V| {
            let loaded = project.loaded(value, &[document]);
            loaded.is_some_and(|(root, path, _)| root == document && path.join(".") == field.path)
        };
        let (kept, other) = match all.as_slice() {
            [(_, kept), other] | [other, (_, kept)] if is_kept(self, *kept) && !is_kept(self, other.1) => {
                (*kept, *other)
            }
            _ => return true,
        };
        // Which one it is, nothing decides but that one is there.
        let asks_for_it = self.arena.atoms(other.0).into_iter().all(|atom| match *self.arena.node(atom.value) {
            Node::Nullish(inner) => inner == kept,
            _ => atom.value == kept,
        });
        if !asks_for_it {
            return true;
        }
        let both = self.arena.and(field.cond, other.0);
        (field.value, field.cond) = (other.1, both);
        both != C::FALSE
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
