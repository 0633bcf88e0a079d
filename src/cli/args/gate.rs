//! The arguments by which a team makes `check` its gate: what is looked at, and what is accepted.
//!
//! Input: the words of the command line. Output: typed arguments. Must not know: what they do.

use super::ProjectArgs;
use crate::rules::ids;
use clap::ValueEnum;
use clap::builder::PossibleValuesParser;
use std::path::PathBuf;

/// How named paths are matched.
#[derive(Debug, clap::Args)]
pub struct MatchArgs {
    /// Leave out what is excluded even when it is named, as hooks name files
    #[arg(long)]
    pub force_exclude: bool,
    /// Named paths that match no file are no error
    #[arg(long)]
    pub no_error_on_unmatched: bool,
}

/// Which texts are looked at, and which of their findings are reported.
#[derive(Debug, Default, clap::Args)]
pub struct ViewArgs {
    /// Report only findings with an end in lines that changed since HEAD and REV parted
    #[arg(long, value_name = "REV", conflicts_with = "staged")]
    pub since: Option<String>,
    /// Read the git index, and report only findings with an end in staged lines
    #[arg(long)]
    pub staged: bool,
    /// Report on this file, with the text from standard input
    #[arg(long, value_name = "PATH", conflicts_with_all = ["staged", "since", "paths"])]
    pub stdin_filename: Option<PathBuf>,
}

/// Which findings are looked at.
#[derive(Debug, clap::Args)]
pub struct SelectArgs {
    /// Report only findings of this rule, and files that could not be read; several with commas, or repeated
    #[arg(long, value_name = "RULE", value_parser = rule_names(), hide_possible_values = true, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Leave out the findings of this rule; several with commas, or repeated
    #[arg(long, value_name = "RULE", value_parser = rule_names(), hide_possible_values = true, value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Leave out findings that are less sure
    #[arg(long, value_name = "CONFIDENCE", value_enum, default_value_t = MinConfidence::All)]
    pub min_confidence: MinConfidence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MinConfidence {
    /// Findings with a witness: two requests and what they leave
    Proven,
    /// These, and the findings of rules of high confidence
    High,
    All,
}

pub fn rule_names() -> PossibleValuesParser {
    PossibleValuesParser::new(ids())
}

/// What is accepted.
#[derive(Debug, clap::Args)]
pub struct AcceptArgs {
    /// Also show what comments and the baseline suppress, marked so, in the reports that show them: human, JSON, SARIF, HTML and Markdown
    #[arg(long)]
    pub report_suppressed: bool,
    /// Baseline file [default: pushguard-baseline.json in the root, if there is one]
    #[arg(long, value_name = "PATH")]
    pub baseline: Option<PathBuf>,
    /// Report the findings that the baseline accepts, too
    #[arg(long, conflicts_with = "baseline")]
    pub no_baseline: bool,
}

#[derive(Debug, clap::Args)]
pub struct BaselineArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Baseline file [default: pushguard-baseline.json in the root]
    #[arg(long, value_name = "PATH")]
    pub baseline: Option<PathBuf>,
    /// Add nothing: only remove the entries of findings that are fixed, and follow renamed files
    #[arg(long)]
    pub prune: bool,
}
