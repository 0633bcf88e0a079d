//! The shape of each format, on a race whose ends are in two files.

use super::*;
use crate::coverage::{Coverage, Cut, LeftOut, Unresolved};
use crate::diagnostic::{Analysis, Applicability, Caller, Edit, Finding, Fix, Level, Related, Role, WritePath};
use crate::source::{FileId, Place, SourceFile, Sources};

/// A file, and the first place of a word in it.
fn place(sources: &Sources, file: u32, word: &str) -> Place {
    let text = &sources.get(FileId(file)).expect("a file").text;
    let start = text.find(word).expect("the word") as u32;
    Place { file: FileId(file), start, end: start + word.len() as u32 }
}

/// A coverage with more names than a line gives.
fn coverage() -> Coverage {
    let unresolved = ["./a", "./b", "@app/c", "#d"];
    Coverage {
        functions: 3,
        calls: 2,
        writes: 1,
        collections: 1,
        unresolved: unresolved.map(|specifier| Unresolved { path: "a.js".into(), specifier: specifier.into() }).into(),
        cut: vec![Cut { path: "b\u{1b}.js".into(), function: "f".into(), what: "calls too deep" }],
        left_out: LeftOut { tests: 2, folders: vec!["vendor".into()], ..LeftOut::default() },
        warnings: vec!["nothing was checked".into()],
        ..Coverage::default()
    }
}

pub(super) fn race() -> (Sources, Analysis) {
    let sources = Sources::new(vec![
        SourceFile::new(
            "models/a b.js".into(),
            "async function has(id) {\n  return chats.findOne({ id });\n}\n",
            false,
        ),
        SourceFile::new("routes/é.js".into(), "/* \u{1b}[31m😀 */ await chats.updateOne(\n  { id },\n);\n", true),
    ]);
    let act = place(&sources, 1, "chats.updateOne(\n  { id },\n)");
    let finding = Finding {
        rule: "check-then-push",
        level: Level::Error,
        message: "two requests can both append\u{1b}[0m".into(),
        place: act,
        label: "acted on here".into(),
        function: "addMessage".into(),
        collection: Some("chats".into()),
        array: None,
        related: vec![
            Related {
                place: place(&sources, 0, "chats.findOne({ id })"),
                role: Role::Check,
                message: "checked [here]".into(),
            },
            Related { place: place(&sources, 1, "await"), role: Role::Gap, message: "waits here".into() },
        ],
        help: "add `id: { $ne: id }`".into(),
        call: Some("id: { $ne: id }".into()),
        once: None,
        unfixed: None,
        fix: Some(Fix {
            applicability: Applicability::Safe,
            title: "Guard".into(),
            edits: vec![Edit { place: place(&sources, 1, "{ id }"), text: "{}".into() }],
        }),
        proof: crate::diagnostic::Proof::NotJudged,
        lowered: None,
        fingerprint: "0123456789abcdef0123456789abcdef".into(),
    };
    let path = WritePath {
        place: act,
        function: "addMessage".into(),
        collection: None,
        array: "messages".into(),
        tracked: true,
        operator: "$push".into(),
        kinds: vec!["image".into()],
        guard: None,
        key: vec!["imageId".into()],
        verdict: "unguarded".into(),
        result_read: Some(false),
        lock: Some("locks by id".into()),
        callers: vec![Caller { function: "POST /chat".into(), place: place(&sources, 0, "has"), entry: Some("route") }],
    };
    (sources, Analysis { findings: vec![finding], paths: vec![path], coverage: coverage(), ..Analysis::default() })
}

