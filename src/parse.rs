//! From a source text to a syntax tree, or to what is wrong with it. The only user of the parser.
//!
//! Input: one source file. Output: a tree (with recovered errors and, when asked for, comments), or a problem with its
//! place.
//! Must not know: MongoDB, rules, other files.

use crate::source::SourceFile;
use swc_common::comments::SingleThreadedComments;
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

/// A comment with its delimiters: 0-based byte offsets, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comment {
    pub start: u32,
    pub end: u32,
}

/// A tree, and the errors from which the parser recovered.
pub struct Parsed {
    pub program: Program,
    pub recovered: Vec<Problem>,
    /// Sorted; empty unless they were asked for.
    pub comments: Vec<Comment>,
}

/// Parses a file by its extension. JavaScript that does not parse as such is tried as TypeScript, for type annotations
/// do occur in `.js` files of projects that strip them.
pub fn parse(file: &SourceFile) -> Result<Parsed, Problem> {
    parse_file(file, false)
}

/// Parses a file whose comments matter, as those of few files do.
pub fn parse_with_comments(file: &SourceFile) -> Result<Parsed, Problem> {
    parse_file(file, true)
}

fn parse_file(file: &SourceFile, keep_comments: bool) -> Result<Parsed, Problem> {
    if let Some((at, what)) = too_deep(&file.text) {
        return Err(Problem::TooDeep { at, what });
    }
    let extension = file.path.rsplit('.').next().unwrap_or("");
    let typescript = |tsx| Syntax::Typescript(TsSyntax { tsx, decorators: true, ..TsSyntax::default() });
    match extension {
        "ts" | "mts" | "cts" => parse_as(&file.text, typescript(false), keep_comments),
        "tsx" => parse_as(&file.text, typescript(true), keep_comments),
        _ => {
            let script = Syntax::Es(EsSyntax {
                jsx: true,
                decorators: true,
                allow_return_outside_function: true,
                ..EsSyntax::default()
            });
            let first = parse_as(&file.text, script, keep_comments);
            match &first {
                Ok(parsed) if parsed.recovered.is_empty() => first,
                _ => match parse_as(&file.text, typescript(true), keep_comments) {
                    Ok(parsed) if parsed.recovered.is_empty() => Ok(parsed),
                    _ => first,
                },
            }
        }
    }
}

fn parse_as(text: &str, syntax: Syntax, keep_comments: bool) -> Result<Parsed, Problem> {
    let end = BytePos(FIRST_POSITION + text.len() as u32);
    let comments = SingleThreadedComments::default();
    let input = StringInput::new(text, BytePos(FIRST_POSITION), end);
    let mut parser = Parser::new(syntax, input, keep_comments.then_some(&comments as _));
    let program = parser.parse_program().map_err(|error| problem(&error))?;
    let recovered = parser.take_errors().iter().filter(|error| is_fatal(error)).map(problem).collect();
    Ok(Parsed { program, recovered, comments: owned(&comments) })
}

/// Where the parser tries two readings of one text, it may note a comment twice.
fn owned(comments: &SingleThreadedComments) -> Vec<Comment> {
    let (leading, trailing) = comments.borrow_all();
    let mut owned: Vec<Comment> = leading
        .values()
        .chain(trailing.values())
        .flatten()
        .map(|comment| Comment {
            start: comment.span.lo.0.saturating_sub(FIRST_POSITION),
            end: comment.span.hi.0.saturating_sub(FIRST_POSITION),
        })
        .collect();
    owned.sort_unstable();
    owned.dedup();
    owned
}

/// The comments before the first code of a text. They are comments whether or not the rest can be parsed.
pub fn head_comments(text: &str) -> Vec<Comment> {
    let mut comments = Vec::new();
    let mut at = if text.starts_with("#!") { text.find('\n').unwrap_or(text.len()) } else { 0 };
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let start = at + rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        let length = if rest.starts_with("//") {
            rest.find(['\n', '\r']).unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            let Some(end) = rest.get(2..).and_then(|inner| inner.find("*/")) else { return comments };
            end + 4
        } else {
            return comments;
        };
        at = start + length;
        comments.push(Comment { start: start as u32, end: at as u32 });
    }
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

    fn words(comments: &[Comment], text: &str) -> Vec<String> {
        comments.iter().map(|comment| text[comment.start as usize..comment.end as usize].to_owned()).collect()
    }

    #[test]
    fn comments_are_those_of_the_grammar_and_each_is_told_once() {
        let text = "// a\nconst s = '// no', t = `/* no ${/* b */ 1} // no`, r = /[/]/ /* c */;\n\
            const f = (x /* d */) => <p>// no {/* e */}</p>; // f\n/* g\n */";
        let file = SourceFile::new("a.jsx".into(), text, true);
        let parsed = parse_with_comments(&file).map_err(|problem| format!("{problem:?}")).expect("it parses");
        let wanted = ["// a", "/* b */", "/* c */", "/* d */", "/* e */", "// f", "/* g\n */"];
        assert_eq!(words(&parsed.comments, text), wanted);
    }

    #[test]
    fn the_comments_at_the_head_need_no_parser() {
        let text = "#!/usr/bin/env node // no\n// a\r\n\n  /* b */ /* c\n*/x /* no */";
        assert_eq!(words(&head_comments(text), text), ["// a", "/* b */", "/* c\n*/"]);
        assert_eq!(head_comments("/* open"), []);
    }

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
