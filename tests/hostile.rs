//! Repositories that want to run code, write elsewhere, stop the gate or fool who reads the report.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{CLEAN, Outcome, Project, RACY};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Nothing here takes so long.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs the program in a folder; a run that does not end is killed, and its code is `None`.
fn run(folder: &Path, args: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushguard"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let id = child.id().to_string();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output().unwrap()));
    let output = receiver.recv_timeout(LIMIT).unwrap_or_else(|_| {
        Command::new("kill").args(["-9", &id]).status().unwrap();
        receiver.recv().unwrap()
    });
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn fifo(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A check, and a push of an element with this key, written as this token.
fn keyed(key: &str, path: &str) -> String {
    format!(
        "async function add(chats, id, m) {{\n  const e = await chats.findOne({{ _id: id, {path}: m.v }});\n  if (e) return;\n  \
         await chats.updateOne({{ _id: id }}, {{ $push: {{ messages: {{ {key}: m.v }} }} }});\n}}\nmodule.exports = {{ add }};\n"
    )
}

#[test]
fn a_key_stays_a_string_whatever_is_in_it() {
    let keys = [
        r#"x\': 1 }, eval("INJECTED")), void ({ \'a"#,
        r"a\\",
        r"a\nb\r\t\0c",
        r"\u2028\u202e",
        r#"""#,
        r"é\u{1f600}",
        r"\x1b[31m",
    ];
    for key in keys {
        let text = keyed(&format!("'{key}'"), &format!("'messages.{key}'"));
        let project = Project::new(&[("models/a.js", &text)]);
        let outcome = run(project.path(), &["check", "--fix"]);
        assert!(outcome.stderr.contains("fixed 1 finding in 1 file"), "{key}: {outcome:?}");
        let script = "const calls = []; console.log = (text) => calls.push(text);\
            const chats = { findOne: async (f) => { calls.push(Object.keys(f)); return null; },\
            updateOne: async (f, u) => { calls.push(Object.keys(f), Object.keys(u.$push.messages)); } };\
            require('./models/a.js').add(chats, 1, { v: 2 }).then(() => process.stdout.write(JSON.stringify(calls)));";
        let output = Command::new("node").current_dir(project.path()).args(["-e", script]).output().unwrap();
        let calls: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
            panic!("{key}: {}\n{}", String::from_utf8_lossy(&output.stderr), project.read("models/a.js"))
        });
        // The filter of the check, that of the act, and the element: all of the same field.
        let field = calls[2][0].as_str().unwrap();
        assert_eq!(calls[0][1], format!("messages.{field}"), "{key}");
        assert_eq!(calls[1][1], calls[0][1], "{key}: {}", project.read("models/a.js"));
        assert_eq!(calls.as_array().unwrap().len(), 3, "{key}: something else ran: {calls}");
    }
}

#[test]
fn a_key_that_is_no_text_or_no_field_is_left_alone() {
    for (key, path) in [(r"'x\ud800'", r"'messages.x\ud800'"), ("'__proto__'", "'messages.__proto__'")] {
        let text = keyed(key, path);
        let project = Project::new(&[("models/a.js", &text)]);
        let outcome = run(project.path(), &["check", "--fix"]);
        assert!(outcome.stderr.contains("fixed 0 findings in 0 files"), "{key}: {outcome:?}");
        assert_eq!(project.read("models/a.js"), text);
    }
}

#[test]
fn configured_paths_stay_in_the_project() {
    let outer = Project::new(&[("outside/a.js", RACY), ("app/models/b.js", CLEAN)]);
    let app = outer.path().join("app");
    let absolute = outer.path().join("outside").display().to_string();
    symlink("../outside", app.join("link")).unwrap();
    for path in ["../outside", "models/../../outside", &absolute, "link"] {
        fs::write(app.join("pushguard.toml"), format!("# \npaths = [\"{path}\"]\n")).unwrap();
        for args in [["check", "--fix"].as_slice(), &["check"], &["paths"], &["check", "--list-files"]] {
            let outcome = run(&app, args);
            assert_eq!(outcome.code, Some(2), "{path}: {outcome:?}");
            assert!(outcome.stderr.contains("`paths` leads out of the project"), "{path}: {outcome:?}");
            assert!(outcome.stderr.contains("pushguard.toml:2:"), "{path}: {outcome:?}");
        }
    }
    assert_eq!(outer.read("outside/a.js"), RACY);
}

