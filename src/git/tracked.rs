//! What the index of a repository names, without a program being started: a look-up that every run may need.
//!
//! Source: gitformat-index(5), versions 2 to 4.
//! Input: a folder in a work tree. Output: paths. Must not know: what they are wanted for.

use crate::disk;
use crate::limits;
use std::path::{Path, PathBuf};

/// The paths below a folder that git tracks, relative to it; none where there is no index, or one that cannot be read.
pub fn tracked(folder: &Path) -> Vec<String> {
    let Some(top) = folder.ancestors().find(|above| above.join(".git").exists()) else { return Vec::new() };
    let below = folder.strip_prefix(top).unwrap_or(Path::new(""));
    let prefix: String = below.components().map(|part| format!("{}/", part.as_os_str().to_string_lossy())).collect();
    let bytes = disk::read(&repository(top).join("index"), limits::INDEX_BYTES).unwrap_or_default();
    let names = [20, 32].iter().find_map(|hash| names(&bytes, *hash)).unwrap_or_default();
    names
        .iter()
        .filter_map(|name| Some(String::from_utf8_lossy(name.strip_prefix(prefix.as_bytes())?).into_owned()))
        .collect()
}

/// The folder of a repository: `.git`, or what a file of that name says, as in further work trees and submodules.
fn repository(top: &Path) -> PathBuf {
    let git = top.join(".git");
    let text = disk::read(&git, limits::IGNORE_BYTES).unwrap_or_default();
    match String::from_utf8_lossy(&text).strip_prefix("gitdir: ") {
        Some(named) => top.join(named.trim_end_matches(['\r', '\n'])),
        None => git,
    }
}

/// The names of all entries, where object names have so many bytes; none where the bytes are no such index.
fn names(bytes: &[u8], hash: usize) -> Option<Vec<Vec<u8>>> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?));
    let (version, count) = (number(4)?, number(8)?);
    if !bytes.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let (mut names, mut before, mut at): (Vec<Vec<u8>>, Vec<u8>, usize) = (Vec::new(), Vec::new(), 12);
    for _ in 0..count {
        let start = at;
        at += 40 + hash;
        let flags = u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?);
        at += if flags & 0x4000 != 0 { 4 } else { 2 };
        let mut name = match version {
            4 => {
                let removed = varint(bytes, &mut at)?;
                before.get(..before.len().checked_sub(removed)?)?.to_vec()
            }
            _ => Vec::new(),
        };
        let rest = bytes.get(at..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        name.extend(rest.get(..length)?);
        // The last twelve bits hold the length, or as much of it as they can.
        if name.len().min(0xfff) != usize::from(flags & 0xfff) {
            return None;
        }
        at += length;
        // From one to eight bytes end an entry, but for the last version, where it is one.
        at = if version == 4 { at + 1 } else { start + (at - start) / 8 * 8 + 8 };
        before.clone_from(&name);
        names.push(name);
    }
    Some(names)
}

/// A number of seven bits for each byte, where each further byte adds one to what came before.
fn varint(bytes: &[u8], at: &mut usize) -> Option<usize> {
    let mut value = 0_usize;
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value = value.checked_shl(7)?.checked_add(usize::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        value = value.checked_add(1).filter(|value| *value < 1 << 24)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An index with entries of these flags and names.
    fn index(version: u8, hash: usize, entries: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = [b"DIRC".as_slice(), &[0, 0, 0, version, 0, 0, 0, entries.len() as u8]].concat();
        for (flags, name) in entries {
            let start = bytes.len();
            bytes.extend(vec![7; 40 + hash]);
            bytes.extend(flags.to_be_bytes());
            bytes.extend(vec![0; if flags & 0x4000 != 0 { 2 } else { 0 }]);
            bytes.extend(*name);
            bytes.push(0);
            while version < 4 && (bytes.len() - start) % 8 != 0 {
                bytes.push(0);
            }
        }
        bytes
    }

    #[test]
    fn every_version_gives_its_names() {
        let expected = Some(vec![b"a.js".to_vec(), b"lib/b.js".to_vec()]);
        for hash in [20, 32] {
            assert_eq!(names(&index(2, hash, &[(4, b"a.js"), (8, b"lib/b.js")]), hash), expected);
            assert_eq!(names(&index(3, hash, &[(0x4004, b"a.js"), (8, b"lib/b.js")]), hash), expected);
            assert_eq!(names(&index(4, hash, &[(4, b"\0a.js"), (8, b"\x04lib/b.js")]), hash), expected);
        }
        assert_eq!(names(&index(2, 32, &[(4, b"a.js"), (8, b"lib/b.js")]), 20), None);
    }

    #[test]
    fn bytes_that_are_no_index_give_nothing() {
        let whole = index(4, 20, &[(4, b"\0a.js"), (8, b"\x04lib/b.js")]);
        for end in 0..whole.len() {
            assert_eq!(names(whole.get(..end).expect("a part"), 20), None, "{end}");
        }
        assert_eq!(names(&index(4, 20, &[(4, b"\xff\xff\xff\xff\xffa.js")]), 20), None);
        assert_eq!(names(&index(5, 20, &[]), 20), None);
    }
}
