//! Methods and exported functions that nothing calls: of the functions of an application, which has routes, those whose name stands
//! nowhere else in it.
//!
//! A name may be reached by a text, a template or a framework, so that only what is named once in all of the code counts, of a schema
//! or of a class that extends and implements nothing and of which the code calls another method, without a decorator; or what is
//! named where it is written and exported, in a file of which the code runs another function.
//!
//! Input: the linked project and the texts. Output: whether a function is never run. Must not know: rules, formats.

use crate::limits;
use crate::project::Project;
use crate::project::entry::EntryKind;
use crate::rules::context::Draft;
use crate::source::{FileId, Sources};
use crate::value::{FnRef, Sym};
use rustc_hash::{FxHashMap, FxHashSet};

/// The functions that nothing calls, of those in which something is told.
pub(super) struct Uncalled(FxHashSet<FnRef>);

impl Uncalled {
    pub(super) fn new(sources: &Sources, project: &Project, drafts: &[Draft]) -> Self {
        let mut roots: FxHashMap<FnRef, u32> = FxHashMap::default();
        if project.has_entry(EntryKind::Route) {
            for func in drafts.iter().flat_map(|draft| roots_of(project, draft.seen_in)) {
                roots.entry(func).or_insert_with(|| own_names(sources, project, func));
            }
        }
        roots.retain(|_, names| *names > 0);
        // Each text is read once, whatever is looked for.
        let mut counts: FxHashMap<&str, u32> = roots.keys().map(|func| (name_of(project, *func), 0)).collect();
        if !counts.is_empty() {
            for word in sources.iter().flat_map(|(_, file)| words(&file.text)) {
                if let Some(count) = counts.get_mut(word) {
                    *count += 1;
                }
            }
        }
        roots.retain(|func, names| counts.get(name_of(project, *func)) == Some(names));
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

/// How often the code names a function that nothing calls: once a method, and twice what a list of exports names too. None for what
/// something else may call.
fn own_names(sources: &Sources, project: &Project, func: FnRef) -> u32 {
    match is_plain_method(sources, project, func) {
        true => 1,
        false => names_of_export(sources, project, func).unwrap_or(0),
    }
}

/// The same of a function that a file exports by its name, of which the code runs another function.
fn names_of_export(sources: &Sources, project: &Project, func: FnRef) -> Option<u32> {
    let (function, name, file) = (project.function(func)?, name_of(project, func), project.file_of(func));
    let is_word = name.len() > 2 && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let exported = project.exported_functions(file);
    let is_exported = exported.iter().any(|(key, own)| *own == func && project.arena.text(*key) == name);
    let runs = |other: FnRef| project.entry(other).is_some() || !project.callers_of(other).is_empty();
    if !is_word || function.class.is_some() || !is_exported || !exported.iter().any(|(_, own)| runs(*own)) {
        return None;
    }
    // `export const name = …` names it once, `const name = …` and a list of exports twice, and with `exports.name = name` thrice.
    let text = &sources.get(FileId(file))?.text;
    let line = text.get(..function.start as usize)?.rsplit('\n').next().unwrap_or_default();
    Some(match (line.contains("export"), text.contains(&format!("exports.{name} = {name}"))) {
        (true, _) => 1,
        (false, false) => 2,
        (false, true) => 3,
    })
}

/// Whether a function is a method of a schema, or of a class of which no framework and no interface tells.
fn is_plain_method(sources: &Sources, project: &Project, func: FnRef) -> bool {
    let Some(function) = project.function(func) else { return false };
    let name = name_of(project, func);
    let is_word = name.len() > 2 && name.chars().all(|c| c.is_alphanumeric() || c == '_') && name != "constructor";
    // A class of which the code calls another method is called by nobody else.
    let is_called = |(_, own): &(Sym, FnRef)| *own != func && !project.callers_of(*own).is_empty();
    let is_alone = function.class.and_then(|class| project.class(class)).is_some_and(|class| {
        let is_own = |(key, own): &(Sym, FnRef)| *own == func && project.arena.text(*key) == name;
        let is_of_nothing = class.parent.is_none() && class.implements.is_empty();
        is_of_nothing && class.methods.iter().any(is_own) && class.methods.iter().any(is_called)
    });
    let text = sources.get(FileId(project.file_of(func))).map_or("", |file| &file.text);
    let own = text.get(function.start as usize..function.end as usize).unwrap_or_default();
    let before = text.get(..function.start as usize).unwrap_or_default().trim_end();
    // What stands before a method without a decorator is the one before it, the start of the class, or a comment.
    let is_undecorated = !own.starts_with('@') && before.ends_with(['}', ';', '{', '/']);
    is_word && (project.is_of_schema(func, name) || is_alone && is_undecorated)
}
