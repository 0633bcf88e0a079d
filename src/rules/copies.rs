//! Which functions write a document back whole, and which fields are changed by themselves: known once all functions were read.
//!
//! Input: none. Output: types. Must not know: how either is found.

use crate::project::handles::ByHandle;
use crate::value::{FnRef, Site, SiteInfo};

#[derive(Default)]
pub struct StaleCopies {
    pub copying: Vec<FnRef>,
    /// The fields that are changed by themselves, each with a place of it.
    pub changed: ByHandle<Changed>,
}

/// A field that some code changes.
#[derive(Clone, Debug)]
pub struct Changed {
    pub path: String,
    pub site: Site,
    pub place: SiteInfo,
}
