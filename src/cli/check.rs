//! `pushguard check`.
//!
//! Input: arguments. Output: reports, and whether the threshold is reached. Must not know: how findings come about.

use super::args::{CheckArgs, ColorArg, Threshold};
use super::{CLEAN, FINDINGS, delivered, fix, output, project};
use crate::diagnostic::{Analysis, Level};
use crate::error::Error;
use crate::report::{self, Run, Style};
use std::io::{IsTerminal, Write};

pub fn run(args: &CheckArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let mut project = project::open(&args.project, stderr)?;
    if args.fix {
        let (before, fixed) = fix::fix(&mut project, stderr);
        fix::write(&project, &before, fixed, stderr)?;
    }
    let exit_code = if reaches(&project.analysis, args.fail_on) { FINDINGS } else { CLEAN };
    let run = Run { sources: &project.sources, analysis: &project.analysis, prefix: &project.prefix, exit_code };
    for wanted in &args.outputs {
        let mut text = Vec::new();
        report::write(wanted.format, &run, Style::default(), &mut text)
            .and_then(|()| output::replace(&wanted.path, &text))
            .map_err(|source| Error::Write { path: wanted.path.clone(), source })?;
    }
    if args.diff {
        let (before, _) = fix::fix(&mut project, stderr);
        fix::show(&project, &before, stdout)?;
        return Ok(exit_code);
    }
    let style = Style { color: is_coloured(args.color) };
    delivered(report::write(args.format.format(), &run, style, stdout))?;
    Ok(exit_code)
}

fn reaches(analysis: &Analysis, threshold: Threshold) -> bool {
    let lowest = match threshold {
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
