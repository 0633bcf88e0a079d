//! What a person sees: the program on a pseudo-terminal, as a terminal of 80 and of 120 columns shows it.
//!
//! The screens are held against reviewed snapshots in `tests/snapshots`.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use pty_process::Size;
use pty_process::blocking::{Command, open};
use shell::{CLEAN, Project};
use std::io::Read;
use std::num::NonZero;
use std::path::Path;

const WIDTHS: [u16; 2] = [80, 120];
/// Lines of the longest report here, all of which the terminal keeps.
const ROWS: u16 = 2000;
/// Most lines of a finding, with the empty one below it, and of its witness.
const MOST: usize = 25;
const WITNESS: usize = 8;

/// Two marks in one file, 700 lines apart.
fn far_apart() -> String {
    let rest = "  // nothing to see here\n".repeat(700);
    format!(
        "async function add(db, id, item) {{\n  const chats = db.collection('chats');\n  \
         const found = await chats.findOne({{ _id: id, 'messages.mergeId': item.mergeId }});\n{rest}  \
         if (found) return;\n  await chats.updateOne({{ _id: id }}, {{ $push: {{ messages: item }} }});\n}}\n\
         module.exports = {{ add }};\n"
    )
}

/// What is on the terminal when the program has ended.
struct Screen {
    text: String,
    /// What the program sent.
    sent: String,
    /// Lines that the terminal had to break.
    wide: Vec<String>,
}

fn screen(folder: &Path, args: &[&str], columns: u16, env: &[(&str, &str)]) -> Screen {
    let (mut terminal, process_side) = open().unwrap();
    terminal.resize(Size::new(ROWS, columns)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushguard")).args(args).current_dir(folder).env_clear();
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("HOME", "/nonexistent")].iter().chain(env) {
        command = command.env(name, value);
    }
    let mut child = command.spawn(process_side).unwrap();
    let mut sent = Vec::new();
    // Reading from a terminal whose other side is closed is an error on Linux and an end elsewhere.
    let _ = terminal.read_to_end(&mut sent);
    child.wait().unwrap();
    let mut parser = vt100::Parser::new(NonZero::new(ROWS).unwrap(), NonZero::new(columns).unwrap(), 0);
    parser.process(&sent);
    let screen = parser.screen();
    let rows = screen.rows(0, columns).enumerate();
    let wide = rows.filter(|(row, _)| screen.row_wrapped(*row as u16)).map(|(_, text)| text).collect();
    Screen { text: screen.contents(), sent: String::from_utf8(sent).unwrap(), wide }
}

/// The lines of each finding, from its header to the next one or to what stands below them all.
fn findings(screen: &str) -> Vec<Vec<&str>> {
    let is_header = |line: &str| ["error[", "warning[", "info["].iter().any(|level| line.starts_with(level));
    let mut findings: Vec<Vec<&str>> = Vec::new();
    let (report, _totals) = screen.rsplit_once('\n').unwrap_or(("", screen));
    let report = report.split_once("\nto look closer: ").map_or(report, |(findings, _)| findings);
    for line in report.lines() {
        if is_header(line) {
            findings.push(Vec::new());
        }
        if let Some(finding) = findings.last_mut() {
            finding.push(line);
        }
    }
    findings
}

fn assert_readable(screen: &str) {
    let lines: Vec<&str> = screen.lines().collect();
    let is_empty = |line: &&str| line.trim_matches([' ', '│', '·']).chars().all(|c| c.is_ascii_digit());
    let run = lines.windows(2).find(|pair| pair.iter().all(is_empty));
    assert!(run.is_none(), "empty lines follow each other: {run:?} in\n{screen}");
    for finding in findings(screen) {
        let is_proven = finding.first().is_some_and(|head| head.ends_with(" proven"));
        let most = if is_proven { MOST + WITNESS } else { MOST };
        assert!(finding.len() <= most, "{} lines:\n{}", finding.len(), finding.join("\n"));
    }
}

/// The report on a project, at each width, against the snapshot `name@width`.
fn assert_screens(name: &str, folder: &Path, args: &[&str], count: usize) {
    for columns in WIDTHS {
        let Screen { text: screen, wide, .. } = screen(folder, args, columns, &[]);
        assert!(wide.is_empty(), "wider than the terminal: {wide:?}");
        assert_readable(&screen);
        assert_eq!(findings(&screen).len(), count, "{screen}");
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("terminal-{name}@{columns}"), screen);
        });
    }
}

#[test]
fn the_example_of_the_readme_is_readable() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let screen = screen(root, &["check", "fixtures/projects/chat-before"], 80, &[]).text;
    let count = findings(&screen).len();
    assert!(count > 5, "{screen}");
    assert_screens("example", root, &["check", "fixtures/projects/chat-before"], count);
}

#[test]
fn marks_far_apart_are_shown_without_what_is_between() {
    let project = Project::new(&[("models/a.js", &far_apart())]);
    assert_screens("far-apart", project.path(), &["check"], 1);
}

#[test]
fn nothing_found_is_one_line() {
    let project = Project::new(&[("models/a.js", CLEAN)]);
    assert_screens("nothing", project.path(), &["check"], 0);
}

#[test]
fn paths_is_a_list_on_a_narrow_terminal_and_a_table_on_a_wide_one() {
    let project = Project::new(&[("models/a.js", shell::RACY)]);
    assert_screens("paths", project.path(), &["paths"], 0);
}

#[test]
fn a_place_is_a_link_to_its_file_where_the_terminal_knows_links() {
    let project = Project::new(&[("models/a b.js", shell::RACY)]);
    let sent = |env: &[(&str, &str)]| screen(project.path(), &["check"], 80, env).sent;
    let linked = sent(&[("FORCE_HYPERLINK", "1")]);
    let root = project.path().canonicalize().unwrap();
    let link = format!("\u{1b}]8;;file://{}/models/a%20b.js\u{1b}\\", root.display());
    assert!(linked.contains(&link) && linked.contains("models/a b.js:5:9"), "{linked}");
    assert!(!sent(&[]).contains("\u{1b}]8;"));
    let plain = sent(&[("FORCE_HYPERLINK", "1"), ("NO_COLOR", "1")]);
    // What clears the progress bar is no colour and no link.
    assert!(!plain.contains("\u{1b}]") && !plain.replace("\u{1b}[2K", "").contains("\u{1b}["), "{plain:?}");
}

#[test]
fn a_terminal_has_colours_unless_it_or_the_environment_says_otherwise() {
    let project = Project::new(&[("models/a.js", shell::RACY)]);
    let is_coloured = |env: &[(&str, &str)]| {
        let sent = screen(project.path(), &["check"], 80, env).sent;
        sent.replace("\u{1b}[2K", "").contains("\u{1b}[")
    };
    assert!(is_coloured(&[]));
    for (name, value) in [("CLICOLOR", "0"), ("TERM", "dumb"), ("NO_COLOR", "1"), ("FORCE_COLOR", "0")] {
        assert!(!is_coloured(&[(name, value)]), "{name}={value}");
    }
    assert!(is_coloured(&[("CLICOLOR", "0"), ("CLICOLOR_FORCE", "1")]));
}

#[test]
fn the_page_of_a_rule_is_laid_out() {
    let project = Project::new(&[]);
    let page = screen(project.path(), &["explain", "unused-suppression"], 120, &[]).text;
    assert!(!page.contains("##") && !page.contains("```") && page.contains("\nWhat it does\n"), "{page}");
}
