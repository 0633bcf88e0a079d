//! `pushguard witness`.
//!
//! Input: arguments. Output: the witness of a finding, or a program that plays it. Must not know: how it was found.

use super::args::WitnessArgs;
use super::{CLEAN, delivered, located, terminal};
use crate::diagnostic::{Finding, Proof};
use crate::error::Error;
use crate::report::witness::{page, script};
use std::io::Write;

pub fn run(args: &WitnessArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let located = located::open(&args.at, stderr)?;
    let run = located.run();
    let here = located.findings(args.rule.as_deref());
    let proven: Vec<&Finding> = here.iter().copied().filter(|finding| finding.proof.is_proven()).collect();
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
    let Some(finding) = here.first() else { return located::none_at(&args.at, args.rule.as_deref()) };
    let rule = finding.rule;
    Error::Usage {
        message: match &finding.proof {
            Proof::Unproven(reason) => format!("`{rule}` at {} is not proven: {reason}", args.at),
            _ => format!("`{rule}` at {} has no witness: it is not about what two requests store", args.at),
        },
        remedy: format!("the finding stands without it; `pushguard explain {rule}` says what it means"),
    }
}