fn written(format: Format) -> String {
    let (sources, analysis) = race();
    let run = Run { sources: &sources, analysis: &analysis, prefix: "", below: "", exit_code: 1 };
    let mut out = Vec::new();
    write(format, &run, &Style::default(), &mut out).expect("a report");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn compact_is_one_line_for_each_finding() {
    let expected = "routes/é.js:1:21: error check-then-push: two requests can both append\\u{1b}[0m\n";
    assert_eq!(written(Format::Compact), expected);
}

#[test]
fn json_has_every_field_of_the_contract() {
    let log: serde_json::Value = serde_json::from_str(&written(Format::Json)).expect("JSON");
    let expected = serde_json::json!({
        "version": 1,
        "files": 1,
        "findings": [{
            "rule": "check-then-push",
            "level": "error",
            "message": "two requests can both append\u{1b}[0m",
            "path": "routes/é.js",
            "line": 1, "column": 21, "endLine": 3, "endColumn": 2,
            "function": "addMessage",
            "collection": "chats",
            "array": null,
            "related": [
                { "path": "models/a b.js", "line": 2, "column": 10, "message": "checked [here]" },
                { "path": "routes/é.js", "line": 1, "column": 15, "message": "waits here" },
            ],
            "help": "add `id: { $ne: id }`",
            "fix": { "title": "Guard", "applicability": "safe", "edits": [
                { "path": "routes/é.js", "line": 2, "column": 3, "endLine": 2, "endColumn": 9, "text": "{}" },
            ] },
            "fingerprint": "0123456789abcdef0123456789abcdef",
        }],
    });
    let mut log = log;
    let summary = log.as_object_mut().and_then(|log| log.remove("summary"));
    assert_eq!(log, expected);
    assert_eq!(summary, Some(expected_summary()));
}

fn expected_summary() -> serde_json::Value {
    let imports = ["./a", "./b", "@app/c", "#d"].map(|it| serde_json::json!({ "path": "a.js", "specifier": it }));
    serde_json::json!({
        "files": 1, "functions": 3, "databaseCalls": 2, "writes": 1, "collections": 1, "trackedArrays": 0,
        "errors": 1, "warnings": 0, "infos": 0, "suppressed": 0, "baselined": 0, "resolvedImports": 0,
        "notFollowed": {
            "imports": { "count": 4, "first": imports },
            "collections": { "count": 0, "first": [] },
            "functions": { "count": 1, "first": [
                { "path": "b\u{1b}.js", "function": "f", "what": "calls too deep" },
            ] },
            "files": { "count": 0, "first": [] },
        },
        "leftOut": { "tests": 2, "minified": 0, "excluded": 0, "folders": ["vendor"], "unsearched": [] },
        "notes": ["nothing was checked"],
    })
}

#[test]
fn the_summary_names_the_first_of_what_was_not_followed_and_ends_with_the_totals() {
    let expected = "\
looked at 3 functions: 2 database calls (1 write) on 1 collection, 0 tracked arrays
not followed: 1 function too large to follow: b\\u{1b}.js `f` (calls too deep)
not followed: 4 imports of the project's own that no file was found for: a.js `./a`, a.js `./b`, a.js `@app/c`, …
left out: 2 test files, 1 folder with database calls: vendor/
1 error, 0 warnings in 1 file
";
    let human = written(Format::Human);
    let wrapped = expected.replace("a.js `@app/c`", "\n  a.js `@app/c`").replace(", \n", ",\n");
    assert!(human.ends_with(&wrapped), "{human}");
    let (sources, analysis) = race();
    let run = Run { sources: &sources, analysis: &analysis, prefix: "", below: "", exit_code: 1 };
    let mut bare = Vec::new();
    write_summary(&run, usize::MAX, &mut bare).expect("a summary");
    assert_eq!(String::from_utf8(bare).expect("UTF-8"), expected);
}

#[test]
fn human_shows_both_ends_with_their_own_positions_and_no_escapes() {
    let text = written(Format::Human);
    assert!(!text.contains('\u{1b}'), "{text}");
    for part in [
        "error[check-then-push] routes/é.js:1:21\n",
        "[routes/é.js:1:21]",
        "[models/a b.js:2:10]",
        "acted on here",
        "checked [here]",
        "help: add",
        "waits here",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    let at = |part: &str| text.find(part).expect("the part");
    assert!(at("checked [here]") < at("acted on here"), "the check comes first\n{text}");
    assert!(text.ends_with("\n1 error, 0 warnings in 1 file\n"), "{text}");
}

#[test]
fn sarif_links_both_ends_and_keeps_the_region_on_one_line() {
    let log: serde_json::Value = serde_json::from_str(&written(Format::Sarif)).expect("JSON");
    let run = &log["runs"][0];
    let result = &run["results"][0];
    let invocation = &run["invocations"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&true.into(), &1.into()));
    let told = invocation["toolExecutionNotifications"].as_array().expect("notifications");
    let levels: Vec<_> = told.iter().map(|told| &told["level"]).collect();
    assert_eq!(levels, ["warning", "note", "note"]);
    assert_eq!(run["properties"]["summary"], expected_summary());
    assert_eq!(run["automationDetails"]["id"], "pushguard/");
    assert_eq!(
        result["message"]["text"],
        "two requests can both append\u{1b}[0m. See: [checked \\[here\\]](1), [waits here](2)."
    );
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "routes/%C3%A9.js");
    let region = serde_json::json!({ "startLine": 1, "startColumn": 21, "endLine": 1, "endColumn": 37 });
    assert_eq!(location["region"], region);
    assert_eq!(result["relatedLocations"][0]["id"], 1);
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("steps");
    let texts: Vec<_> = steps.iter().map(|step| &step["location"]["message"]["text"]).collect();
    assert_eq!(texts, ["checked [here]", "waits here", "acted on here"]);
    let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().expect("an index") as usize];
    assert_eq!(rule["id"], "check-then-push");
    assert_eq!(result["partialFingerprints"]["pushguard/v1"], "0123456789abcdef0123456789abcdef");
}

