//! Which files the analyzer reads, by their names.
//!
//! Input: a path. Output: whether it is a source. Must not know: what else keeps a file out.

use std::path::Path;

/// Whether the analyzer reads files of this name. Declaration files hold no code.
pub fn is_source(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let declares = [".d.ts", ".d.mts", ".d.cts"].iter().any(|end| name.ends_with(end));
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    !declares && matches!(extension, "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts")
}
