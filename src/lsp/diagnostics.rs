//! Findings as the protocol's diagnostics.
//!
//! Input: a report and the addresses of files. Output: diagnostics. Positions are UTF-16, as every client understands.
//! Must not know: what was published before.

use super::project::Trouble;
use crate::diagnostic::{Finding, Level};
use crate::report::witness::verdict;
use crate::source::{Place, SourceFile, Sources};
use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Position, Range, Uri,
};
use serde_json::json;

/// Whose diagnostics these are.
pub const SOURCE: &str = "pushguard";

/// The range of a place in its file.
pub fn range(file: &SourceFile, place: Place) -> Range {
    Range { start: position(file, place.start), end: position(file, place.end) }
}

fn position(file: &SourceFile, offset: u32) -> Position {
    let position = file.position(offset);
    Position { line: position.line.saturating_sub(1), character: position.column.saturating_sub(1) }
}

/// One finding in `file`. `address` gives the URI of a file by its number; `with_related` says that the client shows the
/// other ends, `with_proof` that it has no better place for what is stored.
pub fn diagnostic(
    finding: &Finding,
    file: &SourceFile,
    sources: &Sources,
    with_related: bool,
    with_proof: bool,
    address: &dyn Fn(&SourceFile) -> Option<Uri>,
) -> Diagnostic {
    let related = finding.related.iter().filter_map(|related| {
        let other = sources.get(related.place.file)?;
        let location = Location { uri: address(other)?, range: range(other, related.place) };
        Some(DiagnosticRelatedInformation { location, message: related.message.clone() })
    });
    let related: Vec<_> = if with_related { related.collect() } else { Vec::new() };
    let verdict = verdict(&finding.proof).filter(|_| with_proof).map(|text| format!("\n{text}")).unwrap_or_default();
    let message = format!("{}{verdict}\nhelp: {}", finding.message, finding.help);
    Diagnostic {
        range: range(file, finding.place),
        severity: Some(severity(finding.level)),
        code: Some(NumberOrString::String(finding.rule.to_owned())),
        code_description: None,
        source: Some(SOURCE.to_owned()),
        message,
        related_information: Some(related).filter(|related| !related.is_empty()),
        tags: None,
        data: Some(json!({ "fingerprint": finding.fingerprint })),
    }
}

fn severity(level: Level) -> DiagnosticSeverity {
    match level {
        Level::Error => DiagnosticSeverity::ERROR,
        Level::Warning => DiagnosticSeverity::WARNING,
        Level::Info => DiagnosticSeverity::INFORMATION,
    }
}

/// What is wrong with the configuration, on the whole of its line.
pub fn configuration(trouble: &Trouble) -> Diagnostic {
    let line = trouble.line.unwrap_or(1).saturating_sub(1) as u32;
    Diagnostic {
        range: Range { start: Position { line, character: 0 }, end: Position { line: line + 1, character: 0 } },
        severity: Some(DiagnosticSeverity::ERROR),
        source: Some(SOURCE.to_owned()),
        message: trouble.message.clone(),
        ..Diagnostic::default()
    }
}
