//! What is missing of a backup in a document, and where it belongs.
//!
//! Input: the operations on a document, and its array as it is now. Output: elements to put in. What is there as often as it was is
//! never put in again, so a restore can be repeated. Must not know: files, servers.

use super::Read;
use super::backup::{Outcome, Recorded};
use super::operation::{MOST_BYTES, Mark, Removed, mark};
use bson::RawDocumentBuf;
use bson::raw::RawArray;
use std::collections::{HashMap, HashSet};

/// An element to put in, at a place of the array that already holds those before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Insertion {
    pub at: usize,
    pub element: RawDocumentBuf,
}

/// What is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Missing {
    pub elements: usize,
    /// The first of them, as many as one command takes, in order of their places.
    pub insertions: Vec<Insertion>,
}

/// The elements that are not there, with the places of the first so many.
pub fn missing(operations: &[Recorded], array: &RawArray, most: usize) -> Read<Missing> {
    let removed = in_first_places(&counted(operations));
    let mut have: HashMap<&[u8], usize> = HashMap::new();
    let mut marks = Vec::new();
    for element in array {
        let element = element?;
        marks.push(mark(element));
        if let Some(document) = element.as_document() {
            *have.entry(document.as_bytes()).or_default() += 1;
        }
    }
    let mut needed = needed(&removed, &have);
    let mut chosen: Vec<&Removed> = Vec::new();
    for one in removed.iter().rev() {
        // The last of equals: an earlier restore that was stopped has put in the first.
        if let Some(left) = needed.get_mut(one.element.as_bytes()).filter(|left| **left > 0) {
            *left -= 1;
            chosen.push(one);
        }
    }
    chosen.reverse();
    let elements = chosen.len();
    chosen.truncate(fitting(&chosen, most));
    Ok(Missing { elements, insertions: placed(&chosen, marks) })
}

/// How many of them one command takes, which is at least one.
fn fitting(chosen: &[&Removed], most: usize) -> usize {
    let mut bytes = 0;
    let fits = chosen.iter().take_while(|one| {
        bytes += one.element.as_bytes().len();
        bytes <= MOST_BYTES
    });
    fits.count().max(1).min(most)
}

/// The operations that count: those that were done and not undone, and those of which nobody knows unless another took the same.
fn counted(operations: &[Recorded]) -> Vec<&[Removed]> {
    let mut is_counted: Vec<bool> = operations.iter().map(|one| one.outcome == Outcome::Removed).collect();
    for (at, unknown) in operations.iter().enumerate().rev() {
        // The same run has taken before only what this operation did not find. Of two of which nobody knows the later one counts.
        let refutes = |(other, operation): (usize, &Recorded)| {
            is_counted[other] && (other > at || operation.file != unknown.file) && takes_same(unknown, operation)
        };
        if unknown.outcome == Outcome::Unknown && !operations.iter().enumerate().any(refutes) {
            is_counted[at] = true;
        }
    }
    let counted = operations.iter().zip(is_counted).filter(|(_, is_counted)| *is_counted);
    counted.map(|(operation, _)| operation.removed.as_slice()).collect()
}

/// Whether only one of two operations can have been done. There may be any number of copies of what stays: another one has another
/// place.
fn takes_same(unknown: &Recorded, other: &Recorded) -> bool {
    let taken: HashSet<&[u8]> = other.removed.iter().map(|one| one.element.as_bytes()).collect();
    let is_there = |one: &Removed| {
        let there = other.removed.binary_search_by_key(&one.at, |other| other.at);
        there.is_ok_and(|there| other.removed[there].element == one.element)
    };
    let is_taken = |one: &Removed| taken.contains(one.element.as_bytes()) && (!one.is_copy || is_there(one));
    unknown.removed.iter().any(is_taken)
}

/// All elements with their places in the array as it was before the first operation, in order.
fn in_first_places(operations: &[&[Removed]]) -> Vec<Removed> {
    let mut all: Vec<Removed> = Vec::new();
    for operation in operations.iter().rev() {
        for later in &mut all {
            later.at = lifted(later.at, operation);
            later.behind = lifted(later.behind, operation);
        }
        all.extend_from_slice(operation);
    }
    all.sort_by_key(|one| one.at);
    all
}

/// The place before an operation of what is at a place after it: further by as many elements as it took from before that.
fn lifted(at: usize, operation: &[Removed]) -> usize {
    let (mut from, mut to) = (0, operation.len());
    while from < to {
        let middle = from + (to - from) / 2;
        match operation[middle].at - middle <= at {
            true => from = middle + 1,
            false => to = middle,
        }
    }
    at + from
}

/// How many of each element are missing: no more than were taken, and no more than were there.
fn needed<'r>(removed: &'r [Removed], have: &HashMap<&[u8], usize>) -> HashMap<&'r [u8], usize> {
    let mut taken: HashMap<&[u8], (usize, usize)> = HashMap::new();
    for one in removed {
        let (count, stayed) = taken.entry(one.element.as_bytes()).or_default();
        *count += 1;
        *stayed |= usize::from(one.is_copy);
    }
    let missing = |(element, (count, stayed)): (&'r [u8], (usize, usize))| {
        let there = have.get(element).copied().unwrap_or_default();
        (element, count.min((count + stayed).saturating_sub(there)))
    };
    taken.into_iter().map(missing).collect()
}

/// Finds the places: those of the backup where the neighbour is still the same, else next to where it is now. They ascend, also where
/// the neighbours are in another order now.
fn placed(chosen: &[&Removed], mut marks: Vec<Mark>) -> Vec<Insertion> {
    let mut put: Vec<Option<&Removed>> = vec![None; marks.len()];
    for one in chosen {
        let shift = nearest(&marks, one.behind, one.after).map_or(0, |now| now as i64 - one.behind as i64);
        let at = (one.at as i64 + shift).clamp(0, marks.len() as i64) as usize;
        marks.insert(at, mark(bson::raw::RawBsonRef::Document(&one.element)));
        put.insert(at, Some(one));
    }
    let insertion = |(at, one): (usize, Option<&Removed>)| Some(Insertion { at, element: one?.element.clone() });
    put.into_iter().enumerate().filter_map(insertion).collect()
}

/// The place of a mark that is nearest to where it is looked for.
fn nearest(marks: &[Mark], at: usize, wanted: Mark) -> Option<usize> {
    if marks.get(at) == Some(&wanted) {
        return Some(at);
    }
    let found = marks.iter().enumerate().filter(|(_, mark)| **mark == wanted);
    found.map(|(place, _)| place).min_by_key(|place| place.abs_diff(at))
}
