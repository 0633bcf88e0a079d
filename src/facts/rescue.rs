//! Handlers of a promise's exceptions: `chain.catch(handler)`, `chain.then(next, handler)`. The chain before them is to the handler
//! what the body of a `try` is to its `catch`.
//!
//! Input: a chain that was evaluated, and the handler. Output: the facts of a `try`, and what the whole gives. Must not know: MongoDB.

use super::eval::{Code, Eval};
use super::{Try, TryPart};
use crate::value::{Arena, C, Node, V};
use swc_common::Span;

impl<'a> Eval<'a> {
    /// What the chain did is the body of a `try` that its handler catches.
    pub(super) fn mark_caught(&mut self, span: Span, handles: bool) {
        let (site, depth) = (self.site(span), self.frame.within.len());
        self.mark_handled(span, handles);
        for at in self.effects_of_chain(span) {
            if let Some(effect) = self.frame.effects.get_mut(at) {
                effect.within.insert(depth.min(effect.within.len()), (site, TryPart::Body));
            }
        }
    }

    /// Something takes the exceptions of the chain.
    pub(super) fn mark_handled(&mut self, span: Span, handles: bool) {
        for at in self.effects_of_chain(span) {
            if let Some(effect) = self.frame.effects.get_mut(at) {
                effect.caught = true;
                effect.duplicate_key_caught |= handles;
            }
        }
    }

    fn effects_of_chain(&self, span: Span) -> Vec<usize> {
        let (start, _) = self.offsets(span);
        let is_inside = |at: &usize| {
            self.frame.effects.get(*at).is_some_and(|effect| self.arena.site_info(effect.site).start >= start)
        };
        (0..self.frame.effects.len()).filter(is_inside).collect()
    }

    /// That the chain was left by an exception.
    pub(super) fn caught(&mut self, span: Span) -> V {
        let site = self.site(span);
        self.arena.intern(Node::Caught(site))
    }

    /// Runs a handler; gives what it returns.
    pub(super) fn handler(&mut self, code: Code<'a>, span: Span) -> V {
        let (site, caught) = (self.site(span), self.caught(span));
        self.frame.handled.push(Try { site, handler: site, resumes: C::FALSE, rethrows: false });
        let error = self.arena.derived("error", vec![caught]);
        let (cond, mut rescued) = (self.cond, (Arena::UNDEFINED, Vec::new()));
        let inside = self.arena.assume(cond, caught, true);
        let branch = self.branch(inside, |eval| {
            eval.inside(site, TryPart::Handler, |eval| rescued = eval.in_place_with_ends(code, &[error]));
        });
        drop(branch);
        self.cond = cond;
        let (result, ends) = rescued;
        if let Some(handled) = self.frame.handled.iter_mut().find(|handled| handled.site == site) {
            handled.resumes = if ends.is_empty() { C::FALSE } else { inside };
        }
        result
    }

    /// What a chain gives where it was not left by an exception, and what its handler gives, as far as one of them is known. What
    /// the database has refused gives nothing.
    pub(super) fn settled(&mut self, value: V, rescued: V, span: Span) -> V {
        let is_known = self.arena.truth(C::TRUE, value).is_some() || self.arena.truth(C::TRUE, rescued) == Some(true);
        if !is_known {
            return value;
        }
        let caught = self.caught(span);
        let (passed, left) = (self.arena.assume(C::TRUE, caught, false), self.arena.assume(C::TRUE, caught, true));
        self.arena.one_of(vec![(passed, value), (left, rescued)])
    }
}
