//! The versioned JSON report.
//!
//! Input: a run. Output: one object on one line, with 1-based lines and 1-based UTF-16 columns.
//! Must not know: terminals.

use super::summary::{Summary, summary};
use super::{Run, Spot};
use crate::diagnostic::{Acceptance, Edit, Finding, Fix, Level, Related};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Log<'a> {
    version: u8,
    findings: Vec<JsonFinding<'a>>,
    files: usize,
    summary: Summary<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonFinding<'a> {
    rule: &'a str,
    level: Level,
    message: &'a str,
    #[serde(flatten)]
    range: Range<'a>,
    function: &'a str,
    collection: Option<&'a str>,
    array: Option<&'a str>,
    related: Vec<JsonRelated<'a>>,
    help: &'a str,
    fix: Option<JsonFix<'a>>,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Suppressed<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "by", rename_all = "camelCase")]
enum Suppressed<'a> {
    Directive { reason: &'a str },
    Baseline,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Range<'a> {
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
struct JsonRelated<'a> {
    path: &'a str,
    line: u32,
    column: u32,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    #[serde(flatten)]
    range: Range<'a>,
    text: &'a str,
}

pub fn write(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    let findings = run.shown().into_iter().filter_map(|(finding, by)| json_finding(run, finding, by)).collect();
    let log = Log { version: 1, findings, files: run.files(), summary: summary(run) };
    serde_json::to_writer(&mut *out, &log)?;
    writeln!(out)
}

pub(super) fn range(spot: Spot<'_>) -> Range<'_> {
    let Spot { file, start, end } = spot;
    Range { path: &file.path, line: start.line, column: start.column, end_line: end.line, end_column: end.column }
}

fn json_finding<'a>(run: &Run<'a>, finding: &'a Finding, by: Option<&'a Acceptance>) -> Option<JsonFinding<'a>> {
    Some(JsonFinding {
        rule: finding.rule,
        level: finding.level,
        message: &finding.message,
        range: range(run.locate(finding.place)?),
        function: &finding.function,
        collection: finding.collection.as_deref(),
        array: finding.array.as_deref(),
        related: finding.related.iter().filter_map(|related| json_related(run, related)).collect(),
        help: &finding.help,
        fix: finding.fix.as_ref().map(|fix| json_fix(run, fix)),
        fingerprint: &finding.fingerprint,
        suppressed: by.map(|by| match by {
            Acceptance::Directive { reason } => Suppressed::Directive { reason },
            Acceptance::Baseline => Suppressed::Baseline,
        }),
    })
}

fn json_related<'a>(run: &Run<'a>, related: &'a Related) -> Option<JsonRelated<'a>> {
    let Spot { file, start, .. } = run.locate(related.place)?;
    Some(JsonRelated { path: &file.path, line: start.line, column: start.column, message: &related.message })
}

fn json_fix<'a>(run: &Run<'a>, fix: &'a Fix) -> JsonFix<'a> {
    let edit = |edit: &'a Edit| Some(JsonEdit { range: range(run.locate(edit.place)?), text: &edit.text });
    JsonFix { title: &fix.title, edits: fix.edits.iter().filter_map(edit).collect() }
}
