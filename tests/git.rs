//! `--staged` and `--since`, in real repositories.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{CLEAN, Outcome, Project, RACY};

/// `RACY` with the guard in the filter of its act.
fn guarded() -> String {
    let guard = "return chats.updateOne({ _id: id, 'messages.mergeId': { $ne: item.mergeId } }, {";
    RACY.replace("await chats.updateOne({ _id: id }, {", guard)
}

/// A repository whose first commit holds these files.
fn repository(files: &[(&str, &str)]) -> Project {
    let project = Project::new(files);
    project.git(&["init", "-q", "-b", "main"]);
    project.git(&["add", "-A"]);
    project.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    project
}

fn staged(project: &Project) -> Outcome {
    project.run(&["check", "--staged", "--format", "json"])
}

fn since(project: &Project, revision: &str) -> Outcome {
    project.run(&["check", "--since", revision, "--format", "json"])
}

/// Code and findings must speak the same language.
fn assert_found(outcome: &Outcome, findings: &[&str]) {
    let code = if findings.is_empty() { 0 } else { 1 };
    assert_eq!((outcome.code, outcome.findings()), (Some(code), findings.iter().map(|f| (*f).to_owned()).collect()));
    assert_eq!(outcome.stderr, "");
}

#[test]
fn the_bytes_of_the_index_count_and_not_those_of_the_work_tree() {
    let project = repository(&[("models/a.js", CLEAN)]);
    project.write("models/a.js", RACY.as_bytes());
    assert_found(&staged(&project), &[]);
    project.git(&["add", "-A"]);
    project.write("models/a.js", guarded().as_bytes());
    assert_found(&staged(&project), &["models/a.js:5 check-then-push"]);
    project.git(&["add", "-A"]);
    project.write("models/a.js", RACY.as_bytes());
    assert_found(&staged(&project), &[]);
    std::fs::remove_dir_all(project.path().join("models")).unwrap();
    assert_found(&staged(&project), &[]);
    let human = project.run(&["check", "--staged", "models/a.js"]);
    assert!(human.code == Some(0) && human.stdout.ends_with("\n0 errors, 0 warnings in 1 file\n"), "{human:?}");
}

#[test]
fn what_git_does_not_commit_does_not_leak_in() {
    // The guard's key is unique by an index that only the work tree has.
    let insert = "module.exports = async (db, u) => {\n  const users = db.collection('users');\n  if (await users.findOne({ mail: u.mail })) return;\n  await users.insertOne(u);\n};\n";
    let index = "module.exports = (db) => db.collection('users').createIndex({ mail: 1 }, { unique: true });\n";
    let project = repository(&[("README.md", "")]);
    project.write("models/users.js", insert.as_bytes());
    project.git(&["add", "-A"]);
    project.write("models/index.js", index.as_bytes());
    project.write("models/racy.js", RACY.as_bytes());
    project.write("models/later.js", RACY.as_bytes());
    project.git(&["add", "-N", "models/later.js"]);
    project.write("pushguard.toml", b"[rules]\ncheck-then-insert = \"off\"\n");
    let outcome = staged(&project);
    assert_eq!(outcome.findings(), ["models/users.js:4 check-then-insert"], "{outcome:?}");
    assert!(outcome.stderr.contains("pushguard.toml is not in the index"), "{outcome:?}");
    project.git(&["add", "models/index.js"]);
    std::fs::remove_file(project.path().join("pushguard.toml")).unwrap();
    assert_found(&staged(&project), &[]);
}

#[test]
fn the_configuration_and_the_baseline_are_those_of_the_index() {
    let project = repository(&[("models/a.js", CLEAN)]);
    project.write("models/a.js", RACY.as_bytes());
    project.write("pushguard.toml", b"[rules]\ncheck-then-push = \"off\"\nunguarded-push = \"off\"\n");
    project.git(&["add", "-A"]);
    project.write("pushguard.toml", b"");
    assert_found(&staged(&project), &[]);
    project.git(&["add", "-A"]);
    assert_found(&staged(&project), &["models/a.js:5 check-then-push"]);
    assert_eq!(project.run(&["baseline"]).code, Some(0));
    assert_found(&staged(&project), &["models/a.js:5 check-then-push"]);
    project.git(&["add", "-A"]);
    assert_found(&staged(&project), &[]);
}

