//! What one field of an update stands for: each amount that it can be changed by, and the parts of what is written whole.
//!
//! Input: a changed field. Output: changed fields. Must not know: rules.

use super::link::Project;
use super::writes::FieldWrite;
use crate::limits;
use crate::value::{C, Entry, Key, Node, V};

impl Project {
    /// What a document holds at a path: `id` of `{ meta: { id } }` at `meta.id`.
    pub fn at_path(&mut self, document: V, path: &str) -> V {
        path.split('.').fold(document, |value, part| {
            let part = self.arena.sym(part);
            self.arena.member(value, part)
        })
    }

    /// The paths that a computed key can be, each under its condition: `[`${isPaid ? 'paid' : 'due'}.count`]`.
    pub(super) fn path_texts(&mut self, key: V, cond: C) -> Vec<(C, String)> {
        let (parts, turns) = match self.arena.node(key).clone() {
            Node::Template(parts) => {
                let turns = parts.iter().position(|part| matches!(self.arena.node(*part), Node::OneOf(_)));
                (parts, turns)
            }
            Node::OneOf(_) => (vec![key], Some(0)),
            _ => (Vec::new(), None),
        };
        let alternatives = match turns.and_then(|at| parts.get(at)) {
            Some(turn) => self.arena.alternatives(*turn),
            None => return vec![(cond, self.path_text(key))],
        };
        let mut paths = Vec::new();
        for (own, alternative) in alternatives {
            let both = self.arena.and(cond, own);
            if both == C::FALSE {
                continue;
            }
            let named = parts.iter().enumerate().map(|(at, part)| if Some(at) == turns { alternative } else { *part });
            let named: Vec<V> = named.collect();
            let path = named.iter().map(|part| self.arena.as_str(*part).unwrap_or("*")).collect();
            paths.push((both, path));
        }
        paths
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
        fields.push(whole.clone());
        self.add_parts(&whole, 0, fields);
    }

    fn add_parts(&mut self, whole: &FieldWrite, depth: u32, fields: &mut Vec<FieldWrite>) {
        if depth > limits::PARTS_DEPTH {
            return;
        }
        match self.arena.node(whole.value).clone() {
            // stats: isNew ? { seen: 1 } : { ...doc.stats, seen: doc.stats.seen + 1 }
            Node::OneOf(alternatives) => {
                for (cond, value) in alternatives {
                    let cond = self.arena.and(whole.cond, cond);
                    if cond != C::FALSE {
                        self.add_parts(&FieldWrite { value, cond, ..whole.clone() }, depth + 1, fields);
                    }
                }
            }
            Node::Object(entries) if self.is_made_of_loaded(&entries, &whole.path) => {
                for entry in entries {
                    let part = match entry.key {
                        Key::Name(name) => self.arena.text(name).to_owned(),
                        Key::Computed(key) => self.path_text(key),
                        Key::Spread => continue,
                    };
                    let cond = self.arena.and(whole.cond, entry.cond);
                    if cond != C::FALSE {
                        let path = format!("{}.{part}", whole.path);
                        let part = FieldWrite { path, value: entry.value, cond, ..whole.clone() };
                        fields.push(part.clone());
                        self.add_parts(&part, depth + 1, fields);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether an object is what was loaded at its path with changes, or has a part that is computed:
    /// `count: { receipts: doc.count.receipts + 1 }`.
    fn is_made_of_loaded(&mut self, entries: &[Entry], path: &str) -> bool {
        let spreads = |entry: &&Entry| entry.key == Key::Spread;
        let mut is_own = |value: V| self.loaded(value, &[]).is_some_and(|(_, loaded, _)| loaded.join(".") == path);
        entries.iter().filter(spreads).any(|entry| is_own(entry.value))
            || entries.iter().any(|entry| self.is_computed(entry.value, 0))
    }

    fn is_computed(&self, value: V, depth: u32) -> bool {
        match self.arena.node(value) {
            Node::Derived(..) => true,
            Node::Object(entries) if depth < limits::PARTS_DEPTH => {
                entries.iter().any(|entry| self.is_computed(entry.value, depth + 1))
            }
            _ => false,
        }
    }
}
