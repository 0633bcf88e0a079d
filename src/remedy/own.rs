//! An act that stands in a helper, in the terms of the helper: whoever calls it has that text, so what is said of an operator has to be
//! right for all of them.
//!
//! Input: an act that a caller reaches. Output: the helper's own view of it; none where the function that is judged has its text. Must not
//! know: how a remedy is found.

use super::case::Case;
use crate::project::writes::Write;
use crate::project::{Project, Steps};
use crate::value::{Node, V};

pub struct Own {
    pub steps: Steps,
    pub writes: Vec<Write>,
    /// The documents that the helper is given.
    pub documents: Vec<V>,
    /// The act among the writes.
    at: usize,
}

impl Own {
    pub fn act(&self) -> Option<&Write> {
        self.writes.get(self.at)
    }
}

pub fn view(project: &mut Project, case: &Case<'_>, act: &Write) -> Option<Own> {
    let step = case.function.steps.get(act.step).filter(|step| step.calls > 0)?;
    let (place, steps) = (project.base_site(act.site), project.shared_steps_of(step.owner));
    let writes = project.writes(&steps);
    let is_own = |write: &Write| {
        project.base_site(write.site) == place && steps.get(write.step).is_some_and(|step| step.calls == 0)
    };
    let at = writes.iter().position(is_own)?;
    let documents = project.outside_document(writes.get(at)?).into_iter().collect();
    Some(Own { steps, writes, documents, at })
}

/// Whether no other function has the helper do this.
pub fn has_one_caller(project: &mut Project, case: &Case<'_>, act: &Write) -> bool {
    let calls = case.function.steps.get(act.step).map_or(0, |step| step.calls);
    project.has_one_caller(act.site, &act.handle, calls)
}

/// Whether an act stands in a helper that others have write to the same collection too, and what decides it is loaded above that.
pub fn is_shared(project: &mut Project, case: &Case<'_>, act: &Write) -> bool {
    let Some((calls, owner)) = case.function.steps.get(act.step).map(|step| (step.calls, step.owner)) else {
        return false;
    };
    if calls == 0 || project.has_one_caller(act.site, &act.handle, calls) {
        return false;
    }
    let cond = case.cond(project, act);
    let decided = project.arena.atoms(cond).into_iter().map(|atom| atom.value);
    let values: Vec<V> = decided.chain(act.payload).chain(act.document).collect();
    !values.into_iter().any(|value| {
        project.contains(value, &mut |project, part| match project.arena.node(part) {
            Node::Call { site, .. } => project.is_in_text(owner, project.base_site(*site)),
            _ => false,
        })
    })
}
