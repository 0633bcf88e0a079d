//! What a team accepts, and what a hook or an editor asks for: suppressions, the baseline, and the options of the gate.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{CLEAN, Project, RACY};

const BASELINE: &str = "pushguard-baseline.json";
const FORMATS: [&str; 4] = ["human", "json", "sarif", "compact"];

fn suppressed() -> String {
    RACY.replace("  await chats.up", "  // pushguard-ignore-next-line check-then-push -- one worker\n  await chats.up")
}

#[test]
fn a_suppressed_finding_is_left_out_of_every_format_and_shown_with_its_reason_on_request() {
    let project = Project::new(&[("models/a.js", &suppressed())]);
    for format in FORMATS {
        let outcome = project.run(&["check", "--fail-on", "info", "--format", format]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(!outcome.stdout.contains("models/a.js"), "{outcome:?}");
    }
    let show = |format| project.run(&["check", "--report-suppressed", "--fail-on", "info", "--format", format]);
    let json = show("json");
    assert_eq!((json.code, json.findings()), (Some(0), vec!["models/a.js:6 check-then-push".to_owned()]));
    let mark = &json.json()["findings"][0]["suppressed"];
    assert_eq!((mark["by"].as_str(), mark["reason"].as_str()), (Some("directive"), Some("one worker")));
    let sarif = show("sarif").json();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["suppressions"], serde_json::json!([{ "kind": "inSource", "justification": "one worker" }]));
    assert!(result.get("baselineState").is_none(), "{result}");
    let human = show("human").stdout;
    assert!(human.starts_with("suppressed[check-then-push] models/a.js:6:"), "{human}");
    assert!(human.contains("(one worker): ") && human.contains("1 suppressed in 1 file"), "{human}");
    assert!(!show("compact").stdout.contains("models/a.js"));
}

