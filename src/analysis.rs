//! The pipeline from source texts to findings.

mod cancel;
mod clients;
mod coverage;
mod memory;
mod paths;
mod survey;
mod ways;

pub use cancel::Cancel;
pub use memory::Memory;
pub use survey::survey;

use crate::config::Config;
use crate::diagnostic::{Analysis, Finding, Level, Related, Role, Way, fingerprint};
use crate::facts::{self, FileFacts, Notes};
use crate::parse::{self, Problem, STACK_SIZE};
use crate::project::census::Census;
use crate::project::mongo::telling_names;
use crate::project::resolve::Resolver;
use crate::project::{Marks, Project, schema::Schemas};
use crate::rules::context::{Context, Draft};
use crate::rules::write_paths::{self, PathDraft};
use crate::rules::{CHECKS, PROJECT_CHECKS, level_of};
use crate::source::{FileId, Place, SourceFile, Sources};
use crate::suppress;
use crate::value::{FnRef, Site};
use rustc_hash::FxHashMap;
use std::cmp::{Ordering, Reverse};
use std::collections::BTreeMap;

/// Related places of one finding.
const MAX_RELATED: usize = 12;

/// Parses and links all files and runs the rules. Never fails: what is wrong with a file is a finding.
/// `progress` is called once for each parsed file, from any thread.
pub fn analyze(sources: &Sources, config: &Config, progress: &(dyn Fn() + Sync)) -> Analysis {
    analyze_again(sources, config, &mut Memory::of_one_run(), progress, &Cancel::default()).unwrap_or_default()
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
    // Linking follows values as deep as they nest, so it runs on a big stack too.
    match rayon::ThreadPoolBuilder::new().stack_size(STACK_SIZE).build() {
        Ok(pool) => pool.install(|| analyze_here(sources, config, memory, progress, cancel)),
        Err(_) => analyze_here(sources, config, memory, progress, cancel),
    }
}

fn analyze_here(
    sources: &Sources,
    config: &Config,
    memory: &mut Memory,
    progress: &(dyn Fn() + Sync),
    cancel: &Cancel,
) -> Option<Analysis> {
    let (mut project, imports) = link(sources, config, memory, progress, cancel)?;
    let mut findings = Vec::new();
    for (id, file) in sources.iter().filter(|(_, file)| file.reported) {
        findings.extend(memory.problems(id).first().and_then(|problem| problem_finding(id, file, problem, config)));
    }
    let schemas = project.schemas();
    let Ruled { drafts, paths: path_drafts, census } = run_rules(&mut project, &schemas, config, cancel)?;
    let mut seen = Seen::default();
    findings.extend(finish(sources, &project, config, drafts, &mut seen));
    let paths = paths::rows(sources, &project, path_drafts, &findings);
    let unwritten = paths::unwritten(&paths, config);
    let (mut findings, mut accepted) = suppress::apply(sources, &memory.facts, config, findings);
    findings.sort_by(by_place);
    accepted.sort_by(|a, b| by_place(&a.finding, &b.finding));
    let coverage = coverage::coverage(sources, &project, &census, &paths, imports, memory.unread());
    let (extents, ways) = (seen.extents, seen.ways);
    Some(Analysis { findings, accepted, extents, ways, paths, unwritten, coverage, ..Analysis::default() })
}

fn by_place(a: &Finding, b: &Finding) -> Ordering {
    (a.place.file, a.place.start, a.rule, &a.message).cmp(&(b.place.file, b.place.start, b.rule, &b.message))
}

/// First-party imports: file, specifier, and whether a file was found.
type Imports = Vec<(u32, String, bool)>;

/// Parses the files that `memory` does not know, and links all.
fn link(
    sources: &Sources,
    config: &Config,
    memory: &mut Memory,
    progress: &(dyn Fn() + Sync),
    cancel: &Cancel,
) -> Option<(Project, Imports)> {
    memory.refresh(sources, progress, cancel);
    if cancel.is_over() {
        return None;
    }
    let resolver = Resolver::new(sources);
    let resolve = |file, specifier: &str| resolver.resolve(file, specifier);
    let lengths: Vec<usize> = sources.iter().map(|(_, file)| file.text.len()).collect();
    let project = if memory.is_of_one_run {
        let facts = memory.facts.iter_mut().map(FileFacts::take_all_but_notes);
        Project::link(&lengths, facts, marks(config), &resolve)
    } else {
        Project::link(&lengths, memory.facts.iter(), marks(config), &resolve)
    };
    Some((project, resolver.own_imports()))
}

/// Words by which code that writes to MongoDB is told at a glance.
pub fn database_words() -> Vec<&'static str> {
    telling_names()
}

