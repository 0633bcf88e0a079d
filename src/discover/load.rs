//! Reads files, in parallel.
//!
//! Input: found files. Output: [`Sources`], and the files whose text could not be had. Those stay in `Sources` with an
//! empty text, so that a finding can still point at them. Must not know: syntax, findings.

use super::Found;
use crate::disk;
use crate::limits;
use crate::source::{FileId, SourceFile, Sources};
use rayon::prelude::*;
use std::path::Path;

/// A file without text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub file: FileId,
    /// Why, as a phrase: "is UTF-16 text".
    pub reason: String,
}

/// The texts of a run.
#[derive(Debug, Default)]
pub struct Loaded {
    pub sources: Sources,
    /// Sorted by file.
    pub unreadable: Vec<Unreadable>,
}

/// Reads all files from the disk. Never fails as a whole.
pub fn load(found: &[Found]) -> Loaded {
    load_with(found, &|file| read_bytes(&file.absolute))
}

/// Takes the bytes of each file, or why they cannot be had as a phrase, from `bytes`.
pub fn load_with(found: &[Found], bytes: &(dyn Fn(&Found) -> Result<Vec<u8>, String> + Sync)) -> Loaded {
    let read: Vec<(SourceFile, Option<String>)> = found
        .par_iter()
        .map(|file| match bytes(file).and_then(text) {
            Ok((text, is_lossy)) => {
                (SourceFile::new(file.relative.clone(), &text, file.reported).with_loss(is_lossy), None)
            }
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

/// The bytes of a file on the disk.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    disk::read(path, limits::FILE_BYTES).map_err(|error| format!("cannot be read: {error}"))
}

fn too_large(size: u64) -> String {
    format!("is too large ({size} bytes)")
}

/// The text as Node reads it, and whether bytes of it were replaced.
fn text(bytes: Vec<u8>) -> Result<(String, bool), String> {
    if bytes.len() as u64 > limits::FILE_BYTES {
        return Err(too_large(bytes.len() as u64));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("is UTF-16 text, which Node does not read".to_owned());
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
    })
}
