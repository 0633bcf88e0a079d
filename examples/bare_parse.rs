//! The yardstick of docs/benchmarks.md: reads the files that `pushguard check --list-files` names, parses each once with SWC on
//! all cores, and drops the trees. Nothing is done with them, so no linter on SWC takes less.
//!
//! usage: pushguard check --list-files | cargo run --release --example bare_parse

use rayon::prelude::*;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};
use swc_common::BytePos;
use swc_ecma_parser::{EsSyntax, Parser, StringInput, Syntax, TsSyntax};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Room for trees as deep as any that a person writes.
const STACK_BYTES: usize = 256 << 20;

fn syntax_of(path: &str) -> Syntax {
    let extension = path.rsplit('.').next().unwrap_or("");
    if extension.contains("ts") {
        Syntax::Typescript(TsSyntax { tsx: extension == "tsx", decorators: true, ..TsSyntax::default() })
    } else {
        Syntax::Es(EsSyntax { jsx: true, decorators: true, ..EsSyntax::default() })
    }
}

/// What parsing a text took and what dropping its tree took; none where there is no tree.
fn parse(path: &str, text: &str) -> Option<[Duration; 2]> {
    let since = Instant::now();
    let input = StringInput::new(text, BytePos(1), BytePos(1 + text.len() as u32));
    let tree = Parser::new(syntax_of(path), input, None).parse_program().ok()?;
    let parsed = since.elapsed();
    drop(tree);
    Some([parsed, since.elapsed() - parsed])
}

fn main() -> io::Result<()> {
    let mut list = String::new();
    io::stdin().read_to_string(&mut list)?;
    let since = Instant::now();
    let texts: Vec<(&str, String)> =
        list.lines().filter_map(|path| Some((path, std::fs::read_to_string(path).ok()?))).collect();
    let read = since.elapsed();
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build().map_err(io::Error::other)?;
    let since = Instant::now();
    let taken: Vec<[Duration; 2]> =
        pool.install(|| texts.par_iter().filter_map(|(path, text)| parse(path, text)).collect());
    let wall = since.elapsed();
    let sum = |at: usize| taken.iter().filter_map(|parts| parts.get(at)).sum::<Duration>().as_secs_f64() * 1000.0;
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    writeln!(
        io::stdout(),
        "{} of {} files parsed, {} kB\nread {:.1} ms, parse {:.1} ms and drop {:.1} ms of all threads, {:.1} ms by the wall",
        taken.len(),
        texts.len(),
        bytes / 1000,
        read.as_secs_f64() * 1000.0,
        sum(0),
        sum(1),
        wall.as_secs_f64() * 1000.0
    )
}
