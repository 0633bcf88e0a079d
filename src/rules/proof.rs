//! The judge's answer for an act, attached to what a rule reports.
//!
//! Input: a draft and its act. Output: the draft with its proof. Must not know: how an act is judged, formats.

use super::context::{Context, Draft, Trace};
use super::pending::{Judged, Mend, Order, Pending, Repeats, Told, Turn};
use super::silence::{Silence, Silent};
use super::sought::{Mending, Sought};
use super::spell::Unnumbered;
use super::used_up::is_brought;
use crate::diagnostic::{Level, Proof, Role};
use crate::judge::{self, Act, Function, Judgement, Overwritten, Script, Verdict};
use crate::limits;
use crate::project::checks::Check;
use crate::project::ledger::Fuel;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::decision::Loaded;
use crate::race::relation::{self, Relation, Taken};
use crate::remedy::{Case, Remedy};
use crate::value::{C, Site, V};
use rustc_hash::FxHashMap;
use std::cell::Cell;

/// An act of a function as the judge sees it, whatever is told of it: its write, the condition, what is written over, the input by
/// which the document is selected, whether it is torn, the field that has to differ, and the keys that two documents cannot share.
type JudgedAct = (usize, C, Option<Overwritten>, Option<V>, bool, Option<usize>, Vec<String>);

/// So much of what is not followed is named.
const NAMED: usize = 2;

/// Why a finding is lowered whose document a process keeps once it is loaded.
const KEPT: &str = "the process keeps the document once it is loaded: two that load it at once, or two processes, meet";

/// The remedies that were looked for.
type Remedies = FxHashMap<(JudgedAct, Mend, Option<String>, bool), Sought>;

/// What the judge needs of a function, and what it has said of it.
pub struct Prepared {
    versioned: Vec<Vec<C>>,
    script: Script,
    judgements: FxHashMap<JudgedAct, Judgement>,
    remedies: Remedies,
    /// Work that judging may still take.
    fuel: Cell<u64>,
    mending: Mending,
}

impl Prepared {
    /// The work that judging may still take.
    pub fn fuel(&self) -> Fuel {
        Fuel { judging: self.fuel.get(), mending: self.mending.fuel }
    }
}

/// What judging an act has shown.
pub struct Outcome {
    /// Its place is shown by a witness.
    pub is_shown: bool,
    pub is_told: bool,
}

/// Whether the outcome of a race differs in nothing but what is written whatever was decided, or does not do again what it is told for.
fn shows_another_matter(act: &Judged<'_>, judgement: &Judgement) -> bool {
    let witness = || judgement.witness.as_ref().and_then(|(witness, _)| witness.open());
    let shown = match &judgement.verdict {
        Verdict::Race(evidence) | Verdict::ActsTwice(evidence) => Some(evidence),
        Verdict::Safe { .. } | Verdict::Unknown { .. } => None,
    };
    if let (Some(evidence), Some(repeats)) = (shown, &act.repeats) {
        return match repeats {
            Repeats::Act => !evidence.is_repeated,
            Repeats::ActFor(name) => {
                !evidence.is_repeated || witness().is_some_and(|witness| witness.leaves_more(name.as_deref()))
            }
            Repeats::Outside(name) => !evidence.repeats_outside(name),
            Repeats::Document => witness().is_none_or(|witness| !witness.leaves_more(act.write.handle.name())),
            Repeats::Element(path) => witness().is_none_or(|witness| !witness.adds_twice(path)),
        };
    }
    let is_race = matches!(judgement.verdict, Verdict::Race(_));
    if is_race && act.is_flag && act.overwritten.is_none() && is_undisturbed(act, judgement) {
        return true;
    }
    is_race && !act.beside.is_empty() && witness().is_some_and(|witness| !witness.differs_beyond(&act.beside))
}

/// Whether whoever does the act in a witness does all up to it alone, so that what decided it was so: the race is one of what others do.
fn is_undisturbed(act: &Judged<'_>, judgement: &Judgement) -> bool {
    let Some((witness, sites)) = &judgement.witness else { return false };
    let acts: Vec<usize> = (0..sites.len()).filter(|at| sites.get(*at) == Some(&act.write.site)).collect();
    !acts.is_empty() && witness.open().is_some_and(|witness| acts.iter().all(|at| !witness.is_disturbed(*at)))
}

