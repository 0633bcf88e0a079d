//! The calls whose result decides something.
//!
//! Input: the linked project. Output: the calls from whose results a condition of some effect or exception is made.
//! Must not know: what the calls do.

use crate::project::Project;
use crate::value::{Node, V, children};
use rustc_hash::FxHashSet;

/// File and 0-based byte offsets of calls.
pub type DecisiveCalls = FxHashSet<(u32, u32, u32)>;

/// The calls in the conditions of all effects and exceptions.
pub fn decisive_calls(project: &Project) -> DecisiveCalls {
    let arena = &project.arena;
    let steps = project.summaries.iter().flat_map(|steps| steps.iter()).map(|step| step.cond);
    let throws = project.functions.iter().flat_map(|function| function.throws.iter().copied());
    let mut open: Vec<V> = steps.chain(throws).flat_map(|cond| arena.atoms_of(cond)).map(|atom| atom.value).collect();
    let mut seen = FxHashSet::default();
    let mut calls = FxHashSet::default();
    while let Some(value) = open.pop() {
        if !seen.insert(value) {
            continue;
        }
        let node = arena.peek(value);
        if let Node::Call { site, .. } = node {
            let info = arena.site_info(*site);
            calls.insert((info.file, info.start, info.end));
        }
        if let Node::OneOf(alternatives) = node {
            open.extend(alternatives.iter().flat_map(|(cond, _)| arena.atoms_of(*cond)).map(|atom| atom.value));
        }
        open.extend(children(node));
    }
    calls
}
