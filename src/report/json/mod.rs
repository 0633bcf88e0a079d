//! The versioned JSON report.
//!
//! Input: a run. Output: one object on one line, with 1-based lines and 1-based UTF-16 columns.
//! Must not know: terminals.

mod place;
pub(super) mod witness;

use super::summary::{Summary, summary};
use super::{Run, Spot};
use crate::diagnostic::{Acceptance, Applicability, Edit, Finding, Fix, Level, Proof, Related};
use place::{JsonPlace, json_place};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};
use witness::{JsonWitness, Shown};

#[derive(Serialize, JsonSchema)]
pub(super) struct Log<'a> {
    version: u8,
    findings: Vec<JsonFinding<'a>>,
    files: usize,
    summary: Summary<'a>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct JsonFinding<'a> {
    rule: &'a str,
    level: Level,
    /// Why the level is below that of the rule; absent where it is not, or the configuration sets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    level_reason: Option<&'a str>,
    message: &'a str,
    #[serde(flatten)]
    range: Range<'a>,
    function: &'a str,
    collection: Option<&'a str>,
    array: Option<&'a str>,
    related: Vec<JsonRelated<'a>>,
    help: &'a str,
    fix: Option<JsonFix<'a>>,
    /// Why there is no fix; absent where there is one, or none was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix_reason: Option<&'a str>,
    /// Whether a witness was found; absent where none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<JsonProof>,
    /// Why there is no witness.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<JsonWitness<'a>>")]
    witness: Option<Shown<'a>>,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<Suppressed<'a>>,
}

#[derive(Serialize, JsonSchema)]
enum JsonProof {
    #[serde(rename = "proven")]
    Proven,
    #[serde(rename = "not proven")]
    Unproven,
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "by", rename_all = "camelCase")]
enum Suppressed<'a> {
    Directive { reason: &'a str },
    Baseline,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Range<'a> {
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize, JsonSchema)]
struct JsonRelated<'a> {
    #[serde(flatten)]
    place: JsonPlace<'a>,
    message: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct JsonFix<'a> {
    title: &'a str,
    applicability: Applicability,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct JsonEdit<'a> {
    #[serde(flatten)]
    range: Range<'a>,
    text: &'a str,
}

/// The JSON schema of the report, from its types.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft07().for_serialize().into_generator().into_root_schema_for::<Log<'_>>();
    let id = concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/v", env!("CARGO_PKG_VERSION"), "/docs/report.schema.json");
    schema.insert("$id".to_owned(), id.into());
    schema.insert("title".to_owned(), "pushguard report".into());
    schema.insert("description".to_owned(), "What `pushguard check --format json` writes.".into());
    schema.to_value()
}

pub fn write(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &log(run))?;
    writeln!(out)
}

/// The whole report; its findings are those of [`Run::shown`], in that order.
pub(super) fn log<'a>(run: &'a Run<'a>) -> Log<'a> {
    let findings = run.shown().into_iter().filter_map(|(finding, by)| json_finding(run, finding, by)).collect();
    Log { version: 1, findings, files: run.files(), summary: summary(run) }
}

pub(super) fn range(spot: Spot<'_>) -> Range<'_> {
    let Spot { file, start, end } = spot;
    Range { path: &file.path, line: start.line, column: start.column, end_line: end.line, end_column: end.column }
}

fn json_finding<'a>(run: &'a Run<'a>, finding: &'a Finding, by: Option<&'a Acceptance>) -> Option<JsonFinding<'a>> {
    Some(JsonFinding {
        rule: finding.rule,
        level: finding.level,
        level_reason: finding.lowered,
        message: &finding.message,
        range: range(run.locate(finding.place)?),
        function: &finding.function,
        collection: finding.collection.as_deref(),
        array: finding.array.as_deref(),
        related: finding.related.iter().filter_map(|related| json_related(run, related)).collect(),
        help: &finding.help,
        fix: finding.fix.as_ref().map(|fix| json_fix(run, fix)),
        fix_reason: finding.unfixed,
        proof: match &finding.proof {
            Proof::NotJudged => None,
            Proof::Proven(_) => Some(JsonProof::Proven),
            Proof::Unproven(_) => Some(JsonProof::Unproven),
        },
        proof_reason: match &finding.proof {
            Proof::Unproven(reason) => Some(reason),
            Proof::NotJudged | Proof::Proven(_) => None,
        },
        witness: Shown::of(run, &finding.proof),
        fingerprint: &finding.fingerprint,
        suppressed: by.map(|by| match by {
            Acceptance::Directive { reason } => Suppressed::Directive { reason },
            Acceptance::Baseline => Suppressed::Baseline,
        }),
    })
}

fn json_related<'a>(run: &Run<'a>, related: &'a Related) -> Option<JsonRelated<'a>> {
    Some(JsonRelated { place: json_place(run.locate(related.place)?), message: &related.message })
}

fn json_fix<'a>(run: &Run<'a>, fix: &'a Fix) -> JsonFix<'a> {
    let edit = |edit: &'a Edit| Some(JsonEdit { range: range(run.locate(edit.place)?), text: &edit.text });
    let edits = fix.edits.iter().filter_map(edit).collect();
    JsonFix { title: &fix.title, applicability: fix.applicability, edits }
}
