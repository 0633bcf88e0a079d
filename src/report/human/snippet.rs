//! A message and the marked lines below it, as miette draws them.
//!
//! Input: excerpts of any number of files. Output: text. Must not know: findings.

use crate::report::columns::{keep_end, wrapped};
use crate::report::excerpt::Excerpt;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity,
    SourceCode, SourceSpan, SpanContents,
};
use std::fmt;
use std::io;
use textwrap::{WordSeparator, WordSplitter};

/// An excerpt and the name of its file.
#[derive(Debug)]
pub struct Part {
    pub name: String,
    pub excerpt: Excerpt,
}

/// What is drawn. The parts come in the order in which they are shown.
#[derive(Debug)]
pub struct Drawing {
    pub severity: Severity,
    pub message: String,
    pub parts: Vec<Part>,
    /// The label of each target of the excerpts, and whether it is the act.
    pub labels: Vec<(String, bool)>,
}

impl Drawing {
    /// Its lines, none wider than `width` but for what cannot be broken.
    pub fn render(self, theme: GraphicalTheme, width: usize) -> io::Result<String> {
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_links(false)
            .with_context_lines(1)
            .with_word_separator(WordSeparator::AsciiSpace)
            .with_word_splitter(WordSplitter::NoHyphenation)
            .with_primary_span_start();
        let mut text = String::new();
        handler.render_report(&mut text, &Drawn::new(self, width)).map_err(io::Error::other)?;
        Ok(text.trim_matches('\n').to_owned())
    }
}

/// A part, and where it begins in the text of all.
#[derive(Debug)]
struct Placed {
    start: usize,
    part: Part,
}

/// All parts as one text, which miette addresses by offset; between two parts is a byte that belongs to none.
#[derive(Debug)]
struct Sheet(Vec<Placed>);

impl SourceCode for Sheet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        let holds =
            |placed: &&Placed| placed.start <= span.offset() && end <= placed.start + placed.part.excerpt.text.len();
        // Two marks of different parts are never shown as one stretch.
        let Placed { start, part } = self.0.iter().find(holds).ok_or(MietteError::OutOfBounds)?;
        let Excerpt { text, first_line, marks } = &part.excerpt;
        // Without context lines it is the frame that asks, for the position of a mark.
        let mark = marks.iter().find(|mark| start + mark.range.start == span.offset() && before == 0 && after == 0);
        let (line, column) = match mark {
            Some(mark) => (mark.position.line as usize - 1, mark.position.column as usize - 1),
            None => (*first_line, 0),
        };
        let whole = SourceSpan::new((*start).into(), text.len());
        let count = text.lines().count();
        Ok(Box::new(MietteSpanContents::new_named(part.name.clone(), text.as_bytes(), whole, line, column, count)))
    }
}

struct Drawn {
    severity: Severity,
    message: String,
    sheet: Sheet,
    labels: Vec<LabeledSpan>,
}

impl Drawn {
    fn new(drawing: Drawing, width: usize) -> Self {
        let Drawing { severity, message, parts, labels } = drawing;
        let (mut sheet, mut spans, mut start) = (Vec::new(), Vec::new(), 0);
        for Part { name, excerpt } in parts {
            for mark in &excerpt.marks {
                let Some((label, is_act)) = labels.get(mark.target) else { continue };
                // A label that does not fit goes on below.
                let text = (!label.is_empty()).then(|| wrapped(label, "", "", mark.room.max(1)).join("\n"));
                let range = start + mark.range.start..start + mark.range.end;
                spans.push(match is_act {
                    true => LabeledSpan::new_primary_with_span(text, range),
                    false => LabeledSpan::new_with_span(text, range),
                });
            }
            let length = excerpt.text.len();
            // The frame has its corner, the numbers and the brackets beside the name.
            let name = keep_end(&name, width.saturating_sub(32));
            sheet.push(Placed { start, part: Part { name, excerpt } });
            start += length + 1;
        }
        Self { severity, message, sheet: Sheet(sheet), labels: spans }
    }
}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl Diagnostic for Drawn {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.sheet)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
