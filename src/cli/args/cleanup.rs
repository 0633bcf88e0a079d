//! The arguments of the clean-up.
//!
//! Input: the words of the command line. Output: typed arguments. Must not know: what they do.

use clap::ValueEnum;
use std::path::PathBuf;

/// What the help of the clean-up ends with.
#[cfg(feature = "cleanup")]
const STEPS: &str = "\
Without --apply or --restore nothing is changed: the report says what would go.
Each element that goes is on disk in the backup file before it goes; `--restore FILE` puts it back.
Exit codes: 0 nothing is there twice, or all of it was removed or put back; 1 something is; 2 could not run.";
#[cfg(not(feature = "cleanup"))]
const STEPS: &str = "\
THIS BUILD IS WITHOUT IT, for the linter needs no database. To get it:
  cargo install pushguard --features cleanup
or, in a clone:
  cargo build --release --features cleanup";

#[derive(Debug, clap::Args)]
#[command(after_help = STEPS)]
pub struct CleanupArgs {
    /// Connection string [default: the variable MONGODB_URI, which other users of the machine do not see]
    #[arg(long, value_name = "URI")]
    pub uri: Option<String>,
    /// Database [default with --restore: that of the backup]
    #[arg(long, value_name = "NAME")]
    #[cfg_attr(feature = "cleanup", arg(required_unless_present_any = ["input", "restore"]))]
    pub db: Option<String>,
    /// Collection [default: those of the configuration, and without --apply any]
    #[arg(long, value_name = "NAME")]
    pub collection: Option<String>,
    /// Field that holds the array [default: those of the configuration]
    #[arg(long, value_name = "NAME")]
    pub field: Option<String>,
    /// Report what would go, and change nothing: the default
    #[arg(long, conflicts_with = "apply")]
    pub dry_run: bool,
    /// Remove it, each element after it is in the backup
    #[arg(long, conflicts_with_all = ["restore", "input", "explain"])]
    pub apply: bool,
    /// File to make for the elements that go [default: pushguard-backup-DB.COLLECTION-TIME.jsonl]
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub backup: Option<PathBuf>,
    /// Put back what backups hold; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "explain", "collection", "field", "query", "limit"])]
    pub restore: Vec<PathBuf>,
    /// Show how it would be done: the aggregation, what the server makes of it, and the command that removes
    #[arg(long, conflicts_with_all = ["input"])]
    pub explain: bool,
    /// Look at an export instead of a server: JSON of mongoexport, or BSON of mongodump
    #[arg(long, value_name = "FILE", conflicts_with_all = ["uri", "db", "query"])]
    pub input: Option<PathBuf>,
    /// Only documents of this filter, in extended JSON
    #[arg(long, value_name = "JSON")]
    pub query: Option<String>,
    /// Stop after so many documents with duplicates
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub limit: Option<u64>,
    /// Documents that are read, backed up and changed together
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub batch_size: u32,
    /// Connections that work at once [with --query, and for a report with --limit, there is one]
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
    /// Worst documents to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Format of the report on standard output
    #[arg(long, value_enum, default_value_t = CleanupFormat::Table)]
    pub format: CleanupFormat,
    /// Configuration file with the kinds and keys [default: the nearest pushguard.toml, upward]
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CleanupFormat {
    Table,
    Json,
    Html,
}
