//! `pushguard completions`.
//!
//! Input: the name of a shell. Output: its completion script. Must not know: projects.

use super::args::{Args, CompletionsArgs};
use super::outcome::{CLEAN, delivered};
use crate::error::Error;
use clap::CommandFactory;
use std::io::Write;

pub fn run(args: &CompletionsArgs, stdout: &mut dyn Write) -> Result<u8, Error> {
    // Into memory first: the generator panics when what it writes to is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "pushguard", &mut script);
    delivered(stdout.write_all(&script))?;
    Ok(CLEAN)
}
