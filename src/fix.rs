//! Applies fixes to texts.
//!
//! Input: sources and their findings. Output: the sources after one round of edits that do not overlap; an edit that
//! would break its file is left out. Must not know: where files are stored, how a fix was found.

use crate::diagnostic::{Applicability, Edit, Finding, Fix};
use crate::limits;
pub use crate::limits::FIX_ROUNDS as MAX_ROUNDS;
use crate::panics;
use crate::parse;
use crate::source::{FileId, Place, SourceFile, Sources};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// What one round did.
#[derive(Debug)]
pub struct Round {
    pub sources: Sources,
    /// Findings whose fix was applied.
    pub applied: usize,
    /// Places of the findings whose fix was refused, because the result would not parse.
    pub refused: Vec<Place>,
}

/// Fixes of one file with the places of their findings, and what their edits take up.
type Accepted<'a> = (Vec<(&'a Fix, Place)>, Ranges);

/// Applies the fixes of the findings that are at least as applicable, in their order, each whole or not at all. Only files that are
/// reported on change.
pub fn apply(sources: &Sources, findings: &[Finding], least: Applicability) -> Round {
    let mut accepted: BTreeMap<FileId, Accepted<'_>> = BTreeMap::new();
    for finding in findings {
        // A fix in one file is whole there; one over several files could be refused in part.
        let Some(fix) = finding.fix.as_ref().filter(|fix| fix.applicability <= least) else { continue };
        let Some(file) = fix.edits.first().map(|edit| edit.place.file) else { continue };
        let is_reported = sources.is_reported(file);
        let (fixes, ranges) = accepted.entry(file).or_default();
        if is_reported && fix.edits.iter().all(|edit| edit.place.file == file && ranges.is_free(edit.place)) {
            fix.edits.iter().for_each(|edit| ranges.take(edit.place));
            fixes.push((fix, finding.place));
        }
    }
    let mut round = Round { sources: sources.clone(), applied: 0, refused: Vec::new() };
    for (id, (fixes, _)) in accepted {
        let Some(file) = sources.get(id) else { continue };
        let mut attempt = Attempt { file, errors: OnceCell::new(), taken: Vec::new(), text: None, refused: Vec::new() };
        attempt.take(&fixes);
        round.applied += attempt.taken.len();
        round.refused.extend(attempt.refused);
        if let Some(new) = attempt.text {
            round.sources.replace(id, new);
        }
    }
    round
}

/// The fixes of one file, as many as leave a text that parses.
struct Attempt<'a> {
    file: &'a SourceFile,
    /// Syntax errors before any fix; `None` when there is no tree.
    errors: OnceCell<Option<usize>>,
    taken: Vec<(&'a Fix, Place)>,
    /// The text with those that were taken.
    text: Option<SourceFile>,
    refused: Vec<Place>,
}

