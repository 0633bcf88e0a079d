//! What a process does once, as it starts: the body of a module, a hook of a framework, a step of an upgrade.
//!
//! Sources: Meteor API, `Meteor.startup`; NestJS, lifecycle events; PM2, `NODE_APP_INSTANCE`; Node.js, `cluster.isPrimary`.
//! Input: the linked project. Output: whether a function runs at the start alone. Must not know: rules, formats.

use crate::limits;
use crate::project::Project;
use crate::rules::context::Draft;
use crate::source::{FileId, Sources};
use crate::value::{FnRef, Node, V};
use rustc_hash::FxHashSet;

/// Methods that a framework calls once, when the application starts.
const HOOKS: [&str; 3] = ["onModuleInit", "onApplicationBootstrap", "beforeApplicationStart"];

/// Whether what a draft tells is done once, at the start of a process. Two processes that start together write the same, unless
/// each makes a value of its own.
pub(super) fn is_start_up(sources: &Sources, project: &Project, draft: &Draft) -> bool {
    let is_one = is_of_one_instance(project, draft);
    (is_one || !draft.brings_new) && leads_from_start(sources, project, draft.seen_in, is_one)
}

/// Whether one process of several does it: `if (process.env.NODE_APP_INSTANCE !== '0') return`.
fn is_of_one_instance(project: &Project, draft: &Draft) -> bool {
    let steps = project.summaries.get(draft.seen_in.0 as usize).map(|steps| &steps[..]).unwrap_or_default();
    let cond = steps.iter().find(|step| step.site == draft.site).map(|step| step.cond);
    let tells = |project: &Project, value: V| match project.arena.node(value) {
        Node::Member(_, name) => matches!(project.arena.text(*name), "NODE_APP_INSTANCE" | "isPrimary" | "isMaster"),
        _ => false,
    };
    let atoms = cond.map(|cond| project.arena.atoms(cond)).unwrap_or_default();
    atoms.iter().any(|atom| project.contains(atom.value, &mut |project, part| tells(project, part)))
}

/// Whether all that is known to lead to a function is done at the start. What nothing calls is, where one process alone does it.
fn leads_from_start(sources: &Sources, project: &Project, func: FnRef, is_one: bool) -> bool {
    let (mut open, mut seen) = (vec![func], FxHashSet::default());
    while let Some(func) = open.pop() {
        if seen.len() > limits::VISITED || project.entry(func).is_some_and(|entry| !entry.kind.is_start()) {
            return false;
        }
        if !seen.insert(func) {
            continue;
        }
        let callers = project.callers_of(func);
        if project.runs.loops(project.file_of(func)) && !is_step(sources, project, func) {
            return false;
        }
        if callers.is_empty() && !is_one && !starts(sources, project, func) {
            return false;
        }
        open.extend(callers.iter().map(|(caller, _)| *caller));
    }
    true
}

/// Whether a function that nothing calls runs at the start.
fn starts(sources: &Sources, project: &Project, func: FnRef) -> bool {
    let Some(function) = project.function(func) else { return false };
    let name = function.name.rsplit('.').next().unwrap_or_default();
    function.parent.is_none() && function.class.is_none() && function.name == "<module>"
        || function.class.is_some() && HOOKS.contains(&name)
        || project.entry(func).is_some_and(|entry| entry.kind.is_start())
        || is_step(sources, project, func)
}

/// Whether a function is a step of an upgrade.
fn is_step(sources: &Sources, project: &Project, func: FnRef) -> bool {
    project.function(func).is_some_and(|function| function.is_listed) && is_upgrade(sources, project, func)
}

/// Whether a table of functions is one of upgrade steps, by the name of its file.
fn is_upgrade(sources: &Sources, project: &Project, func: FnRef) -> bool {
    let path = sources.get(FileId(project.file_of(func))).map(|file| file.path.to_lowercase()).unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    ["upgrade", "migrat"].iter().any(|word| name.contains(word))
}
