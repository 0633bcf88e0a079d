//! A witness as a program for Node that plays it on a server.
//!
//! Input: a finding with a witness. Output: the text of the program, which needs nothing but the official driver.
//! Must not know: whether there is a server.

use crate::diagnostic::Finding;
use crate::report::json::witness::json_witness;
use crate::report::{Run, escape};
use serde_json::Value;

/// What every such program does; it reads the constants that are written before it.
const REPLAY: &str = include_str!("replay.js");

/// The program; `None` for a finding without a witness.
pub fn script(run: &Run<'_>, finding: &Finding) -> Option<String> {
    let witness = finding.proof.witness()?;
    let spot = run.locate(finding.place)?;
    let place = format!("{}:{}", spot.file.path, spot.start.line);
    let witness = literal(&serde_json::to_value(json_witness(run, &witness)).ok()?);
    let name: String = finding.fingerprint.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    let head = [
        "Plays two requests at once on a MongoDB server, command by command, and looks at what is stored then."
            .to_owned(),
        format!("{} at {place}: {}", finding.rule, finding.message),
    ];
    let head: Vec<String> = head.iter().map(|line| format!("// {}", escape::line(line))).collect();
    // A strict program must begin so.
    let replay = REPLAY.strip_prefix("'use strict';\n").unwrap_or(REPLAY);
    Some(format!(
        "'use strict';\n\n{}\n\nconst DATABASE = 'pushguard_witness_{name}';\nconst WITNESS = {witness};\n{replay}",
        head.join("\n")
    ))
}

/// A value as an expression of JavaScript, each element of a list in its fields on a line of its own. JSON is such an
/// expression but for `__proto__`, which as a key of a literal is no field.
fn literal(value: &Value) -> String {
    let text = value.to_string();
    if text.contains("__proto__") {
        return format!("JSON.parse({})", Value::String(text));
    }
    let Some(fields) = value.as_object() else { return text };
    let lines = fields.iter().map(|(name, field)| {
        let name = Value::String(name.clone());
        match field.as_array().filter(|elements| !elements.is_empty()) {
            Some(elements) => {
                let elements: Vec<String> = elements.iter().map(|element| format!("    {element},\n")).collect();
                format!("  {name}: [\n{}  ],\n", elements.concat())
            }
            None => format!("  {name}: {field},\n"),
        }
    });
    format!("{{\n{}}}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_an_expression_whatever_it_holds() {
        let value = json!({ "a": 1, "b": [{ "c": [1, "\u{2028}"] }, 2], "d": [] });
        let expected = "{\n  \"a\": 1,\n  \"b\": [\n    {\"c\":[1,\"\u{2028}\"]},\n    2,\n  ],\n  \"d\": [],\n}";
        assert_eq!(literal(&value), expected);
        let parsed = literal(&serde_json::from_str("{\"__proto__\": \"'\\\"\"}").expect("JSON"));
        assert_eq!(parsed, r#"JSON.parse("{\"__proto__\":\"'\\\"\"}")"#);
    }
}
