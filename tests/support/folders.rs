//! Programs as files: each is one file, or a folder.

use super::File;
use std::fs;
use std::path::{Path, PathBuf};

/// What is in a folder, sorted.
pub fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// The files of a program, with their paths inside it.
pub fn files(program: &Path) -> Vec<File> {
    let mut files = Vec::new();
    let mut open = vec![program.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(entries(&path));
            continue;
        }
        let name = path.strip_prefix(program).ok().filter(|rest| !rest.as_os_str().is_empty());
        let name = name.unwrap_or_else(|| Path::new(path.file_name().unwrap())).to_string_lossy().into_owned();
        files.push((name, fs::read_to_string(&path).unwrap()));
    }
    files
}
