//! `pushguard lsp`.
//!
//! Input: arguments; the protocol has standard input and output to itself. Output: the exit code that it prescribes.
//! Must not know: messages.

use super::args::LspArgs;
use crate::error::Error;
use crate::lsp;
use std::time::Duration;

pub fn run(args: &LspArgs) -> Result<u8, Error> {
    Ok(lsp::serve(Duration::from_secs(args.time_limit)))
}
