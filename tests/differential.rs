//! The judge's tiny MongoDB against a real server: random documents, indexes and commands, and both must answer and store
//! the same.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at the first surprise")]

mod mongo_cases;
mod mongod;

use bson::{Document, doc};
use mongo_cases::commands::{Case, case};
use mongo_cases::encode;
use mongo_cases::random::Random;
use mongod::Server;
use mongod::wire::Connection;
use pushguard::judge::bson::{Concrete, Value};
use pushguard::judge::store::{Command, Failure, Reply, Store, UniqueIndex};
use pushguard::race::predicate;
use std::collections::BTreeMap;
use std::io::Write as _;

const CASES: usize = 24_000;
/// Cases that are sent at once.
const BATCH: usize = 40;
/// The server computes constant parts of an expression before it looks at a document, and refuses what fails there.
const FOLDED: &str = "Failed to optimize expression";
/// At most so many cases in a hundred may be beyond the model.
const NOT_MODELLED: usize = 1;

/// One index for each collection, but the first.
fn indexes() -> Vec<UniqueIndex> {
    let index = |collection, fields: &[&str], sparse, partial: Option<Value>| UniqueIndex {
        collection,
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        sparse,
        partial: partial.map(|partial| predicate::parse(&Concrete, &partial).unwrap()),
    };
    let exists = partial();
    vec![
        index(1, &["n"], false, None),
        index(2, &["a"], false, None),
        index(3, &["b.a"], false, None),
        index(4, &["n", "c.a"], false, None),
        index(5, &["n"], true, None),
        index(6, &["n", "z"], true, None),
        index(7, &["n"], false, Some(exists)),
        index(8, &["b.a", "b.x"], false, None),
        index(9, &["a", "b.a"], false, None),
        index(10, &["c.a"], true, None),
    ]
}

fn partial() -> Value {
    Value::document([
        ("n", Value::document([("$gte", Value::Number(2.0))])),
        ("c", Value::document([("$exists", Value::Bool(true))])),
    ])
}

fn name(collection: u32) -> String {
    format!("c{collection}")
}

fn prepare(connection: &mut Connection, indexes: &[UniqueIndex]) {
    connection.done(doc! { "create": name(0), "$db": "test" });
    for index in indexes {
        let key: Document = index.fields.iter().map(|field| (field.clone(), bson::Bson::Int32(1))).collect();
        let mut one = doc! { "key": key, "name": "unique", "unique": true };
        if index.sparse {
            one.insert("sparse", true);
        }
        if index.partial.is_some() {
            one.insert("partialFilterExpression", encode::document(&partial()));
        }
        connection.done(doc! { "createIndexes": name(index.collection), "indexes": [one], "$db": "test" });
    }
}

/// What the server answers to the start and to the command, and stores.
type Told = (Result<Reply, Failure>, Result<Reply, Failure>, Vec<Value>);

fn ask(connection: &mut Connection, cases: &[Case]) -> Vec<Told> {
    let mut commands = Vec::new();
    for case in cases {
        let name = name(case.collection);
        commands.push(doc! { "delete": &name, "deletes": [{ "q": {}, "limit": 0 }], "$db": "test" });
        commands.push(encode::command(&case.start, &name));
        commands.push(encode::command(&case.command, &name));
        commands.push(doc! { "find": &name, "hint": { "$natural": 1 }, "$db": "test" });
    }
    let replies = connection.run(&commands);
    let told = cases.iter().zip(replies.chunks(4)).map(|(case, replies)| {
        let start = encode::reply(&case.start, &replies[1]);
        (start, encode::reply(&case.command, &replies[2]), encode::batch(&replies[3]))
    });
    told.collect()
}

/// The class of a failure, and a reply whose order and made values are settled.
fn comparable(command: &Command, reply: &Result<Reply, Failure>) -> String {
    let shown = if keeps_order(command) { shown } else { Value::canonical };
    let settled = |values: &[Value]| -> Vec<String> { values.iter().map(|one| shown(&encode::settled(one))).collect() };
    let one = |found: &Option<Value>| found.as_ref().map(|one| settled(std::slice::from_ref(one)));
    match reply {
        Err(Failure::Rejected(_)) => "rejected".to_owned(),
        Err(failure) => format!("{failure:?}"),
        Ok(Reply::Documents(values)) => {
            let mut values = settled(values);
            if matches!(command, Command::Distinct { .. }) {
                values.sort();
            }
            format!("{values:?}")
        }
        Ok(Reply::Found(found)) => format!("found {:?}", one(found)),
        Ok(Reply::Made(found)) => format!("made {:?}", one(found)),
        Ok(Reply::Updated { matched, modified, upserted }) => {
            let upserted = upserted.as_ref().map(|one| settled(std::slice::from_ref(one)));
            let modified = if counts_by_index(command) { "?".to_owned() } else { modified.to_string() };
            format!("matched {matched} modified {modified} upserted {upserted:?}")
        }
        Ok(other) => format!("{other:?}"),
    }
}

