//! `tests/ecosystem/diff.py`: the difference of two binaries over code bases.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{CLEAN, Project, RACY};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The exit code and the output of a comparison of two programs over the code bases of a project.
fn compare(old: &Path, new: &Path, project: &Project) -> (Option<i32>, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ecosystem/diff.py");
    let output =
        Command::new("python3").arg(script).args([old, new]).arg(project.path().join("bases")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// A program that stands for another version.
fn version(project: &Project, name: &str, script: &str) -> std::path::PathBuf {
    let path = project.write(name, format!("#!/bin/sh\n{script}\n").as_bytes());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn two_versions_are_told_apart_by_their_findings() {
    let project = Project::new(&[("bases/one/models/a.js", RACY), ("bases/two/models/a.js", CLEAN)]);
    let own = Path::new(env!("CARGO_BIN_EXE_pushguard"));
    let (code, said) = compare(own, own, &project);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("2 code bases: 0 gone, 0 new, 0 reworded, 0 failed\nfindings 1 -> 1, "), "{said}");
    let blind = version(&project, "blind", r#"echo '{"version": 1, "findings": [], "files": 1}'"#);
    let (code, said) = compare(own, &blind, &project);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("  - error check-then-push models/a.js:5 "), "{said}");
    assert!(said.contains("1 gone, 0 new, 0 reworded, 0 failed\n  -1 error check-then-push\n"), "{said}");
    let (code, said) = compare(&blind, own, &project);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("  + error check-then-push models/a.js:5 "), "{said}");
}

#[test]
fn a_run_that_fails_is_no_agreement() {
    let project = Project::new(&[("bases/one/models/a.js", CLEAN)]);
    let broken = version(&project, "broken", "echo oh >&2; exit 101");
    let (code, said) = compare(&broken, &broken, &project);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("  OLD failed: exit code 101 after 0 s: oh\n  NEW failed: "), "{said}");
}
