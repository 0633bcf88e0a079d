//! Bounds that a read asked for beside what is decided, so that what it found is still meant when the act is done.
//!
//! Input: the condition of an act, the bounds of its read. Output: both. Must not know: where they come from, how an act is judged.

use super::code::Scope;
use crate::project::Project;
use crate::project::writes::Write;
use crate::value::Entry;

/// A condition with the bounds of the read, as far as they have names at the act; nothing where there are none.
pub fn with_bounds(project: &mut Project, act: &Write, condition: &[Entry], bounds: &[Entry]) -> Vec<Entry> {
    let Some(scope) = Scope::at(project, act).filter(|_| !condition.is_empty()) else { return Vec::new() };
    let is_new = |bound: &Entry| condition.iter().all(|known| known.key != bound.key);
    let named: Vec<Entry> = bounds
        .iter()
        .filter(|bound| is_new(bound) && scope.entries(project, std::slice::from_ref(*bound)).is_some())
        .copied()
        .collect();
    if named.is_empty() { Vec::new() } else { condition.iter().chain(&named).copied().collect() }
}
