//! What is stored in the end, against what the requests store one after the other: only what differs.
//!
//! Input: the start and the outcomes of a witness. Output: a text for each of them. Must not know: columns.

use super::notation::{self, Detail};
use crate::diagnostic::{End, Stored, Witness};
use crate::report::escape;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The texts of the documents before, of the outcome, and of each serial outcome; those that read alike are one.
pub struct Ends {
    pub before: String,
    pub outcome: String,
    pub serial: Vec<String>,
}

pub fn ends(witness: &Witness, detail: Detail) -> Ends {
    let view = View::new(witness, detail);
    let mut serial: Vec<String> = Vec::new();
    for end in &witness.serial {
        let text = view.end(end);
        if !serial.contains(&text) {
            serial.push(text);
        }
    }
    let shown: Vec<&Stored> = witness.start.iter().filter(|stored| !view.is_untouched(stored)).collect();
    let before = match (shown.is_empty(), witness.start.len()) {
        (true, 1) => "one document, which stays as it is".to_owned(),
        (true, count) if count > 1 => format!("{count} documents, which stay as they are"),
        _ => view.documents(&shown),
    };
    Ends { before, outcome: view.end(&witness.outcome), serial }
}

/// A document as far as the outcomes differ in it.
pub struct Told<'a> {
    pub stored: &'a Stored,
    pub fields: Vec<(&'a str, &'a Value)>,
    /// Whether it has other fields.
    pub is_part: bool,
}

/// What is told of documents that are stored at some time of a witness.
pub fn told<'a>(witness: &Witness, documents: &'a [Stored]) -> Vec<Told<'a>> {
    let view = View::new(witness, Detail::Short);
    let told = documents.iter().filter(|stored| view.is_told(stored) && !view.is_untouched(stored));
    told.map(|stored| {
        let Value::Object(fields) = &stored.document else {
            return Told { stored, fields: Vec::new(), is_part: true };
        };
        let kept = view.differing(stored, fields);
        let is_part = kept.len() < fields.len();
        Told { stored, fields: kept.into_iter().map(|(name, value)| (name.as_str(), value)).collect(), is_part }
    })
    .collect()
}

/// What an outcome does outside of the database, where that is not the same in all outcomes.
pub fn done_outside(witness: &Witness, end: &End) -> Option<String> {
    Some(View::new(witness, Detail::Short).effects(end)).filter(|text| !text.is_empty())
}

struct View<'a> {
    witness: &'a Witness,
    detail: Detail,
    /// Whether the outcomes store different documents.
    differ: bool,
    /// What is stored in all outcomes equally often, but for what the server or a clock made up.
    common: BTreeSet<String>,
}

impl<'a> View<'a> {
    fn new(witness: &'a Witness, detail: Detail) -> Self {
        let mut view = Self { witness, detail, differ: true, common: common(witness) };
        view.differ = view.all().any(|end| end.documents.iter().any(|stored| view.is_told(stored)));
        view
    }

    fn end(&self, end: &End) -> String {
        let told: Vec<&Stored> = end.documents.iter().filter(|stored| self.is_told(stored)).collect();
        let effects = self.effects(end);
        match (self.documents(&told), effects.is_empty()) {
            (documents, true) => documents,
            (documents, false) => format!("{documents} and done: {effects}"),
        }
    }

