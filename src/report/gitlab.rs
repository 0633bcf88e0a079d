//! GitLab's Code Quality report.
//!
//! Input: a run. Output: one JSON array; every fingerprint in it is unique, for equal ones replace each other.
//! Must not know: pipelines.

use super::{Run, escape, witness};
use crate::diagnostic::{Finding, Level};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

pub fn write(run: &Run<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut seen = BTreeMap::new();
    let issues: Vec<Issue<'_>> =
        run.analysis.findings.iter().filter_map(|finding| issue(run, finding, &mut seen)).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

fn issue<'a>(run: &Run<'a>, finding: &'a Finding, seen: &mut BTreeMap<&'a str, u32>) -> Option<Issue<'a>> {
    let spot = run.locate(finding.place)?;
    let count = seen.entry(&finding.fingerprint).or_default();
    *count += 1;
    let fingerprint = match *count {
        1 => finding.fingerprint.clone(),
        count => format!("{}-{count}", finding.fingerprint),
    };
    Some(Issue {
        description: escape::block(&match witness::verdict(&finding.proof) {
            Some(verdict) => format!("{} ({verdict})", finding.message),
            None => finding.message.clone(),
        }),
        check_name: finding.rule,
        fingerprint,
        severity: match finding.level {
            Level::Error => "major",
            Level::Warning => "minor",
            Level::Info => "info",
        },
        location: Location { path: run.repository_path(spot.file), lines: Lines { begin: spot.start.line } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Analysis;
    use crate::source::{FileId, Place, SourceFile, Sources};

    #[test]
    fn equal_fingerprints_are_told_apart() {
        let sources = Sources::new(vec![SourceFile::new("a.js".into(), "f()\n", true)]);
        let place = Place { file: FileId(0), start: 0, end: 1 };
        let bare = Finding::bare("syntax-error", Level::Warning, place);
        let finding = Finding { message: "no".into(), fingerprint: "00ff".into(), ..bare };
        let analysis = Analysis { findings: vec![finding.clone(), finding], ..Analysis::default() };
        let mut out = Vec::new();
        write(&Run { sources: &sources, analysis: &analysis, prefix: "", below: "", exit_code: 0 }, &mut out)
            .expect("a report");
        let issues: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!((&issues[0]["fingerprint"], &issues[1]["fingerprint"]), (&"00ff".into(), &"00ff-2".into()));
    }
}
