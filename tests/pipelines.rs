//! The GitHub action and the pipeline snippets: against the schemas of their platforms, and executed.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]
#![cfg(unix)]

mod shell;
mod tools;

use serde_json::Value;
use shell::{CLEAN, Project, RACY};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;
use tools::docs::snippet;
use tools::{both, command, done};

/// Stands for npm: "installs" the program under test, and tells what it was asked for.
const NPM: &str = "#!/bin/sh\n\
                   echo \"npm $*\" >> \"$NPM_LOG\"\n\
                   while [ $# -gt 0 ]; do [ \"$1\" = --prefix ] && prefix=$2; shift; done\n\
                   mkdir -p \"${prefix:-.}/node_modules/.bin\"\n\
                   ln -sf \"$PROGRAM\" \"${prefix:-.}/node_modules/.bin/pushguard\"\n";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A project whose `npm` is the stand-in, and a release that holds the program under test.
struct Pipeline {
    project: Project,
    path: String,
}

impl Pipeline {
    fn new(path: String, files: &[(&str, &str)]) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let project = Project::new(files);
        let npm = project.write("bin/npm", NPM.as_bytes());
        fs::set_permissions(&npm, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{path}", project.path().join("bin").display());
        let program = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_pushguard"));
        tools::release::publish(&project.path().join(".releases"), program.as_bytes(), &path);
        Self { project, path }
    }

    /// Runs a script as GitHub's `shell: bash` does.
    fn bash(&self, folder: &str, script: &str, env: &BTreeMap<String, String>) -> Output {
        let mut command = command("bash", &self.project.path().join(folder), &self.path);
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
        command.env("PROGRAM", env!("CARGO_BIN_EXE_pushguard")).env("NPM_LOG", self.project.path().join("npm.log"));
        command.env("RUNNER_TEMP", self.project.path().join("temp")).envs(env);
        command.env("GITHUB_ACTION_PATH", env!("CARGO_MANIFEST_DIR"));
        command.env("PUSHGUARD_RELEASES", format!("file://{}", self.project.path().join(".releases").display()));
        command.output().unwrap()
    }
}

/// What a run of the action leaves behind.
#[derive(Debug)]
struct Ran {
    /// The code of the job.
    code: Option<i32>,
    outputs: BTreeMap<String, String>,
    log: String,
    /// The summary of the job, in Markdown.
    summary: String,
    /// Names of the steps that ran.
    steps: Vec<String>,
}

/// Runs the steps of `action.yml` that are scripts, in order, until one fails.
fn act(pipeline: &Pipeline, inputs: &[(&str, &str)]) -> Ran {
    let action = tools::yaml(&read("action.yml"), &pipeline.path);
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for (name, input) in action["inputs"].as_object().unwrap() {
        values.insert(format!("inputs.{name}"), input["default"].as_str().unwrap().to_owned());
    }
    for (name, value) in inputs {
        assert!(values.insert(format!("inputs.{name}"), (*value).to_owned()).is_some(), "no input {name}");
    }
    let output = pipeline.project.write("outputs", b"");
    let summary = pipeline.project.write("summary", b"");
    fs::create_dir_all(pipeline.project.path().join("temp")).unwrap();
    let mut ran =
        Ran { code: Some(0), outputs: BTreeMap::new(), log: String::new(), summary: String::new(), steps: Vec::new() };
    for step in action["runs"]["steps"].as_array().unwrap() {
        let Some(script) = step["run"].as_str() else { continue };
        let condition = step["if"].as_str().unwrap_or("success()");
        let wanted = match condition {
            "success()" => ran.code == Some(0),
            "always() && steps.check.outputs.exit-code != ''" => ran.outputs.contains_key("exit-code"),
            _ => panic!("a condition that this test does not know: {condition}"),
        };
        if !wanted {
            continue;
        }
        let expand = |text: &Value| {
            let text = text.as_str().unwrap();
            match text.strip_prefix("${{ ").and_then(|rest| rest.strip_suffix(" }}")) {
                Some(name) => values.get(name).unwrap_or_else(|| panic!("{name} is not known")).clone(),
                None => text.to_owned(),
            }
        };
        let mut env: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            env.insert(name.clone(), expand(value));
        }
        env.insert("GITHUB_OUTPUT".to_owned(), output.display().to_string());
        env.insert("GITHUB_STEP_SUMMARY".to_owned(), summary.display().to_string());
        let folder = step.get("working-directory").map(expand).unwrap_or_default();
        let done = pipeline.bash(&folder, script, &env);
        ran.steps.push(step["name"].as_str().unwrap().to_owned());
        ran.log.push_str(&both(&done));
        ran.summary = fs::read_to_string(&summary).unwrap();
        if ran.code == Some(0) {
            ran.code = done.status.code();
        }
        for line in fs::read_to_string(&output).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            ran.outputs.insert(name.to_owned(), value.to_owned());
            values.insert(format!("steps.check.outputs.{name}"), value.to_owned());
        }
    }
    ran
}

