//! What a run looked at, from the counts of the stages.
//!
//! Input: the linked project, the census of its calls, the write paths. Output: [`Coverage`] of the reported files.
//! Must not know: formats, the file system.

use super::clients;
use super::linking::Imports;
use crate::coverage::{Coverage, Cut, Unknown, Unresolved};
use crate::diagnostic::WritePath;
use crate::limits;
use crate::project::Project;
use crate::project::census::Census;
use crate::project::mongo::telling_names;
use crate::source::{FileId, SourceFile, Sources};
use crate::value::FnRef;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// The files that are reported on, by the numbers that the stages use.
struct Reported<'a>(&'a Sources);

impl<'a> Reported<'a> {
    fn get(&self, file: u32) -> Option<&'a SourceFile> {
        self.0.get(FileId(file)).filter(|file| file.reported)
    }
}

/// `unread` are files without facts.
pub(super) fn coverage(
    sources: &Sources,
    project: &Project,
    census: &Census,
    paths: &[WritePath],
    imports: Imports,
    unread: Vec<FileId>,
    is_of_another: bool,
) -> Coverage {
    let reported = Reported(sources);
    let mut coverage = Coverage { functions: functions(&reported, project), ..Coverage::default() };
    let mut collections = BTreeSet::new();
    for ((file, start, _), called) in census.calls() {
        let Some(file) = reported.get(file) else { continue };
        coverage.calls += 1;
        coverage.writes += usize::from(called.is_write);
        collections.extend(&called.collections);
        if called.collections.is_empty() {
            coverage.unnamed.push(Unknown {
                path: file.path.clone(),
                line: file.position(start).line,
                function: project.function(called.owner).map_or("<module>", |f| f.name.as_str()).to_owned(),
            });
        }
    }
    coverage.collections = collections.len();
    let tracked = paths.iter().filter(|path| path.tracked && reported.get(path.place.file.0).is_some());
    coverage.arrays = tracked.map(|path| (&path.collection, &path.array)).collect::<BTreeSet<_>>().len();
    for (file, specifier, is_found) in imports.own {
        match (reported.get(file), is_found) {
            (Some(_), true) => coverage.resolved += 1,
            (Some(file), false) => coverage.unresolved.push(Unresolved { path: file.path.clone(), specifier }),
            (None, _) => {}
        }
    }
    coverage.cut = cut(&reported, project);
    coverage.unread = unread.into_iter().filter_map(|id| reported.get(id.0)).map(|file| file.path.clone()).collect();
    let is_seen = census.calls().next().is_some();
    coverage.warnings.extend(imports.troubles);
    if is_of_another || !is_seen {
        coverage.warnings.extend(clients::warning(sources, is_seen));
    }
    coverage
}

/// The functions of the reported files, without the modules' own bodies.
fn functions(reported: &Reported<'_>, project: &Project) -> usize {
    let files = project.functions.iter().zip(project.files.iter());
    files.filter(|(function, file)| function.parent.is_some() && reported.get(**file).is_some()).count()
}

/// One entry for each function that may touch the database, with the first limit that it met.
fn cut(reported: &Reported<'_>, project: &Project) -> Vec<Cut> {
    let mut texts = Texts { sources: reported.0, project, words: telling_names(), writes: FxHashMap::default() };
    let mut cut = BTreeMap::new();
    for (func, cuts) in project.cuts() {
        let (Some(file), Some(function)) = (reported.get(project.file_of(*func)), project.function(*func)) else {
            continue;
        };
        let Some(first) = cuts.iter().find(|cut| texts.tells(*func, *cut)) else { continue };
        // Functions without a name of their own count once for each file.
        cut.entry((file.path.clone(), function.name.clone())).or_insert(first.words());
    }
    cut.into_iter().map(|((path, function), what)| Cut { path, function, what }).collect()
}

/// What the text of a function says of it, where its end is not known.
struct Texts<'a> {
    sources: &'a Sources,
    project: &'a Project,
    words: Vec<&'static str>,
    writes: FxHashMap<FnRef, bool>,
}

impl Texts<'_> {
    /// Whether what a limit cut from a function may decide a write.
    fn tells(&mut self, func: FnRef, cut: limits::Cut) -> bool {
        match cut {
            limits::Cut::Steps | limits::Cut::Calls | limits::Cut::Implementers => true,
            limits::Cut::Size | limits::Cut::Values | limits::Cut::Branches => self.writes(func),
            // Its callers do with the result what they do.
            limits::Cut::Returns => {
                let callers = self.project.callers_of(func).iter();
                self.writes(func) || callers.map(|(caller, _)| *caller).any(|caller| self.writes(caller))
            }
        }
    }

    fn writes(&mut self, func: FnRef) -> bool {
        let text = || {
            let function = self.project.function(func)?;
            let file = self.sources.get(FileId(self.project.file_of(func)))?;
            Some(file.slice(function.start, function.end))
        };
        let holds_word =
            || text().is_some_and(|text| text.contains(".save(") || self.words.iter().any(|word| text.contains(word)));
        *self.writes.entry(func).or_insert_with(holds_word)
    }
}
