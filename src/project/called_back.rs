//! Functions that a call of another library is given and runs: the work of a mutex, the callback of a query.
//!
//! Input: a step. Output: the call that it makes. Must not know: rules.

use super::link::{Op, Project, Step};
use crate::value::{Node, Site, V};

impl Project {
    /// The call that gave a function which releases a lock: `const release = await mutex.acquire(); … release()`.
    pub fn acquiring_call(&self, callee: V) -> Option<Site> {
        match self.arena.node(callee) {
            Node::Call { site, callee, .. } => {
                let (_, name) = self.method_of(*callee)?;
                matches!(self.arena.text(name), "acquire" | "tryAcquire" | "lock").then_some(*site)
            }
            Node::Index(value, _) => self.acquiring_call(*value),
            _ => None,
        }
    }

    /// The function that a mutex runs: `mutex.runExclusive(work)`, `lock.acquire(key, work)`.
    fn exclusive_work(&self, op: &Op) -> Option<V> {
        let Op::Call { name: Some(name), args, .. } = op else { return None };
        if !matches!(self.arena.text(*name), "runExclusive" | "acquire") {
            return None;
        }
        args.iter().copied().find(|arg| matches!(self.arena.node(*arg), Node::Func(_)))
    }

    /// The call of a function that a call of another library was given: the work of a mutex, or the callback of a query.
    pub(super) fn called_back(&mut self, step: &Step) -> Option<Op> {
        if let Some(callee) = self.exclusive_work(&step.op) {
            return Some(Op::Call { callee, recv: None, name: None, args: Vec::new() });
        }
        let Op::Call { callee, recv: Some(recv), name: Some(name), args } = &step.op else { return None };
        let (own, recv, callback) = (*callee, *recv, *args.last()?);
        if !matches!(self.arena.node(callback), Node::Func(_)) {
            return None;
        }
        let name = self.arena.text(*name);
        // Model.findOne(filter).exec(callback)
        let ends_query = matches!(name, "exec" | "toArray");
        let is_own = super::mongo::is_telling(name) || name == "save";
        let result = match ends_query && self.read_of(recv).is_some() {
            true => recv,
            false if is_own => {
                self.arena.intern(Node::Call { site: step.site, callee: own, args: args.as_slice().into() })
            }
            false => return None,
        };
        let error = self.arena.derived("error", Vec::new());
        Some(Op::Call { callee: callback, recv: None, name: None, args: vec![error, result] })
    }
}
