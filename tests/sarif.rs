//! SARIF against the standard's schema, and the line hash against the vectors that the upload action publishes.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;
mod support;
mod tools;

use pushguard::report::sarif::line_hashes;
use pushguard::report::{self, Format, Run, Style};
use serde_json::{Value, json};
use shell::{CLEAN, Project, RACY};
use std::path::{Path, PathBuf};
use std::process::Command;
use support::hand_made::{proven, witness};

fn problems(log: &Value) -> Vec<String> {
    let schema = include_str!("../fixtures/schemas/sarif-2.1.0.json");
    let schema: Value = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    validator.iter_errors(log).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn reports_with_and_without_findings_are_valid() {
    for files in [&[("routes/a b.js", RACY)][..], &[("routes/a.js", CLEAN)], &[("routes/a.js", "let = ;")], &[]] {
        let log = Project::new(files).run(&["check", "--format", "sarif"]).json();
        assert_eq!(problems(&log), Vec::<String>::new());
        assert!(log["runs"][0]["results"].is_array());
    }
}

#[test]
fn the_shipped_projects_give_valid_reports_with_consistent_links() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/projects/chat-before");
    let log = Project::new(&[]).run(&["check", root, "--format", "sarif"]).json();
    assert_eq!(problems(&log), Vec::<String>::new());
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        let message = result["message"]["text"].as_str().unwrap();
        for related in result["relatedLocations"].as_array().into_iter().flatten() {
            assert!(message.contains(&format!("]({})", related["id"])), "{message}");
        }
        let location = &result["locations"][0]["physicalLocation"];
        let uri = location["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.starts_with('/') && !uri.contains(':') && !uri.contains(".."), "{uri}");
        assert_eq!(location["region"]["startLine"], location["region"]["endLine"]);
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().contains(':'));
        assert_eq!(result["partialFingerprints"]["pushguard/v1"].as_str().unwrap().len(), 32);
    }
}

/// Microsoft's validator.
fn multitool() -> Option<PathBuf> {
    let tool = tools::node_modules().join("@microsoft/sarif-multitool-linux/Sarif.Multitool");
    tools::is_there(&tool).then_some(tool)
}

/// What the validator says of a report, by its own rules and GitHub's. Its exit code says nothing.
fn complaints(tool: &Path, project: &Project, report: &Value) -> Vec<String> {
    let report_path = project.write("report.sarif", report.to_string().as_bytes());
    let verdict_path = project.path().join("verdict.sarif");
    let mut command = Command::new(tool);
    command.args(["validate", "--rule-kind", "Sarif;Ghas", "--log", "ForceOverwrite", "-o"]);
    let output = command.args([&verdict_path, &report_path]).output().unwrap();
    assert!(verdict_path.is_file(), "{output:?}");
    let verdict: Value = serde_json::from_str(&project.read("verdict.sarif")).unwrap();
    let run = &verdict["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], true, "{run}");
    run["results"].as_array().into_iter().flatten().map(Value::to_string).collect()
}

#[test]
fn the_multitool_with_the_rules_of_github_has_no_complaint() {
    let Some(tool) = multitool() else { return };
    let racy = Project::new(&[("models/a b.js", RACY), ("models/c.js", "let = ;")]);
    let shipped = Project::new(&[]);
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/projects/chat-before");
    let suppressed = format!("// pushguard-ignore-file check-then-push -- one worker\n{RACY}");
    let accepted = Project::new(&[("models/a.js", &suppressed)]);
    let empty = Project::new(&[]);
    assert_eq!(complaints(&tool, &empty, &interleaved()), Vec::<String>::new());
    let runs: [(&Project, &[&str]); 4] =
        [(&racy, &["."]), (&shipped, &[root]), (&accepted, &["--report-suppressed"]), (&empty, &[])];
    for (project, args) in runs {
        let mut report = project.run(&[&["check", "--format", "sarif"], args].concat()).json();
        assert_eq!(complaints(&tool, project, &report), Vec::<String>::new());
        report["runs"][0]["tool"]["driver"]["rules"][0].as_object_mut().unwrap().remove("help");
        assert!(!complaints(&tool, project, &report).is_empty(), "the validator does not look");
    }
}

/// Two requests that both see enough.
fn interleaved() -> Value {
    let account = |balance: i32| json!([{ "_id": 1, "balance": balance }]);
    let steps = json!([
        ["A", "findOne", [{ "_id": 1 }], "found"],
        ["B", "findOne", [{ "_id": 1 }], "found"],
        ["B", "updateOne", [{ "_id": 1 }, { "$inc": { "balance": -80 } }], "matched 1"],
        ["A", "updateOne", [{ "_id": 1 }, { "$inc": { "balance": -80 } }], "matched 1"],
    ]);
    let (sources, analysis) = proven(witness(account(100), steps, (account(-60), json!([])), (account(20), json!([]))));
    let run = Run { sources: &sources, analysis: &analysis, prefix: "", below: "", exit_code: 1 };
    let mut text = Vec::new();
    report::write(Format::Sarif, &run, &Style::default(), &mut text).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn a_witness_is_one_code_flow_with_a_thread_flow_for_each_request() {
    let log = interleaved();
    assert_eq!(problems(&log), Vec::<String>::new());
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["properties"]["proof"], "proven");
    assert_eq!(result["codeFlows"].as_array().unwrap().len(), 1);
    let flow = &result["codeFlows"][0];
    let told = "two requests at once store [{ balance: -60, … }]; one after the other [{ balance: 20, … }]";
    assert_eq!(flow["message"]["text"], told);
    let threads: Vec<Value> = flow["threadFlows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|thread| {
            let locations = thread["locations"].as_array().unwrap().iter();
            let steps = locations.map(|at| {
                let location = &at["location"];
                let line = &location["physicalLocation"]["region"]["startLine"];
                json!([at["executionOrder"], line, location["message"]["text"]])
            });
            json!([thread["id"], steps.collect::<Vec<Value>>()])
        })
        .collect();
    let find = "c.findOne({ _id: 1 }) → found";
    let take = "c.updateOne({ _id: 1 }, { $inc: { balance: -80 } }) → matched 1";
    let expected = json!([["A", [[1, 1, find], [4, 2, take]]], ["B", [[2, 1, find], [3, 2, take]]]]);
    assert_eq!(json!(threads), expected);
}

