//! What a rule sees of one function, and how it reports.
//!
//! Input: the linked project and one function's summary with its writes. Output: drafts, later findings.
//! Must not know: syntax, formats.

use super::copies::StaleCopies;
pub use super::draft::Draft;
use super::guarded::{self, GuardedAppend};
use super::key_row::KeyRow;
use super::pending::{Pending, Views};
use super::results::{DecisiveCalls, decisive_calls};
use super::silence::{Silence, Silent};
use crate::config::Config;
use crate::diagnostic::{Level, Role};
use crate::limits::{self, Cut};
use crate::project::checks::Check;
use crate::project::locks::Lock;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::project::{Op, Project, Step, Steps};
use crate::value::{C, FnRef, Node, Site, SiteInfo, V};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::{Arc, OnceLock};

/// One function, with what its writes depend on.
pub struct Trace {
    pub func: FnRef,
    pub steps: Steps,
    pub writes: Vec<Write>,
    /// What looks like a write and is none: a plain object has no `save`.
    pub unsendable: Vec<Write>,
    /// For each write, the checks in its path condition.
    pub checks: Vec<Vec<Check>>,
    /// The appends whose filter guards the array.
    pub guarded: Vec<GuardedAppend>,
    /// Documents that come from outside and are saved here, or updated by their identity.
    pub documents: Vec<V>,
    pub locks: Vec<Lock>,
}

pub struct Context<'a> {
    pub project: &'a mut Project,
    pub schemas: &'a Schemas,
    pub config: &'a Config,
    pub drafts: Vec<Draft>,
    /// The acts that a rule asked about and does not tell.
    pub silences: Vec<Silent>,
    /// How each write path tells elements of a kind apart.
    pub key_rows: Vec<KeyRow>,
    /// The documents that are written back whole, and the fields that are changed by themselves.
    pub(super) stale: StaleCopies,
    /// Rules that some caller's view of a place refutes.
    vetoes: FxHashSet<(&'static str, SiteInfo)>,
    /// Writes whose collection some caller names.
    named: FxHashSet<SiteInfo>,
    /// What is still to be judged.
    pub pending: Vec<Pending>,
    /// How often each place was judged.
    pub views: Views,
    /// The group of what is proposed now, and how many there were.
    pub(super) group: Option<u32>,
    pub(super) groups: u32,
    /// The groups of what is done for a document that one step of a function deletes.
    pub(super) deleting: FxHashMap<(FnRef, Site), u32>,
    /// Saves whose document some caller loads.
    loaded: FxHashSet<SiteInfo>,
    /// The calls whose result decides something; collected when first asked for, and once for all copies of the project.
    pub decisive: Arc<OnceLock<DecisiveCalls>>,
}

/// What was said in a copy of the project.
pub struct Said {
    pub drafts: Vec<Draft>,
    pub pending: Vec<Pending>,
    pub silences: Vec<Silent>,
    pub key_rows: Vec<KeyRow>,
    stale: StaleCopies,
    vetoes: FxHashSet<(&'static str, SiteInfo)>,
    named: FxHashSet<SiteInfo>,
    loaded: FxHashSet<SiteInfo>,
}

impl<'a> Context<'a> {
    pub fn new(project: &'a mut Project, schemas: &'a Schemas, config: &'a Config) -> Self {
        Self {
            project,
            schemas,
            config,
            drafts: Vec::new(),
            silences: Vec::new(),
            key_rows: Vec::new(),
            stale: StaleCopies::default(),
            vetoes: FxHashSet::default(),
            named: FxHashSet::default(),
            pending: Vec::new(),
            views: Views::default(),
            group: None,
            groups: 0,
            deleting: FxHashMap::default(),
            loaded: FxHashSet::default(),
            decisive: Arc::default(),
        }
    }

    /// What was said here, to be taken over elsewhere.
    pub fn into_said(self) -> Said {
        let Self { drafts, pending, silences, key_rows, stale, vetoes, named, loaded, .. } = self;
        Said { drafts, pending, silences, key_rows, stale, vetoes, named, loaded }
    }

