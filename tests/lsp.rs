//! The language server over a real session on standard input and output.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod client;
mod shell;

use client::{Client, apply, initialize, uri};
use serde_json::{Value, json};
use shell::{CLEAN, Project, RACY};
use std::fs;
use std::path::PathBuf;

/// [`RACY`] with another filter of its act, whose result is returned.
fn filtered(filter: &str) -> String {
    RACY.replace("await chats.updateOne({ _id: id },", &format!("return chats.updateOne({filter},"))
}

const GUARD: &str = "{ _id: id, 'messages.mergeId': { $ne: item.mergeId } }";

/// A project, a client of it, and the path of `models/a.js`, which is racy on disk.
fn session() -> (Project, Client, PathBuf) {
    let project = Project::new(&[("models/a.js", RACY)]);
    let client = Client::initialized(&[project.path()]);
    let path = project.path().join("models/a.js");
    (project, client, path)
}

#[test]
fn a_project_is_reported_before_any_document_is_open() {
    let (_project, mut client, path) = session();
    assert_eq!(client.found(&path), ["4 check-then-push"]);
    let diagnostic = &client.diagnostics[&uri(&path)][0];
    assert_eq!((&diagnostic["severity"], &diagnostic["source"]), (&json!(1), &json!("pushguard")));
    assert_eq!(diagnostic["data"]["fingerprint"].as_str().map(str::len), Some(32), "{diagnostic}");
    let related = &diagnostic["relatedInformation"][0];
    assert_eq!(
        (&related["location"]["uri"], &related["location"]["range"]["start"]["line"]),
        (&json!(uri(&path)), &json!(2))
    );
    assert_eq!(related["message"], "checked here");
    assert!(diagnostic["message"].as_str().unwrap().contains("\nhelp: "), "{diagnostic}");
    assert_eq!(client.stop(), Some(0));
}

#[test]
fn typing_the_guard_removes_the_finding_and_closing_without_saving_brings_it_back() {
    let (_project, mut client, path) = session();
    client.open(&path, RACY);
    assert_eq!(client.found(&path), ["4 check-then-push"]);
    for (version, end) in (2..).zip([40, 90, 160, 220, RACY.len()]) {
        client.change(&path, version, &RACY[..end]);
    }
    client.change(&path, 7, &filtered(GUARD));
    assert_eq!(client.found(&path), [""; 0]);
    let last = client.published.last().unwrap();
    assert_eq!((&last["version"], &last["diagnostics"]), (&json!(7), &json!([])));
    client.close(&path);
    assert_eq!(client.found(&path), ["4 check-then-push"]);
}

#[test]
fn an_edit_in_one_file_changes_what_stands_in_another() {
    let target = |filter: &str| format!("exports.target = (id, item) => ({filter});\n");
    let route = filtered("target(id, item)");
    let route = format!("const {{ target }} = require('../models/target');\n{route}");
    let bare = target("{ _id: id }");
    let project = Project::new(&[("models/target.js", &bare), ("models/z.js", RACY), ("routes/a.js", &route)]);
    let mut client = Client::initialized(&[project.path()]);
    let (model, route) = (project.path().join("models/target.js"), project.path().join("routes/a.js"));
    client.open(&model, &bare);
    client.settle(&model);
    assert_eq!(client.standing(&route), ["5 check-then-push"]);
    let before = client.published.len();
    client.change(&model, 2, &target(GUARD));
    client.settle(&model);
    assert_eq!(client.standing(&route), [""; 0]);
    let told: Vec<&Value> = client.published[before..].iter().map(|message| &message["uri"]).collect();
    assert_eq!(told, [&json!(uri(&route))], "a file whose diagnostics did not change is not published again");
    client.change(&model, 3, &bare);
    client.settle(&model);
    assert_eq!(client.standing(&route), ["5 check-then-push"]);
}

#[test]
fn a_hover_shows_the_proof_and_the_page_of_the_rule_on_the_finding_alone() {
    let (_project, mut client, path) = session();
    client.open(&path, RACY);
    let hover = client.hover(&path, 4, 20);
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(
        text.starts_with("Proven:\n\n```text\n  before: ") && text.contains("```\n\n---\n\n# check-then-push\n"),
        "{text}"
    );
    assert!(text.contains("request A: id = 'id'") && text.contains("## Why it races"), "{text}");
    assert_eq!((&hover["contents"]["kind"], &hover["range"]["start"]["line"]), (&json!("markdown"), &json!(4)));
    assert_eq!(client.hover(&path, 1, 5), Value::Null);
}

