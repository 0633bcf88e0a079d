//! SARIF against the standard's schema, and the line hash against the vectors that the upload action publishes.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use pushguard::report::sarif::line_hashes;
use serde_json::Value;
use shell::{CLEAN, Project, RACY};

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
