//! What a release is made of, with stand-ins for the binaries: packed, installed from, and held against the workflow.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![cfg(unix)]

mod shell;
mod tools;

use shell::{CLEAN, Project};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;
use tools::{both, command, done, release};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The targets that the workflow builds.
fn targets() -> BTreeSet<String> {
    let workflow = read(".github/workflows/release.yml");
    let named = workflow.split("{ target: ").skip(1).map(|rest| rest.split(',').next().unwrap().to_owned());
    named.collect()
}

fn archive(target: &str) -> String {
    format!("pushguard-{target}.{}", if target.contains("windows") { "zip" } else { "tgz" })
}

/// Packs a stand-in for each of these targets.
fn pack<'a>(project: &Project, path: &str, targets: impl Iterator<Item = &'a String>) -> Output {
    for target in targets {
        let suffix = if target.contains("windows") { ".exe" } else { "" };
        let text = format!("#!/bin/sh\necho {target} \"$@\"\n");
        project.write(&format!("binaries/{target}/pushguard{suffix}"), text.as_bytes());
    }
    let mut command = command(root().join(".ci/pack").to_str().unwrap(), project.path(), path);
    command.args(["binaries", "out"]).output().unwrap()
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn tools_of_packing() -> Option<String> {
    tools::with(&["bash", "node", "npm", "python3", "tar", "sha256sum", "install", "realpath"])
}

#[test]
fn everything_that_is_handed_out_is_packed() {
    let Some(path) = tools_of_packing() else { return };
    let project = Project::new(&[]);
    let targets = targets();
    assert_eq!(targets.len(), 8, "{targets:?}");
    let packed = pack(&project, &path, targets.iter());
    assert!(packed.status.success(), "{}", both(&packed));
    let out = project.path().join("out");

    let mut archives: BTreeSet<String> = targets.iter().map(|target| archive(target)).collect();
    archives.insert("SHA256SUMS".to_owned());
    assert_eq!(names(&out.join("release")), archives);
    let sums = done(command("sha256sum", &out.join("release"), &path).args(["--check", "--strict", "SHA256SUMS"]));
    assert_eq!(sums.lines().count(), archives.len() - 1, "{sums}");
    let listed = done(command("tar", &out, &path).args([
        "-tvzf",
        "release/pushguard-x86_64-unknown-linux-gnu.tgz",
        "./pushguard",
    ]));
    assert!(listed.starts_with("-rwxr-xr-x 0/0"), "{listed}");
    let pages = done(command("tar", &out, &path).args([
        "-xzOf",
        "release/pushguard-aarch64-apple-darwin.tgz",
        "./completions/pushguard.fish",
    ]));
    assert_eq!(pages, "x86_64-unknown-linux-musl completions fish\n");

    let launcher: serde_json::Value = serde_json::from_str(&read("npm/pushguard/package.json")).unwrap();
    let platforms = launcher["optionalDependencies"].as_object().unwrap().keys();
    let platforms: BTreeSet<String> =
        platforms.map(|name| format!("{}.tgz", name.split('/').nth(1).unwrap())).collect();
    assert_eq!(names(&out.join("npm")), platforms);
    assert_eq!(names(&out.join("npm-launcher")), BTreeSet::from(["pushguard.tgz".to_owned()]));
    let of_npm = done(command("tar", &out, &path).args(["-xzOf", "npm/linux-x64.tgz", "package/bin/pushguard"]));
    assert!(of_npm.contains("echo x86_64-unknown-linux-musl"), "{of_npm}");

    // What the image copies is there for each platform.
    let dockerfile = read("Dockerfile");
    let source = dockerfile.lines().find_map(|line| line.strip_prefix("COPY ")).unwrap().split(' ').next().unwrap();
    for (platform, cpu) in [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64")] {
        let binary = out.join("image").join(source.replace("${TARGETPLATFORM}", platform));
        assert!(fs::read_to_string(&binary).unwrap().contains(&format!("echo {cpu}-unknown-linux-musl")), "{platform}");
        assert_eq!(fs::metadata(&binary).unwrap().permissions().mode() & 0o777, 0o755, "{platform}");
    }
}

#[test]
fn a_platform_without_a_binary_stops_the_release() {
    let Some(path) = tools_of_packing() else { return };
    let targets = targets();
    let packed = pack(&Project::new(&[]), &path, targets.iter().filter(|target| *target != "aarch64-apple-darwin"));
    assert_eq!(packed.status.code(), Some(1));
    assert_eq!(both(&packed), "there is no binary for darwin-arm64\n");
}

#[test]
fn the_targets_are_those_of_the_packages_and_of_the_installer() {
    let Some(path) = tools::with(&["bash", "curl"]) else { return };
    let targets = targets();
    let script = read("npm/platform.js");
    let known = script.lines().filter_map(|line| line.strip_prefix("  '")?.split_once("': {"));
    assert_eq!(known.map(|(target, _)| target.to_owned()).collect::<BTreeSet<_>>(), targets);

    let project = Project::new(&[]);
    let fake = project.write("bin/uname", b"#!/bin/sh\n[ \"$1\" = -s ] && echo \"$SYSTEM\" || echo \"$MACHINE\"\n");
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{path}", project.path().join("bin").display());
    for (system, machine, target) in [
        ("Linux", "x86_64", "x86_64-unknown-linux-musl"),
        ("Linux", "aarch64", "aarch64-unknown-linux-musl"),
        ("Darwin", "x86_64", "x86_64-apple-darwin"),
        ("Darwin", "arm64", "aarch64-apple-darwin"),
        ("MINGW64_NT-10.0-20348", "x86_64", "x86_64-pc-windows-msvc"),
        ("MSYS_NT-10.0-26100", "aarch64", "aarch64-pc-windows-msvc"),
    ] {
        assert!(targets.contains(target), "{target}");
        project.write(&format!(".releases/v{VERSION}/SHA256SUMS"), b"");
        let asked = installed(&project, &path, &[("SYSTEM", system), ("MACHINE", machine)]);
        assert_eq!(asked.status.code(), Some(2));
        assert!(both(&asked).contains(&format!("/v{VERSION}/{}\n", archive(target))), "{target}\n{}", both(&asked));
    }
    let unknown = installed(&project, &path, &[("SYSTEM", "Plan9"), ("MACHINE", "mips")]);
    assert_eq!(
        (unknown.status.code(), both(&unknown)),
        (Some(2), "::error::there is no binary for Plan9 on mips\n".into())
    );
}

/// Runs `.ci/install` on the release in `.releases`, into `to`.
fn installed(project: &Project, path: &str, env: &[(&str, &str)]) -> Output {
    let mut command = command("bash", project.path(), path);
    command.arg(root().join(".ci/install")).arg(VERSION).arg(project.path().join("to"));
    command.env("PUSHGUARD_RELEASES", format!("file://{}", project.path().join(".releases").display()));
    command.envs(env.iter().copied()).output().unwrap()
}

#[test]
fn only_a_binary_with_the_right_checksum_is_installed() {
    let Some(path) = tools::with(&["bash", "curl", "tar", "sha256sum"]) else { return };
    let project = Project::new(&[]);
    let releases = project.path().join(".releases");
    release::publish(&releases, b"#!/bin/sh\necho the right one\n", &path);
    let done = installed(&project, &path, &[]);
    assert!(done.status.success(), "{}", both(&done));
    let binary = project.path().join("to/pushguard");
    assert_eq!(tools::done(&mut command(binary.to_str().unwrap(), project.path(), &path)), "the right one\n");
    fs::remove_dir_all(project.path().join("to")).unwrap();

    let sums = format!(".releases/v{VERSION}/SHA256SUMS");
    let right = project.read(&sums);
    let file = archive(&release::target());
    let zero = "0".repeat(64);
    for (what, wrong) in [
        ("of another file", right.replace(&file, "pushguard-other.tgz")),
        ("of other bytes", format!("{zero}  {file}\n")),
        ("twice", format!("{right}{zero}  {file}\n")),
        ("cut short", right[1..].to_owned()),
        ("none", String::new()),
    ] {
        project.write(&sums, wrong.as_bytes());
        let refused = installed(&project, &path, &[]);
        assert_eq!(refused.status.code(), Some(2), "{what}");
        assert!(
            both(&refused).starts_with(&format!("::error::the checksum of {file} is ")),
            "{what}: {}",
            both(&refused)
        );
        assert!(!project.path().join("to").exists(), "{what}");
    }
    // Neither a release that is not there nor one that anybody on the way could change.
    for (releases, why) in [("file:///nowhere", "curl: (37)"), ("http://127.0.0.1:9", "curl: (1) Protocol")] {
        let refused = installed(&project, &path, &[("PUSHGUARD_RELEASES", releases)]);
        assert_eq!(refused.status.code(), Some(2));
        let said = both(&refused);
        assert!(said.contains("::error::cannot fetch ") && said.contains(why), "{said}");
    }
}

#[test]
fn a_tag_needs_its_version_and_its_notes() {
    let Some(path) = tools::with(&["bash", "awk", "sed"]) else { return };
    let project = Project::new(&[]);
    for script in [".ci/version", ".ci/notes"] {
        let copy = project.write(script, read(script).as_bytes());
        fs::set_permissions(copy, fs::Permissions::from_mode(0o755)).unwrap();
    }
    project.write("Cargo.toml", read("Cargo.toml").as_bytes());
    let run = |script: &str, args: &[&str]| {
        let script = project.path().join(script);
        let output = command(script.to_str().unwrap(), project.path(), &path).args(args).output().unwrap();
        (output.status.code(), both(&output))
    };
    assert_eq!(run(".ci/version", &[]), (Some(0), format!("{VERSION}\n")));
    let log = |heading: &str| {
        format!("# Changelog\n\n## Unreleased\n\n- More.\n\n## {heading}\n\n- First.\n\n## 0.0.1\n\n- Old.\n")
    };
    project.write("CHANGELOG.md", log("0.0.9").as_bytes());
    let tag = format!("v{VERSION}");
    let unnoted = format!("CHANGELOG.md has nothing under `## {VERSION}`\n");
    assert_eq!(run(".ci/version", &[&tag]), (Some(1), unnoted));
    for heading in [VERSION.to_owned(), format!("{VERSION} - 2026-01-31")] {
        project.write("CHANGELOG.md", log(&heading).as_bytes());
        assert_eq!(run(".ci/version", &[&tag]), (Some(0), format!("{VERSION}\n")));
        assert_eq!(run(".ci/notes", &[]), (Some(0), "\n- First.\n".to_owned()));
    }
    let other = format!("the tag is v9.9.9, and Cargo.toml has {VERSION}\n");
    assert_eq!(run(".ci/version", &["v9.9.9"]), (Some(1), other));
}

#[test]
fn each_target_is_built_with_the_profile_and_the_wheel_that_it_needs() {
    let Some(path) = tools::with(&["bash", "sed"]) else { return };
    let project = Project::new(&[]);
    let rust = env!("CARGO_PKG_RUST_VERSION");
    project.write("Cargo.toml", read("Cargo.toml").as_bytes());
    // Stand-ins that say how they are called; cargo's leaves a binary where the real one does.
    let log = "echo \"$(basename \"$0\") $*\" >> log\n";
    let cargo = format!(
        "#!/bin/sh\n{log}for target; do :; done\nfolder=target/$target/dist\nmkdir -p $folder\n\
         echo \"$RUSTUP_TOOLCHAIN\" | tee $folder/pushguard > $folder/pushguard.exe\n"
    );
    let other = format!("#!/bin/sh\n{log}");
    for (name, script) in [
        ("bin/cargo", cargo.as_str()),
        ("bin/rustup", &other),
        ("bin/python3", &other),
        ("bin/maturin", &other),
        (".ci/build", &read(".ci/build")),
    ] {
        let file = project.write(name, script.as_bytes());
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{path}", project.path().join("bin").display());
    for target in targets() {
        project.write("log", b"");
        done(command(project.path().join(".ci/build").to_str().unwrap(), project.path(), &path).arg(&target));
        let suffix = if target.contains("windows") { ".exe" } else { "" };
        assert_eq!(project.read(&format!("target/binaries/{target}/pushguard{suffix}")), format!("{rust}\n"));
        let log = project.read("log");
        let toolchain = format!("rustup toolchain install {rust} --profile minimal --target {target}\n");
        let build = format!("cargo build --locked --profile dist --target {target}\n");
        assert!(log.starts_with(&format!("{toolchain}{build}")), "{log}");
        let wheel = log.lines().find_map(|line| line.strip_prefix("maturin ")).unwrap_or_default();
        let tags = if target.ends_with("-musl") { " --compatibility manylinux2014 musllinux_1_1" } else { "" };
        let expected = format!("build --locked --target {target} --out target/wheels{tags}");
        assert_eq!(wheel, if target.ends_with("-gnu") { "" } else { &expected }, "{target}");
    }
}

/// A wheel of a crate that has the metadata of this one, and runs the program under test.
fn wheel(project: &Project, path: &str) -> PathBuf {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let mut small = toml::Table::new();
    small.insert("package".to_owned(), manifest["package"].clone());
    small.insert("profile".to_owned(), manifest["profile"].clone());
    project.write("crate/Cargo.toml", small.to_string().as_bytes());
    for file in ["pyproject.toml", "README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        project.write(&format!("crate/{file}"), read(file).as_bytes());
    }
    let main = format!(
        "use std::os::unix::process::CommandExt;\n\
         fn main() {{ panic!(\"{{}}\", std::process::Command::new({:?}).args(std::env::args_os().skip(1)).exec()) }}\n",
        env!("CARGO_BIN_EXE_pushguard")
    );
    project.write("crate/src/main.rs", main.as_bytes());
    let mut build = command("maturin", &project.path().join("crate"), path);
    build.env("CARGO_NET_OFFLINE", "true").env_remove("CARGO_TARGET_DIR");
    done(build.args(["build", "--quiet", "--compatibility", "linux", "--out", "../wheels"]));
    let wheels = project.path().join("wheels");
    let [name] = <[String; 1]>::try_from(names(&wheels).into_iter().collect::<Vec<_>>()).unwrap();
    assert!(name.starts_with(&format!("pushguard-{VERSION}-py3-none-linux_")), "{name}");
    let script = "import sys, zipfile; it = zipfile.ZipFile(sys.argv[1]); \
                  print(it.read(next(n for n in it.namelist() if n.endswith('/METADATA'))).decode())";
    let metadata = done(command("python3", project.path(), path).args(["-c", script]).arg(wheels.join(&name)));
    for line in [
        concat!("Version: ", env!("CARGO_PKG_VERSION")),
        concat!("Summary: ", env!("CARGO_PKG_DESCRIPTION")),
        concat!("License: ", env!("CARGO_PKG_LICENSE")),
        concat!("Project-URL: Source Code, ", env!("CARGO_PKG_REPOSITORY")),
    ] {
        assert!(metadata.lines().any(|known| known == line), "{line}\n{metadata}");
    }
    wheels.join(name)
}

#[test]
fn a_wheel_brings_the_program_to_a_hook_that_builds_nothing() {
    let Some(path) = tools::with(&["bash", "git", "cargo", "maturin", "pre-commit", "python3"]) else { return };
    let setuptools = root().join("target/tools/wheels");
    let first = fs::read_dir(&setuptools).ok().and_then(|mut all| all.next()).map(|entry| entry.unwrap().path());
    if !tools::is_there(&first.unwrap_or(setuptools.join("setuptools"))) {
        return;
    }
    let project = Project::new(&[]);
    let wheels = wheel(&project, &path).parent().unwrap().to_owned();
    let mirror = project.path().join("mirror");
    done(command("bash", project.path(), &path).arg(root().join(".ci/mirror")).arg(&mirror));
    let git = |folder: &Path, args: &[&str]| done(command("git", folder, &path).args(args));
    let commit = |folder: &Path| {
        git(folder, &["init", "--quiet"]);
        git(folder, &["add", "--all"]);
        git(folder, &["commit", "--quiet", "--message", "first"]);
    };
    let told = std::fs::read_to_string(mirror.join("README.md")).unwrap();
    assert!(told.contains(&format!("rev: v{VERSION}\n")) && told.contains("- id: pushguard\n"), "{told}");
    commit(&mirror);
    let user = Project::new(&[("models/a.js", shell::RACY), ("models/b.js", CLEAN)]);
    commit(user.path());
    let program = Path::new(env!("CARGO_BIN_EXE_pushguard")).parent().unwrap();
    let without = std::env::split_paths(&path).filter(|folder| folder != program);
    let without = std::env::join_paths(without).unwrap().into_string().unwrap();
    let run = |file: &str| {
        let mut hook = command("pre-commit", user.path(), &without);
        hook.args(["try-repo", mirror.to_str().unwrap(), "pushguard", "--files", file]);
        // No network.
        hook.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", format!("{} {}", wheels.display(), setuptools.display()));
        hook.env("PRE_COMMIT_HOME", project.path().join("home")).env("HOME", project.path().join("home"));
        hook.output().unwrap()
    };
    let found = run("models/a.js");
    assert!(!found.status.success() && both(&found).contains("error[check-then-push]"), "{}", both(&found));
    let passed = run("models/b.js");
    assert!(passed.status.success(), "{}", both(&passed));
}
