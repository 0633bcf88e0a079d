//! Every report of an analysis, and what holds for each.
//!
//! Input: a run. Output: a panic where a report fails, is not of its format, or holds what a terminal obeys.
//! Must not know: how findings come about.

use pushguard::diagnostic::Analysis;
use pushguard::report::{self, Format, Run, Style};
use pushguard::source::Sources;

/// Columns of a report: the fewest, those without a terminal, and the most that the command line asks for.
const WIDTHS: [usize; 3] = [60, 100, 120];
/// Columns of a list: of a terminal that has room for little, and of one that has room for a table.
const COLUMNS: [usize; 2] = [20, 200];

/// Writes all reports.
pub fn check(sources: &Sources, analysis: &Analysis) {
    let analysis = &Analysis { shows_accepted: true, ..analysis.clone() };
    let run = &Run { sources, analysis, prefix: "", below: "", exit_code: 1 };
    for format in [Format::Json, Format::Sarif, Format::Gitlab] {
        check_json(&written(format, run, &Style::default()));
    }
    let junit = written(Format::Junit, run, &Style::default());
    assert!(roxmltree::Document::parse(&junit).is_ok(), "this is no XML: {junit}");
    for format in [Format::Compact, Format::Github, Format::Html, Format::Markdown] {
        check_printable(&written(format, run, &Style::default()));
    }
    for width in WIDTHS {
        check_printable(&written(Format::Human, run, &Style { width, full: true, ..Style::default() }));
        written(Format::Human, run, &Style { width, color: true, links: Some("/root".into()), ..Style::default() });
        check_printable(&gathered(|out| report::write_summary(run, width, out)));
    }
    for columns in COLUMNS {
        check_printable(&gathered(|out| report::paths_human(run, Some(columns), out)));
    }
    check_json(&gathered(|out| report::paths_json(run, out)));
}

fn written(format: Format, run: &Run<'_>, style: &Style) -> String {
    gathered(|out| report::write(format, run, style, out))
}

fn gathered(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).expect("a vector takes everything");
    String::from_utf8(bytes).expect("a report is UTF-8")
}

fn check_json(text: &str) {
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(text);
    assert!(parsed.is_ok(), "this is no JSON: {text}");
}

/// Nothing that moves a cursor, or turns or hides text. A tab is harmless, also in the name of a file.
fn check_printable(text: &str) {
    let is_obeyed = |character: char| {
        (character.is_control() && !matches!(character, '\n' | '\t'))
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
    };
    assert!(!text.contains(is_obeyed), "a terminal would obey this: {text:?}");
}
