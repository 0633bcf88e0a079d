//! What mends an act, as a finding tells it: the help, the fix, and why there is none.
//!
//! Input: an act that the judge leaves standing. Output: the draft with its help and its fix. Must not know: how a remedy is found,
//! how an act is judged, formats.

use super::context::{Context, Draft};
use super::pending::{Judged, Mend};
use crate::diagnostic::{Fix, Level};
use crate::limits::{self, Cut};
use crate::project::Project;
use crate::project::handle::Handle;
use crate::project::writes::{Write, WriteKind};
use crate::race::path;
use crate::remedy::{self, Case, Remedy, token};
use crate::value::Budget;
use rustc_hash::FxHashSet;

/// An update in place of a save leaves out what the schema has done on a save. Source: Mongoose guide, "Middleware", "optimisticConcurrency".
const SAVE_HOOKS: &str = "; no save hook or plugin of this schema runs then: where they matter, keep `save()`, set `optimisticConcurrency: true`, and load and try again on a VersionError";

/// As [`SAVE_HOOKS`], for a schema without versions. Source: Mongoose, `Schema`: "Must set `versionKey` if using `optimisticConcurrency`".
const UNVERSIONED_SAVE_HOOKS: &str = "; no save hook or plugin of this schema runs then: where they matter, keep `save()`, put `optimisticConcurrency: true` into the schema in place of `versionKey: false`, with which Mongoose refuses it, and load and try again on a VersionError";

/// Source: Mongoose guide, "optimisticConcurrency".
const VERSIONED: &str =
    "; or keep `save()` under `optimisticConcurrency: true` in the schema, and load and try again on a VersionError";

/// Source: Mongoose, `Document.prototype.$where`.
const ASKED: &str = "; or keep `save()` and have it ask for what was checked, in `$where` of the document: a save that finds nothing throws";

/// Source: MongoDB manual, "Atomicity and Transactions".
const FENCED: &str = "; or ask in the filter for what was loaded, and load and try again where nothing matches";

/// Source: Mongoose, "Update Validators".
const VALIDATED: &str = "; an update does not ask what the schema asks of a saved value: a bound goes into the filter too, and `runValidators: true` asks of what is set";

const UNCOUNTED: &str =
    "other code changes the field by an update, which counts no version, so that a save would still write over it";

const SHARED: &str = "a version would refuse saves of other fields too, whose code does not load and try again";

const GUESSES: &str = "what is counted is a guess, which was compared before";

const NOTED: &str = "both leave the same, and what is done twice is a note of it, which no code changes";

/// What was found for an act.
#[derive(Clone, Default)]
pub struct Sought {
    pub remedy: Option<Remedy>,
    /// What refuses an act where something was changed meanwhile, and what the help says of it.
    pub option: Option<(Fix, &'static str)>,
    /// Why there is no fix.
    pub unfixed: Option<&'static str>,
    /// The help is all there is to say: a save that is refused by its version is no other way.
    is_whole: bool,
}

/// What looking for the remedies of one function may still take. The judgements of the function do not pay for it, so that no help
/// is at the cost of a finding.
#[derive(Debug)]
pub struct Mending {
    work: u64,
    kept: u64,
    /// Work of judgements.
    pub fuel: u64,
}

impl Mending {
    pub const fn new(fuel: u64) -> Self {
        Self { work: limits::REMEDIES_WORK, kept: limits::REMEDIES_KEPT, fuel }
    }

    fn begin(&self, project: &mut Project) -> Budget {
        project.arena.begin(limits::REMEDY_WORK.min(self.work), limits::REMEDY_KEPT.min(self.kept))
    }

