//! Paths below the folder that stands for the project.
//!
//! Input: paths. Output: paths. Must not know: what is there.

use std::path::{Component, Path, PathBuf};

/// All paths are below this folder, which exists nowhere else.
pub const ROOT: &str = "/pushguard-root";

/// Extensions of sources, in the order in which the resolver asks for them.
pub const SCRIPTS: [&str; 8] = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

/// Whether a file holds code.
pub fn is_script(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    SCRIPTS.iter().any(|end| path.ends_with(end))
}

/// The path without `.` and `..`.
pub fn normal(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                result.pop();
            }
            Component::CurDir => {}
            other => result.push(other),
        }
    }
    result
}

/// The path relative to the project, `/`-separated; none for one outside.
pub fn relative(path: &Path) -> Option<String> {
    let parts = path.strip_prefix(ROOT).ok()?.components().map(|part| part.as_os_str().to_string_lossy());
    Some(parts.collect::<Vec<_>>().join("/"))
}
