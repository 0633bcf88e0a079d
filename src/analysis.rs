//! The pipeline from source texts to findings.

mod belief;
mod browser;
mod by_hand;
mod calls;
mod cancel;
mod claims;
mod clients;
mod coverage;
mod declared;
mod judging;
mod linking;
mod memory;
mod paths;
mod places;
mod problems;
mod read;
mod reading;
mod ruling;
mod start_up;
mod stored_names;
mod survey;
mod uncalled;
mod views;
mod wanted;
mod ways;
mod wrappers;

#[cfg(test)]
mod failures;
#[cfg(test)]
mod made_fields;

pub use crate::project::resolve::further_settings;
pub use belief::beliefs;
use browser::Browser;
use by_hand::ByHand;
pub use cancel::Cancel;
use claims::Claimed;
use declared::{in_code, schemas, unknown, unknown_fields};
use linking::{Imports, link, on_own_threads};
pub use memory::Memory;
use places::place;
pub use read::file_facts;
use ruling::{Ruled, run_rules};
pub use survey::survey;
use uncalled::Uncalled;
use views::{DraftKey, View, Views};
use wanted::Wanted;

use crate::config::Config;
use crate::diagnostic::{Analysis, Finding, Fingerprints, Level, Proof, Related, Role, Way};
use crate::facts::FileFacts;
use crate::panics;
use crate::project::census::Census;
use crate::project::mongo::telling_names;
use crate::project::{Marks, Project};
use crate::rules::context::{Context, Draft};
use crate::rules::{default_level, level_of};
use crate::source::{FileId, Place, Sources};
use crate::suppress;
use crate::timings::{Laps, Timings, slowest};
use crate::value::{FnRef, Site, SiteInfo};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Parses and links all files and runs the rules. Never fails: what is wrong with a file is a finding.
/// `progress` is called once for each parsed file, from any thread.
pub fn analyze(sources: &Sources, config: &Config, progress: &(dyn Fn() + Sync)) -> Analysis {
    analyze_again(sources, config, &mut Memory::of_one_run(), progress, &Cancel::default()).unwrap_or_default()
}

/// As [`analyze`], with the database calls of the reported files, and what is believed of those around a 1-based line of the first.
pub fn analyze_about(sources: &Sources, config: &Config, line: u32, progress: &(dyn Fn() + Sync)) -> Analysis {
    let mut memory = Memory::of_one_run();
    let about = sources.iter().find(|(_, file)| file.reported).map(|(file, _)| (file, line));
    on_own_threads(|| analyze_here(sources, config, &mut memory, progress, &Cancel::default(), about))
        .unwrap_or_default()
}

/// As [`analyze`], without parsing again what `memory` knows from the run before. `None` when `cancel` was over before the
/// end; what was parsed until then is remembered.
pub fn analyze_again(
    sources: &Sources,
    config: &Config,
    memory: &mut Memory,
    progress: &(dyn Fn() + Sync),
    cancel: &Cancel,
) -> Option<Analysis> {
    on_own_threads(|| analyze_here(sources, config, memory, progress, cancel, None))
}

