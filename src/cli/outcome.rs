//! How a command ends, and what it says beside its result.
//!
//! Input: what was written, warnings. Output: exit codes, lines on standard error. Must not know: commands.

use crate::error::Error;
use crate::report::escape;
use std::io::{self, ErrorKind, Write};

/// The run was done and nothing reached the threshold.
pub const CLEAN: u8 = 0;
/// Findings at or above the threshold.
pub const FINDINGS: u8 = 1;
/// Bad usage, bad configuration, unreadable paths.
pub const COULD_NOT_RUN: u8 = 2;

/// The outcome of writing to standard output.
pub fn delivered(written: io::Result<()>) -> Result<(), Error> {
    match written {
        Err(source) if source.kind() != ErrorKind::BrokenPipe => Err(Error::Output { source }),
        _ => Ok(()),
    }
}

pub fn warn(message: &str, stderr: &mut dyn Write) {
    tell("warning", message, stderr);
}

pub fn tell(kind: &str, message: &str, stderr: &mut dyn Write) {
    // A closed standard error must not stop the run.
    let _ = writeln!(stderr, "{kind}: {}", escape::line(message));
}
