//! Values as a person reads them.
//!
//! Input: an id. Output: relaxed extended JSON, of a length that fits a line. Must not know: formats.

use bson::{Bson, RawBson};

/// Characters of an id that are shown.
const LONGEST: usize = 80;

pub fn id(id: &RawBson) -> String {
    let text = match Bson::try_from(id.clone()) {
        Ok(Bson::ObjectId(id)) => id.to_hex(),
        Ok(value) => value.into_relaxed_extjson().to_string(),
        Err(_) => format!("{id:?}"),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
