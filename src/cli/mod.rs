//! The command line: the only place that prints.
//!
//! Input: arguments and two writers. Output: an exit code. 0: clean or below the threshold; 1: findings; 2: could not run.
//! Findings go to standard output, everything else to standard error. Must not know: syntax, how a report is drawn.

mod args;
mod baseline;
mod check;
#[cfg(feature = "cleanup")]
mod cleanup;
mod completions;
mod debug;
mod explain;
mod fix;
mod generate;
mod indexes;
mod init;
mod located;
mod lsp;
#[cfg(feature = "cleanup")]
mod moving;
#[cfg(not(feature = "cleanup"))]
mod no_cleanup;
mod outcome;
mod output;
mod owners;
mod paths;
mod progress;
mod project;
mod repair_query;
mod schema;
mod select;
mod settle;
mod survey;
mod terminal;
mod texts;
mod timings;
mod unknown_names;
mod unwritten;
mod why;
mod witness;

use crate::error::Error;
use crate::report::escape;
use args::{Args, Command, DebugCommand};
use clap::Parser;
#[cfg(not(feature = "cleanup"))]
use no_cleanup as cleanup;
use outcome::delivered;
pub use outcome::{CLEAN, COULD_NOT_RUN, FINDINGS};
use std::ffi::OsString;
use std::io::Write;

/// Runs the program. `args` begins with the program's name.
pub fn run(args: impl IntoIterator<Item = OsString>, stdout: &mut dyn Write, stderr: &mut dyn Write) -> u8 {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => return explain_usage(&error, stdout, stderr),
    };
    let done = match args.command {
        Command::Check(args) => check::run(&args, stdout, stderr),
        Command::Baseline(args) => baseline::run(&args, stdout, stderr),
        Command::Paths(args) => paths::run(&args, stdout, stderr),
        Command::Witness(args) => witness::run(&args, stdout, stderr),
        Command::Why(args) => why::run(&args, stdout, stderr),
        Command::Cleanup(args) => cleanup::run(&args, stdout, stderr),
        Command::RepairQuery(args) => repair_query::run(&args, stdout, stderr),
        Command::Explain(args) => explain::explain(&args, stdout),
        Command::Rules(args) => explain::rules(&args, stdout),
        Command::Init(args) => init::run(&args, stdout, stderr),
        Command::Indexes(args) => indexes::run(&args, stdout, stderr),
        Command::Schema(args) => schema::run(&args, stdout),
        Command::Completions(args) => completions::run(&args, stdout),
        Command::Lsp(args) => lsp::run(&args),
        Command::Generate { what } => generate::run(&what, stdout),
        Command::Debug { what: DebugCommand::Trace(args) } => debug::trace(&args, stdout, stderr),
    };
    match done.and_then(|code| deliver(stdout).map(|()| code)) {
        Ok(code) => code,
        Err(error) => {
            print_error(&error, stderr);
            COULD_NOT_RUN
        }
    }
}

/// Sends what is buffered. Who closed the pipe has seen enough: that is no error, and the verdict stands.
fn deliver(stdout: &mut dyn Write) -> Result<(), Error> {
    delivered(stdout.flush())
}

/// Help and version are answers; anything else is a mistake on the command line.
fn explain_usage<'a>(error: &clap::Error, stdout: &'a mut dyn Write, stderr: &'a mut dyn Write) -> u8 {
    let (code, out) = if error.use_stderr() { (COULD_NOT_RUN, stderr) } else { (CLEAN, stdout) };
    // Nobody is left to tell when this cannot be written.
    let _ = write!(out, "{}", error.render()).and_then(|()| out.flush());
    code
}

fn print_error(error: &Error, stderr: &mut dyn Write) {
    let mut text = format!("error: {}\n", escape::line(&error.to_string()));
    if let Some(path) = error.path() {
        let line = error.line().map(|line| format!(":{line}")).unwrap_or_default();
        let column = error.column().map(|column| format!(":{column}")).unwrap_or_default();
        text.push_str(&format!("  --> {}{line}{column}\n", escape::line(&path.to_string_lossy())));
    }
    text.push_str(&format!("  help: {}\n", escape::line(error.remedy())));
    let _ = stderr.write_all(text.as_bytes());
}
