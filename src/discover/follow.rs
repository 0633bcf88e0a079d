//! Adds to the files of a run those that its settings name, which no name tells: `"extends": "./config/base.json"`.
//!
//! Input: what was found, and what says which files are named. Output: more files that give context. Must not know: what
//! stands in settings.

use super::source_name::is_source;
use super::{Discovered, Found, Root, plain, relative_to};
use crate::limits;
use crate::source::{SourceFile, Sources};
use std::collections::BTreeMap;
use std::path::Path;

/// Given the context of a project, the paths that it names and that are not in it, relative to the root: of each list the
/// first that is there is meant.
pub type Further<'a> = &'a dyn Fn(&Sources) -> Vec<Vec<String>>;

/// Adds what is named, and what that names. `bytes` has none for a file that is not there.
pub fn follow(
    root: &Root,
    found: &mut Discovered,
    bytes: &mut dyn FnMut(&Found) -> Option<Vec<u8>>,
    further: Further<'_>,
) {
    let text = |file: &Found, bytes: Vec<u8>| {
        SourceFile::new(file.relative.clone(), &String::from_utf8_lossy(&bytes), file.reported)
    };
    let context = found.files.iter().filter(|file| !is_source(&file.absolute));
    let mut texts: Vec<SourceFile> = context.filter_map(|file| Some(text(file, bytes(file)?))).collect();
    // Whether a path is there, of those that were looked for.
    let mut asked: BTreeMap<String, bool> = BTreeMap::new();
    let mut added: Vec<Found> = Vec::new();
    let mut look = |relative: &str, texts: &mut Vec<SourceFile>| {
        let absolute = plain(&root.folder.join(relative));
        let file = Found { relative: relative_to(&root.folder, &absolute), absolute, reported: false };
        let is_asked = !is_source(&file.absolute) && file.absolute.starts_with(&root.folder);
        let bytes = if is_asked { bytes(&file)? } else { return None };
        texts.push(text(&file, bytes));
        Some(file)
    };
    loop {
        let before = added.len();
        for candidates in further(&Sources::new(texts.clone()).with_links(found.links.clone())) {
            // A list is looked through up to what is there.
            for relative in candidates {
                if added.len() >= limits::NAMED_CONFIGURATIONS {
                    break;
                }
                let is_there = asked.get(&relative).copied().unwrap_or_else(|| {
                    let file = look(&relative, &mut texts);
                    let is_there = file.is_some();
                    added.extend(file);
                    is_there
                });
                asked.insert(relative, is_there);
                if is_there {
                    break;
                }
            }
        }
        if added.len() == before {
            break;
        }
    }
    if added.len() >= limits::NAMED_CONFIGURATIONS {
        let most = limits::NAMED_CONFIGURATIONS;
        found.warnings.push(format!("more than {most} configurations are named by others: the rest is not read"));
    }
    found.files.extend(added);
    found.files.sort_by(|a, b| a.relative.cmp(&b.relative));
}

/// The bytes of a file below the root, no link on the way leading out of it.
pub fn bytes_inside(root: &Path, file: &Found) -> Option<Vec<u8>> {
    let real = std::fs::canonicalize(&file.absolute).ok()?;
    real.starts_with(root).then(|| super::read_bytes(&real).ok())?
}
