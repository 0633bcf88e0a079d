//! Lines of code around the ends of a finding, with the ends marked.
//!
//! Input: places of one file. Output: markup. Must not know: what the finding says.

use crate::report::escape;
use crate::source::{Place, SourceFile};
use maud::{Markup, html};
use std::ops::RangeInclusive;

/// Lines shown before and after a place.
const CONTEXT: u32 = 2;
/// Lines of a long place that are shown.
const MOST: u32 = 16;
/// Lines left out that are shown after all, for saying so takes as much room.
const GAP: u32 = 2;
/// A longer line is cropped to this many bytes.
const WIDE: usize = 240;
/// Bytes kept before a mark in a cropped line.
const LEAD: usize = 60;

/// A place, its label, and the class that colours it.
#[derive(Clone, Debug)]
pub struct Mark {
    pub place: Place,
    pub label: String,
    pub class: &'static str,
}

/// The code around the marks, which are all in `file`; of two that overlap the first is seen.
pub fn code(file: &SourceFile, marks: &[Mark]) -> Markup {
    html! {
        @for lines in excerpts(file, marks) {
            figure.code {
                figcaption { (escape::line(&file.path)) ":" (lines.start()) }
                pre tabindex="0" { code {
                    @for number in lines { (line(file, number, marks)) }
                } }
            }
        }
    }
}

fn excerpts(file: &SourceFile, marks: &[Mark]) -> Vec<RangeInclusive<u32>> {
    let last_line = file.last_line();
    let mut ranges: Vec<(u32, u32)> = marks
        .iter()
        .map(|mark| {
            let start = file.position(mark.place.start).line;
            let end = file.position(mark.place.end).line.min(start + MOST);
            (start.saturating_sub(CONTEXT).max(1), (end + CONTEXT).min(last_line))
        })
        .collect();
    ranges.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::new();
    for (start, end) in ranges {
        match joined.last_mut() {
            Some((_, known)) if start <= *known + 1 + GAP => *known = (*known).max(end),
            _ => joined.push((start, end)),
        }
    }
    joined.into_iter().map(|(start, end)| start..=end).collect()
}

/// One line, and below it the labels of the marks that start there.
fn line(file: &SourceFile, number: u32, marks: &[Mark]) -> Markup {
    let text = file.line(number);
    let start = file.line_start(number);
    let indent = text.len() - text.trim_start().len();
    let within = |mark: &Mark| {
        let byte = |offset: u32| text.floor_char_boundary(offset.saturating_sub(start) as usize);
        // What continues a place begins with its code.
        let from = if mark.place.start < start { indent } else { byte(mark.place.start) };
        (from, byte(mark.place.end).max(from))
    };
    let here: Vec<(&Mark, (usize, usize))> = marks
        .iter()
        .filter(|mark| mark.place.start <= start + text.len() as u32 && mark.place.end >= start)
        .map(|mark| (mark, within(mark)))
        .filter(|(mark, (from, to))| from < to || mark.place.start >= start)
        .collect();
    let labels = here.iter().filter(|(mark, _)| mark.place.start >= start && !mark.label.is_empty());
    html! {
        span.line { span.no { (number) } (segments(text, &here)) "\n" }
        @for (mark, _) in labels {
            span.line.(mark.class).label { span.no {} "╰─ " (escape::line(&mark.label)) "\n" }
        }
    }
}

/// The text of a line, each part in the mark that is first on it.
fn segments(text: &str, here: &[(&Mark, (usize, usize))]) -> Markup {
    let first = here.iter().map(|(_, (from, _))| *from).min().unwrap_or(0);
    let from = if text.len() > WIDE { text.floor_char_boundary(first.saturating_sub(LEAD)) } else { 0 };
    let to = text.floor_char_boundary(from + WIDE);
    let mut cuts: Vec<usize> = here.iter().flat_map(|(_, (from, to))| [*from, *to]).collect();
    cuts.extend([from, to]);
    cuts.retain(|cut| (from..=to).contains(cut));
    cuts.sort_unstable();
    cuts.dedup();
    html! {
        @if from > 0 { "…" }
        @for pair in cuts.windows(2) {
            @if let [start, end] = pair {
                @let part = escape::code(text.get(*start..*end).unwrap_or_default());
                @match here.iter().find(|(_, (from, to))| from <= start && end <= to) {
                    Some((mark, _)) => mark.(mark.class) { (part) },
                    None => (part),
                }
            }
        }
        @if to < text.len() { "…" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn mark(text: &str, word: &str, class: &'static str) -> Mark {
        let start = text.find(word).expect("the word") as u32;
        let place = Place { file: FileId(0), start, end: start + word.len() as u32 };
        Mark { place, label: format!("{class} here"), class }
    }

    #[test]
    fn every_line_of_a_place_is_marked_and_its_text_is_no_markup() {
        let text = "a\nif (a < b) {\n  call(\n    '</script>',\n  );\n}\n";
        let file = SourceFile::new("a&b.js".into(), text, true);
        let page = code(&file, &[mark(text, "call(\n    '</script>',\n  )", "act"), mark(text, "a < b", "check")]);
        let page = page.into_string();
        for part in [
            "<figcaption>a&amp;b.js:1</figcaption>",
            "if (<mark class=\"check\">a &lt; b</mark>) {",
            "  <mark class=\"act\">call(</mark>\n",
            "    <mark class=\"act\">'&lt;/script&gt;',</mark>\n",
            "  <mark class=\"act\">)</mark>;\n",
            "╰─ act here\n",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
    }

    #[test]
    fn a_long_line_is_cropped_around_its_mark_and_far_lines_are_apart() {
        let text = format!("{}act();{}\n{}check();\n", "é".repeat(900), "x".repeat(900), "y;\n".repeat(50));
        let file = SourceFile::new("a.js".into(), &text, true);
        let page = code(&file, &[mark(&text, "act()", "act"), mark(&text, "check()", "check")]).into_string();
        assert!(page.contains("é<mark class=\"act\">act()</mark>;x") && page.len() < 2500, "{page}");
        assert_eq!(page.matches("<figure").count(), 2);
    }
}
