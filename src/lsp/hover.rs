//! The page of a rule, where a finding is.
//!
//! Input: the findings at a position. Output: text. Must not know: how findings come about.

use crate::rules::doc::{Page, page};
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Range};

/// The pages of these rules, each once; `None` without any.
pub fn hover<'r>(rules: impl Iterator<Item = &'r str>, range: Range, markdown: bool) -> Option<Hover> {
    let mut pages: Vec<&Page> = Vec::new();
    for page in rules.filter_map(page) {
        if !pages.iter().any(|known| known.id == page.id) {
            pages.push(page);
        }
    }
    let texts: Vec<String> = pages.iter().map(|page| text(page)).collect();
    let kind = if markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
    let contents = HoverContents::Markup(MarkupContent { kind, value: texts.join("\n\n---\n\n") });
    (!texts.is_empty()).then_some(Hover { contents, range: Some(range) })
}

fn text(page: &Page) -> String {
    format!("# {}\n\n{}\n\n{}", page.id, page.meta.summary, page.body.trim_end())
}
