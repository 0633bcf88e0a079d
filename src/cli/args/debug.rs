//! The arguments of those who work on the engine.
//!
//! Input: the words of the command line. Output: typed arguments. Must not know: what they do.

use super::LineArgs;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum DebugCommand {
    /// Print what the engine believes of the functions around a line
    Trace(TraceArgs),
}

#[derive(Debug, clap::Args)]
pub struct TraceArgs {
    #[command(flatten)]
    pub at: LineArgs,
}
