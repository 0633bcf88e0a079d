//! SARIF 2.1.0, as GitHub, VS Code and GitLab read it.
//!
//! Input: a run. Output: one log. Paths are relative to the root and percent-encoded; nothing depends on the clock.
//! Must not know: terminals.

mod line_hash;
mod model;
mod rules;
mod witness;

pub use line_hash::line_hashes;

use super::summary::{not_followed, summary};
use super::{Run, Shown, Spot};
use crate::diagnostic::{Acceptance, Applicability, Finding, Fix, Proof, Role};
use crate::source::FileId;
use model::*;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

pub fn write(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(run))?;
    writeln!(out)
}

/// GitHub refuses a run with more results.
const MAX_RESULTS: usize = 25_000;

fn log<'a>(run: &Run<'a>) -> Log<'a> {
    let rules = rules::rules();
    let mut hashes = LineHashes::default();
    let shown = run.shown();
    let all = shown.len();
    let kept = worst(shown, MAX_RESULTS);
    let left_out = all - kept.len();
    let results = kept.into_iter().filter_map(|(finding, by)| result(run, finding, by, &rules, &mut hashes)).collect();
    let version = env!("CARGO_PKG_VERSION");
    let driver = Driver { name: "pushguard", version, semantic_version: version, information_uri: HOME, rules };
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: vec![model::Run {
            tool: Tool { driver },
            automation_details: AutomationDetails { id: "pushguard/" },
            invocations: vec![Invocation {
                execution_successful: true,
                exit_code: run.exit_code,
                tool_execution_notifications: notification(left_out).into_iter().chain(told(run)).collect(),
            }],
            column_kind: "utf16CodeUnits",
            results,
            properties: RunProperties { summary: summary(run) },
        }],
    }
}

/// The most severe findings, `most` at most, in their order.
fn worst<'a>(mut kept: Vec<Shown<'a>>, most: usize) -> Vec<Shown<'a>> {
    if kept.len() > most {
        // The sort is stable, and so is the one that restores the order.
        kept.sort_by_key(|(finding, _)| Reverse(finding.level));
        kept.truncate(most);
        kept.sort_by_key(|(finding, _)| (finding.place.file, finding.place.start, finding.rule));
    }
    kept
}

/// What a reader should know beside the results: why nothing may have been looked at, and what was not followed.
fn told(run: &Run<'_>) -> impl Iterator<Item = Notification> {
    let coverage = &run.analysis.coverage;
    let warnings = coverage.warnings.iter().cloned().map(|text| ("warning", text));
    let notes = not_followed(coverage).into_iter().map(|text| ("note", text));
    warnings.chain(notes).map(|(level, text)| Notification { level, message: Text::plain(text) })
}

fn notification(left_out: usize) -> Option<Notification> {
    (left_out > 0).then(|| Notification {
        level: "warning",
        message: Text::plain(format!(
            "{left_out} results of the lowest levels were left out: {MAX_RESULTS} is the limit"
        )),
    })
}

/// The line hashes of the files that have findings, each file hashed once.
#[derive(Default)]
struct LineHashes(BTreeMap<FileId, Vec<String>>);

impl LineHashes {
    fn get(&mut self, file: FileId, spot: &Spot<'_>) -> Option<String> {
        // The action reads a byte-order mark as a character of the first line.
        let hashes = self.0.entry(file).or_insert_with(|| line_hashes(&spot.file.on_disk()));
        hashes.get(spot.start.line as usize - 1).cloned()
    }
}

