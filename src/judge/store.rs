//! A tiny MongoDB: collections of documents, unique indexes, and the commands that applications send.
//!
//! Input: commands on concrete values. Output: the server's replies and failures. Must not know: requests, interleavings.

use super::bson::{Concrete, Value};
use super::identity::{by_id, identified, valid_id};
use super::matching::{self, Found};
use super::projection::Projection;
use super::sort::Order;
use super::update::{self, Context};
use super::{aggregation, traverse, unique, upsert};
use crate::race::change::{self, Change};
use crate::race::predicate::{self, Predicate};
use std::rc::Rc;

pub use super::command::{Command, Reply, Returns};
pub use super::failure::Failure;
pub use super::unique::UniqueIndex;

/// The documents of all collections. A copy is cheap: documents are shared.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// By collection; the documents in the order of their insertion.
    collections: Vec<Rc<Vec<Value>>>,
    indexes: Rc<Vec<UniqueIndex>>,
}

/// Another one wrote a document that a transaction wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteConflict;

type Replied = Result<Reply, Failure>;

/// What a write of one document, or of many, is told.
struct Write<'a> {
    collection: u32,
    predicate: Predicate<Value>,
    change: Change<Value>,
    many: bool,
    upsert: bool,
    sort: Option<&'a Value>,
    now: i64,
}

/// Which of the matching documents are asked for.
struct Wanted<'a> {
    sort: Option<&'a Value>,
    first: usize,
}

impl Wanted<'_> {
    const ALL: Self = Self { sort: None, first: usize::MAX };
}

/// A document before and after a write.
struct Written {
    before: Value,
    after: Value,
}

impl Store {
    pub fn new(indexes: Vec<UniqueIndex>) -> Self {
        Self { collections: Vec::new(), indexes: Rc::new(indexes) }
    }

    /// Adds a document of the start state as it is; one whose `_id` the server would not have taken is not there.
    pub fn insert_start(&mut self, collection: u32, document: Value) {
        if document.field("_id").is_none() || valid_id(&document).is_ok() {
            self.slot(collection).push(document);
        }
    }

    /// The documents of a collection, in the order of their insertion.
    pub fn documents(&self, collection: u32) -> &[Value] {
        self.collections.get(collection as usize).map_or(&[], |documents| documents.as_slice())
    }

    /// Whether the same is stored, in the same order.
    pub fn is_same(&self, other: &Self) -> bool {
        let is_same = |(own, other): (&Rc<Vec<Value>>, &Rc<Vec<Value>>)| {
            let mut pairs = own.iter().zip(other.iter());
            Rc::ptr_eq(own, other) || own.len() == other.len() && pairs.all(|(own, other)| own.is_same(other))
        };
        self.collections.len() == other.collections.len()
            && self.collections.iter().zip(&other.collections).all(is_same)
    }

    /// Runs one command. `fresh` numbers the ObjectIds and times that the server makes. What was written before a failure
    /// stays written.
    pub fn run(&mut self, command: &Command, fresh: &mut u32) -> Replied {
        *fresh += u32::from(!command.is_read());
        let now = i64::from(*fresh);
        match command {
            Command::Find { collection, filter, sort, skip, limit, projection } => {
                let projection = Projection::read(projection.as_ref())?;
                let limit = limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
                let wanted = Wanted { sort: sort.as_ref(), first: skip.saturating_add(limit) };
                let found = self.matching(*collection, &parse(filter)?, &wanted)?;
                Ok(Reply::Documents(found.into_iter().skip(*skip).map(|one| projection.of(one)).collect()))
            }
            Command::Count { collection, filter, limit } => {
                let first = limit.filter(|limit| *limit > 0).unwrap_or(usize::MAX);
                let count = self.matching(*collection, &parse(filter)?, &Wanted { sort: None, first })?.len();
                Ok(Reply::Count(count as u64))
            }
            Command::Aggregate { collection, stages } => {
                Ok(Reply::Documents(aggregation::run(stages, self.documents(*collection))?))
            }
            Command::Distinct { collection, field, filter } => self.distinct(*collection, field, filter),
            Command::Insert { collection, documents, ordered } => self.insert(*collection, documents, *ordered, fresh),
            Command::Delete { collection, filter, many } => self.delete(*collection, filter, *many),
            Command::Update { collection, filter, update, many, upsert, array_filters } => {
                let change = operators(update, array_filters)?;
                let predicate = parse(filter)?;
                let write =
                    Write { collection: *collection, predicate, change, many: *many, upsert: *upsert, sort: None, now };
                self.update(&write, fresh)
            }
            Command::Replace { collection, filter, replacement, upsert } => {
                let (predicate, change) = (parse(filter)?, replaced(replacement)?);
                let write =
                    Write { collection: *collection, predicate, change, many: false, upsert: *upsert, sort: None, now };
                self.update(&write, fresh)
            }
            Command::FindAndUpdate { collection, filter, update, sort, upsert, array_filters, returns, projection } => {
                let change = operators(update, array_filters)?;
                let (collection, sort, upsert) = (*collection, sort.as_ref(), *upsert);
                let write = Write { collection, predicate: parse(filter)?, change, many: false, upsert, sort, now };
                self.find_and_write(&write, *returns, projection.as_ref(), fresh)
            }
            Command::FindAndReplace { collection, filter, replacement, sort, upsert, returns, projection } => {
                let change = replaced(replacement)?;
                let (collection, sort, upsert) = (*collection, sort.as_ref(), *upsert);
                let write = Write { collection, predicate: parse(filter)?, change, many: false, upsert, sort, now };
                self.find_and_write(&write, *returns, projection.as_ref(), fresh)
            }
            Command::FindAndDelete { collection, filter, sort, projection } => {
                let projection = Projection::read(projection.as_ref())?;
                let found = self.matching(*collection, &parse(filter)?, &Wanted { sort: sort.as_ref(), first: 1 })?;
                let Some(document) = found.first().map(|document| (*document).clone()) else {
                    return Ok(Reply::Found(None));
                };
                self.slot(*collection).retain(|other| !is_same(other, &document));
                Ok(Reply::Found(Some(projection.of(&document))))
            }
        }
    }