    /// Takes over what was said in a copy about the places of its own text, and gives back the drafts and what is to be judged.
    pub fn take_over(&mut self, copy: &Project, said: Said) -> (Vec<Draft>, Vec<Pending>) {
        self.vetoes.extend(said.vetoes);
        self.named.extend(said.named);
        self.loaded.extend(said.loaded);
        for row in said.key_rows {
            let draft = self.adopted(copy, row.draft);
            self.key_rows.push(KeyRow { draft, ..row });
        }
        self.stale.take_over(said.stale, |site| self.project.adopted_site(copy, site));
        self.add_silences(copy, said.silences);
        let drafts = said.drafts.into_iter().map(|draft| self.adopted(copy, draft)).collect();
        (drafts, said.pending)
    }

    pub fn add_silences(&mut self, copy: &Project, silences: Vec<Silent>) {
        for silent in silences {
            let act = self.project.adopted_site(copy, silent.act);
            let checks = silent.checks.iter().map(|site| self.project.adopted_site(copy, *site)).collect();
            self.silences.push(Silent { act, checks, ..silent });
        }
    }

    /// A draft of a copy, in the terms of the project.
    pub fn adopted(&mut self, copy: &Project, mut draft: Draft) -> Draft {
        let sites = draft.related.iter_mut().map(|(site, ..)| site).chain(&mut draft.moves).chain([&mut draft.site]);
        sites.for_each(|site| *site = self.project.adopted_site(copy, *site));
        draft
    }

    /// Reads a function's summary once for all rules; `None` when it writes nothing and calls nothing that a rule
    /// asks for.
    pub fn trace(&mut self, func: FnRef) -> Option<Trace> {
        let (steps, mut writes) = self.reached(func);
        self.project.add_hooked(self.schemas, &mut writes);
        let unsendable = self.project.take_unsendable(&mut writes);
        self.drop_unsent(&steps, &mut writes);
        self.drop_uncast(&mut writes);
        for at in self.project.without_unstored(self.schemas, &steps, &mut writes) {
            let act = writes.get(at).map(|write| write.site);
            let silent = |act| Silent { rule: "lost-update", act, checks: Vec::new(), why: Silence::Unstored };
            self.silences.extend(act.map(silent));
        }
        let marked = steps.iter().any(|step| matches!(step.op, Op::Marked { .. }));
        if writes.is_empty() && unsendable.is_empty() && !marked {
            return None;
        }
        self.note_unsendable(&unsendable);
        let mut documents: Vec<V> = Vec::new();
        for write in &writes {
            if write.handle.name().is_some() {
                for site in write.fields.iter().map(|field| field.site).chain([write.site]) {
                    self.named.insert(self.project.base_site(site));
                }
            }
            let is_called = steps.get(write.step).is_some_and(|step| step.calls > 0);
            let is_known = write.document.is_none_or(|document| !self.is_callers(document));
            let has_session = is_known && write.session.is_some_and(|session| !self.is_callers(session));
            let is_loaded = match (write.document, write.filter) {
                _ if !is_called => false,
                _ if has_session => true,
                (Some(document), _) => !self.is_callers(document),
                (None, Some(filter)) => self.names_document(filter),
                (None, None) => false,
            };
            if is_loaded {
                for site in write.fields.iter().map(|field| field.site).chain([write.site]) {
                    self.loaded.insert(self.project.base_site(site));
                }
            }
            if let Some(document) = self.project.outside_document(write)
                && !documents.contains(&document)
            {
                documents.push(document);
            }
        }
        let mut checks = Vec::new();
        for write in &writes {
            let mut cond = write.cond;
            // The parts of a saved document have conditions of their own.
            for field in &write.fields {
                cond = match self.project.arena.and(cond, field.cond) {
                    C::FALSE => cond,
                    both if write.fields.len() == 1 => both,
                    _ => cond,
                };
            }
            checks.push(self.project.checks(cond, &documents));
        }
        let locks = self.project.locks(self.schemas, &steps, &writes);
        let guarded = guarded::collect(self.project, &writes);
        Some(Trace { func, steps, writes, unsendable, checks, guarded, documents, locks })
    }

