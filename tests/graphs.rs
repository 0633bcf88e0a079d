//! `paths --format mermaid` and `--format dot`, drawn by Mermaid in a browser and by Graphviz.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;
mod tools;

use serde_json::Value;
use shell::Project;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A name that would end a string, begin an entity, a tag or a command, in either language.
const NASTY: &str = r##"a"b'c\N&amp;<b>]}|#quot;;%%{`end"##;

/// A route and a job that write two arrays, one of them of a collection with that name.
fn project() -> Project {
    let nasty = NASTY.replace('\\', "\\\\").replace('\'', "\\'");
    let program = format!(
        "const express = require('express');\nconst app = express();\n\
         async function append(db, id, item) {{\n  await db.collection('{nasty}').updateOne({{ _id: id }}, {{ $push: {{ messages: item }} }});\n}}\n\
         app.post('/chat', async (req) => append(req.db, req.body.id, req.body.item));\n\
         async function untag(db, id) {{\n  await db.collection('posts').updateOne({{ _id: id }}, {{ $pull: {{ tags: 'x' }} }});\n}}\n\
         module.exports = {{ untag }};\n"
    );
    Project::new(&[("a.js", &program)])
}

/// Runs a program on a text; gives its standard output.
fn fed(command: &mut Command, text: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{text}", tools::both(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn written(format: &str) -> String {
    let outcome = project().run(&["paths", "--format", format]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{outcome:?}");
    outcome.stdout
}

#[test]
fn graphviz_draws_every_name_as_it_is() {
    let text = written("dot");
    let Some(path) = tools::with(&["dot"]) else { return };
    let svg = fed(Command::new("dot").arg("-Tsvg").env("PATH", path), &text);
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let drawing = roxmltree::Document::parse_with_options(&svg, options).unwrap();
    let texts: Vec<&str> =
        drawing.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).collect();
    let array = format!("{NASTY}.messages");
    for name in [array.as_str(), "posts.tags", "append", "untag", "route POST /chat", "$pull: removal"] {
        assert!(texts.contains(&name), "{name}\n{texts:?}\n{text}");
    }
    let edges = drawing.descendants().filter(|node| node.attribute("class") == Some("edge")).count();
    assert_eq!(edges, 3, "{text}");
}

#[test]
fn mermaid_draws_every_name_as_it_is() {
    let text = written("mermaid");
    let Some(path) = tools::with(&["node", "chromium"]) else { return };
    let modules = tools::node_modules();
    if !["playwright-core", "mermaid"].iter().all(|name| tools::is_there(&modules.join(name).join("package.json"))) {
        return;
    }
    let chromium = std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|it| it.is_file()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/mermaid.cjs");
    let mut command = Command::new("node");
    command.arg(script).env("PATH", &path).env("NODE_PATH", modules).env("CHROMIUM", chromium);
    let drawn: Value = serde_json::from_str(&fed(&mut command, &text)).unwrap();
    let names = |kind: &str| -> Vec<String> {
        drawn[kind].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let nodes = names("nodes");
    for name in [format!("{NASTY}.messages"), "posts.tags".into(), "append".into(), "route POST /chat".into()] {
        assert!(nodes.iter().any(|node| node.starts_with(&name)), "{name}\n{nodes:?}\n{text}");
    }
    assert!(names("edges").contains(&"$pull: removal".to_owned()), "{drawn}");
}
