//! `pushguard lsp`.
//!
//! Input: nothing; the protocol has standard input and output to itself. Output: the exit code that it prescribes.
//! Must not know: messages.

use crate::error::Error;
use crate::lsp;

pub fn run() -> Result<u8, Error> {
    Ok(lsp::serve())
}
