//! What the files of a project append to arrays.
//!
//! Input: sources. Output: appends with their places. Must not know: findings, configurations to be.

use super::declared::schemas;
use super::places::place;
use super::wrappers::wrappers;
use super::{Cancel, Memory, link, on_own_threads};
use crate::config::Config;
use crate::config::draft::Seen;
use crate::project::census::Census;
use crate::project::schema::Schemas;
use crate::rules::appends::{self, AppendDraft};
use crate::rules::context::Context;
use crate::rules::kinds::is_same_collection;
use crate::source::{FileId, Sources};
use crate::survey::Append;
use crate::value::FnRef;

/// Parses and links all files and collects what they append to arrays, sorted by place.
pub fn survey(sources: &Sources, config: &Config, progress: &(dyn Fn() + Sync)) -> (Vec<Append>, Seen) {
    on_own_threads(|| survey_here(sources, config, progress))
}

fn survey_here(sources: &Sources, config: &Config, progress: &(dyn Fn() + Sync)) -> (Vec<Append>, Seen) {
    let mut memory = Memory::of_one_run();
    memory.refresh(sources, progress, &Cancel::default());
    let (mut project, _) = link(sources, config, &mut memory);
    let schemas = schemas(&mut project, sources, config);
    let wrappers = wrappers(sources, &mut project);
    let count = project.functions.len();
    let mut ctx = Context::new(&mut project, &schemas, config);
    let mut drafts = Vec::new();
    let mut census = Census::default();
    for func in 0..count {
        census.add_own(ctx.project, FnRef(func as u32));
        if let Some(trace) = ctx.trace(FnRef(func as u32)) {
            census.add_writes(ctx.project, &trace.steps, &trace.writes);
            drafts.extend(appends::collect(&mut ctx, &trace));
        }
    }
    for func in 0..count {
        census.name_from(ctx.project, FnRef(func as u32));
    }
    let named = |name: &str| in_database(&schemas, name);
    let indexes = schemas.unique.named().into_iter().flat_map(|(name, all)| {
        all.iter().filter(|index| index.partial.is_none()).map(move |index| (named(name), index.keys.clone()))
    });
    let unnamed =
        census.calls().filter(|(_, called)| called.collections.is_empty()).filter_map(|((file, start, _), called)| {
            let file = sources.get(FileId(file))?;
            let function = project.function(called.owner).map_or("<module>", |f| f.name.as_str());
            Some((file.path.clone(), file.position(start).line, function.to_owned()))
        });
    let unread = schemas.unread.and_then(|site| place(sources, &project, site)).and_then(|(_, place)| {
        let file = sources.get(place.file)?;
        Some((file.path.clone(), file.position(place.start).line))
    });
    let mut seen = Seen { indexes: indexes.collect(), unnamed: unnamed.collect(), unread, wrappers };
    seen.indexes.sort();
    seen.indexes.dedup();
    let mut found: Vec<Append> = Vec::new();
    for draft in drafts {
        let Some((_, place)) = place(sources, &project, draft.site) else { continue };
        let function = project.function(draft.owner).map_or("<module>", |f| f.name.as_str()).to_owned();
        let AppendDraft { collection, array, evidence, .. } = draft;
        let collection = collection.map(|name| named(&name));
        let append = Append { place, function, collection, array, evidence };
        if !found.contains(&append) {
            found.push(append);
        }
    }
    found.sort_by_key(|append| append.place);
    (found, seen)
}

/// How a collection is called in a configuration: by its model, which tells it in the code and in the database; by the name in the
/// database, where that is another one.
fn in_database(schemas: &Schemas, name: &str) -> String {
    let stored = schemas.stored.of(name);
    let is_other = stored.is_model && stored.is_sure && !is_same_collection(&stored.name, name);
    if is_other { stored.name } else { name.to_owned() }
}
