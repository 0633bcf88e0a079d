//! What a rule sees of one function, and how it reports.
//!
//! Input: the linked project and one function's summary with its writes. Output: drafts, later findings.
//! Must not know: syntax, formats.

use super::guarded::{self, GuardedAppend};
use super::inconsistent_identity_key::KeyRow;
use super::results::DecisiveCalls;
use crate::config::{Config, Kind, TrackedArray};
use crate::diagnostic::{Fix, Level, Role};
use crate::project::checks::{Check, CheckKind};
use crate::project::locks::Lock;
use crate::project::mongo::Handle;
use crate::project::schema::Schemas;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::project::{Op, Project, Step};
use crate::value::{Arena, C, FnRef, Key, Node, Site, SiteInfo, V};
use rustc_hash::FxHashSet;

/// A finding before its places are resolved.
#[derive(Clone, Debug)]
pub struct Draft {
    pub rule: &'static str,
    /// Set where a rule lowers its level for a case.
    pub level: Option<Level>,
    pub message: String,
    pub site: Site,
    pub label: String,
    pub owner: FnRef,
    pub collection: Option<String>,
    pub array: Option<String>,
    pub related: Vec<(Site, Role, String)>,
    pub help: String,
    /// A rewrite that was proven safe.
    pub fix: Option<Fix>,
    /// How many calls lead from the function in which this was seen to the act.
    pub calls: u32,
    /// The normalised pair of check and act, for the fingerprint.
    pub pair: String,
}

/// One function, with what its writes depend on.
pub struct Trace {
    pub func: FnRef,
    pub steps: Vec<Step>,
    pub writes: Vec<Write>,
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
    /// How each write path tells elements of a kind apart.
    pub key_rows: Vec<KeyRow>,
    /// Rules that some caller's view of a place refutes.
    vetoes: FxHashSet<(&'static str, SiteInfo)>,
    /// Writes whose collection some caller names.
    named: FxHashSet<SiteInfo>,
    /// The calls whose result decides something; collected when first asked for.
    pub decisive: Option<DecisiveCalls>,
}

impl<'a> Context<'a> {
    pub fn new(project: &'a mut Project, schemas: &'a Schemas, config: &'a Config) -> Self {
        Self {
            project,
            schemas,
            config,
            drafts: Vec::new(),
            key_rows: Vec::new(),
            vetoes: FxHashSet::default(),
            named: FxHashSet::default(),
            decisive: None,
        }
    }

