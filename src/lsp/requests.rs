//! Hover and code actions, and what is published after an analysis.
//!
//! Input: requests, and the reports of the roots. Output: answers and diagnostics. Must not know: when an analysis is due.

use super::actions::{Edits, actions};
use super::address::{path_of, uri_of};
use super::answers::{Answer, parameters, result};
use super::diagnostics::{configuration, diagnostic, range};
use super::hover::{Shown, hover};
use super::lifecycle::Abilities;
use super::project::{Report, Trouble};
use super::published::Wanted;
use super::session::Session;
use crate::diagnostic::Finding;
use crate::discover::{relative_to, resolve_existing_part};
use crate::source::{FileId, SourceFile};
use lsp_server::{ErrorCode, Request};
use lsp_types::notification::PublishDiagnostics;
use lsp_types::request::{CodeActionRequest, HoverRequest, Request as Method};
use lsp_types::{
    CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, Diagnostic, HoverParams, MessageType,
    Range, Uri,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of a root, its report, and the file of interest in it.
type Spot<'a> = (&'a Path, &'a Report, FileId, &'a SourceFile);

impl Session {
    /// The answer to a request about documents, from the last results.
    pub(super) fn answer_to(&self, request: &Request) -> Answer {
        match request.method.as_str() {
            HoverRequest::METHOD => result(&self.hover(&parameters(&request.params)?)),
            CodeActionRequest::METHOD => result(&self.code_actions(&parameters(&request.params)?)),
            other => Err((ErrorCode::MethodNotFound, format!("`{other}` is not offered"))),
        }
    }

    fn hover(&self, params: &HoverParams) -> Option<lsp_types::Hover> {
        let params = &params.text_document_position_params;
        let at = Range { start: params.position, end: params.position };
        let (_, report, id, file) = self.spot(&params.text_document.uri)?;
        let here: Vec<&Finding> = findings_at(report, id, file, at).collect();
        let first = here.first()?;
        let shown = Shown { markdown: self.abilities.markdown_hover, proofs: self.abilities.wants_proofs };
        hover(&here, &report.sources, range(file, first.place), shown)
    }

    fn code_actions(&self, params: &CodeActionParams) -> Option<CodeActionResponse> {
        let wants_fixes = |only: &Vec<CodeActionKind>| {
            only.iter().any(|kind| *kind == CodeActionKind::QUICKFIX || *kind == CodeActionKind::EMPTY)
        };
        if !self.abilities.code_action_literals || !params.context.only.as_ref().is_none_or(wants_fixes) {
            return None;
        }
        let (folder, report, id, file) = self.spot(&params.text_document.uri)?;
        let address = |file: &SourceFile| self.address(folder, file);
        let edits = Edits { sources: &report.sources, address: &address, versioned: self.abilities.versioned_edits };
        let all = findings_at(report, id, file, params.range).flat_map(|finding| {
            let told = self.told(folder, report, finding, file);
            actions(finding, file, &told, edits)
        });
        Some(all.map(CodeActionOrCommand::CodeAction).collect())
    }

    fn spot(&self, uri: &Uri) -> Option<Spot<'_>> {
        let path = resolve_existing_part(&path_of(uri)?);
        let owner = self.roots.owner(&path)?;
        let report = owner.report.as_ref()?;
        // An older text than the one in the editor has other positions.
        if self.documents.get(&path).is_some_and(|document| report.revisions.get(&path) != Some(&document.revision)) {
            return None;
        }
        let id = report.sources.find(&relative_to(&owner.root.folder, &path))?;
        Some((&owner.root.folder, report, id, report.sources.get(id)?))
    }

    /// The address of a file under a root and, when it is open, its version.
    fn address(&self, folder: &Path, file: &SourceFile) -> Option<(Uri, Option<i32>)> {
        let path = folder.join(&file.path);
        match self.documents.get(&path) {
            Some(document) => Some((document.uri.clone(), Some(document.version))),
            None => Some((uri_of(&self.roots.shown(&path))?, None)),
        }
    }

    fn told(&self, folder: &Path, report: &Report, finding: &Finding, file: &SourceFile) -> Diagnostic {
        let uri = |file: &SourceFile| self.address(folder, file).map(|(uri, _)| uri);
        let Abilities { related_information, wants_proofs, .. } = self.abilities;
        diagnostic(finding, file, &report.sources, related_information, wants_proofs, &uri)
    }

    /// Tells the client what the newest report of a root changes.
    pub(super) fn publish(&mut self, folder: &Path) {
        let Some(root) = self.roots.get(folder) else { return };
        let Some(report) = root.report.take() else { return };
        let trouble = report.trouble.as_ref().map(Trouble::summary);
        let is_news = trouble != root.said;
        root.said.clone_from(&trouble);
        if let Some(message) = trouble.filter(|_| is_news) {
            self.show(message);
        }
        for note in &report.notes {
            self.log(MessageType::WARNING, note.clone());
        }
        let wanted = self.wanted(folder, &report);
        let kept = |path: &Path| {
            // The report is about an older text, and the next one is under way.
            self.documents.get(path).is_some_and(|document| report.revisions.get(path) != Some(&document.revision))
        };
        for message in self.published.update(folder, wanted, &kept) {
            self.notify::<PublishDiagnostics>(message);
        }
        if let Some(root) = self.roots.get(folder) {
            root.report = Some(report);
        }
    }

    /// The diagnostics of all files of a root that have any, and of all open documents.
    fn wanted(&self, folder: &Path, report: &Report) -> BTreeMap<PathBuf, Wanted> {
        let owns = |path: &Path| self.roots.owner(path).is_some_and(|owner| owner.root.folder == folder);
        let mut wanted: BTreeMap<PathBuf, Wanted> = BTreeMap::new();
        for document in self.documents.iter().filter(|document| owns(&document.path)) {
            let (uri, version) = (document.uri.clone(), Some(document.version));
            wanted.insert(document.path.clone(), Wanted { uri, version, diagnostics: Vec::new() });
        }
        for finding in &report.findings {
            let Some(file) = report.sources.get(finding.place.file) else { continue };
            let path = folder.join(&file.path);
            if !owns(&path) {
                continue;
            }
            let Some((uri, version)) = self.address(folder, file) else { continue };
            let entry = wanted.entry(path).or_insert_with(|| Wanted { uri, version, diagnostics: Vec::new() });
            entry.diagnostics.push(self.told(folder, report, finding, file));
        }
        let trouble = report.trouble.as_ref().and_then(|trouble| Some((trouble.path.clone()?, trouble)));
        if let Some((path, trouble)) = trouble
            && let Some(uri) =
                self.documents.get(&path).map(|d| d.uri.clone()).or_else(|| uri_of(&self.roots.shown(&path)))
        {
            let entry = wanted.entry(path).or_insert_with(|| Wanted { uri, version: None, diagnostics: Vec::new() });
            entry.diagnostics.push(configuration(trouble));
        }
        wanted
    }
}

fn findings_at<'a>(
    report: &'a Report,
    id: FileId,
    file: &'a SourceFile,
    at: Range,
) -> impl Iterator<Item = &'a Finding> {
    report.findings.iter().filter(move |finding| {
        let range = range(file, finding.place);
        finding.place.file == id && range.start <= at.end && at.start <= range.end
    })
}
