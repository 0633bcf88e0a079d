//! Comments, as the parser notes them and as they stand before any code.
//!
//! Input: what the parser noted, or a text. Output: [`Comment`]s. Must not know: what a comment says.

use super::problem::FIRST_POSITION;
use swc_common::comments::SingleThreadedComments;

/// A comment with its delimiters: 0-based byte offsets, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comment {
    pub start: u32,
    pub end: u32,
}

/// Where the parser tries two readings of one text, it may note a comment twice.
pub(super) fn owned(comments: &SingleThreadedComments) -> Vec<Comment> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::with_tree;
    use crate::source::SourceFile;

    fn words(comments: &[Comment], text: &str) -> Vec<String> {
        comments.iter().map(|comment| text[comment.start as usize..comment.end as usize].to_owned()).collect()
    }

    #[test]
    fn comments_are_those_of_the_grammar_and_each_is_told_once() {
        let text = "// a\nconst s = '// no', t = `/* no ${/* b */ 1} // no`, r = /[/]/ /* c */;\n\
            const f = (x /* d */) => <p>// no {/* e */}</p>; // f\n/* g\n */";
        let file = SourceFile::new("a.jsx".into(), text, true);
        let comments = with_tree(&file, true, |parsed| parsed.map(|parsed| parsed.comments)).expect("it parses");
        let wanted = ["// a", "/* b */", "/* c */", "/* d */", "/* e */", "// f", "/* g\n */"];
        assert_eq!(words(&comments, text), wanted);
    }

    #[test]
    fn the_comments_at_the_head_need_no_parser() {
        let text = "#!/usr/bin/env node // no\n// a\r\n\n  /* b */ /* c\n*/x /* no */";
        assert_eq!(words(&head_comments(text), text), ["// a", "/* b */", "/* c\n*/"]);
        assert_eq!(head_comments("/* open"), []);
    }
}
