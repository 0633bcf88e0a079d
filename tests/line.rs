//! `pushguard why` and `pushguard witness`: what they say of a line, and of one about which there is nothing to say.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{Project, RACY};

/// `RACY` with an element that is written out, and a call that nothing is reported about.
fn project() -> Project {
    let more = "async function count(db) {\n  return db.collection('chats').countDocuments(\n    {},\n  );\n}\n";
    let racy = RACY.replace("messages: item", "messages: { mergeId: item.mergeId }");
    Project::new(&[("models/a.js", &format!("{racy}{more}")), ("b.js", "f();\n"), ("bad.js", "let = ;\n")])
}

#[test]
fn why_shows_the_call_what_it_touches_and_what_is_reported_there() {
    let act = project().run(&["why", "models/a.js:5"]);
    assert_eq!((act.code, act.stderr.as_str()), (Some(0), ""), "{act:?}");
    let lines: Vec<&str> = act.stdout.lines().collect();
    assert!(lines[0].starts_with("models/a.js:5:9: chats.updateOne({ _id: id }, { $push"), "{act:?}");
    assert_eq!(lines[1], "  writes `chats`, in `add`");
    assert!(act.stdout.contains("`$push` of `messages`: check-then-push"), "{act:?}");
    assert!(act.stdout.contains("\n  error[check-then-push]: `messages` is checked before"), "{act:?}");
    let check = project().run(&["why", "models/a.js:3"]);
    assert!(check.stdout.contains("\n  reads `chats`, in `add`\n"), "{check:?}");
    assert!(check.stdout.contains("error[check-then-push] at models/a.js:5:9: "), "{check:?}");
}

#[test]
fn a_silence_under_a_lock_names_the_lock() {
    let code = "const { MongoClient } = require('mongodb');\n\
                const tanks = new MongoClient(process.env.MONGO_URL).db().collection('tanks');\n\
                const locks = require('locks-of-redis');\n\
                exports.take = (id, amount) => locks.runWithLock(`tank:${id}`, async () => {\n\
                \x20 const tank = await tanks.findOne({ _id: id });\n\
                \x20 if (tank.level < amount) throw new Error('empty');\n\
                \x20 await tanks.updateOne({ _id: id }, { $inc: { level: -amount } });\n\
                });\n";
    let held = Project::new(&[("a.js", code)]).run(&["why", "a.js:7"]);
    assert!(held.stdout.contains("under the lock that `runWithLock` holds around it"), "{held:?}");
    assert!(held.stdout.contains("no rule reports this line"), "{held:?}");
    let open = Project::new(&[("a.js", &code.replace("runWithLock", "retry"))]).run(&["why", "a.js:7"]);
    assert!(!open.stdout.contains("lock") && open.stdout.contains("error[check-then-update]"), "{open:?}");
}

#[test]
fn why_says_what_decides_a_call_and_what_keeps_a_rule_silent() {
    let code = |act: &str| {
        format!(
            "const {{ MongoClient }} = require('mongodb');\n\
             const tanks = new MongoClient(process.env.MONGO_URL).db().collection('tanks');\n\
             exports.take = async (id, amount) => {{\n\
             \x20 const tank = await tanks.findOne({{ _id: id }});\n\
             \x20 if (tank.level < amount) throw new Error('empty');\n\
             \x20 await {act};\n\
             }};\n"
        )
    };
    let why = |act: &str| Project::new(&[("a.js", &code(act))]).run(&["why", "a.js:6"]).stdout;
    let carried = why("tanks.updateOne({ _id: id, level: { $gte: amount } }, { $inc: { level: -amount } })");
    for told in [
        "   filter     { _id: id, level: { $gte: amount } }\n",
        "   change     $inc level: -amount\n",
        "   when       !(#1.level < amount)\n",
        "   check      #1 has a value in `level`: does not hold, by #1.level < amount; the document",
        "   #1         findOne on `tanks`, line 4\n",
        "  no check-then-update, decided at line 4: the filter of the write carries the decision\n",
        "  no rule reports this line\n",
    ] {
        assert!(carried.contains(told), "{told} is not in\n{carried}");
    }
    let open = why("tanks.updateOne({ _id: id }, { $inc: { level: -amount } })");
    assert!(open.contains("error[check-then-update]") && !open.contains("no check-then-update"), "{open}");
    let fenced = why("tanks.updateOne({ _id: id, level: 9 }, { $set: { level: 0 } })");
    assert!(
        fenced.contains("no check-then-update, decided at line 4: once the write is done, its own filter"),
        "{fenced}"
    );
    let flag = why("tanks.updateOne({ _id: id }, { $set: { level: 0 } })");
    assert!(flag.contains("no check-then-update, decided at line 4: "), "{flag}");
}

