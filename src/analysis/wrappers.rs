//! Calls that take an update of MongoDB and that nothing follows: wrappers of the driver, for `pushguard init`.
//!
//! Source: MongoDB manual, "Update Operators". Input: a linked project. Output: one entry for each name. Must not know: configurations.

use super::places::place;
use crate::config::draft::Wrapper;
use crate::facts::EffectKind;
use crate::project::Project;
use crate::source::Sources;
use crate::value::{FnRef, Key, Node, V};
use std::collections::BTreeMap;

/// Operators that stand at the top of an update only.
const OPERATORS: [&str; 9] =
    ["$set", "$push", "$addToSet", "$inc", "$pull", "$pullAll", "$unset", "$setOnInsert", "$pop"];

/// The wrappers, those that are called most first.
pub(super) fn wrappers(sources: &Sources, project: &mut Project) -> Vec<Wrapper> {
    let mut found: BTreeMap<String, Wrapper> = BTreeMap::new();
    for at in 0..project.functions.len() {
        let func = FnRef(at as u32);
        let effects = project.function(func).map(|function| function.effects.clone()).unwrap_or_default();
        for effect in effects {
            let EffectKind::Call { callee, recv, name, args } = effect.kind else { continue };
            let Some(update) = args.iter().position(|arg| is_update(project, *arg)).filter(|at| *at > 0) else {
                continue;
            };
            if project.is_followed(func, effect.site, callee, recv.zip(name), &args) {
                continue;
            }
            let Some((_, place)) = place(sources, project, effect.site) else { continue };
            let file = sources.get(place.file).filter(|file| file.reported);
            let (Some(file), Some(name)) = (file, called(project, callee)) else { continue };
            let collection = args.first().filter(|_| update > 1).and_then(|first| project.arena.as_str(*first));
            let (collection, filter) = (collection.map(|_| 0), update - 1);
            let own = found.entry(name.clone()).or_insert_with(|| Wrapper {
                name,
                collection,
                filter,
                update,
                calls: 0,
                first: (file.path.clone(), file.position(place.start).line),
            });
            own.calls += 1;
        }
    }
    let mut found: Vec<Wrapper> = found.into_values().collect();
    found.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.name.cmp(&b.name)));
    found
}

fn is_update(project: &Project, value: V) -> bool {
    let Node::Object(entries) = project.arena.peek(value) else { return false };
    entries.iter().any(|entry| match entry.key {
        Key::Name(name) => OPERATORS.contains(&project.arena.text(name)),
        _ => false,
    })
}

/// The name by which a configuration tells the callee.
fn called(project: &Project, callee: V) -> Option<String> {
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$'));
    let name = project.last_name(callee).filter(is_name)?;
    let Node::Member(object, _) = *project.arena.peek(callee) else { return Some(name.to_owned()) };
    let owner = match *project.arena.peek(object) {
        Node::Param(func, at) => {
            project.function(func).and_then(|function| function.param_names.get(at as usize)).map(|name| &**name)
        }
        _ => project.last_name(object),
    };
    Some(format!("{}.{name}", owner.filter(is_name).unwrap_or("*")))
}
