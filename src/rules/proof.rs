//! The judge's answer for an act, attached to what a rule reports.
//!
//! Input: a draft and its act. Output: the draft with its proof. Must not know: how an act is judged, formats.

use super::context::{Context, Draft, Trace};
use super::silence::{Silence, Silent};
use super::spell::Numbers;
use crate::diagnostic::{Harm, Level, Proof, Role, Witness};
use crate::judge::{self, Act, Function, Judgement, Overwritten, Script, Verdict};
use crate::limits;
use crate::project::checks::Check;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::decision::Loaded;
use crate::race::relation::{self, Relation, Taken};
use crate::remedy::{self, Case, Remedy, token};
use crate::value::{C, Node, Site, SiteInfo, V, children};

/// An act to be judged.
pub struct Judged<'a> {
    pub write: &'a Write,
    /// The condition of the part of the write that is judged.
    pub cond: C,
    /// What the act writes over.
    pub overwritten: Option<Overwritten<'a>>,
    /// The input by which the act selects its document, where what decides it is about others.
    pub apart: Option<V>,
    pub relation: Relation,
    /// Fields that the write changes whether or not the part that is judged is done.
    pub beside: Vec<&'a str>,
    /// Only a witness makes it worth a report.
    pub needs_witness: bool,
    /// A second time leaves what is set there as it is.
    pub is_flag: bool,
    /// The act takes what the check refuses to others, so that two that are let through are one too many.
    pub claims: bool,
    /// Whether doing it twice is no harm, as long as what is stored in the end is right.
    pub may_repeat: bool,
    pub mend: Mend<'a>,
}

impl<'a> Judged<'a> {
    /// An act on the document that decides it, mended by another filter or update.
    pub fn of(write: &'a Write, cond: C, relation: Relation) -> Self {
        let (overwritten, apart, beside, mend) = (None, None, Vec::new(), Mend::Update);
        let (needs_witness, is_flag, claims, may_repeat) = (false, false, false, false);
        Self { write, cond, overwritten, apart, relation, beside, needs_witness, is_flag, claims, may_repeat, mend }
    }
}

/// What may mend an act.
pub enum Mend<'a> {
    /// Another filter or update.
    Update,
    /// An index on what these filters look for.
    Insert(&'a [V]),
    /// No filter and no update of the same fields.
    Nothing,
}

/// Whether the outcome of a race differs in nothing but what is written whatever was decided.
fn shows_another_matter(act: &Judged<'_>, judgement: &Judgement) -> bool {
    let witness = judgement.witness.as_ref().map(|(witness, _)| witness);
    let is_race = |witness: &&Witness| witness.kind == Harm::Race && !act.beside.is_empty();
    witness.filter(is_race).is_some_and(|witness| !witness.differs_beyond(&act.beside))
}

/// A reason lists no calls.
struct Unnumbered;

impl Numbers for Unnumbered {
    fn number(&self, _: Site) -> Option<usize> {
        None
    }

    fn line(&self, _: SiteInfo) -> String {
        "the line before".to_owned()
    }
}

/// Whether a spelled condition can be found in the code: it holds no alternatives and nothing without a name.
fn is_code(spelled: &str) -> bool {
    let has_placeholder =
        spelled.split('<').skip(1).any(|rest| rest.starts_with(|c: char| c.is_alphabetic())) || spelled.contains('…');
    !has_placeholder && !spelled.contains(" if ") && !spelled.contains(" | ")
}

