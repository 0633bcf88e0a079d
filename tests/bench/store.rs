//! The commands of a judgement on the judge's store: an array with a guard, pushed to again and again.

use divan::Bencher;
use pushguard::judge::bson::Value;
use pushguard::judge::store::{Command, Store, UniqueIndex};

/// About as many as one judgement runs.
const COMMANDS: u32 = 1_000;

fn main() {
    divan::main();
}

fn one(name: &str, value: Value) -> Value {
    Value::document([(name, value)])
}

/// A read, a guarded push and a counter, in turn.
fn command(number: u32) -> Command {
    let identity = ("_id", Value::Id(1));
    match number % 3 {
        0 => {
            let filter = Value::document([identity]);
            Command::Find { collection: 0, filter, sort: None, skip: 0, limit: Some(1), projection: None }
        }
        1 => {
            let key = Value::Number(f64::from(number % 4));
            let filter = Value::document([identity, ("items.key", one("$ne", key.clone()))]);
            let update = one("$push", one("items", one("key", key)));
            Command::Update { collection: 0, filter, update, many: false, upsert: false, array_filters: Vec::new() }
        }
        _ => {
            let filter = Value::document([identity, ("stock", one("$gte", Value::Number(1.0)))]);
            let update = one("$inc", one("stock", Value::Number(-1.0)));
            Command::Update { collection: 0, filter, update, many: false, upsert: false, array_filters: Vec::new() }
        }
    }
}

/// A store for each six commands, as each interleaving has.
#[divan::bench]
fn thousand_commands(bencher: Bencher<'_, '_>) {
    let index = UniqueIndex { collection: 0, fields: vec!["name".to_owned()], sparse: false, partial: None };
    let mut start = Store::new(vec![index]);
    let fields = [
        ("_id", Value::Id(1)),
        ("name", Value::text("a")),
        ("stock", Value::Number(3.0)),
        ("items", Value::list(Vec::new())),
    ];
    start.insert_start(0, Value::document(fields));
    bencher.bench_local(|| {
        let (mut store, mut fresh, mut done) = (start.clone(), 100, 0);
        for number in 0..COMMANDS {
            if number % 6 == 0 {
                store = start.clone();
            }
            done += usize::from(store.run(&command(number), &mut fresh).is_ok());
        }
        assert_eq!(done, COMMANDS as usize);
    });
}