#[test]
fn the_action_reports_and_ends_with_the_code() {
    let Some(path) = tools::with(&["bash", "check-jsonschema"]) else { return };
    let pipeline = Pipeline::new(path, &[("models/a.js", RACY), ("other/app/b.js", CLEAN)]);
    let found = act(&pipeline, &[]);
    assert_eq!((found.code, found.outputs["exit-code"].as_str()), (Some(1), "1"), "{found:?}");
    assert!(found.log.contains("::error ") && found.log.contains("file=models/a.js,line=5"), "{found:?}");
    let log: Value = serde_json::from_str(&fs::read_to_string(&found.outputs["sarif"]).unwrap()).unwrap();
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "check-then-push");
    let row = "| 🔴 error | `models/a.js:5` | [check-then-push](";
    assert!(found.summary.starts_with("## pushguard: 1 error") && found.summary.contains(row), "{found:?}");
    assert!(!pipeline.project.path().join("npm.log").exists(), "what is released is fetched, not what npm has");

    let clean = act(&pipeline, &[("working-directory", "other/app")]);
    assert_eq!((clean.code, clean.outputs["exit-code"].as_str()), (Some(0), "0"), "{clean:?}");
    // Platforms want paths from the root of the repository, not from that of the project.
    fs::create_dir(pipeline.project.path().join(".git")).unwrap();
    pipeline.project.write("packages/api/models/a.js", RACY.as_bytes());
    let below = act(&pipeline, &[("working-directory", "packages/api")]);
    assert!(below.log.contains("file=packages/api/models/a.js,line=5"), "{below:?}");
    let lenient = act(&pipeline, &[("args", " --fail-on\n  never ")]);
    assert_eq!((lenient.code, lenient.outputs["exit-code"].as_str()), (Some(0), "0"), "{lenient:?}");
    let refused = act(&pipeline, &[("args", "--no-such-flag")]);
    assert_eq!((refused.code, refused.outputs["exit-code"].as_str()), (Some(2), "2"), "{refused:?}");
    assert_eq!((refused.summary.as_str(), clean.summary.contains("Nothing was found.")), ("", true), "{clean:?}");
    assert_eq!(refused.steps, ["Install pushguard", "Check", "Verdict"]);
}

#[test]
fn no_input_of_the_action_is_executed() {
    let Some(path) = tools::with(&["bash", "check-jsonschema"]) else { return };
    let pipeline = Pipeline::new(path, &[("models/a.js", RACY)]);
    let attacks =
        ["; touch pwned", "$(touch pwned)", "`touch pwned`", "\"; touch pwned; \"", "a\ntouch pwned", "'&touch pwned"];
    for attack in attacks {
        let args = act(&pipeline, &[("args", attack)]);
        assert_eq!(args.code, Some(2), "{attack}: {args:?}");
        let version = act(&pipeline, &[("version", &format!("0.1.0{attack}"))]);
        assert_eq!((version.code, version.steps.as_slice()), (Some(2), ["Install pushguard".to_owned()].as_slice()));
        assert!(!pipeline.project.path().join("pwned").exists(), "{attack}");
    }
    let globbed = act(&pipeline, &[("args", "*")]);
    assert_eq!(globbed.code, Some(2), "{globbed:?}");
    let action = tools::yaml(&read("action.yml"), &pipeline.path);
    for step in action["runs"]["steps"].as_array().unwrap() {
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
    }
}

#[test]
fn the_action_uploads_only_what_there_is() {
    let Some(path) = tools::with(&["check-jsonschema"]) else { return };
    let action = tools::yaml(&read("action.yml"), &path);
    let steps = action["runs"]["steps"].as_array().unwrap();
    let uploads: Vec<&Value> = steps.iter().filter(|step| step.get("uses").is_some()).collect();
    let [upload] = uploads.as_slice() else { panic!("{uploads:?}") };
    let condition = upload["if"].as_str().unwrap();
    for part in ["inputs.upload == 'true'", "exit-code < 2", "head.repo.full_name == github.repository"] {
        assert!(condition.contains(part), "{condition}");
    }
    assert_eq!(upload["with"]["sarif_file"], "${{ steps.check.outputs.sarif }}");
}

