//! Documents from outside: loaded by code that is not part of the run, such as `req.user` of an authentication library.
//!
//! Input: a write. Output: the document whose identity its filter names. Must not know: rules.

use super::link::Project;
use super::writes::Write;
use crate::value::{C, Coercion, FnRef, Key, Node, V};

/// Members of a request that hold what the client sent, not a document.
const SENT: [&str; 12] =
    ["body", "params", "query", "headers", "cookies", "args", "input", "file", "files", "payload", "data", "variables"];

impl Project {
    /// `req.user` of `updateOne({ _id: req.user._id }, …)`, or of a document that is itself saved.
    pub fn outside_document(&mut self, write: &Write) -> Option<V> {
        let document = match write.document {
            Some(document) => document,
            None => match self.identified(write.filter?, write.upsert) {
                Some(document) => document,
                None => self.changed_parameter(write)?,
            },
        };
        self.loaded(document, &[]).is_none().then_some(document)
    }

    /// The document whose `_id`, or whose own field of the same name, a filter asks for: `{ username: ctx.user.username }`. What may be
    /// inserted by such a field was not loaded: `updateOne({ host: message.host }, { $set: message }, { upsert: true })`.
    fn identified(&mut self, filter: V, may_insert: bool) -> Option<V> {
        let equalities = self.equalities(filter);
        let named = |key: &str, value: V| match *self.arena.node(self.bare(value)) {
            Node::Member(document, name) => {
                let name = self.arena.text(name);
                let is_own = name == key || (key == "_id" && name == "id");
                (is_own && self.is_outside(document)).then_some(document)
            }
            _ => None,
        };
        let by_id = equalities.iter().find(|(key, _)| key == "_id");
        match by_id {
            Some((key, value)) => named(key, *value),
            None if may_insert => None,
            None => equalities.iter().find_map(|(key, value)| named(key, *value)),
        }
    }

    /// A parameter that holds what is stored: the write selects by its identity, and makes a field from the parameter's own
    /// field of that name and from something else.
    ///
    /// `removeShelf = (room, name) => Rooms.updateOne({ id: room.id }, { $set: { shelves: room.shelves.filter((s) => s !== name) } })`
    fn changed_parameter(&mut self, write: &Write) -> Option<V> {
        let equalities = self.equalities(write.filter?);
        let document = equalities.iter().find_map(|(key, value)| match self.arena.node(self.bare(*value)) {
            Node::Member(document, name) if self.may_be_given(*document) => {
                let name = self.arena.text(*name);
                (matches!(name, "_id" | "id") && matches!(key.as_str(), "_id" | "id")).then_some(*document)
            }
            _ => None,
        })?;
        let fields: Vec<(String, V, C, bool)> =
            write.fields.iter().map(|field| (field.path.clone(), field.value, field.cond, field.is_append())).collect();
        let is_changed = fields.into_iter().any(|(path, value, cond, is_append)| {
            let own = self.at_path(document, &path);
            if is_append {
                let both = self.arena.and(write.cond, cond);
                return self.arena.atoms(both).iter().any(|atom| self.mentions(atom.value, own));
            }
            self.is_made_of(value, own) && self.mentions_other_input(value, document)
        });
        is_changed.then_some(document)
    }

    /// A parameter, or what code that is not followed gives: `getContext(req).room`.
    fn may_be_given(&self, value: V) -> bool {
        match *self.arena.node(value) {
            Node::Param(..) => true,
            Node::Member(context, name) => {
                !SENT.contains(&self.arena.text(name))
                    && matches!(self.arena.node(context), Node::Call { .. })
                    && !self.is_document(context)
            }
            _ => false,
        }
    }

    /// Whether something new is made of a list, an object or a number: a part of it, a copy with a change.
    fn is_made_of(&self, value: V, own: V) -> bool {
        match self.arena.node(value) {
            Node::Array(_) | Node::Query { .. } | Node::Mapped(..) | Node::Derived(..) => self.mentions(value, own),
            // { ...room.settings, theme }
            Node::Object(entries) => {
                entries.len() > 1 && entries.iter().any(|entry| entry.key == Key::Spread && entry.value == own)
            }
            // [...new Set(room.shelves).add(shelf)]
            Node::Coerce(Coercion::Copy, inner) => {
                self.mentions(value, own) && matches!(self.arena.node(*inner), Node::New { .. })
            }
            Node::OneOf(alternatives) => alternatives.iter().any(|(_, value)| self.is_made_of(*value, own)),
            _ => false,
        }
    }

    /// Whether something else than the parameter goes into a value: another parameter, or something made here.
    fn mentions_other_input(&self, value: V, document: V) -> bool {
        self.contains(value, &mut |project, part| match project.arena.node(part) {
            Node::Param(..) => part != document,
            Node::Fresh(..) => true,
            _ => false,
        })
    }

    /// A member of a parameter, where no part of the way was sent by the client. A parameter itself is as often what is to
    /// be written (`update(data)`) as what was loaded; where it was loaded, its callers show it.
    fn is_outside(&self, value: V) -> bool {
        match self.arena.node(value) {
            Node::Member(object, name) => {
                !SENT.contains(&self.arena.text(*name))
                    && match *self.arena.node(*object) {
                        Node::Param(func, at) => !self.is_arguments(func, at),
                        _ => self.is_outside(*object),
                    }
            }
            _ => false,
        }
    }

    /// The arguments of a GraphQL field: `(parent, { id }, context) => …`.
    ///                                            ^^^^^^
    fn is_arguments(&self, func: FnRef, at: u32) -> bool {
        let function = self.function(func).filter(|function| at == 1 && matches!(function.params, 3 | 4));
        function.and_then(|function| function.param_names.first()).is_some_and(|first| {
            matches!(first.trim_start_matches('_'), "" | "parent" | "root" | "obj" | "source" | "rootValue")
        })
    }
}
