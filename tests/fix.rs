//! `check --fix` and `check --diff`, as the real program does them.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{CLEAN, Outcome, Project, RACY};
use std::fs;
use std::path::Path;

const ACT: &str = "updateOne({ _id: id },";
const FIND: &str = "const found = await chats.findOne({ _id: id, 'messages.mergeId': item.mergeId });";
const GUARDED: &str = "updateOne({ _id: id, 'messages.mergeId': { $ne: item.mergeId } },";

/// The race, fixed.
fn fixed() -> String {
    RACY.replace(ACT, GUARDED)
}

/// What `--fix` makes of a file.
fn after(text: &str) -> String {
    Project::rewritten("models/a.js", text, "--fix")
}

#[test]
fn a_fixed_file_is_clean_and_the_count_is_on_stderr() {
    let racy = RACY.replace("await chats.update", "return chats.update");
    let project = Project::new(&[("models/a.js", &racy), ("models/b.js", CLEAN)]);
    let outcome = project.run(&["check", "--fix"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout.ends_with("\n0 errors, 0 warnings in 2 files\n"), "{outcome:?}");
    assert_eq!(outcome.stderr, "fixed 1 finding in 1 file\n");
    assert_eq!(project.read("models/a.js"), racy.replace(ACT, GUARDED));
    assert_eq!(project.read("models/b.js"), CLEAN);
    let again = project.run(&["check", "--fix"]);
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), "fixed 0 findings in 0 files\n"));
    assert_eq!(fs::read_dir(project.path().join("models")).unwrap().count(), 2, "a temporary file stayed");
}