#[cfg(unix)]
#[test]
fn links_and_submodules_are_no_source_text() {
    let project = repository(&[("README.md", "")]);
    project.write("elsewhere.txt", RACY.as_bytes());
    std::os::unix::fs::symlink("elsewhere.txt", project.path().join("link.js")).unwrap();
    project.git(&["add", "link.js"]);
    let commit = project.git(&["rev-parse", "HEAD"]);
    project.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{},sub.js", commit.trim())]);
    project.write("a.js", RACY.as_bytes());
    project.git(&["add", "a.js"]);
    let outcome = staged(&project);
    assert_found(&outcome, &["a.js:5 check-then-push"]);
    assert_eq!(outcome.json()["files"], 1);
}

#[test]
fn only_what_is_staged_is_reported_and_the_rest_is_context() {
    let two = format!("{RACY}{}", RACY.replace("add", "addOther"));
    let project = repository(&[("models/a.js", &two), ("models/b.js", RACY)]);
    assert_found(&staged(&project), &[]);
    project
        .write("models/a.js", two.replace("addOther(db, id, item) {", "addOther(db, id, item) { // edited").as_bytes());
    project.git(&["add", "-A"]);
    assert_found(&staged(&project), &[]);
    let context = [("GIT_DIFF_OPTS", "--unified=9")];
    assert_found(&project.run_with(&["check", "--staged", "--format", "json"], &context), &[]);
    let edited = two.replacen("if (found) return;\n  await", "if (found) return;\n  await  ", 1);
    project.write("models/a.js", edited.as_bytes());
    project.git(&["add", "-A"]);
    assert_found(&staged(&project), &["models/a.js:5 check-then-push"]);
    // A path filters the report further.
    let other = project.run(&["check", "--staged", "models/b.js", "--format", "json"]);
    assert_found(&other, &[]);
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let project = Project::new(&[("models/a b\té\".js", RACY)]);
    project.git(&["init", "-q"]);
    assert_eq!(staged(&project).json()["files"], 0);
    project.git(&["add", "-A"]);
    assert_found(&staged(&project), &["models/a b\té\".js:5 check-then-push"]);
}

#[test]
fn settings_and_attributes_do_not_blind_the_gate() {
    let project = repository(&[("models/a.js", CLEAN), (".gitattributes", "*.js -diff\n")]);
    for (name, value) in
        [("diff.noprefix", "true"), ("diff.external", "true"), ("color.ui", "always"), ("diff.context", "9")]
    {
        project.git(&["config", name, value]);
    }
    project.write("models/a.js", RACY.as_bytes());
    project.git(&["add", "-A"]);
    for variable in [("GIT_LITERAL_PATHSPECS", "1"), ("NONE", "")] {
        for scope in [&["--staged"][..], &["--since", "HEAD"]] {
            let args = [&["check", "--format", "json"], scope].concat();
            assert_found(&project.run_with(&args, &[variable]), &["models/a.js:5 check-then-push"]);
        }
    }
}

#[test]
fn a_project_below_the_top_of_the_repository_has_its_own_paths() {
    let project = repository(&[("api/pushguard.toml", ""), ("api/models/a.js", CLEAN), ("web/b.js", CLEAN)]);
    project.write("api/models/a.js", RACY.as_bytes());
    project.write("web/b.js", RACY.as_bytes());
    project.git(&["add", "-A"]);
    // Named from the top, as a hook does.
    let named = project.run(&["check", "--staged", "api", "--format", "json"]);
    assert_found(&named, &["models/a.js:5 check-then-push"]);
    assert_found(
        &project.run(&["check", "--since", "HEAD", "api", "--format", "json"]),
        &["models/a.js:5 check-then-push"],
    );
}

/// A check in one file and its act in another.
fn apart() -> Project {
    let has = "exports.has = async (db, id, sku) => {\n  const list = await db.collection('lists').findOne({ id, 'items.sku': sku });\n  return list !== null;\n};\n";
    let add = "const { has } = require('./has');\nexports.add = async (db, id, sku) => {\n  if (await has(db, id, sku)) return;\n  await db.collection('lists').updateOne({ id }, { $push: { items: { sku } } });\n};\n";
    repository(&[("models/has.js", has), ("models/add.js", add), ("models/other.js", RACY)])
}