#[test]
fn why_says_that_nothing_is_reported_and_where_calls_are() {
    // The last line of a call of several.
    let silent = project().run(&["why", "models/a.js:11"]);
    assert_eq!(silent.code, Some(0), "{silent:?}");
    assert!(silent.stdout.contains("  reads `chats`, in `count`\n   filter     {}\n"), "{silent:?}");
    assert!(silent.stdout.ends_with("\n  no rule reports this line\n"), "{silent:?}");
    let none = project().run(&["why", "models/a.js:7"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(2), ""));
    assert!(none.stderr.contains("no database call is recognised at models/a.js:7"), "{none:?}");
    assert!(none.stderr.contains("the nearest lines with one are 5, 9, 3"), "{none:?}");
    let without = project().run(&["why", "b.js:1"]);
    assert!(without.stderr.contains("none is recognised in this file"), "{without:?}");
}

#[test]
fn a_line_without_a_finding_and_a_name_that_is_no_rule_are_told_apart() {
    let cases = [
        (&["witness", "models/a.js:9"][..], "no finding has its act or its check at models/a.js:9"),
        (
            &["witness", "models/a.js:5", "--rule", "lost-update"],
            "no finding of `lost-update` has its act or its check",
        ),
        (&["witness", "models/a.js:5", "--rule", "check-than-push"], "a similar value exists: 'check-then-push'"),
        (&["witness", "bad.js:1"], "`syntax-error` at bad.js:1 has no witness"),
        (&["witness", "models/a.js:99"], "has no line 99"),
        (&["witness", "models:1"], "is no single source file"),
        (&["witness", "gone.js:1"], "gone.js"),
        (&["why", "models/a.js"], "expected FILE:LINE"),
        (&["why", "models/a.js:0"], "expected FILE:LINE"),
    ];
    for (args, told) in cases {
        let outcome = project().run(args);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{args:?} {outcome:?}");
        assert!(outcome.stderr.contains(told), "{args:?} {outcome:?}");
    }
    let missing = project().run(&["why", "models/a.js:99"]);
    assert!(missing.stderr.contains("its last line is 13"), "{missing:?}");
}

#[test]
fn a_witness_is_shown_whole_or_as_a_program() {
    for line in ["models/a.js:5", "models/a.js:3"] {
        let shown = project().run(&["witness", line]);
        assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""), "{shown:?}");
        assert!(shown.stdout.starts_with("error[check-then-push] models/a.js:5:9: `messages` is checked"), "{shown:?}");
        for part in ["  request A ", "chats.findOne({ ", " → null", "(models/a.js:3)", "  one after the other: [{ "] {
            assert!(shown.stdout.contains(part), "no {part} in {shown:?}");
        }
        let script = project().run(&["witness", line, "--script", "--rule", "check-then-push"]);
        assert_eq!((script.code, script.stderr.as_str()), (Some(0), ""), "{script:?}");
        assert!(
            script.stdout.starts_with("'use strict';\n\n// Plays two requests")
                && script.stdout.contains("MONGODB_URI")
        );
    }
}

/// A constant is one value wherever it is, be it computed in another file.
#[test]
fn a_check_is_shown_where_it_stands() {
    let other = "const f = (x) => {\n  const k = x ? `a${x}` : 1;\n  return k;\n};\n\
                 exports.note = (db) => db.collection('logs').insertOne({ k: f(0) });\n";
    let code = "exports.leave = async (db, id, team) => {\n\
                \x20 const members = db.collection('members');\n\
                \x20 const member = await members.findOne({ _id: id, team });\n\
                \x20 if (member.role === 'owner') {\n\
                \x20   const owners = await members.countDocuments({ team, role: 'owner' });\n\
                \x20   if (owners <= 1) throw new Error('last');\n\
                \x20 }\n\
                \x20 await members.deleteOne({ _id: id, team });\n\
                };\n";
    let found = Project::new(&[("a.js", other), ("b.js", code)]).run(&["check", "--format", "json"]);
    assert!(found.stdout.contains("checked here") && !found.stdout.contains("a.js"), "{found:?}");
}
