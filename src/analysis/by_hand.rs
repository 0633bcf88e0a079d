//! Files that a person runs once: seeds, migrations, what a script of a `package.json` other than the server runs, and what
//! nothing loads and ends by itself or lies in a folder of scripts or programs.
//!
//! Input: paths, manifests, the linked project. Output: whether a function runs by hand alone. Must not know: rules, formats.

use crate::facts::EffectKind;
use crate::limits;
use crate::project::Project;
use crate::project::entry::{Entry, EntryKind};
use crate::project::mongo::is_method;
use crate::source::Sources;
use crate::value::FnRef;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;

/// Words in the name of a script that runs a server, a worker, or all tests, again and again.
const SERVED: [&str; 20] = [
    "start",
    "dev",
    "develop",
    "development",
    "serve",
    "server",
    "test",
    "watch",
    "debug",
    "prod",
    "production",
    "run",
    "worker",
    "workers",
    "cron",
    "job",
    "jobs",
    "queue",
    "api",
    "app",
];

/// What is run by hand.
pub(super) struct ByHand {
    files: FxHashSet<u32>,
}

impl ByHand {
    pub(super) fn new(sources: &Sources, project: &Project) -> Self {
        let (mut run, mut served) = (FxHashSet::default(), FxHashSet::default());
        for (_, manifest) in sources.iter().filter(|(_, file)| is_manifest(&file.path)) {
            let Ok(Value::Object(package)) = serde_json::from_str::<Value>(&manifest.text) else { continue };
            let folder = manifest.path.strip_suffix("package.json").unwrap_or_default();
            served.extend(package.get("main").and_then(Value::as_str).map(|main| below(folder, main)));
            for (name, command) in package.get("scripts").and_then(Value::as_object).into_iter().flatten() {
                let words = command.as_str().unwrap_or_default().split_whitespace();
                let files = words.map(|word| below(folder, word.trim_matches(['"', '\''])));
                let is_served = name.split([':', '-', '_']).any(|word| SERVED.contains(&word));
                if is_served { served.extend(files) } else { run.extend(files) }
            }
        }
        let is_run = |path: &str| is_by_name(path) || run.contains(path) && !served.contains(path);
        let mut files: FxHashSet<u32> =
            sources.iter().filter(|(_, file)| is_run(&file.path)).map(|(id, _)| id.0).collect();
        let functions = (0..project.functions.len() as u32).map(FnRef);
        let serving: FxHashSet<u32> =
            functions.filter(|func| is_server(project, *func)).map(|func| project.file_of(func)).collect();
        let ends = |id: u32, path: &str| project.runs.ends(id) && !project.runs.is_loaded(id) && !served.contains(path);
        let working = working(project);
        let is_script = |id: u32, path: &str| {
            let is_tool = stands_in(path, &["bin"]) && working.contains(&id) && !project.runs.lasts(id);
            (stands_in(path, &["scripts", "script"]) || is_tool)
                && !project.runs.is_loaded(id)
                && !served.contains(path)
        };
        let by_hand = sources.iter().filter(|(id, file)| ends(id.0, &file.path) || is_script(id.0, &file.path));
        files.extend(by_hand.map(|(id, _)| id.0));
        files.retain(|file| !serving.contains(file));
        let mut all = Self { files };
        all.add_loaded(sources, project, &serving);
        all
    }

    pub(super) fn files(&self) -> &FxHashSet<u32> {
        &self.files
    }

    /// Whether a file is one of them, by its number.
    pub(super) fn has(&self, file: u32) -> bool {
        self.files.contains(&file)
    }

    /// Adds the files that are loaded by such files alone.
    fn add_loaded(&mut self, sources: &Sources, project: &Project, serving: &FxHashSet<u32>) {
        // By a file, those that it loads; and for each of them, how many that load it are not run by hand as far as is known.
        let (mut loads, mut others) = (FxHashMap::<u32, Vec<u32>>::default(), FxHashMap::<u32, usize>::default());
        let mut open = Vec::new();
        for (id, file) in sources.iter().filter(|(id, _)| !serving.contains(&id.0)) {
            let Some(loaders) = project.runs.loaders_of(id.0, &file.path) else { continue };
            loaders.iter().for_each(|loader| loads.entry(*loader).or_default().push(id.0));
            match loaders.difference(&self.files).count() {
                0 => open.push(id.0),
                count => others.extend([(id.0, count)]),
            }
        }
        while let Some(id) = open.pop() {
            if !self.files.insert(id) {
                continue;
            }
            for loaded in loads.get(&id).into_iter().flatten() {
                let Some(others) = others.get_mut(loaded) else { continue };
                *others -= 1;
                if *others == 0 {
                    open.push(*loaded);
                }
            }
        }
    }