#[test]
fn a_suppression_without_use_or_reason_is_a_warning() {
    let project = Project::new(&[
        ("models/a.js", &suppressed().replace(" -- one worker", "")),
        ("models/b.js", "// pushguard-ignore-file lost-update -- gone\nmodule.exports = 1;\n"),
    ]);
    let outcome = project.run(&["check", "--format", "compact"]);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(
        lines[0].starts_with("models/a.js:5:6: warning unused-suppression: this directive gives no reason"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("models/a.js:6:9: error check-then-push"), "{lines:?}");
    assert!(lines[2].starts_with("models/b.js:1:26: warning unused-suppression: no `lost-update`"), "{lines:?}");
    assert_eq!(lines.len(), 3);
    // A file that only gives context is not judged.
    let other = project.run(&["check", "models/a.js", "--format", "json"]);
    assert!(other.findings().iter().all(|finding| finding.starts_with("models/a.js")), "{other:?}");
}

/// Two functions with a race each.
fn two() -> String {
    format!("{RACY}{}", RACY.replace("add", "addLater").replace("mergeId", "videoId"))
}

fn check(project: &Project) -> Vec<String> {
    let outcome = project.run(&["check", "--format", "json"]);
    let findings = outcome.findings();
    assert_eq!(outcome.code, Some(i32::from(!findings.is_empty())), "{outcome:?}");
    findings
}

fn accepted(text: &str) -> Project {
    let project = Project::new(&[("models/a.js", text)]);
    let written = project.run(&["baseline"]);
    assert_eq!((written.code, written.stderr.as_str()), (Some(0), ""), "{written:?}");
    assert_eq!(check(&project), Vec::<String>::new());
    project
}

#[test]
fn a_baseline_survives_a_refactoring() {
    let project = accepted(&two());
    let file = project.read(BASELINE);
    // Lines added above, the functions in another order, local variables and parameters renamed, layout changed.
    let functions: Vec<&str> = RACY.split_inclusive("module.exports").collect();
    assert_eq!(functions.len(), 2);
    let renamed = two()
        .replace("chats.", "store.")
        .replace("const chats", "const store")
        .replace("found", "already")
        .replace("item", "entry")
        .replace("await store.updateOne({ _id: id }, {", "await store.updateOne(\n    { _id: id }, {");
    let (first, second) = renamed.split_once("async function addLater").unwrap();
    let moved = format!("// A comment.\n\nconst x = 1;\nasync function addLater{second}{first}");
    assert!(!moved.contains("item") && moved.contains("entry.videoId"), "{moved}");
    project.write("models/a.js", moved.as_bytes());
    let outcome = project.run(&["check"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{outcome:?}");
    project.run(&["baseline"]);
    assert_eq!(project.read(BASELINE), file);
}

#[test]
fn a_baseline_catches_a_swap() {
    for (from, to, code) in [
        // Another key, another array, another collection, another function: another race.
        ("mergeId", "imageId", 1),
        ("messages", "images", 1),
        ("'chats'", "'rooms'", 1),
        ("function add(", "function put(", 1),
    ] {
        let project = accepted(RACY);
        project.write("models/a.js", RACY.replace(from, to).replace("{ add }", "{ add: 1 }").as_bytes());
        let outcome = project.run(&["check", "--format", "json"]);
        assert_eq!((outcome.code, outcome.findings().len()), (Some(code), 1), "{from} {outcome:?}");
        assert!(outcome.stderr.contains("fixed: models/a.js: check-then-push in add"), "{from} {outcome:?}");
        assert!(outcome.stderr.contains("1 entry of pushguard-baseline.json out of date"), "{outcome:?}");
    }
}

#[test]
fn a_baseline_follows_a_renamed_file_and_no_copy_of_it() {
    let project = accepted(RACY);
    project.write("models/b.js", RACY.as_bytes());
    assert_eq!(check(&project), ["models/b.js:5 check-then-push"], "a copy is new");
    std::fs::remove_file(project.path().join("models/a.js")).unwrap();
    let moved = project.run(&["check"]);
    assert_eq!(moved.code, Some(0), "{moved:?}");
    assert!(moved.stderr.contains("moved: models/a.js: check-then-push in add, now models/b.js"), "{moved:?}");
    project.write("models/c.js", RACY.as_bytes());
    assert_eq!(check(&project), ["models/c.js:5 check-then-push"], "one entry accepts one finding");
    project.run(&["baseline", "--prune"]);
    assert!(project.read(BASELINE).contains("models/b.js"), "{}", project.read(BASELINE));
    assert_eq!(check(&project), ["models/c.js:5 check-then-push"]);
}

#[test]
fn two_equal_findings_of_one_function_stay_apart() {
    let push = "  await chats.updateOne({ _id: id }, { $push: { messages: item } });\n";
    let text = RACY.replace(push, &format!("  if (id.a) {{\n  {push}  }} else {{\n  {push}  }}\n"));
    let project = accepted(RACY);
    project.write("models/a.js", text.as_bytes());
    assert_eq!(check(&project).len(), 1, "the second is new");
    project.run(&["baseline"]);
    assert_eq!(check(&project), Vec::<String>::new());
    let entries = project.read(BASELINE).lines().filter(|line| line.contains("fingerprint")).count();
    assert_eq!(entries, 2);
}

#[test]
fn fixed_findings_are_told_and_pruned_and_new_ones_are_not_slipped_in() {
    let project = accepted(&two());
    project.write("models/b.js", RACY.replace("add", "put").as_bytes());
    project.write("models/a.js", RACY.as_bytes());
    let outcome = project.run(&["check", "--format", "json"]);
    assert_eq!(outcome.findings(), ["models/b.js:5 check-then-push"]);
    assert!(outcome.stderr.contains("fixed: models/a.js: check-then-push in addLater"), "{outcome:?}");
    // A run over another file does not know.
    let other = project.run(&["check", "models/b.js"]);
    assert!(!other.stderr.contains("fixed"), "{other:?}");
    let partial = project.run(&["baseline", "--prune", "models/b.js"]);
    assert!(partial.stdout.ends_with("pushguard-baseline.json: 2 accepted, 0 added, 0 removed\n"), "{partial:?}");
    std::fs::remove_file(project.path().join("models/a.js")).unwrap();
    let partial = project.run(&["baseline", "--prune", "models/b.js"]);
    assert!(partial.stdout.ends_with("2 accepted, 0 added, 0 removed\n"), "{partial:?}");
    project.write("models/a.js", RACY.as_bytes());
    let pruned = project.run(&["baseline", "--prune"]);
    assert!(pruned.stdout.ends_with("pushguard-baseline.json: 1 accepted, 0 added, 1 removed\n"), "{pruned:?}");
    assert_eq!(check(&project), ["models/b.js:5 check-then-push"]);
    let added = project.run(&["baseline", "models/b.js"]);
    assert!(added.stdout.ends_with("pushguard-baseline.json: 2 accepted, 1 added, 0 removed\n"), "{added:?}");
    assert_eq!(check(&project), Vec::<String>::new());
}

#[test]
fn the_baseline_can_be_named_refused_and_ignored() {
    let project = accepted(RACY);
    assert_eq!(project.run(&["check", "--no-baseline"]).code, Some(1));
    std::fs::rename(project.path().join(BASELINE), project.path().join("other.json")).unwrap();
    assert_eq!(project.run(&["check"]).code, Some(1));
    assert_eq!(project.run(&["check", "--baseline", "other.json"]).code, Some(0));
    assert_eq!(project.run(&["check", "--baseline", "none.json"]).code, Some(2));
    project.write(BASELINE, b"{\n<<<<<<< HEAD\n");
    let broken = project.run(&["check"]);
    assert!(broken.code == Some(2) && broken.stderr.contains("pushguard-baseline.json:2"), "{broken:?}");
    assert_eq!(project.run(&["baseline"]).code, Some(2));
    assert_eq!(project.read(BASELINE), "{\n<<<<<<< HEAD\n", "a file that cannot be read is not overwritten");
}

#[test]
fn sarif_tells_new_from_unchanged_only_beside_a_baseline() {
    let project = accepted(RACY);
    project.write("models/b.js", RACY.as_bytes());
    let results = |args: &[&str]| {
        project.run(&[&["check", "--format", "sarif"], args].concat()).json()["runs"][0]["results"].clone()
    };
    let new = results(&[]);
    assert_eq!((new.as_array().unwrap().len(), new[0]["baselineState"].as_str()), (1, Some("new")));
    assert!(new[0].get("suppressions").is_none());
    let all = results(&["--report-suppressed"]);
    assert_eq!((all[0]["baselineState"].as_str(), all[1]["baselineState"].as_str()), (Some("unchanged"), Some("new")));
    assert_eq!(all[0]["suppressions"], serde_json::json!([{ "kind": "external" }]));
    let without = results(&["--no-baseline"]);
    assert!(without.as_array().unwrap().iter().all(|result| result.get("baselineState").is_none()), "{without}");
}

#[test]
fn excludes_hold_for_named_files_when_forced() {
    let project = Project::new(&[
        ("models/a.js", RACY),
        ("models/gen/b.js", RACY),
        ("models/c.test.js", RACY),
        ("pushguard.toml", "exclude = [\"gen/\"]\n"),
    ]);
    let named = ["models/a.js", "models/gen/b.js", "models/c.test.js"];
    let paths = |args: &[&str]| project.run(&[&["check", "--list-files"], args, &named[..]].concat()).stdout;
    assert_eq!(paths(&[]), "models/a.js\nmodels/c.test.js\nmodels/gen/b.js\n");
    assert_eq!(paths(&["--force-exclude"]), "models/a.js\n");
    let none = ["check", "--force-exclude", "models/gen/b.js"];
    assert_eq!(project.run(&none).code, Some(2));
    assert_eq!(project.run(&[&none[..], &["--no-error-on-unmatched"]].concat()).code, Some(0));
}

#[test]
fn unmatched_paths_are_an_error_unless_expected() {
    let project = Project::new(&[("models/a.js", RACY), ("README.md", "")]);
    for path in ["gone.js", "README.md"] {
        let refused = project.run(&["check", path]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
        // Never the whole project instead.
        let outcome = project.run(&["check", "--no-error-on-unmatched", path, "--format", "json"]);
        assert_eq!((outcome.code, outcome.findings().len(), &outcome.json()["files"]), (Some(0), 0, &0.into()));
    }
    let both = project.run(&["check", "--no-error-on-unmatched", "gone.js", "models/a.js", "--format", "json"]);
    assert_eq!((both.code, both.findings().len()), (Some(1), 1), "{both:?}");
}

#[test]
fn standard_input_replaces_one_file_of_the_project() {
    let wrapper = "exports.push = (c, id, m) => c.updateOne({ _id: id }, { $push: { messages: m } });\n";
    let caller = "const { push } = require('./wrapper');\nmodule.exports = async (db, id, m) => {\n  const c = db.collection('c');\n  if (await c.findOne({ _id: id, 'messages.mergeId': m.mergeId })) return;\n  await push(c, id, m);\n};\n";
    let project = Project::new(&[("models/wrapper.js", wrapper), ("models/caller.js", CLEAN), ("models/b.js", RACY)]);
    let check = |name: &str, text: &str| project.run_on(&["check", "--format", "json", "--stdin-filename", name], text);
    let outcome = check("models/caller.js", caller);
    assert_eq!((outcome.code, outcome.findings()), (Some(1), vec!["models/wrapper.js:1 check-then-push".to_owned()]));
    assert_eq!(check("models/caller.js", CLEAN).code, Some(0));
    // A file that is not saved yet, and one in a folder that does not exist.
    assert_eq!(check("models/new.js", RACY).findings(), ["models/new.js:5 check-then-push"]);
    assert_eq!(check("fresh/new.ts", RACY).findings(), ["fresh/new.ts:5 check-then-push"]);
    assert_eq!(check("notes.md", RACY).code, Some(2));
    assert_eq!(project.run_on(&["check", "--stdin-filename", "a.js", "models/b.js"], "").code, Some(2));
}

#[test]
fn warnings_have_a_threshold_of_their_own() {
    let unused = "// pushguard-ignore-file lost-update -- gone\n";
    let project = Project::new(&[("models/a.js", unused), ("models/b.js", unused)]);
    for format in FORMATS {
        let code = |args: &[&str]| project.run(&[&["check", "--format", format], args].concat()).code;
        assert_eq!(code(&[]), Some(0));
        assert_eq!(code(&["--max-warnings", "2"]), Some(0));
        assert_eq!(code(&["--max-warnings", "1"]), Some(1));
        assert_eq!(code(&["--fail-on", "warning"]), Some(1));
    }
}

#[test]
fn statistics_leave_the_report_whole() {
    let project = Project::new(&[("models/a.js", RACY), ("models/b.js", &two())]);
    let outcome = project.run(&["check", "--statistics", "--format", "json"]);
    assert_eq!(outcome.findings().len(), 3);
    assert_eq!(outcome.stderr, "     3  error    check-then-push\n");
}

#[test]
fn timings_name_the_stages_and_what_took_longest_and_leave_the_report_whole() {
    let project = Project::new(&[("models/a.js", RACY)]);
    let outcome = project.run(&["check", "--timings", "--format", "json"]);
    assert_eq!((outcome.code, outcome.findings().len()), (Some(1), 1));
    let mut titles: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in outcome.stderr.lines() {
        match line.split_once(" ms  ") {
            None => titles.push((line, Vec::new())),
            Some((taken, name)) => {
                assert!(taken.trim().parse::<f64>().unwrap() >= 0.0, "{line}");
                titles.last_mut().unwrap().1.push(name);
            }
        }
    }
    let [(first, stages), (second, files), (third, functions)] = &titles[..] else { panic!("{outcome:?}") };
    assert_eq!(
        (*first, *second, *third),
        ("time by stage:", "slowest files to parse and evaluate:", "slowest functions to link and judge:")
    );
    let known = ["find files", "read files", "parse and evaluate", "merge facts", "link functions", "rules", "report"];
    assert!(known.iter().all(|stage| stages.contains(stage)), "{stages:?}");
    assert_eq!(files, &["models/a.js"]);
    assert!(functions.contains(&"models/a.js `<module>`"), "{functions:?}");
}

#[test]
fn files_are_listed_and_not_analysed() {
    let project = Project::new(&[("models/a.js", RACY), ("lib/b.js", RACY)]);
    let listed = project.run(&["check", "--list-files"]);
    assert_eq!((listed.code, listed.stdout.as_str()), (Some(0), "lib/b.js\nmodels/a.js\n"));
}
