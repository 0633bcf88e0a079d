//! The arguments of the commands about one line.
//!
//! Input: the words of the command line. Output: typed arguments. Must not know: what they do.

use super::ListFormat;
use super::gate::rule_names;
use std::fmt;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct LineArgs {
    /// A line of a source file, as reports print it: below the working folder or the root; a column after it is passed over
    #[arg(value_name = "FILE:LINE", value_parser = parse_line)]
    pub line: (PathBuf, u32),
    /// Configuration file [default: the nearest pushguard.toml, upward]
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
}

impl fmt::Display for LineArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line.0.display(), self.line.1)
    }
}

#[derive(Debug, clap::Args)]
pub struct WitnessArgs {
    #[command(flatten)]
    pub at: LineArgs,
    /// Print a program for Node that plays the witness on the server of MONGODB_URI, and ends with 1 when the bad outcome appears
    #[arg(long)]
    pub script: bool,
    /// Only the finding of this rule
    #[arg(long, value_name = "RULE", value_parser = rule_names(), hide_possible_values = true)]
    pub rule: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct RepairArgs {
    #[command(flatten)]
    pub at: LineArgs,
    /// Only the finding of this rule
    #[arg(long, value_name = "RULE", value_parser = rule_names(), hide_possible_values = true)]
    pub rule: Option<String>,
    /// Format on standard output: a script for mongosh, or one versioned object
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub format: ListFormat,
}

#[derive(Debug, clap::Args)]
pub struct WhyArgs {
    #[command(flatten)]
    pub at: LineArgs,
}

/// `FILE:LINE`, or `FILE:LINE:COLUMN` as reports print it. A path may hold colons, and end in one and a number.
fn parse_line(text: &str) -> Result<(PathBuf, u32), String> {
    let expected = "expected FILE:LINE, such as models/order.js:12";
    let split = |text: &str| -> Option<(PathBuf, u32)> {
        let (path, line) = text.rsplit_once(':')?;
        let line = line.parse().ok().filter(|line| *line > 0)?;
        (!path.is_empty()).then(|| (PathBuf::from(path), line))
    };
    let (path, line) = split(text).ok_or(expected)?;
    let without_column = split(&path.to_string_lossy()).filter(|_| !path.exists());
    Ok(without_column.unwrap_or((path, line)))
}
