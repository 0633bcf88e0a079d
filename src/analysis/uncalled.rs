//! Methods and exported functions that nothing calls: of the functions of an application, which has routes, those whose name stands
//! nowhere else in it.
//!
//! A name may be reached by a text, a template or a framework, so that only what is named once in all of the code counts, beside
//! other functions of that name and the calls that lead to them: of a schema, or of a class that implements nothing, that extends
//! none but those of the project, and of which the code calls another method, without a decorator; or what is named where it is
//! written and exported, in a file of which the code runs another function; or what stands in a file that nothing loads beside others
//! that are.
//!
//! Input: the linked project and the texts. Output: whether a function is never run. Must not know: rules, formats.

use crate::limits;
use crate::project::Project;
use crate::project::entry::{Entry, EntryKind};
use crate::rules::context::Draft;
use crate::source::{FileId, Sources};
use crate::value::{FnRef, Node, SiteInfo, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};

/// The functions that nothing calls, of those in which something is told.
pub(super) struct Uncalled(FxHashSet<FnRef>);

impl Uncalled {
    pub(super) fn new(sources: &Sources, project: &Project, drafts: &[Draft]) -> Self {
        let mut roots: Roots<'_> = FxHashMap::default();
        let mut uncalled = FxHashSet::default();
        if project.has_entry(EntryKind::Route) {
            let (mut exports, left_out) = (Exports::default(), LeftOut::new(sources, project));
            for func in drafts.iter().flat_map(|draft| roots_of(project, draft.seen_in)) {
                if left_out.has(project.file_of(func)) {
                    uncalled.insert(func);
                    continue;
                }
                roots.entry(func).or_insert_with(|| match is_plain_method(sources, project, func) {
                    true => Some((Kind::Method, name_of(project, func))),
                    false => exports.kind(sources, project, func),
                });
            }
        }
        roots.retain(|_, kind| kind.is_some());
        // Each text is read once, whatever is looked for.
        let names = roots.values().flatten().map(|(_, name)| (*name, Named::default()));
        let mut named: FxHashMap<&str, Named> = names.collect();
        if !named.is_empty() {
            for (_, file) in sources.iter() {
                let (mut before, mut last) = ("", "");
                for word in words(&file.text).filter(|word| !word.is_empty()) {
                    if let Some(named) = named.get_mut(word) {
                        named.times += 1;
                        // exports.find = find
                        named.is_put_on_exports |= before == "exports" && last == word;
                    }
                    (before, last) = (last, word);
                }
            }
        }
        count_namesakes(project, &roots, &mut named);
        let is_named_once =
            |(kind, name): &(Kind, &str)| named.get(name).is_some_and(|named| named.times == kind.times(named));
        let once = roots.into_iter().filter(|(_, kind)| kind.as_ref().is_some_and(is_named_once));
        uncalled.extend(once.map(|(func, _)| func));
        Self(uncalled)
    }

    /// Whether all that leads to a function is such a method.
    pub(super) fn has(&self, project: &Project, func: FnRef) -> bool {
        let roots = roots_of(project, func);
        !roots.is_empty() && roots.iter().all(|root| self.0.contains(root))
    }
}

/// The functions from which a function is reached and which nothing in the code calls; none where that is too far to see.
fn roots_of(project: &Project, func: FnRef) -> Vec<FnRef> {
    let (mut open, mut seen, mut roots) = (vec![func], FxHashSet::default(), Vec::new());
    while let Some(func) = open.pop() {
        if seen.len() > limits::VISITED || project.entry(func).is_some() {
            return Vec::new();
        }
        if !seen.insert(func) {
            continue;
        }
        let callers = project.callers_of(func);
        if callers.is_empty() {
            roots.push(func);
        }
        open.extend(callers.iter().map(|(caller, _)| *caller));
    }
    roots
}

/// The names, keywords and parts of texts of a file.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$')
}

/// `addLike` of `Feed.addLike`
fn name_of(project: &Project, func: FnRef) -> &str {
    project.function(func).map_or("", |function| function.name.rsplit('.').next().unwrap_or_default())
}

