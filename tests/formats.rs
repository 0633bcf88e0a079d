//! Every format, as the real program writes it: valid for any run, escaped, and without a say in the exit code.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use serde_json::Value;
use shell::{CLEAN, Project, RACY};
use std::collections::BTreeSet;

const FORMATS: [&str; 9] = ["human", "json", "sarif", "compact", "github", "gitlab", "junit", "html", "markdown"];

/// A file name that every format must escape in its own way.
const NASTY: &str = "models/50% a,b:c&<d>é😀.js";

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// What must hold of any report of a format.
fn assert_valid(format: &str, report: &str) {
    match format {
        "json" | "sarif" => assert!(serde_json::from_str::<Value>(report).unwrap().is_object(), "{report}"),
        "gitlab" => {
            let issues: Value = serde_json::from_str(report).unwrap();
            let issues = issues.as_array().unwrap();
            for issue in issues {
                assert!(!text(&issue["description"]).is_empty() && !text(&issue["check_name"]).is_empty(), "{issue}");
                let severities = ["info", "minor", "major", "critical", "blocker"];
                assert!(severities.contains(&text(&issue["severity"])), "{issue}");
                assert!(!text(&issue["location"]["path"]).starts_with(['/', '.']), "{issue}");
                assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() > 0, "{issue}");
            }
            let unique: BTreeSet<&str> = issues.iter().map(|issue| text(&issue["fingerprint"])).collect();
            assert_eq!(unique.len(), issues.len());
        }
        "junit" => {
            let document = roxmltree::Document::parse(report).unwrap();
            let root = document.root_element();
            assert_eq!(root.tag_name().name(), "testsuites");
            let of = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count().to_string();
            assert_eq!(root.attribute("tests"), Some(of("testcase").as_str()));
            assert_eq!(root.attribute("failures"), Some(of("failure").as_str()));
            assert_ne!(of("testcase"), "0");
        }
        "github" => {
            for line in report.lines() {
                assert!(line.starts_with("::") || line.contains(" more: "), "{line}");
            }
        }
        "html" => {
            let (_, data) = report.split_once("id=\"data\">").unwrap();
            let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
            let findings = data["report"]["findings"].as_array().unwrap().len();
            assert_eq!(report.matches("<details class=\"finding").count(), findings, "{report}");
            assert_eq!(report.matches("</script>").count(), 2, "{report}");
        }
        "markdown" => {
            assert!(report.starts_with("## pushguard: ") && report.contains("<sub>looked at "), "{report}");
            assert_eq!(report.contains("| Level | Where |"), !report.contains("Nothing was found."), "{report}");
            assert_eq!(report.matches("<details>").count(), report.matches("</details>").count(), "{report}");
        }
        _ => assert!(!report.contains('\u{1b}'), "{report}"),
    }
}

