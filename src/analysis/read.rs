//! The facts of one file, on its own.
//!
//! Input: a file. Output: facts, and what is wrong with it. Must not know: other files, rules.

use crate::facts::{self, FileFacts, Notes};
use crate::panics;
use crate::parse::{self, Parsed, Problem};
use crate::source::{FileId, SourceFile};
use crate::suppress;

fn is_script(path: &str) -> bool {
    let extension = path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    matches!(extension.as_str(), "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts")
}

/// Words of which a file must hold one to be worth parsing as context: an operation, a schema, or an export that the
/// reported files may use on the server. Pages for a browser hold none of them.
const CONTEXT_WORDS: [&str; 8] =
    ["module.exports", "exports.", "export ", "require(", "collection(", "Schema", "createIndex", "ensureIndex"];

fn can_contribute(text: &str) -> bool {
    CONTEXT_WORDS.iter().any(|word| text.contains(word))
}

/// The facts of one file; without any when it cannot be parsed or is no script.
pub fn file_facts(id: FileId, file: &SourceFile) -> (FileFacts, Vec<Problem>) {
    if !is_script(&file.path) || !(file.reported || can_contribute(&file.text)) {
        return (FileFacts::default(), Vec::new());
    }
    let directs = suppress::may_direct(&file.text);
    let read = || parse::with_tree(file, directs, |parsed| parsed.map(|parsed| tree_facts(id, file, directs, parsed)));
    panics::attempt(read).unwrap_or_else(|panic| Err(Problem::Internal { message: panic.0 })).unwrap_or_else(
        |problem| {
            let comments = if directs { parse::head_comments(&file.text) } else { Vec::new() };
            let notes = Notes { comments, ..Notes::default() };
            (FileFacts { notes, ..FileFacts::default() }, vec![problem])
        },
    )
}

fn tree_facts(id: FileId, file: &SourceFile, directs: bool, parsed: Parsed) -> (FileFacts, Vec<Problem>) {
    panics::point("read", &file.path);
    let mut facts = facts::extract(&parsed.program, &file.text, id.0);
    facts.noted.is_typed = parse::is_typed(&file.path);
    if directs {
        facts.notes = Notes {
            comments: parsed.comments,
            statements: facts::statements(&parsed.program),
            is_whole: parsed.recovered.is_empty(),
        };
    }
    (facts, parsed.recovered)
}