#[test]
fn a_suppression_is_inserted_above_the_line_with_its_indentation_and_line_ending() {
    let (_project, mut client, path) = session();
    for (version, text) in (1..).zip([RACY.to_owned(), RACY.replace('\n', "\r\n")]) {
        if version == 1 {
            client.open(&path, &text)
        } else {
            client.change(&path, version, &text)
        }
        let actions = client.actions(&path, 4);
        let action = actions.iter().find(|action| action["title"].as_str().unwrap().starts_with("Suppress")).unwrap();
        assert_eq!(action["kind"], "quickfix");
        assert_eq!(action["diagnostics"][0]["code"], "check-then-push");
        assert_eq!(action["edit"]["documentChanges"][0]["textDocument"]["version"], json!(version));
        let changed = apply(action, &path, &text);
        let ending = if text.contains('\r') { "\r\n" } else { "\n" };
        let comment = format!("  // pushguard-ignore-next-line check-then-push -- <reason>{ending}");
        assert_eq!(changed, text.replace("  await chats.updateOne", &format!("{comment}  await chats.updateOne")));
        client.change(&path, version, &changed);
        assert_eq!(client.found(&path), [""; 0]);
    }
    assert_eq!(client.actions(&path, 0), [Value::Null; 0]);
}

#[test]
fn a_fix_is_offered_first_and_removes_the_finding() {
    let (_project, mut client, path) = session();
    client.open(&path, RACY);
    let actions = client.actions(&path, 4);
    let shown: Vec<(&Value, &Value)> = actions.iter().map(|action| (&action["kind"], &action["isPreferred"])).collect();
    assert_eq!(shown, [(&json!("quickfix"), &json!(true)), (&json!("quickfix"), &json!(false))], "{actions:?}");
    let fixed = apply(&actions[0], &path, RACY);
    assert!(fixed.contains("'messages.mergeId': { $ne: item.mergeId }"), "{fixed}");
    client.change(&path, 2, &fixed);
    assert!(!client.found(&path).contains(&"4 check-then-push".to_owned()));
}

#[test]
fn no_suppression_is_offered_where_its_line_would_be_no_comment() {
    let (_project, mut client, path) = session();
    let text = RACY.replace("  await chats", "  return `\n${await chats").replace("item } });", "item } })}`;");
    client.open(&path, &text);
    assert_eq!(client.found(&path), ["5 check-then-push"]);
    let actions = client.actions(&path, 5);
    assert!(actions.iter().all(|action| !action["title"].as_str().unwrap().starts_with("Suppress")), "{actions:?}");
    client.change(
        &path,
        2,
        "// pushguard-ignore-line check-then-push -- a comment of no use is removed, not suppressed\n",
    );
    assert_eq!(client.found(&path), ["0 unused-suppression"]);
    assert_eq!(client.actions(&path, 0), [Value::Null; 0]);
}

#[test]
fn the_configuration_is_read_again_and_a_broken_one_is_told_where_it_is_broken() {
    let (project, mut client, path) = session();
    assert_eq!(client.found(&path), ["4 check-then-push"]);
    let config = project.write("pushguard.toml", b"[rules]\ncheck-then-push = \"off\"\nunguarded-push = \"off\"\n");
    client.changed_on_disk(&config, 1);
    assert_eq!(client.found(&path), [""; 0]);
    project.write("pushguard.toml", b"[rules]\ncheck-than-push = \"off\"\n");
    client.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri(&config) } }));
    assert_eq!(client.found(&path), [""; 0], "the last configuration that applies stays in force");
    assert_eq!(client.standing(&config), ["1 -"]);
    let message = client.diagnostics[&uri(&config)][0]["message"].as_str().unwrap();
    assert!(message.contains("unknown rule `check-than-push`") && message.contains("did you mean"), "{message}");
    assert_eq!(client.said.len(), 1, "{:?}", client.said);
    assert!(client.said[0].starts_with("window/showMessage: pushguard.toml: unknown rule"), "{:?}", client.said);
    client.open(&path, RACY);
    client.settle(&path);
    assert_eq!(client.said.len(), 1, "it is told once: {:?}", client.said);
    fs::remove_file(&config).unwrap();
    client.changed_on_disk(&config, 3);
    assert_eq!(client.found(&path), ["4 check-then-push"]);
    assert_eq!(client.standing(&config), [""; 0]);
    assert_eq!(client.stop(), Some(0));
}

#[test]
fn a_baseline_is_honoured_and_a_broken_one_is_told() {
    let (project, mut client, path) = session();
    assert_eq!(client.found(&path), ["4 check-then-push"]);
    assert_eq!(project.run(&["baseline"]).code, Some(0));
    let baseline = project.path().join("pushguard-baseline.json");
    client.changed_on_disk(&baseline, 1);
    assert_eq!(client.found(&path), [""; 0]);
    project.write("pushguard-baseline.json", b"{\n<<<<<<< HEAD\n}");
    client.changed_on_disk(&baseline, 2);
    assert_eq!(client.found(&path), [""; 0]);
    assert_eq!(client.standing(&baseline), ["1 -"]);
    fs::remove_file(&baseline).unwrap();
    client.changed_on_disk(&baseline, 3);
    assert_eq!(client.found(&path), ["4 check-then-push"]);
    assert_eq!(client.standing(&baseline), [""; 0]);
}

