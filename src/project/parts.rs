//! What one field of an update stands for: each amount that it can be changed by, and the parts of what is written whole.
//!
//! Input: a changed field. Output: changed fields. Must not know: rules.

use super::link::Project;
use super::writes::FieldWrite;
use crate::value::{C, Key, Node, V};

impl Project {
    /// What a document holds at a path: `id` of `{ meta: { id } }` at `meta.id`.
    pub fn at_path(&mut self, document: V, path: &str) -> V {
        path.split('.').fold(document, |value, part| {
            let part = self.arena.sym(part);
            self.arena.member(value, part)
        })
    }

    /// A field once for each amount that it can be changed by: `$inc: { fans: isFan ? -1 : 1 }`.
    pub(super) fn add_by_turns(&mut self, field: FieldWrite, fields: &mut Vec<FieldWrite>) {
        for (cond, value) in self.arena.alternatives(field.value) {
            let cond = self.arena.and(field.cond, cond);
            if cond != C::FALSE {
                fields.push(FieldWrite { value, cond, ..field.clone() });
            }
        }
    }

    /// A field, and what is changed in it where it is written back as it was loaded: `team: { ...doc.team, invites }`.
    pub(super) fn add_with_parts(&mut self, whole: FieldWrite, fields: &mut Vec<FieldWrite>) {
        let FieldWrite { operator, path, value, cond, site } = whole.clone();
        fields.push(whole);
        let Node::Object(entries) = self.arena.node(value).clone() else {
            return;
        };
        let is_loaded = entries
            .iter()
            .filter(|entry| entry.key == Key::Spread)
            .any(|entry| self.loaded(entry.value, &[]).is_some_and(|(_, loaded, _)| loaded.join(".") == path));
        // count: { receipts: doc.count.receipts + 1 }
        let is_computed = |project: &Self, value: V| matches!(project.arena.node(value), Node::Derived(..));
        if !is_loaded && !entries.iter().any(|entry| is_computed(self, entry.value)) {
            return;
        }
        for entry in entries {
            let part = match entry.key {
                Key::Name(name) => self.arena.text(name).to_owned(),
                Key::Computed(key) => self.path_text(key),
                Key::Spread => continue,
            };
            let (operator, path) = (operator.clone(), format!("{path}.{part}"));
            let cond = self.arena.and(cond, entry.cond);
            fields.push(FieldWrite { operator, path, value: entry.value, cond, site });
        }
    }
}
