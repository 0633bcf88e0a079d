//! Where an expression stands in the sources.
//!
//! Input: a site or a range. Output: a place on one line. Must not know: findings.

use crate::project::Project;
use crate::source::{FileId, Place, SourceFile, Sources};
use crate::value::Site;

pub fn place<'a>(sources: &'a Sources, project: &Project, site: Site) -> Option<(&'a SourceFile, Place)> {
    let info = project.base_site(site);
    let id = FileId(info.file);
    let file = sources.get(id)?;
    Some((file, one_line(file, id, info.start, info.end)))
}

/// The part of a range on its first line, for a pull request shows a finding only if all of its lines changed.
pub fn one_line(file: &SourceFile, id: FileId, start: u32, end: u32) -> Place {
    Place { file: id, start, end: end.min(file.line_end(start)).max(start) }
}
