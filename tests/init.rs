//! `pushguard init` as a process: what it finds, what it writes, and what it leaves alone.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{CLEAN, Project, RACY};
use std::fs;
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects")
}

/// A fixture's files in a temporary folder, without its configuration.
fn copy(name: &str) -> Project {
    let project = Project::new(&[]);
    let root = fixtures().join(name);
    let mut open = vec![root.clone()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.file_name().unwrap() != "pushguard.toml" {
            let relative = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            project.write(&relative, &fs::read(&path).unwrap());
        }
    }
    project
}

/// `field: key, key` of each array that is written, in order.
fn arrays(text: &str) -> Vec<String> {
    let config: toml::Table = text.parse().unwrap();
    let arrays = config.get("array").map(|arrays| arrays.as_array().unwrap().clone()).unwrap_or_default();
    let words = |list: &toml::Value| {
        let words: Vec<&str> = list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        words.join("+")
    };
    let keys = |array: &toml::Value| {
        let kinds = array.get("kind").map(|kinds| kinds.as_array().unwrap().clone()).unwrap_or_default();
        kinds.iter().map(|kind| words(&kind["key"])).collect::<Vec<_>>().join(", ")
    };
    arrays.iter().map(|array| format!("{}: {}", array["field"].as_str().unwrap(), keys(array))).collect()
}

/// `path:line rule` of each finding.
fn findings(project: &Project) -> Vec<String> {
    project.run(&["check", "--format", "json"]).findings()
}

#[test]
fn the_arrays_kinds_and_keys_of_the_shipped_applications_are_found() {
    let expected: [(&str, &[&str]); 3] = [
        ("chat-before", &["images: taskId", "messages: mergeId, batchId+batchIndex, imageId, videoId"]),
        ("mongoose-shop", &["items: sku+size", "variants: colour+size"]),
        (
            "native-orders",
            &["allocations: sku+warehouse", "discounts: code", "lines: sku", "messages: imageId, videoId"],
        ),
    ];
    for (name, expected) in expected {
        let outcome = copy(name).run(&["init", "--print"]);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{outcome:?}");
        assert_eq!(arrays(&outcome.stdout), expected, "{name}\n{}", outcome.stdout);
    }
}

#[test]
fn a_code_base_of_the_default_keeps_its_findings_under_what_is_written() {
    let project = copy("chat-before");
    let before = findings(&project);
    let written = project.run(&["init"]);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), ""), "{written:?}");
    assert!(written.stderr.starts_with("wrote pushguard.toml: 2 arrays with 5 kinds"), "{written:?}");
    assert!(before.iter().any(|finding| finding.ends_with("wrong-identity-key")), "{before:?}");
    assert_eq!(findings(&project), before);
    let names: Vec<String> =
        fs::read_dir(project.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!names.iter().any(|name| name.starts_with(".pushguard-")), "a temporary file is left: {names:?}");
}