    /// What is done outside, where that is not the same in all outcomes.
    fn effects(&self, end: &End) -> String {
        let sorted = |end: &End| {
            let mut effects = end.effects.clone();
            effects.sort();
            effects
        };
        if self.witness.serial.iter().all(|other| sorted(other) == sorted(&self.witness.outcome)) {
            return String::new();
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for effect in &end.effects {
            *counts.entry(effect).or_default() += 1;
        }
        let texts = counts.into_iter().map(|(effect, count)| match count {
            1 => escape::line(effect),
            2 => format!("{} twice", escape::line(effect)),
            _ => format!("{} {count} times", escape::line(effect)),
        });
        let texts: Vec<String> = texts.collect();
        if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") }
    }

    /// A document of an outcome that is the same in all of them is not told, unless the whole is. One that was inserted is:
    /// how often that happened may be what differs.
    fn is_told(&self, stored: &Stored) -> bool {
        if self.detail == Detail::Whole {
            return true;
        }
        let was_there = identity(stored).is_some_and(|at| self.witness.start.iter().any(|it| identity(it) == Some(at)));
        match self.differ {
            true => !(was_there && self.all().all(|end| end.documents.contains(stored)) || self.is_common(stored)),
            false => !self.is_untouched(stored),
        }
    }

    /// Whether the outcomes store as many documents like this one, so that they differ in others.
    fn is_common(&self, stored: &Stored) -> bool {
        self.common.contains(&likeness(stored))
    }

    fn is_untouched(&self, stored: &Stored) -> bool {
        let is_same = |documents: &[Stored]| documents.contains(stored);
        self.detail != Detail::Whole && is_same(&self.witness.start) && self.all().all(|end| is_same(&end.documents))
    }

    fn all(&self) -> impl Iterator<Item = &'a End> + use<'a> {
        std::iter::once(&self.witness.outcome).chain(&self.witness.serial)
    }

    /// `accounts [{ balance: -60, … }]`, without the collection where there is but one.
    fn documents(&self, documents: &[&Stored]) -> String {
        let names = collections(self.witness);
        let lists = names.iter().filter_map(|name| {
            let of: Vec<&&Stored> = documents.iter().filter(|stored| stored.collection == *name).collect();
            if of.is_empty() && names.len() > 1 {
                return None;
            }
            let texts: Vec<String> = of.into_iter().map(|stored| self.document(stored)).collect();
            let list = format!("[{}]", texts.join(", "));
            Some(if names.len() > 1 { format!("{} {list}", escape::line(name)) } else { list })
        });
        let lists: Vec<String> = lists.collect();
        if lists.is_empty() { "[]".to_owned() } else { lists.join(", ") }
    }

    fn document(&self, stored: &Stored) -> String {
        let Value::Object(fields) = &stored.document else { return notation::value(&stored.document, self.detail) };
        if self.detail == Detail::Whole {
            return notation::value(&stored.document, self.detail);
        }
        let kept = self.differing(stored, fields);
        let entry = |name: &str, value: &str| {
            let mut text = String::new();
            notation::key(name, &mut text);
            format!("{}: {value}", escape::line(&text))
        };
        let absent = self.absent(stored, fields).into_iter().map(|name| entry(name, "undefined"));
        let present = kept.iter().map(|(name, field)| entry(name, &notation::value(field, self.detail)));
        let mut texts: Vec<String> = absent.chain(present).collect();
        let is_terse = self.detail == Detail::Terse && texts.len() > 1;
        if is_terse {
            texts.truncate(1);
        }
        if is_terse || kept.len() < fields.len() {
            texts.push("…".to_owned());
        }
        if texts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", texts.join(", ")) }
    }

    /// The fields in which the outcomes differ, else those that differ from the start; of a document that is not in all of
    /// them, all fields but an identity that the server made up.
    fn differing<'f>(&self, stored: &Stored, fields: &'f Map<String, Value>) -> Vec<(&'f String, &'f Value)> {
        let start = self.witness.start.as_slice();
        let ends: Vec<&[Stored]> = self.all().map(|end| end.documents.as_slice()).collect();
        let of = |lists: &[&[Stored]]| -> Option<Vec<Value>> {
            let at = identity(stored)?;
            let found =
                |list: &&[Stored]| list.iter().find(|it| identity(it) == Some(at)).map(|it| it.document.clone());
            lists.iter().map(found).collect()
        };
        let among = |documents: &[Value]| -> Vec<(&'f String, &'f Value)> {
            let differs = |name: &str| {
                let first = documents.first().and_then(|document| document.get(name));
                documents.iter().any(|document| document.get(name) != first)
            };
            fields.iter().filter(|(name, _)| differs(name)).collect()
        };
        let of_code = |(name, field): &(&String, &Value)| *name != "_id" || field.get("$oid").is_none();
        let all = || fields.iter().filter(of_code).collect();
        let mut kept: Vec<(&String, &Value)> = match of(&ends) {
            None => all(),
            Some(alike) => {
                let differing = [Some(alike), of(&[&[start], ends.as_slice()].concat())].into_iter().flatten();
                // A document that never changes is told for a reason that stands elsewhere.
                differing.map(|it| among(&it)).find(|it| !it.is_empty()).unwrap_or_else(all)
            }
        };
        // What the outcomes differ in first; what a clock has made tells the least.
        let told = self.told(&stored.collection);
        kept.sort_by_cached_key(|(name, value)| (is_made(value), !tells(&told, name)));
        kept
    }

