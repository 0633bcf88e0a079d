//! What the tests of the real binary share.

#![allow(dead_code, reason = "each test program uses its own part")]

mod outcome;

use assert_cmd::Command;
pub use outcome::Outcome;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A race with its check and its act in one function; the finding is on line 5.
pub const RACY: &str = "\
async function add(db, id, item) {
  const chats = db.collection('chats');
  const found = await chats.findOne({ _id: id, 'messages.mergeId': item.mergeId });
  if (found) return;
  await chats.updateOne({ _id: id }, { $push: { messages: item } });
}
module.exports = { add };
";

pub const CLEAN: &str = "module.exports = 1;\n";

/// A project in a temporary folder.
pub struct Project {
    folder: TempDir,
}

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            project.write(path, text.as_bytes());
        }
        project
    }

    /// What `check` makes of a file that is alone in a project, with a flag that lets it write: `--fix`, `--fix-suggested`.
    pub fn rewritten(path: &str, text: &str, flag: &str) -> String {
        let project = Self::new(&[(path, text)]);
        let outcome = project.run(&["check", flag]);
        assert!(matches!(outcome.code, Some(0 | 1)), "{outcome:?}");
        project.read(path)
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// The program, in this project, with an environment that decides nothing about colours.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.run_with(args, &[])
    }

    pub fn run_with(&self, args: &[&str], env: &[(&str, &str)]) -> Outcome {
        Outcome::of(self.command(args).envs(env.iter().copied()).output().unwrap())
    }

    /// The program with this text on its standard input.
    pub fn run_on(&self, args: &[&str], stdin: &str) -> Outcome {
        Outcome::of(self.command(args).write_stdin(stdin).output().unwrap())
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushguard"));
        command.current_dir(self.path()).args(args).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.env_remove("FORCE_COLOR").env_remove("FORCE_HYPERLINK").env_remove("COLUMNS");
        command
    }

    /// git in this project, with no settings but its own; it must succeed.
    pub fn git(&self, args: &[&str]) -> String {
        let outcome = self.try_git(args);
        assert_eq!(outcome.code, Some(0), "git {args:?}: {outcome:?}");
        outcome.stdout
    }

    pub fn try_git(&self, args: &[&str]) -> Outcome {
        let mut command = Command::new("git");
        command.current_dir(self.path()).args(args);
        for (name, value) in [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_AUTHOR_NAME", "a"),
            ("GIT_AUTHOR_EMAIL", "a@example.org"),
            ("GIT_COMMITTER_NAME", "a"),
            ("GIT_COMMITTER_EMAIL", "a@example.org"),
        ] {
            command.env(name, value);
        }
        Outcome::of(command.output().unwrap())
    }
}

impl Outcome {
    /// `path:line rule` of each finding in a JSON report.
    pub fn findings(&self) -> Vec<String> {
        let log = self.json();
        let findings = log["findings"].as_array().unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        findings.iter().map(|f| format!("{}:{} {}", text(&f["path"]), f["line"], text(&f["rule"]))).collect()
    }
}
