//! The npm packages: built, packed, installed without a network, and run.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;
mod tools;

use serde_json::{Value, json};
use shell::{CLEAN, Project, RACY};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tools::{both, command, done};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn launcher() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("npm/pushguard/package.json")).unwrap()).unwrap()
}

/// The name that npm gives to this platform, and Rust's.
fn platform() -> (String, String) {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        os => os,
    };
    let cpu = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x64" };
    let target = match os {
        "darwin" => format!("{}-apple-darwin", std::env::consts::ARCH),
        "win32" => format!("{}-pc-windows-msvc", std::env::consts::ARCH),
        _ => format!("{}-unknown-linux-gnu", std::env::consts::ARCH),
    };
    (format!("{os}-{cpu}"), target)
}

/// Packs a package into `out`; gives the tarball.
fn pack(package: &Path, out: &Path, path: &str) -> PathBuf {
    let name = done(command("npm", out, path).args(["pack", "--silent"]).arg(package));
    out.join(name.trim().lines().last().unwrap())
}

/// The packages, built from the program under test with `binary` in its place.
fn tarballs(project: &Project, path: &str, binary: &Path) -> (PathBuf, PathBuf) {
    let (name, target) = platform();
    let out = project.path().join("packages");
    fs::create_dir_all(&out).unwrap();
    let script = root().join("npm/platform.js");
    let written = done(command("node", project.path(), path).arg(script).arg(target).arg(binary).arg(&out));
    assert_eq!(Path::new(written.trim()), out.join(name));
    (pack(&root().join("npm/pushguard"), &out, path), pack(Path::new(written.trim()), &out, path))
}

/// The program under test, without its debug information where that can be had: packing it takes most of the time.
fn stripped(project: &Project, path: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_pushguard"));
    let small = project.path().join("stripped");
    match command("strip", project.path(), path).arg("-o").arg(&small).arg(program).status() {
        Ok(status) if status.success() => small,
        _ => program.to_owned(),
    }
}

