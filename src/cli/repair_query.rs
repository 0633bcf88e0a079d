//! `pushguard repair-query`.
//!
//! Input: arguments. Output: queries for the harm that a finding has done already. Must not know: how they come about.

use super::args::{ListFormat, RepairArgs};
use super::{CLEAN, delivered, located};
use crate::diagnostic::StoredName;
use crate::error::Error;
use crate::repair::{Query, queries};
use crate::report::escape;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
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
#[serde(rename_all = "camelCase")]
struct JsonQuery<'a> {
    collection: &'a str,
    /// The model of which it is the collection.
    model: Option<&'a str>,
    /// Whether something that is not known may give it another name.
    by_default: bool,
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
    let analysis = &project.analysis;
    let here = located.findings(args.rule.as_deref());
    let Some(first) = here.first() else { return Err(located::none_at(&args.at, args.rule.as_deref())) };
    let tried = here
        .iter()
        .map(|finding| (finding, queries(finding, &project.config.arrays, &analysis.paths, &analysis.stored_names)));
    let tried: Vec<_> = tried.collect();
    let Some((finding, queries)) = tried.iter().find_map(|(finding, tried)| Some((finding, tried.as_ref().ok()?)))
    else {
        let why = tried.first().and_then(|(_, tried)| tried.as_ref().err()).copied().unwrap_or_default();
        return Err(Error::Usage {
            message: format!("there is no query for `{}` at {}: {why}", first.rule, args.at),
            remedy: format!("`pushguard explain {}` says what the harm is", first.rule),
        });
    };
    let Some(spot) = run.sources.get(finding.place.file).zip(run.line_of(finding.place)) else { return Ok(CLEAN) };
    let names = &analysis.stored_names;
    let (path, line) = (spot.0.path.as_str(), spot.1);
    delivered(match args.format {
        ListFormat::Json => {
            let queries = queries.iter().map(|query| json_query(query, names)).collect();
            let log = Log { version: 1, rule: finding.rule, path, line, queries };
            serde_json::to_writer(&mut *stdout, &log).map_err(std::io::Error::from).and_then(|()| writeln!(stdout))
        }
        ListFormat::Human => {
            let head = format!("// {} at {path}:{line}: {}", finding.rule, finding.message);
            let texts: Vec<String> = queries.iter().map(|query| script(query, names)).collect();
            write!(stdout, "{}\n\n{}", escape::line(&head), texts.join("\n"))
        }
    })?;
    Ok(CLEAN)
}

/// The names in the database, by those of the code.
type Names = BTreeMap<String, StoredName>;

fn json_query<'a>(query: &'a Query, names: &'a Names) -> JsonQuery<'a> {
    let Query { collection, counts, pipeline, index } = query;
    let stored = names.get(collection);
    let index = index.as_ref().map(|once| {
        let mut options = Map::from_iter([("unique".to_owned(), json!(true))]);
        if once.sparse {
            options.insert("sparse".to_owned(), json!(true));
        }
        if !once.partial.is_empty() {
            options.insert("partialFilterExpression".to_owned(), Value::Object(once.partial.clone()));
        }
        let keys = once.keys.iter().map(|key| (key.clone(), json!(1))).collect();
        JsonIndex { keys, options: Value::Object(options) }
    });
    JsonQuery {
        collection: stored.map_or(collection.as_str(), |stored| stored.name.as_str()),
        model: stored.filter(|stored| stored.is_model).map(|_| collection.as_str()),
        by_default: stored.is_some_and(|stored| !stored.is_sure),
        counts,
        pipeline,
        index,
    }
}

/// Of which model a collection is, and whether that is known.
fn origin(query: &JsonQuery<'_>) -> String {
    let Some(model) = query.model else { return String::new() };
    let text = match query.by_default {
        true => format!(
            "// The collection of the model `{model}`, by default `{}`: whether the code gives it another name is not known. Compare with `show collections`.\n",
            query.collection
        ),
        false => format!("// `{}` is the collection of the model `{model}`.\n", query.collection),
    };
    format!("{}\n", escape::line(text.trim_end()))
}

/// The calls for mongosh.
fn script(query: &Query, names: &Names) -> String {
    let json_query = json_query(query, names);
    let collection = format!("db.getCollection({})", shown(&json!(json_query.collection)));
    let stages: Vec<String> = query.pipeline.iter().map(|stage| format!("  {},\n", shown(stage))).collect();
    let mut text = format!(
        "{}// Counts {}. Without the last stage, it names them.\n{collection}.aggregate([\n{}]);\n",
        origin(&json_query),
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
