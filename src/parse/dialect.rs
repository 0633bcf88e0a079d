//! The dialects of JavaScript: which of them a file may be written in, and the names of those that are not read.
//!
//! Input: a file. Output: what to ask the parser for, or words for its error. Must not know: the tree.

use super::comments::head_comments;
use super::problem::Problem;
use super::reading::Reading;
use crate::source::SourceFile;
use swc_ecma_parser::{EsSyntax, FlowSyntax, Syntax, TsSyntax};

fn extension(path: &str) -> String {
    path.rsplit('.').next().unwrap_or("").to_ascii_lowercase()
}

/// What to parse a file as, in the order of trying. Types do occur in `.js` files of projects that strip them.
pub(super) fn dialects(file: &SourceFile) -> Vec<Syntax> {
    let typescript = |tsx| Syntax::Typescript(TsSyntax { tsx, decorators: true, ..TsSyntax::default() });
    match extension(&file.path).as_str() {
        "ts" | "mts" | "cts" => vec![typescript(false)],
        "tsx" => vec![typescript(true)],
        // A cast of Flow, `(value: Type)`, is no TypeScript; what both can read means the same.
        _ if is_flow(file) => vec![script(), flow(), typescript(true)],
        _ => vec![script(), typescript(true), flow()],
    }
}

/// What the count of nesting has to know of a dialect.
pub(super) fn reading(syntax: &Syntax) -> Reading {
    match syntax {
        Syntax::Es(_) => Reading::Script,
        Syntax::Typescript(syntax) => Reading::Typed { elements: syntax.tsx },
        Syntax::Flow(_) => Reading::Flow,
    }
}

fn script() -> Syntax {
    Syntax::Es(EsSyntax {
        jsx: true,
        fn_bind: true,
        decorators: true,
        decorators_before_export: true,
        export_default_from: true,
        import_attributes: true,
        allow_super_outside_method: true,
        allow_return_outside_function: true,
        auto_accessors: true,
        explicit_resource_management: true,
    })
}

fn flow() -> Syntax {
    Syntax::Flow(FlowSyntax {
        jsx: true,
        all: true,
        require_directive: false,
        enums: true,
        decorators: true,
        components: true,
        pattern_matching: true,
    })
}

/// Whether a comment at the head of the file says that it is typed with Flow.
fn is_flow(file: &SourceFile) -> bool {
    head_comments(&file.text).iter().any(|comment| file.slice(comment.start, comment.end).contains("@flow"))
}

/// Syntax that Babel can read and the parser cannot: what stands at or before the error, and its name.
const PROPOSALS: [(&str, &str); 9] = [
    ("|>", "the pipeline operator"),
    ("#{", "records and tuples"),
    ("#[", "records and tuples"),
    ("do {", "`do` expressions"),
    ("do{", "`do` expressions"),
    ("throw ", "`throw` expressions"),
    ("defer ", "`import defer`"),
    ("source ", "`import source`"),
    ("%", "V8 intrinsics, or a template language"),
];

/// Names the dialect that was not read, where it can be told.
pub(super) fn explain(file: &SourceFile, problem: Problem) -> Problem {
    let Problem::Syntax { start, end, message } = problem else { return problem };
    let dialect = if is_flow(file) {
        Some("the file is typed with Flow, and this is no Flow that can be read".to_owned())
    } else {
        let line = file.line(file.position(start).line);
        let at = (start - file.line_start(file.position(start).line)) as usize;
        let near = |(text, _): &&(&str, &str)| {
            line.match_indices(text).any(|(found, _)| found <= at + 1 && at <= found + text.len())
        };
        PROPOSALS.iter().find(near).map(|(_, name)| format!("{name} cannot be read"))
    };
    let message = dialect.map_or(message.clone(), |dialect| format!("{message} ({dialect})"));
    Problem::Syntax { start, end, message }
}
