//! The arguments of those who work on the engine.
//!
//! Input: the words of the command line. Output: typed arguments. Must not know: what they do.

use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum DebugCommand {
    /// Print what the engine believes of the functions around a line
    Trace(TraceArgs),
}

#[derive(Debug, clap::Args)]
pub struct TraceArgs {
    /// A line of a source file
    #[arg(value_name = "FILE:LINE", value_parser = parse_line)]
    pub line: (PathBuf, u32),
    /// Configuration file [default: the nearest pushguard.toml, upward]
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
}

fn parse_line(text: &str) -> Result<(PathBuf, u32), String> {
    let expected = "expected FILE:LINE, such as models/order.js:12";
    let (path, line) = text.rsplit_once(':').ok_or(expected)?;
    match line.parse() {
        Ok(line) if line > 0 && !path.is_empty() => Ok((PathBuf::from(path), line)),
        _ => Err(expected.to_owned()),
    }
}