    /// Says why nothing is told of what is never sent; a function that is given such an object is judged with its callers.
    fn note_unsendable(&mut self, unsendable: &[Write]) {
        for write in unsendable {
            for site in write.fields.iter().map(|field| field.site).chain([write.site]) {
                let place = self.project.base_site(site);
                self.named.insert(place);
                self.loaded.insert(place);
            }
            self.silences.push(Silent {
                rule: "lost-update",
                act: write.site,
                checks: Vec::new(),
                why: Silence::Unsendable,
            });
        }
    }

    /// Whether a filter asks for a value of a document that was read: `{ id: room.id }`.
    fn names_document(&self, filter: V) -> bool {
        self.project.equalities(filter).iter().any(|(_, value)| {
            match self.project.arena.node(self.project.bare(*value)) {
                Node::Member(document, _) => self.project.is_document(*document),
                _ => false,
            }
        })
    }

    /// Reports a finding, unless the budget of the function was spent before it was decided.
    pub fn report(&mut self, mut draft: Draft) {
        if self.project.arena.is_spent() {
            return;
        }
        self.add_calls(&mut draft);
        self.drafts.push(draft);
    }

    /// Adds the calls that lead to a draft.
    pub fn add_calls(&self, draft: &mut Draft) {
        for call in self.calls_to(draft.site) {
            draft.related.push((call, Role::Call, "reached by this call".to_owned()));
        }
    }

    /// Whether anything in the project depends on the result of the call at a site. Whichever function asks first does not
    /// pay for the answer.
    pub fn is_decisive(&self, site: Site) -> bool {
        let info = self.project.base_site(site);
        let calls = self.decisive.get_or_init(|| decisive_calls(self.project));
        calls.contains(&(info.file, info.start, info.end))
    }

    /// Keeps a rule silent at a place, whatever other views of it say.
    pub fn veto(&mut self, rule: &'static str, site: Site) {
        let place = self.project.base_site(site);
        self.vetoes.insert((rule, place));
    }

    /// Proposes what is rarer than the rest, so that looking for it costs no other finding of the function.
    pub fn aside(&mut self, propose: impl FnOnce(&mut Self)) {
        if self.project.arena.is_spent() {
            return;
        }
        let aside = self.project.arena.begin(limits::PROPOSAL_WORK, limits::PROPOSAL_KEPT);
        propose(self);
        let spent = self.project.arena.end(aside);
        if spent.cuts.has(Cut::Size) {
            self.project.arena.note_cut(Cut::Size);
        }
    }

    /// Forgets what is changed in some files, by their numbers.
    pub fn forget_changes(&mut self, is_of: &dyn Fn(u32) -> bool) {
        self.stale.forget(is_of);
    }

    /// The drafts that no view refutes. A function that takes its collection or its document from its callers is judged
    /// with theirs alone: they know its indexes and its schema.
    pub fn finish(mut self) -> Vec<Draft> {
        let (vetoes, named) = (std::mem::take(&mut self.vetoes), std::mem::take(&mut self.named));
        let loaded = std::mem::take(&mut self.loaded);
        let mut drafts = std::mem::take(&mut self.drafts);
        let decides = |draft: &&Draft| draft.rule == "check-then-insert";
        let searched: FxHashSet<String> =
            drafts.iter().filter(decides).filter_map(|draft| draft.collection.clone()).collect();
        for draft in &mut drafts {
            self.without_vain_versions(draft);
            self.lower_noted(draft, &searched);
        }
        self.drafts = drafts;
        let project = &*self.project;
        self.drafts.retain(|draft| {
            let place = project.base_site(draft.site);
            let is_settled = (draft.collection.is_none() && named.contains(&place))
                || (draft.is_of_callers && loaded.contains(&place));
            !is_settled && !vetoes.contains(&(draft.rule, place))
        });
        self.drafts
    }

