//! Names of fields that a request brings: `{ $set: { [`stats.${kind}`]: stats[kind] + 1 } }`.
//!
//! One name stands for all that may be brought, so that what is read by it and what is written by it are one field.
//!
//! Input: the updates of a slice. Output: marks on the hints. Must not know: how values are chosen.

use super::collect::Collector;
use super::hints::NAME;
use super::script::{Action, Command};
use crate::limits;
use crate::value::{Key, Node, V};

impl Collector<'_> {
    /// Notes what names fields of an update.
    pub(super) fn named(&mut self, command: &Command) {
        let Action::Write { write, .. } = &command.action else { return };
        write.payload.into_iter().for_each(|payload| self.named_in(payload, limits::NAMED_DEPTH));
    }

    fn named_in(&mut self, object: V, depth: u32) {
        let Node::Object(entries) = self.node(object) else { return };
        for entry in entries {
            if let Key::Computed(key) = entry.key {
                self.name(key);
            }
            if depth > 1 {
                self.named_in(entry.value, depth - 1);
            }
        }
    }

    fn name(&mut self, key: V) {
        match self.node(key) {
            Node::Template(parts) => parts.into_iter().for_each(|part| self.name(part)),
            _ if self.project.arena.is_of_parameter(key) => {
                self.names.insert(key);
                self.mark(key, &|hint| hint.is_name = true);
            }
            _ => {}
        }
    }

    /// A written path, with the name that stands for what is brought.
    pub(super) fn path_of(&self, path: &str) -> Vec<String> {
        let named = |part: &str| if part == "*" && !self.names.is_empty() { NAME } else { part }.to_owned();
        path.split('.').map(named).collect()
    }

    /// `stats[kind]` of a loaded document.
    pub(super) fn place_by_name(&mut self, value: V) -> Option<(u32, Vec<String>)> {
        let Node::Index(object, key) = self.node(value) else { return None };
        if !self.names.contains(&key) {
            return None;
        }
        let (collection, mut path) = self.place(object)?;
        path.push(NAME.to_owned());
        self.hints.loaded.insert(value, (collection, path.clone()));
        Some((collection, path))
    }
}
