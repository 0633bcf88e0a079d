//! A pass over functions: each once, callees first, however long the chains of calls are.
//!
//! Input: what a pass does to one function. Output: it is done to each. Must not know: what is done.

use super::link::{Project, State};
use crate::limits::{self, Cut};
use crate::value::FnRef;

/// What is done to each function once.
#[derive(Clone, Copy)]
pub(super) struct Pass {
    /// How far the functions are.
    pub(super) states: fn(&mut Project) -> &mut [State],
    /// Those that are wanted before a function, last first.
    pub(super) callees: fn(&mut Project, FnRef) -> Vec<FnRef>,
    pub(super) fill: fn(&mut Project, FnRef),
}

impl Project {
    /// Does these functions, with all that they want.
    pub(super) fn pass(&mut self, pass: Pass, functions: impl Iterator<Item = FnRef>) {
        for func in functions {
            let mut way: Vec<(FnRef, Vec<FnRef>)> = Vec::new();
            let mut next = Some(func);
            loop {
                if let Some(func) = next.take()
                    && self.enter(pass, func)
                {
                    let callees = (pass.callees)(self, func);
                    way.push((func, callees));
                }
                match way.last_mut() {
                    Some((_, callees)) if !callees.is_empty() => next = callees.pop(),
                    Some((func, _)) => {
                        let func = *func;
                        way.pop();
                        self.leave(pass, func);
                    }
                    None => break,
                }
            }
        }
    }

    /// Does one function that another one turns out to want while it is done itself.
    pub(super) fn pass_within(&mut self, pass: Pass, func: FnRef) {
        if self.open > limits::SUMMARIES_OPEN {
            self.note_cut(func, Cut::Calls);
            return;
        }
        if self.enter(pass, func) {
            self.open += 1;
            self.leave(pass, func);
            self.open -= 1;
        }
    }

    fn enter(&mut self, pass: Pass, func: FnRef) -> bool {
        let state = (pass.states)(self).get_mut(func.0 as usize).filter(|state| **state == State::New);
        state.map(|state| *state = State::Open).is_some()
    }

    fn leave(&mut self, pass: Pass, func: FnRef) {
        (pass.fill)(self, func);
        if let Some(state) = (pass.states)(self).get_mut(func.0 as usize) {
            *state = State::Done;
        }
    }
}
