//! Witnesses that no analysis found, written down.

use pushguard::diagnostic::{
    Analysis, Command, End, Finding, Harm, Inputs, Level, Move, Proof, Related, Role, Stored, Witness,
};
use pushguard::source::{FileId, Place, SourceFile, Sources};
use serde_json::Value;

/// A witness of two requests from its parts: the documents of collection `c`, the steps as `[request, method, arguments,
/// result]` or `[request, effect]`, and the documents and effects of the outcome and of one serial order.
pub fn witness(start: Value, steps: Value, outcome: (Value, Value), serial: (Value, Value)) -> Witness {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let documents = |list: Value| -> Vec<Stored> {
        let list = list.as_array().unwrap().clone();
        list.into_iter().map(|document| Stored { collection: "c".into(), document }).collect()
    };
    let step = |step: &Value| Move {
        request: usize::from(step[0] == "B"),
        command: match step.as_array().unwrap().len() {
            2 => Command::Effect { text: text(&step[1]) },
            _ => Command::Database {
                collection: "c".into(),
                method: text(&step[1]),
                arguments: step[2].as_array().unwrap().clone(),
            },
        },
        place: Some(if step[1] == "findOne" { CHECK } else { ACT }),
        result: step.get(3).map_or_else(String::new, text),
        stored: None,
    };
    let end = |(stored, effects): (Value, Value)| End {
        documents: documents(stored),
        effects: effects.as_array().unwrap().iter().map(text).collect(),
    };
    Witness {
        kind: Harm::Race,
        start: documents(start),
        indexes: Vec::new(),
        requests: ["A", "B"].map(|name| Inputs { name: name.into(), inputs: Vec::new() }).into(),
        steps: steps.as_array().unwrap().iter().map(step).collect(),
        outcome: end(outcome),
        serial: vec![end(serial)],
    }
}

const CHECK: Place = Place { file: FileId(0), start: 0, end: 7 };
const ACT: Place = Place { file: FileId(0), start: 9, end: 14 };

/// A run with one finding that has this witness.
pub fn proven(witness: Witness) -> (Sources, Analysis) {
    let sources = Sources::new(vec![SourceFile::new("a.js".into(), "check();\nact();\n", true)]);
    let finding = Finding {
        rule: "check-then-update",
        level: Level::Error,
        message: "two requests\u{2028}throw new Error('run')".into(),
        place: ACT,
        label: "acted on here".into(),
        function: "act".into(),
        collection: Some("c".into()),
        array: None,
        related: vec![Related { place: CHECK, role: Role::Check, message: "checked here".into() }],
        help: String::new(),
        call: None,
        once: None,
        fix: None,
        unfixed: None,
        proof: Proof::Proven(witness.into()),
        lowered: None,
        fingerprint: "0123456789abcdef0123456789abcdef".into(),
    };
    (sources, Analysis { findings: vec![finding], ..Analysis::default() })
}
