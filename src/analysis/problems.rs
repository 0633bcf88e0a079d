//! Findings about what was not checked: a file that cannot be read, a failure of the analyzer itself.
//!
//! Input: the problems of the files, and the functions in which a rule failed. Output: findings. Must not know: rules.

use super::memory::Memory;
use super::places::one_line;
use crate::config::Config;
use crate::diagnostic::{Finding, Level, Proof, fingerprint};
use crate::panics::Panic;
use crate::parse::Problem;
use crate::project::{Project, mongo};
use crate::rules::level_of;
use crate::source::{FileId, Place, SourceFile, Sources};
use crate::value::FnRef;

/// The rule about failures of the analyzer itself.
const INTERNAL: &str = "internal-error";
const REPORT_IT: &str =
    "this is a bug of pushguard: report it with the smallest file that shows it; everything else was checked";

/// The first problem of each file that is reported on.
pub(super) fn of_files(sources: &Sources, memory: &Memory, config: &Config) -> Vec<Finding> {
    let reported = sources.iter().filter(|(_, file)| file.reported);
    reported.filter_map(|(id, file)| of_file(id, file, memory.problems(id).first()?, config)).collect()
}

fn of_file(id: FileId, file: &SourceFile, problem: &Problem, config: &Config) -> Option<Finding> {
    let (rule, start, end, message, help) = match problem {
        Problem::Syntax { start, end, message } => {
            let message = format!("this file does not parse, so its writes are not checked: {message}");
            let help = "mend the syntax; the rest of the project was checked";
            let place = one_line(file, id, *start, *end);
            let told = finding("syntax-error", file, place, "<module>", message, help, config)?;
            return match may_write(file) {
                true => Some(told),
                false => as_info(told, file, config),
            };
        }
        Problem::TooDeep { at } => (
            "too-deep",
            *at,
            *at + 1,
            "this file nests too deep to be parsed, so its writes are not checked".to_owned(),
            "exclude generated files in `pushguard.toml`, or split the expression",
        ),
        Problem::Internal { message } => {
            let message = format!("pushguard failed on this file, so its writes are not checked: {message}");
            (INTERNAL, 0, 1, message, REPORT_IT)
        }
    };
    finding(rule, file, one_line(file, id, start, end), "<module>", message, help, config)
}

/// Whether a text has a word of a write in it, or bytes that are no text, among which one would not be seen.
fn may_write(file: &SourceFile) -> bool {
    file.is_lossy || mongo::write_words().iter().any(|word| file.text.contains(word.as_str()))
}

/// A finding stands at a write: a file without a word of one, most often a template, hardly holds any.
fn as_info(told: Finding, file: &SourceFile, config: &Config) -> Option<Finding> {
    let level = level_of(told.rule, &file.path, Some(Level::Info), config)?;
    let lowered = (level < told.level).then_some("it has no word of a database write in it");
    Some(Finding { level, lowered, ..told })
}

/// Takes back the fixes of files whose text is not the one on disk.
pub(super) fn withhold_fixes(sources: &Sources, findings: &mut [Finding]) {
    for finding in findings {
        let mut edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        if edits.any(|edit| sources.get(edit.place.file).is_some_and(|file| file.is_lossy)) {
            (finding.fix, finding.unfixed) = (None, Some("the file is not valid UTF-8"));
        }
    }
}

/// A finding for each function in which a rule failed, and for each failure that no function is known for.
pub(super) fn of_rules(
    sources: &Sources,
    project: &Project,
    failures: Vec<(Option<FnRef>, Panic)>,
    config: &Config,
) -> Vec<Finding> {
    let told = |(func, panic): (Option<FnRef>, Panic)| {
        let function = func.and_then(|func| project.function(func));
        let (id, file) = match func.map(|func| FileId(project.file_of(func))) {
            Some(id) => (id, sources.get(id)?),
            None => sources.iter().find(|(_, file)| file.reported)?,
        };
        let (start, end) = function.map_or((0, 0), |function| (function.start, function.end));
        let place = one_line(file, id, start, end);
        let name = function.map_or("<module>", |function| function.name.as_str());
        let message = match function {
            Some(_) => format!("pushguard failed on `{name}`, so it is not checked: {}", panic.0),
            None => format!("pushguard failed on the project as a whole, so it is not fully checked: {}", panic.0),
        };
        file.reported.then(|| finding(INTERNAL, file, place, name, message, REPORT_IT, config))?
    };
    failures.into_iter().filter_map(told).collect()
}

fn finding(
    rule: &'static str,
    file: &SourceFile,
    place: Place,
    function: &str,
    message: String,
    help: &str,
    config: &Config,
) -> Option<Finding> {
    let level = level_of(rule, &file.path, None, config)?;
    let fingerprint = fingerprint(&[rule, &file.path, function]);
    Some(Finding {
        rule,
        level,
        message,
        place,
        label: "here".to_owned(),
        function: function.to_owned(),
        collection: None,
        array: None,
        related: Vec::new(),
        help: help.to_owned(),
        call: None,
        once: None,
        fix: None,
        unfixed: None,
        proof: Proof::NotJudged,
        lowered: None,
        fingerprint,
    })
}
