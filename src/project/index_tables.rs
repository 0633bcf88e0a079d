//! Indexes that stand beside the name of their collection, in an object that is handed to whoever makes them.
//!
//! `registerPlugin({ collections: { Coupons: { name: 'Coupons', indexes: [[{ code: 1 }, { unique: true }]] } } })`
//!
//! Input: the arguments of a call. Output: what they say of collections. Must not know: rules.

use super::handle::Handle;
use super::link::Project;
use super::schema::Schemas;
use crate::facts::EffectKind;
use crate::limits;
use crate::value::{Arena, FnRef, Key, Node, V};
use rustc_hash::FxHashSet;

/// The members under which a collection is named beside its indexes.
const NAMED: [&str; 3] = ["name", "collection", "collectionName"];

impl Project {
    /// Adds the indexes that the calls of a function's own text are told of. An object that was read before is not read again.
    pub(super) fn indexes_of_tables(&mut self, func: FnRef, read: &mut FxHashSet<V>, schemas: &mut Schemas) {
        let effects = self.function(func).map(|function| function.effects.as_slice()).unwrap_or_default();
        let mut open: Vec<(V, Option<String>, u32)> = Vec::new();
        for effect in effects {
            if let EffectKind::Call { args, .. } = &effect.kind {
                open.extend(args.iter().map(|arg| (*arg, None, 0)));
            }
        }
        while let Some((value, key, depth)) = open.pop() {
            if depth > limits::DESCRIBED || !read.insert(value) {
                continue;
            }
            match self.arena.node(value).clone() {
                Node::Import { .. } => {
                    let linked = self.linked(value);
                    open.extend((linked != value).then_some((linked, key, depth + 1)));
                }
                Node::Object(entries) => {
                    self.indexes_beside_name(value, key, schemas);
                    open.extend(entries.iter().filter_map(|entry| match entry.key {
                        Key::Name(name) => Some((entry.value, Some(self.arena.text(name).to_owned()), depth + 1)),
                        _ => None,
                    }));
                }
                Node::Array(items) => open.extend(items.iter().map(|item| (item.value, None, depth + 1))),
                _ => {}
            }
        }
    }

    /// Of an object with a list of indexes: the collection is the one that it names, and the one under whose name it stands.
    fn indexes_beside_name(&mut self, described: V, key: Option<String>, schemas: &mut Schemas) {
        let indexes = self.arena.sym("indexes");
        let Some(list) = self.arena.member_of(described, indexes).map(|list| self.linked(list)) else { return };
        let Node::Array(items) = self.arena.node(list).clone() else { return };
        let mut names: Vec<String> = key.into_iter().collect();
        for name in NAMED {
            let name = self.arena.sym(name);
            let text = self.arena.member_of(described, name).and_then(|name| self.arena.as_str(name));
            names.extend(text.map(str::to_owned));
        }
        names.dedup();
        for (keys, options) in items.iter().filter_map(|item| self.index_of_row(item.value)).collect::<Vec<_>>() {
            for name in &names {
                self.add_index(&Handle::Named(name.clone()), keys, options, schemas);
            }
        }
    }

    /// `[{ code: 1 }, { unique: true }]`, `{ key: { code: 1 }, unique: true }`
    fn index_of_row(&mut self, row: V) -> Option<(V, V)> {
        let (keys, options) = match self.arena.node(row).clone() {
            Node::Array(items) => {
                let (keys, rest) = items.split_first()?;
                (keys.value, rest.first().map_or(Arena::UNDEFINED, |options| options.value))
            }
            Node::Object(_) => {
                let known = ["key", "keys", "fields"].into_iter().find_map(|name| {
                    let name = self.arena.sym(name);
                    self.arena.member_of(row, name)
                });
                let options = self.arena.sym("options");
                (known?, self.arena.member_of(row, options).unwrap_or(row))
            }
            _ => return None,
        };
        self.is_keys(keys).then_some((keys, options))
    }
}
