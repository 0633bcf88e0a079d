//! The hook snippets of the documentation in real git repositories, run by the real hook managers.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![cfg(unix)]

mod shell;
mod tools;

use shell::{CLEAN, Project, RACY};
use std::fs;
use std::path::Path;
use std::process::Output;
use tools::docs::snippet;
use tools::{both, command, done};

const FILE: &str = "models/a.js";

/// A git repository with one clean file committed.
struct Repository {
    project: Project,
    path: String,
}

impl Repository {
    fn new(path: String, files: &[(&str, &str)]) -> Self {
        let repository = Self { project: Project::new(files), path };
        repository.project.write(FILE, CLEAN.as_bytes());
        repository.project.write("pushguard.toml", b"exclude = [\"legacy/\"]\n");
        repository.project.write(".gitignore", b"node_modules\n.home\n");
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository.git(&["add", "--all"]);
        repository.git(&["commit", "--quiet", "--message", "first"]);
        repository
    }

    fn run(&self, program: &str, args: &[&str]) -> Output {
        let home = self.project.path().join(".home");
        let mut command = command(program, self.project.path(), &self.path);
        command.args(args).env("HOME", &home).env("PRE_COMMIT_HOME", &home).env("PREK_HOME", &home);
        command.output().unwrap()
    }