#[test]
fn a_branch_that_edits_only_the_check_gets_the_finding_at_the_act() {
    let project = apart();
    project.git(&["checkout", "-q", "-b", "topic"]);
    let has = project.read("models/has.js").replace("findOne({ id,", "findOne({ id: id,");
    project.write("models/has.js", has.as_bytes());
    project.git(&["commit", "-qam", "edit the check"]);
    assert_found(&since(&project, "main"), &["models/add.js:4 check-then-push"]);
    assert_found(&since(&project, "topic"), &[]);
    // What main did meanwhile is not the branch's doing, whether or not it was merged.
    project.git(&["checkout", "-q", "main"]);
    project.write("models/other.js", guarded().as_bytes());
    project.git(&["commit", "-qam", "guard the other"]);
    project.git(&["checkout", "-q", "topic"]);
    assert_found(&since(&project, "main"), &["models/add.js:4 check-then-push"]);
    project.git(&["merge", "-q", "main", "-m", "merge"]);
    assert_found(&since(&project, "main"), &["models/add.js:4 check-then-push"]);
}

#[test]
fn a_guard_that_is_taken_out_of_a_long_call_is_seen() {
    let long = "module.exports = async (db, id, m) => {\n  await db.collection('c').updateOne(\n    {\n      _id: id,\n      'messages.mergeId': { $ne: m.mergeId },\n    },\n    { $push: { messages: { mergeId: m.mergeId } } },\n  );\n};\n";
    let project = repository(&[("models/a.js", long)]);
    let without: String = long.lines().filter(|line| !line.contains("$ne")).map(|line| format!("{line}\n")).collect();
    project.write("models/a.js", without.as_bytes());
    assert_found(&since(&project, "HEAD"), &["models/a.js:2 unguarded-push"]);
    project.git(&["add", "-A"]);
    assert_found(&staged(&project), &["models/a.js:2 unguarded-push"]);
}

#[test]
fn since_sees_the_work_tree_and_files_that_git_does_not_know() {
    let project = repository(&[("models/a.js", RACY), (".gitignore", "ignored.js\n")]);
    project.write("models/new.js", RACY.as_bytes());
    project.write("models/ignored.js", RACY.as_bytes());
    assert_found(&since(&project, "HEAD"), &["models/new.js:5 check-then-push"]);
    project.git(&["mv", "models/a.js", "models/moved.js"]);
    assert_found(&since(&project, "HEAD"), &["models/new.js:5 check-then-push"]);
}

#[test]
fn what_git_tracks_is_read_though_it_is_ignored() {
    let project = repository(&[("a.js", CLEAN), (".gitignore", "models/\n*.gen.js\n")]);
    let files = ["models/a.js", "models/deep/b.js", "lib/c.gen.js"];
    for file in files.iter().chain(&["models/other.js", "models/none/d.js", "lib/e.gen.js"]) {
        project.write(file, RACY.as_bytes());
    }
    project.git(&[&["add", "-f"][..], &files].concat());
    let found =
        ["lib/c.gen.js:5 check-then-push", "models/a.js:5 check-then-push", "models/deep/b.js:5 check-then-push"];
    assert_found(&staged(&project), &found);
    assert_found(&since(&project, "HEAD"), &found);
    assert_found(&project.run(&["check", "--format", "json"]), &found);
    // In a project below the top of the repository too.
    project.write("models/deep/pushguard.toml", b"");
    let below = project.run(&["check", "models/deep", "--format", "json"]);
    assert_eq!(below.findings(), ["b.js:5 check-then-push"], "{below:?}");
}