impl<'a> Attempt<'a> {
    /// Takes all of the fixes at once, else each half for itself, down to the ones that are to blame.
    fn take(&mut self, fixes: &[(&'a Fix, Place)]) {
        if fixes.is_empty() {
            return;
        }
        if self.refused.len() >= limits::REFUSED_FIXES {
            return self.refused.extend(fixes.iter().map(|(_, place)| *place));
        }
        let wanted = [self.taken.as_slice(), fixes].concat();
        let edits = wanted.iter().flat_map(|(fix, _)| &fix.edits).collect();
        let new = edited(self.file, edits).filter(|new| self.parses_as_well(new));
        match (new, fixes) {
            (Some(new), _) => (self.taken, self.text) = (wanted, Some(new)),
            (None, [(_, place)]) => self.refused.push(*place),
            (None, _) => {
                let (first, second) = fixes.split_at(fixes.len() / 2);
                self.take(first);
                self.take(second);
            }
        }
    }

    /// Whether the new text has a tree, and no more syntax errors than the old one.
    fn parses_as_well(&self, new: &SourceFile) -> bool {
        let before = *self.errors.get_or_init(|| syntax_errors(self.file));
        matches!((before, syntax_errors(new)), (Some(before), Some(after)) if after <= before)
    }
}

/// `None` for a text without a tree.
fn syntax_errors(file: &SourceFile) -> Option<usize> {
    panics::attempt(|| parse::count_errors(file)).ok().flatten()
}

/// Ranges that do not overlap: end by start.
#[derive(Default)]
struct Ranges(BTreeMap<u32, u32>);

impl Ranges {
    /// Two insertions at one place overlap too: their order would be chance.
    fn is_free(&self, place: Place) -> bool {
        let before = self.0.range(..place.start).next_back();
        before.is_none_or(|(_, end)| *end <= place.start)
            && self.0.range(place.start..place.end.max(place.start + 1)).next().is_none()
    }

    fn take(&mut self, place: Place) {
        self.0.insert(place.start, place.end);
    }
}

/// The file with the edits, which do not overlap; `None` when one of them is not on character boundaries.
fn edited(file: &SourceFile, mut edits: Vec<&Edit>) -> Option<SourceFile> {
    edits.sort_by_key(|edit| edit.place);
    let mut text = String::with_capacity(file.text.len());
    let (mut at, has_crlf) = (0, file.text.contains("\r\n"));
    for edit in edits {
        text.push_str(file.text.get(at..edit.place.start as usize)?);
        match has_crlf {
            true => text.push_str(&edit.text.replace("\r\n", "\n").replace('\n', "\r\n")),
            false => text.push_str(&edit.text),
        }
        at = edit.place.end as usize;
    }
    text.push_str(file.text.get(at..)?);
    Some(file.with_text(&text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Level;

    fn finding(edits: &[(u32, u32, &str)]) -> Finding {
        let edit = |(start, end, text): &(u32, u32, &str)| Edit {
            place: Place { file: FileId(0), start: *start, end: *end },
            text: (*text).to_owned(),
        };
        let fix =
            Fix { title: String::new(), applicability: Applicability::Safe, edits: edits.iter().map(edit).collect() };
        let place = Place { file: FileId(0), start: 0, end: 0 };
        Finding { fix: Some(fix), ..Finding::bare("check-then-push", Level::Error, place) }
    }

    fn applied(text: &str, findings: &[Finding]) -> (String, usize, usize) {
        let sources = Sources::new(vec![SourceFile::new("a.js".into(), text, true)]);
        let round = apply(&sources, findings, Applicability::Safe);
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
    fn an_edit_that_would_not_parse_refuses_only_itself() {
        let line = |at: u32| at * 4;
        let mut findings: Vec<Finding> = (0..9).map(|at| finding(&[(line(at) + 2, line(at) + 2, "x")])).collect();
        findings[3] = finding(&[(line(3) + 1, line(3) + 3, "((")]);
        findings[7] = finding(&[(line(7), line(7) + 1, "}")]);
        let text = "f()\n".repeat(9);
        let expected: String = (0..9).map(|at| if at == 3 || at == 7 { "f()\n" } else { "f(x)\n" }).collect();
        assert_eq!(applied(&text, &findings), (expected, 7, 2));
    }

    #[test]
    fn ranges_that_touch_do_not_overlap() {
        let place = |start, end| Place { file: FileId(0), start, end };
        let mut ranges = Ranges::default();
        ranges.take(place(4, 8));
        ranges.take(place(10, 10));
        let free = |start, end| ranges.is_free(place(start, end));
        assert!(free(0, 4) && free(8, 10) && free(3, 3) && free(8, 8) && free(11, 12));
        assert!(
            !free(3, 5) && !free(7, 9) && !free(4, 4) && !free(5, 5) && !free(10, 10) && !free(9, 12) && !free(0, 20)
        );
    }

    #[test]
    fn a_file_that_would_not_parse_keeps_its_text() {
        assert_eq!(applied("f()\n", &[finding(&[(1, 3, "((")])]), ("f()\n".to_owned(), 0, 1));
        // Not on a character boundary.
        assert_eq!(applied("'é'\n", &[finding(&[(2, 2, "x")])]), ("'é'\n".to_owned(), 0, 1));
    }
}
