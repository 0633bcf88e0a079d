//! Reads the directives out of the comments of a file.
//!
//! Input: a file and its comments. Output: [`Directive`]s, right or wrong. Must not know: findings, configuration.

use crate::parse::Comment;
use crate::source::{FileId, Place, SourceFile};
use std::ops::Range;

/// What every directive starts with.
pub const PREFIX: &str = "pushguard-ignore";

/// The code that a directive is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The line on which it stands.
    Line,
    /// The next line that holds code.
    NextLine,
    File,
}

/// One directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// From its first word to the end of its line or comment.
    pub place: Place,
    /// `None` for a word that starts like a directive and is none.
    pub scope: Option<Scope>,
    /// The identifiers as they are written, with their places.
    pub rules: Vec<(String, Place)>,
    /// Not empty.
    pub reason: Option<String>,
    /// 1-based line of the code it is about; 0 for a whole file.
    pub line: u32,
    /// 1-based line below its comment, whatever stands there; its own line for [`Scope::Line`].
    pub neighbour: u32,
}

/// The directives of a file, in the order of the text.
pub fn directives(id: FileId, file: &SourceFile, comments: &[Comment]) -> Vec<Directive> {
    let mut found = Vec::new();
    let code = Code::new(file, comments);
    for comment in comments {
        for range in lines(file, *comment) {
            if file.slice(range.start, range.end).starts_with(PREFIX) {
                found.push(directive(id, file, &code, *comment, range));
            }
        }
    }
    found
}

/// The lines of a comment without its delimiters, the stars of a block, and blanks.
fn lines(file: &SourceFile, comment: Comment) -> Vec<Range<u32>> {
    let text = file.slice(comment.start, comment.end);
    let is_block = text.starts_with("/*");
    if !is_block && !text.starts_with("//") {
        return Vec::new();
    }
    let inner = if is_block { text.strip_suffix("*/").unwrap_or(text) } else { text };
    let mut lines = Vec::new();
    let mut offset = 2;
    for line in inner.get(2..).unwrap_or_default().split_inclusive(['\n', '\r']) {
        let content = line.trim_start_matches(|c: char| c.is_whitespace() || (is_block && c == '*'));
        let start = comment.start + (offset + line.len() - content.len()) as u32;
        lines.push(start..start + content.trim_end().len() as u32);
        offset += line.len();
    }
    lines
}

fn directive(id: FileId, file: &SourceFile, code: &Code<'_>, comment: Comment, range: Range<u32>) -> Directive {
    let text = file.slice(range.start, range.end);
    let word = text.split(char::is_whitespace).next().unwrap_or_default();
    let scope = match word.strip_prefix(PREFIX) {
        Some("-line") => Some(Scope::Line),
        Some("-next-line") => Some(Scope::NextLine),
        Some("-file") => Some(Scope::File),
        _ => None,
    };
    let rest = text.get(word.len()..).unwrap_or_default();
    // No identifier holds two hyphens in a row.
    let (names, reason) = rest.split_once("--").unwrap_or((rest, ""));
    let own_line = file.position(range.start).line;
    let below = file.position(comment.end).line + 1;
    let (line, neighbour) = match scope {
        Some(Scope::NextLine) => (code.next_line(below), below),
        Some(Scope::Line) => (own_line, own_line),
        Some(Scope::File) | None => (0, 0),
    };
    Directive {
        place: Place { file: id, start: range.start, end: range.end },
        scope,
        rules: rules(id, names, range.start + word.len() as u32),
        reason: Some(reason.trim()).filter(|reason| !reason.is_empty()).map(str::to_owned),
        line,
        neighbour,
    }
}

/// The comma-separated identifiers; `offset` is where `names` starts.
fn rules(file: FileId, names: &str, offset: u32) -> Vec<(String, Place)> {
    let mut rules = Vec::new();
    let mut at = offset;
    for part in names.split(',') {
        let name = part.trim();
        if !name.is_empty() {
            let start = at + (part.len() - part.trim_start().len()) as u32;
            rules.push((name.to_owned(), Place { file, start, end: start + name.len() as u32 }));
        }
        at += part.len() as u32 + 1;
    }
    rules
}

/// Where code follows the comments of a file.
struct Code<'a> {
    file: &'a SourceFile,
    comments: &'a [Comment],
    /// For each comment the offset of the first code behind it; `None` when there is none.
    behind: Vec<Option<u32>>,
}

impl<'a> Code<'a> {
    fn new(file: &'a SourceFile, comments: &'a [Comment]) -> Self {
        let mut code = Self { file, comments, behind: vec![None; comments.len()] };
        // From the last to the first, so that no blank is passed twice.
        for (at, comment) in comments.iter().enumerate().rev() {
            let found = code.first_from(comment.end);
            if let Some(slot) = code.behind.get_mut(at) {
                *slot = found;
            }
        }
        code
    }

    /// The first code from an offset on; what is behind the comments that follow is known.
    fn first_from(&self, start: u32) -> Option<u32> {
        let rest = self.file.text.get(start as usize..)?;
        let blank = rest.len() - rest.trim_start().len();
        let at = start + blank as u32;
        match self.comments.binary_search_by_key(&at, |comment| comment.start) {
            Ok(found) => self.behind.get(found).copied().flatten(),
            Err(_) => (blank < rest.len()).then_some(at),
        }
    }

    /// The first line from `line` on that holds anything but blanks and comments; 0 when there is none.
    fn next_line(&self, line: u32) -> u32 {
        self.first_from(self.file.line_start(line)).map_or(0, |code| self.file.position(code).line)
    }
}
