//! The judge's answer for an act, attached to what a rule reports.
//!
//! Input: a draft and its act. Output: the draft with its proof. Must not know: how an act is judged, formats.

use super::context::{Context, Draft, Trace};
use crate::diagnostic::Proof;
use crate::judge::{self, Act, Function, Judgement, Verdict};
use crate::project::writes::Write;
use crate::value::C;

impl Context<'_> {
    /// Judges a write of the trace under a condition. `whole_array` is the array that it writes whole.
    pub fn judge(&mut self, trace: &Trace, write: &Write, cond: C, whole_array: Option<&str>) -> Option<Judgement> {
        let at = trace.writes.iter().position(|known| std::ptr::eq(known, write))?;
        let versioned: Vec<bool> = trace
            .writes
            .iter()
            .map(|write| write.fields.iter().any(|field| self.is_versioned(write, field)))
            .collect();
        let function = Function { steps: &trace.steps, writes: &trace.writes, versioned: &versioned };
        let act = Act { write: at, cond };
        Some(judge::judge(self.project, self.schemas, &function, act, whole_array))
    }

    /// Attaches the judge's answer to a draft about a write.
    pub fn prove(&mut self, draft: &mut Draft, trace: &Trace, write: &Write, cond: C, whole_array: Option<&str>) {
        let Some(judgement) = self.judge(trace, write, cond, whole_array) else { return };
        draft.proof = match (judgement.verdict, judgement.witness) {
            (Verdict::Race(_) | Verdict::ActsTwice(_), Some((witness, moves))) => {
                draft.moves = moves;
                Proof::Proven(Box::new(witness))
            }
            (Verdict::Unknown(why), _) => Proof::Unproven(format!("unknown: {why}")),
            (Verdict::Safe { whole: true, .. }, _) => Proof::Unproven("safe: whole".to_owned()),
            (Verdict::Safe { unmodelled, .. }, _) => Proof::Unproven(format!("safe, not whole: {}", unmodelled.join(", "))),
            (Verdict::Race(_) | Verdict::ActsTwice(_), None) => Proof::NotJudged,
        };
    }
}