    /// A draft at a write, with what every rule says alike.
    pub fn draft(&self, rule: &'static str, trace: &Trace, write: &Write, site: Site) -> Draft {
        let collection = write.handle.name().map(str::to_owned);
        let is_given = |document: &V| {
            self.is_callers(*document)
                && write.filter.is_some_and(|filter| self.project.contains(filter, &mut |_, part| part == *document))
        };
        let is_of_callers = match write.document {
            Some(document) => self.is_callers(document),
            None => trace.documents.iter().any(is_given),
        };
        // The transaction is that of a caller, who knows of which documents it is.
        let is_in_callers = write.session.is_some_and(|session| self.is_callers(session));
        let unknown = (Level::Warning, "no known call says of which collection the saved document is");
        let given = (Level::Warning, "the document is given by a caller, and no known call says when it was read");
        let lowered = match self.is_of_unknown_origin(write) {
            true => Some(unknown),
            false => (is_of_callers && write.document.is_none()).then_some(given),
        };
        let brings_new = write.fields.iter().any(|field| self.project.is_made_anew(field.value));
        let is_of_callers = is_of_callers || is_in_callers;
        let related = self.saved_later(trace, write, site).map(|save| (save, Role::Act, "saved here".to_owned()));
        let related = related.into_iter().collect();
        Draft {
            collection,
            lowered,
            is_of_callers,
            brings_new,
            related,
            is_upsert: write.upsert,
            ..self.draft_at(rule, trace, write.step, site)
        }
    }

    /// The `save()` that sends what was changed at another place of the code.
    fn saved_later(&self, trace: &Trace, write: &Write, site: Site) -> Option<Site> {
        let step = trace.steps.get(write.step).filter(|_| write.kind == WriteKind::Save)?;
        let [changed, saved] = [site, step.site].map(|site| self.project.base_site(site));
        let is_apart = changed.file != saved.file || !(saved.start..saved.end).contains(&changed.start);
        is_apart.then_some(step.site)
    }

    /// A saved document that is a parameter, and no known call says of which collection: neither its schema nor what is
    /// done against a race outside is known, so no finding about it is certain.
    fn is_of_unknown_origin(&self, write: &Write) -> bool {
        let is_parameter =
            write.document.is_some_and(|document| matches!(self.project.arena.node(document), Node::Param(..)));
        is_parameter && write.kind == WriteKind::Save && write.handle.name().is_none()
    }

    pub(super) fn is_callers(&self, document: V) -> bool {
        matches!(self.project.arena.node(document), Node::Param(..) | Node::This(_))
    }

    /// A draft at a step that need not be a write.
    pub fn draft_at(&self, rule: &'static str, trace: &Trace, step: usize, site: Site) -> Draft {
        let step = trace.steps.get(step);
        Draft {
            seen_in: trace.func,
            label: "acted on here".to_owned(),
            calls: step.map_or(0, |step| step.calls),
            ..Draft::at(rule, site, step.map_or(trace.func, |step| step.owner))
        }
    }

    /// The calls through which a step of a callee is reached, nearest first.
    pub fn calls_to(&self, site: Site) -> Vec<Site> {
        let mut calls = Vec::new();
        let mut at = self.project.arena.site_info(site).via;
        while let Some(call) = at {
            calls.push(call);
            at = self.project.arena.site_info(call).via;
        }
        calls
    }
}

/// The call of a step, if it is one with a receiver.
pub fn method_of(step: &Step) -> Option<(V, crate::value::Sym, &[V])> {
    match &step.op {
        Op::Call { recv: Some(recv), name: Some(name), args, .. } => Some((*recv, *name, args)),
        _ => None,
    }
}
