//! What stands around writes in the texts of all files: the names in scope, statements, the tests that decide them.
//!
//! Input: the facts of files. Output: tables by place. Must not know: calls, what a fix does with them.

use super::merge::FileAround;
use crate::facts::{Exit, FileFacts, Statement, Taken};
use crate::value::{SiteInfo, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};

type At = (u32, u32, u32);

/// By file and offsets.
#[derive(Clone, Default)]
pub(super) struct Around {
    pub(super) named: FxHashMap<At, Vec<(Sym, V)>>,
    pub(super) statements: FxHashMap<At, Statement>,
    /// By file.
    pub(super) exits: FxHashMap<u32, Vec<Exit>>,
    pub(super) taken: FxHashMap<u32, Vec<Taken>>,
    /// Queries of which a call says which fields they give.
    pub(super) narrowed: FxHashSet<At>,
    /// Queries that give plain objects.
    pub(super) plain: FxHashSet<At>,
}

impl Around {
    pub(super) fn add(&mut self, file: u32, facts: &FileFacts, moved: FileAround) {
        self.named.extend(moved.named.into_iter().map(|((start, end), names)| ((file, start, end), names)));
        let own = facts.noted.statements.iter();
        self.statements.extend(own.map(|((start, end), statement)| ((file, *start, *end), statement.clone())));
        self.narrowed.extend(facts.noted.narrowed.iter().map(|(start, end)| (file, *start, *end)));
        self.plain.extend(facts.noted.plain.iter().map(|(start, end)| (file, *start, *end)));
        self.exits.insert(file, moved.exits);
        self.taken.insert(file, moved.taken);
    }
}

pub(super) fn at(place: SiteInfo) -> At {
    (place.file, place.start, place.end)
}
