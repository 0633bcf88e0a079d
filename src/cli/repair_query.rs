//! `pushguard repair-query`.
//!
//! Input: arguments. Output: queries for the harm that a finding has done already. Must not know: how they come about.

use super::args::{ListFormat, RepairArgs};
use super::{CLEAN, delivered, located};
use crate::error::Error;
use crate::repair::{Query, queries};
use crate::report::escape;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::io::Write;

#[derive(Serialize)]
struct Log<'a> {
    version: u8,
    rule: &'a str,
    path: &'a str,
    line: u32,
    queries: Vec<JsonQuery<'a>>,
}

#[derive(Serialize)]
struct JsonQuery<'a> {
    collection: &'a str,
    counts: &'a str,
    pipeline: &'a [Value],
    index: Option<JsonIndex>,
}

#[derive(Serialize)]
struct JsonIndex {
    keys: Map<String, Value>,
    options: Value,
}

pub fn run(args: &RepairArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let located = located::open(&args.at, stderr)?;
    let (run, project) = (located.run(), &located.project);
    let here = located.findings(args.rule.as_deref());
    let Some(first) = here.first() else { return Err(located::none_at(&args.at, args.rule.as_deref())) };
    let tried = here.iter().map(|finding| (finding, queries(finding, &project.config.arrays, &project.analysis.paths)));
    let tried: Vec<_> = tried.collect();
    let Some((finding, queries)) = tried.iter().find_map(|(finding, tried)| Some((finding, tried.as_ref().ok()?)))
    else {
        let why = tried.first().and_then(|(_, tried)| tried.as_ref().err()).copied().unwrap_or_default();
        return Err(Error::Usage {
            message: format!("there is no query for `{}` at {}: {why}", first.rule, args.at),
            remedy: format!("`pushguard explain {}` says what to look for", first.rule),
        });
    };
    let Some(spot) = run.sources.get(finding.place.file).zip(run.line_of(finding.place)) else { return Ok(CLEAN) };
    let (path, line) = (spot.0.path.as_str(), spot.1);
    delivered(match args.format {
        ListFormat::Json => {
            let queries = queries.iter().map(json_query).collect();
            let log = Log { version: 1, rule: finding.rule, path, line, queries };
            serde_json::to_writer(&mut *stdout, &log).map_err(std::io::Error::from).and_then(|()| writeln!(stdout))
        }
        ListFormat::Human => {
            let head = format!("// {} at {path}:{line}: {}", finding.rule, finding.message);
            let texts: Vec<String> = queries.iter().map(script).collect();
            write!(stdout, "{}\n\n{}", escape::line(&head), texts.join("\n"))
        }
    })?;
    Ok(CLEAN)
}

fn json_query(query: &Query) -> JsonQuery<'_> {
    let Query { collection, counts, pipeline, index } = query;
    let index = index.as_ref().map(|keys| JsonIndex {
        keys: keys.iter().map(|key| (key.clone(), json!(1))).collect(),
        options: json!({ "unique": true }),
    });
    JsonQuery { collection, counts, pipeline, index }
}

/// The calls for mongosh.
fn script(query: &Query) -> String {
    let json_query = json_query(query);
    let collection = format!("db.getCollection({})", shown(&json!(query.collection)));
    let stages: Vec<String> = query.pipeline.iter().map(|stage| format!("  {},\n", shown(stage))).collect();
    let mut text = format!(
        "// Counts {}. Without the last stage, it names them.\n{collection}.aggregate([\n{}]);\n",
        escape::line(&query.counts),
        stages.concat()
    );
    match json_query.index {
        Some(JsonIndex { keys, options }) => text.push_str(&format!(
            "// Refuses the next one. The server does not make it while there are any.\n{collection}.createIndex({}, {});\n",
            shown(&Value::Object(keys)),
            shown(&options)
        )),
        None => text.push_str(
            "// No index refuses them: a unique index compares documents, not the elements of one. The filter of the write has to.\n",
        ),
    }
    text
}

fn shown(value: &Value) -> String {
    escape::json(&value.to_string())
}