impl Context<'_> {
    fn versioned(&self, trace: &Trace) -> Vec<bool> {
        let is_versioned = |write: &Write| write.fields.iter().any(|field| self.is_versioned(write, field));
        trace.writes.iter().map(is_versioned).collect()
    }

    /// The remedy of an act that was shown to race, as far as one is proven.
    fn remedy(&mut self, case: &Case<'_>, mend: &Mend<'_>) -> Option<Remedy> {
        match mend {
            Mend::Update => remedy::of_update(self.project, self.schemas, case),
            Mend::Insert(filters) => remedy::of_insert(self.project, self.schemas, case, filters),
            Mend::Nothing => None,
        }
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

    /// Reports a draft about a write as far as the judge's verdict counts beside what the relations say, and says whether it did.
    pub fn report_judged(&mut self, mut draft: Draft, trace: &Trace, act: &Judged<'_>) -> bool {
        if let Relation::Yes(ground) = act.relation {
            return self.keep_silent(&draft, act, Silence::Kept(ground));
        }
        if self.is_locked(trace, &draft, act.write) {
            return self.keep_silent(&draft, act, Silence::Locked);
        }
        let is_doubted = act.relation == Relation::Unknown;
        let site = self.project.base_site(draft.site);
        let place = (draft.rule, site, draft.collection.clone(), draft.array.clone(), is_doubted);
        let (views, is_proven) = self.judged.get(&place).copied().unwrap_or_default();
        // A place is shown by one witness; further callers add their ends.
        if is_proven || views >= limits::JUDGED_VIEWS {
            let is_told = !is_doubted && is_proven;
            if is_told {
                self.report(draft);
            }
            return is_told;
        }
        let Some(at) = trace.writes.iter().position(|known| std::ptr::eq(known, act.write)) else { return false };
        let (versioned, script) = trace.judged.get_or_init(|| {
            let versioned = self.versioned(trace);
            let script = Script::read(self.project, self.schemas, &trace.steps, &trace.writes, &versioned);
            (versioned, script)
        });
        let function = Function { steps: &trace.steps, writes: &trace.writes, versioned, script };
        let judged = Act { write: at, cond: act.cond, apart: act.apart };
        let overwritten = act.overwritten;
        let case = Case { function: &function, act: judged, overwritten, documents: &trace.documents };
        let judgement = judge::judge(self.project, self.schemas, &function, judged, overwritten);
        if shows_another_matter(act, &judgement) {
            self.judged.insert(place, (views + 1, false));
            return self.keep_silent(&draft, act, Silence::Repeats);
        }
        // What is not known by name is settled by its callers.
        let is_settled = !is_doubted && draft.collection.is_some();
        let is_shown = matches!(&judgement.verdict, Verdict::Race(evidence) if is_settled && !evidence.is_outside_only);
        self.judged.insert(place, (views + 1, is_shown));
        let lowered = match judgement.verdict {
            Verdict::Race(evidence) if is_doubted && !evidence.is_whole => {
                return self.keep_silent(&draft, act, Silence::Doubted);
            }
            Verdict::Race(evidence) => is_doubted || evidence.is_outside_only,
            // What is set twice to the same value is done once.
            Verdict::ActsTwice(evidence)
                if is_doubted
                    || act.may_repeat
                    || (draft.lowered.is_none() && self.repeats_nothing(act, evidence.is_contested)) =>
            {
                return self.keep_silent(&draft, act, Silence::Repeats);
            }
            Verdict::ActsTwice(_) => true,
            Verdict::Safe { whole: true, .. } => return self.keep_silent(&draft, act, Silence::Serial),
            Verdict::Safe { .. } | Verdict::Unknown { .. } if is_doubted || act.needs_witness => {
                return self.keep_silent(&draft, act, Silence::Doubted);
            }
            Verdict::Safe { unmodelled, .. } => {
                draft.proof = Proof::Unproven(format!("{} is not modelled", unmodelled.join(", ")));
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
            draft.proof = Proof::Proven(Box::new(witness));
        }
        if lowered && draft.lowered.is_none_or(|(level, _)| level > Level::Warning) {
            let why = match is_doubted {
                true => "it is not known whether the filter carries the whole check",
                false => "what is stored in the end is that of one order of the requests",
            };
            draft.lowered = Some((Level::Warning, why));
        }
        let is_proven = matches!(draft.proof, Proof::Proven(_));
        let remedy = if is_proven { self.remedy(&case, &act.mend) } else { None };
        // A rewrite adds the guard of the array, so that has to be all that the remedy asks.
        let array = draft.array.as_deref().unwrap_or_default();
        let is_guard =
            |path: &str| path.strip_prefix(array).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let is_whole = remedy.as_ref().and_then(|remedy| remedy.only.as_deref()).is_some_and(is_guard);
        if !is_whole || !self.is_told(act.write) {
            draft.fix = None;
        }
        if let Some(remedy) = remedy {
            draft.help = remedy.help;
            draft.fix = draft.fix.or(remedy.fix);
        }
        self.report(draft);
        true
    }

    /// Whether whoever called for an act is told that the database refused it, as the check would have told; what follows an act is
    /// done for a refused one too.
    fn is_told(&mut self, write: &Write) -> bool {
        let Some(statement) = self.project.statement_at(write.site).cloned() else { return false };
        let file = self.project.base_site(write.site).file;
        let throws = |code: &str| token::words(code).any(|word| word == "throw");
        statement.is_counted
            || statement.is_returned
                && !self.project.exits_before(file, &statement).iter().any(|(_, exit)| throws(&exit.text))
    }

    /// Notes why nothing is told: `false`, that it is not.
    fn keep_silent(&mut self, draft: &Draft, act: &Judged<'_>, why: Silence) -> bool {
        let checks = draft.related.iter().filter(|(_, role, _)| *role == Role::Check);
        let checks = checks.map(|(site, ..)| *site).collect();
        self.silences.push(Silent { rule: draft.rule, act: act.write.site, checks, why });
        false
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

    /// Whether an act that is done twice leaves what it leaves once: a value that is filled in, a flag. Who moves something on to
    /// the next state takes it, and two may not; neither may two requests that put their own names there.
    fn repeats_nothing(&self, act: &Judged<'_>, is_contested: bool) -> bool {
        let makes_new = |field: &FieldWrite| self.has_part(field.value, &Node::is_made_anew);
        let may_name = match act.claims {
            true => !is_contested && !act.write.fields.iter().any(makes_new),
            false => act.needs_witness,
        };
        let is_set =
            |operator: &str| matches!(operator, "$set" | "$unset" | "$setOnInsert" | "$currentDate" | "$addToSet");
        let is_state = |value: V| self.project.arena.as_str(value).is_some();
        act.write.kind != WriteKind::Insert
            && act.write.fields.iter().all(|field| {
                is_set(&field.operator)
                    && (act.is_flag || !is_state(field.value))
                    && (may_name || !self.names_the_request(field.value))
            })
    }

    /// Whether a write puts something there that tells this request from others.
    pub(super) fn names_the_request_in(&self, write: &Write) -> bool {
        write.fields.iter().any(|field| self.names_the_request(field.value))
    }

    /// Whether a value tells this request from others: what it brings, or an identifier made here. What a call gives for it does not.
    fn names_the_request(&self, value: V) -> bool {
        self.has_part(value, &|node| matches!(node, Node::Param(..)) || node.is_made_anew())
    }

    /// Whether a part of a value is such a node, calls aside.
    fn has_part(&self, value: V, is_wanted: &dyn Fn(&Node) -> bool) -> bool {
        let (mut open, mut seen) = (vec![value], rustc_hash::FxHashSet::default());
        while let Some(value) = open.pop() {
            if !seen.insert(value) || seen.len() > limits::SEARCHED {
                continue;
            }
            match self.project.arena.node(value) {
                node if is_wanted(node) => return true,
                Node::Call { .. } => {}
                node => open.extend(children(node)),
            }
        }
        false
    }
}
