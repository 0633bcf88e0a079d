//! Outcomes: the result of an earlier write as a check, and the filter of a read as one.
//!
//! Sources: MongoDB Node.js driver API, `UpdateResult`. Input: checks, writes. Output: checks on whether a document matches a
//! filter. Must not know: rules.

use super::checks::{Check, CheckKind, Leaf};
use super::link::Project;
use super::mongo::{Action, DbCall};
use super::writes::Write;
use crate::value::{C, Compare, Node, V};

/// Members of an update's result that count documents.
const COUNTS: [&str; 6] = ["matchedCount", "modifiedCount", "nModified", "n", "updatedExisting", "deletedCount"];

impl Project {
    /// `result.matchedCount === 0` says that no document matched the update's filter.
    pub(super) fn settled(&self, check: Check) -> Check {
        let CheckKind::Field { path, test } = &check.kind else { return check };
        let is_update = check.read.as_ref().is_some_and(|read| matches!(read.action, Action::Update | Action::Replace));
        let is_count = path.last().is_some_and(|last| COUNTS.contains(&last.as_str())) && path.len() <= 2;
        if !is_update || !is_count {
            return check;
        }
        let holds = self.says_some(*test) == check.holds;
        Check { kind: CheckKind::Document, holds, ..check }
    }

    /// Whether a test of a count holds when it is not zero.
    fn says_some(&self, test: V) -> bool {
        match self.arena.node(test) {
            Node::Compare(Compare::Equal, a, b) => {
                self.number(*a).or_else(|| self.number(*b)).is_none_or(|number| number != 0.0)
            }
            // 0 < count, count < 1
            Node::Compare(_, a, _) => self.number(*a).is_some(),
            Node::Not(inner) | Node::Nullish(inner) => !self.says_some(*inner),
            _ => true,
        }
    }

    /// A count of one of several lists: `(doc.items || []).length < 10`. Says whether it is one.
    pub(super) fn counted_by_turns(
        &mut self,
        leaf: Leaf,
        op: Compare,
        [a, b]: [V; 2],
        documents: &[V],
        checks: &mut Vec<Check>,
    ) -> bool {
        for (side, is_first) in [(a, true), (b, false)] {
            let Node::OneOf(alternatives) = self.arena.node(side).clone() else { continue };
            if !alternatives.iter().any(|(_, alternative)| self.is_count(*alternative)) {
                continue;
            }
            for (cond, alternative) in alternatives {
                let under = self.arena.and(leaf.under, cond);
                let (a, b) = if is_first { (alternative, b) } else { (a, alternative) };
                self.comparison(Leaf { under, ..leaf }, op, a, b, documents, checks);
            }
            return true;
        }
        false
    }

    /// The read that selected the document of a write, as a check: a document matched its filter.
    ///
    /// `for (const job of await jobs.find({ state: 'new' })) jobs.updateOne({ _id: job._id }, …)`
    ///                                    ^^^^^^^^^^^^^^^^
    pub fn deciding_read(&mut self, write: &Write) -> Option<Check> {
        let document = match write.document {
            Some(document) => document,
            None => self.named_by_id(write.filter?)?,
        };
        let (root, read) = self.selected(document)?;
        let is_read = matches!(read.action, Action::FindOne | Action::FindMany);
        (is_read && read.filter.is_some() && read.handle.same(&write.handle)).then_some(Check {
            root,
            read: Some(read),
            kind: CheckKind::Document,
            holds: true,
            leaf: root,
            under: C::TRUE,
        })
    }

    /// The reads of which what they have found is a part of a value.
    pub fn reads_in(&mut self, values: impl IntoIterator<Item = V>) -> Vec<(V, DbCall)> {
        let mut calls = Vec::new();
        for value in values {
            self.contains(value, &mut |project, part| {
                if matches!(project.arena.node(part), Node::Call { .. }) && !calls.contains(&part) {
                    calls.push(part);
                }
                false
            });
        }
        calls.into_iter().filter_map(|call| Some((call, self.read_of(call)?))).collect()
    }

    /// Whether a result is never null: of an upsert that gives the document as it is then.
    pub(super) fn is_always_there(&mut self, check: &Check) -> bool {
        let Some(options) = check.read.as_ref().and_then(|read| read.options) else { return false };
        let gives_new = self.option_is_true(options, "new")
            || self.option(options, "returnOriginal").is_some_and(|v| matches!(self.arena.node(v), Node::Bool(false)))
            || self.option(options, "returnDocument").is_some_and(|v| self.arena.as_str(v) == Some("after"));
        gives_new && self.option_is_true(options, "upsert")
    }

    fn selected(&mut self, document: V) -> Option<(V, DbCall)> {
        let list = match self.arena.node(document) {
            Node::Element(list) | Node::Index(list, _) => *list,
            _ => document,
        };
        Some((list, self.read_of(list)?))
    }

    /// `doc` of `{ _id: doc._id }`.
    fn named_by_id(&self, filter: V) -> Option<V> {
        let (_, id) = self.equalities(filter).into_iter().find(|(key, _)| key == "_id")?;
        match self.arena.node(self.bare(id)) {
            Node::Member(document, name) if matches!(self.arena.text(*name), "_id" | "id") => Some(*document),
            _ => None,
        }
    }
}
