//! Middleware that adds to what a search asks for: `schema.pre('findOne', function () { this.where({ deleted: false }); })`.
//!
//! Source: Mongoose guide, "Middleware", "Notes". Input: a hook of a schema. Output: the schemas that have one. Must not know: rules.

use super::handle::Handle;
use super::link::Project;
use super::schema::Schemas;
use crate::facts::EffectKind;
use crate::value::{FnRef, Key, Node, Sym, V};

/// Methods of a query that add conditions to it, and those that give its conditions, to which some are added.
const NARROWING: [&str; 11] =
    ["find", "findOne", "where", "and", "nor", "or", "merge", "setQuery", "getQuery", "getFilter", "ne"];

impl Project {
    /// Notes a hook that runs before a search and adds to it.
    pub(super) fn narrow_searches(&mut self, schema: V, args: &[V]) {
        let [first, functions @ ..] = args else { return };
        let is_search = |text: &str| text.starts_with("find") || text.starts_with("count") || text == "exists";
        let is_of_search = match self.arena.node(*first) {
            Node::Str(event) => is_search(self.arena.text(*event)),
            Node::Regex(pattern) => self.arena.text(*pattern).contains("find"),
            Node::Array(items) => items.iter().any(|item| self.arena.as_str(item.value).is_some_and(is_search)),
            _ => false,
        };
        if !is_of_search {
            return;
        }
        for function in functions {
            let function = self.linked(*function);
            let Node::Func(func) = *self.arena.node(function) else { continue };
            if let Some(asked) = self.added_conditions(func) {
                let schema = self.linked(schema);
                let identity = self.identity_of(schema);
                self.models.narrowed.entry(identity).or_default().extend(asked);
            }
        }
    }

    /// The fields that a hook has its search ask for; none where it adds nothing.
    fn added_conditions(&mut self, func: FnRef) -> Option<Vec<Sym>> {
        let (mut asked, mut adds) = (Vec::new(), false);
        let open = self.arena.sym("*");
        for effect in self.function(func).map(|function| function.effects.as_slice()).unwrap_or_default() {
            let EffectKind::Call { recv: Some(recv), name: Some(name), args, .. } = &effect.kind else { continue };
            if *self.arena.node(*recv) != Node::This(func) || !NARROWING.contains(&self.arena.text(*name)) {
                continue;
            }
            adds = true;
            let Some(Node::Object(entries)) = args.first().map(|asked| self.arena.node(*asked)) else {
                asked.push(open);
                continue;
            };
            asked.extend(entries.iter().map(|entry| match entry.key {
                Key::Name(name) => name,
                _ => open,
            }));
        }
        adds.then_some(asked)
    }

    /// Whether a hook of a model adds to what a filter asks for: conditions on other fields.
    pub fn narrows_search(&self, schemas: &Schemas, handle: &Handle, filter: V) -> bool {
        let kept = self.kept_by_search(schemas, handle, filter);
        self.added_to(schemas, handle, filter)
            .into_iter()
            .any(|name| !kept.iter().any(|(known, _)| known == self.arena.text(name)))
    }

    /// What the documents store that a hook of a model leaves in a search, as constants beside what its filter asks for: those that are
    /// not marked as deleted.
    pub fn kept_by_search(&self, schemas: &Schemas, handle: &Handle, filter: V) -> Vec<(String, V)> {
        let added = self.added_to(schemas, handle, filter);
        let kept =
            schemas.models.of(handle).iter().filter_map(|schema| self.models.kept.get(&self.identity_of(*schema)));
        let kept = kept.flatten().filter(|(name, _)| added.contains(name));
        let mut kept: Vec<(String, V)> =
            kept.map(|(name, value)| (self.arena.text(*name).to_owned(), *value)).collect();
        kept.dedup();
        kept
    }

    /// The fields that hooks add to what a filter asks for.
    fn added_to(&self, schemas: &Schemas, handle: &Handle, filter: V) -> Vec<Sym> {
        if self.models.narrowed.is_empty() {
            return Vec::new();
        }
        let own = self.equalities(filter);
        let is_asked = |name: &Sym| own.iter().any(|(known, _)| known == self.arena.text(*name));
        let added =
            schemas.models.of(handle).iter().filter_map(|schema| self.models.narrowed.get(&self.identity_of(*schema)));
        added.flatten().copied().filter(|name| !is_asked(name)).collect()
    }
}
