//! Which acts are worth a judgement: those that the report can tell of. A hook reports on the files that a commit changes alone.
//!
//! Input: drafts, and on which files to report. Output: whether a draft can be told. Must not know: how an act is judged, formats.

use crate::project::Project;
use crate::rules::context::Draft;
use crate::source::{FileId, Sources};

pub(super) struct Wanted<'a>(&'a Sources);

impl<'a> Wanted<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        Self(sources)
    }

    /// Whether a draft, whose places are those of a copy of the project, stands in a reported file or names one.
    pub(super) fn has(&self, copy: &Project, draft: &Draft) -> bool {
        let named = draft.related.iter().map(|(site, ..)| *site);
        let mut places = [draft.site].into_iter().chain(draft.through(copy)).chain(named);
        places.any(|site| self.0.is_reported(FileId(copy.base_site(site).file)))
    }
}
