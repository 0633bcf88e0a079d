//! The report for people: snippets with both ends of the race. The only user of miette.
//!
//! Input: a run. Output: text for a terminal. Columns count UTF-16 code units, as in every other format.
//! Must not know: the command line.

use super::excerpt::{Excerpt, excerpt};
use super::summary::write_summary;
use super::{Run, escape};
use crate::diagnostic::{Acceptance, Finding, Level};
use crate::source::{FileId, Place, SourceFile};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity,
    SourceCode, SourceSpan, SpanContents,
};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

/// How the terminal is written to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    pub color: bool,
}

pub fn write(run: &Run<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(100)
        .with_show_related_as_nested(false)
        .with_links(false)
        .with_context_lines(1)
        .with_primary_span_start();
    for (finding, by) in run.shown() {
        let Some(mut drawn) = draw(run, finding) else { continue };
        if let Some(by) = by {
            drawn.severity = Severity::Advice;
            drawn.message = format!("suppressed {}: {}", reason(by), drawn.message);
        }
        let mut text = String::new();
        handler.render_report(&mut text, &drawn).map_err(io::Error::other)?;
        writeln!(out, "{}", text.trim_end())?;
        writeln!(out)?;
    }
    write_summary(run, out)
}

fn reason(by: &Acceptance) -> String {
    match by {
        Acceptance::Directive { reason } => format!("({})", escape::line(reason)),
        Acceptance::Baseline => "by the baseline".to_owned(),
    }
}

/// One block of the report: a finding in its own file, or its other ends in another file.
struct Drawn {
    code: Option<&'static str>,
    severity: Severity,
    message: String,
    help: Option<String>,
    snippet: Snippet,
    labels: Vec<LabeledSpan>,
    elsewhere: Vec<Drawn>,
}

fn draw(run: &Run<'_>, finding: &Finding) -> Option<Drawn> {
    let mut places: BTreeMap<FileId, Vec<(Place, &str)>> = BTreeMap::new();
    places.entry(finding.place.file).or_default().push((finding.place, &finding.label));
    for related in &finding.related {
        places.entry(related.place.file).or_default().push((related.place, &related.message));
    }
    let here = places.remove(&finding.place.file)?;
    let (snippet, labels) = cut(run.sources.get(finding.place.file)?, &here, true);
    let elsewhere = places.iter().filter_map(|(file, places)| {
        let (snippet, labels) = cut(run.sources.get(*file)?, places, false);
        let message = places.first().map_or("", |(_, message)| message);
        let message = escape::line(message);
        Some(Drawn {
            code: None,
            severity: Severity::Advice,
            message,
            help: None,
            snippet,
            labels,
            elsewhere: Vec::new(),
        })
    });
    let help = (!finding.help.is_empty()).then(|| escape::block(&finding.help));
    Some(Drawn {
        code: Some(finding.rule),
        severity: match finding.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Info => Severity::Advice,
        },
        message: escape::line(&finding.message),
        help,
        snippet,
        labels,
        elsewhere: elsewhere.collect(),
    })
}

/// The snippet of one file; the first place is the primary one when `has_primary`.
fn cut(file: &SourceFile, places: &[(Place, &str)], has_primary: bool) -> (Snippet, Vec<LabeledSpan>) {
    let ranges: Vec<Place> = places.iter().map(|(place, _)| *place).collect();
    let excerpt = excerpt(file, &ranges);
    let labels = excerpt.marks.iter().zip(places).enumerate().map(|(at, (mark, (_, message)))| {
        let text = (!message.is_empty()).then(|| escape::line(message));
        match at {
            0 if has_primary => LabeledSpan::new_primary_with_span(text, mark.range.clone()),
            _ => LabeledSpan::new_with_span(text, mark.range.clone()),
        }
    });
    let labels = labels.collect();
    (Snippet { name: escape::line(&file.path), excerpt }, labels)
}

/// An excerpt as a source of miette's, with the file's own line numbers and columns in UTF-16 code units.
#[derive(Debug)]
struct Snippet {
    name: String,
    excerpt: Excerpt,
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.excerpt.text.as_str().read_span(span, before, after)?;
        let mark = self.excerpt.marks.iter().find(|mark| mark.range.start == span.offset());
        // Without context lines it is the header that asks, for the position of a label. miette's column counts bytes.
        let column = match mark {
            Some(mark) if before == 0 && after == 0 => mark.position.column as usize - 1,
            _ => contents.column(),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            contents.data(),
            *contents.span(),
            contents.line() + self.excerpt.first_line,
            column,
            contents.line_count(),
        )))
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
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippet)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|drawn| drawn as &dyn Diagnostic)))
    }
}
