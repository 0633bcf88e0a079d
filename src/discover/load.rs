//! Reads files, in parallel.
//!
//! Input: found files. Output: [`Sources`], and the files whose text could not be had. Those stay in `Sources` with an
//! empty text, so that a finding can still point at them. Must not know: syntax, findings.

use super::Found;
use crate::source::{FileId, SourceFile, Sources};
use rayon::prelude::*;
use std::path::Path;

/// Files larger than this are not read, in bytes: offsets are 32 bits, and no source is that large.
const MAX_BYTES: u64 = 512 << 20;

/// A file without text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub file: FileId,
    /// Why, as a phrase: "is not valid UTF-8 (byte 12)".
    pub reason: String,
}

/// The texts of a run.
#[derive(Debug, Default)]
pub struct Loaded {
    pub sources: Sources,
    /// Sorted by file.
    pub unreadable: Vec<Unreadable>,
}

/// Reads all files. Never fails as a whole.
pub fn load(found: &[Found]) -> Loaded {
    let read: Vec<(SourceFile, Option<String>)> = found
        .par_iter()
        .map(|file| match read_text(&file.absolute) {
            Ok(text) => (SourceFile::new(file.relative.clone(), &text, file.reported), None),
            Err(reason) => (SourceFile::new(file.relative.clone(), "", file.reported), Some(reason)),
        })
        .collect();
    let (files, reasons): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    // `found` is sorted by relative path, and so is `Sources`: the order, and with it the number, stays.
    let unreadable = reasons
        .into_iter()
        .enumerate()
        .filter_map(|(at, reason)| Some(Unreadable { file: FileId(at as u32), reason: reason? }))
        .collect();
    Loaded { sources: Sources::new(files), unreadable }
}

fn read_text(path: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("cannot be read: {error}");
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_BYTES {
        return Err(format!("is too large ({size} bytes)"));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    String::from_utf8(bytes)
        .map_err(|error| format!("is not valid UTF-8 (byte {})", error.utf8_error().valid_up_to() + 1))
}
