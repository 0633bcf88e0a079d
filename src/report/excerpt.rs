//! The part of a file that a snippet shows: safe to print, long lines cropped around what is marked.
//!
//! Input: a file and marked places in it. Output: a text, and the marks as byte ranges of that text.
//! Must not know: how a snippet is drawn.

use super::escape;
use crate::source::{Place, Position, SourceFile};
use std::ops::Range;

/// Lines kept around a marked line. Lines farther away are empty in the excerpt; they are never drawn.
const CONTEXT: u32 = 3;
/// Longest line that is shown whole, in characters, and the width of the window into a longer one.
const WIDTH: usize = 160;
/// Characters shown before the mark in a cropped line.
const LEAD: usize = 40;

/// A mark of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Bytes of [`Excerpt::text`]; on one line.
    pub range: Range<usize>,
    /// Where the place starts in the file.
    pub position: Position,
}

/// Consecutive lines of a file.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    pub text: String,
    /// 0-based number of the first line of `text` in the file.
    pub first_line: usize,
    /// In the order of the places.
    pub marks: Vec<Mark>,
}

/// Takes the lines around `places`, all of which are in `file`. A place of several lines is marked on its first.
pub fn excerpt(file: &SourceFile, places: &[Place]) -> Excerpt {
    let last_line = file.position(u32::MAX).line;
    let spots: Vec<(Position, &Place)> = places.iter().map(|place| (file.position(place.start), place)).collect();
    let lines = || spots.iter().map(|(start, _)| start.line);
    let first = lines().min().unwrap_or(1).saturating_sub(CONTEXT).max(1);
    let last = lines().max().unwrap_or(1).saturating_add(CONTEXT).min(last_line);
    let mut text = String::new();
    let mut marks: Vec<Option<Mark>> = vec![None; spots.len()];
    for number in first..=last {
        if lines().any(|line| line.abs_diff(number) <= CONTEXT) {
            let line = file.line(number);
            let offset = |at: u32| floor(line, (at.saturating_sub(file.line_start(number))) as usize);
            let first = spots.iter().find(|(start, _)| start.line == number);
            let window = window(line, first.map(|(_, place)| offset(place.start)));
            let drawn = draw(line, &window);
            for (mark, (start, place)) in marks.iter_mut().zip(&spots).filter(|(_, (start, _))| start.line == number) {
                let (from, to) = (offset(place.start), offset(place.end));
                let shown = drawn.offset(line, &window, from)..drawn.offset(line, &window, to);
                let range = text.len() + shown.start..text.len() + shown.end.max(shown.start);
                *mark = Some(Mark { range, position: *start });
            }
            text.push_str(&drawn.text);
        }
        text.push('\n');
    }
    Excerpt { text, first_line: first as usize - 1, marks: marks.into_iter().flatten().collect() }
}

/// The bytes of `line` that are shown.
fn window(line: &str, mark: Option<usize>) -> Range<usize> {
    let Some((beyond, _)) = line.char_indices().nth(WIDTH) else {
        return 0..line.len();
    };
    let Some(mark) = mark else { return 0..beyond };
    let before = line.get(..mark).unwrap_or_default();
    let start = before.char_indices().rev().nth(LEAD - 1).map_or(0, |(at, _)| at);
    let rest = line.get(start..).unwrap_or_default();
    start..rest.char_indices().nth(WIDTH).map_or(line.len(), |(at, _)| start + at)
}

struct Drawn {
    text: String,
    /// Bytes of the ellipsis at the start.
    lead: usize,
}

impl Drawn {
    /// The offset in `text` of byte `at` of the line; what is cropped falls on the nearest end of the window.
    fn offset(&self, line: &str, window: &Range<usize>, at: usize) -> usize {
        let at = at.clamp(window.start, window.end);
        self.lead + escape::code(line.get(window.start..at).unwrap_or_default()).len()
    }
}

fn draw(line: &str, window: &Range<usize>) -> Drawn {
    let lead = if window.start > 0 { "…" } else { "" };
    let tail = if window.end < line.len() { "…" } else { "" };
    let shown = escape::code(line.get(window.clone()).unwrap_or_default());
    Drawn { text: format!("{lead}{shown}{tail}"), lead: lead.len() }
}

/// The start of the character at a byte of `line`, or its end.
fn floor(line: &str, at: usize) -> usize {
    (0..=at.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn mark(text: &str, word: &str) -> (Excerpt, String) {
        let file = SourceFile::new("a.js".into(), text, true);
        let start = text.find(word).expect("the word") as u32;
        let place = Place { file: FileId(0), start, end: start + word.len() as u32 };
        let excerpt = excerpt(&file, &[place]);
        let marked = excerpt.text[excerpt.marks[0].range.clone()].to_owned();
        (excerpt, marked)
    }

    #[test]
    fn escapes_before_the_mark_move_it() {
        let (excerpt, marked) = mark("a\n\u{1b}[31mé😀act\nb", "act");
        assert_eq!((excerpt.text.as_str(), marked.as_str()), ("a\n\\u{1b}[31mé😀act\nb\n", "act"));
        assert_eq!(excerpt.marks[0].position, Position { line: 2, column: 9 });
    }

    #[test]
    fn a_minified_line_is_cropped_around_the_mark() {
        let (excerpt, marked) = mark(&format!("{}act{}", "é".repeat(5000), "y".repeat(5000)), "act");
        assert_eq!(marked, "act");
        assert_eq!(excerpt.text.trim_end().chars().count(), WIDTH + 2);
    }

    #[test]
    fn lines_far_from_every_mark_are_empty() {
        let text = format!("check\n{}act\n", "x\n".repeat(50));
        let file = SourceFile::new("a.js".into(), &text, true);
        let at = text.find("act").expect("act") as u32;
        let place = |start| Place { file: FileId(0), start, end: start + 3 };
        let excerpt = excerpt(&file, &[place(at), place(0)]);
        assert_eq!(excerpt.text.matches('x').count(), 6);
        assert_eq!(&excerpt.text[excerpt.marks[0].range.clone()], "act");
    }
}