#[test]
fn a_configuration_of_the_index_extends_a_file_of_the_index() {
    let check = "export const has = (c, id, item) => c.findOne({ _id: id, 'messages.k': item.k });\n";
    let act = "import { has } from '@lib/check';\nexport async function add(db, id, item) {\n  const c = db.collection('chats');\n  if (await has(c, id, item)) return;\n  await c.updateOne({ _id: id }, { $push: { messages: { k: item.k } } });\n}\n";
    let base = r#"{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }"#;
    let project = repository(&[
        ("lib/check.ts", check),
        ("a.ts", act),
        ("tsconfig.json", r#"{ "extends": "./base.json" }"#),
        ("base.json", base),
    ]);
    project.write("a.ts", act.replace("} });", "} }, {});").as_bytes());
    project.git(&["add", "a.ts"]);
    project.write("base.json", b"{}");
    assert_found(&staged(&project), &["a.ts:5 check-then-push"]);
    project.git(&["add", "base.json"]);
    project.write("base.json", base.as_bytes());
    assert_eq!(staged(&project).findings(), ["a.ts:5 unguarded-push"]);
}

/// A change that blinds the gate does not pass it.
#[test]
fn a_changed_file_that_is_not_read_is_an_error() {
    let deep = format!("{}1{};\n", "[".repeat(40_000), "]".repeat(40_000));
    let text = |before: &str| format!("{before}{RACY}").into_bytes();
    let wide = [b"\xff\xfe".to_vec(), RACY.bytes().flat_map(|byte| [byte, 0]).collect()].concat();
    for (bytes, rule) in [
        (text("x = do { 1 };\n"), "syntax-error"),
        (text("x = a |> b;\n"), "syntax-error"),
        (text("const a = [;\n"), "syntax-error"),
        ([text(""), vec![0]].concat(), "syntax-error"),
        (text(&deep), "too-deep"),
        (wide, "syntax-error"),
    ] {
        let project = repository(&[("models/a.js", CLEAN), ("models/b.js", "const b = [;\n"), ("c.js", CLEAN)]);
        project.write("models/a.js", &bytes);
        project.write("c.js", b"const c = [;\n");
        let plain = project.run(&["check", "--format", "json"]);
        assert_eq!(plain.code, Some(0), "{rule} {plain:?}");
        let changed = since(&project, "HEAD");
        project.git(&["add", "-A"]);
        for outcome in [changed, staged(&project)] {
            let log = outcome.json();
            let levels: Vec<(&str, &str)> = log["findings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|f| (f["path"].as_str().unwrap(), f["level"].as_str().unwrap()))
                .collect();
            // What holds no word of a write stays an info, and what did not change is not told.
            assert_eq!(levels, [("c.js", "info"), ("models/a.js", "error")], "{rule} {outcome:?}");
            assert_eq!(outcome.code, Some(1));
            let message = log["findings"][1]["message"].as_str().unwrap();
            assert!(
                message.contains("it changed") && message.ends_with(", so this change is not checked"),
                "{message}"
            );
            assert_eq!(log["findings"][1]["rule"], rule);
        }
        // Whoever says a level has decided.
        project.write("pushguard.toml", format!("[rules]\n{rule} = \"info\"\n").as_bytes());
        assert_eq!(since(&project, "HEAD").code, Some(0), "{rule}");
    }
}

#[test]
fn a_base_that_is_missing_stops_the_run_with_a_remedy() {
    let project = repository(&[("models/a.js", RACY)]);
    let unknown = since(&project, "origin/main");
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(2), ""), "{unknown:?}");
    assert!(unknown.stderr.contains("does not know the revision `origin/main`"), "{unknown:?}");
    assert!(unknown.stderr.contains("`git fetch origin main`"), "{unknown:?}");
    project.git(&["checkout", "-q", "--orphan", "alone"]);
    project.git(&["commit", "-qm", "alone"]);
    let apart = since(&project, "main");
    assert!(apart.code == Some(2) && apart.stderr.contains("no commit in common"), "{apart:?}");
    let outside = Project::new(&[("models/a.js", RACY)]);
    for flag in [&["--staged"][..], &["--since", "main"]] {
        let refused = outside.run(&[&["check"], flag].concat());
        assert!(refused.code == Some(2) && refused.stderr.contains("not a git repository"), "{refused:?}");
    }
    assert_eq!(project.run(&["check", "--staged", "--since", "main"]).code, Some(2));
}

#[test]
fn a_shallow_clone_is_told_to_fetch() {
    let origin = repository(&[("models/a.js", CLEAN)]);
    origin.git(&["checkout", "-q", "-b", "topic"]);
    for number in 0..3 {
        origin.git(&["commit", "-q", "--allow-empty", "-m", &number.to_string()]);
    }
    let clone = Project::new(&[]);
    let url = format!("file://{}", origin.path().display());
    clone.git(&["clone", "-q", "--depth=1", "--no-single-branch", "-b", "topic", &url, "."]);
    for revision in ["origin/main", "HEAD~2"] {
        let refused = since(&clone, revision);
        assert!(refused.code == Some(2) && refused.stderr.contains("--unshallow"), "{refused:?}");
    }
    clone.git(&["fetch", "-q", "--unshallow"]);
    assert_eq!(since(&clone, "origin/main").code, Some(0));
}

#[test]
fn a_conflict_in_the_index_stops_the_run() {
    let project = repository(&[("models/a.js", "1;\n")]);
    for (branch, text) in [("one", "2;\n"), ("two", "3;\n")] {
        project.git(&["checkout", "-q", "-b", branch, "main"]);
        project.write("models/a.js", text.as_bytes());
        project.git(&["commit", "-qam", branch]);
    }
    assert_ne!(project.try_git(&["merge", "-q", "one"]).code, Some(0));
    let refused = staged(&project);
    assert!(refused.code == Some(2) && refused.stderr.contains("unresolved conflict"), "{refused:?}");
}

