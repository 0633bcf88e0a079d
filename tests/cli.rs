//! The program as a process: exit codes, streams, files, environment.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use serde_json::json;
use shell::{CLEAN, Project, RACY};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn the_exit_code_tells_clean_from_findings_from_failure() {
    let clean = Project::new(&[("models/a.js", CLEAN)]).run(&["check"]);
    let expected = "looked at 0 functions: 0 database calls (0 writes) on 0 collections, 0 tracked arrays\n\
                    0 errors, 0 warnings in 1 file\n";
    assert_eq!((clean.code, clean.stdout.as_str()), (Some(0), expected), "{clean:?}");
    assert_eq!(clean.stderr, "");
    let racy = Project::new(&[("models/a.js", RACY)]);
    let found = racy.run(&["check", "--format", "compact"]);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert!(found.stdout.starts_with("models/a.js:5:"), "{found:?}");
    for format in ["human", "json", "sarif", "compact"] {
        assert_eq!(racy.run(&["check", "--format", format]).code, Some(1), "{format}");
    }
    assert_eq!(racy.run(&["check", "--fail-on", "never"]).code, Some(0));
    let missing = racy.run(&["check", "nowhere.js"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(2), ""), "{missing:?}");
    assert!(missing.stderr.contains("--> nowhere.js"), "{missing:?}");
    assert_eq!(racy.run(&["check", "--no-such-flag"]).code, Some(2));
    assert_eq!(racy.run(&["check", "--format", "xml"]).code, Some(2));
    assert_eq!(racy.run(&[]).code, Some(2));
    assert_eq!(racy.run(&["--version"]).code, Some(0));
}

#[test]
fn the_configuration_decides_levels_and_the_threshold_decides_the_code() {
    let project = Project::new(&[
        ("models/a.js", RACY),
        ("pushguard.toml", "[rules]\ncheck-then-push = \"warning\"\nunguarded-push = \"off\"\n"),
    ]);
    assert_eq!(project.run(&["check"]).code, Some(0));
    assert_eq!(project.run(&["check", "--fail-on", "warning"]).code, Some(1));
    project.write("other.toml", b"[rules]\ncheck-then-push = \"off\"\nunguarded-push = \"off\"\n");
    let other = project.run(&["check", "--config", "other.toml", "--format", "json", "--fail-on", "info"]);
    assert_eq!((other.code, other.findings()), (Some(0), vec![]));
}

