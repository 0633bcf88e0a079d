//! Which findings of an analysed project count.
//!
//! Input: a project, and what is accepted. Output: the project with the findings that count. Must not know: reports.

use super::args::CheckArgs;
use super::baseline;
use super::project::Project;
use super::select;
use crate::error::Error;
use std::io::Write;

/// Takes out of the findings what was accepted, and what the looked-at change has nothing to do with.
pub fn settle(project: &mut Project, args: &CheckArgs, stderr: &mut dyn Write) -> Result<(), Error> {
    // First the baseline, which must see the whole run to know what is fixed.
    baseline::apply(project, &args.accept, stderr)?;
    project.keep_changed();
    select::keep(project, &args.select, stderr);
    project.analysis.shows_accepted = args.accept.report_suppressed;
    Ok(())
}
