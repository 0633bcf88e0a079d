//! The parts of a file that a report shows: safe to print, long lines cropped around what is marked.
//!
//! Input: a file and places in it. Output: texts, and the places as byte ranges of those texts.
//! Must not know: how a snippet is drawn.

use super::columns::width_of;
use super::escape;
use crate::source::{Place, Position, SourceFile};
use std::ops::Range;

/// Hidden lines that are shown after all: leaving them out takes as many lines as showing them.
const GAP: u32 = 2;
/// Columns shown before the mark in a cropped line.
const LEAD: usize = 24;
/// Columns between the middle of a mark and the text of its label.
const STEM: usize = 4;

/// Columns that stay of a mark whose label would not fit otherwise.
const SHORTENED: usize = 16;

/// How much is shown.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Columns for a line of code.
    pub columns: usize,
    /// Lines around a marked line.
    pub context: u32,
}

/// A place to mark, and the columns that its label takes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    pub place: Place,
    pub label: usize,
}

/// A marked place in an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Index of the target.
    pub target: usize,
    /// Bytes of [`Excerpt::text`]; on one line.
    pub range: Range<usize>,
    /// Columns that are left for the label.
    pub room: usize,
    /// Where the place starts in the file.
    pub position: Position,
}

/// Consecutive lines of a file.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    pub text: String,
    /// 0-based number of the first line of `text` in the file.
    pub first_line: usize,
    /// In the order of the text.
    pub marks: Vec<Mark>,
}

/// A target, by the bytes of its line.
struct Spot {
    target: usize,
    position: Position,
    bytes: Range<usize>,
    label: usize,
}

/// The lines around the targets, all of which are in `file`; what lies far apart is apart in the result. A place of
/// several lines is marked on its first.
pub fn excerpts(file: &SourceFile, targets: &[Target], view: View) -> Vec<Excerpt> {
    let last_line = file.last_line();
    let mut spots: Vec<Spot> = targets.iter().enumerate().map(|(at, target)| spot(file, at, *target)).collect();
    spots.sort_by_key(|spot| (spot.position, spot.target));
    let mut excerpts = Vec::new();
    let mut rest = spots.as_slice();
    while let Some(first) = rest.first() {
        let near = |pair: &[Spot]| match pair {
            [a, b] => b.position.line - a.position.line <= 2 * view.context + 1 + GAP,
            _ => false,
        };
        let count = 1 + rest.windows(2).take_while(|pair| near(pair)).count();
        let (group, later) = rest.split_at(count.min(rest.len()));
        let last = group.last().unwrap_or(first).position.line;
        // An empty line at an end shows nothing.
        let is_shown = |line: &u32| !file.line(*line).trim().is_empty();
        let above = first.position.line.saturating_sub(view.context).max(1)..first.position.line;
        let below = last + 1..=(last + view.context).min(last_line);
        let start = above.into_iter().find(is_shown).unwrap_or(first.position.line);
        let end = below.rev().find(is_shown).unwrap_or(last);
        excerpts.push(cut(file, start..=end, group, view.columns));
        rest = later;
    }
    excerpts
}

fn spot(file: &SourceFile, at: usize, target: Target) -> Spot {
    let position = file.position(target.place.start);
    let line_start = file.line_start(position.line);
    let line = file.line(position.line);
    let byte = |offset: u32| line.floor_char_boundary(offset.saturating_sub(line_start) as usize);
    let start = byte(target.place.start);
    Spot { target: at, position, bytes: start..byte(target.place.end).max(start), label: target.label }
}

fn cut(file: &SourceFile, lines: std::ops::RangeInclusive<u32>, spots: &[Spot], columns: usize) -> Excerpt {
    let mut excerpt = Excerpt { first_line: *lines.start() as usize - 1, ..Excerpt::default() };
    for number in lines {
        let line = file.line(number);
        let marked: Vec<&Spot> = spots.iter().filter(|spot| spot.position.line == number).collect();
        let drawn = draw(line, marked.first().map_or(0, |spot| start_of(line, spot, columns)), columns);
        let is_marked = !marked.is_empty();
        for spot in marked {
            let (from, left) = drawn.at(spot.bytes.start);
            // The label hangs on the middle of its mark: a mark that pushes it out is shortened.
            let longest = 2 * columns.saturating_sub(left + STEM + spot.label);
            let right = drawn.at(spot.bytes.end).1.min(left + longest.max(1));
            let to = drawn.by_column(right).max(from);
            let room = columns.saturating_sub(left + (right - left.min(right)) / 2 + STEM);
            let range = excerpt.text.len() + from..excerpt.text.len() + to;
            excerpt.marks.push(Mark { target: spot.target, range, room, position: spot.position });
        }
        // Blanks at an end may be what is marked.
        excerpt.text.push_str(if is_marked { &drawn.text } else { drawn.text.trim_end() });
        excerpt.text.push('\n');
    }
    excerpt
}

/// The first byte of a line to show, so that a mark and its label fit.
fn start_of(line: &str, spot: &Spot, columns: usize) -> usize {
    let (Some(before), Some(marked)) = (line.get(..spot.bytes.start), line.get(spot.bytes.clone())) else { return 0 };
    let mark = take(marked.chars(), columns);
    let lead = take(before.chars(), columns);
    // A long mark may be shortened from its end, so that its middle comes nearer.
    let fits = |lead: usize| lead + mark.min(SHORTENED) / 2 + STEM + spot.label <= columns;
    if lead < columns && fits(lead) {
        return 0;
    }
    // One column goes to the ellipsis.
    let lead = (0..=LEAD.min(lead)).rev().find(|lead| fits(lead + 1)).unwrap_or(0);
    let mut left = lead;
    let kept = before.chars().rev().take_while(|character| {
        let wide = cell("", *character).1;
        let fits = wide <= left;
        left = left.saturating_sub(wide);
        fits
    });
    spot.bytes.start - kept.map(char::len_utf8).sum::<usize>()
}

