//! Findings: what a rule reports, before any format.
//!
//! Input: places and texts from the rules. Output: owned, ordered findings.
//! Must not know: syntax, terminals, files.

pub mod packed;
mod proof;
pub mod witness;

pub use packed::Packed;
pub use proof::Proof;
pub use witness::{Command, End, Harm, Index, Inputs, Move, Stored, Witness};

use crate::coverage::Coverage;
use crate::source::{FileId, Place};
use crate::timings::Timings;
use rustc_hash::FxHashMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How much a finding weighs. Errors fail the gate; warnings do not unless asked; infos never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Info,
    Warning,
    Error,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// What another place has to do with a finding. Check, gap, call and act, in this order, are the steps of a race.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Where the state was read on which the act depends.
    Check,
    /// What opens the gap between check and act, such as an awaited call.
    Gap,
    /// A call that leads from where the check was seen to the act.
    Call,
    /// Another write of the same race.
    Act,
    /// Anything else worth a look: an index, a caller, a lock.
    Context,
}

/// Another end of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    pub place: Place,
    pub role: Role,
    /// A short phrase for a label: "checked here".
    pub message: String,
}

/// A replacement text for one range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub place: Place,
    pub text: String,
}

/// How far a rewrite may be made without being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// It ends the race, and whoever calls the code sees what it saw before: `--fix`.
    Safe,
    /// It ends the race; what the code answers, or what the database holds already, has to be looked at: `--fix-suggested`.
    Suggested,
}

impl Applicability {
    pub fn name(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Suggested => "suggested",
        }
    }
}

/// A rewrite after which the finding is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    pub title: String,
    pub edits: Vec<Edit>,
    pub applicability: Applicability,
}

/// What a unique index would keep apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Once {
    /// Paths of fields.
    pub keys: Vec<String>,
    /// Documents without the field are left out.
    pub sparse: bool,
    /// The values that a document has which counts (`partialFilterExpression`).
    pub partial: Map<String, Value>,
}

/// The name of a collection in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredName {
    pub name: String,
    /// Whether the code names a model, of which this is the collection.
    pub is_model: bool,
    /// Whether nothing that is not known can make it another.
    pub is_sure: bool,
}

/// One finding. `place` is the act: the line to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Rule identifier, the stem of its page in `rules/`.
    pub rule: &'static str,
    pub level: Level,
    /// Fact and harm in one sentence.
    pub message: String,
    pub place: Place,
    /// A short phrase for the primary label: "acted on here".
    pub label: String,
    /// Name of the enclosing function, such as `addMessage`, `Repo.save`, `POST /chat`; `<module>` at top level.
    pub function: String,
    pub collection: Option<String>,
    pub array: Option<String>,
    pub related: Vec<Related>,
    /// The exact safe call for this code.
    pub help: String,
    /// The code of the help that mends this, where it can be taken over as it stands.
    pub call: Option<String>,
    /// What may be stored once only; `None` where nothing says.
    pub once: Option<Once>,
    pub fix: Option<Fix>,
    /// Why there is no fix, as a clause; none where none was looked for.
    pub unfixed: Option<&'static str>,
    /// Why the level is below that of the rule, as a clause; `None` also where the configuration sets it.
    pub lowered: Option<&'static str>,
    /// Whether an interleaving with the harm was shown.
    pub proof: Proof,
    /// Stable identity: 32 lower-case hex digits that never depend on line numbers.
    pub fingerprint: String,
}

impl Finding {
    /// A finding with nothing but a rule, a level and a place.
    pub fn bare(rule: &'static str, level: Level, place: Place) -> Self {
        Self {
            rule,
            level,
            message: String::new(),
            place,
            label: String::new(),
            function: String::new(),
            collection: None,
            array: None,
            related: Vec::new(),
            help: String::new(),
            call: None,
            once: None,
            fix: None,
            unfixed: None,
            lowered: None,
            proof: Proof::NotJudged,
            fingerprint: String::new(),
        }
    }
}

/// The identity of a finding from the parts that make it up, none of which may depend on line numbers.
pub fn fingerprint(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\u{0}").as_bytes());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// How often each fingerprint was given. Equal findings stay apart by their order, which does not depend on what is reported.
#[derive(Default)]
pub struct Fingerprints(FxHashMap<String, u32>);

impl Fingerprints {
    /// The fingerprint of one more finding of these parts: a second one gets one of its own.
    pub fn next(&mut self, parts: &[&str]) -> String {
        let first = fingerprint(parts);
        let count = self.0.entry(first.clone()).or_default();
        *count += 1;
        if *count == 1 { first } else { fingerprint(&[&first, &(*count - 1).to_string()]) }
    }
}

/// Why a finding need not be looked at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// A directive in the code, with its reason.
    Directive { reason: String },
    /// An entry of the baseline.
    Baseline,
}

