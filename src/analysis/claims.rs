//! Acts that every caller of a function does under a claim that it has won.
//!
//! Input: a draft, and what the rules are silent about. Output: whether a call without a claim leads to the act. Must not know: how a
//! claim is told, formats.

use crate::project::Project;
use crate::rules::context::Draft;
use crate::rules::silence::Silent;
use crate::value::{Site, SiteInfo};

/// Whether what a function decides itself is decided by one request at a time: all that call it have won a claim before.
pub(super) fn is_claimed_by_callers(project: &Project, draft: &Draft, silences: &[Silent]) -> bool {
    let called: Vec<SiteInfo> = project
        .callers_of(draft.seen_in)
        .iter()
        .filter(|(caller, _)| !project.is_of_test(*caller))
        .map(|(_, site)| project.base_site(*site))
        .collect();
    if called.is_empty() || project.entry(draft.seen_in).is_some() {
        return false;
    }
    let act = project.base_site(draft.site);
    let is_claimed =
        |silent: &&Silent| silent.rule == draft.rule && silent.is_claimed() && project.base_site(silent.act) == act;
    let claimed: Vec<SiteInfo> =
        silences.iter().filter(is_claimed).flat_map(|silent| calls_to(project, silent.act)).collect();
    called.iter().all(|call| claimed.contains(call))
}

/// The calls that lead to a place.
fn calls_to(project: &Project, site: Site) -> impl Iterator<Item = SiteInfo> {
    let via = |site: &Site| project.arena.site_info(*site).via;
    std::iter::successors(via(&site), via).map(|call| project.base_site(call))
}
