//! Answers that stay: values and conditions never change, so what was decided about them is looked up.
//!
//! Input: questions with their answers. Output: the answers. Must not know: how they are found.

use super::node::{C, V};
use crate::limits;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::hash::Hash;
use std::sync::Arc;

/// Answers by their questions, each with the work that it took.
#[derive(Clone, Debug)]
pub(super) struct Answers<Q, A> {
    /// Answers that copies share.
    shared: Arc<FxHashMap<Q, (A, u32)>>,
    own: RefCell<FxHashMap<Q, (A, u32)>>,
}

impl<Q, A> Default for Answers<Q, A> {
    fn default() -> Self {
        Self { shared: Arc::default(), own: RefCell::default() }
    }
}

impl<Q: Hash + Eq, A: Copy> Answers<Q, A> {
    pub(super) fn get(&self, question: &Q) -> Option<(A, u32)> {
        let shared = if self.shared.is_empty() { None } else { self.shared.get(question) };
        shared.copied().or_else(|| self.own.borrow().get(question).copied())
    }

    pub(super) fn put(&self, question: Q, answer: A, work: u32) {
        let mut known = self.own.borrow_mut();
        if known.len() >= limits::REMEMBERED {
            known.clear();
        }
        known.insert(question, (answer, work));
    }

    /// Lets copies share what is known.
    fn share(&mut self) {
        if self.shared.is_empty() {
            self.shared = Arc::new(self.own.take());
        }
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

impl Memo {
    pub(super) fn share(&mut self) {
        self.truth.share();
        self.contradictions.share();
        self.conjunctions.share();
        self.conditions.share();
    }
}
