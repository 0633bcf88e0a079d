//! Between the addresses of the protocol and paths.
//!
//! Input: URIs as clients write them. Output: paths, and URIs that every client reads.
//! Must not know: which files matter.

use lsp_types::Uri;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use url::Url;

/// Members of messages that hold a URI.
const MEMBERS: [&str; 5] = ["uri", "rootUri", "href", "oldUri", "newUri"];

/// Escapes what some clients leave bare in the URIs of a message (`routes/[id].js`), so that the message can be read.
pub fn escape_uris(message: &mut Value) {
    match message {
        Value::Array(items) => items.iter_mut().for_each(escape_uris),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(uri) if MEMBERS.contains(&name.as_str()) => *uri = escaped(uri),
                    // Texts of documents are long and hold no members.
                    Value::String(_) => {}
                    _ => escape_uris(value),
                }
            }
        }
        _ => {}
    }
}

fn escaped(uri: &str) -> String {
    let mut result = String::with_capacity(uri.len());
    let bytes = uri.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let is_escape = || bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        match byte {
            b'%' if is_escape() => result.push('%'),
            b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'#' | b'@' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')'
            | b'*' | b'+' | b',' | b';' | b'=' => result.push(char::from(*byte)),
            _ if byte.is_ascii_alphanumeric() => result.push(char::from(*byte)),
            _ => result.push_str(&format!("%{byte:02X}")),
        }
    }
    result
}

/// The path of a `file:` URI; `None` for documents that live nowhere, such as `untitled:`.
pub fn path_of(uri: &Uri) -> Option<PathBuf> {
    let url = Url::parse(uri.as_str()).ok()?;
    if url.scheme() == "file" { url.to_file_path().ok() } else { None }
}

/// The URI of an absolute path.
pub fn uri_of(path: &Path) -> Option<Uri> {
    let url = Url::from_file_path(path).ok()?;
    Uri::from_str(&escaped(url.as_str())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_survive_the_way_to_a_uri_and_back() {
        for path in ["/a b/ü/[id].js", "/a%20b/c#d?.ts", "/x/(group)/{y}|^`.js", "/a+b@c&d=e;f,g.mjs"] {
            let uri = uri_of(Path::new(path)).expect(path);
            assert_eq!(path_of(&uri).as_deref(), Some(Path::new(path)), "{}", uri.as_str());
        }
    }

    #[test]
    fn uris_of_a_message_become_readable_and_texts_stay() {
        let mut message =
            json!({"textDocument": {"uri": "file:///a b/[id].js", "text": "[a b]"}, "l": [{"uri": "x:%zz"}]});
        escape_uris(&mut message);
        let wanted =
            json!({"textDocument": {"uri": "file:///a%20b/%5Bid%5D.js", "text": "[a b]"}, "l": [{"uri": "x:%25zz"}]});
        assert_eq!(message, wanted);
    }

    #[test]
    fn a_document_without_a_file_has_no_path() {
        assert_eq!(path_of(&Uri::from_str("untitled:Untitled-1").expect("a URI")), None);
    }
}