#[cfg(unix)]
#[test]
fn a_hook_blocks_and_passes_on_what_is_committed() {
    use std::os::unix::fs::PermissionsExt;
    let project = repository(&[("models/a.js", CLEAN), ("models/b.js", CLEAN)]);
    let script = format!("#!/bin/sh\nexec '{}' check --staged\n", env!("CARGO_BIN_EXE_pushguard"));
    let hook = project.write(".git/hooks/pre-commit", script.as_bytes());
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let commit = |args: &[&str]| project.try_git(&[&["commit", "-qm", "m"], args].concat());
    // Staged racy, guarded in the work tree: blocked.
    project.write("models/a.js", RACY.as_bytes());
    project.git(&["add", "-A"]);
    project.write("models/a.js", guarded().as_bytes());
    let blocked = commit(&[]);
    assert_eq!(blocked.code, Some(1), "{blocked:?}");
    assert!(format!("{}{}", blocked.stdout, blocked.stderr).contains("models/a.js:5"), "{blocked:?}");
    // `commit FILE` and `commit -a` use an index of their own.
    project.write("models/b.js", b"module.exports = 2;\n");
    assert_eq!(commit(&["models/b.js"]).code, Some(0));
    let all = commit(&["-a"]);
    assert_eq!(all.code, Some(0), "{all:?}");
    // Staged guarded, racy in the work tree: passes.
    project.write("models/b.js", guarded().as_bytes());
    project.git(&["add", "-A"]);
    project.write("models/b.js", RACY.as_bytes());
    assert_eq!(commit(&[]).code, Some(0));
    assert_eq!(commit(&["-a"]).code, Some(1));
    // In a linked work tree, git sets GIT_DIR for the hook.
    let linked = tempfile::tempdir().unwrap();
    let path = linked.path().join("w");
    project.git(&["worktree", "add", "-q", path.to_str().unwrap()]);
    std::fs::write(path.join("models/a.js"), RACY).unwrap();
    let path = path.to_str().unwrap();
    project.git(&["-C", path, "add", "-A"]);
    assert_eq!(project.try_git(&["-C", path, "commit", "-qm", "m"]).code, Some(1));
}

#[test]
fn a_new_writer_of_a_tracked_array_is_told_and_a_changed_one_is_not() {
    let project = repository(&[("models/a.js", CLEAN), ("models/old.js", &guarded())]);
    project.git(&["branch", "base"]);
    // All of its lines are new, and take the place of none.
    project.write("models/a.js", format!("{}{CLEAN}", guarded()).as_bytes());
    let changed = guarded().replace("item } });", "item } }, {});");
    assert_ne!(changed, guarded());
    project.write("models/old.js", changed.as_bytes());
    let outcome = project.run(&["check", "--since", "base"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(since(&project, "base").findings(), ["models/a.js:5 new-writer"]);
    assert!(outcome.stdout.starts_with("info[new-writer] models/a.js:5:"), "{outcome:?}");
    assert!(outcome.stdout.contains("a new writer of the tracked array `chats.messages`: `$push`, "), "{outcome:?}");
    let report = since(&project, "base").json();
    assert_eq!(report["summary"]["newWriters"][0]["path"], "models/a.js", "{report}");
    assert_eq!(report["summary"]["newWriters"].as_array().map(Vec::len), Some(1));
    let notice = project.run(&["check", "--since", "base", "--format", "github"]).stdout;
    assert!(
        notice.contains("::notice file=models/a.js,line=5,endLine=5,") && notice.contains("new-writer"),
        "{notice}"
    );
    // Without a change to look at, nobody is new.
    assert!(!project.run(&["check"]).stdout.contains("new-writer"));
    let code = |args: &[&str]| project.run(&[&["check", "--since", "base"], args].concat()).code;
    assert_eq!(code(&["--fail-on", "info"]), Some(1));
    assert_eq!(code(&["--fail-on", "info", "--ignore", "new-writer"]), Some(0));
    for (level, ends) in [("off", 0), ("warning", 0), ("error", 1)] {
        project.write("pushguard.toml", format!("[rules]\nnew-writer = \"{level}\"\n").as_bytes());
        assert_eq!(code(&[]), Some(ends), "{level}");
        let report = since(&project, "base").json();
        assert_eq!(report["findings"][0]["level"].as_str().unwrap_or("off"), level, "{report}");
    }
    // Who is told of for something worse is not told of twice.
    project.write("models/a.js", RACY.as_bytes());
    assert_eq!(since(&project, "base").findings(), ["models/a.js:5 check-then-push"]);
}
