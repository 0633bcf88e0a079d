//! `pushguard check`.
//!
//! Input: arguments. Output: reports, and whether the threshold is reached. Must not know: how findings come about.

use super::args::{CheckArgs, ColorArg, Threshold};
use super::project::{self, Plan, Project};
use super::{CLEAN, FINDINGS, baseline, delivered, fix, output};
use crate::diagnostic::{Analysis, Level};
use crate::error::Error;
use crate::report::{self, Run, Style, escape};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

pub fn run(args: &CheckArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let plan = project::plan(&args.project, &args.view, stderr)?;
    if args.list_files {
        return list(&plan, stdout);
    }
    let mut project = project::analyse(plan, stderr)?;
    settle(&mut project, args, stderr)?;
    if args.fix {
        let (before, fixed) = fix::fix(&mut project, args, stderr)?;
        fix::write(&project, &before, fixed, stderr)?;
    }
    let exit_code = if is_failed(&project.analysis, args) { FINDINGS } else { CLEAN };
    let run = Run { sources: &project.sources, analysis: &project.analysis, prefix: &project.prefix, exit_code };
    for wanted in &args.outputs {
        let mut text = Vec::new();
        report::write(wanted.format, &run, Style::default(), &mut text)
            .and_then(|()| output::replace(&wanted.path, &text))
            .map_err(|source| Error::Write { path: wanted.path.clone(), source })?;
    }
    if args.diff {
        let (before, _) = fix::fix(&mut project, args, stderr)?;
        fix::show(&project, &before, stdout, stderr)?;
        return Ok(exit_code);
    }
    let style = Style { color: is_coloured(args.color) };
    delivered(report::write(args.format.format(), &run, style, stdout))?;
    if args.statistics {
        count(&project.analysis, stderr);
    }
    Ok(exit_code)
}

/// Takes out of the findings what was accepted, and what the looked-at change has nothing to do with.
pub fn settle(project: &mut Project, args: &CheckArgs, stderr: &mut dyn Write) -> Result<(), Error> {
    // First the baseline, which must see the whole run to know what is fixed.
    baseline::apply(project, &args.accept, stderr)?;
    project.keep_changed();
    if !args.accept.report_suppressed {
        project.analysis.accepted.clear();
    }
    Ok(())
}

fn list(plan: &Plan, stdout: &mut dyn Write) -> Result<u8, Error> {
    for file in plan.found.files.iter().filter(|file| file.reported) {
        delivered(writeln!(stdout, "{}", escape::line(&file.relative)))?;
    }
    Ok(CLEAN)
}

/// Most frequent first. On standard error, so that the report stays valid in every format.
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

/// The flag, else `NO_COLOR`, else `CLICOLOR_FORCE`, else whether standard output is a terminal.
fn is_coloured(wanted: ColorArg) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match wanted {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto if set("NO_COLOR") => false,
        ColorArg::Auto if set("CLICOLOR_FORCE") => std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
        ColorArg::Auto => std::io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}