#[test]
fn files_that_come_and_go_are_followed() {
    let (project, mut client, path) = session();
    client.settle(&path);
    let other = project.write("models/0 [id] ü.js", RACY.as_bytes());
    client.changed_on_disk(&other, 1);
    assert_eq!(client.found(&other), ["4 check-then-push"]);
    assert_eq!(client.standing(&path), ["4 check-then-push"], "the file has another number now");
    fs::rename(&other, project.path().join("models/z.js")).unwrap();
    client.changed_on_disk(&other, 3);
    client.changed_on_disk(&project.path().join("models/z.js"), 1);
    client.settle(&path);
    assert_eq!(client.standing(&other), [""; 0]);
    assert_eq!(client.standing(&project.path().join("models/z.js")), ["4 check-then-push"]);
    let unsaved = project.path().join("models/new/b.js");
    client.open(&unsaved, RACY);
    assert_eq!(client.found(&unsaved), ["4 check-then-push"], "a buffer without a file");
    client.close(&unsaved);
    assert_eq!(client.found(&unsaved), [""; 0]);
    fs::remove_file(&path).unwrap();
    client.changed_on_disk(&path, 3);
    assert_eq!(client.found(&path), [""; 0]);
}

#[test]
fn documents_that_are_not_part_of_the_project_stay_silent() {
    let (project, mut client, path) = session();
    let elsewhere = Project::new(&[("models/a.js", RACY)]);
    let outside = elsewhere.path().join("models/a.js");
    let others = [
        outside,
        project.path().join("models/a.test.js"),
        project.path().join("notes.md"),
        project.path().join("node_modules/x/a.js"),
    ];
    for path in &others {
        client.open(path, RACY);
    }
    let document = json!({ "uri": "untitled:Untitled-1", "languageId": "javascript", "version": 1, "text": RACY });
    client.notify("textDocument/didOpen", json!({ "textDocument": document }));
    assert_eq!(client.found(&path), ["4 check-then-push"]);
    for path in &others {
        assert_eq!(client.found(path), [""; 0], "{}", path.display());
    }
    assert_eq!(client.diagnostics.keys().filter(|uri| uri.starts_with("untitled:")).count(), 0);
}

#[test]
fn each_folder_is_a_root_of_its_own_and_an_inner_one_has_its_files_to_itself() {
    let off = "[rules]\ncheck-then-push = \"off\"\nunguarded-push = \"off\"\n";
    let outer =
        Project::new(&[("models/a.js", RACY), ("models/inner/b.js", RACY), ("models/inner/pushguard.toml", off)]);
    let other = Project::new(&[("models/c.js", RACY), ("routes/d.js", CLEAN)]);
    let inner = outer.path().join("models/inner");
    let mut client = Client::initialized(&[outer.path(), &inner, other.path()]);
    let paths = [outer.path().join("models/a.js"), inner.join("b.js"), other.path().join("models/c.js")];
    let found = paths.each_ref().map(|path| client.found(path).len());
    assert_eq!(found, [1, 0, 1]);
    let gone = json!([{ "uri": uri(&inner), "name": "w" }, { "uri": uri(other.path()), "name": "w" }]);
    client.notify("workspace/didChangeWorkspaceFolders", json!({ "event": { "added": [], "removed": gone } }));
    client.changed_on_disk(&paths[1], 2);
    let found = paths.each_ref().map(|path| client.found(path).len());
    assert_eq!(found, [1, 1, 0]);
}

#[cfg(unix)]
#[test]
fn a_folder_behind_a_symbolic_link_keeps_the_name_that_the_client_knows() {
    let project = Project::new(&[("real/models/a.js", RACY), ("real/models/b.js", RACY)]);
    let link = project.path().join("link");
    std::os::unix::fs::symlink(project.path().join("real"), &link).unwrap();
    let mut client = Client::initialized(&[&link]);
    let (open, unopened) = (link.join("models/a.js"), link.join("models/b.js"));
    client.open(&open, &filtered(GUARD));
    assert_eq!(client.found(&open), [""; 0]);
    assert_eq!(client.standing(&unopened), ["4 check-then-push"]);
    assert_eq!(client.diagnostics.len(), 2, "{:?}", client.diagnostics.keys());
}