fn analyze_here(
    sources: &Sources,
    config: &Config,
    memory: &mut Memory,
    progress: &(dyn Fn() + Sync),
    cancel: &Cancel,
    about: Option<(FileId, u32)>,
) -> Option<Analysis> {
    let (mut failures, mut laps) = (Vec::new(), Laps::default());
    memory.refresh(sources, progress, cancel);
    if cancel.is_over() {
        return None;
    }
    laps.end("parse and evaluate");
    let unread = memory.unread();
    let linked = panics::attempt(|| link(sources, config, memory));
    let mut failed = None;
    let (mut project, imports) = linked.unwrap_or_else(|panic| {
        failed = Some(panic.0.clone());
        failures.push((None, panic));
        (Project::link(&[], std::iter::empty::<FileFacts>(), Marks::default(), &|_, _| None), Imports::default())
    });
    laps.take(std::mem::take(&mut project.laps).into_stages());
    let mut schemas = schemas(&mut project, sources, config);
    let hand = ByHand::new(sources, &project);
    project.run_by_hand(&mut schemas, hand.files());
    let told = in_code(config, &schemas);
    let config = &*told;
    laps.end("schemas");
    let Ruled { mut drafts, silences, paths: path_drafts, census, failures: more } =
        run_rules(&mut project, &schemas, config, (&hand, &Wanted::new(sources)), cancel, &mut laps)?;
    failures.extend(more);
    laps.end("rules of the project");
    let mut findings = problems::of_files(sources, memory, config);
    findings.extend(problems::of_rules(sources, &project, failures, config));
    let mut seen = Seen::default();
    let is_of_another = clients::is_of_another(sources);
    if !is_of_another {
        let claimed = Claimed::new(&project, &silences);
        drafts.retain(|draft| !claimed.by_all_callers(&project, draft));
        findings.extend(finish(sources, (&project, &census), config, &hand, drafts, &mut seen));
    }
    let paths = paths::rows(sources, &project, path_drafts, &findings);
    let unwritten = paths::unwritten(&paths, config);
    let (mut findings, mut accepted) = suppress::apply(sources, &memory.facts, config, findings);
    problems::withhold_fixes(sources, &mut findings);
    findings.sort_by(by_place);
    accepted.sort_by(|a, b| by_place(&a.finding, &b.finding));
    let (unknown_indexes, collections) = unknown(config, &schemas, &census);
    let unknown_fields = unknown_fields(config, &project);
    let stored_names = stored_names::of(&schemas, &findings, &accepted, &paths);
    let coverage = coverage::coverage(sources, &project, &census, &paths, imports, unread, is_of_another);
    let (mut calls, mut believed) = (Vec::new(), Vec::new());
    if let Some((file, line)) = about {
        calls = calls::calls(sources, &project, &census, &silences);
        believed = belief::believed_calls(&mut Context::new(&mut project, &schemas, config), sources, file, line);
    }
    let (extents, ways) = (seen.extents, seen.ways);
    laps.end("findings");
    let timings = timings(sources, &project, memory, laps);
    Some(Analysis {
        findings,
        accepted,
        extents,
        ways,
        paths,
        stored_names,
        calls,
        believed,
        unwritten,
        unknown_indexes,
        unknown_fields,
        collections,
        coverage,
        timings,
        failed,
        ..Analysis::default()
    })
}

fn timings(sources: &Sources, project: &Project, memory: &Memory, laps: Laps) -> Timings {
    let named = |func: FnRef| {
        let path = sources.get(FileId(project.file_of(func))).map_or("", |file| file.path.as_str());
        (path.to_owned(), project.function(func).map_or("", |function| function.name.as_str()).to_owned())
    };
    let functions = slowest(project.times()).into_iter().map(|(func, taken)| (named(func), taken)).collect();
    let files = slowest(memory.times()).into_iter().map(|(path, taken)| (path.to_owned(), taken)).collect();
    Timings { stages: laps.into_stages(), files, functions }
}

fn by_place(a: &Finding, b: &Finding) -> Ordering {
    (a.place.file, a.place.start, a.rule, &a.message).cmp(&(b.place.file, b.place.start, b.rule, &b.message))
}

/// Words without which code hardly changes documents.
pub fn write_words() -> Vec<String> {
    crate::project::mongo::write_words()
}

/// Words by which code that writes to MongoDB is told at a glance.
pub fn database_words() -> Vec<&'static str> {
    telling_names()
}

/// What is gathered over all findings.
#[derive(Default)]
struct Seen {
    fingerprints: Fingerprints,
    extents: BTreeMap<Place, u32>,
    ways: BTreeMap<(Place, &'static str), Way>,
}

fn project_path<'a>(sources: &'a Sources, project: &Project, site: Site) -> Option<&'a str> {
    sources.get(FileId(project.base_site(site).file)).map(|file| file.path.as_str())
}

