//! Reach: which functions lead to a call of the database, or to a lock outside of the process, so that their steps can matter to a
//! rule.
//!
//! Input: the own steps of all functions. Output: the functions that have, call, hand on or hold one with such a call.
//! Must not know: rules, what the steps are asked for.

use super::index::is_index_method;
use super::link::{Op, Project, Step};
use super::mongo::is_method;
use crate::limits;
use crate::value::{ClassRef, FnRef, Node, V, children};
use rustc_hash::FxHashSet;

/// Calls beside the catalogue's that tell of models, or change documents.
pub(super) const TELLING: [&str; 5] = ["model", "discriminator", "forFeature", "forFeatureAsync", "bulkSave"];

/// What a value holds that has code.
enum Held {
    Func(FnRef),
    Class(ClassRef),
}

impl Project {
    /// The functions that reach the database, in their order.
    pub(super) fn reaching(&self) -> Vec<FnRef> {
        // Behind the functions stand the classes: whoever holds one uses it, and it uses its methods.
        let functions = self.functions.len();
        let mut users: Vec<Vec<u32>> = vec![Vec::new(); functions + self.classes.len()];
        let mut open: Vec<u32> = Vec::new();
        let mut use_by = |user: usize, used: usize| {
            if let Some(users) = users.get_mut(used) {
                users.push(user as u32);
            }
        };
        for (at, class) in self.classes.iter().enumerate() {
            class.methods.iter().for_each(|(_, func)| use_by(functions + at, func.0 as usize));
        }
        for (at, steps) in self.own_steps.iter().enumerate() {
            if let Some(parent) = self.function(FnRef(at as u32)).and_then(|function| function.parent) {
                use_by(parent.0 as usize, at);
            }
            if steps.iter().any(|step| self.may_matter(step)) {
                open.push(at as u32);
            }
            for step in steps {
                let Op::Call { callee, recv, args, .. } = &step.op else { continue };
                self.targets(*callee).into_iter().for_each(|func| use_by(at, func.0 as usize));
                self.functions_in(args.iter().chain(recv).copied(), &mut |held| match held {
                    Held::Func(func) => use_by(at, func.0 as usize),
                    Held::Class(class) => use_by(at, functions + class.0 as usize),
                });
            }
        }
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

    /// The functions that values hold, and the classes of the instances in them.
    fn functions_in(&self, values: impl Iterator<Item = V>, found: &mut impl FnMut(Held)) {
        let mut open: Vec<V> = values.collect();
        let mut seen = FxHashSet::default();
        while let Some(value) = open.pop() {
            if !seen.insert(value) || seen.len() > limits::SEARCHED {
                continue;
            }
            match self.arena.peek(value) {
                Node::Func(func) => found(Held::Func(*func)),
                Node::Instance(class) | Node::Class(class) => found(Held::Class(self.concrete(*class))),
                node @ (Node::New { .. } | Node::OneOf(_) | Node::Array(_) | Node::Object(_)) => {
                    open.extend(children(node));
                }
                _ => {}
            }
        }
    }
}
