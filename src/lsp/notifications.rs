//! What the client tells: documents, files, folders.
//!
//! Input: notifications. Output: changes of the session. Must not know: how answers are made.

use super::address::{escape_uris, path_of};
use super::lifecycle;
use super::session::Session;
use crate::config::load::FILE_NAME;
use crate::discover::resolve_existing_part;
use lsp_server::{Notification, Request, RequestId};
use lsp_types::notification::{
    Cancel, DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders, DidCloseTextDocument,
    DidOpenTextDocument, DidSaveTextDocument, Initialized, Notification as Method,
};
use lsp_types::request::{RegisterCapability, Request as _};
use lsp_types::{MessageType, NumberOrString, Uri};
use serde_json::Value;
use std::path::Path;
use std::time::Instant;

impl Session {
    /// Takes one notification. One that cannot be read is logged, for there is nobody to answer.
    pub(super) fn hear(&mut self, mut notification: Notification) {
        escape_uris(&mut notification.params);
        if let Err(why) = self.heed(&notification.method, notification.params) {
            self.log(MessageType::WARNING, format!("unreadable {}: {why}", notification.method));
        }
    }

    fn heed(&mut self, method: &str, params: Value) -> Result<(), serde_json::Error> {
        match method {
            Initialized::METHOD => self.watch(),
            DidOpenTextDocument::METHOD => {
                let document = read::<DidOpenTextDocument>(params)?.text_document;
                if let Some(path) = self.documents.set(&document.uri, document.version, &document.text) {
                    self.published.owe(path.clone());
                    self.find_roots();
                    self.roots.touch(&path, true, Instant::now());
                }
            }
            DidChangeTextDocument::METHOD => {
                let change = read::<DidChangeTextDocument>(params)?;
                let (uri, version) = (change.text_document.uri, change.text_document.version);
                // Each change holds the whole text, as was agreed.
                if let Some(change) = change.content_changes.last()
                    && let Some(path) = self.documents.set(&uri, version, &change.text)
                {
                    self.roots.touch(&path, false, Instant::now());
                    self.supersede(&path);
                }
            }
            DidCloseTextDocument::METHOD => {
                let uri = read::<DidCloseTextDocument>(params)?.text_document.uri;
                if let Some(path) = self.documents.close(&uri) {
                    self.find_roots();
                    self.roots.touch(&path, true, Instant::now());
                }
            }
            DidSaveTextDocument::METHOD => {
                self.changed_on_disk(&read::<DidSaveTextDocument>(params)?.text_document.uri)
            }
            DidChangeWatchedFiles::METHOD => {
                for event in read::<DidChangeWatchedFiles>(params)?.changes {
                    self.changed_on_disk(&event.uri);
                }
            }
            DidChangeWorkspaceFolders::METHOD => {
                let event = read::<DidChangeWorkspaceFolders>(params)?.event;
                event
                    .removed
                    .iter()
                    .filter_map(|folder| path_of(&folder.uri))
                    .for_each(|f| self.roots.remove_folder(&f));
                event.added.iter().filter_map(|folder| path_of(&folder.uri)).for_each(|f| self.roots.add_folder(f));
                self.find_roots();
            }
            Cancel::METHOD => {
                let id = match read::<Cancel>(params)?.id {
                    NumberOrString::Number(id) => RequestId::from(id),
                    NumberOrString::String(id) => RequestId::from(id),
                };
                if self.is_waiting(&id) {
                    self.cancel(&id);
                }
            }
            // What is not asked for can be ignored; whose method begins with `$/` must be.
            _ => {}
        }
        Ok(())
    }

    fn changed_on_disk(&mut self, uri: &Uri) {
        let Some(path) = path_of(uri) else { return };
        let path = resolve_existing_part(&path);
        if path.file_name().is_some_and(|name| name == Path::new(FILE_NAME)) {
            // It may make a new root, and it applies to folders below it that are not its root.
            self.find_roots();
            self.roots.touch_all(Instant::now());
        }
        self.roots.touch(&path, true, Instant::now());
    }

    fn watch(&mut self) {
        if self.abilities.watches_files {
            let (id, method) = (RequestId::from("watch".to_owned()), RegisterCapability::METHOD.to_owned());
            self.send(Request::new(id, method, lifecycle::watchers()).into());
        }
    }
}

fn read<N: Method>(params: Value) -> Result<N::Params, serde_json::Error> {
    serde_json::from_value(params)
}
