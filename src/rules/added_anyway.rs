//! An append to one end of a list, or to a place in it: the check decides where an element is put, not whether.
//!
//! Source: ECMA-262, `Array.prototype.splice`, `unshift`. Input: an append of a save. Output: whether another adds where it does not. Must
//! not know: formats.

use super::context::{Context, Trace};
use crate::project::Op;
use crate::project::writes::{FieldWrite, Write};
use crate::value::{Atom, C};

/// Whether the same list is added to where a condition does not let the append through: `if (at <= list.length) list.splice(at, 0, x);
/// else list.push(x)`.
pub(super) fn is_added_anyway(ctx: &mut Context<'_>, trace: &Trace, write: &Write, field: &FieldWrite) -> bool {
    let own = atoms(ctx, write, field.cond);
    let others: Vec<FieldWrite> =
        write.fields.iter().filter(|other| other.path == field.path && other.site != field.site).cloned().collect();
    others.into_iter().any(|other| {
        if !adds(ctx, trace, &other) {
            return false;
        }
        let other = atoms(ctx, write, other.cond);
        let without = |all: &[Atom], shared: &[Atom]| -> Vec<Atom> {
            all.iter().filter(|atom| !shared.contains(atom)).copied().collect()
        };
        // Wherever the one condition that is asked more does not hold, all that the other branch asks holds.
        let [only] = without(&own, &other)[..] else { return false };
        let arena = &mut ctx.project.arena;
        let refuted = arena.assume(C::TRUE, only.value, !only.holds);
        let known = arena.atoms(refuted);
        let mut rest = without(&other, &own).into_iter();
        rest.all(|atom| known.contains(&atom) || arena.truth(refuted, atom.value) == Some(atom.holds))
    })
}

fn atoms(ctx: &mut Context<'_>, write: &Write, cond: C) -> Vec<Atom> {
    let both = ctx.project.arena.and(write.cond, cond);
    ctx.project.arena.atoms(both)
}

/// Whether a change adds an element and takes none out: `list.push(x)`, `list.unshift(x)`, `list.splice(at, 0, x)`.
fn adds(ctx: &Context<'_>, trace: &Trace, field: &FieldWrite) -> bool {
    if field.is_append() {
        return true;
    }
    trace.steps.iter().filter(|step| field.operator == "splice" && step.site == field.site).any(|step| match &step.op {
        Op::Call { name: Some(name), args, .. } => match (ctx.project.arena.text(*name), args.as_slice()) {
            ("unshift", [_, ..]) => true,
            ("splice", [_, removed, _, ..]) => ctx.project.number(*removed) == Some(0.0),
            _ => false,
        },
        _ => false,
    })
}
