//! `pushguard cleanup` of a build without the feature `cleanup`.
//!
//! Input: arguments. Output: how to get it. Must not know: databases.

use super::args::CleanupArgs;
use crate::error::Error;
use std::io::Write;

pub fn run(_args: &CleanupArgs, _stdout: &mut dyn Write, _stderr: &mut dyn Write) -> Result<u8, Error> {
    Err(Error::Usage {
        message: "this build is without the clean-up, for the linter needs no database".to_owned(),
        remedy: "cargo install pushguard --features cleanup".to_owned(),
    })
}
