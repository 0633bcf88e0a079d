//! The database calls of the reported files, for `pushguard why`.
//!
//! Input: the census of the linked project. Output: one entry for each call, by place. Must not know: formats.

use super::places::place;
use crate::diagnostic::{DatabaseCall, Silenced};
use crate::project::Project;
use crate::project::census::Census;
use crate::rules::silence::Silent;
use crate::source::{FileId, Place, Sources};
use crate::value::{FnRef, SiteInfo};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn calls(sources: &Sources, project: &Project, census: &Census, silences: &[Silent]) -> Vec<DatabaseCall> {
    let mut silenced: BTreeMap<Place, BTreeSet<Silenced>> = BTreeMap::new();
    for silent in silences {
        let SiteInfo { file, start, end, .. } = project.base_site(silent.act);
        let checks = silent.checks.iter().filter_map(|site| Some(place(sources, project, *site)?.1)).collect();
        let words = Silenced { rule: silent.rule, checks, why: silent.why.words() };
        silenced.entry(Place { file: FileId(file), start, end }).or_default().insert(words);
    }
    let calls = census.calls().map(|((file, start, end), called)| DatabaseCall {
        place: Place { file: FileId(file), start, end },
        function: project.function(called.owner).map_or("<module>", |f| f.name.as_str()).to_owned(),
        collections: called.collections.iter().cloned().collect(),
        is_write: called.is_write,
        silences: silenced.remove(&Place { file: FileId(file), start, end }).into_iter().flatten().collect(),
        lock: lock(project, SiteInfo { file, start, end, via: None, again: false }, called.owner),
    });
    calls.filter(|call| sources.is_reported(call.place.file)).collect()
}

fn lock(project: &Project, place: SiteInfo, owner: FnRef) -> Option<String> {
    let held = project.section_at(place).and_then(|held| project.lock_taken_by(held));
    held.or_else(|| project.lock_of_callers(owner)).map(str::to_owned)
}