    fn git(&self, args: &[&str]) -> String {
        let output = self.run("git", args);
        assert!(output.status.success(), "git {args:?}\n{}", both(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    fn tool(&self, program: &str, args: &[&str]) {
        let output = self.run(program, args);
        assert!(output.status.success(), "{program} {args:?}\n{}", both(&output));
    }

    /// Stages one text and leaves another in the working tree, then commits.
    fn commit(&self, staged: &str, unstaged: &str) -> Output {
        self.project.write(FILE, staged.as_bytes());
        self.git(&["add", FILE]);
        self.project.write(FILE, unstaged.as_bytes());
        self.run("git", &["commit", "--message", "next"])
    }

    /// Puts the packages into `node_modules`, as an installation would, with the program under test for the launcher.
    fn install_node(&self, packages: &[&str]) {
        use std::os::unix::fs::symlink;
        let modules = self.project.path().join("node_modules");
        fs::create_dir_all(modules.join(".bin")).unwrap();
        for package in packages {
            symlink(tools::node_modules().join(package), modules.join(package)).unwrap();
            symlink(tools::node_modules().join(".bin").join(package), modules.join(".bin").join(package)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_pushguard"), modules.join(".bin/pushguard")).unwrap();
    }
}

/// What is staged decides, both ways round, and nothing of it is lost.
fn blocks_and_passes_rightly(repository: &Repository) {
    let first = repository.git(&["rev-parse", "HEAD"]);
    let blocked = repository.commit(RACY, CLEAN);
    assert!(!blocked.status.success() && both(&blocked).contains("check-then-push"), "{}", both(&blocked));
    assert_eq!(repository.git(&["rev-parse", "HEAD"]), first);
    assert_eq!(repository.git(&["show", &format!(":{FILE}")]), RACY, "the index is as it was");
    assert_eq!(repository.project.read(FILE), CLEAN, "the working tree is as it was");

    let clean = format!("{CLEAN}// more\n");
    let passed = repository.commit(&clean, RACY);
    assert!(passed.status.success(), "{}", both(&passed));
    assert_eq!(repository.git(&["show", &format!("HEAD:{FILE}")]), clean);
    assert_eq!(repository.project.read(FILE), RACY, "the working tree is as it was");

    // Neither what is no source nor what the configuration leaves out stands in the way.
    for (path, text) in [("README.md", "words\n"), ("legacy/b.js", RACY), ("models/c.d.ts", "export {};\n")] {
        repository.project.write(path, text.as_bytes());
        repository.git(&["add", path]);
        let passed = repository.run("git", &["commit", "--message", path]);
        assert!(passed.status.success(), "{path}\n{}", both(&passed));
    }
}

/// A repository that offers the hooks as this one does, under the tag that the documentation names.
fn hook_repository(path: &str) -> Repository {
    let hooks = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")).unwrap();
    let repository = Repository::new(path.to_owned(), &[(".pre-commit-hooks.yaml", &hooks)]);
    repository.git(&["tag", concat!("v", env!("CARGO_PKG_VERSION"))]);
    repository
}

fn pre_commit_like(program: &str) {
    let Some(path) = tools::with(&["git", program]) else { return };
    let hooks = hook_repository(&path);
    let config = snippet(".pre-commit-config.yaml", None)
        .replace(env!("CARGO_PKG_REPOSITORY"), hooks.project.path().to_str().unwrap())
        // The other hook of the same file, for this one builds the program.
        .replace("id: pushguard\n", "id: pushguard-system\n");
    assert!(config.contains("pushguard-system"), "{config}");
    let repository = Repository::new(path, &[(".pre-commit-config.yaml", &config)]);
    repository.tool(program, &["install"]);
    blocks_and_passes_rightly(&repository);
}

#[test]
fn pre_commit_runs_the_hook() {
    pre_commit_like("pre-commit");
}

#[test]
fn prek_runs_the_hook() {
    pre_commit_like("prek");
}

#[test]
fn pre_commit_tries_the_hooks_of_a_repository_on_all_kinds_of_files() {
    let Some(path) = tools::with(&["git", "pre-commit"]) else { return };
    let hooks = hook_repository(&path);
    let repository = Repository::new(path, &[]);
    for name in ["a.js", "a.jsx", "a.mjs", "a.cjs", "a.ts", "a.tsx", "a.mts", "a.cts"] {
        let file = format!("models/{name}");
        repository.project.write(&file, RACY.as_bytes());
        repository.git(&["add", "--all"]);
        let from = hooks.project.path().to_str().unwrap();
        let tried = repository.run("pre-commit", &["try-repo", from, "pushguard-system", "--files", &file]);
        assert!(!tried.status.success() && both(&tried).contains("check-then-push"), "{name}\n{}", both(&tried));
        repository.git(&["rm", "--quiet", "--force", &file]);
    }
}

#[test]
fn the_manifest_of_the_hooks_is_valid() {
    let Some(path) = tools::with(&["pre-commit"]) else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    done(command("pre-commit", root, &path).args(["validate-manifest", ".pre-commit-hooks.yaml"]));
    let hooks = tools::yaml(&fs::read_to_string(root.join(".pre-commit-hooks.yaml")).unwrap(), &path);
    let [rust, system] = hooks.as_array().unwrap().as_slice() else { panic!("{hooks}") };
    assert_eq!((rust["id"].as_str(), rust["language"].as_str()), (Some("pushguard"), Some("rust")));
    assert_eq!((system["id"].as_str(), system["language"].as_str()), (Some("pushguard-system"), Some("system")));
    for same in ["entry", "files", "require_serial", "minimum_pre_commit_version"] {
        assert_eq!(rust[same], system[same]);
    }
}

#[test]
fn husky_reads_the_index() {
    let Some(path) = tools::with(&["git", "node", "npx", "husky"]) else { return };
    let repository = Repository::new(path, &[(".husky/pre-commit", &snippet(".husky/pre-commit", None))]);
    repository.install_node(&["husky"]);
    repository.tool("npx", &["husky"]);
    blocks_and_passes_rightly(&repository);
}

#[test]
fn husky_runs_lint_staged() {
    let Some(path) = tools::with(&["git", "node", "npx", "husky", "lint-staged"]) else { return };
    let repository = Repository::new(
        path,
        &[
            (".husky/pre-commit", &snippet(".husky/pre-commit", Some("lint-staged"))),
            ("package.json", &snippet("package.json", Some("lint-staged"))),
        ],
    );
    repository.install_node(&["husky", "lint-staged"]);
    repository.tool("npx", &["husky"]);
    blocks_and_passes_rightly(&repository);
}

#[test]
fn lefthook_runs_the_job() {
    let Some(path) = tools::with(&["git", "node", "npx", "lefthook"]) else { return };
    let repository = Repository::new(path, &[("lefthook.yml", &snippet("lefthook.yml", None))]);
    repository.install_node(&["lefthook"]);
    repository.tool("npx", &["lefthook", "validate"]);
    repository.tool("npx", &["lefthook", "install"]);
    blocks_and_passes_rightly(&repository);
}