#[test]
fn what_cannot_be_fixed_is_reported_and_decides_the_exit_code() {
    let other = RACY.replace("item } });", "item } }, { upsert: true });");
    let project = Project::new(&[("models/a.js", RACY), ("models/b.js", &other)]);
    let outcome = project.run(&["check", "--fix", "--format", "json"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(outcome.findings(), ["models/b.js:5 check-then-push"]);
    assert_eq!(project.read("models/a.js"), fixed());
    assert_eq!(project.read("models/b.js"), other);
}

#[test]
fn a_diff_shows_the_fix_and_writes_nothing() {
    let project = Project::new(&[("server/models/a b.js", RACY), (".git/HEAD", ""), ("server/pushguard.toml", "")]);
    let outcome = project.run(&["check", "server", "--diff"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let lines: Vec<&str> = outcome.stdout.lines().filter(|line| line.starts_with(['+', '-', '@'])).collect();
    let removed = format!("-{}", RACY.lines().nth(4).unwrap());
    let added = format!("+{}", fixed().lines().nth(4).unwrap());
    let expected = [
        "--- a/server/models/a b.js",
        "+++ b/server/models/a b.js",
        "@@ -2,6 +2,6 @@",
        removed.as_str(),
        added.as_str(),
    ];
    assert_eq!(lines, expected);
    assert_eq!(project.read("server/models/a b.js"), RACY);
    let clean = Project::new(&[("models/a.js", CLEAN)]).run(&["check", "--diff"]);
    assert_eq!((clean.code, clean.stdout.as_str()), (Some(0), ""));
    assert_eq!(project.run(&["check", "--fix", "--diff"]).code, Some(2));
}

#[test]
fn line_ends_the_mark_the_mode_and_the_layout_stay() {
    let text = format!("\u{feff}{}", RACY.replace("{ _id: id },", "{\n    _id: id,\n  },")).replace('\n', "\r\n");
    let project = Project::new(&[]);
    let path = project.write("models/a.js", text.as_bytes());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    }
    assert_eq!(project.run(&["check", "--fix"]).code, Some(0));
    let line = "    _id: id,\r\n    'messages.mergeId': { $ne: item.mergeId },\r\n";
    assert_eq!(project.read("models/a.js"), text.replace("    _id: id,\r\n", line));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
}

#[cfg(unix)]
#[test]
fn a_link_is_written_through() {
    let project = Project::new(&[("real/a.js", RACY)]);
    fs::create_dir(project.path().join("models")).unwrap();
    std::os::unix::fs::symlink("../real/a.js", project.path().join("models/a.js")).unwrap();
    let outcome = project.run(&["check", "models/a.js", "--fix"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(project.read("real/a.js"), fixed());
    assert!(fs::symlink_metadata(project.path().join("models/a.js")).is_ok());
}

#[test]
fn only_the_files_that_were_asked_for_are_changed() {
    let project = Project::new(&[("models/a.js", RACY), ("models/b.js", RACY)]);
    assert_eq!(project.run(&["check", "models/b.js", "--fix"]).code, Some(0));
    assert_eq!((project.read("models/a.js"), project.read("models/b.js")), (RACY.to_owned(), fixed()));
    // The check is in the file that was asked for, the act is not.
    let reader = "\
async function has(chats, id, tag) {
  return (await chats.findOne({ _id: id, tags: tag })) !== null;
}
module.exports = { has };
";
    let writer = "\
const { has } = require('./reader');
async function tag(chats, id, tag) {
  if (await has(chats, id, tag)) return;
  await chats.updateOne({ _id: id }, { $push: { tags: tag } });
}
module.exports = { tag };
";
    let project = Project::new(&[("models/reader.js", reader), ("models/writer.js", writer)]);
    let outcome = project.run(&["check", "models/reader.js", "--fix", "--format", "json"]);
    assert_eq!(outcome.findings(), ["models/writer.js:4 check-then-push"]);
    assert!(outcome.json()["findings"][0]["fix"].is_object(), "{outcome:?}");
    assert_eq!(project.read("models/writer.js"), writer);
    assert_eq!(project.run(&["check", "--fix"]).stderr, "fixed 1 finding in 1 file\n");
}

#[test]
fn all_that_a_filter_has_to_ask_is_written() {
    let text = "\
async function add(chats, id, imageId, videoId) {
  const chat = await chats.findOne({ _id: id });
  if (chat.images.includes(imageId)) return;
  if (chat.videos.includes(videoId)) return;
  await chats.updateOne({ _id: id }, { $push: { images: imageId, videos: videoId } });
}
module.exports = { add };
";
    let guarded = "{ _id: id, images: { $ne: imageId }, videos: { $ne: videoId } }, {";
    assert_eq!(after(text), text.replace("{ _id: id }, {", guarded));
}

#[test]
fn the_quotation_marks_in_use_are_kept() {
    let text = RACY.replace('\'', "\"");
    let guard = GUARDED.replace('\'', "\"");
    assert_eq!(after(&text), text.replace(ACT, &guard));
}

/// Each of these could change what the program does while nobody else writes, so none of them may be touched.
#[test]
fn a_rewrite_without_proof_is_not_made() {
    let twins = [
        // A missed filter would insert.
        ("{ $push: { messages: item } }", "{ $push: { messages: item } }, { upsert: true }"),
        ("{ $push: { messages: item } }", "{ $push: { messages: item } }, options"),
        // The result would get another meaning.
        ("await chats.updateOne(", "const done = await chats.updateOne("),
        // The check asks for more than the element.
        ("item.mergeId }", "item.mergeId, state: 'open' }"),
        // The check looks at another document, or at a part of the array.
        (
            FIND,
            "const chat = await chats.findOne({ owner: id });\n  const found = chat.messages.some((m) => m.mergeId === item.mergeId);",
        ),
        (
            FIND,
            "const chat = await chats.findOne({ _id: id }, { projection: { messages: { $slice: -9 } } });\n  const found = chat.messages.some((m) => m.mergeId === item.mergeId);",
        ),
        // The same key is appended several times on purpose.
        (
            "await chats.updateOne",
            "await chats.updateOne({ _id: id }, { $push: { messages: first } });\n  await chats.updateOne",
        ),
        ("await chats.updateOne", "for (const part of item.parts) await chats.updateOne"),
        // The check does not decide alone.
        ("if (found)", "if (found && !item.force)"),
        // Evaluating it again could give something else.
        ("$push: { messages: item }", "$push: { messages: build(item) }"),
        // The filter is not written at the call, or not known whole.
        ("updateOne({ _id: id },", "updateOne(Object.freeze({ _id: id }),"),
        ("updateOne({ _id: id },", "updateOne({ _id: id, 'messages.seen': true },"),
    ];
    for (from, to) in twins {
        assert!(RACY.contains(from), "{from}");
        let mut text = RACY.replace(from, to);
        if to.starts_with("const done") {
            text =
                text.replace("item } });", "item } });\n  if (!done.matchedCount) await chats.insertOne({ _id: id });");
        }
        let found = Project::new(&[("models/a.js", &text)]).run(&["check", "--format", "json"]);
        let found = found.json()["findings"].as_array().unwrap().clone();
        assert!(found.iter().any(|finding| finding["rule"] == "check-then-push"), "{to}");
        assert!(found.iter().all(|finding| finding["fix"]["applicability"] != "safe"), "{to}");
        assert_eq!(after(&text), text, "{to}");
    }
}

/// Each of these carries the whole check, whatever its call and its element are.
#[test]
fn a_rewrite_with_proof_is_made() {
    let guard = "'messages.mergeId': { $ne: item.mergeId }";
    let twins = [
        ("updateOne(", "findOneAndUpdate(", guard),
        ("updateOne(", "updateMany(", guard),
        ("{ messages: item }", "{ messages: { mergeId: item.mergeId, ...rest } }", guard),
        ("{ messages: item }", "{ messages: { $each: [item] } }", guard),
        (
            FIND,
            "const chat = await chats.findOne({ _id: id });\n  const found = chat.messages.some((m) => m.mergeId === item.mergeId && m.at > since);",
            "messages: { $not: { $elemMatch: { mergeId: item.mergeId, at: { $gt: since } } } }",
        ),
    ];
    for (from, to, guard) in twins {
        assert!(RACY.contains(from), "{from}");
        let text = RACY.replace(from, to);
        let guarded = format!("{{ _id: id, {guard} }}, {{ $push");
        assert_eq!(after(&text), text.replace("{ _id: id }, { $push", &guarded), "{to}");
    }
}

/// Applies each replacement to a text that is fixed as it stands, and expects that the finding stays and nothing is fixed.
fn assert_unproven(text: &str, rule: &str, twins: &[(&str, &str)]) {
    assert_ne!(after(text), text);
    for (from, to) in twins {
        assert!(text.contains(from), "{from}");
        let twin = text.replacen(from, to, 1);
        let found = Project::new(&[("models/a.js", &twin)]).run(&["check", "--format", "json"]).json();
        let found = found["findings"].as_array().unwrap();
        assert!(found.iter().any(|finding| finding["rule"] == rule), "{to}: {found:?}");
        assert_eq!(after(&twin), twin, "{to}");
    }
}

#[test]
fn an_identity_that_may_be_missing_or_shared_is_not_guarded() {
    let text = "\
async function add(chats, id, imageId, url) {
  if (!imageId) throw new Error('no image');
  return chats.updateOne({ _id: id }, { $push: { messages: { type: 'image', imageId, url } } });
}
module.exports = { add };
";
    let twins = [
        ("if (!imageId) throw new Error('no image');", ""),
        ("$push: {", "$set: { seen: false }, $push: {"),
        ("{ messages: {", "{ log: url, messages: {"),
        ("imageId, url }", "imageId, url, mergeId: url }"),
        ("return chats", "for (const one of url) await chats"),
    ];
    assert_unproven(text, "unguarded-push", &twins);
}

#[test]
fn a_guard_on_what_the_element_does_not_store_is_left_alone() {
    let text = "\
async function add(posts, id, note) {
  return posts.updateOne(
    { _id: id, notes: { $elemMatch: { noteId: { $ne: note.noteId } } } },
    { $push: { notes: { noteId: note.noteId, text: note.text } } },
  );
}
module.exports = { add };
";
    let twins = [
        ("{ noteId: note.noteId, text", "{ noteId: note.text, text"),
        ("{ noteId: note.noteId, text: note.text }", "make(note)"),
        ("$ne: note.noteId }", "$ne: note.noteId }, text: { $ne: note.text }"),
        ("{ _id: id,", "{ _id: id, 'notes.noteId': { $exists: true },"),
    ];
    assert_unproven(text, "any-element-guard", &twins);
}

/// After a fix `matchedCount` 0 has another meaning, so a result that a branch reads keeps the call as it is.
#[test]
fn a_result_that_a_branch_reads_is_left_alone() {
    let call = "chats.updateOne({ _id: id }, { $push: { messages: item } })";
    let uses = [
        format!("{call}.then((r) => {{ if (!r.matchedCount) throw new Error('gone'); }});"),
        format!("{call}.then(({{ modifiedCount }}) => modifiedCount === 0 && log());"),
        format!("return (await {call}).matchedCount ? 'ok' : 'gone';"),
        format!("await {call}.setOptions({{ upsert: true }});"),
    ];
    for statement in uses {
        let text = RACY.replace("await chats.updateOne({ _id: id }, { $push: { messages: item } });", &statement);
        assert_ne!(text, RACY);
        let project = Project::new(&[("models/a.js", &text)]);
        let outcome = project.run(&["check", "--fix"]);
        assert_eq!(outcome.code, Some(1), "{statement}: {outcome:?}");
        assert_eq!(project.read("models/a.js"), text);
    }
}

/// The programs and projects that are shipped: each fix takes its finding away and brings no error.
#[test]
fn a_fix_takes_errors_away_and_brings_none() {
    assert!(fixed_with("--fix", &["programs/racy", "programs/safe", "projects"]) >= 10);
}

#[test]
fn a_suggested_fix_takes_errors_away_and_brings_none() {
    assert!(fixed_with("--fix-suggested", &["remedies", "projects"]) >= 10);
}

/// How many findings were fixed in all.
fn fixed_with(flag: &str, groups: &[&str]) -> usize {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut fixed = 0;
    for group in groups {
        for entry in fs::read_dir(fixtures.join(group)).unwrap() {
            let project = Project::new(&[]);
            copy(&entry.unwrap().path(), project.path());
            let keys = |outcome: &Outcome, is_counted: &dyn Fn(&serde_json::Value) -> bool| {
                let findings = outcome.json()["findings"].as_array().unwrap().clone();
                let counted = findings.iter().filter(|finding| is_counted(finding));
                counted.map(|finding| format!("{} {}", finding["path"], finding["fingerprint"])).collect::<Vec<_>>()
            };
            let before = keys(&project.run(&["check", "--format", "json"]), &|_| true);
            let outcome = project.run(&["check", flag, "--format", "json"]);
            let told = outcome.stderr.lines().last().and_then(|line| line.split(' ').nth(1));
            let count: usize = told.and_then(|count| count.parse().ok()).unwrap();
            let errors = keys(&outcome, &|finding| finding["level"] == "error");
            assert!(errors.iter().all(|error| before.contains(error)), "{before:?} became {errors:?}");
            // A change can end what two rules found, and leave less in its place.
            let after = keys(&outcome, &|_| true);
            let gone = before.iter().filter(|known| !after.contains(known)).count();
            let is_as_told = if flag == "--fix" { gone >= count } else { count == 0 || gone > 0 };
            assert!(is_as_told, "{count} fixed: {before:?} became {after:?}");
            fixed += count;
        }
    }
    fixed
}

/// Copies a file, or the files below a folder, into a folder.
fn copy(from: &Path, into: &Path) {
    if from.is_file() {
        fs::create_dir_all(into).unwrap();
        fs::copy(from, into.join(from.file_name().unwrap())).unwrap();
        return;
    }
    for path in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => copy(&path, &into.join(path.file_name().unwrap())),
            false => copy(&path, into),
        }
    }
}

#[test]
fn a_split_guard_that_may_be_meant_is_left_alone() {
    let text = "\
async function invite(teams, id, email, phone) {
  return teams.updateOne(
    { _id: id, 'members.email': { $ne: email }, 'members.phone': { $ne: phone } },
    { $push: { members: { email, phone } } },
  );
}
module.exports = { invite };
";
    assert_eq!(after(text), text);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_a_clear_failure() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new(&[("models/a.js", RACY)]);
    let folder = project.path().join("models");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    // The superuser may write anyway.
    let may_write = fs::write(folder.join("probe"), "").is_ok();
    let outcome = project.run(&["check", "--fix"]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    if may_write {
        eprintln!("SKIPPED: this user may write to a folder that nobody may write to");
    } else {
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains("cannot write the fix"), "{outcome:?}");
        assert_eq!(project.read("models/a.js"), RACY);
    }
}
