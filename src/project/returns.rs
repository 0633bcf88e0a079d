//! Returned values: what a call of a project's function gives, in terms of the caller.
//!
//! Input: a function that is summarised, the arguments of a call. Output: the value, or none where it stays a call.
//! Must not know: effects, rules.

use super::instance::Instance;
use super::link::{Project, State};
use super::merge::symbol_file;
use crate::limits::{self, Cut};
use crate::value::{C, FnRef, Node, Site, V};
use rustc_hash::FxHashSet;

impl Project {
    /// The value that a call of a project's function gives, in terms of the caller.
    pub(super) fn returned(&mut self, func: FnRef, args: &[V], this: Option<V>, call: Site) -> Option<V> {
        if self.depth > limits::RETURNED_DEPTH || self.chain(call) > limits::RETURN_CALLS {
            return None;
        }
        // What nobody waits for is a promise: there, whatever it comes to.
        if self.is_only_tested(func, call) {
            return Some(self.arena.intern(Node::Object(Vec::new())));
        }
        self.summarise(func);
        let callee = self.arena.intern(Node::Func(func));
        if self.marked(&self.marks.results, callee).is_some() {
            return None;
        }
        if self.arena.is_spent() {
            return None;
        }
        let returns = self.returns.get(func.0 as usize)?.clone();
        let Some(returns) = returns.filter(|returns| returns.len() <= limits::RETURNS) else {
            self.note_lost_returns(func);
            return None;
        };
        let mut instance = Instance::new(func, args, this, call);
        let base = self.function(func)?.base;
        let base = self.linked_cond(base);
        let mut alternatives = Vec::new();
        for (cond, value) in returns {
            let cond = self.arena.since(base, cond);
            let cond = self.instantiate_cond(&mut instance, cond);
            let value = self.instantiate(&mut instance, value);
            alternatives.push((cond, value));
        }
        let values: FxHashSet<V> = alternatives.iter().map(|(_, value)| *value).collect();
        if values.len() > limits::ALTERNATIVES {
            self.note_lost_returns(func);
        }
        Some(self.arena.one_of(alternatives))
    }

    /// `collectionOf('users')(db)`: what a function gives that another one makes, with what that one was given; also of one that
    /// another file makes and exports.
    pub(super) fn curried(&mut self, site: Site, callee: V, args: &[V]) -> Option<V> {
        if !matches!(self.arena.node(callee), Node::Import { .. } | Node::Call { .. }) {
            return None;
        }
        // Nearly all calls are of functions that no other one makes.
        let made_ones = self.linked(callee);
        let mut inner = Vec::new();
        for (cond, value) in self.arena.alternatives(made_ones) {
            let Node::Func(func) = *self.arena.node(value) else { return None };
            inner.push((cond, func));
        }
        if !inner.iter().all(|(_, func)| self.is_closure(*func)) {
            return None;
        }
        let callee = match *self.arena.node(callee) {
            Node::Import { module, name } => self.exported_by(symbol_file(self.arena.text(module))?, name)?,
            _ => callee,
        };
        let Node::Call { site: made, callee: maker, args: given } = self.arena.node(callee).clone() else {
            return None;
        };
        let maker = self.linked(maker);
        let Node::Func(maker) = *self.arena.node(maker) else { return None };
        if inner.iter().any(|(_, func)| self.function(*func).and_then(|inner| inner.parent) != Some(maker)) {
            return None;
        }
        let [given, args] = [&given[..], args].map(|values| values.iter().map(|v| self.linked(*v)).collect::<Vec<V>>());
        let mut results = Vec::new();
        for (cond, func) in inner {
            let value = self.returned(func, &args, None, site)?;
            let mut instance = Instance::new(maker, &given, None, made);
            results.push((cond, self.instantiate(&mut instance, value)));
        }
        Some(self.arena.one_of(results))
    }

    /// What a call of one of several functions gives; of one that is not known, the call.
    pub(super) fn returned_by_one(&mut self, callee: V, args: &[V], this: Option<V>, site: Site) -> Option<V> {
        let calls = self.calls_of(callee, this);
        let alternatives = self.arena.alternatives(callee);
        if calls.is_empty() || alternatives.len() == 1 {
            return None;
        }
        let mut results = Vec::new();
        for (cond, func, this) in calls {
            results.push((cond, self.returned(func, args, this, site)?));
        }
        for (cond, callee) in alternatives {
            if !matches!(self.arena.node(callee), Node::Func(_)) {
                results.push((cond, self.arena.intern(Node::Call { site, callee, args: args.into() })));
            }
        }
        Some(self.arena.one_of(results))
    }

