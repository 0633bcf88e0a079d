//! Keeps the findings that a change has to do with.
//!
//! Input: findings, and the lines that changed. Output: the findings with an end in those lines: the act, the check, or any
//! other related place. An end reaches over all the lines of its call, so that a guard taken out of a filter that spans
//! several lines is seen. Must not know: how a change was found.

use crate::diagnostic::{Analysis, Finding};
use crate::git::Changes;
use crate::rules::UNREAD;
use crate::source::{Place, Sources};

pub fn keep(analysis: &mut Analysis, sources: &Sources, changes: &Changes) {
    let extents = std::mem::take(&mut analysis.extents);
    let touches = |place: Place| {
        let Some(file) = sources.get(place.file) else { return false };
        let line = |offset: u32| {
            let before = file.text.get(..offset as usize).unwrap_or_default();
            before.bytes().filter(|byte| *byte == b'\n').count() as u32 + 1
        };
        let end = extents.get(&place).copied().unwrap_or(place.end);
        changes.touches(&file.path, line(place.start), line(end))
    };
    let is_wanted = |finding: &Finding| {
        if UNREAD.contains(&finding.rule) {
            // The parser gives up where it notices, which need not be where the mistake was made.
            return sources.get(finding.place.file).is_some_and(|file| changes.has(&file.path));
        }
        touches(finding.place) || finding.related.iter().any(|related| touches(related.place))
    };
    analysis.findings.retain(&is_wanted);
    analysis.accepted.retain(|accepted| is_wanted(&accepted.finding));
    analysis.extents = extents;
}
