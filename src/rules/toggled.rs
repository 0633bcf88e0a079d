//! A field is set to one of several constants, chosen by what was loaded of it: `state: lamp.state === 'on' ? 'off' : 'on'`.
//!
//! Part of `lost-update`. Input: a changed field. Output: the loaded document. Must not know: formats.

use super::context::{Context, Trace};
use crate::limits;
use crate::project::writes::{FieldWrite, Write};
use crate::value::{Node, V, children};

/// The loaded document by whose own field the constant is chosen.
pub(super) fn chosen_by_itself(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite) -> Option<V> {
    let alternatives = ctx.project.arena.alternatives(field.value);
    let first = alternatives.first()?.1;
    let is_constant = alternatives.iter().all(|(_, value)| ctx.project.arena.is_literal(*value));
    if !is_constant || alternatives.iter().all(|(_, value)| *value == first) {
        return None;
    }
    let atoms = alternatives.iter().flat_map(|(cond, _)| ctx.project.arena.atoms_of(*cond));
    let mut open: Vec<V> = atoms.map(|atom| atom.value).collect();
    let mut seen = 0;
    while let Some(value) = open.pop().filter(|_| seen < limits::SEARCHED) {
        seen += 1;
        if let Some((root, path, read)) = ctx.project.loaded(value, &trace.documents) {
            let is_own = path.join(".") == field.path
                && ctx.project.same_document(root, read.as_ref(), &write.handle, write.filter, write.document);
            if is_own {
                return Some(root);
            }
            continue;
        }
        let node = ctx.project.arena.node(value).clone();
        if matches!(node, Node::Compare(..) | Node::Not(_) | Node::Coerce(..) | Node::Nullish(_) | Node::Query { .. }) {
            open.extend(children(&node));
        }
    }
    None
}
