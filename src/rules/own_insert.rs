//! A search for what the request has inserted itself, by its `_id`: no two requests search for the same.
//!
//! Part of `check-then-insert`. Input: a search before an insert. Output: whether it is one. Must not know: how an act is judged, formats.

use super::context::{Context, Trace};
use super::searches::is_new_key;
use crate::limits;
use crate::project::Op;
use crate::project::checks::{Check, CheckKind};
use crate::project::mongo::Action;
use crate::project::writes::{Write, WriteKind};
use crate::value::{Key, Node, V};

/// `const user = await User.create(data); if (!(await Wallet.findOne({ user: user._id }))) await Wallet.create({ user: user._id })`
pub(super) fn is_searched(ctx: &mut Context<'_>, trace: &Trace, check: &Check, write: &Write) -> bool {
    if !matches!(check.kind, CheckKind::Document) || check.holds {
        return false;
    }
    let Some(read) = check.read.as_ref().filter(|read| read.handle.same(&write.handle)) else { return false };
    let Some(filter) = read.filter else { return false };
    if is_new_key(ctx, filter) {
        return true;
    }
    let Node::Object(entries) = ctx.project.arena.node(filter).clone() else { return false };
    entries.into_iter().any(|entry| matches!(entry.key, Key::Name(_)) && is_id(ctx, trace, write, entry.value, 0))
}

/// Whether a value is the `_id` of a document that an insert before has made, be it loaded again since.
fn is_id(ctx: &mut Context<'_>, trace: &Trace, write: &Write, value: V, depth: u32) -> bool {
    let Node::Member(document, name) = *ctx.project.arena.node(ctx.project.bare(value)) else { return false };
    if !matches!(ctx.project.arena.text(name), "_id" | "id") {
        return false;
    }
    let is_made = |other: &Write| {
        other.kind == WriteKind::Insert && other.step < write.step && gives(ctx, trace, other, document)
    };
    if trace.writes.iter().any(is_made) {
        return true;
    }
    let read = ctx.project.read_of(document).filter(|read| read.action == Action::FindOne && depth < limits::CHAINED);
    let Some(filter) = read.and_then(|read| read.filter) else { return false };
    let asked = ctx.project.equalities(filter).into_iter().find(|(name, _)| name == "_id");
    asked.is_some_and(|(_, value)| is_id(ctx, trace, write, value, depth + 1))
}

/// Whether a document is what an insert gives, or what it was called on: `await user.save()`.
fn gives(ctx: &Context<'_>, trace: &Trace, insert: &Write, document: V) -> bool {
    let node = ctx.project.arena.node(document);
    if matches!(node, Node::Call { site, .. } if *site == insert.site) {
        return true;
    }
    match trace.steps.get(insert.step).map(|step| &step.op) {
        Some(Op::Call { recv: Some(recv), .. }) => *recv == document && matches!(node, Node::New { .. }),
        _ => false,
    }
}

impl Context<'_> {
    /// Says nothing of an insert in a helper whose one caller has it search for what it has inserted itself.
    pub(super) fn veto_of_one_caller(&mut self, rule: &'static str, trace: &Trace, write: &Write) {
        let calls = trace.steps.get(write.step).map_or(0, |step| step.calls);
        if calls > 0 && self.project.has_one_caller(write.site, &write.handle, calls) {
            self.veto(rule, write.site);
        }
    }
}
