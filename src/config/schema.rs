//! The JSON schema of `pushguard.toml`, generated from the types of the configuration.
//!
//! Input: those types, and the identifiers and summaries of the rules. Output: a JSON document.
//! Must not know: what a rule does, where the schema is kept.

use super::Config;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Where the schema of this version is published.
pub fn url() -> String {
    concat!(env!("CARGO_PKG_REPOSITORY"), "/raw/v", env!("CARGO_PKG_VERSION"), "/pushguard.schema.json").to_owned()
}

/// The schema. `rules` are the identifiers of the rules, each with a sentence about it.
pub fn generate(rules: &[(&str, &str)]) -> Value {
    // Draft 7 is what editors of TOML files read.
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Config>();
    schema.insert("$id".to_owned(), url().into());
    schema.insert("title".to_owned(), "pushguard.toml".into());
    schema.insert(
        "description".to_owned(),
        "Which arrays hold elements with identity, and how pushguard judges them.".into(),
    );
    let levels: Map<String, Value> = rules
        .iter()
        .map(|(id, summary)| {
            // Beside a reference, draft 7 ignores every other word.
            let level = json!({ "description": summary, "allOf": [{ "$ref": "#/definitions/RuleLevel" }] });
            ((*id).to_owned(), level)
        })
        .collect();
    for place in ["/properties/rules", "/definitions/Override/properties/rules"] {
        if let Some(named) = schema.pointer_mut(place).and_then(Value::as_object_mut) {
            named.insert("properties".to_owned(), Value::Object(levels.clone()));
            named.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
    }
    schema.to_value()
}
