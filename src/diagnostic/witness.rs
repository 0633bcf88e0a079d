//! The proof of a finding: two requests, what is stored before, the order of their commands, and what is stored after.
//!
//! Input: values the judge chose and ran. Output: plain data, which the reports show and a script replays.
//! Must not know: how a witness is found, syntax, formats.
//!
//! Every value and document is MongoDB Extended JSON in its relaxed form: `{ "$oid": "…" }` with 24 hexadecimal digits,
//! `{ "$date": "…" }`, plain numbers where they are exact.

use crate::source::Place;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a witness shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Harm {
    /// An outcome that no serial order of the requests gives.
    Race,
    /// The act is done twice, although the stored end is that of a serial order.
    ActsTwice,
    /// A request that runs again after itself leaves something else than one that runs alone.
    RetryDiffers,
}

/// An interleaving of requests, and the outcome it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    pub kind: Harm,
    /// The documents before.
    pub start: Vec<Stored>,
    /// The unique indexes of the collections, but for those on `_id`.
    pub indexes: Vec<Index>,
    /// One for each request, which a move names by its index.
    pub requests: Vec<Inputs>,
    /// In the order in which they run.
    pub steps: Vec<Move>,
    /// The outcome of these steps.
    pub outcome: End,
    /// The outcomes of the requests one after the other, without repeats.
    pub serial: Vec<End>,
}

impl Witness {
    /// Whether more documents of a collection are left than by any serial order; of all collections where none is named.
    pub fn leaves_more(&self, collection: Option<&str>) -> bool {
        let count = |documents: &[Stored]| {
            let is_counted = |stored: &&Stored| collection.is_none_or(|name| stored.collection == name);
            documents.iter().filter(is_counted).count()
        };
        self.serial.iter().all(|end| count(&end.documents) < count(&self.outcome.documents))
    }

    /// Whether a list at a path gets an element from each of two requests, and from no two in any serial order.
    pub fn adds_twice(&self, path: &str) -> bool {
        let left = elements(&self.outcome.documents, path);
        let before = elements(&self.start, path);
        left > before + 1 && self.serial.iter().all(|end| elements(&end.documents, path) < left)
    }

    /// Whether another request does something between the first step of the request that does a step, and that step.
    pub fn is_disturbed(&self, at: usize) -> bool {
        let Some(step) = self.steps.get(at) else { return false };
        let before = self.steps.iter().take(at).skip_while(|other| other.request != step.request);
        before.filter(|other| other.request != step.request).any(|other| !other.command.is_read())
    }

    /// Whether no serial order leaves the same but for these fields.
    pub fn differs_beyond(&self, fields: &[&str]) -> bool {
        let left = self.outcome.without(fields);
        self.serial.iter().all(|end| end.without(fields) != left)
    }
}

/// One document of one collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    pub collection: String,
    pub document: Value,
}

/// A unique index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub collection: String,
    /// Paths of the indexed fields, in their order.
    pub keys: Vec<String>,
    pub sparse: bool,
    /// The filter of a partial index (`partialFilterExpression`).
    pub partial: Option<Value>,
}

/// What a request carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// `A` or `B`.
    pub name: String,
    /// Source texts, such as `req.body.amount`, and their values.
    pub inputs: Vec<(String, Value)>,
}

/// One command of one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Index into [`Witness::requests`].
    pub request: usize,
    pub command: Command,
    /// Where the code does it; `None` for what a library does by itself.
    #[serde(skip)]
    pub place: Option<Place>,
    /// What the request gets back, in these words, which the script compares with those of a real server (an empty text
    /// with nothing): `found` or `null` of a command that gives one document; a number of `countDocuments`, and for the
    /// documents of `find`, `aggregate` and `distinct`; `matched 1`, or `upserted` where one is inserted, of an update or a
    /// replacement; `inserted 1`; `deleted 1`; `E11000` where a unique index refuses it, and `error 112` for other codes.
    pub result: String,
    /// The documents that are stored then, where they differ from those before; `None` also where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<Vec<Stored>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Command {
    Database {
        collection: String,
        /// The name of the method in the official driver for Node: `findOne`, `updateOne`, `insertOne`.
        method: String,
        /// As the method takes them, options included but for a session: the commands of a transaction stand together.
        /// An insert names the `_id` of its document where a later command does.
        arguments: Vec<Value>,
    },
    /// Something outside of the database.
    Effect {
        /// `sendMail(…)`
        text: String,
    },
}

impl Command {
    /// Whether it leaves everything as it was.
    fn is_read(&self) -> bool {
        let Self::Database { method, .. } = self else { return false };
        matches!(method.as_str(), "findOne" | "find" | "countDocuments" | "aggregate" | "distinct")
    }
}

/// An outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// All documents of the collections that the requests touch.
    pub documents: Vec<Stored>,
    /// What was done outside, in any order.
    pub effects: Vec<String>,
}

/// How many elements the lists at a path have together.
fn elements(documents: &[Stored], path: &str) -> usize {
    let list =
        |stored: &Stored| path.split('.').try_fold(&stored.document, |at, name| at.get(name))?.as_array().map(Vec::len);
    documents.iter().filter_map(list).sum()
}

impl End {
    /// Documents without these fields, and effects, in no order that the requests decide.
    fn without(&self, fields: &[&str]) -> (Vec<String>, Vec<&str>) {
        let kept = |stored: &Stored| {
            let mut document = stored.document.clone();
            if let Value::Object(entries) = &mut document {
                entries.retain(|name, _| !fields.contains(&name.as_str()));
            }
            format!("{} {document}", stored.collection)
        };
        let mut documents: Vec<String> = self.documents.iter().map(kept).collect();
        let mut effects: Vec<&str> = self.effects.iter().map(String::as_str).collect();
        documents.sort_unstable();
        effects.sort_unstable();
        (documents, effects)
    }
}

impl Command {
    /// Whether it can change what is stored, or does something outside.
    pub fn is_change(&self) -> bool {
        const READS: [&str; 7] =
            ["aggregate", "count", "countDocuments", "distinct", "estimatedDocumentCount", "find", "findOne"];
        match self {
            Command::Database { method, .. } => !READS.contains(&method.as_str()),
            Command::Effect { .. } => true,
        }
    }
}
