//! How the clean-up of an array would be done.
//!
//! Input: a target. Output: the aggregation, what the server says about it, and a statement of the removal. Nothing is changed.
//! Must not know: formats.

use super::ranges::{DOCUMENTS, Ranges};
use super::scope::{Target, simple};
use super::survey::expected;
use super::{stages, statement};
use crate::cleanup::operation::{Operation, Removed};
use crate::error::Error;
use bson::{Bson, Document, RawBson, RawDocumentBuf, doc};
use mongodb::error::Result as Answer;

pub fn explain(target: &Target<'_>) -> Result<Bson, Error> {
    let documents = expected(target)?;
    plan(target, documents).map_err(|error| target.error(&error))
}

fn plan(target: &Target<'_>, documents: u64) -> Answer<Bson> {
    let range = Ranges::of(target).next()?;
    let mut survey = Vec::new();
    if let Some(range) = &range {
        survey = stages::affected(target, range)?;
        survey.push(stages::counted(target));
    }
    let mut aggregate = doc! {
        "aggregate": target.collection.name(), "pipeline": survey.clone(), "cursor": {},
        "collation": mongodb_document(&simple()),
    };
    if target.query.is_empty() && !target.is_collated {
        aggregate.insert("hint", doc! { "_id": 1 });
    }
    let told = target.database.run_command(doc! { "explain": aggregate, "verbosity": "queryPlanner" }).run()?;
    let documents_per_range =
        range.and_then(|range| range.documents).map_or(Bson::Null, |_| Bson::Int64(DOCUMENTS as i64));
    Ok(Bson::Document(doc! {
        "namespace": target.collection.namespace().to_string(),
        "field": target.dotted(),
        "documents": i64::try_from(documents).unwrap_or(i64::MAX),
        "documentsPerRange": documents_per_range,
        "survey": survey,
        "server": server(&told),
        "removal": statement::shown(&statement::removal(&target.field, &example())?)?,
    }))
}

fn mongodb_document(collation: &mongodb::options::Collation) -> Document {
    doc! { "locale": &collation.locale }
}

/// Two elements of which the second goes.
fn example() -> Operation {
    let element = RawDocumentBuf::try_from(&doc! { "…": "the element as it was read" }).unwrap_or_default();
    let removed =
        Removed { at: 1, first: 0, is_copy: true, kind: String::new(), behind: 0, after: 0, element: element.clone() };
    let id = RawBson::String("the document".to_owned());
    Operation { number: 0, id, removed: vec![removed], firsts: vec![(0, element)] }
}

/// The stages that the server has chosen, for each shard.
fn server(told: &Document) -> Bson {
    let mut chosen = Vec::new();
    collect(&Bson::Document(told.clone()), "server", &mut chosen);
    Bson::Array(chosen.into_iter().map(Bson::String).collect())
}

fn collect(value: &Bson, name: &str, chosen: &mut Vec<String>) {
    match value {
        Bson::Document(document) => {
            if let Ok(plan) = document.get_document("winningPlan") {
                let mut stages = Vec::new();
                walk(plan, &mut stages);
                chosen.push(format!("{name}: {}", stages.join(" <- ")));
            }
            for (inner, value) in document.iter().filter(|(inner, _)| *inner != "winningPlan" && *inner != "command") {
                let is_shard = name == "shards";
                let label = if is_shard || matches!(inner.as_str(), "shards") { inner } else { name };
                collect(value, label, chosen);
            }
        }
        Bson::Array(items) => items.iter().for_each(|item| collect(item, name, chosen)),
        _ => {}
    }
}

fn walk(plan: &Document, stages: &mut Vec<String>) {
    let plan = plan.get_document("queryPlan").unwrap_or(plan);
    if let Ok(stage) = plan.get_str("stage") {
        let index = plan.get_str("indexName").map(|index| format!(" {index}")).unwrap_or_default();
        stages.push(format!("{stage}{index}"));
    }
    if let Ok(inner) = plan.get_document("inputStage") {
        walk(inner, stages);
    }
}
