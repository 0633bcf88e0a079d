//! `pushguard why`.
//!
//! Input: arguments. Output: what is known of a line. Must not know: how that comes about.

use super::args::WhyArgs;
use super::{CLEAN, delivered, located, terminal};
use crate::error::Error;
use crate::report::{lines_with_calls, why};
use std::io::Write;

/// Lines that an error names.
const MOST: usize = 5;

pub fn run(args: &WhyArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let located = located::open(&args.at, stderr)?;
    let run = located.run();
    let texts = why(&run, located.file, located.line, terminal::text_width());
    if texts.is_empty() {
        let lines = lines_with_calls(&run, located.file, located.line);
        let near: Vec<String> = lines.iter().take(MOST).map(u32::to_string).collect();
        return Err(Error::Usage {
            message: format!("no database call is recognised at {}", args.at),
            remedy: match near.is_empty() {
                true => "none is recognised in this file; `pushguard check` says what could not be followed".to_owned(),
                false => format!("the nearest lines with one are {}", near.join(", ")),
            },
        });
    }
    delivered(writeln!(stdout, "{}", texts.join("\n")))?;
    Ok(CLEAN)
}
