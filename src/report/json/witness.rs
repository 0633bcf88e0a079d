//! The witness of a finding, as the versioned JSON report has it.
//!
//! Input: a witness. Output: plain data with places in lines and columns. Must not know: the rest of a finding.

use super::place::{JsonPlace, json_place};
use crate::diagnostic::{Command, End, Harm, Index, Move, Packed, Proof, Stored, Witness};
use crate::report::Run;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Two requests and an order of their commands in which they do harm. Documents and values are MongoDB Extended JSON.
#[derive(Serialize, JsonSchema)]
pub(crate) struct JsonWitness<'a> {
    kind: Kind,
    /// The documents before.
    start: Vec<Document<'a>>,
    /// The unique indexes, but for those on `_id`.
    indexes: Vec<JsonIndex<'a>>,
    requests: Vec<Request<'a>>,
    /// The commands of the requests, in the order in which they run.
    steps: Vec<Step<'a>>,
    outcome: Outcome<'a>,
    /// What the requests store one after the other, each order once.
    serial: Vec<Outcome<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Kind {
    /// No order of the requests, one after the other, has this outcome.
    Race,
    /// The act is done twice, although what is stored in the end is that of a serial order.
    ActsTwice,
    /// A request that runs again after itself leaves something else than one that runs alone.
    RetryDiffers,
}

#[derive(Serialize, JsonSchema)]
struct Document<'a> {
    collection: &'a str,
    document: &'a Value,
}

#[derive(Serialize, JsonSchema)]
struct JsonIndex<'a> {
    collection: &'a str,
    /// Paths of the indexed fields, in their order.
    keys: &'a [String],
    sparse: bool,
    /// The filter of a partial index.
    partial: Option<&'a Value>,
}

#[derive(Serialize, JsonSchema)]
struct Request<'a> {
    /// `A` or `B`.
    name: &'a str,
    inputs: Vec<Input<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Input<'a> {
    /// The text of the code that has the value, such as `req.body.amount`.
    source: &'a str,
    value: &'a Value,
}

#[derive(Serialize, JsonSchema)]
struct Step<'a> {
    /// The name of the request.
    request: &'a str,
    command: JsonCommand<'a>,
    /// Where the code does it; null for what a library does by itself.
    site: Option<JsonPlace<'a>>,
    /// What the request gets back, such as `found`, `null`, `matched 1`, `E11000`.
    result: &'a str,
    /// All documents of the collections then, where the step changes them; absent for all steps where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<Vec<Document<'a>>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum JsonCommand<'a> {
    Database {
        collection: &'a str,
        /// The name of the method in the official driver for Node.
        method: &'a str,
        /// As the method takes them, options included.
        arguments: &'a [Value],
    },
    /// Something outside of the database.
    Effect { effect: &'a str },
}

#[derive(Serialize, JsonSchema)]
struct Outcome<'a> {
    documents: Vec<Document<'a>>,
    /// What was done outside of the database.
    effects: &'a [String],
}

/// A witness of a finding, unpacked where it is written.
pub(super) struct Shown<'a> {
    run: &'a Run<'a>,
    packed: &'a Packed,
}

impl<'a> Shown<'a> {
    pub(super) fn of(run: &'a Run<'a>, proof: &'a Proof) -> Option<Self> {
        match proof {
            Proof::Proven(packed) => Some(Self { run, packed }),
            Proof::NotJudged | Proof::Unproven(_) => None,
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let witness = self.packed.open();
        witness.as_ref().map(|witness| json_witness(self.run, witness)).serialize(serializer)
    }
}

pub(crate) fn json_witness<'a>(run: &Run<'a>, witness: &'a Witness) -> JsonWitness<'a> {
    let Witness { kind, start, indexes, requests, steps, outcome, serial } = witness;
    let step = |step: &'a Move| Step {
        request: requests.get(step.request).map_or("", |request| request.name.as_str()),
        command: match &step.command {
            Command::Database { collection, method, arguments } => {
                JsonCommand::Database { collection, method, arguments }
            }
            Command::Effect { text } => JsonCommand::Effect { effect: text },
        },
        site: step.place.and_then(|place| run.locate(place)).map(json_place),
        result: &step.result,
        stored: step.stored.as_deref().map(documents),
    };
    let index = |Index { collection, keys, sparse, partial }: &'a Index| JsonIndex {
        collection,
        keys,
        sparse: *sparse,
        partial: partial.as_ref(),
    };
    JsonWitness {
        kind: match kind {
            Harm::Race => Kind::Race,
            Harm::ActsTwice => Kind::ActsTwice,
            Harm::RetryDiffers => Kind::RetryDiffers,
        },
        start: documents(start),
        indexes: indexes.iter().map(index).collect(),
        requests: requests
            .iter()
            .map(|request| Request {
                name: &request.name,
                inputs: request.inputs.iter().map(|(source, value)| Input { source, value }).collect(),
            })
            .collect(),
        steps: steps.iter().map(step).collect(),
        outcome: end(outcome),
        serial: serial.iter().map(end).collect(),
    }
}

fn documents(stored: &[Stored]) -> Vec<Document<'_>> {
    stored.iter().map(|Stored { collection, document }| Document { collection, document }).collect()
}

fn end(End { documents: stored, effects }: &End) -> Outcome<'_> {
    Outcome { documents: documents(stored), effects }
}
