//! Random filters.

use super::expressions;
use super::random::Random;
use super::values::{list, number, one, path, scalar, value};
use pushguard::judge::bson::Value;

pub fn filter(random: &mut Random) -> Value {
    parts(random, 2)
}

fn parts(random: &mut Random, depth: usize) -> Value {
    let mut filter = Value::document::<&str>([]);
    for _ in 0..random.pick(&[0, 1, 1, 1, 2, 2]) {
        match random.below(20) {
            0..=3 if depth > 0 => {
                let list = (0..1 + random.below(2)).map(|_| parts(random, depth - 1)).collect();
                filter.set(random.pick(&["$and", "$or", "$nor"]), Value::list(list));
            }
            4 if depth == 2 => filter.set("$expr", expressions::condition(random)),
            5 => filter.set("_id", identity(random)),
            _ => filter.set(path(random), operand(random, depth)),
        }
    }
    filter
}

fn identity(random: &mut Random) -> Value {
    match random.below(3) {
        0 => one("$in", Value::list(vec![number(0), number(random.below(3) as i32)])),
        _ => number(random.below(3) as i32),
    }
}

fn operand(random: &mut Random, depth: usize) -> Value {
    if random.percent(30) {
        return value(random, 2);
    }
    let mut operand = operator(random, depth);
    if random.percent(25) {
        let more = operator(random, depth);
        for (name, value) in more.fields().unwrap() {
            operand.set(name, value.clone());
        }
    }
    operand
}

/// A document with one operator.
pub fn operator(random: &mut Random, depth: usize) -> Value {
    match random.below(26) {
        0 => one("$eq", value(random, 2)),
        1..=3 => one("$ne", value(random, 1)),
        4..=7 => one(random.pick(&["$gt", "$gte", "$lt", "$lte"]), comparable(random)),
        8 | 9 => one(random.pick(&["$in", "$nin"]), values(random)),
        10 | 11 => one("$exists", random.pick(&[&Value::Bool(true), &Value::Bool(false), &Value::Null]).clone()),
        12 | 13 => one("$size", Value::Number(random.pick(&[0.0, 1.0, 2.0, 2.0, 3.0, -1.0, 1.5]))),
        14 => one("$all", all(random)),
        15..=18 => one("$elemMatch", element(random, depth)),
        19 | 20 if depth > 0 => one("$not", operator(random, depth - 1)),
        21 | 22 => pattern(random),
        23 => one("$type", kinds(random)),
        24 => one("$mod", modulo(random)),
        _ => one("$eq", scalar(random)),
    }
}

/// Mostly a number; now and then any value.
fn comparable(random: &mut Random) -> Value {
    if random.percent(70) { number(random.below(4) as i32) } else { value(random, 2) }
}

fn values(random: &mut Random) -> Value {
    Value::list((0..random.below(4)).map(|_| value(random, 1)).collect())
}

fn all(random: &mut Random) -> Value {
    if random.percent(20) {
        let one = one("$elemMatch", element(random, 0));
        return Value::list(if random.percent(20) { vec![one, number(1)] } else { vec![one] });
    }
    values(random)
}

fn element(random: &mut Random, depth: usize) -> Value {
    if random.percent(50) {
        let mut tests = operator(random, 0);
        if random.percent(30) {
            let more = operator(random, 0);
            for (name, value) in more.fields().unwrap() {
                tests.set(name, value.clone());
            }
        }
        return tests;
    }
    let mut filter = Value::document::<&str>([]);
    for _ in 0..1 + random.below(2) {
        let name = random.pick(&["a", "b", "x", "a.b", "0"]);
        let test = if random.percent(60) { value(random, 1) } else { operator(random, depth.saturating_sub(1)) };
        filter.set(name, test);
    }
    if depth > 0 && random.percent(10) {
        return one("$or", Value::list(vec![filter, one("x", scalar(random))]));
    }
    filter
}

fn pattern(random: &mut Random) -> Value {
    let mut test = one("$regex", Value::text(random.pick(&["x", "^x", "y$", "^xy$", "^x\\.", "", "X"])));
    if random.percent(30) {
        test.set("$options", Value::text(random.pick(&["i", ""])));
    }
    test
}

fn kinds(random: &mut Random) -> Value {
    let names = ["number", "string", "object", "array", "objectId", "bool", "date", "null", "regex", "other"];
    match random.below(4) {
        0 => number(random.pick(&[2, 3, 4, 7, 8, 9, 10, 11, 20])),
        1 => Value::list(vec![Value::text(random.pick(&names)), Value::text(random.pick(&names))]),
        _ => Value::text(random.pick(&names)),
    }
}

fn modulo(random: &mut Random) -> Value {
    match random.below(8) {
        0 => list(random, 1),
        _ => Value::list(vec![
            Value::Number(random.pick(&[2.0, 3.0, 2.5, -2.0, 0.0, 2.0])),
            Value::Number(random.pick(&[0.0, 1.0, -1.0, 1.5])),
        ]),
    }
}
