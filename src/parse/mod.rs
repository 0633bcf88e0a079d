//! From a source text to a syntax tree, or to what is wrong with it. The only user of the parser.
//!
//! Input: one source file. Output: a tree (with recovered errors and, when asked for, comments), or a problem with its
//! place. Must not know: MongoDB, rules, other files.

mod chars;
mod comments;
mod dialect;
mod elements;
mod frame;
mod nesting;
mod problem;
mod reading;
mod retries;
mod scan;
mod words;

pub use comments::{Comment, head_comments};
pub use dialect::is_typed;
pub use problem::{FIRST_POSITION, Problem};

use crate::source::SourceFile;
use crate::stack;
use nesting::{Nesting, nesting};
use swc_common::comments::SingleThreadedComments;
use swc_common::{BytePos, Spanned};
use swc_ecma_ast::Program;
use swc_ecma_parser::{Parser, StringInput, Syntax, error::Error};

/// A tree, and the errors from which the parser recovered.
pub struct Parsed {
    pub program: Program,
    pub recovered: Vec<Problem>,
    /// Sorted; empty unless they were asked for.
    pub comments: Vec<Comment>,
}

/// Parses a file and hands what comes out to `work`, all on a stack that fits how deep the text nests: to walk a tree, and
/// to drop it, takes as many calls as to parse it.
pub fn with_tree<T>(file: &SourceFile, keep_comments: bool, work: impl FnOnce(Result<Parsed, Problem>) -> T) -> T {
    let (mut work, mut most, mut too_deep, mut affordable) = (work, 0, 0, Vec::new());
    for (at, syntax) in dialect::dialects(file).into_iter().enumerate() {
        let levels = match nesting(&file.text, dialect::reading(&syntax)) {
            Nesting::Levels(levels) => levels,
            Nesting::TooDeep { at } => {
                too_deep = too_deep.max(at);
                continue;
            }
        };
        // Nearly all files are what the first dialect can read. Only the others are counted once for each dialect.
        if at == 0 {
            let done = stack::for_levels(levels, || match parse_as(&file.text, syntax, keep_comments) {
                parsed if is_clean(&parsed) => Ok(work(parsed)),
                _ => Err(work),
            });
            match done {
                Ok(done) => return done,
                Err(back) => work = back,
            }
        }
        most = most.max(levels);
        affordable.push(syntax);
    }
    if affordable.is_empty() {
        return work(Err(Problem::TooDeep { at: too_deep }));
    }
    stack::for_levels(most, || work(parse(file, keep_comments, affordable)))
}

fn is_clean(parsed: &Result<Parsed, Problem>) -> bool {
    matches!(parsed, Ok(parsed) if parsed.recovered.is_empty())
}

/// The number of errors from which the parser recovers; `None` for a file that has no tree.
pub fn count_errors(file: &SourceFile) -> Option<usize> {
    with_tree(file, false, |parsed| parsed.ok().map(|parsed| parsed.recovered.len()))
}

/// As the first of the dialects in which the file has no error; else the first in which it has a tree.
fn parse(file: &SourceFile, keep_comments: bool, dialects: Vec<Syntax>) -> Result<Parsed, Problem> {
    let mut best = None;
    for syntax in dialects {
        let parsed = parse_as(&file.text, syntax, keep_comments);
        if is_clean(&parsed) {
            return parsed;
        }
        if !matches!(best, Some(Ok(_))) && (best.is_none() || parsed.is_ok()) {
            best = Some(parsed);
        }
    }
    best.unwrap_or(Err(Problem::TooDeep { at: 0 })).map_err(|problem| dialect::explain(file, problem)).map(
        |mut parsed| {
            parsed.recovered = parsed.recovered.into_iter().map(|problem| dialect::explain(file, problem)).collect();
            parsed
        },
    )
}

fn parse_as(text: &str, syntax: Syntax, keep_comments: bool) -> Result<Parsed, Problem> {
    let end = BytePos(FIRST_POSITION + text.len() as u32);
    let comments = SingleThreadedComments::default();
    let input = StringInput::new(text, BytePos(FIRST_POSITION), end);
    let mut parser = Parser::new(syntax, input, keep_comments.then_some(&comments as _));
    let program = parser.parse_program().map_err(|error| problem(&error))?;
    let recovered = parser.take_errors().iter().filter(|error| is_fatal(error)).map(problem).collect();
    Ok(Parsed { program, recovered, comments: comments::owned(&comments) })
}

/// Errors of early semantics, such as a strict-mode word, do not make the tree wrong; they are Node's business.
fn is_fatal(error: &Error) -> bool {
    use swc_ecma_parser::error::SyntaxError;
    matches!(
        error.kind(),
        SyntaxError::Expected(..)
            | SyntaxError::Unexpected { .. }
            | SyntaxError::Eof
            | SyntaxError::UnterminatedBlockComment
    )
}

fn problem(error: &Error) -> Problem {
    let span = error.span();
    let start = span.lo.0.saturating_sub(FIRST_POSITION);
    let end = span.hi.0.saturating_sub(FIRST_POSITION).max(start);
    Problem::Syntax { start, end, message: error.kind().msg().into_owned() }
}