/// Whether a spelled condition can be found in the code: it holds no alternatives and nothing without a name.
fn is_code(spelled: &str) -> bool {
    let has_placeholder =
        spelled.split('<').skip(1).any(|rest| rest.starts_with(|c: char| c.is_alphabetic())) || spelled.contains('…');
    !has_placeholder && !spelled.contains(" if ") && !spelled.contains(" | ")
}

impl Context<'_> {
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

    /// Reports a draft about a write, once it is judged, as far as the verdict counts beside what the relations say.
    pub fn report_judged(&mut self, mut draft: Draft, trace: &Trace, act: &Judged<'_>) {
        if let Relation::Yes(ground) = act.relation {
            return self.keep_silent(&draft, act, Silence::Kept(ground));
        }
        if self.is_locked(trace, &draft, act.write) {
            return self.keep_silent(&draft, act, Silence::Locked);
        }
        if self.project.arena.is_spent() {
            return;
        }
        let is_kept = |write: &Write| write.document.is_some_and(|document| self.project.is_kept_in_memory(document));
        // What is saved was loaded, or is what a process has kept since.
        if trace.writes.iter().any(|other| other.step == act.write.step && is_kept(other)) {
            draft.lowered.get_or_insert((Level::Warning, KEPT));
        }
        let is_doubted = act.relation == Relation::Unknown;
        let site = self.project.base_site(draft.site);
        let has_pair = act.repeats.is_some() || draft.is_of_limit;
        let told = draft.array.clone().or_else(|| has_pair.then(|| draft.pair.clone()));
        let decided_in = draft.through(self.project).and_then(|call| self.project.enclosing(call));
        let place = (draft.rule, site, draft.collection.clone(), told, is_doubted, decided_in);
        let order = Order { after: self.drafts.len(), group: self.group };
        self.pending.push(Pending::new(place, order, draft, &trace.writes, act));
    }

    /// Judges what is proposed of a function, at once.
    pub fn settle(&mut self, trace: &Trace) {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return;
        }
        let fuel = self.project.fuel(trace.func);
        let (mut prepared, mut told, mut settled) = (self.prepared(trace, fuel), Told::default(), Vec::new());
        for pending in pending {
            let before = self.drafts.len();
            match self.views.turn(&pending) {
                _ if told.has(&pending) => continue,
                Turn::Drop => continue,
                Turn::Tell => {
                    told.add(&pending);
                    let after = pending.order.after;
                    let mut draft = pending.into_draft();
                    self.add_calls(&mut draft);
                    settled.push((after, draft));
                }
                Turn::Judge => {
                    if let Some(outcome) = self.judge(trace, &mut prepared, &pending) {
                        self.views.add(&pending.place, outcome.is_shown, self.drafts.get(before..).unwrap_or_default());
                        told.add_if(outcome.is_told, &pending);
                    }
                    let drafts = self.drafts.drain(before..).map(|draft| (pending.order.after, draft));
                    settled.extend(drafts);
                }
            }
        }
        // Those that were proposed last are put in first, so that the places of the others stay what they are.
        for (after, draft) in settled.into_iter().rev() {
            self.drafts.insert(after, draft);
        }
    }

    /// What is proposed in `propose` is told until one of it is: of several fields that one check decides, one is enough.
    pub fn first_of(&mut self, propose: impl FnOnce(&mut Self)) {
        self.groups += 1;
        self.group = Some(self.groups);
        propose(self);
        self.group = None;
    }

    /// What the judge needs of a function: for each write whether it is sent with a version, and the commands as the judge reads them.
    /// `fuel` is what judging may take.
    pub fn prepared(&mut self, trace: &Trace, fuel: Fuel) -> Prepared {
        let versioned: Vec<Vec<C>> = trace.writes.iter().map(|write| self.versions(write)).collect();
        let script = Script::read(self.project, self.schemas, &trace.steps, &trace.writes, &versioned);
        let (judgements, remedies) = (FxHashMap::default(), FxHashMap::default());
        let mending = Mending::new(fuel.mending);
        Prepared { versioned, script, judgements, remedies, fuel: Cell::new(fuel.judging), mending }
    }

    /// Judges an act of a function and reports it; none where it cannot be judged.
    pub fn judge(&mut self, trace: &Trace, prepared: &mut Prepared, pending: &Pending) -> Option<Outcome> {
        let (at, act) = pending.act(&trace.writes)?;
        let (act, mut draft) = (&act, pending.draft.clone());
        let is_doubted = act.relation == Relation::Unknown;
        let Prepared { versioned, script, judgements, remedies, fuel, mending } = prepared;
        let function =
            Function { steps: &trace.steps, writes: &trace.writes, versioned, script, distinct: &act.distinct, fuel };
        let judged =
            Act { write: at, cond: act.cond, apart: act.apart, is_torn: act.is_torn, own: act.own, is_counted: false };
        let overwritten = act.overwritten.as_ref();
        // What mends it leaves no other race of the function either.
        let mended = Act { own: None, ..judged };
        let case = Case::new(&function, mended, overwritten, &trace.documents);
        let asked = (at, act.cond, overwritten.cloned(), act.apart, act.is_torn, act.own, act.distinct.clone());
        let known = judgements.entry(asked.clone());
        let mut judgement =
            known.or_insert_with(|| judge::judge(self.project, self.schemas, &function, judged, overwritten)).clone();
        // A race of something else that is written beside an insert says nothing of the insert.
        if act.repeats == Some(Repeats::Document)
            && matches!(judgement.verdict, Verdict::Race(_))
            && shows_another_matter(act, &judgement)
        {
            let counted = Act { is_counted: true, ..judged };
            let own = judge::judge(self.project, self.schemas, &function, counted, overwritten);
            if matches!(own.verdict, Verdict::Race(_)) {
                judgement = own;
            }
        }
        if shows_another_matter(act, &judgement) {
            self.keep_silent(&draft, act, Silence::Repeats);
            return Some(Outcome { is_shown: false, is_told: false });
        }
        // What is not known by name is settled by its callers, and so is what their transaction keeps apart.
        let is_in_callers = act.write.session.is_some_and(|session| self.is_callers(session));
        let is_settled = !is_doubted && draft.collection.is_some() && !is_in_callers;
        let is_shown = matches!(&judgement.verdict, Verdict::Race(evidence) if is_settled && !evidence.is_outside_only);
        let counted = self.counted(&mut draft, act, judgement);
        let is_told = counted.is_ok();
        match counted {
            Ok(is_lowered) => {
                let mut remedy = |ctx: &mut Self, is_proven: bool| {
                    let path = pending.draft.array.as_deref();
                    let wanted = (asked.clone(), pending.mend().clone(), path.map(str::to_owned), is_proven);
                    let known = remedies.entry(wanted);
                    let seek = || ctx.remedy(&case, &act.mend, (path, is_proven), mending);
                    let mut sought = known.or_insert_with(seek).clone();
                    let path = path.filter(|_| sought.remedy.is_none());
                    if let Some(help) = path.and_then(|array| ctx.asked(&case, array, &act.mend, mending)) {
                        sought.remedy = Some(Remedy { help, call: None, indexes: Vec::new(), only: None, fix: None });
                    }
                    sought
                };
                self.report_proven(draft, act, is_lowered, &mut remedy);
            }
            Err(why) => self.keep_silent(&draft, act, why),
        }
        Some(Outcome { is_shown, is_told })
    }

    /// What a verdict makes of a draft: whether it is lowered, or why nothing is told.
    fn counted(&mut self, draft: &mut Draft, act: &Judged<'_>, judgement: Judgement) -> Result<bool, Silence> {
        let is_doubted = act.relation == Relation::Unknown;
        let is_lowered = match judgement.verdict {
            Verdict::Race(evidence) if is_doubted && !evidence.is_whole => {
                return Err(Silence::Doubted);
            }
            Verdict::Race(evidence) => is_doubted || evidence.is_outside_only,
            // What is set twice to the same value is done once.
            Verdict::ActsTwice(evidence)
                if is_doubted
                    || act.may_repeat
                    || (draft.lowered.is_none() && self.repeats_nothing(act, evidence.is_contested)) =>
            {
                return Err(Silence::Repeats);
            }
            Verdict::ActsTwice(_) => true,
            Verdict::Safe { whole: true, .. } => return Err(Silence::Serial),
            Verdict::Safe { .. } | Verdict::Unknown { .. } if is_doubted => return Err(Silence::Doubted),
            Verdict::Unknown { why, .. } if act.needs_witness => return Err(Silence::Unproven(why)),
            Verdict::Safe { unmodelled, .. } => {
                let why = not_followed(&unmodelled);
                if act.needs_witness {
                    return Err(Silence::Unproven(why));
                }
                draft.proof = Proof::Unproven(why);
                false
            }
            Verdict::Unknown { why, at } => {
                let at = at.and_then(|atom| {
                    let cond = self.project.arena.cond_node(C::TRUE, atom);
                    let spelled = self.spell_condition(cond, &Unnumbered);
                    (is_code(&spelled) && spelled.chars().count() <= limits::SPELLED).then(|| format!(": `{spelled}`"))
                });
                draft.proof = Proof::Unproven(format!("{why}{}", at.unwrap_or_default()));
                act.claims
            }
        };
        if let Some((witness, moves)) = judgement.witness {
            draft.moves = moves;
            draft.proof = Proof::Proven(witness);
        }
        Ok(is_lowered)
    }

    /// Reports a draft that the judge leaves standing, with its level and the help.
    fn report_proven(
        &mut self,
        mut draft: Draft,
        act: &Judged<'_>,
        is_lowered: bool,
        remedy: &mut dyn FnMut(&mut Self, bool) -> Sought,
    ) {
        let is_doubted = act.relation == Relation::Unknown;
        if is_lowered && draft.lowered.is_none_or(|(level, _)| level > Level::Warning) {
            let why = match is_doubted {
                true => "it is not known whether the filter carries the whole check",
                false => "what is stored in the end is that of one order of the requests",
            };
            draft.lowered = Some((Level::Warning, why));
        }
        let is_proven = draft.proof.is_proven();
        let sought = remedy(self, is_proven);
        self.mended(&mut draft, act, sought);
        self.report(draft);
    }

    fn keep_silent(&mut self, draft: &Draft, act: &Judged<'_>, why: Silence) {
        let checks = draft.related.iter().filter(|(_, role, _)| *role == Role::Check);
        let checks = checks.map(|(site, ..)| *site).collect();
        self.silences.push(Silent { rule: draft.rule, act: act.write.site, checks, why });
    }

    /// Whether all that an act depends on is read under the lock, outside of the process, under which it is done.
    fn is_locked(&mut self, trace: &Trace, draft: &Draft, write: &Write) -> bool {
        if self.project.lock_of_callers(trace.func).is_some() {
            return true;
        }
        let Some(held) = self.project.section_of(write.site) else { return false };
        let document = write.document.and_then(|document| self.project.read_of(document)).and_then(|read| read.filter);
        let filters = write.filter.into_iter().chain(document);
        let identity: Vec<V> =
            filters.flat_map(|filter| self.project.equalities(filter)).map(|(_, value)| value).collect();
        if self.project.is_key_of_another(held, &identity) {
            return false;
        }
        let is_inside = |site: Site| self.project.section_of(site) == Some(held);
        draft.related.iter().filter(|(_, role, _)| *role == Role::Check).all(|(site, ..)| is_inside(*site))
    }

    /// Whether a value that is set tells one request from another. Of what is taken, that who was first decides what is stored has
    /// been shown, so a value that a call makes of what is brought is not one and the same.
    fn tells_apart(&mut self, act: &Judged<'_>, value: V) -> bool {
        self.names_the_request(act.write, value) || act.claims && is_brought(self, value)
    }

    /// Whether an act that is done twice leaves what it leaves once: a value that is filled in, a flag. Who moves something on to
    /// the next state takes it, and two may not; neither may two requests that put their own names there.
    fn repeats_nothing(&mut self, act: &Judged<'_>, is_contested: bool) -> bool {
        let makes_new = |field: &FieldWrite| self.has_new_part(field.value);
        let may_name = match act.claims {
            true if is_contested => false,
            true => !act.write.fields.iter().any(makes_new),
            false => act.needs_witness,
        };
        let is_set =
            |operator: &str| matches!(operator, "$set" | "$unset" | "$setOnInsert" | "$currentDate" | "$addToSet");
        act.write.kind != WriteKind::Insert
            && act.write.fields.iter().all(|field| {
                let is_state = self.project.arena.as_str(field.value).is_some();
                is_set(&field.operator)
                    && (act.is_flag || !is_state)
                    && (may_name || !self.tells_apart(act, field.value))
            })
    }
}

/// What is not followed, those that say where in the code first: all of them are for nobody who reads a report.
fn not_followed(parts: &[String]) -> String {
    let mut parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    parts.sort_by_key(|part| !part.contains("(…)"));
    let (named, rest) = parts.split_at(parts.len().min(NAMED));
    let rest = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("what it depends on is not followed: {}{rest}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::not_followed;

    #[test]
    fn of_what_is_not_followed_two_are_named_calls_first() {
        let all = ["`replace`", "a list", "the result of `isId(…)`"].map(str::to_owned);
        assert_eq!(not_followed(&all[..1]), "what it depends on is not followed: `replace`");
        let told = "what it depends on is not followed: the result of `isId(…)`, `replace` and 1 more";
        assert_eq!(not_followed(&all), told);
    }
}
