//! The proof and the page of a rule, where a finding is.
//!
//! Input: the findings at a position. Output: text. Must not know: how findings come about.

use crate::diagnostic::{Analysis, Finding, Proof};
use crate::report::witness::{self, Layout};
use crate::report::{Run, escape, fenced};
use crate::rules::doc::{Page, page};
use crate::source::Sources;
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Range};

/// Columns of a witness: a hover is narrower than a terminal.
const COLUMNS: usize = 90;

/// What a client shows.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub markdown: bool,
    /// Not where the client has a better place for them.
    pub proofs: bool,
}

/// The proofs of these findings, and the pages of their rules, each once; `None` without any.
pub fn hover(here: &[&Finding], sources: &Sources, range: Range, shown: Shown) -> Option<Hover> {
    let mut pages: Vec<&Page> = Vec::new();
    for page in here.iter().filter_map(|finding| page(finding.rule)) {
        if !pages.iter().any(|known| known.id == page.id) {
            pages.push(page);
        }
    }
    if pages.is_empty() {
        return None;
    }
    let proofs = here.iter().filter(|_| shown.proofs).filter_map(|finding| proof(finding, sources, shown.markdown));
    let texts: Vec<String> = proofs.chain(pages.iter().map(|page| text(page))).collect();
    let kind = if shown.markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
    let contents = HoverContents::Markup(MarkupContent { kind, value: texts.join("\n\n---\n\n") });
    Some(Hover { contents, range: Some(range) })
}

fn text(page: &Page) -> String {
    format!("# {}\n\n{}\n\n{}", page.id, page.meta.summary, page.body.trim_end())
}

/// What two requests at once do, or why that is not shown; `None` where nobody asked.
fn proof(finding: &Finding, sources: &Sources, markdown: bool) -> Option<String> {
    let packed = match &finding.proof {
        Proof::NotJudged => return None,
        Proof::Unproven(reason) => return Some(escape::line(&format!("Not proven: {reason}"))),
        Proof::Proven(packed) => packed.open()?,
    };
    let analysis = Analysis::default();
    let run = Run { sources, analysis: &analysis, prefix: "", below: "", exit_code: 0 };
    let weighty = witness::weighty(finding);
    let layout = Layout { columns: COLUMNS, full: false, weighty: &weighty, rest: "`pushguard witness`" };
    let lines = witness::lines(&run, &packed, layout).join("\n");
    let lines = if markdown { fenced(&lines) } else { lines };
    Some(format!("Proven:\n\n{}", lines.trim_end()))
}