/// One finding for each rule, place and collection, and for each further function that checks for it.
fn finish(
    sources: &Sources,
    (project, census): (&Project, &Census),
    config: &Config,
    hand: &ByHand,
    drafts: Vec<Draft>,
    seen: &mut Seen,
) -> Vec<Finding> {
    let mut views = Views::default();
    let browser = Browser::new(sources, project);
    let uncalled = Uncalled::new(sources, project, &drafts);
    for mut draft in drafts {
        let path = project_path(sources, project, draft.site).unwrap_or_default();
        let is_uncalled = || uncalled.has(project, draft.seen_in).then_some("nothing in the project calls this");
        if let Some(why) = alone(sources, project, (hand, &browser), &draft).or_else(is_uncalled) {
            draft.lowered = Some((Level::Info, why));
        }
        let own = draft.lowered.map(|(level, _)| level);
        let Some(level) = level_of(draft.rule, path, own, config) else { continue };
        if config.level_at(draft.rule, path).is_some() || level >= default_level(draft.rule) {
            // The configuration says so, or it is no lower.
            draft.lowered = None;
        }
        views.add(project, level, draft);
    }
    let drafts = views.into_told(project, census);
    let pushed: FxHashSet<(u32, u32)> =
        drafts.iter().filter(|(key, _)| key.0 == "check-then-push").map(|(key, _)| (key.1, key.2)).collect();
    let overwritten: FxHashSet<(u32, u32, Option<String>)> = drafts
        .iter()
        .filter(|(key, _)| key.0 == "array-overwrite")
        .map(|(key, view)| (key.1, key.2, view.draft.array.clone()))
        .collect();
    let doubled = doubled(&drafts);
    let mut findings = Vec::new();
    for ((rule, file, start, ..), view) in drafts {
        if doubled.contains(&(rule, file, start)) {
            continue;
        }
        // An array that is written back whole is told once, whatever was asked of it before.
        if rule == "check-then-update" && overwritten.contains(&(file, start, view.draft.array.clone())) {
            continue;
        }
        // A push that a check decides somewhere is told once, with its check.
        if rule == "unguarded-push" && pushed.contains(&(file, start)) {
            continue;
        }
        if let Some(finding) = finding(sources, project, view, seen) {
            findings.push(finding);
        }
    }
    findings
}

/// Why no second request meets what is told.
fn alone(
    sources: &Sources,
    project: &Project,
    (hand, browser): (&ByHand, &Browser),
    draft: &Draft,
) -> Option<&'static str> {
    let is_named = project_path(sources, project, draft.site).is_some_and(by_hand::is_by_name);
    let is_step = is_named && !by_hand::is_requested(project, draft.seen_in);
    if is_step || hand.is_alone(project, draft.seen_in) {
        return Some("one person runs this once");
    }
    if browser.runs(project, draft.seen_in) {
        return Some("a browser does this to its own copy");
    }
    start_up::is_start_up(sources, project, draft).then_some("this is done at the start")
}

/// One defect that two rules see in one write: a field that is checked and then computed from what was loaded. A check that
/// is an error says more than the sum, where it is not that of one caller of several; a warning, or one of what the field is a part
/// of, only makes room for it.
fn doubled(drafts: &[(DraftKey, View)]) -> FxHashSet<(&'static str, u32, u32)> {
    let of = |rule: &'static str| {
        let own = drafts.iter().filter(move |(key, _)| key.0 == rule);
        own.map(|(key, view)| ((key.1, key.2), view.level, &view.draft))
    };
    let mut computed: FxHashMap<(u32, u32), Vec<(Level, &Draft)>> = FxHashMap::default();
    for (place, level, draft) in of("lost-update") {
        computed.entry(place).or_default().push((level, draft));
    }
    let mut doubled = FxHashSet::default();
    for (place, level, check) in of("check-then-update") {
        let own = path_of(check);
        for (other, draft) in computed.get(&place).into_iter().flatten() {
            let computed = path_of(draft);
            let is_inside = computed.strip_prefix(own).is_some_and(|rest| rest.starts_with('.'));
            let is_one = computed == own && *other >= level;
            if is_inside || is_one && level < Level::Error {
                doubled.insert(("check-then-update", place.0, place.1));
            } else if is_one && draft.seen_in == check.seen_in {
                doubled.insert(("lost-update", place.0, place.1));
            }
        }
    }
    doubled
}

