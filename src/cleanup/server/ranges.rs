//! Ranges of ids, each of about as many documents, in the order of the index.
//!
//! Input: a collection. Output: ranges that cover every document once, whatever the types of the ids. Must not know: what is done
//! with a range.

use super::patience::patiently;
use super::scope::Target;
use bson::{Bson, Document, RawBson, doc};
use std::sync::{Mutex, PoisonError};

/// Documents in a range.
pub const DOCUMENTS: u64 = 2000;

/// From the first id to the one before the second.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    pub from: Option<RawBson>,
    pub to: Option<RawBson>,
    /// Documents in it; `None` where they are not counted.
    pub documents: Option<u64>,
}

/// Hands out ranges to any number of threads.
pub struct Ranges<'t, 'c> {
    target: &'t Target<'c>,
    next: Mutex<Next>,
}

enum Next {
    From(Option<RawBson>),
    Done,
}

impl<'t, 'c> Ranges<'t, 'c> {
    pub fn of(target: &'t Target<'c>) -> Self {
        Self { target, next: Mutex::new(Next::From(None)) }
    }

    pub fn next(&self) -> mongodb::error::Result<Option<Range>> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let Next::From(from) = &*next else { return Ok(None) };
        let from = from.clone();
        // A filter has its own index, and texts that are ordered by a language have no order that a filter knows.
        let is_whole = !self.target.query.is_empty() || self.target.is_collated;
        let to = if is_whole { None } else { patiently(|| self.end(from.as_ref()))? };
        *next = to.clone().map_or(Next::Done, |to| Next::From(Some(to)));
        let documents = to.is_some().then_some(DOCUMENTS);
        Ok(Some(Range { from, to, documents }))
    }

    /// The id that comes so many documents later. The bounds of an index, unlike those of a filter, take ids of any type.
    fn end(&self, from: Option<&RawBson>) -> mongodb::error::Result<Option<RawBson>> {
        let from = from.map_or(Ok(Bson::MinKey), |from| Bson::try_from(from.clone()))?;
        let ids = self.target.collection.find(Document::new()).projection(doc! { "_id": 1 }).hint(by_id());
        let mut ids = ids.sort(doc! { "_id": 1 }).min(doc! { "_id": from }).skip(DOCUMENTS).limit(1).run()?;
        let Some(found) = ids.next() else { return Ok(None) };
        Ok(found?.get("_id")?.map(RawBson::from))
    }
}

pub fn by_id() -> mongodb::options::Hint {
    mongodb::options::Hint::Keys(doc! { "_id": 1 })
}

impl Range {
    /// The range as a condition of an aggregation, whose comparisons take ids of any type, too.
    pub fn condition(&self) -> Result<Option<Document>, bson::error::Error> {
        let mut bounds = Vec::new();
        for (operator, id) in [("$gte", &self.from), ("$lt", &self.to)] {
            if let Some(id) = id {
                bounds.push(doc! { operator: ["$_id", { "$literal": Bson::try_from(id.clone())? }] });
            }
        }
        Ok((!bounds.is_empty()).then(|| doc! { "$expr": { "$and": bounds } }))
    }
}
