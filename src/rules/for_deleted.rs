//! What is done for one document that a step deletes is one matter, however many steps it takes: it is told once, with the others
//! beside it.
//!
//! Input: a draft about one of the steps. Output: the draft, in the group of the others. Must not know: formats.

use super::consumed::is_for_deleted;
use super::context::{Context, Trace};
use super::draft::Draft;
use super::pending::Judged;
use crate::diagnostic::Role;
use crate::limits;
use crate::project::writes::Write;
use crate::value::Site;

impl Context<'_> {
    /// Reports what is done for a document that a step of the function deletes, where no other such step is told.
    pub(super) fn report_of_deleted(&mut self, mut draft: Draft, trace: &Trace, act: &Judged<'_>, deleting: &Write) {
        let beside = done_beside(self, trace, act.write, deleting);
        draft.related.extend(beside.into_iter().map(|site| (site, Role::Context, "done for it too".to_owned())));
        let next = self.groups + 1;
        let group = *self.deleting.entry((trace.func, deleting.site)).or_insert(next);
        self.groups = self.groups.max(group);
        let outer = self.group.replace(group);
        self.report_judged(draft, trace, act);
        self.group = outer;
    }
}

/// The other steps that are done again for a document that is deleted beside them, as many as a finding names.
fn done_beside(ctx: &mut Context<'_>, trace: &Trace, write: &Write, deleting: &Write) -> Vec<Site> {
    let mut sites = Vec::new();
    for (other, checks) in trace.writes.iter().zip(&trace.checks) {
        if sites.len() >= limits::TOLD_BESIDE {
            break;
        }
        let is_another = other.site != write.site && other.step != deleting.step;
        if is_another && is_for_deleted(ctx, other, checks, deleting) {
            sites.push(other.site);
        }
    }
    sites
}
