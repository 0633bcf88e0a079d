//! `Model.create` of what is a document already: Mongoose saves it, and inserts nothing; and the documents of `Model.bulkSave`.

use super::Project;
use super::handle::Handle;
use super::mongo::Action;
use crate::limits;
use crate::value::{Node, V};

impl Project {
    /// The documents that `Model.create` saves as they are, where it makes new ones of what is no document of the model; and those
    /// that `Model.bulkSave` is given.
    ///
    /// Source: Mongoose, `Model.create`: `toSave = doc instanceof Model ? doc : new Model(doc)`; `Model.bulkSave`.
    pub(super) fn saved_as_given(&mut self, recv: V, method: &str, given: V) -> Option<V> {
        let handle = self.handle_of(recv, 0).filter(|_| matches!(method, "create" | "bulkSave"))?;
        self.loaded_ones(given, &handle, 0)
    }

    /// A document that was loaded, or any element of a list of nothing but loaded documents.
    fn loaded_ones(&mut self, given: V, handle: &Handle, depth: u32) -> Option<V> {
        if depth > limits::SAVED_DEPTH {
            return None;
        }
        match self.arena.node(given).clone() {
            Node::Array(items) => {
                let mut ones = Vec::new();
                for item in &items {
                    let one = self.loaded_ones(item.value, handle, depth + 1)?;
                    ones.push((item.cond, one));
                }
                (!ones.is_empty()).then(|| self.arena.one_of(ones))
            }
            Node::Query { array, method, .. } if matches!(self.arena.text(method), "filter" | "slice") => {
                self.loaded_ones(array, handle, depth + 1)
            }
            _ => {
                let (_, path, read) = self.loaded(given, &[])?;
                if !path.is_empty() {
                    return None;
                }
                // A document of another model is copied into a new one.
                match read.filter(|read| read.handle.same(handle))?.action {
                    Action::FindOne => Some(given),
                    Action::FindMany => Some(match self.arena.node(given) {
                        Node::Element(_) => given,
                        _ => self.arena.intern(Node::Element(given)),
                    }),
                    _ => None,
                }
            }
        }
    }
}