#[test]
fn the_files_for_the_platforms_satisfy_their_schemas() {
    let Some(path) = tools::with(&["check-jsonschema"]) else { return };
    let project = Project::new(&[
        ("action.yml", &read("action.yml")),
        ("workflow.yml", &snippet(".github/workflows/pushguard.yml", None)),
        ("gitlab.yml", &snippet(".gitlab-ci.yml", None)),
        ("lefthook.yml", &snippet("lefthook.yml", None)),
    ]);
    let check = |schema: &[&str], file: &str| {
        let mut command = command("check-jsonschema", project.path(), &path);
        command.args(schema).arg(file).output().unwrap()
    };
    let lefthook = tools::node_modules().join("lefthook/schema.json").display().to_string();
    for (schema, file) in [
        (["--builtin-schema", "vendor.github-actions"], "action.yml"),
        (["--builtin-schema", "vendor.github-workflows"], "workflow.yml"),
        (["--builtin-schema", "vendor.gitlab-ci"], "gitlab.yml"),
        (["--schemafile", &lefthook], "lefthook.yml"),
    ] {
        let checked = check(&schema, file);
        assert!(checked.status.success(), "{file}\n{}", both(&checked));
        // A schema that accepts anything would show nothing.
        let text = project.read(file);
        project.write(
            file,
            text.replace("steps:", "stepz:").replace("jobs:", "jobz:").replace("script:", "skript:").as_bytes(),
        );
        assert!(!check(&schema, file).status.success(), "{file} is accepted whatever it says");
    }
}

/// Commits in a repository of the project.
fn commit(pipeline: &Pipeline, message: &str) -> String {
    let git = |args: &[&str]| done(command("git", pipeline.project.path(), &pipeline.path).args(args));
    git(&["init", "--quiet"]);
    git(&["add", "models"]);
    git(&["commit", "--quiet", "--message", message]);
    git(&["rev-parse", "HEAD"]).trim().to_owned()
}

#[test]
fn the_gitlab_job_writes_its_report_and_ends_with_the_code() {
    let Some(path) = tools::with(&["bash", "git", "npx", "check-jsonschema"]) else { return };
    let pipeline = Pipeline::new(path, &[("models/old.js", RACY), ("models/a.js", CLEAN)]);
    let base = commit(&pipeline, "base");
    let job = tools::yaml(&snippet(".gitlab-ci.yml", None), &pipeline.path)["pushguard"].clone();
    let lines: Vec<&str> = job["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let report = job["artifacts"]["reports"]["codequality"].as_str().unwrap();
    let env = BTreeMap::from([("CI_MERGE_REQUEST_DIFF_BASE_SHA".to_owned(), base)]);
    let run = || pipeline.bash("", &lines.join("\n"), &env);
    let entries = || -> Vec<Value> { serde_json::from_str(&pipeline.project.read(report)).unwrap() };

    pipeline.project.write("models/a.js", RACY.as_bytes());
    commit(&pipeline, "racy");
    let found = run();
    assert_eq!(found.status.code(), Some(1), "{}", both(&found));
    let paths: Vec<String> = entries().iter().map(|entry| entry["location"]["path"].to_string()).collect();
    assert_eq!(paths, ["\"models/a.js\""], "only what the branch changed");

    pipeline.project.write("models/a.js", CLEAN.as_bytes());
    commit(&pipeline, "mended");
    let passed = run();
    assert_eq!(passed.status.code(), Some(0), "{}", both(&passed));
    assert_eq!(entries(), [] as [Value; 0]);
}

#[test]
fn what_the_readme_names_is_what_the_documentation_shows() {
    let readme = read("README.md");
    let section = readme.split("## Integrations\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Where"));
    let docs = read("docs/integrations.md");
    let mut seen = 0;
    for code in rows.flat_map(|row| row.split('`').skip(1).step_by(2)) {
        assert!(docs.contains(code), "docs/integrations.md does not show `{code}`");
        seen += 1;
    }
    assert!(seen >= 8, "{section}");
}
