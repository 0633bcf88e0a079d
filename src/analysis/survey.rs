//! What the files of a project append to arrays.
//!
//! Input: sources. Output: appends with their places. Must not know: findings, configurations to be.

use super::places::place;
use super::{Cancel, Memory, link, on_own_threads};
use crate::config::Config;
use crate::rules::appends::{self, AppendDraft};
use crate::rules::context::Context;
use crate::source::Sources;
use crate::survey::Append;
use crate::value::FnRef;

/// Parses and links all files and collects what they append to arrays, sorted by place.
pub fn survey(sources: &Sources, config: &Config, progress: &(dyn Fn() + Sync)) -> Vec<Append> {
    on_own_threads(|| survey_here(sources, config, progress))
}

fn survey_here(sources: &Sources, config: &Config, progress: &(dyn Fn() + Sync)) -> Vec<Append> {
    let mut memory = Memory::of_one_run();
    memory.refresh(sources, progress, &Cancel::default());
    let (mut project, _) = link(sources, config, &mut memory);
    let schemas = project.schemas();
    let count = project.functions.len();
    let mut ctx = Context::new(&mut project, &schemas, config);
    let mut drafts = Vec::new();
    for func in 0..count {
        if let Some(trace) = ctx.trace(FnRef(func as u32)) {
            drafts.extend(appends::collect(&mut ctx, &trace));
        }
    }
    let mut found: Vec<Append> = Vec::new();
    for draft in drafts {
        let Some((_, place)) = place(sources, &project, draft.site) else { continue };
        let function = project.function(draft.owner).map_or("<module>", |f| f.name.as_str()).to_owned();
        let AppendDraft { collection, array, evidence, .. } = draft;
        let append = Append { place, function, collection, array, evidence };
        if !found.contains(&append) {
            found.push(append);
        }
    }
    found.sort_by_key(|append| append.place);
    found
}
