//! Questions that are answered once.
//!
//! An answer that is looked up costs what it cost first. So what is decided within a budget does not depend on what was asked
//! before. What was cut on the way is asked again, so that each function is told of it.
//!
//! Input: questions, and how they are answered. Output: answers. Must not know: what is asked.

use super::Arena;
use super::memo::{Answers, Memo};
use crate::limits::Cuts;
use std::hash::Hash;

/// The state of the meter before a question.
struct Asked {
    work: u64,
    cuts: Cuts,
}

impl Arena {
    /// The answer that is remembered, paid for.
    fn recall<Q: Hash + Eq, A: Copy>(&self, answers: &Answers<Q, A>, question: &Q) -> Option<A> {
        let (answer, work) = answers.get(question)?;
        self.spend(u64::from(work));
        Some(answer)
    }

    fn ask(&self) -> Asked {
        Asked { work: self.meter.work.get(), cuts: self.meter.cuts.take() }
    }

    /// The work that a question took; none where its answer is not to be remembered.
    fn answered(&self, asked: &Asked) -> Option<u32> {
        let cuts = self.meter.cuts.get();
        self.meter.cuts.set(cuts.and(asked.cuts));
        let work = self.meter.work.get() - asked.work;
        (cuts.is_empty() && !self.is_spent()).then(|| u32::try_from(work).ok()).flatten()
    }

    /// Answers a question once.
    pub(super) fn remembered<Q: Hash + Eq, A: Copy>(
        &self,
        answers: &Answers<Q, A>,
        question: Q,
        find: impl FnOnce() -> A,
    ) -> A {
        if let Some(known) = self.recall(answers, &question) {
            return known;
        }
        let asked = self.ask();
        let answer = find();
        if let Some(work) = self.answered(&asked) {
            answers.put(question, answer, work);
        }
        answer
    }

    /// Answers a question once whose answer is a new value or condition.
    pub(super) fn remembered_new<Q: Hash + Eq, A: Copy>(
        &mut self,
        answers: impl Fn(&Memo) -> &Answers<Q, A>,
        question: Q,
        find: impl FnOnce(&mut Self) -> A,
    ) -> A {
        if let Some(known) = self.recall(answers(&self.memo), &question) {
            return known;
        }
        let asked = self.ask();
        let answer = find(self);
        if let Some(work) = self.answered(&asked) {
            answers(&self.memo).put(question, answer, work);
        }
        answer
    }
}