    /// What an instance of a class of the project gives for `toJSON()` or `toObject()`, of each alternative.
    pub(super) fn written_out(&mut self, value: V) -> Option<V> {
        if let Node::OneOf(alternatives) = self.arena.node(value).clone() {
            let is_nothing =
                |project: &Self, value: V| matches!(project.arena.node(value), Node::Undefined | Node::Null);
            let mut written = Vec::new();
            for (cond, value) in alternatives {
                written.push((cond, if is_nothing(self, value) { value } else { self.written_out(value)? }));
            }
            return Some(self.arena.one_of(written));
        }
        let Node::New { site, callee, .. } = *self.arena.node(value) else { return None };
        if !matches!(self.arena.node(callee), Node::Class(_)) {
            return None;
        }
        ["toJSON", "toObject"].into_iter().find_map(|name| {
            let name = self.arena.sym(name);
            let method = self.member(value, name);
            let Node::Func(method) = *self.arena.node(method) else { return None };
            self.returned(method, &[], Some(value), site)
        })
    }

    /// What a function gives, each under its condition; none where that was not followed.
    pub fn results_of(&self, func: FnRef) -> &[(C, V)] {
        self.returns.get(func.0 as usize).and_then(Option::as_deref).unwrap_or_default()
    }

    /// The condition under which a function throws, as a value.
    pub fn throws_when(&self, func: FnRef) -> Option<V> {
        self.throws.get(func.0 as usize).copied().flatten()
    }

    /// A function whose result is asked for gives more than is kept: told where it is one of the database.
    fn note_lost_returns(&mut self, func: FnRef) {
        let is_done = self.state.get(func.0 as usize) == Some(&State::Done);
        let is_followed = self.throws.get(func.0 as usize).is_some_and(Option::is_some);
        match self.expanded.get(func.0 as usize) {
            Some(State::Done) if is_done && is_followed => self.tell_lost(func),
            Some(_) if is_done && is_followed => self.lost_returns.push(func),
            _ => {}
        }
    }

    /// Tells of the results that were lost before it was known which functions reach the database.
    pub(super) fn tell_lost_returns(&mut self) {
        std::mem::take(&mut self.lost_returns).into_iter().for_each(|func| self.tell_lost(func));
    }

    fn tell_lost(&mut self, func: FnRef) {
        if self.steps_of(func).iter().any(|step| self.touches_database(step)) {
            self.note_cut(func, Cut::Returns);
        }
    }

    /// How many calls lead to a site.
    pub fn chain(&self, site: Site) -> u32 {
        let mut count = 0;
        let mut at = self.arena.site_info(site).via;
        while let Some(site) = at {
            count += 1;
            at = self.arena.site_info(site).via;
        }
        count
    }

    /// Whether returned values are few enough nodes to be copied into callers. What is made of functions alone is the
    /// same in each copy, and nothing evaluates it.
    pub(super) fn is_small(&self, returns: &[(C, V)]) -> bool {
        let (mut seen, mut copied) = (FxHashSet::default(), 0);
        let mut open: Vec<V> = Vec::new();
        for (cond, value) in returns {
            open.push(*value);
            open.extend(self.arena.atoms(*cond).iter().map(|atom| atom.value));
        }
        while let Some(value) = open.pop() {
            if !seen.insert(value) {
                continue;
            }
            let node = self.arena.node(value);
            let parts = crate::value::children(node);
            let is_of_functions = !parts.is_empty() && parts.iter().all(|part| self.arena.is_function(*part));
            copied += usize::from(!self.arena.is_function(value) && !is_of_functions);
            if copied > limits::RETURN_SIZE || seen.len() > limits::RETURNED_FUNCTIONS {
                return false;
            }
            open.extend(parts);
            if let Node::OneOf(alternatives) = node {
                for (cond, _) in alternatives {
                    open.extend(self.arena.atoms(*cond).iter().map(|atom| atom.value));
                }
            }
        }
        true
    }
}