fn path_of(draft: &Draft) -> &str {
    draft.array.as_deref().unwrap_or_default()
}

fn finding(sources: &Sources, project: &Project, view: View, seen: &mut Seen) -> Option<Finding> {
    let View { level, mut draft, through } = view;
    let told_at = through.unwrap_or(draft.site);
    let owner = through.and_then(|call| project.enclosing(call)).unwrap_or(draft.owner);
    if through.is_some() {
        let label = std::mem::replace(&mut draft.label, "leads to it".to_owned());
        draft.related.insert(0, (draft.site, Role::Act, label));
        draft.message.insert_str(0, "by this call, ");
        // What changes the act changes it for all that call it; an index next to the schema does not.
        let owner = project.enclosing(draft.site);
        let is_at_act = |place: Place| {
            let site = SiteInfo { file: place.file.0, start: place.start, end: place.end, ..SiteInfo::NOWHERE };
            owner.is_none_or(|owner| project.is_in_text(owner, site))
        };
        draft.fix = draft.fix.take().filter(|fix| !fix.edits.iter().any(|edit| is_at_act(edit.place)));
    }
    let (file, place) = place(sources, project, told_at)?;
    let mut related = Vec::new();
    let mut told = FxHashSet::from_iter([place]);
    for (site, role, message) in &draft.related {
        let Some((_, other)) = self::place(sources, project, *site) else { continue };
        if told.insert(other) {
            related.push(Related { place: other, role: *role, message: message.clone() });
        }
    }
    let function = project.function(owner).map_or("<module>", |f| f.name.as_str()).to_owned();
    let identity = [
        draft.rule,
        &file.path,
        &function,
        draft.collection.as_deref().unwrap_or(""),
        draft.array.as_deref().unwrap_or(""),
        &draft.pair,
        if through.is_some() { "by a call" } else { "" },
    ];
    let identity = if through.is_some() { &identity[..] } else { &identity[..6] };
    let fingerprint = seen.fingerprints.next(identity);
    let is_reported = |place: Place| sources.is_reported(place.file);
    if !is_reported(place) && !related.iter().any(|r| r.role == Role::Check && is_reported(r.place)) {
        return None;
    }
    for site in draft.related.iter().map(|(site, ..)| *site).chain([told_at]) {
        let end = project.base_site(site).end;
        if let Some((_, place)) = self::place(sources, project, site).filter(|(_, place)| place.end < end) {
            let extent = seen.extents.entry(place).or_insert(end);
            *extent = end.max(*extent);
        }
    }
    seen.ways.insert((place, draft.rule), ways::way(sources, project, &draft));
    Some(Finding {
        rule: draft.rule,
        level,
        message: draft.message,
        place,
        label: draft.label,
        function,
        collection: draft.collection,
        array: draft.array,
        related,
        help: draft.help,
        call: draft.call,
        once: draft.once,
        fix: draft.fix,
        unfixed: draft.unfixed,
        lowered: draft.lowered.map(|(_, why)| why),
        proof: placed(sources, project, draft.proof, &draft.moves),
        fingerprint,
    })
}

/// A proof whose moves say where the code does them.
fn placed(sources: &Sources, project: &Project, proof: Proof, moves: &[Site]) -> Proof {
    let Proof::Proven(witness) = proof else { return proof };
    Proof::Proven(witness.at(moves.iter().map(|site| place(sources, project, *site).map(|(_, place)| place))))
}
