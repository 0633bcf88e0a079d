//! The tracked arrays that nothing in the project writes: a misspelt name would look like a clean run.
//!
//! Input: an analysed project. Output: a warning for each such array of the configuration file. Must not know: findings.

use super::outcome::warn;
use super::project::Project;
use crate::config::TrackedArray;
use crate::diagnostic::WritePath;
use crate::error::nearest;
use crate::rules::kinds::is_same_collection;
use std::io::Write;

pub fn warn_of(project: &Project, stderr: &mut dyn Write) {
    let Some(origin) = &project.config.origin else { return };
    for at in &project.analysis.unwritten {
        let (Some(array), Some(spot)) = (project.config.arrays.get(*at), origin.arrays.get(*at)) else { continue };
        let (is_collection, remedy) = remedy(array, &project.analysis.paths);
        let (line, column) = if is_collection { spot.collection } else { spot.field };
        let name = match &array.collection {
            Some(collection) => format!("`{}` of `{collection}`", array.field),
            None => format!("`{}`", array.field),
        };
        let path = origin.path.display();
        warn(
            &format!("{path}:{line}:{column}: nothing writes the array {name}, so nothing of it is checked{remedy}"),
            stderr,
        );
    }
}

/// Whether the collection is the name that nothing knows, and what to write instead.
fn remedy(array: &TrackedArray, paths: &[WritePath]) -> (bool, String) {
    let is_own = |path: &&WritePath| match (&array.collection, &path.collection) {
        (Some(wanted), Some(known)) => is_same_collection(wanted, known),
        _ => true,
    };
    let fields = paths.iter().filter(is_own).map(|path| path.array.as_str());
    if let Some(field) = nearest(&array.field, fields) {
        return (false, format!("; did you mean `field = \"{field}\"`?"));
    }
    let with_field = paths.iter().filter(|path| path.array == array.field);
    let collections = with_field.filter_map(|path| path.collection.as_deref());
    match array.collection.as_ref().and_then(|wanted| nearest(wanted, collections)) {
        Some(collection) => (true, format!("; did you mean `collection = \"{collection}\"`?")),
        None => (false, "; list the arrays that are written with `pushguard paths`".to_owned()),
    }
}
