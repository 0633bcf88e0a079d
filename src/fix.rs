//! Applies fixes to texts.
//!
//! Input: sources and their findings. Output: the sources after one round of edits that do not overlap; a file that the
//! edits would break keeps its text. Must not know: where files are stored, how a fix was found.

use crate::diagnostic::{Edit, Finding};
use crate::panics;
use crate::parse;
use crate::source::{FileId, SourceFile, Sources};
use std::collections::BTreeMap;

/// Rounds after which a run of fixes stops: a fix may make room for the next one, but two must not undo each other for
/// ever.
pub const MAX_ROUNDS: usize = 10;

/// What one round did.
#[derive(Debug)]
pub struct Round {
    pub sources: Sources,
    /// Findings whose fix was applied.
    pub applied: usize,
    /// Files whose fixes were refused, because the result would not parse.
    pub refused: Vec<FileId>,
}

/// Applies the fixes of the findings, in their order, each whole or not at all. Only files that are reported on change.
pub fn apply(sources: &Sources, findings: &[Finding]) -> Round {
    let mut accepted: BTreeMap<FileId, (Vec<&Edit>, usize)> = BTreeMap::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()) {
        // A fix in one file is whole there; one over several files could be refused in part.
        let Some(file) = fix.edits.first().map(|edit| edit.place.file) else { continue };
        let is_reported = sources.get(file).is_some_and(|file| file.reported);
        let (edits, count) = accepted.entry(file).or_default();
        let fits = |edit: &Edit| edit.place.file == file && edits.iter().all(|other| !overlap(edit, other));
        if is_reported && fix.edits.iter().all(fits) {
            edits.extend(&fix.edits);
            *count += 1;
        }
    }
    let mut round = Round { sources: sources.clone(), applied: 0, refused: Vec::new() };
    for (id, (edits, count)) in accepted.into_iter().filter(|(_, (edits, _))| !edits.is_empty()) {
        let Some(file) = sources.get(id) else { continue };
        match edited(file, edits).filter(|new| parses_as_well(file, new)) {
            Some(new) => {
                round.sources.replace(id, new);
                round.applied += count;
            }
            None => round.refused.push(id),
        }
    }
    round
}

/// Two insertions at one place overlap too: their order would be chance.
fn overlap(a: &Edit, b: &Edit) -> bool {
    let (a, b) = (a.place, b.place);
    a.start < b.end && b.start < a.end || a.start == b.start
}

/// The file with the edits, which do not overlap; `None` when one of them is not on character boundaries.
fn edited(file: &SourceFile, mut edits: Vec<&Edit>) -> Option<SourceFile> {
    edits.sort_by_key(|edit| edit.place);
    let mut text = String::with_capacity(file.text.len());
    let mut at = 0;
    for edit in edits {
        text.push_str(file.text.get(at..edit.place.start as usize)?);
        text.push_str(&edit.text);
        at = edit.place.end as usize;
    }
    text.push_str(file.text.get(at..)?);
    Some(file.with_text(&text))
}

/// Whether the new text has a tree, and no more syntax errors than the old one.
fn parses_as_well(old: &SourceFile, new: &SourceFile) -> bool {
    let errors = |file| panics::attempt(|| parse::count_errors(file)).ok().flatten();
    matches!((errors(old), errors(new)), (Some(before), Some(after)) if after <= before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Fix, Level};
    use crate::source::Place;

    fn finding(edits: &[(u32, u32, &str)]) -> Finding {
        let edit = |(start, end, text): &(u32, u32, &str)| Edit {
            place: Place { file: FileId(0), start: *start, end: *end },
            text: (*text).to_owned(),
        };
        let fix = Fix { title: String::new(), edits: edits.iter().map(edit).collect() };
        let place = Place { file: FileId(0), start: 0, end: 0 };
        Finding { fix: Some(fix), ..Finding::bare("check-then-push", Level::Error, place) }
    }

    fn applied(text: &str, findings: &[Finding]) -> (String, usize, usize) {
        let sources = Sources::new(vec![SourceFile::new("a.js".into(), text, true)]);
        let round = apply(&sources, findings);
        let text = round.sources.get(FileId(0)).expect("a file").on_disk();
        (text, round.applied, round.refused.len())
    }

    #[test]
    fn edits_that_overlap_wait_for_the_next_round() {
        let findings = [finding(&[(5, 5, "c")]), finding(&[(5, 5, "d")]), finding(&[(0, 1, "x"), (4, 6, "y")])];
        assert_eq!(applied("f(a, b)\n", &findings), ("f(a, cb)\n".to_owned(), 1, 0));
    }

    #[test]
    fn the_mark_and_the_line_ends_stay() {
        let findings = [finding(&[(3, 3, ";")]), finding(&[(0, 1, "g")])];
        assert_eq!(applied("\u{feff}f()\r\nh()\r\n", &findings), ("\u{feff}g();\r\nh()\r\n".to_owned(), 2, 0));
    }

    #[test]
    fn a_file_that_would_not_parse_keeps_its_text() {
        assert_eq!(applied("f()\n", &[finding(&[(1, 3, "((")])]), ("f()\n".to_owned(), 0, 1));
        // Not on a character boundary.
        assert_eq!(applied("'é'\n", &[finding(&[(2, 2, "x")])]), ("'é'\n".to_owned(), 0, 1));
    }
}
