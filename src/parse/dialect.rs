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

/// Whether the types of what is written in a file are checked.
pub fn is_typed(path: &str) -> bool {
    matches!(extension(path).as_str(), "ts" | "tsx" | "mts" | "cts")
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
const PROPOSALS: [(&str, &str); 12] = [
    ("|>", "the pipeline operator"),
    ("#{", "records and tuples"),
    ("#[", "records and tuples"),
    ("do {", "`do` expressions"),
    ("do{", "`do` expressions"),
    ("throw ", "`throw` expressions"),
    ("::", "the bind operator"),
    ("function.", "`function.sent`"),
    ("~(", "partial application"),
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
        let before = file.text.get(..start as usize).unwrap_or_default();
        let by_text = PROPOSALS.iter().find(near).map(|(_, name)| *name);
        let name = by_text.or_else(|| by_what_is_around(line, at, before));
        name.map(|name| format!("{name} cannot be read"))
    };
    let message = dialect.map_or(message.clone(), |dialect| format!("{message} ({dialect})"));
    Problem::Syntax { start, end, message }
}

/// The same where more than a mark tells it.
fn by_what_is_around(line: &str, at: usize, before: &str) -> Option<&'static str> {
    let is_name =
        |text: &str| !text.is_empty() && text.chars().all(|next| next.is_alphanumeric() || "_$".contains(next));
    let after = line.get(at..).unwrap_or_default();
    // const { #x: x } = this
    if let Some((name, _)) = after.strip_prefix('#').and_then(|rest| rest.split_once(':'))
        && is_name(name.trim())
    {
        return Some("a private name in a pattern");
    }
    // f(?, 1)
    let left_open = after.strip_prefix('?').map(str::trim_start);
    if left_open.is_some_and(|rest| rest.starts_with([',', ')'])) && before.trim_end().ends_with(['(', ',']) {
        return Some("partial application");
    }
    // export a from 'b', export * as a, b from 'c'
    let exported = line.trim_start().strip_prefix("export ").and_then(|rest| rest.split_once(" from "));
    if exported.is_some_and(|(names, _)| names.split(',').any(|name| is_name(name.trim()))) {
        return Some("`export … from` without braces");
    }
    // const a = module { … }
    let opens_module = |(found, _): (usize, &str)| {
        let assigned = before.get(..found).unwrap_or_default().trim_end();
        let rest = before.get(found + "module".len()..).unwrap_or_default().trim_start();
        rest.starts_with('{') && (assigned.ends_with(['=', '(', ',', ':']) || assigned.ends_with("return"))
    };
    before.rmatch_indices("module").next().filter(|found| opens_module(*found)).map(|_| "a block of a module")
}

#[cfg(test)]
mod tests {
    use crate::parse::{Problem, with_tree};
    use crate::source::SourceFile;

    #[test]
    fn the_message_names_the_proposal() {
        for (path, text, name) in [
            ("a.js", "x = async do { await 1 };", "`do` expressions"),
            ("a.js", "a::b", "the bind operator"),
            ("a.ts", "a::b", "the bind operator"),
            ("a.js", "x = f(?, 1);", "partial application"),
            ("a.js", "x = f(1,\n  ?);", "partial application"),
            ("a.js", "x = f~(1, ?);", "partial application"),
            ("a.js", "function* f() { const x = function.sent; }", "`function.sent`"),
            ("a.js", "const m = module {\n export const x = 1;\n};", "a block of a module"),
            ("a.js", "class A { #x; m(o) { const { #x: x } = o; } }", "a private name in a pattern"),
            ("a.ts", "export X from './x';", "`export … from` without braces"),
            ("a.ts", "export X, { y } from './x';", "`export … from` without braces"),
        ] {
            let file = SourceFile::new(path.into(), text, true);
            let problems = with_tree(&file, false, |parsed| match parsed {
                Ok(parsed) => parsed.recovered,
                Err(problem) => vec![problem],
            });
            let message = problems.first().map(|problem| match problem {
                Problem::Syntax { message, .. } => message.clone(),
                other => format!("{other:?}"),
            });
            let message = message.unwrap_or_default();
            assert!(message.ends_with(&format!("({name} cannot be read)")), "{text}: {message}");
        }
    }
}
