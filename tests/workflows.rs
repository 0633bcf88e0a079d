//! The workflows and templates of GitHub: against its schemas, and against what is promised of them.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![cfg(unix)]

mod tools;

use regex::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tools::{both, command, done};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn parsed(path: &Path, tools: &str) -> Value {
    tools::yaml(&fs::read_to_string(path).unwrap(), tools)
}

/// The jobs of all workflows, by name.
fn jobs(tools: &str) -> BTreeMap<String, Value> {
    let mut jobs = BTreeMap::new();
    for file in files(".github/workflows") {
        for (name, job) in parsed(&file, tools)["jobs"].as_object().unwrap() {
            jobs.insert(name.clone(), job.clone());
        }
    }
    jobs
}

#[test]
fn all_satisfy_their_schemas() {
    let Some(path) = tools::with(&["check-jsonschema"]) else { return };
    let config = root().join(".github/ISSUE_TEMPLATE/config.yml");
    let forms = files(".github/ISSUE_TEMPLATE").into_iter().filter(|file| *file != config).collect();
    for (schema, files) in [
        ("vendor.github-workflows", files(".github/workflows")),
        ("custom.github-workflows-require-timeout", files(".github/workflows")),
        ("vendor.github-issue-forms", forms),
        ("vendor.github-issue-config", vec![config]),
        ("vendor.dependabot", vec![root().join(".github/dependabot.yml")]),
    ] {
        let mut command = command("check-jsonschema", root(), &path);
        let checked = command.args(["--builtin-schema", schema]).args(&files).output().unwrap();
        assert!(checked.status.success(), "{schema}\n{}", both(&checked));
    }
}

#[test]
fn every_action_is_pinned_to_a_commit_or_says_why_not() {
    let pinned = Regex::new(r"^[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$").unwrap();
    let mut commits: BTreeMap<String, String> = BTreeMap::new();
    let mut seen = 0;
    for file in files(".github/workflows").into_iter().chain([root().join("action.yml")]) {
        let text = fs::read_to_string(&file).unwrap();
        let mut before = "";
        for line in text.lines() {
            if let Some(action) = line.trim().trim_start_matches("- ").strip_prefix("uses: ") {
                let is_explained = before.trim().starts_with("# ");
                assert!(
                    pinned.is_match(action) || action.starts_with("./") || is_explained,
                    "{}: {action}",
                    file.display()
                );
                let (name, commit) = action.split_once('@').unwrap_or((action, ""));
                let known = commits.entry(name.to_owned()).or_insert(commit.to_owned());
                assert_eq!(known, commit, "two versions of {name}");
                seen += 1;
            }
            before = line;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn every_script_is_one_and_takes_no_expression_as_code() {
    let Some(path) = tools::with(&["bash", "check-jsonschema"]) else { return };
    let mut scripts: Vec<String> = Vec::new();
    for (name, job) in jobs(&path) {
        for step in job["steps"].as_array().into_iter().flatten() {
            let Some(script) = step["run"].as_str() else { continue };
            assert!(!script.contains("${{"), "{name}: {script}");
            scripts.push(script.to_owned());
        }
    }
    assert!(scripts.len() > 10, "{scripts:?}");
    let called = Regex::new(r"\.ci/[\w-]+").unwrap();
    for script in scripts.iter().flat_map(|script| called.find_iter(script)) {
        let file = root().join(script.as_str());
        assert!(file.is_file(), "there is no {}", script.as_str());
    }
    for file in files(".ci") {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o111, 0o111, "{}", file.display());
        scripts.push(fs::read_to_string(file).unwrap());
    }
    for script in scripts {
        let checked = command("bash", root(), &path).args(["-n", "-c", &script]).output().unwrap();
        assert!(checked.status.success(), "{script}\n{}", both(&checked));
    }
}

#[test]
fn a_job_may_do_what_it_is_for_and_nothing_else() {
    let Some(path) = tools::with(&["check-jsonschema"]) else { return };
    for file in files(".github/workflows") {
        let permissions = &parsed(&file, &path)["permissions"];
        let all = permissions.as_object().unwrap();
        assert!(all.iter().all(|(scope, right)| scope == "contents" && right == "read"), "{}", file.display());
    }
    let expected = BTreeMap::from([
        ("pack", vec!["attestations", "id-token"]),
        ("github", vec!["contents"]),
        ("npm", vec!["id-token"]),
        ("crates", vec!["id-token"]),
        ("pypi", vec!["id-token"]),
        ("image", vec!["packages"]),
    ]);
    let jobs = jobs(&path);
    assert!(expected.keys().all(|name| jobs.contains_key(*name)), "{:?}", jobs.keys());
    for (name, job) in &jobs {
        let permissions = job["permissions"].as_object().into_iter().flatten();
        let writes: BTreeSet<&str> =
            permissions.filter(|(_, right)| *right == "write").map(|(scope, _)| scope.as_str()).collect();
        let allowed: BTreeSet<&str> = expected.get(name.as_str()).into_iter().flatten().copied().collect();
        assert_eq!(writes, allowed, "{name}");
        // What can be seen outside needs a tag, passed checks, and whoever guards the environment.
        if !allowed.is_empty() && name != "pack" {
            assert_eq!(job["if"], "github.ref_type == 'tag'", "{name}");
            assert_eq!(job["environment"], "release", "{name}");
            assert_eq!(job["needs"], serde_json::json!(["checks", "pack"]), "{name}");
        }
        for step in job["steps"].as_array().into_iter().flatten() {
            if step["uses"].as_str().is_some_and(|action| action.starts_with("actions/checkout@")) {
                assert_eq!(step["with"]["persist-credentials"], false, "{name}");
            }
        }
    }
}

#[test]
fn a_release_is_built_by_the_tools_that_are_tried_here() {
    let version = |script: &str| {
        let text = fs::read_to_string(root().join(script)).unwrap();
        let found = Regex::new(r"maturin==([\d.]+)").unwrap();
        found.captures(&text).unwrap()[1].to_owned()
    };
    assert_eq!(version(".ci/build"), version(".ci/tools"));
}

#[test]
fn whoever_reports_a_finding_is_asked_for_a_program() {
    let Some(path) = tools::with(&["check-jsonschema"]) else { return };
    for form in ["false-alarm", "missed-race"] {
        let form = parsed(&root().join(format!(".github/ISSUE_TEMPLATE/{form}.yml")), &path);
        let program = form["body"].as_array().unwrap().iter().find(|field| field["id"] == "program").unwrap();
        assert_eq!(program["validations"]["required"], true, "{form}");
    }
}

#[test]
fn the_crate_is_small_enough_for_its_registry() {
    let Some(path) = tools::with(&["cargo"]) else { return };
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crate");
    let mut package = command("cargo", root(), &path);
    package.args(["package", "--quiet", "--no-verify", "--offline", "--allow-dirty", "--target-dir"]).arg(&target);
    done(&mut package);
    let file = target.join(concat!("package/pushguard-", env!("CARGO_PKG_VERSION"), ".crate"));
    let size = fs::metadata(file).unwrap().len();
    assert!(size < 5_000_000, "{size} bytes");
}
