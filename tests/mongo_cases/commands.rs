//! Random commands and start states.

use super::filters::filter;
use super::random::Random;
use super::updates::{update, whole};
use super::values::{document, number, one, path};
use pushguard::judge::bson::Value;
use pushguard::judge::store::{Command, Returns};

/// What is stored first, and what is run on it. The collection is that of an index.
pub struct Case {
    pub number: usize,
    pub collection: u32,
    pub start: Command,
    pub command: Command,
}

pub fn case(random: &mut Random, number: usize, collections: usize) -> Case {
    // Half of the cases without an index, whose collection is the first.
    let collection = if random.percent(50) { 0 } else { random.below(collections) as u32 };
    let documents: Vec<Value> = (0..random.pick(&[1, 2, 2, 3])).map(|at| identified(random, at)).collect();
    let mut command = command(random, collection);
    if let Command::Replace { replacement, .. } | Command::FindAndReplace { replacement, .. } = &mut command
        && random.percent(20)
    {
        *replacement = again(random, &documents[0]);
    }
    // An index that `distinct` reads gives nulls of its own.
    let collection = if matches!(command, Command::Distinct { .. }) { 0 } else { collection };
    Case { number, collection, start: Command::Insert { collection, documents, ordered: false }, command }
}

/// What is stored already, with its `_id` or without.
fn again(random: &mut Random, document: &Value) -> Value {
    let keeps_id = random.percent(50);
    let fields = document.fields().unwrap().iter().filter(|(name, _)| keeps_id || &**name != "_id");
    Value::document(fields.map(|(name, value)| (name.clone(), value.clone())))
}

fn identified(random: &mut Random, at: usize) -> Value {
    let mut document = one("_id", number(at as i32));
    for (name, value) in super::values::document(random).fields().unwrap() {
        document.set(name, value.clone());
    }
    document
}

fn command(random: &mut Random, collection: u32) -> Command {
    let filter = filter(random);
    match random.below(100) {
        0..=17 => Command::Find {
            collection,
            filter,
            sort: sort(random),
            skip: random.pick(&[0, 0, 0, 1]),
            limit: random.pick(&[None, None, Some(0), Some(1), Some(2)]),
            projection: projection(random),
        },
        18..=22 => Command::Count { collection, filter, limit: random.pick(&[None, Some(1)]) },
        23..=24 => Command::Aggregate { collection, stages: stages(random, filter) },
        25..=26 => Command::Distinct { collection: 0, field: path(random).into(), filter },
        27..=66 => {
            let (update, array_filters) = update(random);
            let upsert = random.percent(25);
            Command::Update { collection, filter, update, many: random.percent(30), upsert, array_filters }
        }
        67..=72 => Command::Replace { collection, filter, replacement: whole(random), upsert: random.percent(40) },
        73..=77 => Command::Insert {
            collection,
            documents: (0..1 + random.below(2)).map(|_| inserted(random)).collect(),
            ordered: random.percent(50),
        },
        78..=81 => Command::Delete { collection, filter, many: random.percent(50) },
        82..=92 => {
            let (update, array_filters) = update(random);
            let (returns, upsert) = (returns(random), random.percent(25));
            let (sort, projection) = (sort(random), projection(random));
            Command::FindAndUpdate { collection, filter, update, sort, upsert, array_filters, returns, projection }
        }
        93..=95 => Command::FindAndReplace {
            collection,
            filter,
            replacement: whole(random),
            sort: sort(random),
            upsert: random.percent(40),
            returns: returns(random),
            projection: projection(random),
        },
        _ => Command::FindAndDelete { collection, filter, sort: sort(random), projection: projection(random) },
    }
}

/// What is grouped or counted is one group, for the server keeps no order among several.
fn stages(random: &mut Random, filter: Value) -> Vec<Value> {
    let field = |random: &mut Random| Value::text(random.pick(&["$n", "$a", "$b", "$c", "$b.a", "$c.a"]));
    let mut stages = vec![one("$match", filter)];
    stages.extend(sort(random).map(|sort| one("$sort", sort)));
    stages.extend(random.percent(30).then(|| one("$limit", number(1 + random.below(2) as i32))));
    stages.extend(random.percent(20).then(|| one("$unwind", Value::text("$a"))));
    match random.below(4) {
        0 => stages.push(one("$count", Value::text("c"))),
        1 => {
            let mut group = one("_id", Value::Null);
            for name in ["x", "y"] {
                let operator = random.pick(&["$sum", "$avg", "$max", "$min", "$first", "$last", "$push"]);
                group.set(name, one(operator, field(random)));
            }
            group.set("c", one("$sum", number(1)));
            stages.push(one("$group", group));
        }
        2 => {
            let list = Value::list(vec![field(random), Value::list(Vec::new())]);
            let mut project = one("s", one("$size", one("$ifNull", list)));
            project.set("n", number(1));
            if random.percent(30) {
                project.set("_id", number(0));
            }
            stages.push(one("$project", project));
        }
        _ => stages.push(one("$addFields", one("d", field(random)))),
    }
    stages
}

fn returns(random: &mut Random) -> Returns {
    random.pick(&[Returns::Before, Returns::After])
}

fn inserted(random: &mut Random) -> Value {
    let mut new = document(random);
    new.set("_id", number(random.below(6) as i32));
    new
}

/// `_id` comes last, for the server keeps no order among equals.
fn sort(random: &mut Random) -> Option<Value> {
    if random.percent(60) {
        return None;
    }
    let mut sort = Value::document::<&str>([]);
    for _ in 0..1 + random.below(2) {
        sort.set(random.pick(&["a", "b", "n", "c", "b.a", "c.a", "b.x"]), direction(random));
    }
    sort.set("_id", direction(random));
    Some(sort)
}

fn direction(random: &mut Random) -> Value {
    Value::Number(random.pick(&[1.0, -1.0]))
}

fn projection(random: &mut Random) -> Option<Value> {
    if random.percent(70) {
        return None;
    }
    let flag = number(i32::from(random.percent(50)));
    let mut projection = Value::document::<&str>([]);
    for _ in 0..random.below(3) {
        projection.set(random.pick(&["a", "b", "c", "b.a", "c.a", "b.a.x", "n"]), flag.clone());
    }
    if random.percent(30) {
        projection.set("_id", number(0));
    }
    Some(projection)
}
