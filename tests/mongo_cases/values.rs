//! Random values and documents. There are few of each, so that filters match.

use super::random::Random;
use pushguard::judge::bson::Value;

pub fn number(number: i32) -> Value {
    Value::Number(f64::from(number))
}

pub fn one(name: &str, value: Value) -> Value {
    Value::document([(name, value)])
}

/// Any value but a list or a document.
pub fn scalar(random: &mut Random) -> Value {
    match random.below(16) {
        0..=6 => number(random.below(4) as i32),
        7 => Value::Number(random.pick(&[-1.0, 1.5, 7.0, -2.5])),
        8..=10 => Value::text(random.pick(&["x", "y", "xy", "X", "", "é"])),
        11 => Value::Null,
        12 => Value::Bool(random.percent(50)),
        13 => Value::Id(random.below(3) as u32),
        14 => Value::Date(random.below(3) as i64),
        _ => Value::Symbol(random.below(3) as u32),
    }
}

pub fn value(random: &mut Random, depth: usize) -> Value {
    match random.below(10) {
        0..=5 => scalar(random),
        6 | 7 if depth > 0 => list(random, depth - 1),
        8 | 9 if depth > 0 => inner(random, depth - 1),
        _ => scalar(random),
    }
}

pub fn list(random: &mut Random, depth: usize) -> Value {
    let length = random.pick(&[0, 1, 1, 2, 2, 3]);
    let of = random.below(4);
    Value::list((0..length).map(|_| element(random, of, depth)).collect())
}

fn element(random: &mut Random, of: usize, depth: usize) -> Value {
    match of {
        0 | 1 => number(random.below(4) as i32),
        2 if depth > 0 || random.percent(80) => inner(random, depth.saturating_sub(1)),
        _ => value(random, depth),
    }
}

/// A document inside a document.
pub fn inner(random: &mut Random, depth: usize) -> Value {
    let mut document = Value::document::<&str>([]);
    for name in ["a", "b", "x", "0"] {
        if random.percent(if name == "0" { 5 } else { 45 }) {
            document.set(name, value(random, depth));
        }
    }
    document
}

/// A document of a collection, without `_id`.
pub fn document(random: &mut Random) -> Value {
    let mut document = Value::document::<&str>([]);
    for name in ["a", "b", "c", "n"] {
        if !random.percent(85) {
            continue;
        }
        let value = match (name, random.below(4)) {
            ("a", 0 | 1) => Value::list((0..random.below(4)).map(|_| number(random.below(4) as i32)).collect()),
            ("b", 0 | 1) => Value::list((0..random.below(4)).map(|_| inner(random, 1)).collect()),
            ("c", 0 | 1) => inner(random, 2),
            ("n", 0..=2) => number(random.below(5) as i32),
            _ => value(random, 3),
        };
        document.set(name, value);
    }
    document
}

/// A path that often leads somewhere.
pub fn path(random: &mut Random) -> &'static str {
    random.pick(&[
        "a", "a", "a", "b", "b", "b.a", "b.a", "b.b", "b.x", "c", "c.a", "c.a", "c.b", "c.x", "n", "n", "n", "a.0",
        "a.1", "b.0", "b.0.a", "b.1.x", "c.a.b", "b.a.x", "c.a.0", "c.0", "a.0.0", "b.a.0", "z", "z.a", "n.a", "_id",
    ])
}
