//! How the act of a finding is reached: from a route, a timer or an event through the calls to the function of the act.
//!
//! Input: a draft and the linked project. Output: a [`Way`]. Must not know: rules, formats.

use crate::diagnostic::{Caller, Way};
use crate::limits;
use crate::project::Project;
use crate::rules::context::Draft;
use crate::source::Sources;
use crate::value::{FnRef, Site};

/// A function, where it calls the next one, and the index of that one.
struct Step {
    func: FnRef,
    site: Site,
    next: Option<usize>,
}

/// The way that the finding was seen on, then the nearest one to something that starts it.
pub fn way(sources: &Sources, project: &Project, draft: &Draft) -> Way {
    let mut steps = seen_calls(project, draft);
    let mut at = steps.len() - 1;
    let (mut entry, mut root, mut entries) = (None, None, 0_usize);
    while let Some(step) = steps.get(at) {
        let func = step.func;
        let callers: Vec<_> = project.callers_of(func).iter().filter(|(by, _)| !project.is_of_test(*by)).collect();
        if project.entry(func).is_some() {
            entries += 1;
            entry = entry.or(Some(at));
        } else if callers.is_empty() {
            root = root.or(Some(at));
        } else {
            for (caller, site) in callers {
                if steps.len() < limits::VISITED && !steps.iter().any(|step| step.func == *caller) {
                    steps.push(Step { func: *caller, site: *site, next: Some(at) });
                }
            }
        }
        at += 1;
    }
    let mut chain = Vec::new();
    let mut next = entry.or(root);
    while let Some(step) = next.and_then(|at| steps.get(at)) {
        // Without a name and without an entry, the first says nothing.
        let says_nothing =
            chain.is_empty() && step.next.is_some() && entry.is_none() && is_nameless(project, step.func);
        if !says_nothing {
            chain.extend(caller(sources, project, step));
        }
        next = step.next;
    }
    Way { chain, others: entries.saturating_sub(1) }
}

/// The function of the act, and those through whose calls a rule saw it.
fn seen_calls(project: &Project, draft: &Draft) -> Vec<Step> {
    let mut steps = vec![Step { func: draft.owner, site: draft.site, next: None }];
    let (mut at, mut func) = (draft.site, draft.owner);
    while let Some(call) = project.arena.site_info(at).via {
        let place = project.base_site(call);
        let mut callers = project.callers_of(func).iter();
        let Some((caller, site)) = callers.find(|(_, site)| project.base_site(*site) == place) else { break };
        if project.is_of_test(*caller) || steps.iter().any(|step| step.func == *caller) {
            break;
        }
        steps.push(Step { func: *caller, site: *site, next: Some(steps.len() - 1) });
        (at, func) = (call, *caller);
    }
    steps
}

fn is_nameless(project: &Project, func: FnRef) -> bool {
    project.function(func).is_none_or(|function| function.name.starts_with('<'))
}

fn caller(sources: &Sources, project: &Project, step: &Step) -> Option<Caller> {
    let (_, place) = super::places::place(sources, project, step.site)?;
    let function = project.told_name(step.func).to_owned();
    Some(Caller { function, place, entry: project.entry(step.func).map(|entry| entry.kind.name()) })
}
