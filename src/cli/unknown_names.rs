//! Names of the configuration file that nothing in the project has: a misspelt one would look like a clean run.
//!
//! Input: an analysed project. Output: a warning for each. Must not know: findings.

use super::outcome::warn;
use super::project::Project;
use super::unwritten;
use crate::config::origin::Spot;
use crate::error::nearest;
use crate::limits;
use std::io::Write;
use std::path::Path;

pub fn warn_of(project: &Project, stderr: &mut dyn Write) {
    unwritten::warn_of(project, stderr);
    let Some(origin) = &project.config.origin else { return };
    let mut tell = |spot: Option<&Spot>, text: String| {
        let place = spot.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
        warn(&format!("{}{place}: {text}", origin.path.display()), stderr);
    };
    for at in &project.analysis.unknown_indexes {
        let Some(index) = project.config.indexes.get(*at) else { continue };
        // A database has collections of other programs too, so only one that is nearly another is told.
        let is_near = |name: &&str| is_close(&name.to_lowercase(), &index.collection.to_lowercase());
        let known = project.analysis.collections.iter().map(String::as_str).filter(is_near);
        if let Some(name) = nearest(&index.collection, known) {
            let text =
                format!("nothing in the code uses the collection `{}`; did you mean `{name}`?", index.collection);
            tell(origin.indexes.get(*at), text);
        }
    }
    // A part of the project may hold none of the files that are meant.
    if project.is_partial {
        return;
    }
    for (at, unknown) in project.analysis.unknown_fields.iter().enumerate() {
        let Some(spot) = origin.arrays.get(unknown.array) else { continue };
        if at == limits::UNKNOWN_FIELDS {
            tell(Some(&spot.field), "more fields of kinds, from here on, are nowhere in the code either".to_owned());
            break;
        }
        let meant = nearest(&unknown.field, unknown.like.iter().map(String::as_str));
        let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        let text =
            format!("nothing in the code has the field `{}` of the kind `{}`{meant}", unknown.field, unknown.kind);
        tell(Some(&spot.field), text);
    }
    for (at, entry) in project.config.overrides.iter().enumerate() {
        if project.sources.iter().all(|(_, file)| !entry.is_of(&file.path)) {
            let text =
                format!("no file that is read is one of `{}`, so this override says nothing", entry.paths.join("`, `"));
            tell(origin.overrides.get(at), text);
        }
    }
    for (at, entry) in project.config.exclude.iter().enumerate() {
        if let Some(meant) = misspelt(&project.root.folder, entry) {
            let text = format!("there is no `{entry}` to leave out; did you mean `{meant}`?");
            tell(origin.exclude.get(at), text);
        }
    }
}

/// What a plain path that is not there may have been meant for: a folder may be built later, so only one like it tells.
pub fn misspelt(root: &Path, entry: &str) -> Option<String> {
    let plain = entry.trim_matches('/');
    let is_plain = !plain.is_empty() && !plain.contains(['*', '?', '[', '{', '!', '\\']) && !plain.starts_with("..");
    if !is_plain || root.join(plain).symlink_metadata().is_ok() {
        return None;
    }
    let (folder, name) = plain.rsplit_once('/').unwrap_or(("", plain));
    let mut names: Vec<String> = root
        .join(folder)
        .read_dir()
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    names.sort();
    // Without a slash, a name may be anywhere.
    let is_anywhere = folder.is_empty() && !entry.trim_end_matches('/').contains('/');
    let close = names.iter().find(|known| is_close(known, name))?;
    let near = if folder.is_empty() { close.to_owned() } else { format!("{folder}/{close}") };
    let slash = if entry.ends_with('/') { "/" } else { "" };
    (!is_anywhere || !is_below(root, name, 0)).then(|| format!("{near}{slash}"))
}

/// Names that are told apart by more than a slip are two names.
fn is_close(a: &str, b: &str) -> bool {
    let (mut one, mut other): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    one.sort_unstable();
    other.sort_unstable();
    let is_long = a.len().min(b.len()) >= 4 && a.chars().next() == b.chars().next();
    let is_slip = is_long && one.iter().filter(|c| !other.contains(c)).count() <= 1;
    a.len().abs_diff(b.len()) <= 1 && (one == other || is_slip)
}

/// Whether a file or folder of a name stands somewhere in the first folders below.
fn is_below(folder: &Path, name: &str, depth: u32) -> bool {
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.any(|entry| {
        let own = entry.file_name();
        let is_source = own != "node_modules" && own != ".git";
        is_source
            && (entry.path().join(name).exists()
                || depth < limits::SOUGHT_FOLDERS && is_below(&entry.path(), name, depth + 1))
    })
}