    /// Reads a function's summary once for all rules; `None` when it writes nothing and calls nothing that a rule
    /// asks for.
    pub fn trace(&mut self, func: FnRef) -> Option<Trace> {
        let steps = self.project.summaries.get(func.0 as usize)?.clone();
        let writes = self.project.writes(&steps);
        let marked = steps.iter().any(|step| matches!(step.op, Op::Marked { .. }));
        if writes.is_empty() && !marked {
            return None;
        }
        let mut documents: Vec<V> = Vec::new();
        for write in &writes {
            if write.handle.name().is_some() {
                let site = self.project.base_site(write.site);
                self.named.insert(site);
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
        let guarded = guarded::collect(self, &writes);
        Some(Trace { func, steps, writes, checks, guarded, documents, locks })
    }

    pub fn report(&mut self, mut draft: Draft) {
        for call in self.calls_to(draft.site) {
            draft.related.push((call, Role::Gap, "reached by this call".to_owned()));
        }
        self.drafts.push(draft);
    }

    /// Keeps a rule silent at a place, whatever other views of it say.
    pub fn veto(&mut self, rule: &'static str, site: Site) {
        let place = self.project.base_site(site);
        self.vetoes.insert((rule, place));
    }

    /// The drafts that no view refutes. A function that takes its collection from its callers is judged with theirs alone
    /// where the rule depends on the collection's indexes.
    pub fn finish(mut self) -> Vec<Draft> {
        let (vetoes, named) = (std::mem::take(&mut self.vetoes), std::mem::take(&mut self.named));
        let project = &*self.project;
        self.drafts.retain(|draft| {
            let place = project.base_site(draft.site);
            let is_settled = draft.rule == "check-then-insert" && draft.collection.is_none() && named.contains(&place);
            !is_settled && !vetoes.contains(&(draft.rule, place))
        });
        self.drafts
    }

    /// A draft at a write, with what every rule says alike.
    pub fn draft(&self, rule: &'static str, trace: &Trace, write: &Write, site: Site) -> Draft {
        let collection = write.handle.name().map(str::to_owned);
        Draft { collection, ..self.draft_at(rule, trace, write.step, site) }
    }

    /// A draft at a step that need not be a write.
    pub fn draft_at(&self, rule: &'static str, trace: &Trace, step: usize, site: Site) -> Draft {
        let step = trace.steps.get(step);
        Draft {
            rule,
            level: None,
            message: String::new(),
            site,
            label: "acted on here".to_owned(),
            owner: step.map_or(trace.func, |step| step.owner),
            collection: None,
            array: None,
            related: Vec::new(),
            help: String::new(),
            fix: None,
            calls: step.map_or(0, |step| step.calls),
            pair: String::new(),
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

    // Tracked arrays

    pub fn tracked(&self, handle: &Handle, field: &str) -> Option<&'a TrackedArray> {
        self.config.arrays.iter().find(|array| {
            array.field == field
                && match (&array.collection, handle) {
                    (Some(name), Handle::Named(_)) => Handle::Named(name.clone()).same(handle),
                    // Where no caller is known the tracked field alone decides.
                    _ => true,
                }
        })
    }

    /// Whether an element can be of a kind under a condition, with all of its key fields present; gives the condition.
    pub fn may_be_kind(&mut self, element: V, kind: &Kind, cond: C) -> Option<C> {
        let mut start = cond;
        for key in &kind.key {
            start = self.has_field(element, key, start)?;
        }
        for pattern in kind.when.patterns() {
            let mut at = Some(start);
            for field in &pattern.has {
                at = at.and_then(|c| self.has_field(element, field, c));
            }
            for (field, value) in &pattern.equals {
                at = at.and_then(|c| self.field_equals(element, field, value, c));
            }
            if at.is_some() {
                return at;
            }
        }
        None
    }

    /// The first kind that an element matches under a condition, with that condition.
    pub fn kind_of(&mut self, element: V, array: &TrackedArray, cond: C) -> Option<(usize, C)> {
        array.kinds.iter().enumerate().find_map(|(at, kind)| self.may_be_kind(element, kind, cond).map(|c| (at, c)))
    }

    fn field(&mut self, element: V, field: &str) -> V {
        if !matches!(self.project.arena.node(element), Node::Object(_) | Node::OneOf(_)) {
            return Arena::UNDEFINED;
        }
        let key = self.project.arena.sym(field);
        self.project.arena.member(element, key)
    }

    fn has_field(&mut self, element: V, field: &str, cond: C) -> Option<C> {
        let value = self.field(element, field);
        for (c, alternative) in self.project.arena.alternatives(value) {
            let both = self.project.arena.and(cond, c);
            if both == C::FALSE || matches!(self.project.arena.node(alternative), Node::Undefined | Node::Null) {
                continue;
            }
            // A spread of something unknown does not show that the field is there.
            if self.is_unknown_spread(element, alternative) {
                continue;
            }
            // A literal such as index 0 is there; of anything else a truthy value is witness enough.
            if self.project.arena.is_literal(alternative) {
                return Some(both);
            }
            let present = self.project.arena.meet(both, alternative, true);
            if present != C::FALSE {
                return Some(present);
            }
        }
        None
    }

    fn is_unknown_spread(&self, element: V, value: V) -> bool {
        let Node::Member(object, _) = self.project.arena.node(value) else { return false };
        match self.project.arena.node(element) {
            Node::Object(entries) => entries.iter().any(|entry| entry.key == Key::Spread && entry.value == *object),
            _ => false,
        }
    }

    fn field_equals(&mut self, element: V, field: &str, wanted: &crate::config::Scalar, cond: C) -> Option<C> {
        use crate::config::Scalar;
        let value = self.field(element, field);
        for (c, alternative) in self.project.arena.alternatives(value) {
            let both = self.project.arena.and(cond, c);
            if both == C::FALSE {
                continue;
            }
            let matched = match (wanted, self.project.arena.node(alternative)) {
                (Scalar::Bool(wanted), Node::Bool(b)) => (b == wanted).then_some(both),
                (Scalar::Text(wanted), Node::Str(text)) => (self.project.arena.text(*text) == wanted).then_some(both),
                (Scalar::Number(wanted), Node::Num(bits)) => (f64::from_bits(*bits) == *wanted).then_some(both),
                (
                    Scalar::Bool(wanted),
                    Node::Param(..) | Node::Member(..) | Node::Not(_) | Node::Coerce(..) | Node::And(_),
                ) => {
                    let wanted = *wanted;
                    let assumed = self.project.arena.meet(both, alternative, wanted);
                    (assumed != C::FALSE).then_some(assumed)
                }
                _ => None,
            };
            if matched.is_some() {
                return matched;
            }
        }
        None
    }

    // Races

    /// Whether a read and a write carry the same session, so that there is no race between them.
    pub fn same_session(&mut self, trace: &Trace, check: &Check, write: &Write) -> bool {
        let Some(session) = write.session else { return false };
        if check.read.is_none() {
            return true;
        }
        self.project.read_session(&trace.steps, check.root) == Some(session)
    }

    /// Whether a claim was won before the write: the result of an update whose filter carries a condition decides it,
    /// or an insert under a unique key whose E11000 is caught.
    pub fn is_claimed(&mut self, trace: &Trace, write: &Write) -> bool {
        let leaves = self.project.leaves(write.cond);
        for leaf in leaves {
            if !self.says_success(leaf.value, leaf.holds) {
                continue;
            }
            if let Some(claim) = self.write_result(trace, leaf.value)
                && claim.step < write.step
                && self.is_conditional(&claim)
            {
                return true;
            }
        }
        trace.writes.iter().any(|earlier| {
            earlier.step < write.step
                && earlier.kind == WriteKind::Insert
                && self.always_before(earlier.cond, write.cond)
                && trace.steps.get(earlier.step).is_some_and(|step| step.duplicate_key_caught)
                && self.schemas.unique.iter().any(|index| index.handle.same(&earlier.handle))
        })
    }

    /// Whether everything that the earlier step needs holds on the path of the later one.
    fn always_before(&self, earlier: C, later: C) -> bool {
        let arena = &self.project.arena;
        arena.atoms(earlier).iter().all(|atom| arena.truth(later, atom.value) == Some(atom.holds))
    }

    /// Whether a condition on a write's result holds when the write matched: `result`, `modifiedCount === 1`,
    /// `!(matchedCount === 0)`.
    fn says_success(&self, value: V, holds: bool) -> bool {
        use crate::value::Compare;
        let arena = &self.project.arena;
        let number = |v: V| match arena.node(v) {
            Node::Num(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        };
        match arena.node(value) {
            Node::Nullish(_) => !holds,
            Node::Compare(Compare::Equal, _, n) => number(*n).is_none_or(|n| (n > 0.0) == holds),
            Node::Compare(Compare::Less, a, b) => match (number(*a), number(*b)) {
                (Some(_), _) => holds,
                (_, Some(_)) => !holds,
                _ => holds,
            },
            _ => holds,
        }
    }

    /// The write whose result a value is made from.
    fn write_result(&mut self, trace: &Trace, value: V) -> Option<Write> {
        let mut at = vec![value];
        let mut seen = 0;
        while let Some(value) = at.pop() {
            seen += 1;
            if seen > 40 {
                return None;
            }
            if let Node::Call { site, .. } = self.project.arena.node(value)
                && let Some(write) = trace.writes.iter().find(|write| write.site == *site)
            {
                return Some(write.clone());
            }
            let node = self.project.arena.node(value).clone();
            if matches!(
                node,
                Node::Member(..)
                    | Node::Compare(..)
                    | Node::Nullish(_)
                    | Node::OneOf(_)
                    | Node::Coerce(..)
                    | Node::Derived(..)
            ) {
                at.extend(crate::value::children(&node));
            }
        }
        None
    }

    /// Whether a write's filter holds more than identity: an operator or a literal.
    fn is_conditional(&mut self, write: &Write) -> bool {
        let Some(filter) = write.filter else { return write.kind == WriteKind::Insert };
        let parsed = self.project.filters(filter, "", write.cond);
        parsed.iter().any(|(_, filter)| {
            filter.open
                || !filter.guards.is_empty()
                || filter.fields.iter().any(|(name, value)| {
                    name != "_id"
                        && (matches!(
                            self.project.arena.node(*value),
                            Node::Object(_) | Node::Bool(_) | Node::Str(_) | Node::Null | Node::Num(_)
                        ) || write.fields.iter().any(|field| field.path == *name))
                })
        })
    }

    /// Whether Mongoose sends this field of a save with `__v` in the filter, so that the second of two saves fails: an
    /// array is re-assigned or spliced whenever the field is written.
    pub fn is_versioned(&self, write: &Write, field: &FieldWrite) -> bool {
        if write.kind != WriteKind::Save || self.schemas.is_unversioned(&write.handle) {
            return false;
        }
        if self.schemas.is_optimistic(&write.handle) {
            return true;
        }
        let always = |other: &FieldWrite| {
            self.project.arena.atoms(other.cond).iter().all(|atom| {
                self.project.arena.truth(field.cond, atom.value) == Some(atom.holds)
                    || self.project.arena.truth(write.cond, atom.value) == Some(atom.holds)
            })
        };
        write.fields.iter().any(|other| {
            (other.operator == "splice"
                || (other.operator == "$set" && !other.path.contains('*') && self.is_array_value(other.value)))
                && always(other)
        })
    }

    /// Whether a value is surely an array.
    pub fn is_array_value(&self, value: V) -> bool {
        match self.project.arena.node(value) {
            Node::Array(_) | Node::Mapped(..) => true,
            Node::Query { method, .. } => {
                matches!(
                    self.project.arena.text(*method),
                    "filter" | "slice" | "sort" | "reverse" | "flat" | "toSorted" | "toSpliced"
                )
            }
            Node::OneOf(alternatives) => alternatives.iter().any(|(_, v)| self.is_array_value(*v)),
            _ => false,
        }
    }

    // Words

    /// A value as the code would write it.
    pub fn show(&self, value: V) -> String {
        let text = self.show_at(value, 0);
        if text.chars().count() > 60 { "…".to_owned() } else { text }
    }

    fn show_at(&self, value: V, depth: u32) -> String {
        if depth > 6 {
            return "…".to_owned();
        }
        let arena = &self.project.arena;
        match arena.node(value) {
            Node::Undefined => "undefined".to_owned(),
            Node::Null => "null".to_owned(),
            Node::Bool(b) => b.to_string(),
            Node::Num(bits) => f64::from_bits(*bits).to_string(),
            Node::Str(text) => format!("'{}'", arena.text(*text)),
            Node::Param(func, at) => {
                let name = self
                    .project
                    .function(*func)
                    .and_then(|f| f.param_names.get(*at as usize))
                    .cloned()
                    .unwrap_or_default();
                if name.is_empty() { "…".to_owned() } else { name }
            }
            Node::Global(name) => arena.text(*name).to_owned(),
            Node::Import { .. } => self.project.last_name(value).unwrap_or("…").to_owned(),
            Node::Member(object, key) => {
                let key = arena.text(*key);
                match self.show_at(*object, depth + 1).as_str() {
                    "…" => key.to_owned(),
                    "" => key.to_owned(),
                    object if object.ends_with("body") || object.ends_with("params") || object.ends_with("query") => {
                        key.to_owned()
                    }
                    object => format!("{object}.{key}"),
                }
            }
            Node::This(_) | Node::Instance(_) => "this".to_owned(),
            Node::Coerce(crate::value::Coercion::Text, inner) => {
                format!("{}.toString()", self.show_at(*inner, depth + 1))
            }
            Node::Coerce(crate::value::Coercion::ObjectId, inner) => {
                format!("new ObjectId({})", self.show_at(*inner, depth + 1))
            }
            Node::Coerce(_, inner) => self.show_at(*inner, depth + 1),
            Node::Fresh(..) => "…".to_owned(),
            Node::OneOf(alternatives) => alternatives
                .iter()
                .map(|(_, v)| self.show_at(*v, depth + 1))
                .find(|text| text != "…" && text != "undefined")
                .unwrap_or("…".to_owned()),
            _ => "…".to_owned(),
        }
    }

    /// `'messages.mergeId': { $ne: mergeId }`, or the `$not $elemMatch` of several fields.
    pub fn guard_text(&self, array: &str, keys: &[(String, V)]) -> String {
        // A value without a name in the code is called after its field.
        let value_text = |field: &str, value: V| match self.show(value).as_str() {
            "…" | "_id" | "id" | "undefined" | "insertedId" if !field.is_empty() => {
                field.rsplit('.').next().unwrap_or("").to_owned()
            }
            text => text.to_owned(),
        };
        match keys {
            [] => format!("{array}: {{ $ne: … }}"),
            [(field, value)] if field.is_empty() => format!("{array}: {{ $ne: {} }}", self.show(*value)),
            [(field, value)] => format!("'{array}.{field}': {{ $ne: {} }}", value_text(field, *value)),
            _ => {
                let parts: Vec<String> =
                    keys.iter().map(|(field, value)| format!("{field}: {}", value_text(field, *value))).collect();
                format!("{array}: {{ $not: {{ $elemMatch: {{ {} }} }} }}", parts.join(", "))
            }
        }
    }

    pub fn handle_text(&self, handle: &Handle) -> String {
        match handle {
            Handle::Named(name) => format!("`{name}`"),
            Handle::Value(_) => "the collection".to_owned(),
        }
    }

    /// Where a check was made: the array query if there is one, else the read.
    pub fn check_site(&self, check: &Check) -> Option<Site> {
        let mut at = check.leaf;
        for _ in 0..6 {
            if let Some(site) = self.project.places.get(&at) {
                return Some(*site);
            }
            at = match self.project.arena.node(at) {
                Node::Compare(_, a, _) => *a,
                Node::Not(inner) | Node::Nullish(inner) | Node::Coerce(_, inner) => *inner,
                Node::Member(inner, _) => *inner,
                _ => break,
            };
        }
        self.read_site(check)
    }

    /// Where the document of a check was read.
    pub fn read_site(&self, check: &Check) -> Option<Site> {
        check.read.as_ref().map(|read| read.site)
    }

    /// The related places of a race: where it was checked, and where it was read if that is another line.
    pub fn ends(&self, check: &Check) -> Vec<(Site, Role, String)> {
        let mut ends = Vec::new();
        let checked = self.check_site(check);
        let read = self.read_site(check);
        if let Some(site) = checked {
            ends.push((site, Role::Check, "checked here".to_owned()));
        }
        if let Some(site) = read
            && Some(site) != checked
        {
            ends.push((site, Role::Check, "loaded here".to_owned()));
        }
        ends
    }
}

/// What a check says, for a report.
pub fn check_words(check: &Check) -> String {
    match &check.kind {
        CheckKind::Document => "a document".to_owned(),
        CheckKind::Element { path, .. } => format!("`{}`", path.join(".")),
        CheckKind::Below { path } if path.is_empty() => "a count".to_owned(),
        CheckKind::Below { path } => format!("the length of `{}`", path.join(".")),
        CheckKind::Field { path, .. } => format!("`{}`", path.join(".")),
    }
}

/// The fields of a write that append to an array, not to an array inside an element.
pub fn appends(write: &Write) -> Vec<FieldWrite> {
    write
        .fields
        .iter()
        .filter(|field| field.is_append() && !field.path.contains('$') && !field.path.contains('*'))
        .cloned()
        .collect()
}

/// The call of a step, if it is one with a receiver.
pub fn method_of(step: &Step) -> Option<(V, crate::value::Sym, &[V])> {
    match &step.op {
        Op::Call { recv: Some(recv), name: Some(name), args, .. } => Some((*recv, *name, args)),
        _ => None,
    }
}
