//! What requests and their answers are made of.
//!
//! Input: parameters and values. Output: JSON, or the code of a failure. Must not know: what is asked.

use super::address::path_of;
use crate::discover::resolve_existing_part;
use lsp_server::{ErrorCode, Request};
use lsp_types::Uri;
use lsp_types::request::{CodeActionRequest, HoverRequest, Request as Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::PathBuf;

/// The result of a request, or the code and the words of its failure.
pub type Answer = Result<Value, (ErrorCode, String)>;

pub fn parameters<P: DeserializeOwned>(params: &Value) -> Result<P, (ErrorCode, String)> {
    P::deserialize(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

pub fn result(value: &impl Serialize) -> Answer {
    serde_json::to_value(value).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

/// The file that a known request is about.
pub fn path(request: &Request) -> Option<PathBuf> {
    if ![HoverRequest::METHOD, CodeActionRequest::METHOD].contains(&request.method.as_str()) {
        return None;
    }
    let uri: Uri = parameters(request.params.get("textDocument")?.get("uri")?).ok()?;
    path_of(&uri).map(|path| resolve_existing_part(&path))
}