#[test]
fn without_a_folder_an_open_document_is_checked_in_its_project() {
    let project = Project::new(&[("package.json", "{}"), ("lib/a.js", RACY), ("lib/b.js", RACY)]);
    let mut client = Client::start();
    client.request("initialize", initialize(&Value::Null));
    client.notify("initialized", json!({}));
    let path = project.path().join("lib/a.js");
    client.open(&path, RACY);
    assert_eq!(client.found(&path), ["4 check-then-push"]);
    assert_eq!(client.diagnostics.len(), 1, "{:?}", client.diagnostics.keys());
    client.close(&path);
    assert_eq!(client.found(&path), [""; 0]);
    assert_eq!(client.stop(), Some(0));
}

#[test]
fn positions_are_utf_16_and_a_carriage_return_ends_no_second_line() {
    let (_project, mut client, path) = session();
    let text = RACY.replace("  await chats.updateOne", "  /* é😀 */ await chats.updateOne").replace('\n', "\r\n");
    client.open(&path, &text);
    client.settle(&path);
    let start = &client.diagnostics[&uri(&path)][0]["range"]["start"];
    let column = "  /* é".len() - 1 + "😀".encode_utf16().count() + " */ await ".len();
    assert_eq!((&start["line"], start["character"].as_u64()), (&json!(4), Some(column as u64)));
}

#[test]
fn the_protocol_is_kept() {
    let mut client = Client::start();
    let early = client.request("textDocument/hover", json!({}));
    assert_eq!(early["error"]["code"], -32002, "{early}");
    client.notify("textDocument/didOpen", json!({}));
    let bad = client.request("initialize", json!({ "capabilities": 3 }));
    assert_eq!(bad["error"]["code"], -32602, "{bad}");
    let good = client.request("initialize", initialize(&json!([])));
    assert_eq!(good["result"]["serverInfo"]["name"], "pushguard", "{good}");
    client.notify("initialized", json!({}));
    assert_eq!(client.request("initialize", initialize(&json!([])))["error"]["code"], -32600);
    assert_eq!(client.request("workspace/symbol", json!({ "query": "" }))["error"]["code"], -32601);
    assert_eq!(client.request("textDocument/hover", json!({ "textDocument": 7 }))["error"]["code"], -32602);
    client.notify("textDocument/didChange", json!({ "textDocument": "?" }));
    client.notify("$/unheard", json!({}));
    client.send_raw("{ this is not JSON");
    client.send_raw("[1, 2]");
    assert_eq!(client.request("workspace/symbol", json!({ "query": "" }))["error"]["code"], -32601);
    let logged = client.said.iter().filter(|said| said.starts_with("window/logMessage: unreadable")).count();
    assert_eq!(logged, 3, "{:?}", client.said);
    assert_eq!(client.asked.len(), 1, "{:?}", client.asked);
    assert_eq!(client.asked[0]["method"], "client/registerCapability");
    client.send_raw(&json!({ "jsonrpc": "2.0", "id": client.asked[0]["id"], "result": null }).to_string());
    assert!(client.request("shutdown", Value::Null).get("error").is_none());
    assert_eq!(client.request("textDocument/hover", json!({}))["error"]["code"], -32600);
    client.notify("exit", Value::Null);
    assert_eq!(client.wait(), Some(0));
}

#[test]
fn a_session_that_ends_without_a_shutdown_ends_with_1() {
    let (_project, mut client, path) = session();
    client.open(&path, RACY);
    client.notify("exit", Value::Null);
    assert_eq!(client.wait(), Some(1));
    let (_project, client, _path) = session();
    assert_eq!(client.hang_up(), Some(1));
    assert_eq!(Client::start().hang_up(), Some(1));
}

#[test]
fn a_shutdown_does_not_wait_for_an_analysis_and_refuses_who_does() {
    let many: Vec<(String, String)> = (0..300).map(|n| (format!("models/m{n}.js"), RACY.repeat(20))).collect();
    let files: Vec<(&str, &str)> = many.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let project = Project::new(&files);
    let mut client = Client::initialized(&[project.path()]);
    let path = project.path().join("models/m0.js");
    client.open(&path, RACY);
    let place = json!({ "textDocument": { "uri": uri(&path) }, "position": { "line": 4, "character": 20 } });
    let cancelled = client.ask("textDocument/hover", place.clone());
    client.notify("$/cancelRequest", json!({ "id": cancelled }));
    assert_eq!(client.response(cancelled)["error"]["code"], -32800);
    let waiting = client.ask("textDocument/hover", place);
    let shutdown = client.ask("shutdown", Value::Null);
    assert_eq!(client.response(waiting)["error"]["code"], -32800);
    assert!(client.response(shutdown).get("error").is_none());
    client.notify("exit", Value::Null);
    assert_eq!(client.wait(), Some(0));
    assert!(client.published.is_empty(), "the analysis was over too soon for this test to show anything");
}
