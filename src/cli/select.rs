//! `--only`, `--ignore` and `--min-confidence` of `check`.
//!
//! Input: the findings that count. Output: those that are asked for. Must not know: how findings come about.

use super::args::{MinConfidence, SelectArgs};
use super::outcome::warn;
use super::project::Project;
use crate::config::RuleLevel;
use crate::diagnostic::Finding;
use crate::rules::doc::{Confidence, page};
use crate::rules::{UNREAD, is_optional};
use std::io::Write;

pub fn keep(project: &mut Project, args: &SelectArgs, stderr: &mut dyn Write) {
    for rule in &args.only {
        let is_asked_for = !is_optional(rule) || project.config.asks_for(rule);
        if project.config.rules.get(rule) == Some(&RuleLevel::Off) || !is_asked_for {
            warn(&format!("`{rule}` is off in the configuration, so `--only {rule}` finds nothing of it"), stderr);
        }
    }
    let analysis = &mut project.analysis;
    analysis.findings.retain(|finding| is_wanted(finding, args));
    analysis.accepted.retain(|accepted| is_wanted(&accepted.finding, args));
}

fn is_wanted(finding: &Finding, args: &SelectArgs) -> bool {
    if args.ignore.iter().any(|rule| rule == finding.rule) {
        return false;
    }
    // Nothing is known of what could not be read, also nothing of the rule that is asked for.
    if UNREAD.contains(&finding.rule) {
        return true;
    }
    let is_sure = match args.min_confidence {
        MinConfidence::All => true,
        MinConfidence::High => finding.proof.is_proven() || is_of_high_confidence(finding.rule),
        MinConfidence::Proven => finding.proof.is_proven(),
    };
    is_sure && (args.only.is_empty() || args.only.iter().any(|rule| rule == finding.rule))
}

fn is_of_high_confidence(rule: &str) -> bool {
    page(rule).is_some_and(|page| page.meta.confidence == Confidence::High)
}