#[test]
fn a_file_that_is_there_is_overwritten_only_by_force() {
    let project = Project::new(&[("models/a.js", RACY), ("pushguard.toml", "paths = [\"models\"]\n")]);
    let refused = project.run(&["init"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    assert!(refused.stderr.contains("`pushguard.toml` exists already"), "{refused:?}");
    assert_eq!(project.read("pushguard.toml"), "paths = [\"models\"]\n");
    let printed = project.run(&["init", "--print"]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    assert_eq!(project.read("pushguard.toml"), "paths = [\"models\"]\n");
    assert_eq!(project.run(&["init", "--force"]).code, Some(0));
    assert_eq!(project.read("pushguard.toml"), printed.stdout);
}

#[test]
fn a_code_base_without_arrays_gets_an_example_that_loads() {
    let project = Project::new(&[("src/a.js", CLEAN)]);
    let outcome = project.run(&["init"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("no array was found"), "{outcome:?}");
    assert_eq!(arrays(&project.read("pushguard.toml")), [""; 0]);
    // What is commented out must be right when the comment signs are taken away.
    let text = project.read("pushguard.toml");
    let settings = |line: &&str| line.contains(" = ") || line.contains("[[") || line.contains("[rules]");
    let lines: Vec<&str> = text.lines().filter(settings).map(|line| line.trim_start_matches("# ")).collect();
    project.write("pushguard.toml", lines.join("\n").as_bytes());
    project.write("src/b.js", CLEAN.as_bytes());
    let checked = project.run(&["check"]);
    assert_eq!(checked.code, Some(0), "{checked:?}\n{}", project.read("pushguard.toml"));
    assert_eq!(arrays(&project.read("pushguard.toml")), ["messages: imageId"]);
}

#[test]
fn another_folder_can_be_named_and_a_file_cannot() {
    let project = Project::new(&[("app/models/a.js", RACY)]);
    let written = project.run(&["init", "app"]);
    assert_eq!(written.code, Some(0), "{written:?}");
    assert!(written.stderr.starts_with("wrote app/pushguard.toml"), "{written:?}");
    assert_eq!(arrays(&project.read("app/pushguard.toml")), ["messages: mergeId"]);
    for wrong in ["app/models/a.js", "nowhere"] {
        let refused = project.run(&["init", wrong]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
    }
}

/// What is proposed for a function `(db, id, a, b)` with this body, where `c` is a collection.
fn proposed(body: &str) -> Vec<String> {
    let text = format!("module.exports = async (db, id, a, b) => {{\nconst c = db.collection('c');\n{body}\n}};\n");
    let outcome = Project::new(&[("models/a.js", &text)]).run(&["init", "--print"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""), "{outcome:?}");
    arrays(&outcome.stdout)
}

#[test]
fn fields_are_read_through_each_lists_calls_and_conditions() {
    let push =
        |element: &str| proposed(&format!("await c.updateOne({{ _id: id }}, {{ $push: {{ xs: {element} }} }});"));
    assert_eq!(push("{ $each: [{ sku: a }] }"), ["xs: sku"]);
    assert_eq!(push("{ $each: b.map((x) => ({ sku: x.sku })) }"), ["xs: sku"]);
    assert_eq!(push("{ ...(a ? { sku: a } : { ean: b }) }"), ["xs: ean, sku"]);
    assert_eq!(
        proposed("const e = { text: a };\nif (b) e.batchId = b;\nawait c.updateOne({}, { $push: { xs: e } });"),
        ["xs: batchId"]
    );
    assert_eq!(
        proposed("const put = (e) => c.updateOne({ _id: id }, { $push: { xs: e } });\nawait put({ sku: a });"),
        ["xs: sku"]
    );
}

#[test]
fn what_has_no_identity_is_not_proposed() {
    let push =
        |element: &str| proposed(&format!("await c.updateOne({{ _id: id }}, {{ $push: {{ xs: {element} }} }});"));
    let none = [""; 0];
    assert_eq!(push("a"), none);
    assert_eq!(push("String(a)"), none);
    assert_eq!(push("{ text: a, at: new Date() }"), none);
    assert_eq!(push("{ id: new ObjectId(), text: a }"), none);
    assert_eq!(push("{ id: `m-${Date.now()}`, text: a }"), none);
    assert_eq!(push("{ id: null, text: a }"), none);
    assert_eq!(push("{ userId: a, text: b }"), none);
    assert_eq!(push("{ id: 'fixed', text: a }"), none);
    // Neither is what is only kept in memory.
    assert_eq!(proposed("const xs = [];\nxs.push({ sku: a });\nreturn xs;"), none);
}

#[test]
fn a_key_is_taken_from_guards_and_from_every_form_of_check() {
    let push = "await c.updateOne({ _id: id }, { $push: { xs: { p: a, q: b } } });";
    let guarded = |filter: &str| {
        proposed(&format!("await c.updateOne({{ {filter} }}, {{ $push: {{ xs: {{ p: a, q: b }} }} }});"))
    };
    assert_eq!(guarded("_id: id, 'xs.p': { $ne: a }"), ["xs: p"]);
    assert_eq!(guarded("_id: id, xs: { $not: { $elemMatch: { p: a, q: b } } }"), ["xs: p+q"]);
    let checked = |check: &str| proposed(&format!("{check}\n{push}"));
    assert_eq!(checked("if (await c.findOne({ _id: id, 'xs.p': a })) return;"), ["xs: p"]);
    assert_eq!(checked("if (await c.findOne({ _id: id, xs: { $elemMatch: { p: a, q: b } } })) return;"), ["xs: p+q"]);
    assert_eq!(
        checked("const d = await c.findOne({ _id: id });\nif (d.xs.some((x) => x.p === a && x.q === b)) return;"),
        ["xs: p+q"]
    );
    // A check of something else says nothing of the elements.
    assert_eq!(checked("if (await c.findOne({ _id: id, 'ys.p': a })) return;"), [""; 0]);
}

#[test]
fn indexes_and_calls_that_are_not_followed_are_named() {
    let program = "module.exports = async (db, any, mail) => {\n  await db.collection('users').createIndex({ mail: 1 }, { unique: true });\n  const name = pick(any);\n  await db.collection(name).insertOne({ mail });\n};\n";
    let project = Project::new(&[("a.js", program)]);
    let text = project.run(&["init", "--print"]).stdout;
    assert!(text.contains("#   users: mail\n"), "{text}");
    assert!(text.contains("#   a.js:4 `"), "{text}");
    assert_eq!(project.run(&["init"]).code, Some(0));
    assert_eq!(project.run(&["check", "--list-files"]).code, Some(0));
}

/// What the configuration says of the collection has to be right for the clean-up, which reads no code.
#[test]
fn a_collection_with_a_name_of_its_own_is_named_as_in_the_database_and_checked() {
    let program = |schema: &str| {
        format!(
            "const {{ model, Schema }} = require('mongoose');\nconst Chat = model('Chat', new Schema({{ messages: [] }}{schema}));\nmodule.exports = (id, item) => Chat.updateOne({{ _id: id }}, {{ $push: {{ messages: {{ mergeId: item }} }} }});\n"
        )
    };
    for (schema, collection) in [("", "Chat"), (", { collection: 'talks' }", "talks")] {
        let project = Project::new(&[("a.js", program(schema).as_str())]);
        assert_eq!(project.run(&["init"]).code, Some(0));
        let text = project.read("pushguard.toml");
        assert!(text.contains(&format!("collection = \"{collection}\"\n")), "{text}");
        let checked = project.run(&["check", "--format", "json"]);
        assert_eq!((checked.findings(), checked.stderr.as_str()), (vec!["a.js:3 unguarded-push".to_owned()], ""));
    }
}

#[test]
fn wrappers_that_are_not_followed_are_proposed_and_then_followed() {
    let program = "\
const store = require('@acme/store');
module.exports = async (id, item) => {
  const have = await store.fetchOne('chats', { _id: id, 'messages.mergeId': item.mergeId });
  if (have) return;
  await store.patch('chats', { _id: id }, { $push: { messages: item } });
  await store.patch('chats', { _id: id }, { $set: { open: true } });
};
";
    let project = Project::new(&[("a.js", program)]);
    let text = project.run(&["init", "--print"]).stdout;
    let proposed = "# [[method]]                      # called 2 times, first at a.js:5\n# name = \"store.patch\"\n# method = \"updateOne\"\n# collection = 0";
    assert!(text.contains(proposed), "{text}");
    assert!(text.contains("# filter = 1\n# update = 2\n"), "{text}");
    assert_eq!(findings(&project), [""; 0]);
    let told = text.lines().skip_while(|line| !line.starts_with("# [[method]]")).take(6);
    let told: Vec<&str> = told.map(|line| line.trim_start_matches("# ")).collect();
    let read = "\n[[method]]\nname = \"store.fetchOne\"\nmethod = \"findOne\"\ncollection = 0\n";
    project.write("pushguard.toml", format!("{}{read}", told.join("\n")).as_bytes());
    assert_eq!(findings(&project), ["a.js:5 check-then-push"]);
}

/// What packages of other kinds make is no database call, whatever their methods are called.
#[test]
fn calls_of_packages_that_hold_no_models_are_not_named() {
    let manifest =
        r#"{ "dependencies": { "@nestjs/graphql": "^12", "@acme/models": "workspace:*", "mongoose": "8" } }"#;
    let program = "\
import { GqlExecutionContext } from '@nestjs/graphql';
import { User } from '@acme/models';
export const of = (context) => GqlExecutionContext.create(context);
export const add = (mail) => User.create({ mail });
";
    let project = Project::new(&[("package.json", manifest), ("a.ts", program)]);
    let text = project.run(&["init", "--print"]).stdout;
    assert!(text.contains("a.ts:4") && !text.contains("a.ts:3"), "{text}");
}
