//! What an editor can do about a finding: apply its fix, or suppress it with a reason.
//!
//! Input: a finding and its file. Output: code actions. Must not know: how edits are applied.

use super::diagnostics::range;
use super::suppression::suppression;
use crate::diagnostic::{Applicability, Finding};
use crate::fix;
use crate::source::{SourceFile, Sources};
use lsp_types::{
    CodeAction, CodeActionKind, Diagnostic, DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier,
    TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

/// The URI of a file and, when it is open, the client's number for the text that was analysed.
pub type Address<'a> = &'a dyn Fn(&SourceFile) -> Option<(Uri, Option<i32>)>;

/// What the edits of one client look like.
#[derive(Clone, Copy)]
pub struct Edits<'a> {
    pub sources: &'a Sources,
    pub address: Address<'a>,
    /// Whether the client checks versions before it applies edits.
    pub versioned: bool,
}

/// The actions for one finding. `told` is the diagnostic as it was published.
pub fn actions(finding: &Finding, file: &SourceFile, told: &Diagnostic, edits: Edits<'_>) -> Vec<CodeAction> {
    let action = |title: String, edit, is_preferred| CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        diagnostics: Some(vec![told.clone()]),
        edit: Some(edit),
        is_preferred: Some(is_preferred),
        ..CodeAction::default()
    };
    let fix = finding.fix.as_ref().and_then(|fix| {
        let is_safe = fix.applicability == Applicability::Safe;
        Some(action(fix.title.clone(), edits.fix(finding)?, is_safe))
    });
    let title = format!("Suppress {} on this line, with a reason", finding.rule);
    let suppression = suppression(finding, file).and_then(|edit| edits.of(vec![(file, vec![edit])]));
    fix.into_iter().chain(suppression.map(|edit| action(title, edit, false))).collect()
}

impl<'a> Edits<'a> {
    /// The edits of the fix, if `pushguard check --fix-suggested` would make them.
    fn fix(self, finding: &Finding) -> Option<WorkspaceEdit> {
        if fix::apply(self.sources, std::slice::from_ref(finding), Applicability::Suggested).applied == 0 {
            return None;
        }
        let mut files: Vec<(&SourceFile, Vec<TextEdit>)> = Vec::new();
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            let file = self.sources.get(edit.place.file)?;
            let text = TextEdit { range: range(file, edit.place), new_text: edit.text.clone() };
            match files.iter_mut().find(|(known, _)| known.path == file.path) {
                Some((_, texts)) => texts.push(text),
                None => files.push((file, vec![text])),
            }
        }
        self.of(files)
    }

    /// All edits or, when a file has no address, none.
    fn of(self, files: Vec<(&SourceFile, Vec<TextEdit>)>) -> Option<WorkspaceEdit> {
        let mut versioned = Vec::new();
        let mut plain = Vec::new();
        for (file, edits) in files {
            let (uri, version) = (self.address)(file)?;
            if self.versioned {
                let text_document = OptionalVersionedTextDocumentIdentifier { uri, version };
                let edits = edits.into_iter().map(OneOf::Left).collect();
                versioned.push(TextDocumentEdit { text_document, edits });
            } else {
                plain.push((uri, edits));
            }
        }
        Some(match self.versioned {
            true => WorkspaceEdit { document_changes: Some(DocumentChanges::Edits(versioned)), ..Default::default() },
            false => WorkspaceEdit { changes: Some(plain.into_iter().collect()), ..Default::default() },
        })
    }
}
