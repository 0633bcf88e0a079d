//! Fields that divide the documents of many collections among tenants, which code seldom names: a plugin asks for them and sets them.
//!
//! Input: the unique indexes of all collections. Output: the names of such fields. Must not know: writes, checks.

use super::schema::Schemas;
use super::writes::Write;
use crate::value::{Arena, Key, Node};
use rustc_hash::{FxHashMap, FxHashSet};

/// A field that ends the unique indexes of this many collections, each after other keys, divides them.
const COLLECTIONS: usize = 3;

impl Schemas {
    /// Finds the fields by which collections are divided: each ends most of the unique indexes of several fields, and begins none, as
    /// the first key of `{ user, post }` and the shared keys of `{ tenant, slug }` do.
    pub(super) fn find_scopes(&mut self) {
        let mut ended: FxHashMap<&str, FxHashSet<&[String]>> = FxHashMap::default();
        let (mut first, mut count) = (FxHashSet::default(), 0);
        for index in self.unique.all() {
            if let [begin, .., end] = index.keys.as_slice() {
                let rest = index.keys.split_last().map_or(&[][..], |(_, rest)| rest);
                ended.entry(end).or_default().insert(rest);
                first.insert(begin.as_str());
                count += 1;
            }
        }
        let scopes = ended
            .into_iter()
            .filter(|(name, rests)| rests.len() >= COLLECTIONS && 2 * rests.len() >= count && !first.contains(name));
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
