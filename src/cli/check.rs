//! `pushguard check`.
//!
//! Input: arguments. Output: reports, and whether the threshold is reached. Must not know: how findings come about.

use super::args::{CheckArgs, Threshold};
use super::outcome::{CLEAN, FINDINGS, delivered};
use super::project::{self, Plan};
use super::settle::settle;
use super::{fix, output, owners, terminal, timings, unknown_names};
use crate::coverage::Cut;
use crate::diagnostic::{Analysis, Level};
use crate::error::Error;
use crate::report::{self, Format, Run, Style, escape};
use crate::timings::Laps;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write;

pub fn run(args: &CheckArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let plan = project::plan(&args.project, &args.view, stderr)?;
    if args.list_files {
        return list(&plan, stdout);
    }
    let mut project = project::analyse(plan, stderr)?;
    let mut laps = Laps::default();
    unknown_names::warn_of(&project, stderr);
    settle(&mut project, args, stderr)?;
    if args.fix || args.fix_suggested {
        let (before, fixed) = fix::fix(&mut project, args, stderr)?;
        fix::write(&project, &before, fixed, stderr)?;
    }
    let formats = args.outputs.iter().map(|wanted| wanted.format).chain([args.format.format()]);
    if formats.into_iter().any(Format::names_owners) {
        project.analysis.owners = owners::owners(&project);
    }
    let exit_code = if is_failed(&project.analysis, args) { FINDINGS } else { CLEAN };
    let run = Run {
        sources: &project.sources,
        analysis: &project.analysis,
        prefix: &project.prefix,
        below: &project.below,
        exit_code,
    };
    let plain = Style { full: args.full, ..Style::default() };
    for wanted in &args.outputs {
        let mut text = Vec::new();
        report::write(wanted.format, &run, &plain, &mut text)
            .and_then(|()| output::replace(&wanted.path, &text))
            .map_err(|source| Error::Write { path: wanted.path.clone(), source })?;
    }
    if args.diff {
        let (before, _) = fix::fix(&mut project, args, stderr)?;
        fix::show(&project, &before, stdout, stderr)?;
        return Ok(exit_code);
    }
    let style = terminal::style(args, &project.root.folder);
    delivered(report::write(args.format.format(), &run, &style, stdout))?;
    if args.format.format().is_bare() {
        // On standard error, so that the report stays valid. A closed one does not change the verdict.
        let _ = report::write_summary(&run, usize::MAX, stderr);
    }
    if args.statistics {
        count(&project.analysis, stderr);
    }
    if args.timings {
        laps.end("report");
        project.analysis.timings.stages.extend(laps.into_stages());
        timings::write(&project.analysis.timings, stderr);
    }
    Ok(exit_code)
}

fn list(plan: &Plan, stdout: &mut dyn Write) -> Result<u8, Error> {
    for file in plan.found.files.iter().filter(|file| file.reported) {
        delivered(writeln!(stdout, "{}", escape::line(&file.relative)))?;
    }
    Ok(CLEAN)
}

/// Most frequent first, then every function that was not followed. On standard error, so that the report stays valid in every format.
fn count(analysis: &Analysis, stderr: &mut dyn Write) {
    let mut counts: BTreeMap<(&str, Level), usize> = BTreeMap::new();
    for finding in &analysis.findings {
        *counts.entry((finding.rule, finding.level)).or_default() += 1;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by_key(|(_, count)| Reverse(*count));
    for ((rule, level), count) in rows {
        let _ = writeln!(stderr, "{count:6}  {:7}  {rule}", level.name());
    }
    for Cut { path, function, what } in &analysis.coverage.cut {
        let line = format!("not followed: {path} `{function}` {what}");
        let _ = writeln!(stderr, "{}", escape::line(&line));
    }
}

fn is_failed(analysis: &Analysis, args: &CheckArgs) -> bool {
    let warnings = analysis.findings.iter().filter(|finding| finding.level == Level::Warning).count();
    if args.max_warnings.is_some_and(|most| warnings > most) {
        return true;
    }
    let lowest = match args.fail_on {
        Threshold::Error => Level::Error,
        Threshold::Warning => Level::Warning,
        Threshold::Info => Level::Info,
        Threshold::Never => return false,
    };
    analysis.findings.iter().any(|finding| finding.level >= lowest)
}
