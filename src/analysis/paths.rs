//! The write paths of a run, from what each function's view says of them.
//!
//! Input: drafts of all functions, and the findings. Output: one row for each place and array. Must not know: formats.

use super::places::place;
use crate::config::Config;
use crate::diagnostic::{Caller, Finding, WritePath};
use crate::project::Project;
use crate::rules::kinds::is_array;
use crate::rules::write_paths::PathDraft;
use crate::source::{Place, Sources};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// The rows so far, each with the calls between its view and the write.
type Rows = BTreeMap<(Place, String, String), (u32, WritePath)>;

/// One row for each place and array: the view with the fewest calls, with the kinds that any caller passes.
pub fn rows(sources: &Sources, project: &Project, drafts: Vec<PathDraft>, findings: &[Finding]) -> Vec<WritePath> {
    let mut by_place: FxHashMap<Place, Vec<&Finding>> = FxHashMap::default();
    for finding in findings {
        by_place.entry(finding.place).or_default().push(finding);
    }
    let sure: FxHashSet<(Option<String>, String)> = drafts
        .iter()
        .filter(|draft| draft.is_sure)
        .map(|draft| (draft.collection.clone(), draft.array.clone()))
        .collect();
    let mut rows = Rows::new();
    for draft in drafts {
        let Some((_, own)) = place(sources, project, draft.site) else { continue };
        let call = place(sources, project, draft.call).map(|(_, place)| place);
        let at_call = call.filter(|call| *call != own).and_then(|call| by_place.get(&call));
        let here = by_place.get(&own).into_iter().chain(at_call).flatten().copied();
        let mut fired: Vec<&Finding> = here.filter(|finding| is_about(finding, &draft.array)).collect();
        fired.sort_by_key(|finding| finding.rule);
        fired.dedup_by_key(|finding| finding.rule);
        let is_known = draft.is_sure
            || sure.contains(&(draft.collection.clone(), draft.array.clone()))
            || fired.iter().any(|finding| finding.rule == "array-overwrite");
        if is_known {
            let rules: Vec<&str> = fired.iter().map(|finding| finding.rule).collect();
            add(&mut rows, draft.calls, row(sources, project, draft, own, &rules));
        }
    }
    rows.into_values().map(|(_, row)| row).collect()
}

/// Whether a finding is about an array, about something inside it, or about the whole write.
fn is_about(finding: &Finding, array: &str) -> bool {
    let inside = |field: &str| field.strip_prefix(array).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    finding.array.as_deref().is_none_or(inside)
}

fn row(sources: &Sources, project: &Project, draft: PathDraft, at: Place, fired: &[&str]) -> WritePath {
    let callers = draft.callers.iter().filter_map(|(func, site)| {
        let function = project.told_name(*func).to_owned();
        let entry = project.entry(*func).map(|entry| entry.kind.name());
        place(sources, project, *site).map(|(_, place)| Caller { function, place, entry })
    });
    WritePath {
        place: at,
        function: project.function(draft.owner).map_or("<module>", |f| f.name.as_str()).to_owned(),
        callers: callers.collect(),
        collection: draft.collection,
        array: draft.array,
        tracked: draft.tracked,
        operator: draft.operator,
        kinds: draft.kinds,
        guard: draft.guard,
        key: draft.key,
        verdict: if fired.is_empty() { draft.verdict.to_owned() } else { fired.join(", ") },
        result_read: draft.result_read,
        lock: draft.lock,
    }
}

fn add(rows: &mut Rows, calls: u32, row: WritePath) {
    let key = (row.place, row.array.clone(), row.operator.clone());
    match rows.get_mut(&key) {
        Some((fewest, known)) => {
            let lock = row.lock.clone().or(known.lock.clone());
            let tracked = row.tracked || known.tracked;
            let more: Vec<String> = row.kinds.iter().filter(|kind| !known.kinds.contains(kind)).cloned().collect();
            if calls < *fewest {
                let kinds = std::mem::take(&mut known.kinds);
                *known = WritePath { kinds, ..row };
                *fewest = calls;
            }
            known.kinds.extend(more);
            known.lock = lock;
            known.tracked = tracked;
        }
        None => {
            rows.insert(key, (calls, row));
        }
    }
}

/// The tracked arrays that nothing writes.
pub fn unwritten(paths: &[WritePath], config: &Config) -> Vec<usize> {
    let is_written = |at: &usize| {
        config
            .arrays
            .get(*at)
            .is_none_or(|array| paths.iter().any(|path| is_array(array, path.collection.as_deref(), &path.array)))
    };
    (0..config.arrays.len()).filter(|at| !is_written(at)).collect()
}
