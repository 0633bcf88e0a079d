//! The guarded appends of a function: what the filter of an append says about the array it appends to.
//!
//! Input: the writes of a trace. Output: one entry for each append and alternative of its filter that guards.
//! Must not know: rules, formats.

use super::appended::appends;
use crate::project::Project;
use crate::project::guards::Guard;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::fence::{Fence, fence};
use crate::value::{C, V};

/// A value that the filter says no element has.
#[derive(Clone, Debug)]
pub struct GuardKey {
    /// Path inside the element; empty for the element itself.
    pub field: String,
    pub value: V,
    /// The path condition under which the guard is in the filter.
    pub cond: C,
}

/// An append whose filter guards the array, on one of the paths to it.
#[derive(Clone, Debug)]
pub struct GuardedAppend {
    /// Index into the trace's writes.
    pub write: usize,
    pub field: FieldWrite,
    pub cond: C,
    /// Never empty.
    pub keys: Vec<GuardKey>,
}

/// The guarded appends of writes, in order.
pub fn collect(project: &mut Project, writes: &[Write]) -> Vec<GuardedAppend> {
    let mut found = Vec::new();
    for (at, write) in writes.iter().enumerate() {
        let Some(filter) = write.filter.filter(|_| write.kind == WriteKind::Update) else { continue };
        for field in appends(write) {
            let cond = project.arena.and(write.cond, field.cond);
            if cond == C::FALSE {
                continue;
            }
            for (cond, parsed) in project.filters(filter, &field.path, cond) {
                let mut keys = Vec::new();
                for (guard, cond) in &parsed.guards {
                    let Guard::Key(parts) = guard else { continue };
                    keys.extend(parts.iter().map(|(name, value)| GuardKey {
                        field: name.clone(),
                        value: *value,
                        cond: *cond,
                    }));
                }
                if !keys.is_empty() {
                    found.push(GuardedAppend { write: at, field: field.clone(), cond, keys });
                }
            }
        }
    }
    found
}

/// Whether every filter that the path allows carries a guard on the array, or is not known, or fails once the write is done.
pub fn is_guarded(project: &mut Project, write: &Write, field: &FieldWrite, cond: C) -> bool {
    let Some(filter) = write.filter else { return false };
    let parsed = project.filters(filter, &field.path, cond);
    !parsed.is_empty()
        && parsed.iter().all(|(_, filter)| filter.open || !filter.keys().is_empty() || filter.is_optimistic())
        || fence(project, write) == Fence::Always
}
