//! `pushguard schema`.
//!
//! Input: nothing. Output: the JSON schema of `pushguard.toml`. Must not know: projects.

use super::outcome::{CLEAN, delivered};
use crate::config::schema::generate;
use crate::error::Error;
use crate::rules::doc::pages;
use std::io::Write;

pub fn run(stdout: &mut dyn Write) -> Result<u8, Error> {
    let rules: Vec<(&str, &str)> = pages().iter().map(|page| (page.id, page.meta.summary.as_str())).collect();
    delivered(writeln!(stdout, "{:#}", generate(&rules)))?;
    Ok(CLEAN)
}
