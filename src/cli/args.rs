//! The arguments.
//!
//! Input: the words of the command line. Output: typed arguments. Must not know: what they do.

mod cleanup;
mod debug;
mod gate;
mod line;

pub use cleanup::CleanupArgs;
#[cfg(feature = "cleanup")]
pub use cleanup::CleanupFormat;
pub use debug::{DebugCommand, TraceArgs};
pub use gate::{AcceptArgs, BaselineArgs, MatchArgs, MinConfidence, SelectArgs, ViewArgs};
pub use line::{LineArgs, RepairArgs, WhyArgs, WitnessArgs};

use crate::report::Format;
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Finds the JavaScript and TypeScript code that can write the same MongoDB array element twice, or lose one.
#[derive(Debug, Parser)]
#[command(name = "pushguard", version, propagate_version = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Report the code that can go wrong
    Check(CheckArgs),
    /// Accept today's findings: write them to pushguard-baseline.json
    Baseline(BaselineArgs),
    /// List every place where an array is written
    Paths(PathsArgs),
    /// Show the proof of a finding, or print a program that plays it
    Witness(WitnessArgs),
    /// Say what is known of the database calls of a line
    Why(WhyArgs),
    /// Remove the elements that arrays of a database already hold twice, with a backup
    #[cfg_attr(
        not(feature = "cleanup"),
        command(about = "Remove what arrays of a database already hold twice (this build is without it)")
    )]
    Cleanup(CleanupArgs),
    /// Print the query that counts what is stored twice already
    RepairQuery(RepairArgs),
    /// Show the page of a rule
    Explain(ExplainArgs),
    /// List the rules
    Rules(RulesArgs),
    /// Serve an editor: the language server protocol on standard input and output
    Lsp(LspArgs),
    /// Write a commented pushguard.toml for the arrays of a code base
    Init(InitArgs),
    /// List the unique indexes of the code, or write [[index]] entries for a database
    Indexes(IndexesArgs),
    /// Print the JSON schema of pushguard.toml, or of the JSON report
    Schema(SchemaArgs),
    /// Print a completion script
    Completions(CompletionsArgs),
    /// Write the pages of the documentation that come from the program
    #[command(hide = true)]
    Generate {
        #[command(subcommand)]
        what: Generated,
    },
    /// Look into the engine
    #[command(hide = true)]
    Debug {
        #[command(subcommand)]
        what: DebugCommand,
    },
}

#[derive(Debug, Subcommand)]
pub enum Generated {
    /// The reference of pushguard.toml, as Markdown
    Configuration,
    /// The index of the rules, as Markdown
    Rules,
    /// The pages of the manual, into a folder
    Man { folder: PathBuf },
}

/// The words of the list of write paths.
const VERDICTS: &str = "\
Verdicts:
  guarded       the filter, or $addToSet, refuses an element that is there already
  optimistic    the filter fails when the document has changed since it was read
  transaction   the write is part of a transaction
  in place      changes an element that is there
  removal       takes elements out
  new document  writes the array of a document that it inserts
  unguarded     nothing refuses a second write of the same element
  RULE          the rules that report this write; `pushguard explain RULE` says why";

/// What both analysing commands take.
#[derive(Debug, clap::Args)]
pub struct ProjectArgs {
    /// Files and folders to report on; the whole project is read for context [default: `paths` of the configuration, else all]
    pub paths: Vec<PathBuf>,
    /// Configuration file [default: the nearest pushguard.toml, upward]
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub matching: MatchArgs,
}

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = FormatArg::Human)]
    pub format: FormatArg,
    /// Also write a report to a file; may be repeated
    #[arg(long = "output", value_name = "FORMAT=PATH", value_parser = parse_output, action = ArgAction::Append)]
    pub outputs: Vec<OutputArg>,
    /// Lowest level that makes the exit code 1
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = Threshold::Error)]
    pub fail_on: Threshold,
    /// Most warnings that leave the exit code 0
    #[arg(long, value_name = "N")]
    pub max_warnings: Option<usize>,
    #[command(flatten)]
    pub view: ViewArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub accept: AcceptArgs,
    /// Count the findings by rule on standard error
    #[arg(long)]
    pub statistics: bool,
    /// Say on standard error how long each stage took, and name the ten slowest files and functions
    #[arg(long)]
    pub timings: bool,
    /// List the files that would be reported on, and stop
    #[arg(long)]
    pub list_files: bool,
    /// Rewrite the files where that is proven safe, then report what remains
    #[arg(long, conflicts_with_all = ["diff", "staged", "since", "stdin_filename"])]
    pub fix: bool,
    /// Also make the changes after which the race is gone, but what the code answers has to be read
    #[arg(long, conflicts_with_all = ["diff", "staged", "since", "stdin_filename"])]
    pub fix_suggested: bool,
    /// Print what --fix-suggested would change instead of the report, and write nothing
    #[arg(long, conflicts_with_all = ["staged", "since", "stdin_filename"])]
    pub diff: bool,
    /// In the human format, show each finding whole: every place and call, and every help, however long
    #[arg(long)]
    pub full: bool,
    /// Colours in the human format
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorArg::Auto)]
    pub color: ColorArg,
}

