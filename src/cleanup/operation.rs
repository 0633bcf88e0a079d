//! One change of one document: elements that go at once, or not at all.
//!
//! Input: an array and what is to go from it. Output: operations that a command can carry. Must not know: commands, files.

use super::Read;
use super::plan::Removal;
use bson::raw::{RawArray, RawBsonRef};
use bson::{RawBson, RawDocumentBuf};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// The most that one operation takes out or puts back, in elements and in bytes: its command must stay below what a server accepts.
pub const MOST_ELEMENTS: usize = 1000;
pub const MOST_BYTES: usize = 2 << 20;

/// Elements that go from one document together.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its number in the backup.
    pub number: u64,
    pub id: RawBson,
    /// In order of [`Removed::at`].
    pub removed: Vec<Removed>,
    /// The elements that stay in place of those, each once.
    pub firsts: Vec<(usize, RawDocumentBuf)>,
}

/// An element that goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Removed {
    /// 0-based place in the array as it was read.
    pub at: usize,
    pub first: usize,
    pub is_copy: bool,
    /// What it was taken for.
    pub kind: String,
    /// The place of the nearest element before it that stays, and that element.
    pub behind: usize,
    pub after: Mark,
    pub element: RawDocumentBuf,
}

/// Tells an element by its bytes.
pub type Mark = u64;

pub fn mark(value: RawBsonRef<'_>) -> Mark {
    let bytes = match value {
        RawBsonRef::Document(document) => Sha256::digest(document.as_bytes()),
        other => {
            let mut wrapped = RawDocumentBuf::new();
            wrapped.append(bson::cstr!(""), other);
            Sha256::digest(wrapped.as_bytes())
        }
    };
    bytes.iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}

/// The last of what is to go, as much as one operation takes; the places of the rest stay what they are.
pub fn take_last(id: &RawBson, array: &RawArray, left: &mut Vec<Removal>, kinds: &[String]) -> Read<Option<Operation>> {
    let elements = array.into_iter().collect::<Read<Vec<_>>>()?;
    let document = |at: usize| elements.get(at).and_then(|element| element.as_document());
    let size = |at: usize| document(at).map_or(0, |element| element.as_bytes().len());
    let mut from = left.len();
    let mut bytes = 0;
    let mut firsts = HashSet::new();
    while from > 0 && left.len() - from < MOST_ELEMENTS {
        let Removal { at, first, .. } = left[from - 1];
        bytes += size(at) + if firsts.insert(first) { size(first) } else { 0 };
        if bytes > MOST_BYTES && from < left.len() {
            break;
        }
        from -= 1;
    }
    let mut operation = Operation { number: 0, id: id.clone(), removed: Vec::new(), firsts: Vec::new() };
    let mut behind = 0;
    let mut previous = None;
    for removal in &left[from..] {
        let Removal { at, first, is_copy, kind } = *removal;
        let before = at.saturating_sub(1);
        if previous != Some(before) {
            behind = before;
        }
        previous = Some(at);
        let (Some(element), Some(kept)) = (document(at), elements.get(behind)) else { continue };
        let (element, after) = (element.to_owned(), mark(*kept));
        let kind = kinds.get(kind).cloned().unwrap_or_default();
        operation.removed.push(Removed { at, first, is_copy, kind, behind, after, element });
        operation.firsts.extend(document(first).map(|stays| (first, stays.to_owned())));
    }
    left.truncate(from);
    operation.firsts.sort_by_key(|(at, _)| *at);
    operation.firsts.dedup_by_key(|(at, _)| *at);
    Ok((!operation.removed.is_empty()).then_some(operation))
}

/// Stretches of neighbours, each as its first place and its length.
pub fn runs(places: impl IntoIterator<Item = usize>) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for at in places {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == at => *length += 1,
            _ => runs.push((at, 1)),
        }
    }
    runs
}
