//! What stands around writes in the texts of all files: the names in scope, statements, the tests that decide them.
//!
//! Input: the facts of files. Output: tables by place. Must not know: calls, what a fix does with them.

use super::merge::FileAround;
use crate::facts::{Exit, FileFacts, Statement, Taken};
use crate::value::{SiteInfo, Sym, V};
use rustc_hash::FxHashMap;

type At = (u32, u32, u32);

/// By file and offsets.
#[derive(Default)]
pub(super) struct Around {
    pub(super) named: FxHashMap<At, Vec<(Sym, V)>>,
    pub(super) statements: FxHashMap<At, Statement>,
    pub(super) exits: Vec<(u32, Exit)>,
    pub(super) taken: Vec<(u32, Taken)>,
}

impl Around {
    pub(super) fn add(&mut self, file: u32, facts: &FileFacts, moved: FileAround) {
        self.named.extend(moved.named.into_iter().map(|((start, end), names)| ((file, start, end), names)));
        let own = facts.noted.statements.iter();
        self.statements.extend(own.map(|((start, end), statement)| ((file, *start, *end), statement.clone())));
        self.exits.extend(moved.exits.into_iter().map(|exit| (file, exit)));
        self.taken.extend(moved.taken.into_iter().map(|taken| (file, taken)));
    }
}

pub(super) fn at(place: SiteInfo) -> At {
    (place.file, place.start, place.end)
}
