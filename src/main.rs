//! Arguments in, exit code out.

#![forbid(unsafe_code)]

use std::io::{self, BufWriter};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Not locked: the language server writes from a thread of its own.
    let mut stdout = BufWriter::new(io::stdout());
    ExitCode::from(pushguard::cli::run(std::env::args_os(), &mut stdout, &mut io::stderr()))
}