/// A hook passes on what was committed, and a commit may hold links.
#[test]
fn a_named_link_does_not_lead_out_of_the_project() {
    let outer = Project::new(&[("outside/a.js", RACY), ("app/models/b.js", CLEAN), ("app/pushguard.toml", "")]);
    let app = outer.path().join("app");
    symlink("../../outside/a.js", app.join("models/link.js")).unwrap();
    let outcome = run(&app, &["check", "--fix", "models/link.js"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("leads out of the project"), "{outcome:?}");
    assert_eq!(outer.read("outside/a.js"), RACY);
    // What the user names is theirs.
    let outcome = run(&app, &["check", "--fix", "../outside/a.js"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_ne!(outer.read("outside/a.js"), RACY);
}

#[test]
fn own_files_of_the_project_are_no_links_to_write_through() {
    let outer = Project::new(&[("precious.json", ""), ("app/models/a.js", RACY), ("app/package.json", "{}")]);
    let app = outer.path().join("app");
    fs::write(outer.path().join("precious.json"), "{\"version\":1,\"findings\":[]}").unwrap();
    symlink("../precious.json", app.join("pushguard-baseline.json")).unwrap();
    symlink("../precious.json", app.join("pushguard.toml")).unwrap();
    let outcome = run(&app, &["init", "--force"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    fs::remove_file(app.join("pushguard.toml")).unwrap();
    let outcome = run(&app, &["baseline"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert_eq!(outer.read("precious.json"), "{\"version\":1,\"findings\":[]}");
}

#[test]
fn what_is_no_regular_file_is_not_waited_for() {
    let project = Project::new(&[("models/a.js", RACY)]);
    let path = |name: &str| project.path().join(name);
    fifo(&path("models/pipe.js"));
    let outcome = run(project.path(), &["check", "models/pipe.js"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("not a regular file"), "{outcome:?}");
    // A walk passes it by.
    assert_eq!(run(project.path(), &["check", "--format", "compact"]).stdout.lines().count(), 1);
    for name in ["pushguard.toml", "pushguard-baseline.json"] {
        for target in ["/dev/zero", "/dev/full", ".", "nowhere"] {
            symlink(target, path(name)).unwrap();
            let outcome = run(project.path(), &["check"]);
            assert_eq!(outcome.code, Some(2), "{name} -> {target}: {outcome:?}");
            fs::remove_file(path(name)).unwrap();
        }
        fifo(&path(name));
        let outcome = run(project.path(), &["check"]);
        assert_eq!(outcome.code, Some(2), "{name}: {outcome:?}");
        assert!(outcome.stderr.contains(name), "{outcome:?}");
        fs::remove_file(path(name)).unwrap();
    }
    for name in [".gitignore", "package.json", "tsconfig.json"] {
        fifo(&path(name));
        let outcome = run(project.path(), &["check"]);
        assert_eq!(outcome.code, Some(1), "{name}: {outcome:?}");
        fs::remove_file(path(name)).unwrap();
        symlink("/dev/zero", path(name)).unwrap();
        assert_eq!(run(project.path(), &["check"]).code, Some(1), "{name}");
        fs::remove_file(path(name)).unwrap();
    }
}

/// A run that fixes many files, of which the first is written and others are not.
fn fixing(project: &Project) -> Child {
    let child = Command::new(env!("CARGO_BIN_EXE_pushguard"))
        .current_dir(project.path())
        .args(["check", "--fix"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + LIMIT;
    while fs::read_to_string(project.path().join("models/0.js")).unwrap() == RACY {
        assert!(Instant::now() < deadline, "nothing was written");
    }
    child
}

/// Each file is whole, old or new, and nothing else stays behind.
#[test]
fn an_interrupt_leaves_no_temporary_file() {
    let files: Vec<(String, &str)> = (0..1_500).map(|at| (format!("models/{at}.js"), RACY)).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    for signal in ["-INT", "-TERM"] {
        let project = Project::new(&files);
        let mut child = fixing(&project);
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap();
        let mut written = 0;
        for entry in fs::read_dir(project.path().join("models")).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(path.extension().and_then(|end| end.to_str()), Some("js"), "{}", path.display());
            let text = fs::read_to_string(&path).unwrap();
            assert!(text == RACY || text.contains("$ne: item.mergeId") && text.ends_with("{ add };\n"));
            written += usize::from(text != RACY);
        }
        assert!(written == 1_500 || status.code().is_none(), "{written} files, then {status}");
    }
}

#[test]
fn a_folder_that_is_swapped_for_a_link_meanwhile_leads_nowhere() {
    let files: Vec<String> = (0..1_500).map(|at| format!("models/{at}.js")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|path| (path.as_str(), RACY)).collect();
    let (project, outside) = (Project::new(&files), Project::new(&files));
    let models = project.path().join("models");
    let mut child = fixing(&project);
    fs::rename(&models, project.path().join("moved")).unwrap();
    symlink(outside.path().join("models"), &models).unwrap();
    let status = child.wait().unwrap();
    for (path, text) in files {
        assert_eq!(outside.read(path), text, "{path}, {status}");
    }
    let moved = fs::read_dir(project.path().join("moved")).unwrap();
    let written = moved.filter(|entry| fs::read_to_string(entry.as_ref().unwrap().path()).unwrap() != RACY).count();
    assert!(status.code() == Some(2) || written == 1_500, "{written} files, then {status}");
}

#[test]
fn a_diff_and_the_reports_print_nothing_that_acts() {
    let unseen = "\u{1b}[2J\u{0}\u{202e}\u{200b}\u{2066}\u{feff}\u{e0041}\u{9b}x";
    let marked = format!("  // {unseen} ##vso[task.setvariable variable=PATH]x\n  await chats");
    let text = RACY.replace("  await chats", &marked).replacen('{', "{ /*\n ::stop-commands::t\n*/", 1);
    let project = Project::new(&[("models/a.js", &text)]);
    for args in [["--diff"].as_slice(), &["--format", "human"], &["--format", "compact"], &["--format", "github"]] {
        let outcome = run(project.path(), &[&["check"], args].concat());
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        for stream in [&outcome.stdout, &outcome.stderr] {
            let acting = |c: char| unseen.contains(c) && !c.is_ascii_graphic();
            assert!(!stream.contains(acting) && !stream.contains("##vso["), "{args:?}: {stream:?}");
            let is_command =
                |line: &str| line.trim().starts_with("::") && !line.starts_with("::error file=models/a.js");
            assert!(!stream.lines().any(is_command), "{args:?}: {stream}");
        }
    }
    let outcome = run(project.path(), &["check", "--diff"]);
    assert!(outcome.stderr.contains("does not apply"), "{outcome:?}");
}

#[test]
fn a_diff_of_plain_text_applies() {
    let project = Project::new(&[("models/é a.js", &RACY.replace("chats'", "chats é'").replace("  await", "\tawait"))]);
    let outcome = run(project.path(), &["check", "--diff"]);
    assert_eq!(outcome.stderr, "");
    project.git(&["init", "-q"]);
    project.write("fix.patch", outcome.stdout.as_bytes());
    project.git(&["apply", "fix.patch"]);
    assert!(project.read("models/é a.js").contains("$ne: item.mergeId"));
}

#[test]
fn names_of_files_forge_no_line_of_a_report() {
    let names = ["::error::x.js", "a\n::error::b.js", "\u{1b}]0;x\u{7}.js", "##[error]c.js"];
    let project = Project::new(&[]);
    for name in names {
        project.write(&format!("models/{name}"), RACY.as_bytes());
        project.write(name, RACY.as_bytes());
    }
    fs::write(project.path().join("pushguard.toml"), "paths = ['.']").unwrap();
    for format in ["human", "compact", "github", "gitlab", "junit", "json", "sarif"] {
        let outcome = run(project.path(), &["check", "--format", format]);
        assert_eq!(outcome.code, Some(1), "{format}: {outcome:?}");
        let own =
            |line: &str| format == "github" && line.starts_with("::error file=") && line.contains("title=pushguard");
        let forged = |line: &&str| line.trim().starts_with("::") && !own(line);
        assert_eq!(outcome.stdout.lines().find(forged), None, "{format}");
        assert!(!outcome.stdout.contains(['\u{1b}', '\u{7}']), "{format}");
    }
    let outcome = run(project.path(), &["check", "--list-files"]);
    assert!(!outcome.stdout.lines().any(|line| line.trim().starts_with("::")), "{outcome:?}");
}

/// The gate must come to its verdict, or say why it cannot, whatever the files beside the code hold.
#[test]
fn files_beside_the_code_do_not_stop_the_gate() {
    let array = "[[array]]\nfield = 'messages'\n[[array.kind]]\nname = 'k'\nwhen = { has = ['a'] }\nkey = ['a']\n";
    let deep = "[".repeat(500_000);
    let beside = [
        ("pushguard.toml", array.repeat(8_000), 1),
        ("pushguard.toml", "#".repeat(20 << 20), 2),
        ("pushguard.toml", format!("a = {deep}"), 2),
        ("pushguard.toml", format!("exclude = ['{}']", "*a".repeat(20_000)), 1),
        ("pushguard.toml", format!("exclude = ['{}']", "{a,b}".repeat(2_000)), 1),
        ("pushguard.toml", format!("exclude = [{}]", "'**/[a-z]*?/{b,c}*/**/d',".repeat(10_000)), 2),
        ("pushguard.toml", format!("exclude = ['{}']", "{".repeat(20_000)), 2),
        ("pushguard-baseline.json", format!("{{\"version\": 1, \"findings\": {deep}"), 2),
        ("pushguard-baseline.json", format!("{{\"version\": 1, \"findings\": [{{\"path\": {deep}"), 2),
        (".gitignore", "**/[a-z]*?/{b,c}*/**/d\n".repeat(20_000), 1),
        ("tsconfig.json", deep.clone(), 1),
        ("tsconfig.json", "{\"extends\": \"./tsconfig.json\"}".to_owned(), 1),
        ("tsconfig.json", "{\"extends\": \"/etc/passwd\", \"references\": [{\"path\": \".\"}]}".to_owned(), 1),
        ("package.json", "{\"imports\": {\"#a\": \"#b\", \"#b\": \"#a\"}, \"main\": \".\"}".to_owned(), 1),
        ("package.json", "{\"a\":".repeat(300_000), 1),
    ];
    for (name, text, code) in beside {
        let project = Project::new(&[
            ("models/a.js", RACY),
            ("models/b.js", "import '#a'; import '.'; import '..';"),
            (name, &text),
        ]);
        symlink(".", project.path().join("models/loop")).unwrap();
        let outcome = run(project.path(), &["check", "--format", "compact"]);
        let start: String = text.chars().take(60).collect();
        assert!(outcome.stderr.len() < 2_000, "{name} {start}: {} bytes", outcome.stderr.len());
        assert_eq!(outcome.code, Some(code), "{name} {start}: {outcome:?}");
        assert!(code == 2 || outcome.stdout.starts_with("models/a.js:5:"), "{name} {start}: {outcome:?}");
        assert!(code == 1 || outcome.stderr.contains(name), "{name} {start}: {outcome:?}");
    }
}

#[test]
fn folders_in_folders_are_walked_to_a_depth_that_is_told() {
    let project = Project::new(&[("models/a.js", RACY)]);
    let script = "import os\nfor i in range(1500):\n  os.mkdir('d'); os.chdir('d')\nopen('b.js', 'w').write('x')";
    let made =
        Command::new("python3").current_dir(project.path().join("models")).args(["-c", script]).status().unwrap();
    assert!(made.success());
    let outcome = run(project.path(), &["check", "--format", "compact"]);
    assert_eq!((outcome.code, outcome.stdout.lines().count()), (Some(1), 1), "{outcome:?}");
    assert!(outcome.stderr.contains("256 folders deep"), "{outcome:?}");
}
