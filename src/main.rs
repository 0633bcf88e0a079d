//! Arguments in, exit code out.

use std::io::{self, BufWriter};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut stdout = BufWriter::new(io::stdout().lock());
    ExitCode::from(pushguard::cli::run(std::env::args_os(), &mut stdout, &mut io::stderr()))
}