    /// Adds what a transaction that began at `base` wrote; an error where another wrote one of the same documents since, or
    /// where the documents together break a unique index. After an error nothing is added.
    pub fn commit(&mut self, base: &Self, transaction: &Self) -> Result<(), WriteConflict> {
        let mut merged = self.clone();
        for at in 0..transaction.collections.len() {
            let collection = at as u32;
            let (old, new) = (base.documents(collection), transaction.documents(collection));
            for document in old {
                let Some(id) = document.field("_id") else { continue };
                let after = by_id(new, id).map(|at| &new[at]);
                if after.is_some_and(|after| is_same(after, document)) {
                    continue;
                }
                let Some(mine) = by_id(merged.documents(collection), id) else { return Err(WriteConflict) };
                if !is_same(&merged.documents(collection)[mine], document) {
                    return Err(WriteConflict);
                }
                match after {
                    Some(after) => merged.put(collection, mine, after.clone()).map_err(|_| WriteConflict)?,
                    None => drop(merged.slot(collection).remove(mine)),
                }
            }
            for document in new {
                let is_new = document.field("_id").is_some_and(|id| by_id(old, id).is_none());
                if is_new {
                    merged.add(collection, document.clone()).map_err(|_| WriteConflict)?;
                }
            }
        }
        *self = merged;
        Ok(())
    }

    fn slot(&mut self, collection: u32) -> &mut Vec<Value> {
        let at = collection as usize;
        if self.collections.len() <= at {
            self.collections.resize_with(at + 1, Rc::default);
        }
        Rc::make_mut(&mut self.collections[at])
    }

    fn indexes_of(&self, collection: u32) -> impl Iterator<Item = &UniqueIndex> {
        self.indexes.iter().filter(move |index| index.collection == collection)
    }

    fn add(&mut self, collection: u32, document: Value) -> Result<(), Failure> {
        unique::check(self.indexes_of(collection), self.documents(collection), &document, None)?;
        self.slot(collection).push(document);
        Ok(())
    }

    fn put(&mut self, collection: u32, at: usize, document: Value) -> Result<(), Failure> {
        unique::check(self.indexes_of(collection), self.documents(collection), &document, Some(at))?;
        self.slot(collection)[at] = document;
        Ok(())
    }

    /// Without a sort, what comes after the last document wanted is not looked at.
    fn matching(
        &self,
        collection: u32,
        predicate: &Predicate<Value>,
        wanted: &Wanted<'_>,
    ) -> Result<Vec<&Value>, Failure> {
        let order = wanted.sort.map(Order::of_documents).transpose()?;
        let mut found = Vec::new();
        for document in self.documents(collection) {
            if order.is_none() && found.len() >= wanted.first {
                break;
            }
            if matching::matches(predicate, document)? {
                found.push(document);
            }
        }
        if let Some(order) = order {
            order.arrange(&mut found)?;
            found.truncate(wanted.first);
        }
        Ok(found)
    }