/// A finding that does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub finding: Finding,
    pub by: Acceptance,
}

/// One place where an array is written, as `pushguard paths` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WritePath {
    pub place: Place,
    pub function: String,
    pub collection: Option<String>,
    pub array: String,
    /// Whether the configuration tracks the array, so that the policy rules judge it.
    pub tracked: bool,
    /// `$push`, `$addToSet`, `$set`, `$pull`, `save` and so on.
    pub operator: String,
    /// Kinds of the written element, by the configuration's names; empty when none is recognised.
    pub kinds: Vec<String>,
    /// The guard in the filter, in words: `messages.mergeId: { $ne: mergeId }`; `None` when there is none.
    pub guard: Option<String>,
    /// The guarded key fields, such as `["batchId", "batchIndex"]`.
    pub key: Vec<String>,
    /// `guarded`, `optimistic`, `transaction`, `removal`, `in place`, `unguarded`, or the rules that fire here.
    pub verdict: String,
    /// Whether the code looks at the result of the call; `None` for a save, which has none.
    pub result_read: Option<bool>,
    /// The lock that is held around the write, in words: `messageLocks by chatId + mergeId`.
    pub lock: Option<String>,
    /// Functions that reach this write, nearest first, up to what something outside starts.
    pub callers: Vec<Caller>,
}

/// One database call of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseCall {
    /// The whole call, over all of its lines.
    pub place: Place,
    pub function: String,
    /// The names that it and its callers give; sorted.
    pub collections: Vec<String>,
    pub is_write: bool,
    /// What takes the lock, outside of the process, under which it is made.
    pub lock: Option<String>,
    /// What keeps rules from telling of it; sorted.
    pub silences: Vec<Silenced>,
}

/// What the engine makes of one database call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BelievedCall {
    pub place: Place,
    /// A name each, and what it is: filter, change, path and so on.
    pub rows: Vec<String>,
}

/// A rule that asked about a call and tells nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Silenced {
    pub rule: &'static str,
    /// Where the state was read on which the call depends.
    pub checks: Vec<Place>,
    pub why: Cow<'static, str>,
}

/// A function that leads to a write path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub function: String,
    /// Where it calls the next function; for the function of the write itself, the write.
    pub place: Place,
    /// What starts the function, where that is outside the code: `route`, `webhook`, `poll`, `cron`, `event`.
    pub entry: Option<&'static str>,
}

/// How the act of a finding is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// From what starts the work to the function of the act; one where nobody is known to call it.
    pub chain: Vec<Caller>,
    /// Further routes, timers and events from which the act is reached.
    pub others: usize,
}

/// A field of a kind of the configuration that nothing in the code has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownField {
    /// Index of the array in the configuration.
    pub array: usize,
    pub kind: String,
    pub field: String,
    /// Names of the code that begin as it does and are about as long, sorted; one of them may be meant.
    pub like: Vec<String>,
}

/// The result of a run over a project.
#[derive(Clone, Debug, Default)]
pub struct Analysis {
    /// Sorted by path, start, rule. Levels `off` are left out, and so is what was accepted.
    pub findings: Vec<Finding>,
    /// Sorted like `findings`.
    pub accepted: Vec<Accepted>,
    /// Whether a report shows the accepted findings, not only their number.
    pub shows_accepted: bool,
    /// Whether the findings were compared with a baseline, so that those left are new.
    pub has_baseline: bool,
    /// Where the whole of an end of a finding stops, when that is beyond the end of its place.
    pub extents: BTreeMap<Place, u32>,
    /// By the act of a finding and its rule.
    pub ways: BTreeMap<(Place, &'static str), Way>,
    /// Sorted by path and start.
    pub paths: Vec<WritePath>,
    /// What the collections of findings and paths are called in the database, by what the code calls them.
    pub stored_names: BTreeMap<String, StoredName>,
    /// The write paths of tracked arrays that the looked-at change adds, by their index.
    pub new_writers: Vec<usize>,
    /// Of the reported files, sorted by place; none where no line is asked about.
    pub calls: Vec<DatabaseCall>,
    /// What is believed of the calls around the line that is asked about.
    pub believed: Vec<BelievedCall>,
    pub coverage: Coverage,
    /// Who owns the files that have findings, as CODEOWNERS says; only where a report asks for it.
    pub owners: BTreeMap<FileId, Vec<String>>,
    /// The tracked arrays that no write path is of, by their index in the configuration.
    pub unwritten: Vec<usize>,
    /// The indexes of the configuration whose collection nothing in the code has, by their index.
    pub unknown_indexes: Vec<usize>,
    /// Fields of kinds that nothing in the code has.
    pub unknown_fields: Vec<UnknownField>,
    /// The collections and models that the code names, where the configuration names one that it does not.
    pub collections: Vec<String>,
    pub timings: Timings,
    /// What failed so that nothing of the project was checked.
    pub failed: Option<String>,
}
