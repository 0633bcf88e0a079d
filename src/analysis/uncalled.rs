//! Methods and exported functions that nothing calls: of the functions of an application, which has routes, those whose name stands
//! nowhere else in it.
//!
//! A name may be reached by a text, a template or a framework, so that only what is named once in all of the code counts, beside
//! other functions of that name and the calls that lead to them: of a schema, or of a class that implements nothing, that extends
//! none but those of the project, and of which the code calls another method, without a decorator; or what is named where it is
//! written and exported, in a file of which the code runs another function.
//!
//! Input: the linked project and the texts. Output: whether a function is never run. Must not know: rules, formats.

use crate::limits;
use crate::project::Project;
use crate::project::entry::EntryKind;
use crate::rules::context::Draft;
use crate::source::{FileId, Sources};
use crate::value::{FnRef, Node, SiteInfo, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};

/// The functions that nothing calls, of those in which something is told.
pub(super) struct Uncalled(FxHashSet<FnRef>);

impl Uncalled {
    pub(super) fn new(sources: &Sources, project: &Project, drafts: &[Draft]) -> Self {
        let mut roots: FxHashMap<FnRef, Option<Kind>> = FxHashMap::default();
        if project.has_entry(EntryKind::Route) {
            let mut exports = Exports::default();
            for func in drafts.iter().flat_map(|draft| roots_of(project, draft.seen_in)) {
                roots.entry(func).or_insert_with(|| match is_plain_method(sources, project, func) {
                    true => Some(Kind::Method),
                    false => exports.kind(sources, project, func),
                });
            }
        }
        roots.retain(|_, kind| kind.is_some());
        // Each text is read once, whatever is looked for.
        let mut named: FxHashMap<&str, Named> =
            roots.keys().map(|func| (name_of(project, *func), Named::default())).collect();
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
        roots.retain(|func, kind| {
            let named = named.get(name_of(project, *func));
            kind.zip(named).is_some_and(|(kind, named)| named.times == kind.times(named))
        });
        Self(roots.into_keys().collect())
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

/// How often a name stands in the texts.
#[derive(Default)]
struct Named {
    times: u32,
    is_put_on_exports: bool,
    /// How often it is that of another function: where that is written, and where it is called.
    of_namesakes: u32,
}

/// Counts where the names of methods that nothing calls are those of other methods.
fn count_namesakes(project: &Project, roots: &FxHashMap<FnRef, Option<Kind>>, named: &mut FxHashMap<&str, Named>) {
    let mut calls: FxHashSet<(&str, SiteInfo)> = FxHashSet::default();
    for at in 0..project.functions.len() {
        let func = FnRef(at as u32);
        let name = name_of(project, func);
        let Some(named) = named.get_mut(name) else { continue };
        // Of several that nothing calls one stands for itself.
        let is_own = roots.get(&func).is_some_and(|kind| matches!(kind, Some(Kind::Method)));
        named.of_namesakes += u32::from(!is_own);
        for (_, call) in project.callers_of(func) {
            named.of_namesakes += u32::from(calls.insert((name, project.base_site(*call))));
        }
    }
}

/// The names by which a file exports its functions, of files of which the code runs one of these.
#[derive(Default)]
struct Exports(FxHashMap<u32, FxHashSet<(FnRef, Sym)>>);

impl Exports {
    /// What a function is that its file exports by its own name; none where it does not, or where all of the file may be run by others.
    fn kind(&mut self, sources: &Sources, project: &Project, func: FnRef) -> Option<Kind> {
        let (function, name, file) = (project.function(func)?, name_of(project, func), project.file_of(func));
        let exported = self.0.entry(file).or_insert_with(|| {
            let all = project.exported_functions(file);
            let runs = |func: FnRef| project.entry(func).is_some() || !project.callers_of(func).is_empty();
            let is_run = all.iter().any(|(_, func)| runs(*func));
            all.into_iter().filter(|_| is_run).map(|(name, func)| (func, name)).collect()
        });
        let is_own = project.arena.known_sym(name).is_some_and(|name| exported.contains(&(func, name)));
        if !is_own || function.class.is_some() || !is_word(name) {
            return None;
        }
        let before = sources.get(FileId(file))?.text.get(..function.start as usize)?;
        let line = before.rsplit('\n').next().unwrap_or_default();
        Some(if line.contains("export") { Kind::ExportedInPlace } else { Kind::Exported })
    }
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
