//! Reach: which functions lead to a call of the database, or to a lock outside of the process, so that their steps can matter to a
//! rule.
//!
//! Input: the own steps of all functions. Output: the functions that have, call, hand on or hold one with such a call.
//! Must not know: rules, what the steps are asked for.

use super::index::is_index_method;
use super::link::{Op, Project, Step};
use super::mongo::is_method;
use crate::value::{FnRef, Node, V, children};
use rustc_hash::FxHashMap;

/// Calls beside the catalogue's that tell of models, or change documents.
pub(super) const TELLING: [&str; 5] = ["model", "discriminator", "forFeature", "forFeatureAsync", "bulkSave"];

/// Who uses what. Functions come first, then classes, for whoever holds one uses it, and it uses its methods; then the values
/// that hold other ones, each of which is opened once, however many hold it.
struct Uses {
    users: Vec<Vec<u32>>,
    holders: FxHashMap<V, u32>,
    unopened: Vec<(u32, V)>,
}

impl Uses {
    fn add(&mut self, user: u32, used: u32) {
        if let Some(users) = self.users.get_mut(used as usize) {
            users.push(user);
        }
    }

    fn holder(&mut self, value: V) -> u32 {
        *self.holders.entry(value).or_insert_with(|| {
            let at = self.users.len() as u32;
            self.users.push(Vec::new());
            self.unopened.push((at, value));
            at
        })
    }
}

impl Project {
    /// The functions that reach the database, in their order.
    pub(super) fn reaching(&self) -> Vec<FnRef> {
        let functions = self.functions.len();
        let users = vec![Vec::new(); functions + self.classes.len()];
        let mut uses = Uses { users, holders: FxHashMap::default(), unopened: Vec::new() };
        let mut open: Vec<u32> = Vec::new();
        for (at, class) in self.classes.iter().enumerate() {
            class.methods.iter().for_each(|(_, func)| uses.add((functions + at) as u32, func.0));
        }
        for (at, steps) in (0..).zip(&self.own_steps) {
            if let Some(parent) = self.function(FnRef(at)).and_then(|function| function.parent) {
                uses.add(parent.0, at);
            }
            if steps.iter().any(|step| self.may_matter(step)) {
                open.push(at);
            }
            for step in steps {
                let Op::Call { callee, recv, args, .. } = &step.op else { continue };
                self.targets(*callee).into_iter().for_each(|func| uses.add(at, func.0));
                args.iter().chain(recv).for_each(|value| self.use_value(&mut uses, at, *value));
            }
        }
        while let Some((at, value)) = uses.unopened.pop() {
            children(self.arena.peek(value)).into_iter().for_each(|inner| self.use_value(&mut uses, at, inner));
        }
        let users = uses.users;
        let mut reaches = vec![false; users.len()];
        while let Some(at) = open.pop() {
            let Some(known) = reaches.get_mut(at as usize).filter(|known| !**known) else { continue };
            *known = true;
            open.extend(users.get(at as usize).into_iter().flatten());
        }
        let reaching = reaches.into_iter().take(functions).enumerate().filter(|(_, reaches)| *reaches);
        reaching.map(|(at, _)| FnRef(at as u32)).collect()
    }

    /// Whether a step may be a call of the database or take a lock outside of the process, as far as its name tells, or is one
    /// that a rule asks for by name.
    fn may_matter(&self, step: &Step) -> bool {
        let Op::Call { callee, name, args, .. } = &step.op else { return false };
        let text = name.map_or_else(|| self.last_name(*callee).unwrap_or(""), |name| self.arena.text(name));
        is_method(text)
            || is_index_method(text)
            || TELLING.contains(&text)
            || matches!(text, "acquire" | "lock" | "acquireLock" | "waitAcquireLock" | "command")
            || self.is_lock_function(*callee)
            // redis.set(key, token, { NX: true }), which a Map does not take
            || text == "set" && args.len() > 2
            || self.marked(&self.marks.calls, *callee).is_some()
    }

    /// A value is used: a function, the class of an instance, or what it holds.
    fn use_value(&self, uses: &mut Uses, user: u32, value: V) {
        match self.arena.peek(value) {
            Node::Func(func) => uses.add(user, func.0),
            Node::Instance(class) | Node::Class(class) => {
                uses.add(user, self.functions.len() as u32 + self.concrete(*class).0);
            }
            Node::New { .. } | Node::OneOf(_) | Node::Array(_) | Node::Object(_) => {
                let holder = uses.holder(value);
                uses.add(user, holder);
            }
            _ => {}
        }
    }
}
