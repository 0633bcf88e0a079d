//! Which database calls the code holds, each counted once.
//!
//! Input: the summaries, and the writes that the rules see. Output: the calls by their place in the text.
//! Must not know: rules, what is reported on.

use super::link::{Op, Project, Step};
use super::mongo::{Action, is_method};
use super::writes::Write;
use crate::value::{FnRef, Site};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// A call in the text: file, and 0-based byte offsets, end exclusive.
type Spot = (u32, u32, u32);

/// What is known of one database call from all the functions that reach it.
#[derive(Clone, Debug)]
pub struct Called {
    /// The function in whose text it stands.
    pub owner: FnRef,
    /// The names that the views of the call give.
    pub collections: BTreeSet<String>,
    /// Whether the text around the call gives one, so that no caller need be asked.
    is_named: bool,
    pub is_write: bool,
}

/// The database calls of a project.
#[derive(Clone, Debug, Default)]
pub struct Census {
    calls: BTreeMap<Spot, Called>,
}

impl Census {
    /// The calls by file and place.
    pub fn calls(&self) -> impl Iterator<Item = (Spot, &Called)> {
        self.calls.iter().map(|(spot, called)| (*spot, called))
    }

    /// How many collections the call at a place works on, as far as those who reach it tell.
    pub fn names_at(&self, spot: Spot) -> usize {
        self.calls.get(&spot).map_or(0, |called| called.collections.len())
    }

    /// Counts the writes that one function sees, its own and its callees'.
    pub fn add_writes(&mut self, project: &Project, steps: &[Step], writes: &[Write]) {
        for write in writes {
            let owner = steps.get(write.step).map(|step| step.owner);
            self.add(project, write.site, owner, write.handle.name(), true);
        }
    }

    /// Counts the calls in the text of one function.
    pub fn add_own(&mut self, project: &mut Project, func: FnRef) {
        self.add_steps(project, func, |_, step| step.calls == 0);
    }

    /// Adds the calls that another part of the project holds.
    pub fn add_all(&mut self, other: Self) {
        for (spot, other) in other.calls {
            match self.calls.entry(spot) {
                Entry::Vacant(vacant) => drop(vacant.insert(other)),
                Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    known.is_named |= other.is_named;
                    known.is_write |= other.is_write;
                    known.collections.extend(other.collections);
                }
            }
        }
    }

    /// Asks the callers of a function for the names of the collections that its own text does not give.
    pub fn name_from(&mut self, project: &mut Project, func: FnRef) {
        self.add_steps(project, func, |known, step| step.calls > 0 && known.is_some_and(|it| !it.is_named));
    }

    fn add_steps(&mut self, project: &mut Project, func: FnRef, is_wanted: impl Fn(Option<&Called>, &Step) -> bool) {
        let steps = project.steps_of(func);
        let spot = |project: &Project, site: Site| {
            let info = project.base_site(site);
            (info.file, info.start, info.end)
        };
        let wanted: Vec<(Site, FnRef, Op)> = steps
            .iter()
            .filter(|step| match &step.op {
                Op::Call { recv: Some(_), name: Some(name), .. } => is_method(project.arena.text(*name)),
                _ => false,
            })
            .filter(|step| is_wanted(self.calls.get(&spot(project, step.site)), step))
            .map(|step| (step.site, step.owner, step.op.clone()))
            .collect();
        for (site, owner, op) in wanted {
            let Op::Call { recv: Some(recv), name: Some(name), args, .. } = op else { continue };
            if let Some(call) = project.db_call(site, recv, name, &args) {
                self.add(project, site, Some(owner), call.handle.name(), is_write(call.action));
                if project.chain(site) == 0 && call.handle.name().is_some() {
                    self.settle(project, site);
                }
            }
        }
    }

    fn add(&mut self, project: &Project, site: Site, owner: Option<FnRef>, collection: Option<&str>, is_write: bool) {
        let info = project.base_site(site);
        let Some(owner) = owner else { return };
        let called = Called { owner, collections: BTreeSet::new(), is_named: false, is_write: false };
        let called = self.calls.entry((info.file, info.start, info.end)).or_insert(called);
        called.is_write |= is_write;
        if collection.is_some_and(|name| !called.collections.contains(name)) {
            called.collections.extend(collection.map(str::to_owned));
        }
    }

    /// Notes that the text around a call names its collection.
    fn settle(&mut self, project: &Project, site: Site) {
        let info = project.base_site(site);
        if let Some(called) = self.calls.get_mut(&(info.file, info.start, info.end)) {
            called.is_named = true;
        }
    }
}

fn is_write(action: Action) -> bool {
    match action {
        Action::Update | Action::Replace | Action::InsertOne | Action::InsertMany | Action::Bulk | Action::Delete => {
            true
        }
        Action::FindOne | Action::FindMany | Action::Count | Action::Exists | Action::CreateIndex => false,
    }
}