#[derive(Debug, clap::Args)]
#[command(after_help = VERDICTS)]
pub struct PathsArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = PathsFormat::Human)]
    pub format: PathsFormat,
    /// List only the arrays that the configuration tracks
    #[arg(long)]
    pub tracked: bool,
}

#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// Identifier of the rule
    pub rule: String,
    /// Colours, and the page laid out for a terminal instead of its Markdown
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorArg::Auto)]
    pub color: ColorArg,
}

#[derive(Debug, clap::Args)]
pub struct RulesArgs {
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = ListFormat::Human)]
    pub format: ListFormat,
}

#[derive(Debug, clap::Args)]
pub struct LspArgs {
    /// Some clients say so; there is no other way
    #[arg(long, hide = true)]
    pub stdio: bool,
    /// Give up an analysis that takes longer; what was found before stays
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub time_limit: u64,
}

#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Root of the project
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Overwrite a pushguard.toml that is there
    #[arg(long)]
    pub force: bool,
    /// Print the file on standard output instead of writing it
    #[arg(long, conflicts_with = "force")]
    pub print: bool,
}

/// How the indexes of a database are told.
const IMPORT: &str = "\
Indexes of a database:
  mongosh --quiet URI --eval 'EJSON.stringify(db.getCollectionNames().map(
    (collection) => ({ collection, indexes: db[collection].getIndexes() })))' > indexes.json
  pushguard indexes --import indexes.json >> pushguard.toml";

#[derive(Debug, clap::Args)]
#[command(after_help = IMPORT)]
pub struct IndexesArgs {
    /// Root of the project
    #[arg(default_value = ".")]
    pub folder: PathBuf,
    /// Print [[index]] entries for what mongosh tells of a database
    #[arg(long, value_name = "FILE", conflicts_with = "folder")]
    pub import: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct SchemaArgs {
    /// The schema of what `check --format json` writes
    #[arg(long)]
    pub report: bool,
}

#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// The shell to complete in
    pub shell: clap_complete::Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// Snippets for a terminal
    Human,
    /// One versioned object
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// One line for each finding
    Compact,
    /// Workflow commands, for annotations on GitHub
    Github,
    /// Code Quality report of GitLab
    Gitlab,
    /// JUnit XML
    Junit,
    /// One page to read in a browser
    Html,
    /// A table with details, for the summary of a job
    Markdown,
}

impl FormatArg {
    pub fn format(self) -> Format {
        match self {
            FormatArg::Human => Format::Human,
            FormatArg::Json => Format::Json,
            FormatArg::Sarif => Format::Sarif,
            FormatArg::Compact => Format::Compact,
            FormatArg::Github => Format::Github,
            FormatArg::Gitlab => Format::Gitlab,
            FormatArg::Junit => Format::Junit,
            FormatArg::Html => Format::Html,
            FormatArg::Markdown => Format::Markdown,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PathsFormat {
    Human,
    /// One versioned object
    Json,
    /// A flowchart for Markdown
    Mermaid,
    /// A graph for Graphviz
    Dot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Threshold {
    Error,
    Warning,
    Info,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    Auto,
    Always,
    Never,
}

/// A report beside the one on standard output.
#[derive(Clone, Debug)]
pub struct OutputArg {
    pub format: Format,
    pub path: PathBuf,
}

fn format_names() -> Vec<String> {
    let values = FormatArg::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    values.map(|value| value.get_name().to_owned()).collect()
}

fn parse_output(text: &str) -> Result<OutputArg, String> {
    let (format, path) = text.split_once('=').ok_or("expected FORMAT=PATH, such as sarif=report.sarif")?;
    let format = FormatArg::from_str(format, false)
        .map_err(|_| format!("unknown format `{format}`, expected one of {}", format_names().join(", ")))?;
    if path.is_empty() {
        return Err("the path is empty".to_owned());
    }
    Ok(OutputArg { format: format.format(), path: PathBuf::from(path) })
}