/// The functions of the completion protocol, which its rules ask for by name.
fn marks(config: &Config) -> Marks {
    let Some(completion) = &config.protocol.completion else { return Marks::default() };
    let mut calls = vec![completion.producer.clone(), completion.consumer.clone()];
    calls.extend(completion.complete.iter().cloned());
    calls.extend(completion.recovery.clone());
    Marks { calls, results: vec![completion.producer.clone()] }
}

fn is_script(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or("");
    matches!(extension, "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts")
}

/// Words of which a file must hold one to be worth parsing as context: an operation, a schema, or an export that the
/// reported files may use on the server. Pages for a browser hold none of them.
const CONTEXT_WORDS: [&str; 8] =
    ["module.exports", "exports.", "export ", "require(", "collection(", "Schema", "createIndex", "ensureIndex"];

fn can_contribute(text: &str) -> bool {
    CONTEXT_WORDS.iter().any(|word| text.contains(word))
}

/// The facts of one file; without any when it cannot be parsed or is no script.
pub fn file_facts(id: FileId, file: &SourceFile) -> (FileFacts, Vec<Problem>) {
    if !is_script(&file.path) || !(file.reported || can_contribute(&file.text)) {
        return (FileFacts::default(), Vec::new());
    }
    let directs = suppress::may_direct(&file.text);
    match if directs { parse::parse_with_comments(file) } else { parse::parse(file) } {
        Ok(parsed) => {
            let mut facts = facts::extract(&parsed.program, &file.text, id.0);
            if directs {
                facts.notes = Notes {
                    comments: parsed.comments,
                    statements: facts::statements(&parsed.program),
                    is_whole: parsed.recovered.is_empty(),
                };
            }
            (facts, parsed.recovered)
        }
        Err(problem) => {
            let comments = if directs { parse::head_comments(&file.text) } else { Vec::new() };
            let notes = Notes { comments, ..Notes::default() };
            (FileFacts { notes, ..FileFacts::default() }, vec![problem])
        }
    }
}

fn problem_finding(id: FileId, file: &SourceFile, problem: &Problem, config: &Config) -> Option<Finding> {
    let (rule, start, end, message, help) = match problem {
        Problem::Syntax { start, end, message } => (
            "syntax-error",
            *start,
            *end,
            format!("this file does not parse, so its writes are not checked: {message}"),
            "mend the syntax; the rest of the project was checked".to_owned(),
        ),
        Problem::TooDeep { at, what } => (
            "too-deep",
            *at,
            *at + 1,
            format!("this file nests too many {what} to be parsed, so its writes are not checked"),
            "exclude generated files in `pushguard.toml`, or split the expression".to_owned(),
        ),
    };
    let level = level_of(rule, None, config)?;
    Some(Finding {
        rule,
        level,
        message,
        place: one_line(file, id, start, end),
        label: "here".to_owned(),
        function: "<module>".to_owned(),
        collection: None,
        array: None,
        related: Vec::new(),
        help,
        fix: None,
        fingerprint: fingerprint(&[rule, &file.path, "<module>"]),
    })
}

/// What the rules say of all functions, and the calls that they saw.
struct Ruled {
    drafts: Vec<Draft>,
    paths: Vec<PathDraft>,
    census: Census,
}

/// Runs all rules over all functions.
fn run_rules(project: &mut Project, schemas: &Schemas, config: &Config, cancel: &Cancel) -> Option<Ruled> {
    let count = project.functions.len();
    let mut ctx = Context::new(project, schemas, config);
    let (mut paths, mut census) = (Vec::new(), Census::default());
    for func in 0..count {
        if cancel.is_over() {
            return None;
        }
        let func = FnRef(func as u32);
        let turn = ctx.project.begin(func);
        census.add_own(ctx.project, func);
        if let Some(trace) = ctx.trace(func) {
            census.add_writes(ctx.project, &trace.steps, &trace.writes);
            for check in CHECKS {
                check(&mut ctx, &trace);
            }
            paths.extend(write_paths::collect(&mut ctx, &trace));
        }
        ctx.project.end(func, turn);
    }
    for check in PROJECT_CHECKS {
        check(&mut ctx);
    }
    for func in 0..count {
        census.name_from(ctx.project, FnRef(func as u32));
    }
    Some(Ruled { drafts: ctx.finish(), paths, census })
}

/// What is gathered over all findings.
#[derive(Default)]
struct Seen {
    fingerprints: FxHashMap<String, u32>,
    extents: BTreeMap<Place, u32>,
    ways: BTreeMap<(Place, &'static str), Way>,
}

fn project_path<'a>(sources: &'a Sources, project: &Project, site: Site) -> Option<&'a str> {
    sources.get(FileId(project.base_site(site).file)).map(|file| file.path.as_str())
}

