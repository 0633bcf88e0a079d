//! Each limit of the analysis has a voice: what lies beyond it is not found, and the summary names the function and says why.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use serde_json::{Value, json};
use shell::Project;
use std::path::Path;
use std::process::Command;

const LOAD: &str = "const chat = await chats.findOne({ _id: id });";
const CHECK: &str = "if (chat.messages.some((m) => m.mergeId === e.mergeId)) return;";
const PUSH: &str = "await chats.updateOne({ _id: id }, { $push: { messages: e } });";

/// One line for each number.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|at| line(at) + "\n").collect()
}

/// A race in one function, after these lines.
fn after(lines: &str) -> String {
    format!("async function run(chats, id, e, x) {{\n{lines}{LOAD}\n{CHECK}\n{PUSH}\n}}\n")
}

/// The rules that fire, and the functions that were cut, with the reason.
fn checked(program: &str) -> (Vec<String>, Value) {
    let project = Project::new(&[("a.js", program)]);
    let outcome = project.run(&["check", "--format", "json", "--statistics"]);
    assert!(matches!(outcome.code, Some(0 | 1)), "{outcome:?}");
    let report = outcome.json();
    let rules: Vec<String> =
        report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap().to_owned()).collect();
    for rule in &rules {
        assert!(outcome.stderr.contains(rule), "{rule} is not counted: {}", outcome.stderr);
    }
    (rules, report["summary"]["notFollowed"]["functions"].clone())
}

/// The race is found in the program within the limit and nothing is told; beyond it the race is not found, and the function
/// and the reason are told, in both formats.
fn assert_limit(within: &str, beyond: &str, function: &str, reason: &str) {
    let (rules, cut) = checked(within);
    assert!(rules.iter().any(|rule| rule == "check-then-push"), "{rules:?}");
    assert_eq!(cut, json!({ "count": 0, "first": [] }), "within the limit");
    let (rules, cut) = checked(beyond);
    assert!(!rules.iter().any(|rule| rule == "check-then-push"), "no limit was reached: {rules:?}");
    assert_eq!(cut, json!({ "count": 1, "first": [{ "path": "a.js", "function": function, "what": reason }] }));
    let human = Project::new(&[("a.js", beyond)]).run(&["check"]);
    let line = format!("a.js `{function}` ({reason})");
    assert!((human.stdout.clone() + &human.stderr).contains(&line), "{line}: {human:?}");
}

#[test]
fn the_size_of_a_function() {
    let program = |count| after(&lines(count, |at| format!("if (x.a{at}) x = {{ ...x, b{at}: x.c{at} }};")));
    assert_limit(&program(5), &program(100), "run", "is too large");
}

/// Eight classes behind an interface are followed; the ninth is not, and the function that calls it says so.
#[test]
fn the_classes_behind_an_interface() {
    let program = |count: usize| {
        let class = |at: usize| {
            format!(
                "class R{at} implements Repo {{\n  constructor(private db) {{}}\n  \
                 async has(id) {{ return !!(await this.db.collection('c{at}').findOne({{ id }})); }}\n  \
                 async put(id) {{ await this.db.collection('c{at}').insertOne({{ id }}); }}\n}}"
            )
        };
        format!(
            "interface Repo {{ has(id); put(id) }}\n{}export class Service {{\n  constructor(private db, private r: Repo) {{}}\n  \
             async add(id) {{ if (!(await this.r.has(id))) await this.r.put(id); }}\n}}\n",
            lines(count, class)
        )
    };
    for (count, told) in [(8, 0), (9, 1)] {
        let project = Project::new(&[("a.ts", &program(count))]);
        let report = project.run(&["check", "--format", "json"]).json();
        assert_eq!(report["findings"].as_array().unwrap().len(), 8);
        let functions = &report["summary"]["notFollowed"]["functions"];
        assert_eq!(functions["count"], told);
        if told == 1 {
            assert_eq!(functions["first"][0]["function"], "Service.add");
            assert_eq!(functions["first"][0]["what"], "calls an interface of too many classes");
        }
    }
}

