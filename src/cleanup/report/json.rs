//! The report as JSON.
//!
//! Input: surveys. Output: one versioned object. Must not know: other formats.

use super::found::Survey;
use crate::cleanup::tally::Affected;
use bson::Bson;
use serde_json::{Value, json};

/// The version of the format.
const VERSION: u32 = 1;

pub fn render(surveys: &[Survey]) -> String {
    let arrays: Vec<Value> = surveys.iter().map(one).collect();
    format!("{:#}\n", json!({ "version": VERSION, "arrays": arrays }))
}

fn one(survey: &Survey) -> Value {
    let tally = &survey.tally;
    let kinds = survey.identities.kinds().iter().zip(&tally.kinds).map(|(kind, count)| {
        json!({
            "name": kind.name, "key": kind.key.iter().map(|part| part.join(".")).collect::<Vec<_>>(),
            "documents": count.documents, "elements": count.elements, "duplicates": count.removed,
        })
    });
    json!({
        "place": survey.place, "field": survey.field,
        "documents": tally.documents, "affected": tally.affected, "unreadable": tally.unreadable,
        "elements": tally.elements, "duplicates": tally.removed(),
        "kinds": kinds.collect::<Vec<_>>(),
        "worst": tally.worst().into_iter().map(|document| worst(document, survey)).collect::<Vec<_>>(),
    })
}

fn worst(document: &Affected, survey: &Survey) -> Value {
    let id = Bson::try_from(document.id.clone()).map_or(Value::Null, Bson::into_canonical_extjson);
    let kinds = survey.identities.kinds().iter().zip(&document.kinds).filter(|(_, (elements, _))| *elements > 0);
    let kinds = kinds
        .map(|(kind, (elements, removed))| json!({ "name": kind.name, "elements": elements, "duplicates": removed }));
    json!({
        "_id": id, "elements": document.size, "duplicates": document.removed,
        "kinds": kinds.collect::<Vec<_>>(), "differing": document.differing,
    })
}
