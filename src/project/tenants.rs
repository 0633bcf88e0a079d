//! Fields that divide the documents of many collections among tenants, which code seldom names: a plugin asks for them and sets them.
//!
//! Input: the unique indexes of all collections. Output: the names of such fields. Must not know: writes, checks.

use super::index::Index;
use super::schema::Schemas;
use super::writes::Write;
use crate::value::{Arena, Key, Node};
use rustc_hash::FxHashMap;

/// A field that stands beside others in the unique indexes of this many collections divides them.
const COLLECTIONS: usize = 3;

impl Schemas {
    /// Finds the fields by which collections are divided.
    pub(super) fn find_scopes(&mut self) {
        let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
        for (_, indexes) in self.unique.named() {
            let mut own: Vec<&str> = indexes
                .iter()
                .filter(|index| index.keys.len() > 1)
                .flat_map(|index: &Index| index.keys.iter().map(String::as_str))
                .collect();
            own.sort_unstable();
            own.dedup();
            for key in own {
                *counts.entry(key).or_default() += 1;
            }
        }
        let scopes = counts.into_iter().filter(|(_, count)| *count >= COLLECTIONS);
        self.scopes = scopes.map(|(name, _)| name.to_owned()).collect();
    }

    /// The fields that divide the collection of an insert and that its document does not name: what another request inserts has the
    /// same value there, or is a document of another tenant.
    pub fn unnamed_scopes<'a>(&'a self, arena: &'a Arena, write: &'a Write) -> impl Iterator<Item = String> + 'a {
        let keys = self.unique.of(&write.handle).iter().flat_map(|index| &index.keys);
        let named = move |field: &str| match write.payload.map(|payload| arena.node(payload)) {
            Some(Node::Object(entries)) => {
                entries.iter().any(|entry| matches!(entry.key, Key::Name(name) if arena.text(name) == field))
            }
            _ => false,
        };
        keys.filter(move |key| self.scopes.contains(*key) && !named(key)).cloned()
    }
}
