//! Handlers of a promise's exceptions: `chain.catch(handler)`, `chain.then(next, handler)`. The chain before them is to the handler
//! what the body of a `try` is to its `catch`.
//!
//! Input: a chain that was evaluated, and the handler. Output: the facts of a `try`, and what the whole gives. Must not know: MongoDB.

use super::eval::{Code, Eval};
use super::{EffectKind, Try, TryPart};
use crate::value::{Arena, C, Node, V};
use swc_common::Span;

/// What a promise of the function's own making is rejected by.
pub(super) const REJECT: &str = "reject";

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

    /// Nothing is rejected any more by a chain that a handler ends, unless the handler tells of it: `.catch(reject)`, `.catch(next)`.
    pub(super) fn accept(&mut self, span: Span, handler: V) {
        let tells = match self.arena.node(handler) {
            Node::Param(..) => true,
            _ => self.is_reject(handler),
        };
        if !tells {
            let chain = self.effects_of_chain(span).first().copied();
            self.forget_rejects(chain, self.frame.effects.len());
        }
    }

    /// Whether `reject` was called, as an effect from this one on.
    fn rejects_since(&self, from: usize) -> bool {
        self.frame.effects.iter().skip(from).any(|effect| match &effect.kind {
            EffectKind::Call { callee, .. } => self.is_reject(*callee),
            EffectKind::Assign { .. } => false,
        })
    }

    fn is_reject(&self, value: V) -> bool {
        matches!(self.arena.node(value), Node::Derived(op, _) if self.arena.text(*op) == REJECT)
    }

    /// Forgets the rejections from one effect on up to another.
    fn forget_rejects(&mut self, from: Option<usize>, to: usize) {
        let Some(from) = from else { return };
        self.frame.rejects.retain(|(_, at)| *at <= from || *at > to);
    }

    /// Notes where a promise of the function's own making is rejected, among the effects from one on.
    pub(super) fn note_rejects(&mut self, reject: V, from: usize) {
        let effects = self.frame.effects.iter().enumerate().skip(from);
        let rejects = effects.filter_map(|(at, effect)| match &effect.kind {
            EffectKind::Call { callee, .. } if *callee == reject => Some((effect.cond, at)),
            _ => None,
        });
        self.frame.rejects.extend(rejects);
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
        let (chain, from) = (self.effects_of_chain(span).first().copied(), self.frame.effects.len());
        let inside = self.arena.assume(cond, caught, true);
        let branch = self.branch(inside, |eval| {
            eval.inside(site, TryPart::Handler, |eval| rescued = eval.in_place_with_ends(code, &[error]));
        });
        drop(branch);
        self.cond = cond;
        let (result, ends) = rescued;
        if let Some(handled) = self.frame.handled.iter_mut().find(|handled| handled.site == site) {
            handled.resumes = if ends.is_empty() { C::FALSE } else { inside };
            let rethrows = handled.rethrows;
            if !rethrows && !self.rejects_since(from) {
                self.forget_rejects(chain, from);
            }
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