/// Whether a file is a seed or a migration, which one person runs once: no second request meets it.
fn is_run_by_hand(path: &str) -> bool {
    path.to_lowercase().split('/').any(|part| {
        let stem = part.split('.').next().unwrap_or("");
        stem.split(['-', '_']).any(|word| {
            matches!(word, "seed" | "seeds" | "seeder" | "seeders" | "seeding" | "migration" | "migrations" | "migrate")
        })
    })
}

/// Rule, file, start, end.
type DraftKey = (&'static str, u32, u32, u32);

/// One finding for each rule and place: the most severe view, then the one with the fewest calls in between.
fn finish(sources: &Sources, project: &Project, config: &Config, drafts: Vec<Draft>, seen: &mut Seen) -> Vec<Finding> {
    let mut best: FxHashMap<DraftKey, (Level, Draft)> = FxHashMap::default();
    for draft in drafts {
        let by_hand = project_path(sources, project, draft.site).is_some_and(is_run_by_hand).then_some(Level::Info);
        let Some(level) = level_of(draft.rule, by_hand.or(draft.level), config) else { continue };
        let site = project.base_site(draft.site);
        let key = (draft.rule, site.file, site.start, site.end);
        match best.get(&key) {
            Some((known, other)) => {
                // The best view speaks; the ends that other callers add are kept as related places.
                let better = (*known, Reverse(other.calls)) < (level, Reverse(draft.calls));
                let (mut kept, dropped) =
                    if better { ((level, draft), other.clone()) } else { ((*known, other.clone()), draft) };
                let room = MAX_RELATED.saturating_sub(kept.1.related.len());
                let more: Vec<_> =
                    dropped.related.into_iter().filter(|r| !kept.1.related.contains(r)).take(room).collect();
                kept.1.related.extend(more);
                best.insert(key, kept);
            }
            None => {
                best.insert(key, (level, draft));
            }
        }
    }
    let mut drafts: Vec<(DraftKey, (Level, Draft))> = best.into_iter().collect();
    drafts.sort_by_key(|(key, _)| (key.1, key.2, key.3, key.0));
    let pushed: Vec<(u32, u32)> =
        drafts.iter().filter(|(key, _)| key.0 == "check-then-push").map(|(key, _)| (key.1, key.2)).collect();
    let mut findings = Vec::new();
    for ((rule, file, start, _), (level, draft)) in drafts {
        // A push that a check decides somewhere is told once, with its check.
        if rule == "unguarded-push" && pushed.contains(&(file, start)) {
            continue;
        }
        if let Some(finding) = finding(sources, project, level, draft, seen) {
            findings.push(finding);
        }
    }
    findings
}

fn finding(sources: &Sources, project: &Project, level: Level, draft: Draft, seen: &mut Seen) -> Option<Finding> {
    let (file, place) = place(sources, project, draft.site)?;
    let mut related = Vec::new();
    for (site, role, message) in &draft.related {
        let Some((_, other)) = self::place(sources, project, *site) else { continue };
        if other != place && !related.iter().any(|r: &Related| r.place == other) {
            related.push(Related { place: other, role: *role, message: message.clone() });
        }
    }
    let function = project.function(draft.owner).map_or("<module>", |f| f.name.as_str()).to_owned();
    let identity = [
        draft.rule,
        &file.path,
        &function,
        draft.collection.as_deref().unwrap_or(""),
        draft.array.as_deref().unwrap_or(""),
        &draft.pair,
    ];
    // Two equal findings of one function stay apart by their order, which does not depend on what is reported.
    let first = fingerprint(&identity);
    let count = seen.fingerprints.entry(first.clone()).or_insert(0);
    let fingerprint = if *count == 0 { first } else { fingerprint(&[&first, &count.to_string()]) };
    *count += 1;
    let is_reported = |place: Place| sources.get(place.file).is_some_and(|file| file.reported);
    if !is_reported(place) && !related.iter().any(|r| r.role == Role::Check && is_reported(r.place)) {
        return None;
    }
    for site in draft.related.iter().map(|(site, ..)| *site).chain([draft.site]) {
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
        fix: draft.fix,
        fingerprint,
    })
}

fn place<'a>(sources: &'a Sources, project: &Project, site: Site) -> Option<(&'a SourceFile, Place)> {
    let info = project.base_site(site);
    let id = FileId(info.file);
    let file = sources.get(id)?;
    Some((file, one_line(file, id, info.start, info.end)))
}

/// The part of a range on its first line, for a pull request shows a finding only if all of its lines changed.
fn one_line(file: &SourceFile, id: FileId, start: u32, end: u32) -> Place {
    let text = file.slice(start, end.min(file.text.len() as u32));
    let first = text.find(['\n', '\r']).unwrap_or(text.len()) as u32;
    Place { file: id, start, end: start + first }
}
