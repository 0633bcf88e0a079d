//! Rows that are plain objects: they have none of a document's methods, so that `row.save()` throws and nothing is written.
//!
//! Sources: Mongoose, "Lean", `Query#setOptions`, `Model.aggregate`. Input: writes. Output: those that are never sent. Must not know:
//! rules.

use super::around::at;
use super::link::Project;
use super::mongo::Action;
use super::writes::Write;
use crate::value::{Node, Site, V};

impl Project {
    /// Takes the calls of a document's methods on rows that are plain objects out of `writes`, and gives them.
    pub fn take_unsendable(&mut self, writes: &mut Vec<Write>) -> Vec<Write> {
        let is_plain = |write: &mut Write| {
            write.document.is_some_and(|document| self.is_plain_row(document) || self.is_query(document, write.site))
        };
        writes.extract_if(.., is_plain).collect()
    }

    /// Whether what is saved is a query, which nobody waited for: `const user = User.findById(id); user.save();`
    ///
    /// Source: Mongoose, "Queries are Not Promises".
    fn is_query(&self, document: V, save: Site) -> bool {
        let Node::Call { site, callee, .. } = *self.arena.node(document) else { return false };
        let Node::Member(model, method) = *self.arena.node(callee) else { return false };
        let makes_query = matches!(self.arena.text(method), "findOne" | "findById");
        let (Some(made), Some(saved)) = (self.statement_at(site), self.statement_at(save)) else { return false };
        let receiver = self.written_at(save).map(|call| call.receiver.as_str());
        let is_named = !made.is_awaited && made.bound.is_some() && made.bound.as_deref() == receiver;
        makes_query && is_named && made.body == saved.body && self.is_model_of_mongoose(model)
    }

    /// Whether a value is a plain object that a query gave: `await Model.findById(id).lean()`, `Model.find(filter, null, { lean: true })`.
    pub(super) fn is_plain_row(&mut self, value: V) -> bool {
        match self.arena.node(value).clone() {
            Node::Element(list) | Node::Index(list, _) => self.is_plain_list(list),
            Node::Query { method, array, .. } if matches!(self.arena.text(method), "find" | "findLast") => {
                self.is_plain_list(array)
            }
            Node::Call { .. } => self.gives_plain(value, Action::FindOne) || self.gives_plain(value, Action::Update),
            _ => false,
        }
    }

    /// Whether a value is a list of such rows.
    fn is_plain_list(&mut self, value: V) -> bool {
        match *self.arena.node(value) {
            Node::Query { method, array, .. }
                if matches!(self.arena.text(method), "filter" | "slice" | "reverse" | "sort") =>
            {
                self.is_plain_list(array)
            }
            _ => self.gives_plain(value, Action::FindMany),
        }
    }

    /// Whether a query gives plain objects, as they are stored.
    pub fn is_plain_at(&self, read: Site) -> bool {
        self.around.plain.contains(&at(self.base_site(read)))
    }

    /// Whether a call is a query of this kind that gives plain objects.
    fn gives_plain(&mut self, value: V, action: Action) -> bool {
        let Node::Call { site, args, .. } = self.arena.node(value).clone() else { return false };
        let Some(read) = self.read_of(value).filter(|read| read.action == action) else { return false };
        let place = at(self.base_site(site));
        let is_asked = self.around.plain.contains(&place);
        is_asked
            || read.method == "aggregate"
            || args.get(2).is_some_and(|options| self.option_is_true(*options, "lean"))
    }
}