/// What is before the act on its line, the text before that line, and the column of the act.
#[test]
fn columns_count_utf16_units_whatever_is_before() {
    let cases = [
        ("", "  ", 3),
        ("", "\t\t", 3),
        ("", "/* 😀 */ ", 10),
        ("", "/* é\u{301} */\t", 10),
        ("\u{feff}", "/* 😀😀 */ ", 12),
        ("/* 😀 */\r\n", "\t", 2),
        ("\u{feff}'use strict';\r\n", "/* \u{10ffff} */ ", 10),
        ("\u{2028}/* a\u{2029}b */", "  ", 3),
    ];
    for (start, before, column) in cases {
        let line_end = if start.contains("\r\n") { "\r\n" } else { "\n" };
        let text = format!("{start}{}", RACY.replace("  await", &format!("{before}await")).replace('\n', line_end));
        let log = Project::new(&[("models/a.js", &text)]).run(&["check", "--format", "sarif"]).json();
        let result = &log["runs"][0]["results"][0];
        let region = &result["locations"][0]["physicalLocation"]["region"];
        let line = 5 + start.matches("\r\n").count();
        let expected = json!({
            "startLine": line, "startColumn": column + 6,
            "endLine": line, "endColumn": column + 6 + r"chats.updateOne({ _id: id }, { $push: { messages: item } })".len(),
        });
        assert_eq!(region, &expected, "{text:?}");
        let inserted = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
        assert_eq!(
            inserted["deletedRegion"]["startColumn"],
            column + 6 + "chats.updateOne({ _id: id".len(),
            "{text:?}"
        );
        assert_eq!(inserted["deletedRegion"]["endColumn"], inserted["deletedRegion"]["startColumn"]);
        assert_eq!(problems(&log), Vec::<String>::new());
    }
}

/// The action reads a byte-order mark as a character of the first line; it starts no other line.
#[test]
fn the_line_hash_counts_the_byte_order_mark() {
    // What the action's own code gives for "\u{feff}a\nb\n" and for "a\nb\n".
    assert_eq!(line_hashes("\u{feff}a\nb\n"), ["8fff498b8a070609:1", "ade70578248be16f:1", "c129715d7a2bc9a3:1"]);
    assert_eq!(line_hashes("a\nb\n"), ["81b8d8db678b2bbe:1", "ade70578248be16f:1", "c129715d7a2bc9a3:1"]);
    let one_line = RACY.replace("\n", " ");
    for text in [one_line.clone(), format!("\u{feff}{one_line}")] {
        let log = Project::new(&[("models/a.js", &text)]).run(&["check", "--format", "sarif"]).json();
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["partialFingerprints"]["primaryLocationLineHash"], line_hashes(&text)[0], "{text:?}");
    }
}