fn install(project: &Project, path: &str, binary: &Path) {
    let (launcher, platform) = tarballs(project, path, binary);
    let size = fs::metadata(&platform).unwrap().len();
    assert!(size < 12_000_000, "{size} bytes");
    project.write("package.json", br#"{ "name": "app", "private": true }"#);
    done(command("npm", project.path(), path).args(["install", "--offline", "--silent"]).arg(launcher).arg(platform));
}

#[test]
fn an_offline_installation_runs_and_keeps_the_exit_code() {
    let Some(path) = tools::with(&["node", "npm", "npx"]) else { return };
    let project = Project::new(&[("models/a.js", RACY), ("other/b.js", CLEAN)]);
    install(&project, &path, &stripped(&project, &path));
    let run = |args: &[&str]| command("npx", project.path(), &path).arg("pushguard").args(args).output().unwrap();
    let version = run(&["--version"]);
    assert_eq!(String::from_utf8_lossy(&version.stdout), concat!("pushguard ", env!("CARGO_PKG_VERSION"), "\n"));
    let found = run(&["check", "--format", "compact"]);
    assert_eq!(found.status.code(), Some(1), "{}", both(&found));
    let stdout = String::from_utf8_lossy(&found.stdout);
    assert!(stdout.starts_with("models/a.js:5:") && stdout.lines().count() == 1, "{}", both(&found));
    assert_eq!(run(&["check", "other"]).status.code(), Some(0));
    let refused = run(&["check", "no where.js"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--> no where.js"), "{}", both(&refused));
}

#[test]
fn the_packed_files_are_the_launcher_and_the_binary() {
    let Some(path) = tools::with(&["node", "npm", "tar"]) else { return };
    let project = Project::new(&[]);
    let (launcher, platform) = tarballs(&project, &path, &project.write("stand-in", b"binary"));
    let list = |tarball: &Path| {
        let mut files: Vec<String> =
            done(command("tar", project.path(), &path).arg("-tzf").arg(tarball)).lines().map(str::to_owned).collect();
        files.sort();
        files
    };
    assert_eq!(list(&launcher), ["package/README.md", "package/bin/pushguard.js", "package/package.json"]);
    let binary = format!("package/bin/pushguard{}", std::env::consts::EXE_SUFFIX);
    assert_eq!(
        list(&platform),
        ["package/LICENSE-APACHE", "package/LICENSE-MIT", binary.as_str(), "package/package.json"]
    );
}

#[cfg(unix)]
#[test]
fn streams_signals_and_codes_pass_through() {
    use std::io::{Read, Write};
    use std::os::unix::process::ExitStatusExt;
    let Some(path) = tools::with(&["node", "npm"]) else { return };
    let project = Project::new(&[]);
    let script = "#!/bin/sh\n\
                  case $1 in\n\
                  echo) cat; echo \"$2\" >&2; exit 7 ;;\n\
                  die) kill -9 $$ ;;\n\
                  wait) trap 'kill $!; exit 9' TERM; sleep 60 & echo ready; wait ;;\n\
                  esac\n";
    let binary = project.write("stand-in", script.as_bytes());
    install(&project, &path, &binary);
    let start = |args: &[&str]| {
        let mut command = command("node", project.path(), &path);
        command.arg("node_modules/pushguard/bin/pushguard.js").args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut echo = start(&["echo", "two words"]);
    echo.stdin.take().unwrap().write_all(b"in\n").unwrap();
    let echo = echo.wait_with_output().unwrap();
    assert_eq!((echo.status.code(), both(&echo).as_str()), (Some(7), "in\ntwo words\n"));
    assert_eq!(start(&["die"]).wait_with_output().unwrap().status.signal(), Some(9));
    let mut waiting = start(&["wait"]);
    let mut ready = [0; 6];
    waiting.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
    done(command("kill", project.path(), &path).args(["-TERM", &waiting.id().to_string()]));
    assert_eq!(waiting.wait().unwrap().code(), Some(9));
}

#[test]
fn a_missing_binary_is_explained() {
    let Some(path) = tools::with(&["node", "npm"]) else { return };
    let project = Project::new(&[]);
    let script = root().join("npm/pushguard/bin/pushguard.js");
    let absent = command("node", project.path(), &path).arg(&script).arg("--version").output().unwrap();
    assert_eq!(absent.status.code(), Some(2), "{}", both(&absent));
    let expected = format!("pushguard: the package @pushguard/{} is not installed.\n", platform().0);
    assert!(String::from_utf8_lossy(&absent.stderr).starts_with(&expected), "{}", both(&absent));
    let pretend = "Object.defineProperty(process, 'arch', { value: 'mips' }); require(process.argv[1]);";
    let unknown = command("node", project.path(), &path).args(["-e", pretend]).arg(&script).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2), "{}", both(&unknown));
    assert!(both(&unknown).contains("-mips, only for darwin-arm64, darwin-x64, linux-arm64,"), "{}", both(&unknown));
}

#[test]
fn a_package_for_an_unknown_target_is_refused() {
    let Some(path) = tools::with(&["node"]) else { return };
    let project = Project::new(&[("b", "")]);
    let script = root().join("npm/platform.js");
    let refused = command("node", project.path(), &path).arg(script).args(["toString", "b", "out"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", both(&refused));
    assert!(!project.path().join("out").exists());
}

#[test]
fn the_packages_carry_the_version_of_the_crate() {
    let launcher = launcher();
    assert_eq!(launcher["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(launcher["license"], env!("CARGO_PKG_LICENSE"));
    assert_eq!(launcher["description"], env!("CARGO_PKG_DESCRIPTION"));
    assert_eq!(launcher["repository"]["url"], format!("git+{}.git", env!("CARGO_PKG_REPOSITORY")));
    let packages = launcher["optionalDependencies"].as_object().unwrap();
    assert!(packages.contains_key(&format!("@pushguard/{}", platform().0)));
    assert!(packages.values().all(|version| *version == json!(env!("CARGO_PKG_VERSION"))), "{packages:?}");
}
