//! The handshake: what the client can do, and what this server offers.
//!
//! Input: the parameters of `initialize`. Output: abilities, folders, the answer. Must not know: findings.

use super::address;
use lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CodeActionProviderCapability,
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, HoverProviderCapability,
    InitializeParams, InitializeResult, MarkupKind, OneOf, PositionEncodingKind, Registration, RegistrationParams,
    SaveOptions, ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind,
    TextDocumentSyncOptions, TextDocumentSyncSaveOptions, WorkDoneProgressOptions, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};
use serde_json::json;
use std::path::PathBuf;

/// The part of the client's capabilities on which something depends here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Abilities {
    pub related_information: bool,
    pub versioned_edits: bool,
    pub code_action_literals: bool,
    pub markdown_hover: bool,
    /// Whether a hover tells proofs: the client may say `{ "proofs": false }` in its options.
    pub wants_proofs: bool,
    pub watches_files: bool,
}

impl Abilities {
    pub fn of(params: &InitializeParams) -> Self {
        let client: &ClientCapabilities = &params.capabilities;
        let options = params.initialization_options.as_ref();
        let document = client.text_document.as_ref();
        let workspace = client.workspace.as_ref();
        let publish = document.and_then(|document| document.publish_diagnostics.as_ref());
        let actions = document.and_then(|document| document.code_action.as_ref());
        let formats = document.and_then(|document| document.hover.as_ref()?.content_format.as_ref());
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let watched = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        Self {
            related_information: publish.and_then(|publish| publish.related_information) == Some(true),
            versioned_edits: edits.and_then(|edits| edits.document_changes) == Some(true),
            code_action_literals: actions.is_some_and(|actions| actions.code_action_literal_support.is_some()),
            markdown_hover: formats.is_some_and(|formats| formats.contains(&MarkupKind::Markdown)),
            wants_proofs: options.and_then(|options| options.get("proofs")?.as_bool()) != Some(false),
            watches_files: watched.and_then(|watched| watched.dynamic_registration) == Some(true),
        }
    }
}

/// The folders of the client, as it writes them.
pub fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    if let Some(folders) = params.workspace_folders.as_ref().filter(|folders| !folders.is_empty()) {
        return folders.iter().filter_map(|folder| address::path_of(&folder.uri)).collect();
    }
    #[expect(deprecated, reason = "older clients send nothing else")]
    let root = params.root_uri.as_ref();
    root.and_then(address::path_of).into_iter().collect()
}

pub fn answer() -> InitializeResult {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::FULL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
        ..TextDocumentSyncOptions::default()
    };
    let actions = CodeActionOptions {
        code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
        work_done_progress_options: WorkDoneProgressOptions::default(),
        resolve_provider: Some(false),
    };
    let folders =
        WorkspaceFoldersServerCapabilities { supported: Some(true), change_notifications: Some(OneOf::Left(true)) };
    InitializeResult {
        capabilities: ServerCapabilities {
            position_encoding: Some(PositionEncodingKind::UTF16),
            text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            code_action_provider: Some(CodeActionProviderCapability::Options(actions)),
            workspace: Some(WorkspaceServerCapabilities { workspace_folders: Some(folders), file_operations: None }),
            ..ServerCapabilities::default()
        },
        server_info: Some(ServerInfo {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    }
}

/// Asks the client to tell of changes on disk: of sources, and of what decides how they are read.
pub fn watchers() -> RegistrationParams {
    let globs = [
        "**/*.{js,jsx,mjs,cjs,ts,tsx,mts,cts}",
        "**/package.json",
        "**/{tsconfig,jsconfig}*.json",
        "**/.gitignore",
        "**/{pushguard.toml,pushguard-baseline.json}",
    ];
    let watcher = |glob: &str| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.to_owned()), kind: None };
    let options = DidChangeWatchedFilesRegistrationOptions { watchers: globs.map(watcher).to_vec() };
    RegistrationParams {
        registrations: vec![Registration {
            id: "pushguard-files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: Some(json!(options)),
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::Abilities;
    use lsp_types::InitializeParams;
    use serde_json::json;

    #[test]
    fn a_client_that_shows_proofs_itself_may_say_so() {
        let wanted = |options| {
            let params = InitializeParams { initialization_options: options, ..InitializeParams::default() };
            Abilities::of(&params).wants_proofs
        };
        assert!(wanted(None) && wanted(Some(json!({}))) && wanted(Some(json!({ "proofs": true }))));
        assert!(!wanted(Some(json!({ "proofs": false }))));
    }
}
