//! What a repository configures is never run: `--staged` and `--since` in repositories that set traps.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{CLEAN, Outcome, Project, RACY};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const FOUND: &str = "models/a.js:5 check-then-push";

/// A repository whose commit holds a clean file that is racy now, in the index and in the work tree, and a program that
/// leaves a mark when it is run.
struct Trapped {
    project: Project,
    /// Outside of the work tree.
    lair: Project,
}

impl Trapped {
    fn new() -> Self {
        Self::with(&[])
    }

    fn with(files: &[(&str, &str)]) -> Self {
        let (project, lair) = (Project::new(files), Project::new(&[]));
        project.write("models/a.js", CLEAN.as_bytes());
        project.git(&["init", "-q", "-b", "main"]);
        project.git(&["add", "-A"]);
        project.git(&["commit", "-q", "-m", "first"]);
        project.write("models/a.js", RACY.as_bytes());
        project.git(&["add", "-A"]);
        // The index no longer knows the work tree by its times, so git looks into the file.
        project.write("models/a.js", RACY.replace("item", "part").as_bytes());
        let trapped = Self { project, lair };
        let text = format!("#!/bin/sh\n: >> '{}'\ncat\n", trapped.mark().display());
        for (name, text) in [("trap", text.as_str()), ("mute-trap", text.trim_end_matches("cat\n"))] {
            let program = trapped.lair.write(name, text.as_bytes());
            fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        trapped
    }

    fn mark(&self) -> PathBuf {
        self.lair.path().join("mark")
    }

    fn trap(&self) -> String {
        self.lair.path().join("trap").display().to_string()
    }

    fn set(&self, key: &str) {
        self.project.git(&["config", key, &self.trap()]);
    }

    /// Whether the trap has shut, and opens it again.
    fn has_run(&self) -> bool {
        let is_there = self.mark().exists();
        let _ = fs::remove_file(self.mark());
        is_there
    }

    /// git itself runs into the trap, or it would be none.
    fn assert_real(&self, git: &[&str]) {
        self.has_run();
        self.project.try_git(git);
        assert!(self.has_run(), "git {git:?} runs nothing");
    }

    fn assert_found(&self) {
        self.has_run();
        for args in [["check", "--staged"].as_slice(), &["check", "--since", "HEAD"]] {
            let outcome = self.project.run(&[args, &["--format", "json"]].concat());
            assert!(!self.has_run(), "{args:?} ran what the repository configures");
            assert_eq!((outcome.code, outcome.findings()), (Some(1), vec![FOUND.to_owned()]), "{args:?}: {outcome:?}");
        }
    }
}

#[test]
fn a_monitor_of_the_file_system_is_not_asked() {
    let trapped = Trapped::new();
    trapped.set("core.fsmonitor");
    trapped.assert_real(&["status"]);
    trapped.assert_found();
}

#[test]
fn content_goes_through_no_filter_whatever_its_name() {
    for (attributes, name) in [("*.js filter=x", "x"), ("* filter=a=b.c", "a=b.c")] {
        for keys in [["clean", "smudge"].as_slice(), &["process"], &["clean", "process"]] {
            let trapped = Trapped::with(&[(".gitattributes", attributes)]);
            for key in keys {
                trapped.set(&format!("filter.{name}.{key}"));
            }
            trapped.project.git(&["config", &format!("filter.{name}.required"), "true"]);
            trapped.assert_real(&["diff", "HEAD"]);
            trapped.assert_found();
        }
    }
}

/// What git has for a name is bytes: of one that is no text another one was switched off.
#[test]
fn content_goes_through_no_filter_whose_name_is_no_text() {
    let trapped = Trapped::new();
    trapped.project.write(".gitattributes", b"*.js filter=x\xff\n");
    let config = trapped.project.path().join(".git/config");
    let mut text = fs::read(&config).unwrap();
    text.extend(b"[filter \"x\xff\"]\n\tclean = ");
    text.extend(trapped.trap().into_bytes());
    fs::write(&config, text).unwrap();
    trapped.assert_real(&["diff", "HEAD"]);
    trapped.assert_found();
}

#[test]
fn a_diff_is_drawn_by_no_other_program() {
    let trapped = Trapped::with(&[(".gitattributes", "*.js diff=x")]);
    for key in ["diff.x.textconv", "diff.x.command", "diff.external"] {
        trapped.set(key);
        trapped.assert_real(&["diff", "HEAD"]);
        trapped.assert_found();
    }
}

#[test]
fn what_an_included_file_sets_counts_no_more() {
    let trapped = Trapped::with(&[(".gitattributes", "*.js filter=x")]);
    let text = format!("[core]\nfsmonitor = {0}\n[filter \"x\"]\nclean = {0}\n", trapped.trap());
    let included = trapped.lair.write("config", text.as_bytes());
    trapped.project.git(&["config", "include.path", included.to_str().unwrap()]);
    trapped.assert_real(&["status"]);
    trapped.assert_found();
}

#[test]
fn hooks_and_everything_else_that_names_a_program_stay_idle() {
    let trapped = Trapped::new();
    trapped.project.git(&["config", "core.hooksPath", trapped.lair.path().to_str().unwrap()]);
    fs::copy(trapped.lair.path().join("trap"), trapped.lair.path().join("post-index-change")).unwrap();
    trapped.assert_real(&["update-index", "--force-write-index"]);
    for key in ["core.pager", "pager.diff-index", "core.sshCommand", "core.askPass", "core.editor", "core.gitProxy"] {
        trapped.set(key);
    }
    for key in ["gpg.program", "credential.helper", "core.alternateRefsCommand", "sequence.editor"] {
        trapped.set(key);
    }
    for command in ["diff-index", "diff", "ls-files", "cat-file", "rev-parse", "merge-base"] {
        trapped.project.git(&["config", &format!("alias.{command}"), &format!("!{}", trapped.trap())]);
    }
    trapped.project.git(&["config", "submodule.recurse", "true"]);
    trapped.assert_found();
}

#[test]
fn an_object_that_is_missing_is_not_fetched() {
    let trapped = Trapped::new();
    let object = trapped.project.git(&["rev-parse", ":models/a.js"]);
    let object = object.trim();
    for (key, value) in [
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
        ("remote.origin.url", &format!("ext::{}", trapped.lair.path().join("mute-trap").display())),
    ] {
        trapped.project.git(&["config", key, value]);
    }
    fs::remove_file(trapped.project.path().join(".git/objects").join(&object[..2]).join(&object[2..])).unwrap();
    trapped.assert_real(&["cat-file", "blob", object]);
    let outcome = trapped.project.run(&["check", "--staged"]);
    assert!(!trapped.has_run(), "{outcome:?}");
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("git diff-index` failed") && outcome.stderr.contains(object), "{outcome:?}");
}