    /// The values at a path, those of an array one by one, each once.
    fn distinct(&self, collection: u32, field: &str, filter: &Value) -> Replied {
        let mut values: Vec<Value> = Vec::new();
        for document in self.matching(collection, &parse(filter)?, &Wanted::ALL)? {
            let mut found = Vec::new();
            traverse::values(document, field, &mut found);
            for value in found {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        Ok(Reply::Documents(values))
    }

    fn insert(&mut self, collection: u32, documents: &[Value], ordered: bool, fresh: &mut u32) -> Replied {
        let (mut ids, mut failed) = (Vec::with_capacity(documents.len()), None);
        for document in documents {
            let document = identified(document, fresh);
            match valid_id(&document).and_then(|id| self.add(collection, document).map(|()| id)) {
                Ok(id) => ids.push(id),
                Err(failure) => {
                    failed = Some(failure.after(failed.take()));
                    if ordered {
                        break;
                    }
                }
            }
        }
        failed.map_or(Ok(Reply::Inserted(ids)), Err)
    }

    fn delete(&mut self, collection: u32, filter: &Value, many: bool) -> Replied {
        let predicate = parse(filter)?;
        let (mut at, mut gone) = (0, 0);
        // What goes before a failure is gone.
        while let Some(document) = self.documents(collection).get(at) {
            if matching::matches(&predicate, document)? {
                self.slot(collection).remove(at);
                gone += 1;
                if !many {
                    break;
                }
            } else {
                at += 1;
            }
        }
        Ok(Reply::Deleted(gone))
    }

    fn update(&mut self, write: &Write<'_>, fresh: &mut u32) -> Replied {
        may_insert(write)?;
        let (mut matched, mut modified) = (0, 0);
        // No document is visited twice, for one that was written stays at its place.
        for at in 0..self.documents(write.collection).len() {
            let Some(found) = matching::find(&write.predicate, &self.documents(write.collection)[at])? else {
                continue;
            };
            matched += 1;
            modified += u64::from(self.change(write, at, found)?.is_some());
            if !write.many {
                break;
            }
        }
        let upserted = match matched {
            0 if write.upsert => self.upsert(write, fresh)?.field("_id").cloned(),
            _ => None,
        };
        Ok(Reply::Updated { matched, modified, upserted })
    }

    /// The document before and after, where the change is one.
    fn change(&mut self, write: &Write<'_>, at: usize, found: Found) -> Result<Option<Written>, Failure> {
        let before = self.documents(write.collection)[at].clone();
        let after = update::apply(&write.change, &before, &mut Context::new(found, false, write.now))?;
        if is_same(&before, &after) {
            return Ok(None);
        }
        self.put(write.collection, at, after.clone())?;
        Ok(Some(Written { before, after }))
    }

    fn upsert(&mut self, write: &Write<'_>, fresh: &mut u32) -> Result<Value, Failure> {
        let start = upsert::start(&write.predicate, matches!(write.change, Change::Replacement(_)))?;
        let mut context = Context::new(Found::None, true, write.now);
        let document = update::apply(&write.change, &start, &mut context)?;
        let document = identified(&document, fresh);
        valid_id(&document)?;
        self.add(write.collection, document.clone())?;
        Ok(document)
    }

    fn find_and_write(
        &mut self,
        write: &Write<'_>,
        returns: Returns,
        projection: Option<&Value>,
        fresh: &mut u32,
    ) -> Replied {
        let projection = Projection::read(projection)?;
        may_insert(write)?;
        let found = self.matching(write.collection, &write.predicate, &Wanted { sort: write.sort, first: 1 })?;
        let Some(document) = found.first().map(|document| (*document).clone()) else {
            if !write.upsert {
                return Ok(Reply::Found(None));
            }
            let inserted = self.upsert(write, fresh)?;
            return Ok(Reply::Made(match returns {
                Returns::Before => None,
                Returns::After => Some(projection.of(&inserted)),
            }));
        };
        let at =
            self.documents(write.collection).iter().position(|other| is_same(other, &document)).unwrap_or_default();
        let found = matching::find(&write.predicate, &document)?.unwrap_or_default();
        let written = self.change(write, at, found)?;
        let reply = match (returns, written) {
            (Returns::After, Some(written)) => written.after,
            (Returns::Before, Some(written)) => written.before,
            _ => document,
        };
        Ok(Reply::Found(Some(projection.of(&reply))))
    }
}

fn parse(filter: &Value) -> Result<Predicate<Value>, Failure> {
    Ok(predicate::parse(&Concrete, filter)?)
}

/// An update command takes operators or a pipeline.
fn operators(update: &Value, filters: &[Value]) -> Result<Change<Value>, Failure> {
    match change::parse(&Concrete, update, filters)? {
        Change::Replacement(_) => Failure::rejected("an update needs atomic operators"),
        change => Ok(change),
    }
}

fn replaced(replacement: &Value) -> Result<Change<Value>, Failure> {
    match change::parse(&Concrete, replacement, &[])? {
        change @ Change::Replacement(_) => Ok(change),
        _ => Failure::rejected("a replacement must not contain atomic operators"),
    }
}

/// The server takes no `$expr` in the filter of an upsert.
fn may_insert(write: &Write<'_>) -> Result<(), Failure> {
    if write.upsert && write.predicate.has_expression() {
        return Failure::rejected("$expr is not allowed in the query predicate for an upsert");
    }
    Ok(())
}

/// Whether two are one state of one document: a write makes a new allocation.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Document(a), Value::Document(b)) => Rc::ptr_eq(a, b),
        _ => a == b,
    }
}
