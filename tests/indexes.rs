//! Indexes that the code does not make, as processes: `[[index]]`, `pushguard indexes` and what a check says of indexes that it cannot
//! read.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::Project;

const APP: &str = "\
const express = require('express');
const yaml = require('js-yaml');
const fs = require('fs');
const { MongoClient } = require('mongodb');
const db = new MongoClient(process.env.URL).db('app');
const app = express();
const setup = yaml.load(fs.readFileSync('indexes.yaml', 'utf8'));
async function ensure() {
  await db.collection('sessions').createIndex({ token: 1 }, { unique: true });
  for (const row of setup.indexes) {
    await db.collection(row.collection).createIndexes([row.index]);
  }
}
app.post('/users', async (req, res) => {
  const known = await db.collection('users').findOne({ email: req.body.email });
  if (known) return res.status(409).end();
  await db.collection('users').insertOne({ email: req.body.email });
  res.end();
});
module.exports = { ensure };
";

const TOLD: &str = r#"[{ "collection": "users", "indexes": [
  { "v": 2, "key": { "_id": 1 }, "name": "_id_" },
  { "v": 2, "key": { "email": 1 }, "name": "email_1", "unique": true }
] }]"#;

fn app() -> Project {
    Project::new(&[("app.js", APP)])
}

#[test]
fn where_indexes_are_made_of_a_table_a_missing_one_is_a_warning_that_names_the_place() {
    let outcome = app().run(&["check", "--full"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let text = &outcome.stdout;
    assert!(text.contains("warning[check-then-insert] app.js:17"), "{text}");
    assert!(text.contains("app.js:11") && text.contains("makes indexes of which the"), "{text}");
    // Without that call it is an error.
    let bare = APP.replace("    await db.collection(row.collection).createIndexes([row.index]);\n", "");
    let outcome = Project::new(&[("app.js", &bare)]).run(&["check", "--full"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("error[check-then-insert] app.js:16"), "{}", outcome.stdout);
}

#[test]
fn what_mongosh_tells_of_a_database_silences_what_it_refuses() {
    let project = app();
    project.write("told.json", TOLD.as_bytes());
    let outcome = project.run(&["indexes", "--import", "told.json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout, "[[index]]\ncollection = \"users\"\nkeys = [\"email\"]\n");
    assert!(outcome.stderr.contains("left out 1 index"), "{}", outcome.stderr);
    project.write("pushguard.toml", outcome.stdout.as_bytes());
    let outcome = project.run(&["check", "--format", "json"]);
    assert!(outcome.findings().is_empty(), "{outcome:?}");
    // The list is taken for whole.
    project.write("pushguard.toml", b"[[index]]\ncollection = \"orders\"\nkeys = [\"name\"]\n");
    assert_eq!(project.run(&["check", "--format", "json"]).findings(), ["app.js:17 check-then-insert"]);
    assert_eq!(project.run(&["check"]).code, Some(1));
}

#[test]
fn the_indexes_that_the_code_makes_are_listed() {
    let outcome = app().run(&["indexes"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(0), "sessions: token\n"), "{outcome:?}");
    assert!(outcome.stderr.contains("app.js:11 makes indexes"), "{}", outcome.stderr);
}

#[test]
fn what_is_no_list_of_indexes_is_refused() {
    let project = app();
    project.write("told.json", b"{ \"users\": 1 }");
    let outcome = project.run(&["indexes", "--import", "told.json"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{outcome:?}");
    assert!(outcome.stderr.contains("the indexes of `users` are no list"), "{}", outcome.stderr);
    let outcome = project.run(&["indexes", "--import", "missing.json"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    project.write("pushguard.toml", b"[[index]]\ncollection = \"users\"\nkeys = []\n");
    let outcome = project.run(&["check"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(
        outcome.stderr.contains("pushguard.toml:3:1") && outcome.stderr.contains("no `keys`"),
        "{}",
        outcome.stderr
    );
}