/// What a function is that nothing calls.
#[derive(Clone, Copy)]
enum Kind {
    Method,
    /// `export const find = …`, `exports.find = …`
    ExportedInPlace,
    /// `const find = …`, and a list of exports, or `exports.find = find`.
    Exported,
}

impl Kind {
    /// How often the code names one that nothing else names.
    fn times(self, named: &Named) -> u32 {
        match self {
            Self::Method => 1 + named.of_namesakes,
            Self::ExportedInPlace => 1,
            Self::Exported => 2 + u32::from(named.is_put_on_exports),
        }
    }
}

/// Functions that nothing calls, each with what it is and its name; none where it may be called otherwise.
type Roots<'a> = FxHashMap<FnRef, Option<(Kind, &'a str)>>;

/// The files that nothing loads, of a program in which each file that is loaded is named, beside others of their folder that are.
struct LeftOut(FxHashSet<u32>);

impl LeftOut {
    fn new(sources: &Sources, project: &Project) -> Self {
        let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let of_folders = sources.iter().filter(|(file, _)| project.runs.is_loaded(file.0));
        let loaded: FxHashSet<String> = of_folders.map(|(_, file)| folder(&file.path)).collect();
        let is_route = |entry: &Entry| entry.kind == EntryKind::Route;
        let is_served =
            |func: FnRef| project.entry(func).is_some_and(is_route) && project.runs.is_loaded(project.file_of(func));
        // Of a part of a program, of which nothing loads the routes, not all loaders are there.
        if !(0..project.functions.len()).any(|func| is_served(FnRef(func as u32))) {
            return Self(FxHashSet::default());
        }
        // What a framework loads by its folder it does not load by `require`.
        let is_module = |text: &str| text.contains("module.exports") || text.contains("exports.");
        let left_out = sources.iter().filter(|(file, source)| {
            let is_beside = || loaded.contains(&folder(&source.path)) && is_module(&source.text);
            project.runs.is_left_out(file.0, &source.path) && is_beside()
        });
        let mut files: FxHashSet<u32> = left_out.map(|(file, _)| file.0).collect();
        // What runs by itself is run by whoever starts it.
        for at in 0..project.functions.len() {
            let func = FnRef(at as u32);
            let file = project.file_of(func);
            let is_called = || project.callers_of(func).iter().any(|(caller, _)| project.file_of(*caller) != file);
            if files.contains(&file) && (project.entry(func).is_some() || is_called()) {
                files.remove(&file);
            }
        }
        Self(files)
    }

    fn has(&self, file: u32) -> bool {
        self.0.contains(&file)
    }
}

/// How often a name stands in the texts.
#[derive(Default)]
struct Named {
    times: u32,
    is_put_on_exports: bool,
    /// How often it is that of another function: where that is written, and where it is called.
    of_namesakes: u32,
}

/// Counts where the names of methods that nothing calls are those of other methods.
fn count_namesakes(project: &Project, roots: &Roots<'_>, named: &mut FxHashMap<&str, Named>) {
    let mut calls: FxHashSet<(&str, SiteInfo)> = FxHashSet::default();
    for at in 0..project.functions.len() {
        let func = FnRef(at as u32);
        let name = name_of(project, func);
        let Some(named) = named.get_mut(name) else { continue };
        // Of several that nothing calls one stands for itself.
        let is_own = roots.get(&func).is_some_and(|kind| matches!(kind, Some((Kind::Method, _))));
        named.of_namesakes += u32::from(!is_own);
        for (_, call) in project.callers_of(func) {
            named.of_namesakes += u32::from(calls.insert((name, project.base_site(*call))));
        }
    }
}

/// The names by which a file exports its functions, of files of which the code runs one of these.
#[derive(Default)]
struct Exports(FxHashMap<u32, FxHashSet<(FnRef, Sym)>>);

