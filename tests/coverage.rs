//! What a run says it looked at, and what it says it did not: silence must not look like clean.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use serde_json::{Value, json};
use shell::{CLEAN, Project, RACY};

fn summary(project: &Project, args: &[&str]) -> Value {
    let outcome = project.run(&[&["check", "--format", "json"], args].concat());
    outcome.json()["summary"].clone()
}

/// One collection by name, and two calls on a parameter that no caller names.
const CALLS: &str = "
exports.list = (db) => db.collection('orders').find({}).toArray();
exports.add = (db, order) => db.collection('orders').insertOne(order);
exports.seen = (orders, id) => orders.findOne({ _id: id });
exports.note = (orders, id, note) => orders.updateOne({ _id: id }, { $set: { note } });
";

#[test]
fn what_was_looked_at_is_counted_once_however_often_it_is_called() {
    let caller = "const { add } = require('./orders');\nexports.a = (db, o) => add(db, o);\nexports.b = (db, o) => add(db, o);\n";
    let project = Project::new(&[("orders.js", CALLS), ("routes.js", caller), ("models/chat.js", RACY)]);
    let all = summary(&project, &[]);
    assert_eq!(
        (&all["files"], &all["functions"], &all["databaseCalls"], &all["writes"]),
        (&3.into(), &7.into(), &6.into(), &3.into())
    );
    assert_eq!(
        (&all["collections"], &all["trackedArrays"], &all["errors"]),
        (&2.into(), &1.into(), &1.into()),
        "{all}"
    );
    assert_eq!(all["resolvedImports"], 1);
    let unnamed = json!([
        { "path": "orders.js", "line": 4, "function": "seen" },
        { "path": "orders.js", "line": 5, "function": "note" },
    ]);
    assert_eq!(all["notFollowed"]["collections"], json!({ "count": 2, "first": unnamed }));
    // Callers that name the collections make them known.
    let later = "const { note, seen } = require('./orders');\n\
                 exports.c = (db, id) => note(db.collection('notes'), id, 1);\n\
                 exports.d = (db, id) => seen(db.collection('notes'), id);\n\
                 exports.e = (db, id) => seen(db.collection('others'), id);\n";
    project.write("later.js", later.as_bytes());
    let named = summary(&project, &[]);
    assert_eq!((&named["notFollowed"]["collections"]["count"], &named["collections"]), (&0.into(), &4.into()));
    // What is named is counted, the rest is context.
    let one = summary(&project, &["orders.js"]);
    assert_eq!((&one["files"], &one["databaseCalls"], &one["writes"]), (&1.into(), &4.into(), &2.into()));
}

#[test]
fn a_folder_called_models_hides_nothing() {
    let project = Project::new(&[("models/a.js", CLEAN), ("routes/b.js", CLEAN), ("services/chat.js", RACY)]);
    let outcome = project.run(&["check", "--format", "json"]);
    assert_eq!((outcome.code, outcome.findings()), (Some(1), vec!["services/chat.js:5 check-then-push".to_owned()]));
    project.write("pushguard.toml", b"paths = [\"models\", \"routes\"]\n");
    assert_eq!(summary(&project, &[])["files"], 2);
}

#[test]
fn every_format_that_people_read_ends_with_the_summary() {
    let project = Project::new(&[("models/a.js", RACY)]);
    let looked = "looked at 1 function: 2 database calls (1 write) on 1 collection, 1 tracked array\n";
    let human = project.run(&["check"]);
    assert!(human.stdout.ends_with(&format!("{looked}1 error, 0 warnings in 1 file\n")), "{human:?}");
    assert_eq!(human.stderr, "");
    for format in ["compact", "github", "gitlab", "junit"] {
        let outcome = project.run(&["check", "--format", format]);
        assert_eq!(outcome.stderr, format!("{looked}1 error, 0 warnings in 1 file\n"), "{format}");
        assert!(!outcome.stdout.contains("looked at"), "{outcome:?}");
    }
    for format in ["json", "sarif"] {
        let outcome = project.run(&["check", "--format", format]);
        assert_eq!((outcome.stderr.as_str(), outcome.stdout.contains("\"databaseCalls\"")), ("", true), "{format}");
    }
}

