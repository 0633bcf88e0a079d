//! From a source text to a syntax tree, or to what is wrong with it. The only user of the parser.
//!
//! Input: one source file. Output: a tree (with recovered errors), or a problem with its place.
//! Must not know: MongoDB, rules, other files.

use crate::source::SourceFile;
use swc_common::{BytePos, Spanned};
use swc_ecma_ast::Program;
use swc_ecma_parser::{EsSyntax, Parser, StringInput, Syntax, TsSyntax, error::Error};

/// The parser counts positions from 1; a position minus this is a 0-based byte offset.
pub const FIRST_POSITION: u32 = 1;

/// Parsing, evaluating and dropping run on threads with this stack, for SWC aborts the process on overflow.
pub const STACK_SIZE: usize = 256 << 20;

/// Brackets inside brackets that are still parsed. An unoptimised build needs about 25 KiB of stack for each.
const MAX_NESTING: u32 = 400;
/// Operators, dots and question marks in one expression; chains are as deep in the tree as they are long.
const MAX_CHAIN: u32 = 20_000;
/// `else if` in one chain; the parser's work is quadratic in it.
const MAX_ELSE_IF: u32 = 2_000;

/// Why a file gives no facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// 0-based byte offsets and what the parser says.
    Syntax { start: u32, end: u32, message: String },
    /// 0-based byte offset where the limit is passed, and which one it is.
    TooDeep { at: u32, what: &'static str },
}

/// A tree, and the errors from which the parser recovered.
pub struct Parsed {
    pub program: Program,
    pub recovered: Vec<Problem>,
}

/// Parses a file by its extension. JavaScript that does not parse as such is tried as TypeScript, for type annotations
/// do occur in `.js` files of projects that strip them.
pub fn parse(file: &SourceFile) -> Result<Parsed, Problem> {
    if let Some((at, what)) = too_deep(&file.text) {
        return Err(Problem::TooDeep { at, what });
    }
    let extension = file.path.rsplit('.').next().unwrap_or("");
    let typescript = |tsx| Syntax::Typescript(TsSyntax { tsx, decorators: true, ..TsSyntax::default() });
    match extension {
        "ts" | "mts" | "cts" => parse_as(&file.text, typescript(false)),
        "tsx" => parse_as(&file.text, typescript(true)),
        _ => {
            let script = Syntax::Es(EsSyntax {
                jsx: true,
                decorators: true,
                allow_return_outside_function: true,
                ..EsSyntax::default()
            });
            let first = parse_as(&file.text, script);
            match &first {
                Ok(parsed) if parsed.recovered.is_empty() => first,
                _ => match parse_as(&file.text, typescript(true)) {
                    Ok(parsed) if parsed.recovered.is_empty() => Ok(parsed),
                    _ => first,
                },
            }
        }
    }
}

fn parse_as(text: &str, syntax: Syntax) -> Result<Parsed, Problem> {
    let end = BytePos(FIRST_POSITION + text.len() as u32);
    let mut parser = Parser::new(syntax, StringInput::new(text, BytePos(FIRST_POSITION), end), None);
    let program = parser.parse_program().map_err(|error| problem(&error))?;
    let recovered = parser.take_errors().iter().filter(|error| is_fatal(error)).map(problem).collect();
    Ok(Parsed { program, recovered })
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

/// Where a text nests deeper, or chains longer, than the parser can take; one linear scan over the bytes.
///
/// Strings, template text and comments are skipped. A regular expression is not told from a division, which can only
/// make the count too high by the brackets inside it.
fn too_deep(text: &str) -> Option<(u32, &'static str)> {
    let bytes = text.as_bytes();
    let (mut depth, mut chain, mut else_ifs) = (0u32, 0u32, 0u32);
    let mut at = 0;
    // The nesting depth at each open `${`.
    let mut templates: Vec<u32> = Vec::new();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => at = skip_string(bytes, at, *byte),
            b'`' => at = skip_template(bytes, at + 1, depth, &mut templates),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = text.get(at + 2..).and_then(|rest| rest.find("*/")).map_or(bytes.len(), |n| at + n + 3);
            }
            b'(' | b'[' | b'{' => {
                depth += 1;
                if *byte == b'{' {
                    chain = 0;
                }
            }
            b'}' if templates.last() == Some(&depth) => {
                templates.pop();
                at = skip_template(bytes, at + 1, depth, &mut templates);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b';' | b',' => chain = 0,
            b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^' | b'<' | b'>' | b'=' | b'!' | b'~' | b'?' | b'.'
            | b':' => {
                chain += 1;
            }
            b'e' if bytes[at..].starts_with(b"else") => {
                let rest = bytes[at + 4..].iter().position(|b| !b.is_ascii_whitespace());
                if rest.is_some_and(|n| n > 0 && bytes[at + 4 + n..].starts_with(b"if")) {
                    else_ifs += 1;
                }
                at += 3;
            }
            // A new statement starts a new chain.
            b'f' if bytes[at..].starts_with(b"function") => else_ifs = 0,
            _ => {}
        }
        if depth > MAX_NESTING {
            return Some((at as u32, "brackets"));
        }
        if chain > MAX_CHAIN {
            return Some((at as u32, "operators in one expression"));
        }
        if else_ifs > MAX_ELSE_IF {
            return Some((at as u32, "`else if` branches"));
        }
        at += 1;
    }
    None
}

/// The offset of the closing quote, or of the line's end: a string cannot pass it.
fn skip_string(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            byte if *byte == quote => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

/// The offset of the closing backtick, or of the brace that opens an expression.
fn skip_template(bytes: &[u8], start: usize, depth: u32, templates: &mut Vec<u32>) -> usize {
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'`' => return at,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                templates.push(depth);
                return at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_outside_strings_templates_and_comments() {
        let nested = "(".repeat(500);
        assert!(too_deep(&nested).is_some());
        assert_eq!(too_deep(&format!("'{nested}' // {nested}\n/* {nested} */ `{nested}`")), None);
        assert_eq!(too_deep(&"`${f({a: `${b}`})}`;".repeat(1000)), None);
        assert!(too_deep(&format!("x = {}1", "1+".repeat(30_000))).is_some());
        assert!(too_deep(&"if (a) b(); else ".repeat(3_000)).is_some());
    }
}
