//! Counts on the server what would go; no array leaves it, but those of the worst documents.
//!
//! Input: a target. Output: a tally. Must not know: formats.

use super::Watch;
use super::patience::patiently;
use super::ranges::{Range, Ranges, by_id};
use super::scope::{Target, simple};
use super::stages;
use crate::cleanup::plan::plan;
use crate::cleanup::tally::{Affected, Tally, affected};
use crate::error::Error;
use bson::raw::RawDocument;
use bson::{RawBson, RawDocumentBuf, rawdoc};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// How a collection is gone through.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub jobs: usize,
    pub batch: u32,
    /// Affected documents after which to stop.
    pub limit: Option<u64>,
    /// Worst documents to keep.
    pub worst: usize,
}

pub fn survey(target: &Target<'_>, pace: Pace, watch: &dyn Watch) -> Result<Tally, Error> {
    let kinds = target.identities.kinds().len();
    let total = Mutex::new(Tally::new(kinds, pace.worst));
    let taken = AtomicU64::new(0);
    watch.expect(expected(target)?);
    // Several connections would each find as many as all together may.
    let jobs = if pace.limit.is_some() { 1 } else { pace.jobs };
    each_range(target, jobs, &|range| {
        let left = pace.limit.map(|limit| limit.saturating_sub(taken.load(Ordering::SeqCst)));
        let tally = patiently(|| look(target, range, pace, left));
        let tally = tally.map_err(|error| target.error(&error))?;
        taken.fetch_add(tally.affected, Ordering::SeqCst);
        watch.advance(tally.documents);
        watch.moved(tally.removed());
        total.lock().unwrap_or_else(PoisonError::into_inner).merge(tally);
        Ok(pace.limit.is_none_or(|limit| taken.load(Ordering::SeqCst) < limit))
    })?;
    let mut total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    detail(target, &mut total)?;
    Ok(total)
}

/// Goes through all ranges with some threads, until one says that it is enough or fails.
pub fn each_range(
    target: &Target<'_>,
    jobs: usize,
    act: &(dyn Fn(&Range) -> Result<bool, Error> + Sync),
) -> Result<(), Error> {
    let ranges = Ranges::of(target);
    let failed: Mutex<Option<Error>> = Mutex::new(None);
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let work = || {
        while !is_over.load(Ordering::SeqCst) {
            let range = ranges.next().map_err(|error| target.error(&error));
            match range.and_then(|range| range.map_or(Ok(false), |range| act(&range))) {
                Ok(true) => {}
                Ok(false) => return is_over.store(true, Ordering::SeqCst),
                Err(error) => {
                    is_over.store(true, Ordering::SeqCst);
                    failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    return;
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs {
            scope.spawn(work);
        }
        work();
    });
    failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// Documents to expect: as the collection's own counter says, unless a filter asks for some.
pub fn expected(target: &Target<'_>) -> Result<u64, Error> {
    let count = patiently(|| match target.query.is_empty() {
        true => target.collection.estimated_document_count().run(),
        false => target.collection.count_documents(target.query.clone()).run(),
    });
    count.map_err(|error| target.error(&error))
}

/// Documents of a range, for the progress of a run.
pub fn documents_of(target: &Target<'_>, range: &Range) -> mongodb::error::Result<u64> {
    if let Some(documents) = range.documents {
        return Ok(documents);
    }
    let filter = target.query.clone();
    if range.from.is_none() {
        return target.collection.count_documents(filter).run();
    }
    let mut filter = filter;
    filter.extend(range.condition()?.unwrap_or_default());
    target.collection.count_documents(filter).hint(by_id()).run()
}

fn look(target: &Target<'_>, range: &Range, pace: Pace, left: Option<u64>) -> mongodb::error::Result<Tally> {
    let mut tally = Tally::new(target.identities.kinds().len(), pace.worst);
    let mut stages = stages::affected(target, range)?;
    if let Some(left) = left {
        stages.push(bson::doc! { "$limit": i64::try_from(left.max(1)).unwrap_or(i64::MAX) });
    }
    stages.push(stages::counted(target));
    let mut cursor = aggregate(target, stages, pace.batch).run()?;
    while cursor.advance()? {
        tally.add(read(cursor.current())?);
    }
    tally.documents = documents_of(target, range)?;
    Ok(tally)
}

pub fn aggregate<'t>(
    target: &'t Target<'_>,
    stages: Vec<bson::Document>,
    batch: u32,
) -> mongodb::action::Aggregate<'t, mongodb::action::ImplicitSession, RawDocumentBuf> {
    let aggregate = target.collection.aggregate(stages).with_type::<RawDocumentBuf>();
    let aggregate = aggregate.collation(simple()).batch_size(batch);
    if target.query.is_empty() && !target.is_collated { aggregate.hint(by_id()) } else { aggregate }
}

fn read(document: &RawDocument) -> mongodb::error::Result<Affected> {
    let id = document.get("_id")?.map_or(RawBson::Null, RawBson::from);
    let number = |value: bson::raw::RawBsonRef<'_>| value.as_i32().unwrap_or_default() as u64;
    let size = document.get("size")?.map(number).unwrap_or_default();
    let of = document.get_document("of")?;
    let mut kinds = Vec::new();
    for (all, left) in of.get_array("all")?.into_iter().zip(of.get_array("left")?) {
        let (all, left) = (number(all?), number(left?));
        kinds.push((all, all - left.min(all)));
    }
    let removed = kinds.iter().map(|(_, removed)| removed).sum();
    Ok(Affected { id, size, removed, kinds, differing: None })
}

/// Looks into documents: in which fields what goes differs from what stays.
fn detail(target: &Target<'_>, tally: &mut Tally) -> Result<(), Error> {
    tally.detail(|document| {
        let array = patiently(|| array_of(target, &document.id)).map_err(|error| target.error(&error))?;
        let now = array.and_then(|array| {
            let plan = plan(&array, &target.identities).ok()?;
            affected(document.id.clone(), &array, &plan, &target.identities)
        });
        Ok(now.and_then(|now| now.differing))
    })
}

/// The array of a document as it is now; `None` when it is gone.
pub fn array_of(target: &Target<'_>, id: &RawBson) -> mongodb::error::Result<Option<bson::RawArrayBuf>> {
    let by_id = bson::Document::try_from(&rawdoc! { "_id": { "$eq": id.as_raw_bson_ref() } })?;
    let is_array = bson::doc! { "$match": { "$expr": stages::is_array(&target.field) } };
    let stages = vec![bson::doc! { "$match": by_id }, is_array, stages::array(target)];
    let aggregate = target.collection.aggregate(stages).with_type::<RawDocumentBuf>();
    let mut cursor = aggregate.collation(simple()).run()?;
    match cursor.advance()? {
        true => Ok(Some(cursor.current().get_array("array")?.to_owned())),
        false => Ok(None),
    }
}