    /// Whether a function is run by hand, and nothing else reaches it.
    pub(super) fn is_alone(&self, project: &Project, func: FnRef) -> bool {
        let (mut open, mut seen) = (vec![func], FxHashSet::default());
        while let Some(func) = open.pop() {
            if !self.files.contains(&project.file_of(func)) || seen.len() > limits::VISITED {
                return false;
            }
            if seen.insert(func) {
                open.extend(project.callers_of(func).iter().map(|(caller, _)| *caller));
            }
        }
        true
    }
}

/// Whether a request or a clock reaches a function, whatever its file is called.
pub(super) fn is_requested(project: &Project, func: FnRef) -> bool {
    let (mut open, mut seen) = (vec![func], FxHashSet::default());
    while let Some(func) = open.pop() {
        if seen.len() > limits::VISITED {
            return true;
        }
        if seen.insert(func) {
            // A script waits for events as well: `connection.once('open', fill)`.
            let by_request = |entry: &Entry| !matches!(entry.kind, EntryKind::Start | EntryKind::Event);
            if project.entry(func).is_some_and(by_request) {
                return true;
            }
            open.extend(project.callers_of(func).iter().map(|(caller, _)| *caller));
        }
    }
    false
}

fn is_manifest(path: &str) -> bool {
    path.rsplit('/').next() == Some("package.json")
}

fn below(folder: &str, path: &str) -> String {
    format!("{folder}{}", path.trim_start_matches("./"))
}

/// Whether a function is started by requests or a clock, or starts a server.
fn is_server(project: &Project, func: FnRef) -> bool {
    let listens = |kind: &EffectKind| match kind {
        EffectKind::Call { name: Some(name), .. } => project.arena.text(*name) == "listen",
        _ => false,
    };
    let effects = project.function(func).map(|function| function.effects.as_slice()).unwrap_or_default();
    project.entry(func).is_some() || effects.iter().any(|effect| listens(&effect.kind))
}

/// Whether a file lies in a folder of one of these names.
fn stands_in(path: &str, names: &[&str]) -> bool {
    path.rsplit_once('/').is_some_and(|(folder, _)| folder.split('/').any(|part| names.contains(&part)))
}

/// The files that call the database themselves. What a program of `bin/` starts elsewhere may be a server or a worker.
fn working(project: &Project) -> FxHashSet<u32> {
    let calls = |func: &FnRef| {
        let effects = project.function(*func).map(|function| function.effects.as_slice()).unwrap_or_default();
        effects.iter().any(|effect| match &effect.kind {
            EffectKind::Call { recv: Some(_), name: Some(name), .. } => is_method(project.arena.text(*name)),
            _ => false,
        })
    };
    let functions = (0..project.functions.len() as u32).map(FnRef);
    functions.filter(calls).map(|func| project.file_of(func)).collect()
}

/// Whether a name says that a file is a seed or a migration, or one of the steps from one version to the next:
/// `upgrade/4.34.0/roles.ts`, `initv4818.ts`
pub(super) fn is_by_name(path: &str) -> bool {
    path.to_lowercase().split('/').any(|part| {
        if is_version(part) || part.rsplit_once('.').is_some_and(|(name, _)| is_version(name)) {
            return true;
        }
        let stem = part.trim_start_matches('.').split('.').next().unwrap_or("");
        stem.split(['-', '_']).any(|word| {
            matches!(word, "seed" | "seeds" | "seeder" | "seeders" | "seeding" | "migration" | "migrations" | "migrate")
                || ["init", "update", "upgrade"]
                    .iter()
                    .any(|step| word.strip_prefix(step).is_some_and(is_short_version))
        })
    })
}

/// Whether a name is that of a version: `4.34.0`.
fn is_version(name: &str) -> bool {
    let mut numbers = name.split('.');
    numbers.clone().count() == 3
        && numbers.all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether what follows a word is a version of three numbers without dots: `v4818`. `v2` is one of an interface.
fn is_short_version(rest: &str) -> bool {
    rest.strip_prefix('v').is_some_and(|number| number.len() >= 3 && number.bytes().all(|byte| byte.is_ascii_digit()))
}
