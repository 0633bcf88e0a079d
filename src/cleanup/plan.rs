//! What goes from one array: every element that is the same as one before it.
//!
//! Input: an array and its identities. Output: the places of the elements that go, each with the place of the one that stays.
//! Must not know: where the array comes from.

use super::Read;
use super::identity::Identities;
use bson::raw::{RawArray, RawBsonRef, RawDocument};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What is known of one array.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Elements of the array.
    pub size: usize,
    /// In order of [`Removal::at`].
    pub removals: Vec<Removal>,
    /// Elements by kind, whether they go or stay.
    pub of_kind: Vec<usize>,
}

/// One element that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// 0-based place in the array as it was read.
    pub at: usize,
    /// The place of the first of its equals, which stays.
    pub first: usize,
    pub kind: usize,
    /// Whether it is, byte for byte, what stays.
    pub is_copy: bool,
}

/// Decides about an array.
pub fn plan(array: &RawArray, identities: &Identities) -> Read<Plan> {
    let mut plan = Plan { of_kind: vec![0; identities.kinds().len()], ..Plan::default() };
    let mut seen: HashMap<_, (usize, &RawDocument)> = HashMap::new();
    for (at, element) in array.into_iter().enumerate() {
        plan.size += 1;
        let RawBsonRef::Document(element) = element? else { continue };
        let Some(identity) = identities.of_element(element)? else { continue };
        let kind = identity.0;
        plan.of_kind[kind] += 1;
        match seen.entry(identity) {
            Entry::Vacant(place) => {
                place.insert((at, element));
            }
            Entry::Occupied(place) => {
                let (first, stays) = *place.get();
                let is_copy = stays.as_bytes() == element.as_bytes();
                plan.removals.push(Removal { at, first, kind, is_copy });
            }
        }
    }
    Ok(plan)
}

/// The array without what goes; the rest keeps its order.
#[cfg(test)]
pub fn without(array: &RawArray, removals: &[Removal]) -> bson::RawArrayBuf {
    let mut kept = bson::RawArrayBuf::new();
    for (at, element) in array.into_iter().enumerate() {
        if removals.binary_search_by_key(&at, |removal| removal.at).is_err() {
            kept.push(element.expect("valid BSON"));
        }
    }
    kept
}
