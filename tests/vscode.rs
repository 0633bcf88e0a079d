//! The extension for VS Code: built, packed, installed, and used in VS Code by a browser.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![cfg(unix)]

mod shell;
mod tools;

use serde_json::Value;
use shell::Project;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use tools::{command, done};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn json(path: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap()
}

/// A Node that is new enough for VS Code: the one that was installed for it, else the system's. `None` for want of a tool.
fn node() -> Option<PathBuf> {
    let path = tools::with(&["node"])?;
    let modules = root().join("target/tools/code-server/node_modules");
    if !tools::is_there(&modules.join("code-server/package.json")) {
        return None;
    }
    let installed = fs::read_dir(&modules).unwrap().map(|entry| entry.unwrap().path().join("bin/node"));
    let mut system = std::env::split_paths(&path).map(|folder| folder.join("node"));
    installed.into_iter().find(|it| it.is_file()).or_else(|| system.find(|it| it.is_file()))
}

/// The packed extension, made in a copy of its folder. `None` for want of a tool.
fn packed(project: &Project) -> Option<PathBuf> {
    let path = tools::with(&["node", "npm"])?;
    let installed = root().join("target/tools/vscode");
    if !tools::is_there(&installed.join("installed")) {
        return None;
    }
    let lock = "editors/vscode/package-lock.json";
    let is_same = fs::read(root().join(lock)).unwrap() == fs::read(installed.join("installed")).unwrap();
    assert!(is_same, "{lock} has changed since `.ci/tools` installed it");
    let folder = project.path().join("extension");
    copy(&root().join("editors/vscode"), &folder);
    symlink(installed.join("node_modules"), folder.join("node_modules")).unwrap();
    for script in ["check", "build", "package"] {
        done(command("npm", &folder, &path).args(["run", "--silent", script]));
    }
    Some(folder.join("pushguard.vsix"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let is_made = ["node_modules", "dist"].iter().any(|name| source.ends_with(name));
        match source.is_dir() {
            true if is_made => {}
            true => copy(&source, &target),
            false => fs::copy(&source, &target).map(drop).unwrap(),
        }
    }
}

#[test]
fn the_extension_works_in_vs_code() {
    let project = Project::new(&[]);
    let Some(path) = tools::with(&["chromium"]) else { return };
    let (Some(node), Some(extension)) = (node(), packed(&project)) else { return };
    let modules = tools::node_modules();
    if !tools::is_there(&modules.join("playwright-core/package.json")) {
        return;
    }
    for name in ["works", "missing"] {
        copy(&root().join("tests/vscode/project"), &project.path().join(name));
    }
    let os = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let cpu = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let installed = project.path().join("works/node_modules");
    project.write("works/node_modules/pushguard/package.json", b"{}");
    let program = project.write(&format!("works/node_modules/@pushguard/{os}-{cpu}/bin/pushguard"), b"");
    fs::copy(env!("CARGO_BIN_EXE_pushguard"), program).unwrap();
    let trap = format!("#!/bin/sh\ntouch '{}'\n", project.path().join("launched").display());
    project.write("works/node_modules/.bin/pushguard", trap.as_bytes());
    fs::set_permissions(installed.join(".bin/pushguard"), fs::Permissions::from_mode(0o755)).unwrap();

    // Its settings name a program, which counts with trust alone.
    let setting = br#"{ "pushguard.path": "${workspaceFolder}/tools/pushguard" }"#;
    project.write("works/.vscode/settings.json", setting);
    fs::create_dir(project.path().join("works/tools")).unwrap();
    symlink(env!("CARGO_BIN_EXE_pushguard"), project.path().join("works/tools/pushguard")).unwrap();

    let shots = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("vscode");
    fs::create_dir_all(&shots).unwrap();
    let find = |name: &str| std::env::split_paths(&path).map(|folder| folder.join(name)).find(|it| it.is_file());
    let mut session = command(node.to_str().unwrap(), project.path(), &path);
    session.arg(root().join("tests/vscode/session.cjs")).arg(extension).arg(project.path());
    session.env("NODE_PATH", modules).env("CHROMIUM", find("chromium").unwrap()).env("SHOTS", &shots);
    session.env("CODE", root().join("target/tools/code-server/node_modules/code-server/lib/vscode"));
    // Without the program under test.
    session.env("CODE_PATH", "/usr/bin:/bin");
    done(&mut session);
    for shot in ["untrusted", "squiggle", "hover", "proof", "paths", "fix", "fixed", "hostile", "missing"] {
        assert!(shots.join(format!("{shot}.png")).is_file(), "{shot}");
    }
}

#[test]
fn the_packed_extension_is_small_and_holds_no_sources() {
    let project = Project::new(&[]);
    let Some(path) = tools::with(&["python3"]) else { return };
    let Some(extension) = packed(&project) else { return };
    let size = fs::metadata(&extension).unwrap().len();
    assert!(size < 300_000, "{size} bytes");
    let script = "import sys, zipfile; print('\\n'.join(sorted(zipfile.ZipFile(sys.argv[1]).namelist())))";
    let list = done(command("python3", project.path(), &path).args(["-c", script]).arg(&extension));
    let files: Vec<&str> = list.lines().filter_map(|line| line.strip_prefix("extension/")).collect();
    assert_eq!(files, ["LICENSE.txt", "changelog.md", "dist/extension.js", "icon.png", "package.json", "readme.md"]);
}

#[test]
fn the_program_is_found_where_it_may_be_taken_from() {
    let Some(node) = node() else { return };
    let mut command = command(node.to_str().unwrap(), root(), &std::env::var("PATH").unwrap());
    done(command.arg(root().join("tests/vscode/program.mjs")));
}

#[test]
fn the_extension_belongs_to_this_version() {
    let manifest = json("editors/vscode/package.json");
    for (name, value) in [
        ("version", env!("CARGO_PKG_VERSION")),
        ("license", env!("CARGO_PKG_LICENSE")),
        ("description", env!("CARGO_PKG_DESCRIPTION")),
    ] {
        assert_eq!(manifest[name], value, "{name}");
    }
    assert_eq!(manifest["repository"]["url"], format!("{}.git", env!("CARGO_PKG_REPOSITORY")));
    let lock = json("editors/vscode/package-lock.json");
    assert_eq!(lock["version"], env!("CARGO_PKG_VERSION"));
    let packages = lock["packages"].as_object().unwrap();
    // Whoever installs chooses the registry.
    let resolved: Vec<&String> =
        packages.iter().filter(|(_, it)| it.get("resolved").is_some()).map(|(name, _)| name).collect();
    assert_eq!(resolved, [] as [&String; 0]);
    let pinned = ["dependencies", "devDependencies"].map(|kind| manifest[kind].as_object().unwrap().clone());
    for (name, version) in pinned.iter().flatten() {
        assert!(version.as_str().unwrap().starts_with(|c: char| c.is_ascii_digit()), "{name} {version} is not pinned");
    }
}

#[test]
fn the_pages_name_every_setting_and_command() {
    let manifest = json("editors/vscode/package.json");
    let contributes = &manifest["contributes"];
    let page = fs::read_to_string(root().join("editors/vscode/README.md")).unwrap();
    let settings = contributes["configuration"]["properties"].as_object().unwrap().keys().cloned();
    let commands = contributes["commands"].as_array().unwrap().iter();
    let titles = commands.map(|it| format!("{}: {}", it["category"].as_str().unwrap(), it["title"].as_str().unwrap()));
    for name in settings.chain(titles) {
        assert!(page.contains(&format!("`{name}`")), "editors/vscode/README.md does not name {name}");
    }
}
