//! The other places where documents get into a collection, and whether a search by the same fields comes before them.
//!
//! Input: a collection and fields. Output: whether two documents with the same fields are inserted on purpose. Must not know: rules.

use super::handles::Handle;
use super::link::{Op, Project, Step};
use super::mongo::Action;
use super::writes::{Write, WriteKind};
use crate::limits;
use crate::value::{FnRef, Key, Node, Site, V};
use rustc_hash::FxHashSet;

/// What other places insert into a collection without looking for some fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    Nothing,
    /// Documents that have none of the fields.
    Without,
    /// What a unique index on the fields could refuse, though it is meant.
    Anything,
}

impl Project {
    /// What other places than this one insert without looking for these fields, and for nothing but them and these others.
    pub fn inserted_apart(&mut self, handle: &Handle, own: Site, fields: &[String], others: &[String]) -> Apart {
        let own = self.base_site(own);
        let mut apart = Apart::Nothing;
        for at in 0..self.functions.len() {
            let func = FnRef(at as u32);
            let steps = self.shared_steps_of(func);
            for step in steps.iter().filter(|step| step.calls == 0) {
                if self.base_site(step.site) == own || !self.may_insert(step) {
                    continue;
                }
                let writes = self.writes(std::slice::from_ref(step));
                let is_other = |write: &&Write| write.kind == WriteKind::Insert && write.handle.same(handle);
                let inserts: Vec<&Write> = writes.iter().filter(is_other).collect();
                if inserts.is_empty() || self.is_searched_by(func, handle, fields, others) {
                    continue;
                }
                if !inserts.iter().all(|write| write.payload.is_some_and(|payload| self.has_none(payload, fields))) {
                    return Apart::Anything;
                }
                apart = Apart::Without;
            }
        }
        apart
    }

    /// Whether a new document is known whole, and has none of these fields.
    fn has_none(&self, payload: V, fields: &[String]) -> bool {
        let Node::Object(entries) = self.arena.node(payload) else { return false };
        let is_of = |field: &String, name: &str| field.split('.').next() == Some(name);
        entries.iter().all(|entry| match entry.key {
            Key::Name(name) => !fields.iter().any(|field| is_of(field, self.arena.text(name))),
            _ => false,
        })
    }

    fn may_insert(&self, step: &Step) -> bool {
        let Op::Call { recv: Some(_), name: Some(name), .. } = &step.op else { return false };
        let name = self.arena.text(*name);
        name.starts_with("insert") || name.starts_with("create") || name == "save"
    }

    /// Whether a function, or one that calls it, compares all of these fields in a search of a collection, and others at most.
    fn is_searched_by(&mut self, func: FnRef, handle: &Handle, fields: &[String], others: &[String]) -> bool {
        let (mut open, mut seen) = (vec![func], FxHashSet::default());
        while let Some(func) = open.pop() {
            if !seen.insert(func) || seen.len() > limits::SEARCHED {
                continue;
            }
            let steps = self.shared_steps_of(func);
            if steps.iter().any(|step| self.searches(step, handle, fields, others)) {
                return true;
            }
            let callers = self.callers.get(func.0 as usize);
            open.extend(callers.into_iter().flatten().map(|(caller, _)| *caller));
        }
        false
    }

    fn searches(&mut self, step: &Step, handle: &Handle, fields: &[String], others: &[String]) -> bool {
        let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { return false };
        let text = self.arena.text(*name);
        if !(text.starts_with("find") || text.starts_with("count") || text.starts_with("exists")) {
            return false;
        }
        let Some(call) = self.db_call(step.site, *recv, *name, args) else { return false };
        // A list or a count is asked for a limit as well.
        let is_read = matches!(call.action, Action::FindOne | Action::Exists);
        let Some(filter) = call.filter.filter(|_| is_read && call.handle.same(handle)) else { return false };
        // Who asks for more lets a second document in that has the same fields.
        let Node::Object(entries) = self.arena.node(filter) else { return false };
        let is_known = |name: &str| name == "_id" || fields.iter().chain(others).any(|field| field == name);
        if !entries.iter().all(|entry| matches!(entry.key, Key::Name(name) if is_known(self.arena.text(name)))) {
            return false;
        }
        let compared = self.equalities(filter);
        fields.iter().all(|field| compared.iter().any(|(own, _)| own == field))
    }
}