/// Whether a sort of nothing, or null in place of null, counts as a write depends on the indexes of the collection.
fn counts_by_index(command: &Command) -> bool {
    let Command::Update { collection, update, .. } = command else { return false };
    let has = |operator: &str, part: &str| {
        let fields = update.field(operator).and_then(Value::fields).unwrap_or_default();
        fields.iter().any(|(path, operand)| path.contains(part) || operand.field(part).is_some())
    };
    *collection > 0 && (has("$push", "$sort") || has("$unset", "."))
}

/// A stage that gives back what an earlier one took keeps its place on the server. Here it comes last, and only the order differs.
fn keeps_order(command: &Command) -> bool {
    let (Command::Update { update, .. } | Command::FindAndUpdate { update, .. }) = command else { return true };
    !matches!(update, Value::List(stages) if stages.len() > 1)
}

/// A value with its fields in order.
fn shown(value: &Value) -> String {
    match value {
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Document(fields) => {
            let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.canonical(),
    }
}

fn not_modelled(reply: &Result<Reply, Failure>) -> Option<&Failure> {
    reply.as_ref().err().filter(|failure| matches!(failure, Failure::NotModelled(_)))
}

#[derive(Default)]
struct Count {
    operators: BTreeMap<String, usize>,
    not_modelled: BTreeMap<String, usize>,
    compared: usize,
    wrong: Vec<String>,
}

impl Count {
    /// Each operator of a case once.
    fn operators(&mut self, command: &Command) {
        let text = format!("{command:?}");
        let kind = text.split(' ').next().unwrap_or_default().to_owned();
        // A name stands first in a pair, a text in `Text(..)`.
        let pairs = text.split("(\"").zip(text.split("(\"").skip(1)).filter(|(before, _)| !before.ends_with("Text"));
        let names = pairs.filter_map(|(_, name)| name.split('"').next()).filter(|name| name.starts_with('$'));
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.push(kind);
        names.sort();
        names.dedup();
        for name in names {
            *self.operators.entry(name).or_default() += 1;
        }
    }

    fn compare(&mut self, case: &Case, told: &Told, model: &mut Store) {
        let mut fresh = encode::FRESH;
        let start = model.run(&case.start, &mut fresh);
        let answer = model.run(&case.command, &mut fresh);
        if let Some(Failure::NotModelled(what)) = [&start, &answer].into_iter().find_map(not_modelled) {
            *self.not_modelled.entry(what.clone()).or_default() += 1;
            return;
        }
        if matches!(&told.1, Err(Failure::Rejected(why)) if why.contains(FOLDED)) && answer.is_ok() {
            *self.not_modelled.entry(FOLDED.to_owned()).or_default() += 1;
            return;
        }
        self.compared += 1;
        self.operators(&case.command);
        let shown = if keeps_order(&case.command) { shown } else { Value::canonical };
        let stored = |values: &[Value]| values.iter().map(|one| shown(&encode::settled(one))).collect::<Vec<_>>();
        let ours = (
            comparable(&case.start, &start),
            comparable(&case.command, &answer),
            stored(model.documents(case.collection)),
        );
        let theirs = (comparable(&case.start, &told.0), comparable(&case.command, &told.1), stored(&told.2));
        if ours != theirs {
            let why = [&answer, &told.1]
                .map(|reply| if let Err(failure) = reply { format!("{failure:?}") } else { String::new() });
            self.wrong.push(format!(
                "case {} in c{}\n  start  {}\n  run    {}\n  model  {ours:?} {}\n  server {theirs:?} {}",
                case.number,
                case.collection,
                encode::command(&case.start, "c"),
                encode::command(&case.command, "c"),
                why[0],
                why[1],
            ));
        }
    }

    fn tell(&self, cases: usize) {
        let mut text = format!("{cases} cases, {} compared\n", self.compared);
        for (name, count) in &self.operators {
            text.push_str(&format!("  {count:6} {name}\n"));
        }
        text.push_str("not modelled:\n");
        for (what, count) in &self.not_modelled {
            text.push_str(&format!("  {count:6} {what}\n"));
        }
        std::io::stderr().write_all(text.as_bytes()).unwrap();
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

#[test]
fn the_store_answers_and_stores_as_a_server_does() {
    let Some(server) = Server::start() else { return };
    let mut connection = server.connect();
    let indexes = indexes();
    prepare(&mut connection, &indexes);
    let mut random = Random(setting("PUSHGUARD_SEED", 9));
    let cases = setting("PUSHGUARD_CASES", CASES as u64) as usize;
    let mut count = Count::default();
    for first in (0..cases).step_by(BATCH) {
        let batch: Vec<Case> =
            (first..cases.min(first + BATCH)).map(|number| case(&mut random, number, indexes.len() + 1)).collect();
        for (case, told) in batch.iter().zip(ask(&mut connection, &batch)) {
            count.compare(case, &told, &mut Store::new(indexes.clone()));
        }
    }
    if std::env::var_os("PUSHGUARD_TELL").is_some() {
        count.tell(cases);
    }
    let shown =
        count.wrong.iter().take(setting("PUSHGUARD_SHOWN", 10) as usize).cloned().collect::<Vec<_>>().join("\n");
    assert!(count.wrong.is_empty(), "{} of {cases} cases differ:\n{shown}", count.wrong.len());
    assert!(count.not_modelled.values().sum::<usize>() * 100 <= cases * NOT_MODELLED, "{:?}", count.not_modelled);
}
