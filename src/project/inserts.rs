//! The other places where documents get into a collection, and whether a search by the same fields comes before them.
//!
//! Input: a collection and fields. Output: whether two documents with the same fields are inserted on purpose. Must not know: rules.

use super::handles::Handle;
use super::link::{Op, Project, Step};
use super::mongo::Action;
use super::writes::WriteKind;
use crate::limits;
use crate::value::{FnRef, Site};
use rustc_hash::FxHashSet;

impl Project {
    /// Whether another place inserts without looking for these fields: a unique index would refuse what is meant there.
    pub fn is_inserted_apart(&mut self, handle: &Handle, own: Site, fields: &[String]) -> bool {
        let own = self.base_site(own);
        for at in 0..self.functions.len() {
            let func = FnRef(at as u32);
            let steps = self.shared_steps_of(func);
            for step in steps.iter().filter(|step| step.calls == 0) {
                if self.base_site(step.site) == own || !self.may_insert(step) {
                    continue;
                }
                let writes = self.writes(std::slice::from_ref(step));
                let is_other = writes.iter().any(|write| write.kind == WriteKind::Insert && write.handle.same(handle));
                if is_other && !self.is_searched_by(func, handle, fields) {
                    return true;
                }
            }
        }
        false
    }

    fn may_insert(&self, step: &Step) -> bool {
        let Op::Call { recv: Some(_), name: Some(name), .. } = &step.op else { return false };
        let name = self.arena.text(*name);
        name.starts_with("insert") || name.starts_with("create") || name == "save"
    }

    /// Whether a function, or one that calls it, compares all of these fields in a search of a collection.
    fn is_searched_by(&mut self, func: FnRef, handle: &Handle, fields: &[String]) -> bool {
        let (mut open, mut seen) = (vec![func], FxHashSet::default());
        while let Some(func) = open.pop() {
            if !seen.insert(func) || seen.len() > limits::SEARCHED {
                continue;
            }
            let steps = self.shared_steps_of(func);
            if steps.iter().any(|step| self.searches(step, handle, fields)) {
                return true;
            }
            let callers = self.callers.get(func.0 as usize);
            open.extend(callers.into_iter().flatten().map(|(caller, _)| *caller));
        }
        false
    }

    fn searches(&mut self, step: &Step, handle: &Handle, fields: &[String]) -> bool {
        let Op::Call { recv: Some(recv), name: Some(name), args, .. } = &step.op else { return false };
        let text = self.arena.text(*name);
        if !(text.starts_with("find") || text.starts_with("count") || text.starts_with("exists")) {
            return false;
        }
        let Some(call) = self.db_call(step.site, *recv, *name, args) else { return false };
        let is_read = matches!(call.action, Action::FindOne | Action::FindMany | Action::Exists | Action::Count);
        let Some(filter) = call.filter.filter(|_| is_read && call.handle.same(handle)) else { return false };
        let compared = self.equalities(filter);
        fields.iter().all(|field| compared.iter().any(|(own, _)| own == field))
    }
}