/// Columns that characters take, counted up to `most`.
fn take(characters: impl Iterator<Item = char>, most: usize) -> usize {
    let mut columns = 0;
    for character in characters {
        columns += cell("", character).1;
        if columns >= most {
            return most;
        }
    }
    columns
}

/// What is shown for a character after what is printed of its line, and the columns that it takes.
fn cell(printed: &str, character: char) -> (String, usize) {
    if character == '\t' {
        return ("    ".to_owned(), 4);
    }
    let text = escape::code_after(printed, character);
    let columns = text.chars().map(width_of).sum();
    (text, columns)
}

/// A line as it is shown.
struct Drawn {
    text: String,
    /// For each shown character, and for what follows: the byte of the line, the byte of the text, the column.
    cells: Vec<(usize, usize, usize)>,
}

impl Drawn {
    /// The byte of the text and the column of a byte of the line; what is cropped falls on the nearest end.
    fn at(&self, byte: usize) -> (usize, usize) {
        let at = self.cells.partition_point(|(known, ..)| *known < byte).min(self.cells.len().saturating_sub(1));
        self.cells.get(at).map_or((0, 0), |(_, text, column)| (*text, *column))
    }

    /// The byte of the text at a column, or just before it.
    fn by_column(&self, column: usize) -> usize {
        let at = self.cells.partition_point(|(.., known)| *known <= column).saturating_sub(1);
        self.cells.get(at).map_or(0, |(_, text, _)| *text)
    }
}

/// The columns of a line from byte `start` on.
fn draw(line: &str, start: usize, columns: usize) -> Drawn {
    let (mut text, mut column) = (String::new(), 0);
    if start > 0 {
        text.push('…');
        column = 1;
    }
    let mut cells = Vec::new();
    let rest = line.get(start..).unwrap_or_default();
    for (at, character) in rest.char_indices() {
        let (shown, wide) = cell(&text, character);
        let is_last = at + character.len_utf8() == rest.len();
        if column + wide > columns - usize::from(!is_last && columns > 0) {
            cells.push((start + at, text.len(), column));
            text.push('…');
            return Drawn { text, cells };
        }
        cells.push((start + at, text.len(), column));
        text.push_str(&shown);
        column += wide;
    }
    cells.push((line.len(), text.len(), column));
    Drawn { text, cells }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::columns::width;
    use crate::source::FileId;

    const VIEW: View = View { columns: 70, context: 1 };

    fn target(text: &str, word: &str, label: usize) -> Target {
        let start = text.find(word).expect("the word") as u32;
        Target { place: Place { file: FileId(0), start, end: start + word.len() as u32 }, label }
    }

    fn shown(text: &str, words: &[&str]) -> Vec<Excerpt> {
        let file = SourceFile::new("a.js".into(), text, true);
        let targets: Vec<Target> = words.iter().map(|word| target(text, word, 12)).collect();
        excerpts(&file, &targets, VIEW)
    }

    fn marked(excerpt: &Excerpt) -> Vec<&str> {
        excerpt.marks.iter().map(|mark| &excerpt.text[mark.range.clone()]).collect()
    }

    #[test]
    fn escapes_before_the_mark_move_it() {
        let excerpts = shown("a\n\u{1b}[31mé😀act\nb", &["act"]);
        assert_eq!((excerpts[0].text.as_str(), marked(&excerpts[0])), ("a\n\\u{1b}[31mé😀act\nb\n", vec!["act"]));
        assert_eq!(excerpts[0].marks[0].position, Position { line: 2, column: 9 });
    }

    #[test]
    fn a_long_line_is_cropped_around_the_mark() {
        for filler in ["é", "画", "\t"] {
            let excerpts = shown(&format!("{}act{}", filler.repeat(5000), filler.repeat(5000)), &["act"]);
            assert_eq!(marked(&excerpts[0]), ["act"]);
            let columns = width(excerpts[0].text.trim_end());
            assert!((60..=70).contains(&columns), "{columns} for {filler}");
        }
    }

    #[test]
    fn a_label_fits_beside_a_mark_at_the_end_and_under_a_mark_of_the_whole_line() {
        for text in [format!("{}act;", "x".repeat(64)), format!("act{};", "x".repeat(64))] {
            let mark = &shown(&text, &[text.trim_start_matches('x').trim_end_matches(';')])[0].marks[0];
            assert!(mark.room >= 12, "{mark:?}");
        }
    }

    #[test]
    fn blanks_that_are_marked_stay() {
        let excerpts = shown("a;  \nb;  \n", &["  \nb"]);
        assert_eq!((excerpts[0].text.as_str(), excerpts[0].marks[0].range.clone()), ("a;  \nb;\n", 2..4));
    }

    #[test]
    fn marks_far_apart_are_apart_and_marks_close_together_are_together() {
        let text = format!("check\n{}act\n", "x\n".repeat(700));
        let apart = shown(&text, &["act", "check"]);
        assert_eq!(apart.iter().map(|excerpt| excerpt.text.lines().count()).collect::<Vec<_>>(), [2, 2]);
        assert_eq!(apart.iter().map(|excerpt| excerpt.first_line).collect::<Vec<_>>(), [0, 700]);
        assert_eq!((apart[0].marks[0].target, apart[1].marks[0].target), (1, 0));
        let together = shown("check\n1\n2\n3\n4\nact\n", &["act", "check"]);
        assert_eq!((together.len(), marked(&together[0])), (1, vec!["check", "act"]));
    }
}