#[test]
fn a_folder_that_looks_like_a_repository_is_none() {
    let trapped = Trapped::new();
    let bare = trapped.project.path().join("docs/example");
    fs::create_dir_all(bare.join("models")).unwrap();
    fs::write(bare.join("models/a.js"), RACY).unwrap();
    let git = |args: &[&str]| {
        let bare = bare.to_str().unwrap();
        trapped.project.git(&[&["--git-dir", bare, "--work-tree", bare], args].concat())
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "models"]);
    git(&["commit", "-q", "-m", "first"]);
    fs::write(bare.join("models/a.js"), CLEAN).unwrap();
    git(&["config", "core.bare", "false"]);
    git(&["config", "core.worktree", bare.to_str().unwrap()]);
    git(&["config", "core.fsmonitor", &trapped.trap()]);
    trapped.assert_real(&["-C", "docs/example", "status"]);
    for args in [["--staged"].as_slice(), &["--since", "HEAD"]] {
        let outcome = run_in(&trapped, &bare, args);
        assert!(!trapped.has_run(), "{outcome:?}");
        assert_eq!(outcome.0, Some(2), "{outcome:?}");
    }
}

#[test]
fn a_work_tree_elsewhere_is_refused() {
    let trapped = Trapped::new();
    let above = trapped.project.path().parent().unwrap().to_str().unwrap();
    trapped.project.git(&["config", "core.worktree", above]);
    let outcome = trapped.project.run(&["check", "--staged"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("core.worktree"), "{outcome:?}");
}

/// What the caller has set for git by its environment still counts.
#[test]
fn settings_of_the_environment_stay() {
    let trapped = Trapped::with(&[(".gitattributes", "*.js filter=x")]);
    trapped.set("filter.x.clean");
    let broken =
        [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "core.bigFileThreshold"), ("GIT_CONFIG_VALUE_0", "no")];
    let outcome = trapped.project.run_with(&["check", "--staged"], &broken);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    let harmless = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "user.name"), ("GIT_CONFIG_VALUE_0", "x")];
    let outcome: Outcome = trapped.project.run_with(&["check", "--since", "HEAD"], &harmless);
    assert!(!trapped.has_run() && outcome.code == Some(1), "{outcome:?}");
}

fn run_in(trapped: &Trapped, folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    trapped.has_run();
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_pushguard"));
    let output = command.current_dir(folder).arg("check").args(args).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}
