//! Arguments in, exit code out.

#![forbid(unsafe_code)]

use anstream::AutoStream;
use std::io::{self, BufWriter};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Not locked: the language server writes from a thread of its own.
    // What is coloured is decided where it is written; a console of Windows is told to obey it.
    let mut stdout = BufWriter::new(AutoStream::always_ansi(io::stdout()));
    ExitCode::from(pushguard::cli::run(std::env::args_os(), &mut stdout, &mut io::stderr()))
}
