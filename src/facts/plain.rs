//! Queries that give plain objects instead of documents.
//!
//! Source: Mongoose, "Lean". Input: a method of a query. Output: the queries, by place. Must not know: what is done with the objects.

use super::Effect;
use super::eval::Eval;
use crate::value::{Atom, Node, V};
use swc_common::Span;

impl Eval<'_> {
    /// `.lean()`, `.lean({ virtuals: true })`, `.setOptions({ lean: true })`
    pub(super) fn makes_plain(&mut self, name: &str, first: Option<V>) -> bool {
        match (name, first.map(|first| self.arena.node(first).clone())) {
            ("lean", None | Some(Node::Bool(true) | Node::Object(_) | Node::Cell(_))) => true,
            ("setOptions", Some(_)) => {
                let key = self.arena.sym("lean");
                let options = first.map(|options| self.freeze(options));
                let given = options.and_then(|options| self.arena.member_of(options, key));
                given.is_some_and(|given| matches!(self.arena.node(given), Node::Bool(true) | Node::Object(_)))
            }
            _ => false,
        }
    }

    /// Notes a query that gives plain objects on each of its paths: what is asked for in a branch is not asked for beside it.
    pub(super) fn note_plain(&mut self, query: V, span: Span) {
        let Node::Call { site, .. } = *self.arena.node(query) else { return };
        let place = self.arena.site_info(site);
        let is_chain = self.offsets(span).0 == place.start;
        // Nothing but that the calls before have come back decides whether it is asked for.
        let asked = self.arena.atoms(self.cond);
        let is_always = |effect: &Effect| {
            let known = self.arena.atoms(effect.cond);
            let is_known = |atom: &Atom| known.iter().any(|own| own.value == atom.value && own.holds == atom.holds);
            asked.iter().all(|atom| is_known(atom) || matches!(self.arena.node(atom.value), Node::Completed(_)))
        };
        if is_chain || self.frame.effects.iter().any(|effect| effect.site == site && is_always(effect)) {
            self.noted.plain.insert((place.start, place.end));
        }
    }
}
