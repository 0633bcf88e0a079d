//! Answers that stay: values and conditions never change, so what was decided about them is looked up.
//!
//! Input: questions with their answers. Output: the answers. Must not know: how they are found.

use super::node::{C, V};
use crate::limits;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::hash::Hash;

/// Answers by their questions, each with the work that it took.
#[derive(Clone, Debug)]
pub(super) struct Answers<Q, A>(RefCell<FxHashMap<Q, (A, u32)>>);

impl<Q, A> Default for Answers<Q, A> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<Q: Hash + Eq, A: Copy> Answers<Q, A> {
    pub(super) fn get(&self, question: &Q) -> Option<(A, u32)> {
        self.0.borrow().get(question).copied()
    }

    pub(super) fn put(&self, question: Q, answer: A, work: u32) {
        let mut known = self.0.borrow_mut();
        if known.len() >= limits::REMEMBERED {
            known.clear();
        }
        known.insert(question, (answer, work));
    }
}

/// What is remembered of the values of one arena.
#[derive(Clone, Debug, Default)]
pub(super) struct Memo {
    pub(super) truth: Answers<(C, V), Option<bool>>,
    pub(super) contradictions: Answers<C, bool>,
    pub(super) conjunctions: Answers<(C, C), C>,
    pub(super) conditions: Answers<V, V>,
}
