//! What a survey counts.
//!
//! Input: documents with elements that would go. Output: sums, and the worst documents, of which only so many are kept. Must not
//! know: where the documents come from, formats.

use super::identity::Identities;
use super::plan::Plan;
use bson::RawBson;
use bson::raw::{RawArray, RawBsonRef, RawDocument};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Sums over an array of many documents.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Documents that were looked at.
    pub documents: u64,
    /// Documents with elements that go.
    pub affected: u64,
    /// Elements of those documents.
    pub elements: u64,
    pub kinds: Vec<KindTally>,
    /// Documents that could not be read, with the reason for the first.
    pub unreadable: u64,
    pub reason: Option<String>,
    /// Those that lose most, and some more.
    worst: Vec<Affected>,
    most: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindTally {
    pub documents: u64,
    /// Elements of the kind in affected documents.
    pub elements: u64,
    pub removed: u64,
}

/// One document with elements that go.
#[derive(Clone, Debug, PartialEq)]
pub struct Affected {
    pub id: RawBson,
    pub size: u64,
    pub removed: u64,
    /// Elements by kind, and how many of them go.
    pub kinds: Vec<(u64, u64)>,
    /// In which fields the elements that go differ from those that stay, and how many; `None` where nobody has looked.
    pub differing: Option<BTreeMap<String, u64>>,
}

impl Tally {
    pub fn new(kinds: usize, most: usize) -> Self {
        Self { kinds: vec![KindTally::default(); kinds], most, ..Self::default() }
    }

    pub fn add(&mut self, document: Affected) {
        self.affected += 1;
        self.elements += document.size;
        for (kind, (elements, removed)) in self.kinds.iter_mut().zip(&document.kinds) {
            kind.documents += u64::from(*removed > 0);
            kind.elements += elements;
            kind.removed += removed;
        }
        self.keep(document);
    }

    pub fn merge(&mut self, other: Self) {
        self.documents += other.documents;
        self.affected += other.affected;
        self.elements += other.elements;
        self.unreadable += other.unreadable;
        self.reason = self.reason.take().or(other.reason);
        for (kind, more) in self.kinds.iter_mut().zip(&other.kinds) {
            kind.documents += more.documents;
            kind.elements += more.elements;
            kind.removed += more.removed;
        }
        for document in other.worst {
            self.keep(document);
        }
    }

    pub fn removed(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.removed).sum()
    }

    /// The documents that lose most, worst first. Equal numbers go by id, so that the order is the same in each run.
    pub fn worst(&self) -> Vec<&Affected> {
        let mut worst: Vec<&Affected> = self.worst.iter().collect();
        worst.sort_by_cached_key(|document| rank(document));
        worst.truncate(self.most);
        worst
    }

    /// Looks into the worst documents.
    pub fn detail<E>(
        &mut self,
        mut look: impl FnMut(&Affected) -> Result<Option<BTreeMap<String, u64>>, E>,
    ) -> Result<(), E> {
        self.shorten();
        for document in &mut self.worst {
            document.differing = look(document)?;
        }
        Ok(())
    }

    fn keep(&mut self, document: Affected) {
        self.worst.push(document);
        if self.worst.len() > 2 * self.most {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.worst.sort_by_cached_key(rank);
        self.worst.truncate(self.most);
    }
}

fn rank(document: &Affected) -> (Reverse<u64>, String) {
    (Reverse(document.removed), format!("{:?}", document.id))
}

/// What a plan means for its document; `None` where nothing goes.
pub fn affected(id: RawBson, array: &RawArray, plan: &Plan, identities: &Identities) -> Option<Affected> {
    if plan.removals.is_empty() {
        return None;
    }
    let mut kinds: Vec<(u64, u64)> = plan.of_kind.iter().map(|count| (*count as u64, 0)).collect();
    kinds.resize(identities.kinds().len(), (0, 0));
    for removal in &plan.removals {
        kinds[removal.kind].1 += 1;
    }
    let (size, removed) = (plan.size as u64, plan.removals.len() as u64);
    Some(Affected { id, size, removed, kinds, differing: Some(differing(array, plan)) })
}

/// The fields, other than an element's own `_id`, in which elements that go differ from the one that stays.
fn differing(array: &RawArray, plan: &Plan) -> BTreeMap<String, u64> {
    let elements: Vec<Option<&RawDocument>> =
        array.into_iter().map(|element| element.ok().and_then(RawBsonRef::as_document)).collect();
    let mut fields = BTreeMap::new();
    for removal in plan.removals.iter().filter(|removal| !removal.is_copy) {
        let (Some(Some(goes)), Some(Some(stays))) = (elements.get(removal.at), elements.get(removal.first)) else {
            continue;
        };
        for field in unlike(goes, stays) {
            *fields.entry(field).or_default() += 1;
        }
    }
    fields
}

fn unlike(a: &RawDocument, b: &RawDocument) -> Vec<String> {
    let fields = |document: &'_ RawDocument| -> BTreeMap<String, RawBson> {
        let fields = document.into_iter().filter_map(Result::ok);
        fields.map(|(name, value)| (name.as_str().to_owned(), value.into())).collect()
    };
    let (a, b) = (fields(a), fields(b));
    let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
    names.filter(|name| a.get(*name) != b.get(*name)).cloned().collect()
}