/// Whether something runs a function.
fn is_run(project: &Project, func: FnRef) -> bool {
    project.entry(func).is_some() || !project.callers_of(func).is_empty()
}

impl Exports {
    /// What a function is that its file exports by its own name, or in a wrapper that others are in too, and that name; none where it
    /// does not, or where all of the file may be run by others.
    fn kind<'a>(&mut self, sources: &Sources, project: &'a Project, func: FnRef) -> Option<(Kind, &'a str)> {
        let (function, file) = (project.function(func)?, project.file_of(func));
        let exported = self.0.entry(file).or_insert_with(|| exported_by(project, file));
        let own = name_of(project, func);
        let is_own = project.arena.known_sym(own).is_some_and(|name| exported.contains(&(func, name)));
        let mut wrapped = exported.iter().filter(|(wrapped, _)| *wrapped == func && !is_own);
        let name = match wrapped.next() {
            Some((_, name)) => project.arena.text(*name),
            None if is_own => own,
            None => return None,
        };
        if function.class.is_some() || !is_word(name) {
            return None;
        }
        let before = sources.get(FileId(file))?.text.get(..function.start as usize)?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        Some((if line.contains("export") { Kind::ExportedInPlace } else { Kind::Exported }, name))
    }
}

/// The functions that a file exports, of a file of which the code runs one; in wrappers where it runs another one in the same wrapper.
fn exported_by(project: &Project, file: u32) -> FxHashSet<(FnRef, Sym)> {
    let all = project.exported_functions(file);
    let is_run_at_all = all.iter().any(|(_, func)| is_run(project, *func));
    let mut exported: FxHashSet<(FnRef, Sym)> =
        all.into_iter().filter(|_| is_run_at_all).map(|(name, func)| (func, name)).collect();
    let wrapped = project.exported_wrapped(file);
    let run: FxHashSet<V> = wrapped.iter().filter(|(_, func, _)| is_run(project, *func)).map(|(.., by)| *by).collect();
    exported.extend(wrapped.into_iter().filter(|(.., by)| run.contains(by)).map(|(name, func, _)| (func, name)));
    exported
}

/// Whether a name is a word that is hardly another one's.
fn is_word(name: &str) -> bool {
    name.len() > 2 && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether all that a class extends are classes of the project.
fn extends_own(project: &Project, parent: Option<V>) -> bool {
    let mut at = parent;
    for _ in 0..limits::LINEAGE {
        let Some(parent) = at else { return true };
        let Node::Class(class) = *project.arena.node(parent) else { return false };
        let Some(class) = project.class(class).filter(|class| class.implements.is_empty()) else { return false };
        at = class.parent;
    }
    false
}

/// Whether a function is a method of a schema, or of a class of which no framework and no interface tells.
fn is_plain_method(sources: &Sources, project: &Project, func: FnRef) -> bool {
    let Some(function) = project.function(func) else { return false };
    let name = name_of(project, func);
    // A class of which the code calls another method is called by nobody else.
    let is_called = |(_, own): &(Sym, FnRef)| *own != func && !project.callers_of(*own).is_empty();
    let is_alone = function.class.and_then(|class| project.class(class)).is_some_and(|class| {
        let is_own = |(key, own): &(Sym, FnRef)| *own == func && project.arena.text(*key) == name;
        let is_of_nothing = class.implements.is_empty() && extends_own(project, class.parent);
        is_of_nothing && class.methods.iter().any(is_own) && class.methods.iter().any(is_called)
    });
    let text = sources.get(FileId(project.file_of(func))).map_or("", |file| &file.text);
    let own = text.get(function.start as usize..function.end as usize).unwrap_or_default();
    let before = text.get(..function.start as usize).unwrap_or_default().trim_end();
    // What stands before a method without a decorator is the one before it, the start of the class, or a comment.
    let is_undecorated = !own.starts_with('@') && before.ends_with(['}', ';', '{', '/']);
    is_word(name) && name != "constructor" && (project.is_of_schema(func, name) || is_alone && is_undecorated)
}
