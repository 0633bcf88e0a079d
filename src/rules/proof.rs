//! The judge's answer for an act, attached to what a rule reports.
//!
//! Input: a draft and its act. Output: the draft with its proof. Must not know: how an act is judged, formats.

use super::context::{Context, Draft, Trace};
use crate::diagnostic::{Level, Proof};
use crate::judge::{self, Act, Function, Judgement, Verdict};
use crate::project::checks::Check;
use crate::project::writes::Write;
use crate::race::decision::Loaded;
use crate::race::relation::{self, Relation, Taken};
use crate::value::C;

/// An act to be judged.
pub struct Judged<'a> {
    pub write: &'a Write,
    /// The condition of the part of the write that is judged.
    pub cond: C,
    /// The path of an array that the act writes whole.
    pub whole_array: Option<&'a str>,
    pub relation: Relation,
}

impl Context<'_> {
    /// Judges a write of the trace under a condition. `whole_array` is the array that it writes whole.
    pub fn judge(&mut self, trace: &Trace, write: &Write, cond: C, whole_array: Option<&str>) -> Option<Judgement> {
        let at = trace.writes.iter().position(|known| std::ptr::eq(known, write))?;
        let versioned: Vec<bool> =
            trace.writes.iter().map(|write| write.fields.iter().any(|field| self.is_versioned(write, field))).collect();
        let function = Function { steps: &trace.steps, writes: &trace.writes, versioned: &versioned };
        let act = Act { write: at, cond };
        Some(judge::judge(self.project, self.schemas, &function, act, whole_array))
    }

    /// What the relations say of a write that a check decides.
    pub fn relation(&mut self, trace: &Trace, check: &Check, write: &Write, cond: C, taken: Taken<'_>) -> Relation {
        let loaded = Loaded { root: check.root, read: check.read.as_ref(), documents: &trace.documents };
        self.relation_to(trace, &loaded, write, cond, taken)
    }

    /// What the relations say of a write that a loaded document decides.
    pub fn relation_to(
        &mut self,
        trace: &Trace,
        loaded: &Loaded<'_>,
        write: &Write,
        cond: C,
        taken: Taken<'_>,
    ) -> Relation {
        let function = relation::Function { schemas: self.schemas, steps: &trace.steps, writes: &trace.writes };
        relation::relation(self.project, &function, loaded, write, cond, taken)
    }

    /// Reports a draft about a write as far as the judge's verdict counts beside what the relations say.
    pub fn report_judged(&mut self, mut draft: Draft, trace: &Trace, act: &Judged<'_>) {
        if act.relation == Relation::Yes {
            return;
        }
        let Some(judgement) = self.judge(trace, act.write, act.cond, act.whole_array) else { return };
        let is_doubted = act.relation == Relation::Unknown;
        let lowered = match judgement.verdict {
            Verdict::Race(evidence) if is_doubted && !evidence.is_whole => return,
            Verdict::Race(evidence) => is_doubted || evidence.is_outside_only,
            Verdict::ActsTwice(_) if is_doubted => return,
            Verdict::ActsTwice(_) => true,
            Verdict::Safe { .. } | Verdict::Unknown(_) if is_doubted => return,
            Verdict::Safe { whole: true, .. } => return,
            Verdict::Safe { unmodelled, .. } => {
                draft.proof = Proof::Unproven(format!("{} is not modelled", unmodelled.join(", ")));
                false
            }
            Verdict::Unknown(why) => {
                draft.proof = Proof::Unproven(why);
                false
            }
        };
        if let Some((witness, moves)) = judgement.witness {
            draft.moves = moves;
            draft.proof = Proof::Proven(Box::new(witness));
        }
        if lowered && draft.level.is_none_or(|level| level > Level::Warning) {
            draft.level = Some(Level::Warning);
        }
        self.report(draft);
    }
}