/// What other functions of the file take leaves a function enough for its own code.
#[test]
fn the_collections_of_one_line() {
    let with = |count: usize| {
        let names = (0..count).map(|n| format!("'Kind{n}'")).collect::<Vec<_>>();
        let models = lines(count, |n| format!("mongoose.model('Kind{n}', new Schema({{ tags: [String] }}));\n"));
        let routes = names
            .iter()
            .map(|name| format!("app.post('/' + {name}, req => tag({name}, req.params.id, req.body.tag));\n"))
            .collect::<String>();
        let program = format!(
            "import mongoose, {{ Schema }} from 'mongoose';\nimport express from 'express';\nconst app = express();\n{models}\
             async function tag(name, id, tag) {{\n  const found = await mongoose.model(name).findById(id);\n  \
             await mongoose.model(name).updateOne({{ _id: id }}, {{ $set: {{ tags: [...found.tags, tag] }} }});\n}}\n{routes}"
        );
        let project = Project::new(&[("app.js", &program)]);
        let findings = project.run(&["check", "--format", "json"]).json()["findings"].clone();
        findings.as_array().unwrap().iter().map(|f| f["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(with(3).len(), 3);
    let told = with(5);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("; so it is in 4 other collections"), "{told:?}");
}

#[test]
fn large_functions_do_not_silence_a_small_one() {
    let grown = lines(100, |at| format!("if (x.a{at}) x = {{ ...x, b{at}: x.c{at} }};"));
    let large = lines(30, |at| after(&grown).replace("run(", &format!("large{at}(")));
    let (rules, cut) = checked(&format!("{large}{}", after("")));
    assert_eq!(cut["count"], 30, "the budget of the file is not spent: {cut}");
    assert_eq!(rules, ["check-then-push"]);
}

#[test]
fn the_size_of_a_value() {
    let program = |count| {
        let fields = lines(count, |at| format!("k{at}: e.k{at},"));
        format!(
            "async function run(chats, id, e) {{\nconst base = {{\n{fields}}};\nbase.$push = {{ messages: e }};\n\
             {LOAD}\n{CHECK}\nawait chats.updateOne({{ _id: id }}, base);\n}}\n"
        )
    };
    assert_limit(&program(499), &program(500), "run", "has values that are too deep or too large");
}

#[test]
fn the_branches_on_a_path() {
    let program = |count| after(&lines(count, |at| format!("if (x.a{at}) return;")));
    assert_limit(&program(119), &program(120), "run", "has too many branches on one path");
}

#[test]
fn the_effects_of_a_function() {
    let program = |count| after(&lines(count, |at| format!("await chats.findOne({{ n: {at} }});")));
    // The last two are those of the race.
    assert_limit(&program(1_498), &program(1_499), "run", "has too many effects");
}

#[test]
fn the_effects_of_its_callees_count() {
    let program = |count| {
        let reads = lines(count, |at| format!("await chats.findOne({{ n: {at} }});"));
        let helper = format!("async function warm(chats) {{\n{reads}}}\n");
        helper + &after("await warm(chats);\n")
    };
    assert_limit(&program(1_400), &program(1_500), "run", "has too many effects");
}

#[test]
fn the_calls_between_a_check_and_its_act() {
    let program = |count: usize| {
        let between =
            lines(count, |at| format!("async function f{at}(chats, id, e) {{ await f{}(chats, id, e); }}", at + 1));
        let act = format!("async function f{count}(chats, id, e) {{ {PUSH} }}\n");
        format!("{between}{act}async function run(chats, id, e) {{ {LOAD} {CHECK} await f0(chats, id, e); }}\n")
    };
    assert_limit(&program(5), &program(6), "run", "calls too deep");
}

/// The search is a callback that so many functions hand on.
#[test]
fn the_calls_between_a_callback_and_its_call() {
    let program = |count| {
        let hand_on = lines(count, |at| format!("async function c{}(f) {{ return await c{at}(f); }}", at + 1));
        format!(
            "async function c0(f) {{ return await f(); }}\n{hand_on}async function run(chats, id, e) {{\n\
             const chat = await c{count}(() => chats.findOne({{ _id: id }}));\n{CHECK}\n{PUSH}\n}}\n"
        )
    };
    assert_limit(&program(4), &program(6), "run", "calls too deep");
}

/// Each of them finds the others by `this`.
#[test]
fn the_functions_of_one_object_are_as_many_as_there_are() {
    let empty = lines(200, |at| format!("async m{at}() {{}},"));
    let program = format!(
        "const store = {{\n{empty}async put(chats, id, e) {{ {PUSH} }},\n\
         async add(chats, id, e) {{ {LOAD} {CHECK} await this.put(chats, id, e); }},\n}};\n"
    );
    let (rules, cut) = checked(&program);
    assert_eq!(rules, ["check-then-push"]);
    assert_eq!(cut, json!({ "count": 0, "first": [] }));
}

#[test]
fn the_values_that_a_function_returns() {
    let program = |count: usize| {
        let each = lines(count - 1, |at| format!("if (x.kind === {at}) return chats.findOne({{ _id: id, n: {at} }});"));
        let load = format!("async function load(chats, id, x) {{\n{each}return chats.findOne({{ _id: id }});\n}}\n");
        format!(
            "{load}async function run(chats, id, e, x) {{ const chat = await load(chats, id, x); {CHECK} {PUSH} }}\n"
        )
    };
    assert_limit(&program(12), &program(13), "load", "returns or throws in too many places");
    assert_limit(&program(12), &program(19), "load", "returns or throws in too many places");
}

#[test]
fn the_places_in_which_a_function_throws() {
    let program = |count: usize| {
        let each = lines(count, |at| format!("if (x.a{at}) throw new Error('{at}');"));
        let taken = "if (chat.messages.some((m) => m.mergeId === e.mergeId)) throw new Error('taken');";
        format!(
            "async function ensure(chats, id, e, x) {{\n{LOAD}\n{each}{taken}\n}}
            async function run(chats, id, e, x) {{ await ensure(chats, id, e, x); {PUSH} }}\n"
        )
    };
    assert_limit(&program(7), &program(8), "ensure", "returns or throws in too many places");
}

/// The functions of an object are not copied with it: a data layer is one object of hundreds of methods.
#[test]
fn many_methods_of_a_returned_object_are_known() {
    let methods = lines(450, |at| format!("m{at}: (id) => chats.findOne({{ _id: id, n: {at} }}),"));
    let program = format!(
        "const methods = (chats) => ({{\n{methods}load: (id) => chats.findOne({{ _id: id }}),\n}});
        const all = (db) => ({{ ...methods(db.collection('chats')) }});
        exports.run = async (db, id, e) => {{
            const chats = db.collection('chats');
            const chat = await all(db).load(id);\n{CHECK}\n{PUSH}\n}};\n"
    );
    let (rules, cut) = checked(&program);
    assert!(rules.iter().any(|rule| rule == "check-then-push"), "{rules:?}");
    assert_eq!(cut["count"], 0, "{cut}");
}

/// A handler answers in many ways, and nobody looks at what it gives.
#[test]
fn many_returns_that_nobody_looks_at_are_not_told() {
    let refusals = lines(30, |at| format!("if (!x.a{at}) return res.status(400).send('{at}');"));
    let program = after(&refusals).replace("(chats, id, e, x)", "(chats, id, e, x, res)");
    let (rules, cut) = checked(&program);
    assert!(rules.iter().any(|rule| rule == "check-then-push"), "{rules:?}");
    assert_eq!(cut["count"], 0, "{cut}");
}

/// Recursion, and a value that comes back through more calls than are kept, end without a word where nothing is lost.
#[test]
fn a_long_chain_of_methods_costs_what_its_text_costs() {
    let methods = |count| {
        let each = lines(count, |at| format!("m{at}(a) {{ return this.m{}(a); }}", (at + 1) % count));
        format!("class A {{\n{each}async run(chats, id, e) {{ {LOAD} {CHECK} {PUSH} }}\n}}\n")
    };
    let project = Project::new(&[("a.js", &methods(8_000))]);
    let limited = format!("ulimit -v 2500000; exec {} check --format json", env!("CARGO_BIN_EXE_pushguard"));
    let output = Command::new("sh").current_dir(project.path()).args(["-c", &limited]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{:?}", output.status));
    assert_eq!(report["findings"][0]["rule"], "check-then-push");
}

/// A fix wants calls as they are written, and each call of a chain is written with all before it.
#[test]
fn the_text_of_a_chain_is_not_kept_once_for_each_of_its_calls() {
    let chain = format!(".update({{ a: 1 }}, {{ $set: {{ b: '{}' }} }})", "x".repeat(100)).repeat(8_000);
    let project = Project::new(&[("a.js", &after(&format!("const all = (c) => c{chain};\n")))]);
    let limited = format!("ulimit -v 2500000; exec {} check --format json", env!("CARGO_BIN_EXE_pushguard"));
    let output = Command::new("sh").current_dir(project.path()).args(["-c", &limited]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{:?}", output.status));
    assert_eq!(report["findings"][0]["rule"], "check-then-push");
}

/// What is kept in a dictionary comes from two functions that call each other; without a budget the copies never end, and the
/// shell ends the run.
#[test]
fn what_a_dictionary_keeps_draws_on_a_budget() {
    let recursion = "const tokens = [];\nfunction X(p) { if (q(p)) return clone(p); return g(tokens.length); }\n\
                     function clone(r) { return X(r.source); }\ntokens.push(clone(regex));\nX.cache[key] = X(pattern);\n";
    let project = Project::new(&[("a.js", &format!("{}{recursion}", after("")))]);
    let limited = format!("ulimit -t 60; exec {} check --format json", env!("CARGO_BIN_EXE_pushguard"));
    let output = Command::new("sh").current_dir(project.path()).args(["-c", &limited]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{:?}", output.status));
    assert_eq!(report["findings"][0]["rule"], "check-then-push");
}

/// Each insert is compared with all the others, and no help takes from what judging the next one may cost.
#[test]
fn many_inserts_into_one_collection_are_all_told() {
    let add = |at: usize| {
        format!(
            "async function add{at}(db, name) {{\nconst users = db.collection('users');\n\
             if (await users.findOne({{ name }})) return;\nawait users.insertOne({{ name, at: {at} }});\n}}\n"
        )
    };
    let project = Project::new(&[("a.js", &lines(3_000, add))]);
    let limited = format!("ulimit -t 60; exec {} check --format json", env!("CARGO_BIN_EXE_pushguard"));
    let output = Command::new("sh").current_dir(project.path()).args(["-c", &limited]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{:?}", output.status));
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 3_000);
    let help = findings[0]["help"].as_str().unwrap();
    assert!(help.contains("unique index") && findings.iter().all(|finding| finding["help"] == help), "{help}");
}

/// Whether one of the calls before a write takes a lock is asked for each write.
#[test]
fn many_writes_under_many_conditions_cost_what_their_text_costs() {
    let write = |at: usize| {
        let check = CHECK.replace("mergeId", &format!("id{at}")).replace("chat.", &format!("chat{at}."));
        format!("if (e.skip{at}) x.ping(e);\n{}\n{check}\n{PUSH}", LOAD.replace("chat =", &format!("chat{at} =")))
    };
    let program = format!("{}async function many(chats, id, e, x) {{\n{}}}\n", after(""), lines(400, write));
    let project = Project::new(&[("a.js", &program)]);
    let limited = format!("ulimit -t 60; exec {} check --format json", env!("CARGO_BIN_EXE_pushguard"));
    let output = Command::new("sh").current_dir(project.path()).args(["-c", &limited]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{:?}", output.status));
    assert_eq!(report["findings"][0]["rule"], "check-then-push");
}

/// An object is looked through once for the functions in it, not once for each of its uses.
#[test]
fn the_uses_of_a_large_object_cost_what_their_text_costs() {
    let methods = lines(8_000, |at| format!("m{at}(c, x) {{ return x; }},"));
    let uses = lines(8_000, |at| format!("function f{at}(c, x) {{ {} }}", "o.m0(c, x);".repeat(20)));
    let project = Project::new(&[("a.js", &format!("const o = {{\n{methods}}};\n{uses}{}", after("")))]);
    let limited = format!("ulimit -t 12; exec {} check --format json", env!("CARGO_BIN_EXE_pushguard"));
    let output = Command::new("sh").current_dir(project.path()).args(["-c", &limited]).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{:?}", output.status));
    assert_eq!(report["findings"][0]["rule"], "check-then-push");
}

/// A function that is handed on in a large object is found in it.
#[test]
fn a_function_among_many_in_one_object_is_followed() {
    let rest = lines(450, |at| format!("m{at}() {{ return {at}; }},"));
    let put = format!("async put(chats, id, e) {{ {PUSH} }},\n");
    let program = format!(
        "function make() {{ return {{\n{put}{rest}}}; }}\n\
         async function each(ops, chats, id, e) {{ await ops.put(chats, id, e); }}\n\
         async function step(ops, chats, id, e) {{ await each(ops, chats, id, e); }}\n\
         async function run(chats, id, e) {{\n{LOAD}\n{CHECK}\nawait step(make(), chats, id, e);\n}}\n"
    );
    let (rules, cut) = checked(&program);
    assert!(rules.iter().any(|rule| rule == "check-then-push"), "{rules:?}");
    assert_eq!(cut["count"], 0, "{cut}");
}

/// Ordinary code is followed to its end.
#[test]
fn nothing_of_the_fixtures_is_cut() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut looked = 0;
    for entry in std::fs::read_dir(fixtures).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushguard"));
        let output =
            command.current_dir(&folder).args(["check", "--format", "json", "--no-error-on-unmatched", "."]).output();
        let report: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
        looked += report["summary"]["functions"].as_u64().unwrap();
        assert_eq!(report["summary"]["notFollowed"]["functions"]["count"], 0, "{folder:?}");
    }
    assert!(looked > 100, "{looked} functions");
}

/// A save of many fields takes more judging than one function may.
#[test]
fn the_work_of_judging() {
    let program = |count| {
        let fields = lines(count, |at| format!("if (saved.a{at} !== x.a{at}) saved.a{at} = x.a{at};"));
        format!(
            "const mongoose = require('mongoose');\nconst Note = mongoose.model('Note', new mongoose.Schema({{ s: String }}, {{ strict: false }}));\n\
             async function run(id, x) {{\nconst saved = await Note.findById(id);\n{fields}await saved.save();\n}}\n"
        )
    };
    assert_eq!(checked(&program(10)).1["count"], 0);
    let first = json!([{ "path": "a.js", "function": "run", "what": "is too large" }]);
    assert_eq!(checked(&program(100)).1, json!({ "count": 1, "first": first }));
}

#[test]
fn the_depth_of_a_statement() {
    let program = |count| {
        let (open, close) = ("{\n".repeat(count), "}\n".repeat(count));
        format!("async function run(chats, id, e) {{\n{open}{LOAD}\n{CHECK}\n{PUSH}\n{close}}}\n")
    };
    assert_limit(&program(1_000), &program(3_000), "run", "has too many branches on one path");
}

#[test]
fn the_handlers_of_a_route() {
    let program = |count| {
        format!(
            "const router = require('express').Router();\n\
             async function check(req, res, next) {{ const chat = await chats.findOne({{ _id: req.body.id }});\n\
             if (chat.messages.some((m) => m.mergeId === req.body.e.mergeId)) return res.send(1); next(); }}\n\
             function pass(req, res, next) {{ next(); }}\n\
             router.post('/a', check, {}async function act(req, res) {{\n\
             await db.collection('chats').updateOne({{ _id: req.body.id }}, {{ $push: {{ messages: req.body.e }} }}); res.send(2);\n}});\n",
            "pass, ".repeat(count)
        )
        .replace("chats.findOne", "db.collection('chats').findOne")
    };
    assert_limit(&program(30), &program(31), "POST /a", "calls too deep");
}

#[test]
fn the_routers_inside_each_other() {
    let program = |count: usize| {
        let routers = lines(count + 1, |at| format!("const r{at} = express.Router();"));
        let mounts = lines(count, |at| format!("r{at}.use('/y', r{});", at + 1));
        format!(
            "const express = require('express');\nconst app = express();\n\
             async function check(req, res, next) {{ const chat = await db.collection('chats').findOne({{ _id: req.body.id }});\n\
             if (chat.messages.some((m) => m.mergeId === req.body.e.mergeId)) return res.send(1); next(); }}\n\
             {routers}app.use('/x', check, r0);\n{mounts}r{count}.post('/a', async function act(req, res) {{\n\
             await db.collection('chats').updateOne({{ _id: req.body.id }}, {{ $push: {{ messages: req.body.e }} }}); res.send(2);\n}});\n"
        )
    };
    assert_limit(&program(15), &program(16), "POST /a", "calls too deep");
}

/// Files that hand on each other's names are looked through once each.
#[test]
fn the_files_that_hand_on_a_name() {
    let found = |count: usize, circle: &str| {
        let barrels =
            (0..count).map(|at| (format!("b{at}.js"), format!("export * from './b{}.js';\n{circle}", at + 1)));
        let mut files: Vec<(String, String)> = barrels.collect();
        files.push((format!("b{count}.js"), format!("export async function put(chats, id, e) {{ {PUSH} }}\n")));
        files.push(("a.js".to_owned(), format!("import {{ put }} from './b0.js';\nexport async function run(chats, id, e) {{\n{LOAD}\n{CHECK}\nawait put(chats, id, e);\n}}\n")));
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let report = Project::new(&files).run(&["check", "--format", "json"]).json();
        (report["summary"]["errors"].clone(), report["summary"]["notFollowed"]["functions"].clone())
    };
    let none = json!({ "count": 0, "first": [] });
    assert_eq!(found(9, ""), (json!(1), none.clone()));
    assert_eq!(found(9, "export * from './b0.js';\n"), (json!(1), none));
    let first = json!([{ "path": "a.js", "function": "run", "what": "calls too deep" }]);
    assert_eq!(found(101, ""), (json!(0), json!({ "count": 1, "first": first })));
}

/// A bound that stands in the code is neither described nor found by who asks what cuts.
#[test]
fn every_bound_has_a_name_among_the_limits() {
    let bound = [
        r"\b(depth|level|hops|rounds)\b ?[<>]=? ?(\d\d+|[2-9])\b",
        r"\b(seen|into|open|found|visited|out)\.len\(\) ?[<>]=? ?\d\d+\b",
        r"\bfor _ in 0\.\.=?(\d\d+|[3-9])\b",
    ];
    let bound = regex::Regex::new(&bound.join("|")).unwrap();
    assert!(
        bound.is_match("if depth > 6 {") && bound.is_match("seen.len() >= 200") && bound.is_match("for _ in 0..4 {")
    );
    assert!(!bound.is_match("if depth > 1 || depth > limits::SPREADS || found.len() > 1 {"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut looked, mut literal) = (0, Vec::new());
    for module in ["facts", "value", "project", "race", "judge", "remedy", "rules", "survey"] {
        for entry in walkdir::WalkDir::new(source.join(module)) {
            let path = entry.unwrap().into_path();
            let name = path.to_string_lossy();
            if !name.ends_with(".rs") || name.ends_with("tests.rs") {
                continue;
            }
            looked += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
            literal.extend(
                code.filter(|(_, line)| bound.is_match(line)).map(|(at, line)| format!("{path:?}:{} {line}", at + 1)),
            );
        }
    }
    assert!(looked > 100, "{looked} files");
    assert!(literal.is_empty(), "name it in src/limits.rs: {literal:#?}");
}
