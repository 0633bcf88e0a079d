//! The `_id` of a document.
//!
//! Input: documents. Output: the same with an `_id` that the server takes. Must not know: commands.

use super::bson::Value;
use super::failure::Failure;
use std::rc::Rc;

/// The document with `_id` before its other fields.
pub fn first(document: &Value, id: &Value) -> Value {
    let fields = document.fields().unwrap_or_default();
    let rest = fields.iter().filter(|(name, _)| &**name != "_id").cloned();
    Value::Document(Rc::new(std::iter::once(("_id".into(), id.clone())).chain(rest).collect()))
}

/// The document with an `_id`, which stands first.
pub fn identified(document: &Value, fresh: &mut u32) -> Value {
    match (document.field("_id"), document.fields().and_then(<[_]>::first)) {
        (Some(_), Some((name, _))) if &**name == "_id" => document.clone(),
        (Some(id), _) => first(document, id),
        (None, _) => {
            *fresh += 1;
            first(document, &Value::Id(*fresh))
        }
    }
}

/// The `_id` of a document that may be inserted.
pub fn valid_id(document: &Value) -> Result<Value, Failure> {
    match document.field("_id") {
        Some(Value::List(_)) | None => Failure::rejected("an _id is no array"),
        Some(id) if has_operator(id) => Failure::rejected("an _id has no operators"),
        Some(id) => Ok(id.clone()),
    }
}

fn has_operator(value: &Value) -> bool {
    match value {
        Value::Document(fields) => fields.iter().any(|(name, value)| name.starts_with('$') || has_operator(value)),
        Value::List(items) => items.iter().any(has_operator),
        _ => false,
    }
}

/// The place of the document with an `_id`.
pub fn by_id(documents: &[Value], id: &Value) -> Option<usize> {
    documents.iter().position(|document| document.field("_id") == Some(id))
}
