//! What a failure of the analyzer itself leaves of a run.

use super::analyze;
use crate::config::Config;
use crate::source::{SourceFile, Sources};

const RACY: &str = "exports.f = async (c, id, m) => {
  if (await c.findOne({ _id: id, 'messages.mergeId': m.mergeId })) return;
  await c.updateOne({ _id: id }, { $push: { messages: m } });
};";

/// The findings beside that of a whole file, each with its file and the start of its message, and what failed as a whole.
fn run(path: &str, text: &str) -> (Vec<String>, Option<String>) {
    let files = [("whole.js", RACY), (path, text)];
    let sources = Sources::new(files.iter().map(|(path, text)| SourceFile::new((*path).into(), text, true)).collect());
    let analysis = analyze(&sources, &Config::default(), &|| ());
    let told = analysis.findings.iter().map(|finding| {
        let file = sources.get(finding.place.file).expect("a file");
        format!("{} {}: {}", file.path, finding.rule, finding.message)
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    (told, analysis.failed)
}

#[test]
fn a_failure_on_one_file_is_told_and_the_others_are_checked() {
    let (told, failed) = run("panics_when_read.js", RACY);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("panics_when_read.js internal-error: pushguard failed on this file"), "{told:?}");
    assert!(told[0].contains("as asked for (panics.rs:"), "{told:?}");
    assert!(told[1].starts_with("whole.js check-then-push"), "{told:?}");
    assert_eq!(failed, None);
}

#[test]
fn a_failure_on_one_function_is_told_and_the_others_are_checked() {
    for stage in ["proposed", "judged"] {
        let name = format!("panics_when_{stage}");
        let text = format!("{}\n{}", RACY.replace("exports.f", &format!("exports.{name}")), RACY);
        let (told, failed) = run("half.js", &text);
        let starts = [
            "half.js check-then-push".to_owned(),
            format!("half.js internal-error: pushguard failed on `{name}`"),
            "whole.js check-then-push".to_owned(),
        ];
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told.iter().zip(&starts).all(|(told, start)| told.starts_with(start)), "{told:?}");
        assert_eq!(failed, None);
    }
}

#[test]
fn a_failure_on_the_project_leaves_no_verdict() {
    let (told, failed) = run("panics_when_linked.js", RACY);
    assert!(told.iter().all(|told| told.contains("internal-error")), "{told:?}");
    assert!(failed.is_some_and(|failed| failed.starts_with("as asked for")), "{told:?}");
}