#[test]
fn every_format_is_valid_for_every_run_and_none_changes_the_exit_code() {
    let unreadable = "const a = [;\n";
    let runs: [(&[(&str, &str)], i32); 5] = [
        (&[], 0),
        (&[("models/a.js", CLEAN)], 0),
        (&[("models/a.js", unreadable)], 0),
        (&[("models/a.js", RACY), (NASTY, RACY), ("models/b.js", unreadable)], 1),
        (&[("models/a.js", unreadable), ("pushguard.toml", "[rules]\nsyntax-error = \"error\"\n")], 1),
    ];
    for (files, code) in runs {
        let project = Project::new(files);
        let outputs: Vec<String> = FORMATS.iter().map(|format| format!("{format}=out.{format}")).collect();
        for format in FORMATS {
            let mut args = vec!["check", "--format", format];
            outputs.iter().for_each(|output| args.extend(["--output", output]));
            let outcome = project.run(&args);
            assert_eq!(outcome.code, Some(code), "{format}: {outcome:?}");
            assert_valid(format, &outcome.stdout);
            assert_eq!(project.read(&format!("out.{format}")), outcome.stdout, "{format}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_still_give_valid_reports() {
    let project = Project::new(&[]);
    project.write("models/a.js", b"const a = \xff\x00;\n");
    for format in FORMATS {
        let outcome = project.run(&["check", "--format", format, "--fail-on", "warning"]);
        assert_eq!(outcome.code, Some(1), "{format}: {outcome:?}");
        assert_valid(format, &outcome.stdout);
    }
}

#[test]
fn github_puts_errors_first_within_the_caps_and_counts_the_rest() {
    let racy = RACY.to_owned();
    let mut files: Vec<(String, &str)> = (0..12).map(|at| (format!("models/r{at}.js"), racy.as_str())).collect();
    files.extend((0..3).map(|at| (format!("models/a{at}.js"), "chats.updateOne([;\n")));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let outcome = Project::new(&files).run(&["check", "--format", "github"]);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    let starting = |start: &str| lines.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!((starting("::error "), starting("::warning ")), (10, 3), "{outcome:?}");
    assert!(lines[..10].iter().all(|line| line.starts_with("::error ")), "{outcome:?}");
    assert!(lines[13].starts_with("2 more: "), "{outcome:?}");
    assert_eq!(lines.len(), 14);
}

#[test]
fn github_commands_are_escaped() {
    let outcome = Project::new(&[(NASTY, RACY)]).run(&["check", "--format", "github"]);
    let line = outcome.stdout.lines().next().unwrap();
    let start = "::error file=models/50%25 a%2Cb%3Ac&<d>é😀.js,line=5,endLine=5,col=9,endColumn=";
    assert!(line.starts_with(start), "{line}");
    let (properties, data) = line[2..].split_once("::").unwrap();
    assert!(properties.ends_with(",title=pushguard%3A check-then-push"), "{line}");
    assert!(data.contains("%0Ahelp: ") && !data.contains('\r'), "{line}");
    assert_eq!(outcome.stdout.lines().count(), 1);
}

#[test]
fn equal_findings_have_different_fingerprints_in_gitlab() {
    let twice = RACY.replace(
        "  await chats",
        "  await chats.updateOne({ _id: id }, { $push: { messages: item } });\n  await chats",
    );
    let outcome = Project::new(&[("models/a.js", &twice)]).run(&["check", "--format", "gitlab"]);
    assert_valid("gitlab", &outcome.stdout);
    assert!(outcome.json().as_array().unwrap().len() >= 2, "{outcome:?}");
}

#[test]
fn junit_names_the_file_the_place_and_the_help() {
    let outcome = Project::new(&[(NASTY, RACY)]).run(&["check", "--format", "junit"]);
    let document = roxmltree::Document::parse(&outcome.stdout).unwrap();
    let find = |name: &str| document.descendants().find(|node| node.has_tag_name(name)).unwrap();
    assert_eq!(find("testsuite").attribute("name"), Some(NASTY));
    assert_eq!(find("testcase").attribute("name"), Some("check-then-push at 5:9"));
    assert_eq!(find("failure").attribute("type"), Some("error"));
    assert!(find("failure").text().unwrap().contains("\nhelp: carry the check"), "{outcome:?}");
}

/// Platforms look for paths from the root of the repository; people from where the configuration is.
#[test]
fn platforms_get_paths_from_the_root_of_the_repository() {
    let project = Project::new(&[("server/models/a b.js", RACY), ("server/pushguard.toml", ""), (".git/HEAD", "")]);
    let report = |format: &str| project.run(&["check", "server", "--format", format]);
    assert_eq!(report("json").json()["findings"][0]["path"], "models/a b.js");
    assert_eq!(report("gitlab").json()[0]["location"]["path"], "server/models/a b.js");
    assert!(report("github").stdout.starts_with("::error file=server/models/a b.js,"));
    let sarif = report("sarif").json();
    let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "server/models/a%20b.js");
}

#[test]
fn an_unknown_format_is_told_the_known_ones() {
    let outcome = Project::new(&[]).run(&["check", "--output", "xml=a.xml"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(FORMATS.iter().all(|format| outcome.stderr.contains(format)), "{outcome:?}");
}
