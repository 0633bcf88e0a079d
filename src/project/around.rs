//! What stands around writes in the texts of all files: the names in scope, statements, the tests that decide them.
//!
//! Input: the facts of files. Output: tables by place. Must not know: calls, what a fix does with them.

use super::merge::FileAround;
use crate::facts::{Exit, FileFacts, Repeat, Statement, Taken};
use crate::value::{SiteInfo, Sym, V};
use rustc_hash::{FxHashMap, FxHashSet};

type At = (u32, u32, u32);

/// By file and offsets.
#[derive(Clone, Default)]
pub(super) struct Around {
    pub(super) named: FxHashMap<At, Vec<(Sym, V)>>,
    pub(super) statements: FxHashMap<At, Statement>,
    /// Files of TypeScript.
    pub(super) typed: FxHashSet<u32>,
    /// Those that give something a name, by file and function.
    pub(super) bindings: FxHashMap<(u32, u32), Vec<(u32, u32)>>,
    /// Where those begin that wait for a call and use nothing of it, by file and function: it is done for what it does.
    pub(super) done: FxHashMap<(u32, u32), Vec<u32>>,
    pub(super) repeats: FxHashMap<At, Repeat>,
    /// By file.
    pub(super) exits: FxHashMap<u32, Vec<Exit>>,
    pub(super) taken: FxHashMap<u32, Vec<Taken>>,
    /// Queries of which a call says which fields they give.
    pub(super) narrowed: FxHashSet<At>,
    /// Queries that give plain objects.
    pub(super) plain: FxHashSet<At>,
    /// Where instances are made, with the class.
    pub(super) made: Vec<(At, V)>,
    /// Calls that run what they are given in a transaction, by file, as their offsets.
    pub(super) transactions: FxHashMap<u32, Vec<(u32, u32)>>,
}

impl Around {
    pub(super) fn add(&mut self, file: u32, facts: &FileFacts, moved: FileAround) {
        self.named.extend(moved.named.into_iter().map(|((start, end), names)| ((file, start, end), names)));
        let own = facts.noted.statements.iter();
        self.statements.extend(own.map(|((start, end), statement)| ((file, *start, *end), statement.clone())));
        if facts.noted.is_typed {
            self.typed.insert(file);
        }
        for ((start, end), statement) in facts.noted.statements.iter().filter(|(_, own)| own.bound.is_some()) {
            self.bindings.entry((file, statement.body)).or_default().push((*start, *end));
        }
        for statement in facts.noted.statements.values() {
            if statement.is_awaited && statement.bound.is_none() && !statement.is_returned {
                self.done.entry((file, statement.body)).or_default().push(statement.start);
            }
        }
        let own = facts.noted.repeats.iter();
        self.repeats.extend(own.map(|((start, end), repeat)| ((file, *start, *end), repeat.clone())));
        self.narrowed.extend(facts.noted.narrowed.iter().map(|(start, end)| (file, *start, *end)));
        self.plain.extend(facts.noted.plain.iter().map(|(start, end)| (file, *start, *end)));
        if !facts.noted.transactions.is_empty() {
            self.transactions.insert(file, facts.noted.transactions.iter().copied().collect());
        }
        self.made.extend(moved.made.into_iter().map(|((start, end), class)| ((file, start, end), class)));
        self.exits.insert(file, moved.exits);
        self.taken.insert(file, moved.taken);
    }
}

pub(super) fn at(place: SiteInfo) -> At {
    (place.file, place.start, place.end)
}
