//! `pushguard schema`.
//!
//! Input: arguments. Output: the JSON schema of `pushguard.toml`, or of the JSON report. Must not know: projects.

use super::args::SchemaArgs;
use super::outcome::{CLEAN, delivered};
use crate::config::schema::generate;
use crate::error::Error;
use crate::report;
use crate::rules::doc::pages;
use std::io::Write;

pub fn run(args: &SchemaArgs, stdout: &mut dyn Write) -> Result<u8, Error> {
    if args.report {
        delivered(writeln!(stdout, "{:#}", report::schema()))?;
        return Ok(CLEAN);
    }
    let rules: Vec<(&str, &str)> = pages().iter().map(|page| (page.id, page.meta.summary.as_str())).collect();
    delivered(writeln!(stdout, "{:#}", generate(&rules)))?;
    Ok(CLEAN)
}