#[test]
fn a_race_has_its_flow_its_links_and_its_fix() {
    let log = Project::new(&[("models/a.js", RACY)]).run(&["check", "--format", "sarif"]).json();
    let result = &log["runs"][0]["results"][0];
    let line = |location: &Value| location["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| line(&step["location"])).collect::<Vec<_>>(), [3, 5]);
    assert_eq!(line(&result["relatedLocations"][0]), 3);
    assert!(result["message"]["text"].as_str().unwrap().contains("[checked here](1)"), "{result}");
    let fix = &result["fixes"][0];
    assert_eq!(fix["description"]["text"], "Add `'messages.mergeId': { $ne: item.mergeId }` to the filter");
    let replacement = &fix["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], ", 'messages.mergeId': { $ne: item.mergeId }");
    assert_eq!(log["runs"][0]["automationDetails"]["id"], "pushguard/");
}

/// GitHub requires these of every rule, and refuses longer descriptions.
#[test]
fn every_rule_is_described() {
    let log = Project::new(&[]).run(&["check", "--format", "sarif"]).json();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), pushguard::rules::ALL.len());
    for rule in rules {
        for text in [&rule["shortDescription"]["text"], &rule["fullDescription"]["text"], &rule["help"]["markdown"]] {
            assert!(!text.as_str().unwrap().is_empty(), "{}", rule["id"]);
        }
        assert!(rule["fullDescription"]["text"].as_str().unwrap().chars().count() <= 1024);
        let properties = &rule["properties"];
        let precisions = ["very-high", "high", "medium", "low"];
        assert!(precisions.contains(&properties["precision"].as_str().unwrap()), "{rule}");
        let severities = ["error", "warning", "recommendation"];
        assert!(severities.contains(&properties["problem.severity"].as_str().unwrap()), "{rule}");
        let tags = properties["tags"].as_array().unwrap();
        assert!((1..=10).contains(&tags.len()), "{rule}");
    }
}

/// The schema check must be able to fail.
#[test]
fn the_schema_refuses_a_broken_report() {
    let mut log = Project::new(&[("routes/a.js", RACY)]).run(&["check", "--format", "sarif"]).json();
    log["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!problems(&log).is_empty());
}

/// From `src/fingerprints.test.ts` of github/codeql-action.
#[test]
fn the_line_hash_is_the_upload_actions_own() {
    let six = ["8b7cf3e952e7aeb2:1", "b1ae1287ec4718d9:1", "bff680108adb0fcc:1", "c6805c5e1288b612:1"];
    let six = [&six[..], &["b86d3392aea1be30:1", "e6ceba753e1a442:1"]].concat();
    let seven = ["e9496ae3ebfced30:1", "fb7c023a8b9ccb3f:1", "ce8ba1a563dcdaca:1", "e20e36e16fcb0cc8:1"];
    let seven = [&seven[..], &["b3edc88f2938467e:1", "c8e28b0b4002a3a0:1", "c129715d7a2bc9a3:1"]].concat();
    let lorem = "Lorem ipsum dolor sit amet.\n".repeat(10);
    let mut ten: Vec<String> = (1..=6).map(|at| format!("a7f2ff13bc495cf2:{at}")).collect();
    let tail =
        ["a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1", "55ec222b86bcae53:1", "cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1"];
    ten.extend(tail.map(str::to_owned));
    let ten: Vec<&str> = ten.iter().map(String::as_str).collect();
    let vectors: [(&str, &[&str]); 9] = [
        ("", &["c129715d7a2bc9a3:1"]),
        (" a\nb\n  \t\tc\n d", &["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End", &six),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", &seven),
        (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", &seven),
        (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", &seven),
        (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", &seven),
        (&lorem, &ten),
        (
            "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
            &[
                "e54938cc54b302f1:1",
                "bb609acbe9138d60:1",
                "1131fd5871777f34:1",
                "5c482a0f8b35ea28:1",
                "54517377da7028d2:1",
                "2c644846cb18d53e:1",
                "f1b89f20de0d133:1",
                "c129715d7a2bc9a3:1",
            ],
        ),
    ];
    for (text, hashes) in vectors {
        assert_eq!(line_hashes(text), hashes, "{text:?}");
    }
}
