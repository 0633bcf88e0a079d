//! The course of a function: what it writes once it has begun.
//!
//! `if (job.state !== 'queued') return; state = 'running'; …work…; state = 'done'` decides once, before its first write of the
//! state. What it writes there later follows from its own write, which is where two requests have to be kept apart.
//!
//! Input: the writes of a function and an act. Output: whether the act goes on with what an earlier write began. Must not know: rules.

use super::decision::Loaded;
use super::fence::{Fence, fence};
use crate::limits;
use crate::project::writes::{Write, WriteKind};
use crate::project::{Project, Step};
use crate::value::{C, V, children};
use rustc_hash::FxHashSet;

/// Whether an earlier write of the function has already put there what the loaded value at a path decided.
pub fn is_continued(
    project: &mut Project,
    (steps, writes): (&[Step], &[Write]),
    loaded: &Loaded<'_>,
    act: &Write,
    cond: C,
    path: &str,
) -> bool {
    let read = loaded.read.map_or(0, |read| steps.iter().position(|step| step.site == read.site).unwrap_or(0));
    let mut began: Vec<C> = Vec::new();
    for earlier in writes.iter().filter(|earlier| (read..act.step).contains(&earlier.step)) {
        let is_update = matches!(earlier.kind, WriteKind::Update | WriteKind::Save);
        let sets = earlier.fields.iter().any(|field| field.operator == "$set" && field.path == path);
        let is_own = is_update
            && sets
            && earlier.handle.same(&act.handle)
            && !project.arena.conflict(earlier.cond, cond)
            && fence(project, earlier) == Fence::None
            && is_decided(project, loaded, earlier.cond, path)
            && project.same_document(loaded.root, loaded.read, &earlier.handle, earlier.filter, earlier.document);
        if is_own {
            began.push(earlier.cond);
        }
    }
    // One on each way, or one that every way has come by.
    began.iter().any(|earlier| project.arena.holds_under(*earlier, cond))
        || began
            .iter()
            .enumerate()
            .any(|(at, one)| began.iter().skip(at + 1).any(|other| project.arena.conflict(*one, *other)))
}

/// Whether the value at a path of the loaded document decides something.
fn is_decided(project: &mut Project, loaded: &Loaded<'_>, cond: C, path: &str) -> bool {
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    let leaves = project.leaves(cond);
    leaves.into_iter().any(|leaf| asks(project, loaded, leaf.value, &path))
}

fn asks(project: &mut Project, loaded: &Loaded<'_>, value: V, path: &[String]) -> bool {
    let (mut open, mut seen) = (vec![value], FxHashSet::default());
    while let Some(value) = open.pop() {
        if !seen.insert(value) || seen.len() > limits::SEARCHED {
            continue;
        }
        if let Some((root, own, _)) = project.loaded(value, loaded.documents)
            && root == loaded.root
            && own == path
        {
            return true;
        }
        open.extend(children(project.arena.node(value)));
    }
    false
}
