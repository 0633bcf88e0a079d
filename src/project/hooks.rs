//! What a hook gives a document before it is saved. A new one is inserted with it, so its insert stands where the hook sets it.
//!
//! `schema.pre('save', async function () { this.number = (await Order.countDocuments()) + 1; })`
//!
//! Sources: Mongoose guide, "Middleware": `pre('save')` runs before the document is sent.
//! Input: the steps of a hook. Output: the inserts. Must not know: rules.

use super::link::{Op, Project, Step};
use crate::value::{C, Entry, FnRef, Key, Node, V};

impl Project {
    /// The inserts of what a hook computes from what it reads.
    pub(super) fn saved_by_hook(&mut self, func: FnRef, steps: &[Step]) -> Vec<Step> {
        let Some(model) = self.models.saved_model(func) else { return Vec::new() };
        let create = self.arena.sym("create");
        let callee = self.arena.member(model, create);
        let mut saved = Vec::new();
        for step in steps.iter().filter(|step| step.calls == 0) {
            let Op::Assign { object, key: Some(key), value } = step.op else { continue };
            let is_own = matches!(self.arena.node(object), Node::This(_));
            // What is read may be a part of it, or decide which of several values it is.
            let chosen = self.arena.alternatives(value).into_iter().map(|(cond, _)| cond);
            let deciding: Vec<V> = chosen.flat_map(|cond| self.arena.atoms(cond)).map(|atom| atom.value).collect();
            if !is_own || self.reads_in(deciding.into_iter().chain([value])).is_empty() {
                continue;
            }
            let entry = Entry { key: Key::Name(key), value, cond: C::TRUE };
            let document = self.arena.intern(Node::Object(vec![entry]));
            let op = Op::Call { callee, recv: Some(model), name: Some(create), args: vec![document] };
            saved.push(Step { op, dropped: true, decides: false, ..step.clone() });
        }
        saved
    }

    /// Whether a step is the insert of what a hook sets.
    pub(super) fn is_of_hook(&self, step: &Step, steps: &[Step]) -> bool {
        self.models.saved_model(step.owner).is_some()
            && steps.iter().any(|other| other.site == step.site && matches!(other.op, Op::Assign { .. }))
    }
}
