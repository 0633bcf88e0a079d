//! Paths below the folder that stands for the project.
//!
//! Input: paths. Output: paths. Must not know: what is there.

use std::path::{Component, Path, PathBuf};

/// All paths are below this folder, which exists nowhere else.
pub const ROOT: &str = "/pushguard-root";

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
