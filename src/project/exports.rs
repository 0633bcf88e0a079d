//! What files export by a name, their own and what they hand on from other files.
//!
//! Input: a file and a name. Output: a value. Must not know: effects, rules.

use super::link::Project;
use super::merge::{Reexported, symbol_file};
use crate::limits::{self, Cut};
use crate::value::{C, Entry, FnRef, Key, Node, Sym, V};
use rustc_hash::FxHashSet;

/// Files that were looked through for a name, and how many of them lead from one to the next.
#[derive(Default)]
struct Seen {
    files: FxHashSet<u32>,
    depth: u32,
}

impl Project {
    /// The functions that a file exports by names, with these.
    pub fn exported_functions(&self, file: u32) -> Vec<(Sym, FnRef)> {
        let functions =
            self.exported_values(file).into_iter().filter_map(|(name, value)| match self.arena.node(value) {
                Node::Func(func) => Some((name, *func)),
                _ => None,
            });
        functions.collect()
    }

    /// What a file exports by names, as it is written there, with these.
    pub(super) fn exported_values(&self, file: u32) -> Vec<(Sym, V)> {
        let mut values = Vec::new();
        for (name, value) in self.exports.get(file as usize).into_iter().flatten() {
            match self.arena.node(*value) {
                // module.exports = { find, register }
                Node::Object(entries) if self.arena.text(*name) == "=" => {
                    values.extend(entries.iter().filter_map(|entry| match entry.key {
                        Key::Name(name) => Some((name, entry.value)),
                        Key::Computed(_) | Key::Spread => None,
                    }));
                }
                _ => values.push((*name, *value)),
            }
        }
        values
    }

    /// What a file exports by a name.
    pub(super) fn exported_by(&mut self, file: u32, name: Sym) -> Option<V> {
        self.export(file, name, &mut Seen::default())
    }

    /// The same. `seen` are the files by which it was come to, so that files that export each other's names
    /// are each looked through once.
    fn export(&mut self, file: u32, name: Sym, seen: &mut Seen) -> Option<V> {
        if !seen.files.insert(file) {
            return None;
        }
        if seen.depth > limits::REEXPORTS {
            self.arena.note_cut(Cut::Calls);
            return None;
        }
        let text = self.arena.text(name).to_owned();
        let whole = self.arena.sym("=");
        let default = self.arena.sym("default");
        let own = |project: &Self, name: Sym| project.exports.get(file as usize).and_then(|e| e.get(&name)).copied();
        match text.as_str() {
            "=" | "*" => match own(self, whole) {
                Some(value) => Some(value),
                None => Some(self.namespace(file)),
            },
            "default" => match own(self, default).or(own(self, whole)) {
                Some(value) => Some(value),
                None => Some(self.namespace(file)),
            },
            _ => {
                if let Some(value) = own(self, name) {
                    return Some(value);
                }
                if let Some(value) = own(self, whole) {
                    let value = self.linked(value);
                    return Some(self.member(value, name));
                }
                let all = self.export_all.get(file as usize).cloned().unwrap_or_default();
                let mut files = all.iter().filter_map(|from| from.file());
                seen.depth += 1;
                let found = files.find_map(|file| self.export(file, name, seen));
                seen.depth -= 1;
                match found {
                    None if seen.depth == 0 => {
                        let module = self.outside_of(file, &mut Seen::default())?;
                        Some(self.arena.intern(Node::Import { module, name }))
                    }
                    found => found,
                }
            }
        }
    }

    /// The first module that is not read among those whose names a file has too.
    fn outside_of(&self, file: u32, seen: &mut Seen) -> Option<Sym> {
        let is_new = seen.depth <= limits::REEXPORTS && seen.files.insert(file);
        let all = self.export_all.get(file as usize).filter(|_| is_new)?;
        seen.depth += 1;
        let found = all.iter().find_map(|from| match from {
            Reexported::Outside(module) => Some(*module),
            Reexported::File(file) => self.outside_of(*file, seen),
        });
        seen.depth -= 1;
        found
    }

    fn namespace(&mut self, file: u32) -> V {
        let mut exports: Vec<(Sym, V)> =
            self.exports.get(file as usize).map(|e| e.iter().map(|(n, v)| (*n, *v)).collect()).unwrap_or_default();
        exports.sort();
        let entries =
            exports.into_iter().map(|(name, value)| Entry { key: Key::Name(name), value, cond: C::TRUE }).collect();
        self.arena.intern(Node::Object(entries))
    }

    /// A name that a file puts on the function that it exports: `module.exports = exports = function connect() { exports.Page = … }`.
    pub(super) fn put_on_export(&mut self, value: V, name: Sym) -> Option<V> {
        let Node::Import { module, name: of } = *self.arena.node(value) else { return None };
        let file = symbol_file(self.arena.text(module)).filter(|_| self.arena.text(of) == "=")?;
        let exports = self.exports.get(file as usize)?;
        let (whole, own) = (*exports.get(&of)?, *exports.get(&name)?);
        let whole = self.linked(whole);
        matches!(self.arena.node(whole), Node::Func(_)).then_some(own)
    }

    /// The file whose names a value has, where some of them are those of other files: `export * from './roles'`.
    pub(super) fn reexporting(&mut self, value: V) -> Option<u32> {
        let Node::Import { module, name } = *self.arena.node(value) else { return None };
        let file = symbol_file(self.arena.text(module))?;
        if self.export_all.get(file as usize).is_none_or(Vec::is_empty) {
            return None;
        }
        let own: &[&str] = match self.arena.text(name) {
            "=" | "*" => &["="],
            "default" => &["=", "default"],
            _ => return None,
        };
        let own = own.iter().map(|name| self.arena.sym(name)).collect::<Vec<_>>();
        let exports = self.exports.get(file as usize)?;
        own.iter().all(|name| !exports.contains_key(name)).then_some(file)
    }
}