    /// Says whether it was enough.
    fn end(&mut self, project: &mut Project, budget: Budget) -> bool {
        let spent = project.arena.end(budget);
        self.work = self.work.saturating_sub(spent.work);
        self.kept = self.kept.saturating_sub(spent.kept);
        !spent.cuts.has(Cut::Size)
    }
}

/// Whether another update of what is loaded may mend an act.
fn is_change(mend: &Mend) -> bool {
    matches!(mend, Mend::Update | Mend::Change)
}

impl Context<'_> {
    /// The remedy of an act that was shown to race, as far as one is proven.
    pub fn remedy(
        &mut self,
        case: &Case<'_>,
        mend: &Mend,
        (path, is_proven): (Option<&str>, bool),
        mending: &mut Mending,
    ) -> Sought {
        let aside = mending.begin(self.project);
        if let Some(help) = is_change(mend)
            .then(|| remedy::of_guesses(self.project, case))
            .flatten()
            .filter(|_| case.overwritten.is_none())
        {
            mending.end(self.project, aside);
            let remedy = Remedy { help, call: None, indexes: Vec::new(), only: None, fix: None };
            return Sought { remedy: Some(remedy), option: None, unfixed: Some(GUESSES), is_whole: true };
        }
        let judging = case.function.fuel.replace(mending.fuel);
        let remedy = match mend {
            Mend::Update if !is_proven && case.overwritten.is_none() => case.refuse(remedy::UNSHOWN),
            Mend::Update | Mend::Change if !is_proven => {
                remedy::of_operators(self.project, self.schemas, case).or_else(|| case.refuse(remedy::UNSHOWN))
            }
            Mend::Update => remedy::of_update(self.project, self.schemas, case, false),
            Mend::Change => remedy::of_update(self.project, self.schemas, case, true),
            Mend::Insert(filters) => remedy::of_insert(self.project, self.schemas, case, (filters, is_proven)),
            Mend::Nothing => case.refuse("no filter and no update of the same fields mends it"),
        };
        let is_open = match mend {
            Mend::Update => remedy.as_ref().is_none_or(|remedy| remedy.fix.is_none()),
            // Whoever adds to a number is not to be refused.
            Mend::Change => {
                let said = path.is_some_and(|path| remedy::of_change(self.project, case, path).is_some());
                is_proven && remedy.is_none() && !said
            }
            Mend::Insert(_) | Mend::Nothing => false,
        };
        let option = match is_open && *mend == Mend::Update {
            true => remedy::of_where(self.project, self.schemas, case, is_proven).map(|fix| (fix, ASKED)),
            false => None,
        };
        let option = match is_open && option.is_none() {
            true => remedy::of_save(self.project, self.schemas, case, (is_proven, *mend == Mend::Change))
                .map(|fix| (fix, VERSIONED)),
            false => option,
        };
        let option = match option {
            // A filter that carries the check is more than one that asks for what was loaded, and its answer may be missing.
            None if is_open && is_proven && remedy.is_none() => {
                remedy::of_fence(self.project, self.schemas, case).map(|fix| (fix, FENCED))
            }
            known => known,
        };
        mending.fuel = case.function.fuel.replace(judging);
        let is_enough = mending.end(self.project, aside);
        match is_enough && (remedy.is_some() || option.is_some() || mending.fuel > 0) {
            true => Sought { remedy, option, unfixed: case.unfixed(), is_whole: false },
            false => Sought { unfixed: Some("there is too much to try"), ..Sought::default() },
        }
    }

    /// How the check of a field and its change become one command, or the change one of what is stored, where no remedy is proven.
    pub fn asked(&mut self, case: &Case<'_>, path: &str, mend: &Mend, mending: &mut Mending) -> Option<String> {
        // No filter takes back what is done before.
        if case.function.script.has_effect_before(case.act.write) {
            return None;
        }
        let aside = mending.begin(self.project);
        let help = match mend {
            Mend::Update => remedy::of_field(self.project, case, path),
            Mend::Change => remedy::of_change(self.project, case, path),
            Mend::Insert(_) | Mend::Nothing => None,
        };
        let is_enough = mending.end(self.project, aside);
        help.filter(|_| is_enough)
    }