#[test]
fn what_is_accepted_is_counted_without_being_shown() {
    let ignored = RACY.replace(
        "  await chats.update",
        "  // pushguard-ignore-next-line check-then-push -- one worker\n  await chats.update",
    );
    let project = Project::new(&[("models/a.js", &ignored), ("models/b.js", RACY)]);
    project.run(&["baseline"]);
    let outcome = project.run(&["check"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        outcome.stdout.ends_with("\n0 errors, 0 warnings, 1 suppressed, 1 in the baseline in 2 files\n"),
        "{outcome:?}"
    );
    assert!(!outcome.stdout.contains("one worker"), "{outcome:?}");
    let counted = summary(&project, &[]);
    assert_eq!((&counted["suppressed"], &counted["baselined"], &counted["errors"]), (&1.into(), &1.into(), &0.into()));
}

#[test]
fn a_project_whose_client_is_not_read_is_no_clean_project() {
    let said = |manifest: &str, code: &str| {
        let project = Project::new(&[("package.json", manifest), ("src/a.js", code)]);
        let outcome = project.run(&["check", "--format", "json"]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let notes = outcome.json()["summary"]["notes"].clone();
        let told = notes.as_array().map_or(0, Vec::len);
        assert_eq!(outcome.stderr.lines().filter(|line| line.starts_with("warning: no database call")).count(), told);
        notes.to_string()
    };
    let prisma = "exports.f = (prisma, id) => prisma.user.update({ where: { id }, data: {} });\n";
    assert!(said(r#"{ "dependencies": { "mongoose": "8" } }"#, CLEAN).contains("although package.json names mongoose"));
    assert!(said(r#"{ "peerDependencies": { "mongodb": "6" } }"#, CLEAN).contains("nothing was checked"));
    assert!(
        said(r#"{ "dependencies": { "@prisma/client": "5" } }"#, prisma)
            .contains("Prisma, which pushguard does not read")
    );
    let both = said(r#"{ "dependencies": { "mongodb": "6", "@prisma/client": "5" } }"#, prisma);
    assert!(both.contains("names mongodb") && both.contains("Prisma is not read"), "{both}");
    assert_eq!(said(r#"{ "dependencies": { "react": "18" } }"#, CLEAN), "[]");
    assert_eq!(said(r#"{ "dependencies": { "mongodb": "6" } }"#, CALLS), "[]");
    assert_eq!(said("{", CLEAN), "[]");
}

/// What looks like a call of MongoDB is one of the client that the packages name, unless a file says otherwise.
#[test]
fn entities_of_another_database_are_no_documents() {
    let code = "\
exports.pay = async (users, id, coins) => {
  const user = await users.findOne({ id });
  if (user.coins < coins) throw new Error('poor');
  await users.updateOne({ id }, { $inc: { coins: -coins } });
};
";
    let run = |manifest: &str, code: &str| {
        let project = Project::new(&[("package.json", manifest), ("src/a.js", code)]);
        let outcome = project.run(&["check", "--format", "json"]);
        (outcome.findings().len(), outcome.json()["summary"]["notes"].to_string())
    };
    let typeorm = r#"{ "dependencies": { "typeorm": "0.3", "pg": "8" } }"#;
    let (found, notes) = run(typeorm, code);
    assert!(found == 0 && notes.contains("TypeORM"), "{found} {notes}");
    let imported = format!("const mongoose = require('mongoose');\n{code}");
    assert_ne!(run(typeorm, &imported).0, 0);
    assert_ne!(run(r#"{ "dependencies": { "mongoose": "8" } }"#, code).0, 0);
    // A plugin, a dynamic import, the driver's own methods, a connection string: each names MongoDB.
    assert_ne!(run(r#"{ "dependencies": { "@fastify/mongodb": "9", "pg": "8" } }"#, code).0, 0);
    assert_ne!(run(typeorm, &format!("const driver = import('mongodb');\n{code}")).0, 0);
    assert_ne!(run(typeorm, &format!("const url = 'mongodb://localhost';\n{code}")).0, 0);
    let driver = format!("exports.users = (db) => db.collection('users');\n{code}");
    assert_ne!(run(typeorm, &driver).0, 0);
    let left_out = "left out: package.json names TypeORM, node-postgres, and neither it nor the code names MongoDB";
    assert!(notes.contains(left_out), "{notes}");
    // NeDB has calls of the same names, and one process has its file.
    let nedb = format!("const Datastore = require('nedb');\n{code}");
    let (found, notes) = run("{}", &nedb);
    assert!(found == 0 && notes.contains("left out: the code imports NeDB"), "{found} {notes}");
    assert_eq!(run(r#"{ "dependencies": { "@seald-io/nedb": "4" } }"#, code).0, 0);
    assert_ne!(run("{}", &format!("const driver = require('mongodb');\n{nedb}")).0, 0);
}

/// Node reads a file by its name whatever the case of its extension.
#[test]
fn the_case_of_an_extension_does_not_matter() {
    let racy = "exports.f = async (users, id) => {\n  const user = await users.findOne({ id });\n  await users.updateOne({ id }, { $set: { n: user.n + 1 } });\n};\n";
    let project = Project::new(&[("store.JS", racy), ("typed.TS", "export const f = (a: number): number => a;\n")]);
    let outcome = project.run(&["check", "--format", "json"]);
    assert_eq!(outcome.findings().len(), 1, "{outcome:?}");
}

#[test]
fn folders_that_are_left_out_are_named_where_they_hold_database_calls() {
    let project = Project::new(&[
        ("package.json", "{}"),
        ("a.js", CLEAN),
        ("a.test.js", RACY),
        ("vendor/chat/index.js", RACY),
        ("dist/page.js", CLEAN),
        ("coverage/lib.min.js", RACY),
        ("src/build/chat.js", RACY),
    ]);
    let outcome = project.run(&["check"]);
    assert!(outcome.stdout.contains("\nleft out: 1 test file, 1 folder with database calls: vendor/\n"), "{outcome:?}");
    assert!(outcome.stdout.contains("src/build/chat.js:5:"), "{outcome:?}");
    assert_eq!(
        summary(&project, &[])["leftOut"],
        json!({ "tests": 1, "minified": 0, "excluded": 0, "folders": ["vendor"], "unsearched": [] })
    );
    // What git ignores under such a name is built, whatever it holds.
    project.write(".gitignore", b"vendor/\n");
    assert_eq!(summary(&project, &[])["leftOut"]["folders"], json!([]));
    assert_eq!(
        project.run(&["check", "vendor", "--format", "json"]).findings(),
        ["vendor/chat/index.js:5 check-then-push"]
    );
}

#[test]
fn folders_that_git_ignores_are_named_where_they_hold_database_calls() {
    let project = Project::new(&[
        ("a.js", CLEAN),
        ("models/chat.js", RACY),
        ("lib/pages/page.js", CLEAN),
        (".cache/chat.js", RACY),
        ("api/package.json", "{}"),
        ("api/dist/chat.js", RACY),
        ("api/src/generated/chat.js", RACY),
        (".gitignore", "models/\nlib\n.cache\ndist\ngenerated/\n"),
    ]);
    assert_eq!(summary(&project, &[])["leftOut"]["folders"], json!(["api/src/generated", "models"]));
    let outcome = project.run(&["check"]);
    let told = "\nleft out: 2 folders with database calls: api/src/generated/, models/\n";
    assert!(outcome.stdout.contains(told), "{outcome:?}");
}

#[test]
fn a_folder_that_is_not_looked_through_to_its_end_is_named() {
    let project = Project::new(&[("a.js", CLEAN), ("vendor/zz.js", RACY)]);
    for at in 0..2_000 {
        project.write(&format!("vendor/a/{at}.js"), b"");
    }
    let left = summary(&project, &[])["leftOut"].clone();
    assert_eq!((&left["folders"], &left["unsearched"]), (&json!([]), &json!(["vendor"])));
    let outcome = project.run(&["check"]);
    assert!(outcome.stdout.contains("\nleft out: 1 folder too large to look through: vendor/\n"), "{outcome:?}");
}

#[test]
fn a_file_that_was_not_read_is_told() {
    let project = Project::new(&[("a.js", "function (\n"), ("b.js", CLEAN)]);
    project.write("c.js", b"\xff");
    let files = summary(&project, &[])["notFollowed"]["files"].clone();
    assert_eq!(files, json!({ "count": 2, "first": ["a.js", "c.js"] }));
}

#[test]
fn a_write_too_many_calls_below_its_check_is_told() {
    let mut text =
        "function f0(c, id, item) { return c.updateOne({ _id: id }, { $push: { messages: item } }); }\n".to_owned();
    for at in 1..=7 {
        text.push_str(&format!("function f{at}(c, id, item) {{ return f{}(c, id, item); }}\n", at - 1));
    }
    text.push_str("exports.add = async (c, id, item) => {\n  if (await c.findOne({ _id: id, 'messages.mergeId': item.mergeId })) return;\n  await f7(c, id, item);\n};\n");
    let project = Project::new(&[("a.js", &text)]);
    let cut = summary(&project, &[])["notFollowed"]["functions"].clone();
    let first = json!([{ "path": "a.js", "function": "f7", "what": "calls too deep" }]);
    assert_eq!(cut, json!({ "count": 1, "first": first }));
    let outcome = project.run(&["check", "--statistics"]);
    assert!(
        outcome.stdout.contains("not followed: 1 function too large to follow: a.js `f7` (calls too deep)\n"),
        "{outcome:?}"
    );
    assert!(outcome.stderr.contains("\nnot followed: a.js `f7` calls too deep\n"), "{outcome:?}");
}

#[test]
fn a_file_that_a_script_runs_once_is_reported_as_info_unless_something_else_reaches_it() {
    let level = |manifest: &str, other: &str| {
        let project = Project::new(&[("package.json", manifest), ("tools/setup.js", RACY), ("app.js", other)]);
        let outcome = project.run(&["check", "--format", "json"]);
        let findings = outcome.json()["findings"].as_array().unwrap().clone();
        findings.iter().map(|finding| finding["level"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let setup = r#"{ "scripts": { "setup": "node ./tools/setup.js" } }"#;
    assert_eq!(level(setup, CLEAN), "info");
    assert_eq!(level(r#"{ "scripts": { "start": "node tools/setup.js" } }"#, CLEAN), "error");
    assert_eq!(level(r#"{ "scripts": { "lint": "eslint ." } }"#, CLEAN), "error");
}
