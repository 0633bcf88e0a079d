//! Acts that every caller of a function does under a claim that it has won.
//!
//! Input: a draft, and what the rules are silent about. Output: whether a call without a claim leads to the act. Must not know: how a
//! claim is told, formats.

use crate::project::Project;
use crate::rules::context::Draft;
use crate::rules::silence::Silent;
use crate::value::{Site, SiteInfo};
use rustc_hash::{FxHashMap, FxHashSet};

/// The calls that lead to acts under a claim, by the rule that is silent for it and the place of the act.
pub(super) struct Claimed(FxHashMap<(&'static str, SiteInfo), FxHashSet<SiteInfo>>);

impl Claimed {
    pub fn new(project: &Project, silences: &[Silent]) -> Self {
        let mut calls: FxHashMap<_, FxHashSet<_>> = FxHashMap::default();
        for silent in silences.iter().filter(|silent| silent.is_claimed()) {
            let act = (silent.rule, project.base_site(silent.act));
            calls.entry(act).or_default().extend(calls_to(project, silent.act));
        }
        Self(calls)
    }

    /// Whether what a function decides itself is decided by one request at a time: all that call it have won a claim before.
    pub fn by_all_callers(&self, project: &Project, draft: &Draft) -> bool {
        let Some(claimed) = self.0.get(&(draft.rule, project.base_site(draft.site))) else { return false };
        let callers = project.callers_of(draft.seen_in).iter();
        let mut called = callers.filter(|(caller, _)| !project.is_of_test(*caller)).peekable();
        called.peek().is_some()
            && project.entry(draft.seen_in).is_none()
            && called.all(|(_, site)| claimed.contains(&project.base_site(*site)))
    }
}

/// The calls that lead to a place.
fn calls_to(project: &Project, site: Site) -> impl Iterator<Item = SiteInfo> {
    let via = |site: &Site| project.arena.site_info(*site).via;
    std::iter::successors(via(&site), via).map(|call| project.base_site(call))
}