#[test]
fn a_misspelt_key_is_refused_with_its_line_and_its_neighbour() {
    let project = Project::new(&[("models/a.js", CLEAN), ("pushguard.toml", "paths = []\nexcldue = []\n")]);
    let refused = project.run(&["check"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    for part in ["unknown key `excldue`", "pushguard.toml:2:1\n", "did you mean `exclude`?"] {
        assert!(refused.stderr.contains(part), "{refused:?}");
    }
}

#[test]
fn reports_are_written_beside_the_terminal_output() {
    let project = Project::new(&[("models/a.js", RACY)]);
    let args = ["check", "--format", "compact", "--output", "json=out.json", "--output", "sarif=out.sarif"];
    let outcome = project.run(&args);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(project.read("out.json"), project.run(&["check", "--format", "json"]).stdout);
    assert_eq!(project.read("out.sarif"), project.run(&["check", "--format", "sarif"]).stdout);
    let left: Vec<_> = std::fs::read_dir(project.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "a temporary file stayed: {left:?}");
    let whole = project.run(&["check", "--full", "--output", "human=out.txt"]).stdout;
    assert!(project.read("out.txt") == whole && whole != project.run(&["check"]).stdout, "{whole}");
    let failed = project.run(&["check", "--output", "json=no/such/folder/out.json"]);
    assert_eq!(failed.code, Some(2), "{failed:?}");
    assert_eq!(project.run(&["check", "--output", "yaml=x"]).code, Some(2));
}

#[test]
fn colour_follows_the_flag_then_the_environment() {
    let project = Project::new(&[("models/a.js", RACY)]);
    let coloured = |args: &[&str], env: &[(&str, &str)]| project.run_with(args, env).stdout.contains('\u{1b}');
    assert!(!coloured(&["check"], &[]));
    assert!(coloured(&["check", "--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&["check"], &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured(&["check"], &[("FORCE_COLOR", "1")]));
    assert!(!coloured(&["check"], &[("FORCE_COLOR", "0"), ("CLICOLOR_FORCE", "1")]));
    for name in ["CLICOLOR_FORCE", "FORCE_COLOR"] {
        assert!(!coloured(&["check"], &[(name, "1"), ("NO_COLOR", "1")]), "{name}");
    }
    assert!(!coloured(&["check", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_closed_pipe_is_no_crash_and_keeps_the_verdict() {
    let project = Project::new(&[("models/a.js", RACY)]);
    for args in [["check", "."], ["rules", "--format=json"], ["explain", "check-then-push"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushguard"));
        command.current_dir(project.path()).args(args).stdout(writer).stderr(Stdio::piped());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(i32::from(args[0] == "check")), "{args:?} {output:?}");
        assert!(output.stderr.is_empty(), "{output:?}");
    }
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let paths: Vec<String> = (0..40).map(|at| format!("models/file {at}.js")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), RACY)).collect();
    let project = Project::new(&files);
    for format in ["human", "json", "sarif", "compact"] {
        let run = |threads| project.run_with(&["check", "--format", format], &[("RAYON_NUM_THREADS", threads)]).stdout;
        assert!(run("1") == run("4"), "{format} differs");
    }
}

/// Each function is judged in a copy of the project, by whichever thread is free.
#[test]
fn what_the_judge_says_does_not_depend_on_the_number_of_threads() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for folder in ["programs/racy", "projects"] {
        let run = |threads: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_pushguard"));
            command.current_dir(fixtures.join(folder)).args(["check", "--format", "json"]);
            let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            output.stdout
        };
        let one = run("1");
        assert!(String::from_utf8_lossy(&one).matches("\"witness\"").count() > 10);
        for threads in ["2", "5"] {
            assert!(one == run(threads), "{folder} differs with {threads} threads");
        }
    }
}

#[test]
fn names_with_blanks_and_escapes_are_read_and_shown_safely() {
    let project = Project::new(&[("models/a b.js", RACY)]);
    #[cfg(unix)]
    project.write("models/c\u{1b}[31m\nd.js", RACY.as_bytes());
    for format in ["human", "compact"] {
        let outcome = project.run(&["check", "--format", format]);
        assert!(outcome.stdout.contains("models/a b.js:5:"), "{outcome:?}");
        assert!(!outcome.stdout.contains('\u{1b}'), "{outcome:?}");
        #[cfg(unix)]
        assert!(outcome.stdout.contains("models/c\\u{1b}[31m\\nd.js:5:"), "{outcome:?}");
    }
    let named = project.run(&["check", "models/a b.js", "--format", "json"]);
    assert_eq!(named.json()["files"], 1);
}

#[test]
fn a_named_file_is_reported_alone_and_the_rest_gives_context() {
    let project = Project::new(&[("models/a.js", RACY), ("models/b.js", RACY), ("lib/c.js", RACY)]);
    let named = project.run(&["check", "models/b.js", "--format", "json"]);
    assert!(named.findings().iter().all(|finding| finding.starts_with("models/b.js:")), "{named:?}");
    assert_eq!(named.json()["files"], 1);
    let usual = project.run(&["check", "--format", "json"]);
    assert_eq!(usual.json()["files"], 3);
    let empty = Project::new(&[("README.md", "")]).run(&["check"]);
    assert_eq!(empty.code, Some(0));
    assert!(empty.stderr.contains("no JavaScript or TypeScript files"), "{empty:?}");
}

/// What the report cannot tell of is not judged. What it tells is what a report on all files tells of the same ones.
#[test]
fn a_named_file_is_told_the_same_as_among_all() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects");
    let findings = |folder: &str, path: &str| -> Vec<serde_json::Value> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushguard"));
        let output =
            command.current_dir(fixtures.join(folder)).args(["check", "--format", "json", path]).output().unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        report["findings"].as_array().unwrap().clone()
    };
    let mut compared = 0;
    for folder in ["chat-before", "mongoose-shop", "own-store", "helpdesk"] {
        let all = findings(folder, ".");
        let paths: BTreeSet<&str> = all.iter().filter_map(|finding| finding["path"].as_str()).collect();
        for path in paths {
            let own: Vec<&serde_json::Value> = all.iter().filter(|finding| finding["path"] == path).collect();
            let alone = findings(folder, path);
            let told: Vec<&serde_json::Value> = alone.iter().filter(|finding| finding["path"] == path).collect();
            assert_eq!(told, own, "{folder}/{path}");
            compared += told.iter().filter(|finding| finding["proof"] == "proven").count();
        }
    }
    assert!(compared > 10, "{compared}");
}

#[test]
fn explain_and_rules_serve_the_pages() {
    let project = Project::new(&[]);
    let page = project.run(&["explain", "check-then-push"]);
    assert!(page.code == Some(0) && page.stdout.contains("## Why it races"), "{page:?}");
    let unknown = project.run(&["explain", "check-than-push"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(2), ""));
    assert!(unknown.stderr.contains("did you mean `check-then-push`?"), "{unknown:?}");
    let rules = project.run(&["rules", "--format", "json"]).json();
    assert_eq!(rules["rules"].as_array().unwrap().len(), pushguard::rules::ALL.len());
    assert!(project.run(&["rules"]).stdout.lines().count() == pushguard::rules::ALL.len() + 1);
}

#[test]
fn paths_lists_every_array_and_the_tracked_ones_on_request() {
    let other = RACY.replace("messages", "tags");
    let project = Project::new(&[("models/a.js", RACY), ("models/b.js", &other)]);
    let arrays = |args: &[&str]| -> Vec<String> {
        let log = project.run(args).json();
        log["paths"].as_array().unwrap().iter().map(|path| path["array"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(arrays(&["paths", "--format", "json"]), ["messages", "tags"]);
    assert_eq!(arrays(&["paths", "--format", "json", "--tracked"]), ["messages"]);
    assert_eq!(project.run(&["paths"]).code, Some(0));
}

/// A finding about an array is about a place that `paths` lists, also where the write alone does not show the array.
#[test]
fn paths_lists_what_check_reports() {
    let overwrite = "\
const { model, Schema } = require('mongoose');
const User = model('User', new Schema({}));
exports.follow = async (id, other) => {
  const user = await User.findById(id).lean();
  const list = other ? user.follows : [];
  list.push(other);
  await User.updateOne({ _id: id }, { $set: { follows: list, seenAt: new Date() } });
};
";
    let config = "[[array]]\ncollection = \"users\"\nfield = \"follows\"\n";
    for config in ["", config] {
        let project = Project::new(&[("models/a.js", overwrite), ("pushguard.toml", config)]);
        let found = project.run(&["check", "--format", "json"]).findings();
        assert_eq!(found, ["models/a.js:7 array-overwrite"], "{config}");
        let log = project.run(&["paths", "--format", "json"]).json();
        let paths = log["paths"].as_array().unwrap();
        assert_eq!(paths.len(), 1, "{log}");
        assert_eq!((&paths[0]["array"], &paths[0]["verdict"]), (&"follows".into(), &"array-overwrite".into()), "{log}");
        // A model `User` is the collection `users`.
        assert_eq!(paths[0]["tracked"], !config.is_empty(), "{log}");
    }
}

#[test]
fn a_tracked_array_that_nothing_writes_is_told_with_the_nearest_name() {
    let warned = |array: &str| {
        let project = Project::new(&[("models/a.js", RACY), ("pushguard.toml", array)]);
        let outcomes = ["check", "paths"].map(|command| project.run(&[command]).stderr);
        assert_eq!(outcomes[0], outcomes[1]);
        outcomes[0].clone()
    };
    let field = warned("\n[[array]]\ncollection = \"chats\"\nfield = \"mesages\"\n");
    assert!(
        field.contains("pushguard.toml:4:9: ") && field.contains("did you mean `field = \"messages\"`?"),
        "{field}"
    );
    let collection = warned("[[array]]\nfield = \"messages\"\ncollection = \"chast\"\n");
    assert!(
        collection.contains("pushguard.toml:3:14: ") && collection.contains("`collection = \"chats\"`?"),
        "{collection}"
    );
    assert!(warned("[[array]]\nfield = \"zzz\"\n").contains("`pushguard paths`"));
    assert_eq!(warned("[[array]]\nfield = \"messages\"\ncollection = \"Chat\"\n"), "");
    assert_eq!(warned(""), "");
}

/// A kind is named where the element shows the fields of its key, not where they might be in something spread into it.
#[test]
fn a_kind_is_not_guessed_from_what_is_spread_in_a_condition() {
    let project = |element: &str| {
        let append = format!(
            "module.exports = async (rooms, id, extra) => {{\n  const item = {element};\n  \
             await rooms.updateOne({{ _id: id }}, {{ $push: {{ messages: item }} }});\n}};\n"
        );
        Project::new(&[("models/a.js", &append)])
    };
    for element in ["extra ? { a: 1, ...extra } : { a: 1 }", "{ a: 1, ...(extra.b ? { ...extra } : {}) }"] {
        let project = project(element);
        let report = project.run(&["check"]).stdout;
        assert!(report.contains("warning[unguarded-push]") && report.contains("this element"), "{report}");
        assert_eq!(project.run(&["paths", "--format", "json"]).json()["paths"][0]["kinds"], serde_json::json!([]));
    }
    let shown = project("{ ...extra, mergeId: extra.mergeId }").run(&["check"]).stdout;
    assert!(shown.contains("this merged image"), "{shown}");
}

#[test]
fn a_diff_of_nothing_says_so() {
    let outcome = Project::new(&[("models/a.js", CLEAN)]).run(&["check", "--diff"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), ""), "{outcome:?}");
    assert!(outcome.stderr.contains("nothing to change"), "{outcome:?}");
}

#[test]
fn the_readme_shows_the_table_of_the_rules() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let table = pushguard::rules::doc::table();
    assert!(readme.contains(&table), "put this table into README.md:\n{table}");
}

/// A folder of unrelated projects is none, so its other folders are neither read nor told of.
#[test]
fn a_folder_that_is_named_in_a_bare_one_stands_alone() {
    let broken = "db.collection('chats').updateOne({ ;\n";
    let project = Project::new(&[
        ("shop/api/add.js", RACY),
        ("shop/web/page.js", CLEAN),
        ("other/big.js", "db.collection('chats').createIndex({ 'messages.mergeId': 1 }, { unique: true });\n"),
        ("other/broken.js", broken),
        ("typed/tsconfig.json", r#"{ "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./lib/*"] } } }"#),
        ("typed/src/a.ts", "import { add } from '@/add';\nexport const run = add;\n"),
        ("typed/lib/add.ts", "export const add = () => 1;\n"),
    ]);
    let read = |args: &[&str]| {
        let outcome = project.run(&[&["check", "--format", "json", "--statistics"], args].concat());
        (outcome.findings(), outcome.json()["summary"].clone(), outcome)
    };
    let (findings, summary, outcome) = read(&["shop"]);
    assert_eq!(
        (findings, &summary["files"]),
        (vec!["api/add.js:5 check-then-push".to_owned()], &json!(2)),
        "{outcome:?}"
    );
    assert!(!format!("{outcome:?}").contains("other"), "{outcome:?}");
    // The settings of the compiler say where a project ends, as far as nothing else does.
    let (findings, summary, outcome) = read(&["typed/src"]);
    assert!(findings.is_empty(), "{outcome:?}");
    assert_eq!(summary["resolvedImports"], 1, "{outcome:?}");
}

/// Reports name files from the root; what they propose to run must work where the run was.
#[test]
fn the_commands_that_a_report_proposes_find_their_file_from_the_working_folder() {
    let project = Project::new(&[("shop/package.json", "{}"), ("shop/api/add.js", RACY), ("other/a.js", CLEAN)]);
    let outcome = project.run(&["check", "shop"]);
    assert!(outcome.stdout.contains("`pushguard witness shop/api/add.js:5`"), "{outcome:?}");
    assert!(outcome.stdout.contains("`pushguard why shop/api/add.js:5`"), "{outcome:?}");
    for command in ["witness", "why"] {
        let outcome = project.run(&[command, "shop/api/add.js:5"]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
}
