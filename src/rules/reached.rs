//! What a function comes to: by its schemas Mongoose never reaches some steps.
//!
//! Input: a function. Output: its steps, of which those that are never reached do nothing, and its writes. Must not know: findings.

use super::context::Context;
use super::silence::{Silence, Silent};
use crate::project::Steps;
use crate::project::writes::Write;
use crate::value::FnRef;

impl Context<'_> {
    /// The steps of a function, of which those that are never reached do nothing, by what the schemas say; and its writes.
    pub(super) fn reached(&mut self, func: FnRef) -> (Steps, Vec<Write>) {
        let all = self.project.shared_steps_of(func);
        let (mut steps, mut dead) = match self.project.without_undeclared(self.schemas, &all) {
            Some((told, dead)) => (told, dead),
            None => (all.clone(), Vec::new()),
        };
        let mut writes = self.project.writes(&steps);
        let mut invalid = Vec::new();
        for write in &writes {
            if self.project.is_never_valid(self.schemas, &steps, write) {
                let statement = self.project.statement_at(write.site);
                invalid.push((write.step, statement.is_some_and(|it| it.is_awaited || it.is_returned)));
            }
        }
        if !invalid.is_empty() {
            let mut told = steps.to_vec();
            dead.extend(self.project.stop_after(&mut told, &invalid));
            steps = told.into();
            writes = self.project.writes(&steps);
        }
        for step in dead.into_iter().filter_map(|at| all.get(at)) {
            if self.project.touches_database(step) {
                let why = Silence::Unreached;
                self.silences.push(Silent { rule: "lost-update", act: step.site, checks: Vec::new(), why });
            }
        }
        (steps, writes)
    }
}
