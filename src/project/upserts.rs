//! Upserts that are inserts.
//!
//! Input: a write. Output: the same as an insert, where its filter can match nothing. Must not know: rules.

use super::link::Project;
use super::writes::{Write, WriteKind};
use crate::value::{C, Entry, Key, Node, V};

impl Project {
    /// An upsert by a key that was made for it finds nothing, so it is an insert.
    pub(super) fn new_by_upsert(&mut self, write: &mut Write) {
        let Some(filter) = write.filter.filter(|_| write.upsert) else { return };
        let keys = self.equalities(filter);
        let is_new = |value: V| self.arena.node(self.bare(value)).is_made_anew();
        if !keys.iter().any(|(_, value)| is_new(*value)) {
            return;
        }
        let entry = |key: Key, value: V, cond: C| Entry { key, value, cond };
        let mut entries = Vec::new();
        for (name, value) in keys {
            entries.push(entry(Key::Name(self.arena.sym(&name)), value, C::TRUE));
        }
        match write.kind {
            WriteKind::Replace => {
                entries.extend(write.payload.map(|replacement| entry(Key::Spread, replacement, C::TRUE)));
            }
            WriteKind::Update => {
                for field in &write.fields {
                    let key = if field.path == "..." { Key::Spread } else { Key::Name(self.arena.sym(&field.path)) };
                    match field.operator.as_str() {
                        "$set" | "$setOnInsert" | "$inc" => entries.push(entry(key, field.value, field.cond)),
                        _ => return,
                    }
                }
            }
            _ => return,
        }
        let document = self.rebuilt(Node::Object(entries));
        (write.kind, write.payload, write.filter) = (WriteKind::Insert, Some(document), None);
        write.fields.clear();
        self.fill(write);
    }
}