    /// The names of the fields that a document has in another outcome only.
    fn absent(&self, stored: &Stored, fields: &Map<String, Value>) -> Vec<&'a str> {
        let Some(at) = identity(stored) else { return Vec::new() };
        let others = self.all().flat_map(|end| &end.documents).filter(|other| identity(other) == Some(at));
        let named = others.filter_map(|other| other.document.as_object()).flat_map(Map::keys);
        let mut names: Vec<&str> = named.map(String::as_str).filter(|name| !fields.contains_key(*name)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The documents that are told of a collection, of each outcome, the first that of the requests at once.
    fn told(&self, collection: &str) -> Vec<Vec<&'a Stored>> {
        let is_told = |stored: &&Stored| stored.collection == collection && self.is_told(stored);
        self.all().map(|end| end.documents.iter().filter(is_told).collect()).collect()
    }
}

/// Whether the documents that are told hold other values of a field in some outcome.
fn tells(told: &[Vec<&Stored>], name: &str) -> bool {
    let mut held = told.iter().map(|documents| {
        let values = documents.iter().map(|stored| stored.document.get(name).map_or_else(String::new, made_alike));
        let mut held: Vec<String> = values.collect();
        held.sort_unstable();
        held
    });
    let outcome = held.next();
    held.any(|held| Some(&held) != outcome.as_ref())
}

/// Whether the server or a clock has made a value.
fn is_made(value: &Value) -> bool {
    value
        .as_object()
        .is_some_and(|fields| fields.len() == 1 && (fields.contains_key("$date") || fields.contains_key("$oid")))
}

/// A value as a text, with what the server or a clock has made under one name.
fn made_alike(value: &Value) -> String {
    match value {
        value if is_made(value) => "made".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(made_alike).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let texts = fields.iter().map(|(name, value)| format!("{name}:{}", made_alike(value)));
            format!("{{{}}}", texts.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// A document as a text, in any order of its fields, with what the server or a clock has made under one name.
fn likeness(stored: &Stored) -> String {
    let fields = stored.document.as_object().into_iter().flatten();
    let mut texts: Vec<String> = fields.map(|(name, value)| format!("{name}:{}", made_alike(value))).collect();
    texts.sort_unstable();
    format!("{} {}", stored.collection, texts.join(","))
}

/// The documents that all outcomes store equally often, where the outcomes differ in others.
fn common(witness: &Witness) -> BTreeSet<String> {
    let count = |end: &End| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        end.documents.iter().for_each(|stored| *counts.entry(likeness(stored)).or_default() += 1);
        counts
    };
    let outcome = count(&witness.outcome);
    let serial: Vec<BTreeMap<String, usize>> = witness.serial.iter().map(count).collect();
    if serial.contains(&outcome) {
        return BTreeSet::new();
    }
    let is_common = |(text, count): &(String, usize)| serial.iter().all(|counts| counts.get(text) == Some(count));
    outcome.into_iter().filter(is_common).map(|(text, _)| text).collect()
}

/// The collections in which the outcome differs from that of each order of the requests, but for what was made up.
pub fn differing_collections(witness: &Witness) -> Vec<&str> {
    let held = |end: &End, name: &str| {
        let own = end.documents.iter().filter(|stored| stored.collection == name);
        let mut texts: Vec<String> = own.map(likeness).collect();
        texts.sort_unstable();
        texts
    };
    let differs = |&name: &&str| {
        let outcome = held(&witness.outcome, name);
        witness.serial.iter().all(|end| held(end, name) != outcome)
    };
    collections(witness).into_iter().filter(differs).collect()
}

fn identity(stored: &Stored) -> Option<(&str, &Value)> {
    Some((stored.collection.as_str(), stored.document.get("_id")?))
}

/// The names of the collections that are touched, in the order in which they appear.
pub fn collections(witness: &Witness) -> Vec<&str> {
    let ends = std::iter::once(&witness.outcome).chain(&witness.serial).flat_map(|end| &end.documents);
    let stored = witness.start.iter().chain(ends).map(|stored| stored.collection.as_str());
    let commanded = witness.steps.iter().filter_map(|step| match &step.command {
        crate::diagnostic::Command::Database { collection, .. } => Some(collection.as_str()),
        crate::diagnostic::Command::Effect { .. } => None,
    });
    let mut names: Vec<&str> = Vec::new();
    for name in stored.chain(commanded) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
