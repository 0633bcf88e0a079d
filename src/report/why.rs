//! What is known of a line: its database calls, and why something is reported there or nothing.
//!
//! Input: a run and a line of one of its files. Output: lines for people. Must not know: the command line.

use super::columns::{keep_start, wrapped};
use super::witness::{self, is_at};
use super::{Run, Spot, escape, level_note};
use crate::diagnostic::{DatabaseCall, Finding, Silenced, WritePath};
use crate::source::{FileId, Place};

/// Columns before the text of a row.
const ROW: usize = 14;

/// The texts about a line, at most `columns` wide; none where it holds no database call and no end of a finding.
pub fn why(run: &Run<'_>, file: FileId, line: u32, columns: usize) -> Vec<String> {
    let calls = run.analysis.calls.iter().filter(|call| covers(run, call.place, file, line));
    let mut texts: Vec<String> = calls.flat_map(|call| of_call(run, call, columns)).collect();
    let shown = || run.analysis.findings.iter().chain(run.analysis.accepted.iter().map(|accepted| &accepted.finding));
    let here: Vec<&Finding> = shown().filter(|finding| is_at(run, finding, file, line)).collect();
    if texts.is_empty() && here.is_empty() {
        let led = shown().filter(|finding| leads_to(run, finding, file, line));
        return led.flat_map(|finding| wrapped(&led_to(run, finding), "", "    ", columns)).collect();
    }
    if here.is_empty() && !texts.is_empty() {
        texts.push("  no rule reports this line".to_owned());
    }
    for finding in here {
        let (level, rule) = (finding.level.name(), finding.rule);
        let head = match run.locate(finding.place).filter(|spot| spot.start.line != line || finding.place.file != file)
        {
            Some(act) => format!("{level}[{rule}] at {}: {}", position(act), finding.message),
            None => format!("{level}[{rule}]: {}", finding.message),
        };
        texts.extend(wrapped(&escape::line(&head), "  ", "      ", columns));
        let verdict = level_note(finding).into_iter().chain(witness::verdict(&finding.proof));
        let unfixed = finding.unfixed.map(|why| format!("no fix: {why}"));
        let verdict = verdict.chain(unfixed);
        texts.extend(verdict.flat_map(|text| wrapped(&escape::line(&text), "      ", "      ", columns)));
    }
    texts
}

/// Whether a call at a line is on the way to the act of a finding.
fn leads_to(run: &Run<'_>, finding: &Finding, file: FileId, line: u32) -> bool {
    let related = finding.related.iter().map(|related| related.place);
    let way = run.analysis.ways.get(&(finding.place, finding.rule)).into_iter().flat_map(|way| &way.chain);
    let mut places = way.map(|step| step.place).chain(related);
    places.any(|place| place.file == file && run.line_of(place) == Some(line))
}

/// `a call here leads to proxy/reply.js:20:3: error[check-then-push]: …`
fn led_to(run: &Run<'_>, finding: &Finding) -> String {
    let act = run.locate(finding.place).map(position).unwrap_or_default();
    let (level, rule) = (finding.level.name(), finding.rule);
    escape::line(&format!("a call here leads to {act}: {level}[{rule}]: {}", finding.message))
}

/// The 1-based lines of a file that hold database calls, nearest to `line` first.
pub fn lines_with_calls(run: &Run<'_>, file: FileId, line: u32) -> Vec<u32> {
    let of_file = run.analysis.calls.iter().filter(|call| call.place.file == file);
    let mut lines: Vec<u32> = of_file.filter_map(|call| Some(run.locate(call.place)?.start.line)).collect();
    lines.sort_by_key(|other| (other.abs_diff(line), *other));
    lines.dedup();
    lines
}

fn of_call(run: &Run<'_>, call: &DatabaseCall, columns: usize) -> Vec<String> {
    let Some(spot) = run.locate(call.place) else { return Vec::new() };
    let code = spot.file.slice(call.place.start, call.place.end);
    let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut texts = vec![keep_start(&format!("{}: {}", position(spot), escape::line(&code)), columns)];
    let verb = if call.is_write { "writes" } else { "reads" };
    let what = match call.collections.as_slice() {
        [] => "a collection that no caller names".to_owned(),
        names => format!("`{}`", names.join("`, `")),
    };
    let mut about = vec![format!("{verb} {what}, in `{}`", call.function)];
    about.extend(call.lock.iter().map(|lock| format!("under the lock that `{lock}` holds around it")));
    let path = &spot.file.path;
    let cut = run.analysis.coverage.cut.iter().filter(|cut| cut.path == *path && cut.function == call.function);
    about.extend(cut.map(|cut| format!("not followed: `{}` {}", cut.function, cut.what)));
    let inside = |write: &&WritePath| {
        let Place { file, start, end } = call.place;
        write.place.file == file && (start..end).contains(&write.place.start)
    };
    about.extend(run.analysis.paths.iter().filter(inside).map(of_write));
    let is_told = |rule: &str| {
        let mut findings = run.analysis.findings.iter();
        findings.any(|finding| {
            finding.rule == rule
                && (call.place.start..call.place.end).contains(&finding.place.start)
                && finding.place.file == call.place.file
        })
    };
    let silences = call.silences.iter().filter(|silence| !is_told(silence.rule));
    about.extend(silences.map(|silence| of_silence(run, call, silence)));
    texts.extend(about.iter().flat_map(|text| wrapped(&escape::line(text), "  ", "      ", columns)));
    let rows = run.analysis.believed.iter().filter(|believed| believed.place == call.place).flat_map(|it| &it.rows);
    texts.extend(rows.flat_map(|row| wrapped(&escape::line(row.trim_start()), "   ", &" ".repeat(ROW), columns)));
    texts
}

/// ``$push` of `messages`: guarded, by `messages.id: { $ne: id }``
fn of_write(write: &WritePath) -> String {
    let guard = write.guard.as_ref().map(|guard| format!(", by `{guard}`")).unwrap_or_default();
    let lock = write.lock.as_ref().map(|lock| format!(", under the lock {lock}")).unwrap_or_default();
    format!("`{}` of `{}`: {}{guard}{lock}", write.operator, write.array, write.verdict)
}

/// `no check-then-update, decided at line 7: the filter of the write carries the decision`
fn of_silence(run: &Run<'_>, call: &DatabaseCall, silence: &Silenced) -> String {
    let decided = silence.checks.iter().find_map(|place| run.locate(*place));
    let decided = decided.map(|spot| match spot.file.path == run.locate(call.place).map_or("", |own| &own.file.path) {
        true => format!(", decided at line {}", spot.start.line),
        false => format!(", decided at {}", position(spot)),
    });
    format!("no {}{}: {}", silence.rule, decided.unwrap_or_default(), silence.why)
}

fn covers(run: &Run<'_>, place: Place, file: FileId, line: u32) -> bool {
    let spot = run.locate(place).filter(|_| place.file == file);
    spot.is_some_and(|spot| (spot.start.line..=spot.end.line).contains(&line))
}

fn position(spot: Spot<'_>) -> String {
    format!("{}:{}:{}", escape::line(&spot.file.path), spot.start.line, spot.start.column)
}
