//! Whether the side of a check on which nothing is done refuses the caller: by an exception, a status of the client's own
//! making, or a result that says no.
//!
//! Source: RFC 9110, section 15.5. Input: a trace and a check. Output: an answer. Must not know: findings.

use super::context::{Context, Trace};
use crate::project::checks::Check;
use crate::value::{Arena, C, Entry, Key, Node, V};

impl Context<'_> {
    /// `if (seat.user) return res.status(409).end()`, `if (seat.user) throw new Taken()`
    pub(super) fn is_refused(&mut self, trace: &Trace, check: &Check) -> bool {
        let mut conds = self.project.refusals_of(trace.func);
        conds.extend(self.thrown(trace));
        conds.extend(self.denied(trace));
        let alternatives: Vec<C> = conds.iter().flat_map(|cond| self.alternatives_in(*cond)).collect();
        conds.extend(alternatives);
        conds.into_iter().any(|cond| {
            let checks = self.project.checks(cond, &trace.documents);
            checks
                .iter()
                .any(|other| other.root == check.root && other.leaf == check.leaf && other.holds != check.holds)
        }) || self.is_refused_before(trace, check)
    }

    /// The same for a function that stands before this one on its way, and that asks in its own text: middleware of a route.
    fn is_refused_before(&mut self, trace: &Trace, check: &Check) -> bool {
        let Some(read) = check.read.as_ref().map(|read| read.site) else { return false };
        let asks = trace.steps.iter().find(|step| step.site == read).map(|step| step.owner);
        let Some(owner) = asks.filter(|owner| *owner != trace.func) else { return false };
        let read = self.project.base_site(read);
        self.project.refusals_of(owner).into_iter().any(|cond| {
            let checks = self.project.checks(cond, &trace.documents);
            checks.iter().any(|other| {
                other.kind.path() == check.kind.path()
                    && other.holds != check.holds
                    && other.read.as_ref().is_some_and(|own| self.project.base_site(own.site) == read)
            })
        })
    }

    /// Each of several reasons for which a condition holds: `!seat || seat.user`.
    fn alternatives_in(&mut self, cond: C) -> Vec<C> {
        let mut parts: Vec<(V, bool)> = Vec::new();
        for atom in self.project.arena.atoms(cond) {
            match self.project.arena.node(atom.value) {
                Node::Or(own) if atom.holds => parts.extend(own.iter().map(|part| (*part, true))),
                Node::And(own) if !atom.holds => parts.extend(own.iter().map(|part| (*part, false))),
                _ => {}
            }
        }
        parts.into_iter().map(|(part, holds)| self.project.arena.assume(C::TRUE, part, holds)).collect()
    }

    /// Whether a field of a result says that it is an error: `error: 'taken'`, `statusCode: 409`.
    fn is_error(&self, entry: &Entry) -> bool {
        let Key::Name(name) = entry.key else { return false };
        match (self.project.arena.text(name), self.project.arena.node(entry.value)) {
            ("error" | "errors", value) => !matches!(value, Node::Undefined | Node::Null),
            ("status" | "statusCode", Node::Num(bits)) => f64::from_bits(*bits) >= 400.0,
            _ => false,
        }
    }

    /// The conditions under which the function throws.
    fn thrown(&mut self, trace: &Trace) -> Vec<C> {
        let Some(thrown) = self.project.throws_when(trace.func) else { return Vec::new() };
        let parts: Vec<V> = match self.project.arena.node(thrown) {
            Node::Or(parts) => parts.clone(),
            _ => vec![thrown],
        };
        parts.into_iter().map(|part| self.project.arena.assume(C::TRUE, part, true)).collect()
    }

    /// The conditions under which the function gives `false`, `{ success: false }`, `{ error: 'taken' }` or `{ statusCode: 409 }`, where
    /// it gives something else too. Who is told of no error has had what was asked for.
    fn denied(&self, trace: &Trace) -> Vec<C> {
        let arena = &self.project.arena;
        let is_no = |value: V| matches!(arena.node(value), Node::Bool(false));
        let has = |value: V, is: &dyn Fn(&Entry) -> bool| match arena.node(value) {
            Node::Object(entries) => entries.iter().any(is),
            _ => false,
        };
        let is_told = |value: V| has(value, &|entry| self.is_error(entry));
        let says_no = |value: V| is_no(value) || is_told(value) || has(value, &|entry| is_no(entry.value));
        let returns = self.project.results_of(trace.func);
        let is_error_told = returns.iter().any(|(_, value)| is_told(*value));
        let gives_more =
            returns.iter().any(|(_, value)| !says_no(*value) && (is_error_told || *value != Arena::UNDEFINED));
        returns.iter().filter(|(_, value)| gives_more && says_no(*value)).map(|(cond, _)| *cond).collect()
    }
}
