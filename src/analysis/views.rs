//! The views of one place, each from a function that leads to it: the best of them is told there. Where the check is not in the
//! function of the act, each further function that checks for it has a race of its own, which is told at its call. An act that works
//! on several collections, such as that of a repository, is told at the calls alone.
//!
//! Input: drafts. Output: those that are told. Must not know: sources, formats.

use crate::diagnostic::{Level, Proof, Role};
use crate::limits;
use crate::project::Project;
use crate::project::census::Census;
use crate::rules::context::Draft;
use crate::value::{FnRef, Site};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What a help says that asks for a check in the filter.
const REFUSED: [&str; 2] = ["matchedCount 0", "treat null"];

/// Rule, file, start, end, and the collection: a repository that many share has a place in each of theirs. A limit is told of beside
/// what else is.
pub(super) type DraftKey = (&'static str, u32, u32, u32, Option<String>, bool);

/// A draft with its level, and the call at which it is told, where that is not the act.
pub(super) struct View {
    pub(super) level: Level,
    pub(super) draft: Draft,
    pub(super) through: Option<Site>,
}

/// The best view of each place and each function in which check and act meet.
#[derive(Default)]
pub(super) struct Views(FxHashMap<DraftKey, FxHashMap<Option<FnRef>, View>>);

impl Views {
    pub(super) fn add(&mut self, project: &Project, level: Level, draft: Draft) {
        let site = project.base_site(draft.site);
        let key = (draft.rule, site.file, site.start, site.end, draft.collection.clone(), draft.is_of_limit);
        let through = draft.through(project);
        let views = self.0.entry(key).or_default();
        let new = View { level, draft, through };
        let of = through.and_then(|call| project.enclosing(call));
        match views.remove(&of) {
            None => drop(views.insert(of, new)),
            Some(known) => {
                let (mut kept, dropped) = if new.is_better(&known) { (new, known) } else { (known, new) };
                kept.take_ends(dropped);
                views.insert(of, kept);
            }
        }
    }

    /// What is told of each place, in order.
    pub(super) fn into_told(self, project: &Project, census: &Census) -> Vec<(DraftKey, View)> {
        let mut told = Vec::new();
        for (key, views) in self.0.into_iter().collect::<BTreeMap<_, _>>() {
            let is_of_many = census.names_at((key.1, key.2, key.3)) > 1;
            let mut views: Vec<View> = views.into_values().collect();
            let place = |view: &View| {
                let call = view.through.map(|call| project.base_site(call));
                call.map(|call| (call.file, call.start))
            };
            // What the function of the act decides itself is decided there for all that call it.
            let is_decided_there = views.iter().any(|view| view.through.is_none() && view.has_check());
            views.sort_by_key(|view| (view.rank(), place(view)));
            let mut views = views.into_iter();
            let Some(mut best) = views.next() else { continue };
            let mut others = Vec::new();
            for view in views {
                let is_own = !is_decided_there && view.through.is_some();
                match is_own && view.draft.proof != Proof::NotJudged && view.level > Level::Info {
                    true => others.push(view),
                    false => best.take_ends(view),
                }
            }
            if is_decided_there || !is_of_many {
                best.through = None;
            }
            for view in others.iter_mut().chain([&mut best]) {
                view.say_beside();
                view.draft.say_count();
                view.draft.say_upsert();
                view.draft.show_paths();
            }
            others.sort_by_key(place);
            told.extend(std::iter::once(best).chain(others).map(|view| (key.clone(), view)));
        }
        in_one(project, told)
    }
}

/// One line that does the same to many collections is one defect: a helper that takes the model. It is told of the collection that
/// shows it best, which names how many others there are. A repository in whose line several checks end has several defects there.
fn in_one(project: &Project, told: Vec<(DraftKey, View)>) -> Vec<(DraftKey, View)> {
    type Line = (&'static str, u32, u32, u32, bool, Option<(u32, u32)>, String);
    let mut lines: BTreeMap<Line, Vec<(DraftKey, View)>> = BTreeMap::new();
    for (key, view) in told {
        let (rule, file, start, end, _, is_of_limit) = key;
        let call = view.through.map(|call| project.base_site(call)).map(|call| (call.file, call.start));
        let name = view.draft.collection.as_ref().map(|name| format!("`{name}`")).unwrap_or_default();
        let said = view.draft.message.replacen(&name, "", usize::from(!name.is_empty()));
        lines.entry((rule, file, start, end, is_of_limit, call, said)).or_default().push((key, view));
    }
    let mut told = Vec::new();
    for mut line in lines.into_values() {
        let others = line.len().saturating_sub(1);
        if others >= limits::COLLECTIONS_OF_LINE {
            line.sort_by_key(|(_, view)| view.rank());
            line.truncate(1);
            for (_, view) in &mut line {
                view.draft.message.push_str(&format!("; so it is in {others} other collections"));
            }
        }
        told.extend(line);
    }
    told
}

impl View {
    /// The most severe, then one with a witness, then that with the fewest calls in between.
    fn rank(&self) -> Reverse<(Level, bool, Reverse<u32>)> {
        Reverse((self.level, self.draft.proof.is_proven(), Reverse(self.draft.calls)))
    }

    fn has_check(&self) -> bool {
        self.draft.related.iter().any(|(_, role, _)| *role == Role::Check)
    }

    fn is_better(&self, other: &Self) -> bool {
        self.rank() < other.rank()
    }

    /// Adds to the help what is checked before, where it asks for no check itself.
    fn say_beside(&mut self) {
        if let Some(beside) =
            self.draft.beside.filter(|_| !REFUSED.iter().any(|refused| self.draft.help.contains(refused)))
        {
            self.draft.help.push_str(beside);
            // What it writes would be computed of what is stored, and still be decided by what was loaded.
            if self.draft.fix.take().is_some() {
                self.draft.unfixed = Some("the comparison that comes before is no part of it");
            }
        }
    }

    /// The best view speaks; the ends that other callers add are kept as related places.
    fn take_ends(&mut self, other: Self) {
        self.draft.beside = self.draft.beside.or(other.draft.beside);
        let own = &mut self.draft.related;
        let room = limits::RELATED.saturating_sub(own.len());
        let more: Vec<_> = other.draft.related.into_iter().filter(|end| !own.contains(end)).take(room).collect();
        own.extend(more);
    }
}