    /// Tells what was found.
    pub fn mended(&mut self, draft: &mut Draft, act: &Judged<'_>, sought: Sought) {
        let Sought { remedy, option, unfixed, is_whole: is_all } = sought;
        // A rewrite adds the guard of the array, so that has to be all that the remedy asks.
        let array = draft.array.as_deref().unwrap_or_default();
        let only = remedy.as_ref().and_then(|remedy| remedy.only.as_deref());
        let is_whole = only.is_some_and(|path| path::is_within(path, array));
        if !is_whole || !self.is_told(act.write) {
            draft.fix = None;
        }
        let is_said = remedy.is_some();
        if let Some(remedy) = remedy {
            draft.help = remedy.help;
            draft.call = remedy.call;
            if let [index] = remedy.indexes.as_slice() {
                draft.once = Some(self.once(index));
            }
            draft.fix = draft.fix.take().or(remedy.fix);
        }
        let option = option.filter(|_| draft.fix.is_none());
        let kept = option.as_ref().map(|(_, said)| *said).filter(|said| *said == ASKED);
        let said = option.as_ref().map(|(_, said)| *said).filter(|_| !is_said);
        draft.is_versioned = option.as_ref().is_some_and(|(_, said)| *said == VERSIONED);
        draft.fix = draft.fix.take().or(option.map(|(fix, _)| fix));
        draft.unfixed = unfixed.filter(|_| draft.fix.is_none());
        if is_all {
            return;
        }
        if let Some(kept) = kept {
            draft.help.push_str(kept);
        } else if is_change(&act.mend) && self.runs_on_save(act.write) {
            draft.help.push_str(match self.schemas.is_unversioned(&act.write.handle) {
                true => UNVERSIONED_SAVE_HOOKS,
                false => SAVE_HOOKS,
            });
        } else if let Some(said) = said {
            draft.help.push_str(said);
        } else if is_change(&act.mend)
            && act.write.kind == WriteKind::Save
            && draft.fix.is_none()
            && remedy::is_validated(self.project, self.schemas, act.write)
        {
            draft.help.push_str(VALIDATED);
        }
    }

    /// Takes back that the version of a document mends what it does not: another change of the field that counts none; and the edit that
    /// would have saves of other fields refused, of which their code knows nothing.
    pub(super) fn without_vain_versions(&self, draft: &mut Draft) {
        if !draft.is_versioned {
            return;
        }
        let (Some(name), Some(field)) = (&draft.collection, &draft.array) else { return };
        let place = self.project.base_site(draft.site);
        let own = [draft.owner, draft.seen_in];
        let others = self.stale.changed.of(&Handle::Named(name.clone())).iter().filter(|other| {
            other.place != place && !own.iter().any(|func| self.project.is_in_text(*func, other.place))
        });
        let (mut is_vain, mut is_shared) = (false, false);
        for other in others {
            let is_same = path::is_within(&other.path, field) || path::is_within(field, &other.path);
            is_vain |= is_same && !other.is_saved && !other.is_counted;
            is_shared |= !is_same && other.is_saved;
        }
        if is_vain {
            draft.help = draft.help.replace(VERSIONED, "");
        }
        if is_vain || is_shared {
            draft.fix = None;
            draft.unfixed = Some(if is_vain { UNCOUNTED } else { SHARED });
        }
    }

    /// Lowers what both requests leave alike but for what is noted down of it, which no code changes; what is searched for in `searched`
    /// collections, by name, decides more than that.
    pub(super) fn lower_noted(&self, draft: &mut Draft, searched: &FxHashSet<String>) {
        let is_decided = |name: &String| searched.contains(name);
        let is_changed = |name: &String| !self.stale.changed.of(&Handle::Named(name.clone())).is_empty();
        if !draft.noted.is_empty() && !draft.noted.iter().any(|name| is_changed(name) || is_decided(name)) {
            let is_higher = draft.lowered.is_none_or(|(level, _)| level > Level::Warning);
            draft.lowered = if is_higher { Some((Level::Warning, NOTED)) } else { draft.lowered };
        }
    }

    /// Whether an act is a save that does more than an update does in its place.
    fn runs_on_save(&self, write: &Write) -> bool {
        let schemas = self.schemas.models.of(&write.handle);
        write.kind == WriteKind::Save && schemas.iter().any(|schema| self.project.has_save_hooks(*schema))
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
}
