//! `pushguard witness`.
//!
//! Input: arguments. Output: the witness of a finding, or a program that plays it. Must not know: how it was found.

use super::args::WitnessArgs;
use super::{CLEAN, delivered, located, terminal};
use crate::diagnostic::{Finding, Proof};
use crate::error::{Error, nearest};
use crate::report::witness::{is_at, page, script};
use crate::rules::ids;
use std::io::Write;

pub fn run(args: &WitnessArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    if let Some(rule) = args.rule.as_ref().filter(|rule| !ids().contains(&rule.as_str())) {
        let remedy = match nearest(rule, ids()) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "list the rules with `pushguard rules`".to_owned(),
        };
        return Err(Error::Usage { message: format!("unknown rule `{rule}`"), remedy });
    }
    let located = located::open(&args.at, stderr)?;
    let run = located.run();
    let all = run.analysis.findings.iter().chain(run.analysis.accepted.iter().map(|accepted| &accepted.finding));
    let mut here: Vec<&Finding> = all
        .filter(|finding| is_at(&run, finding, located.file, located.line))
        .filter(|finding| args.rule.as_ref().is_none_or(|rule| rule == finding.rule))
        .collect();
    // The act before what only leads to it.
    here.sort_by_key(|finding| {
        let act = run.line_of(finding.place);
        (finding.place.file != located.file || act != Some(located.line), finding.place, finding.rule)
    });
    let proven: Vec<&Finding> = here.iter().copied().filter(|finding| finding.proof.witness().is_some()).collect();
    let Some(first) = proven.first() else { return Err(unproven(args, &here)) };
    if !args.script {
        let pages: Vec<String> = proven.iter().filter_map(|it| page(&run, it, terminal::text_width())).collect();
        delivered(writeln!(stdout, "{}", pages.join("\n\n")))?;
        return Ok(CLEAN);
    }
    if proven.iter().any(|finding| finding.rule != first.rule) {
        let rules: Vec<&str> = proven.iter().map(|finding| finding.rule).collect();
        return Err(Error::Usage {
            message: format!("several findings at {} have a witness", args.at),
            remedy: format!("choose one with `--rule`: {}", rules.join(", ")),
        });
    }
    delivered(write!(stdout, "{}", script(&run, first).unwrap_or_default()))?;
    Ok(CLEAN)
}

/// Why there is nothing to print.
fn unproven(args: &WitnessArgs, here: &[&Finding]) -> Error {
    let Some(finding) = here.first() else {
        let of_rule = args.rule.as_ref().map(|rule| format!(" of `{rule}`")).unwrap_or_default();
        return Error::Usage {
            message: format!("no finding{of_rule} has its act or its check at {}", args.at),
            remedy: format!("`pushguard why {}` says what is known there", args.at),
        };
    };
    let rule = finding.rule;
    Error::Usage {
        message: match &finding.proof {
            Proof::Unproven(reason) => format!("`{rule}` at {} is not proven: {reason}", args.at),
            _ => format!("`{rule}` at {} has no witness: it is not about what two requests store", args.at),
        },
        remedy: format!("the finding stands without it; `pushguard explain {rule}` says what it means"),
    }
}