#[test]
fn paths_are_a_table_and_an_object() {
    let (sources, analysis) = race();
    let run = Run { sources: &sources, analysis: &analysis, prefix: "", below: "", exit_code: 0 };
    let (mut human, mut json) = (Vec::new(), Vec::new());
    paths_human(&run, None, &mut human).expect("a table");
    paths_json(&run, &mut json).expect("an object");
    let human = String::from_utf8(human).expect("UTF-8");
    let expected = "\
WHERE          FUNCTION    ARRAY       WRITE  KIND   GUARD  LOCK         RESULT   VERDICT
routes/é.js:1  addMessage  *.messages  $push  image  -      locks by id  dropped  unguarded
    started by route POST /chat at models/a b.js:1
1 write path in 1 file: 1 unguarded
";
    assert_eq!(human, expected);
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["paths"][0]["callers"][0]["function"], "POST /chat");
    assert_eq!(json["paths"][0]["callers"][0]["entry"], "route");
    assert_eq!(json["paths"][0]["resultRead"], false);
    assert_eq!(json["paths"][0]["endLine"], 3);
}

/// Two requests that both append.
fn appended_twice(place: Place) -> crate::diagnostic::Witness {
    use crate::diagnostic::{Command, End, Harm, Inputs, Move, Stored, Witness};
    let chat = |messages: &[i32]| Stored {
        collection: "chats".into(),
        document: serde_json::json!({ "_id": 1, "messages": messages }),
    };
    let end = |messages: &[i32]| End { documents: vec![chat(messages)], effects: Vec::new() };
    let push = |request| Move {
        request,
        command: Command::Database {
            collection: "chats".into(),
            method: "updateOne".into(),
            arguments: vec![serde_json::json!({ "_id": 1 }), serde_json::json!({ "$push": { "messages": 7 } })],
        },
        place: Some(place),
        result: "matched 1".into(),
        stored: Some(vec![chat(if request == 0 { &[7] } else { &[7, 7] })]),
    };
    Witness {
        kind: Harm::Race,
        start: vec![chat(&[])],
        indexes: Vec::new(),
        requests: ["A", "B"].map(|name| Inputs { name: name.into(), inputs: Vec::new() }).into(),
        steps: vec![push(0), push(1)],
        outcome: end(&[7, 7]),
        serial: vec![end(&[7])],
    }
}

#[test]
fn every_format_tells_a_proof_and_its_absence() {
    let (sources, mut analysis) = race();
    let written = |analysis: &Analysis, format: Format| {
        let run = Run { sources: &sources, analysis, prefix: "", below: "", exit_code: 1 };
        let mut out = Vec::new();
        write(format, &run, &Style::default(), &mut out).expect("a report");
        String::from_utf8(out).expect("UTF-8")
    };
    let formats = [Format::Human, Format::Json, Format::Sarif, Format::Github, Format::Gitlab, Format::Junit];
    analysis.findings[0].proof = crate::diagnostic::Proof::Unproven("`f` is not\u{1b} followed".into());
    for format in formats {
        let text = written(&analysis, format);
        assert!(text.contains("not proven") && text.contains("`f` is not") && !text.contains('\u{1b}'), "{text}");
    }
    let witness = appended_twice(analysis.findings[0].place);
    analysis.findings[0].proof = crate::diagnostic::Proof::Proven(witness.into());
    for format in formats {
        let text = written(&analysis, format);
        assert!(text.contains("proven") && !text.contains("not proven"), "{text}");
        assert!(format == Format::Json || text.contains("[{ messages: [7, 7], … }]"), "{text}");
    }
    let human = written(&analysis, Format::Human);
    assert!(human.starts_with("error[check-then-push] routes/é.js:1:21 proven\n"), "{human}");
    let (snippet, after) = human.split_once("  before: [{ messages: [], … }]\n  request A ").expect("a witness");
    assert!(snippet.contains("acted on here") && after.contains("\n  help: add"), "{human}");
    // The flow of a race without a witness has one thread.
    let log: serde_json::Value = serde_json::from_str(&written(&analysis, Format::Sarif)).expect("JSON");
    let threads = log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"].as_array().expect("flows");
    assert_eq!(threads.iter().map(|thread| &thread["id"]).collect::<Vec<_>>(), ["A", "B"]);
}
