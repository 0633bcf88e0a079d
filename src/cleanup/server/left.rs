//! Documents that were left alone.
//!
//! Input: ids and reasons. Output: how many there are, with the reason for some. Must not know: what was tried.

use crate::cleanup::shown;
use bson::RawBson;

/// Reasons to keep.
const REASONS: usize = 20;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Left {
    pub documents: u64,
    /// Of the first: the id as it is shown, and why.
    pub reasons: Vec<(String, String)>,
}

impl Left {
    pub fn add(&mut self, id: &RawBson, reason: &str) {
        self.documents += 1;
        if self.reasons.len() < REASONS {
            self.reasons.push((shown::id(id), reason.to_owned()));
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.documents += other.documents;
        self.reasons.extend(other.reasons);
        self.reasons.truncate(REASONS);
    }
}
