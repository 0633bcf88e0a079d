//! `pushguard indexes`.
//!
//! Input: a folder, or what mongosh tells of a database. Output: the unique indexes that the code makes, or entries for
//! `pushguard.toml`. Must not know: how an index is found.

use super::args::IndexesArgs;
use super::outcome::{CLEAN, delivered, warn};
use super::survey::{self, survey};
use crate::config::index::{Imported, import};
use crate::disk;
use crate::error::Error;
use crate::limits;
use crate::report::escape;
use std::io::Write;
use std::path::Path;

pub fn run(args: &IndexesArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    if let Some(path) = &args.import {
        return entries(path, stdout, stderr);
    }
    let (_, seen) = survey(&survey::folder(&args.folder)?, stderr)?;
    let mut text = String::new();
    for (collection, keys) in &seen.indexes {
        text.push_str(&escape::line(&format!("{collection}: {}", keys.join(", "))));
        text.push('\n');
    }
    delivered(stdout.write_all(text.as_bytes()))?;
    if seen.indexes.is_empty() {
        warn("the code makes no unique index of a collection that is known by name", stderr);
    }
    if let Some((path, line)) = &seen.unread {
        let message = format!(
            "{path}:{line} makes indexes of which the keys or the collection are not known; list them as [[index]]"
        );
        warn(&message, stderr);
    }
    Ok(CLEAN)
}

/// Prints an entry for each unique index, and for each that deletes.
fn entries(path: &Path, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let bytes =
        disk::read(path, limits::INDEX_LIST_BYTES).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let refused = |message: String| Error::Usage {
        message: format!("`{}` holds no indexes: {message}", path.display()),
        remedy: "let mongosh write it; `pushguard indexes --help` has the command".to_owned(),
    };
    let text = String::from_utf8(bytes).map_err(|_| refused("it is not UTF-8".to_owned()))?;
    let Imported { indexes, plain, partial } = import(&text).map_err(refused)?;
    let written: Result<Vec<String>, _> = indexes.iter().map(|index| index.entry()).collect();
    let written = written.map_err(|error| refused(error.to_string()))?;
    delivered(stdout.write_all(written.join("\n").as_bytes()))?;
    for (count, why) in [(partial, "of which a partial filter leaves documents out"), (plain, "without `unique`")] {
        if count > 0 {
            warn(&format!("left out {count} index{} {why}", if count == 1 { "" } else { "es" }), stderr);
        }
    }
    Ok(CLEAN)
}