fn result(
    run: &Run<'_>,
    finding: &Finding,
    by: Option<&Acceptance>,
    rules: &[Rule],
    hashes: &mut LineHashes,
) -> Option<SarifResult> {
    let spot = run.locate(finding.place)?;
    let mut fingerprints = BTreeMap::from([("pushguard/v1", finding.fingerprint.clone())]);
    if let Some(hash) = hashes.get(finding.place.file, &spot) {
        fingerprints.insert("primaryLocationLineHash", hash);
    }
    let related: Vec<(usize, Spot<'_>, &str)> = finding
        .related
        .iter()
        .enumerate()
        .filter_map(|(at, related)| Some((at + 1, run.locate(related.place)?, related.message.as_str())))
        .collect();
    let mut primary = location(run, spot);
    primary.logical_locations =
        vec![LogicalLocation { fully_qualified_name: finding.function.clone(), kind: "function" }];
    Some(SarifResult {
        rule_id: finding.rule,
        rule_index: rules.iter().position(|rule| rule.id == finding.rule),
        level: rules::level_name(finding.level),
        message: Text::plain(message(&finding.message, &related)),
        locations: vec![primary],
        related_locations: related.iter().map(|(id, spot, text)| related_location(run, *id, *spot, text)).collect(),
        code_flows: witness::code_flow(run, finding).or_else(|| code_flow(run, finding, spot)).into_iter().collect(),
        partial_fingerprints: fingerprints,
        properties: properties(finding),
        fixes: finding.fix.as_ref().map(|fix| sarif_fix(run, fix)).into_iter().collect(),
        baseline_state: run.analysis.has_baseline.then_some(match by {
            Some(Acceptance::Baseline) => "unchanged",
            _ => "new",
        }),
        suppressions: by.map(suppression).into_iter().collect(),
    })
}

fn properties(finding: &Finding) -> Option<ResultProperties> {
    let (proof, proof_reason) = match &finding.proof {
        Proof::NotJudged => (None, None),
        Proof::Proven(_) => (Some("proven"), None),
        Proof::Unproven(reason) => (Some("not proven"), Some(reason.clone())),
    };
    let level_reason = finding.lowered;
    (proof.is_some() || level_reason.is_some()).then_some(ResultProperties { proof, proof_reason, level_reason })
}

fn suppression(by: &Acceptance) -> Suppression {
    match by {
        Acceptance::Directive { reason } => Suppression { kind: "inSource", justification: Some(reason.clone()) },
        Acceptance::Baseline => Suppression { kind: "external", justification: None },
    }
}

/// The message with a link to each related location: GitHub shows those alone.
fn message(message: &str, related: &[(usize, Spot<'_>, &str)]) -> String {
    // Only the links below may look like links.
    let message = message.replace("](", "] (");
    if related.is_empty() {
        return message;
    }
    let links: Vec<String> = related
        .iter()
        .map(|(id, _, text)| format!("[{}]({id})", text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")))
        .collect();
    format!("{}. See: {}.", message.trim_end_matches('.'), links.join(", "))
}

fn related_location(run: &Run<'_>, id: usize, spot: Spot<'_>, text: &str) -> Location {
    Location { id: Some(id), message: Some(Text::plain(text)), ..location(run, spot) }
}

/// Check, gap, calls and act in this order, when there is a check.
fn code_flow(run: &Run<'_>, finding: &Finding, act: Spot<'_>) -> Option<CodeFlow> {
    let steps = |role: Role| {
        finding.related.iter().filter(move |related| related.role == role).filter_map(|related| {
            let message = Some(Text::plain(related.message.as_str()));
            Some(Location { message, ..location(run, run.locate(related.place)?) })
        })
    };
    let mut locations: Vec<Location> = steps(Role::Check).collect();
    if locations.is_empty() {
        return None;
    }
    locations.extend(steps(Role::Gap));
    locations.extend(steps(Role::Call));
    locations.push(Location { message: Some(Text::plain(finding.label.as_str())), ..location(run, act) });
    let locations = locations.into_iter().map(|location| ThreadFlowLocation { location, execution_order: None });
    let flow = ThreadFlow { id: None, message: None, locations: locations.collect() };
    Some(CodeFlow { message: None, thread_flows: vec![flow] })
}

fn sarif_fix(run: &Run<'_>, fix: &Fix) -> SarifFix {
    let mut changes: BTreeMap<FileId, ArtifactChange> = BTreeMap::new();
    for edit in &fix.edits {
        let Some(spot) = run.locate(edit.place) else { continue };
        let change = changes.entry(edit.place.file).or_insert_with(|| ArtifactChange {
            artifact_location: ArtifactLocation { uri: uri(&run.repository_path(spot.file)) },
            replacements: Vec::new(),
        });
        let inserted_content = Text::plain(edit.text.as_str());
        change.replacements.push(Replacement { deleted_region: region(spot), inserted_content });
    }
    let description = match fix.applicability {
        Applicability::Safe => fix.title.clone(),
        Applicability::Suggested => format!("{} (suggested: to be read before it is applied)", fix.title),
    };
    SarifFix { description: Text::plain(description), artifact_changes: changes.into_values().collect() }
}

/// The first line of a place: GitHub hides an alert on a pull request unless its whole region is in the diff.
fn location(run: &Run<'_>, spot: Spot<'_>) -> Location {
    let mut region = region(spot);
    if region.end_line > region.start_line {
        region.end_line = region.start_line;
        let line = spot.file.line(region.start_line);
        region.end_column = (line.encode_utf16().count() as u32 + 1).max(region.start_column);
    }
    let artifact_location = ArtifactLocation { uri: uri(&run.repository_path(spot.file)) };
    let physical_location = PhysicalLocation { artifact_location, region };
    Location { id: None, physical_location, message: None, logical_locations: Vec::new() }
}

fn region(spot: Spot<'_>) -> Region {
    let Spot { start, end, .. } = spot;
    Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
}

/// A relative URI reference: every byte that RFC 3986 does not call unreserved is percent-encoded, but for `/`.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Level;
    use crate::source::Place;

    #[test]
    fn the_worst_findings_are_kept_in_their_order() {
        let levels = [Level::Info, Level::Error, Level::Warning, Level::Error];
        let findings: Vec<Finding> = (0..)
            .zip(levels)
            .map(|(start, level)| Finding::bare("check-then-push", level, Place { file: FileId(0), start, end: start }))
            .collect();
        let shown = || findings.iter().map(|finding| (finding, None)).collect();
        let starts = |most| worst(shown(), most).iter().map(|(finding, _)| finding.place.start).collect::<Vec<_>>();
        assert_eq!((starts(4), starts(3), starts(1)), (vec![0, 1, 2, 3], vec![1, 2, 3], vec![1]));
        assert!(notification(0).is_none());
        assert!(notification(2).is_some_and(|told| told.message.text.starts_with("2 results")));
    }

    #[test]
    fn a_path_becomes_a_relative_uri_reference() {
        assert_eq!(uri("routes/a b:é.js"), "routes/a%20b%3A%C3%A9.js");
    }
}
