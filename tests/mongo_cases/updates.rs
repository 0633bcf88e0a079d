//! Random updates: operators, pipelines and replacements.

use super::expressions;
use super::filters;
use super::random::Random;
use super::values::{document, inner, list, number, one, path, scalar, value};
use pushguard::judge::bson::Value;

/// An update and its array filters.
pub fn update(random: &mut Random) -> (Value, Vec<Value>) {
    if random.percent(25) {
        return (pipeline(random), Vec::new());
    }
    let mut update = Value::document::<&str>([]);
    let mut names = false;
    for _ in 0..random.pick(&[1, 1, 1, 2, 2, 3]) {
        let (operator, path, operand) = edit(random);
        names |= path.contains("$[e]");
        let mut fields = update.field(operator).cloned().unwrap_or_else(|| Value::document::<&str>([]));
        fields.set(&path, operand);
        update.set(operator, fields);
    }
    let filters = if names || random.percent(1) { vec![element_filter(random)] } else { Vec::new() };
    (update, filters)
}

fn element_filter(random: &mut Random) -> Value {
    match random.below(5) {
        0 => one("e", scalar(random)),
        1 => one("e", filters::operator(random, 0)),
        2 => one("e.a", value(random, 1)),
        3 => one("$or", Value::list(vec![one("e.x", scalar(random)), one("e.a", scalar(random))])),
        _ => one("e.x", filters::operator(random, 0)),
    }
}

fn edit(random: &mut Random) -> (&'static str, String, Value) {
    let of_array = random.pick(&["a", "a", "b", "b", "c.a", "c.b", "n", "z", "c.z", "b.0.a", "b.$.a", "b.$[].a"]);
    let of_number =
        random.pick(&["n", "n", "n", "c.a", "z", "c.z", "a.0", "a.$", "a.$[]", "a.$[e]", "b.$.a", "b.$[e].x", "a"]);
    let free = if random.percent(30) { positional(random) } else { path(random) };
    match random.below(30) {
        0..=4 => ("$set", free.to_owned(), value(random, 2)),
        5 | 6 => ("$unset", free.to_owned(), Value::Bool(true)),
        7 | 8 => ("$inc", of_number.to_owned(), amount(random)),
        9 => ("$mul", of_number.to_owned(), factor(random)),
        10 | 11 => (random.pick(&["$min", "$max"]), of_number.to_owned(), value(random, 1)),
        12 | 13 => {
            ("$rename", path(random).to_owned(), Value::text(random.pick(&["z", "n", "c.z", "a", "c", "a.0", "z.a"])))
        }
        14 => ("$setOnInsert", path(random).to_owned(), value(random, 1)),
        15 => ("$currentDate", free.to_owned(), Value::Bool(true)),
        16..=19 => ("$push", of_array.to_owned(), push(random)),
        20..=22 => ("$addToSet", of_array.to_owned(), added(random)),
        23..=25 => ("$pull", of_array.to_owned(), pull(random)),
        26 => ("$pullAll", of_array.to_owned(), list(random, 1)),
        27 => ("$pop", of_array.to_owned(), Value::Number(random.pick(&[1.0, -1.0, 1.0, -1.0, 2.0]))),
        _ => ("$bit", of_number.to_owned(), one(random.pick(&["and", "or", "xor"]), number(random.below(8) as i32))),
    }
}

fn positional(random: &mut Random) -> &'static str {
    random.pick(&[
        "a.$",
        "a.$",
        "b.$.a",
        "b.$.x",
        "b.$",
        "a.$[]",
        "b.$[].a",
        "b.$[].x",
        "a.$[e]",
        "b.$[e].a",
        "b.$[e]",
        "b.$[e].a.b",
        "b.$[].a.$[]",
        "c.$",
        "c.a.$[]",
        "b.$.a.$[]",
    ])
}

fn amount(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => Value::text("x"),
        2 => Value::Number(0.5),
        3 => Value::Number(0.0),
        _ => number(random.below(5) as i32 - 2),
    }
}

/// No fraction: zero times one half is another zero for the server, and the same for the model.
fn factor(random: &mut Random) -> Value {
    if random.percent(10) { Value::text("x") } else { number(random.below(5) as i32 - 2) }
}

fn element(random: &mut Random) -> Value {
    match random.below(4) {
        0 | 1 => number(random.below(4) as i32),
        2 => inner(random, 1),
        _ => value(random, 2),
    }
}

fn push(random: &mut Random) -> Value {
    if random.percent(40) {
        return element(random);
    }
    let mut push = one("$each", Value::list((0..random.below(3)).map(|_| element(random)).collect()));
    if random.percent(40) {
        push.set("$position", Value::Number(random.pick(&[0.0, 1.0, 2.0, 9.0, -1.0, -2.0, -9.0, 1.5])));
    }
    if random.percent(40) {
        push.set("$slice", Value::Number(random.pick(&[0.0, 1.0, 2.0, 9.0, -1.0, -2.0, -9.0])));
    }
    if random.percent(40) {
        let by = random.pick(&["a", "x", "a.b"]);
        let direction = Value::Number(random.pick(&[1.0, -1.0, 1.0, -1.0, 2.0]));
        push.set("$sort", if random.percent(50) { one(by, direction) } else { direction });
    }
    push
}

fn added(random: &mut Random) -> Value {
    if random.percent(50) {
        return element(random);
    }
    one("$each", Value::list((0..random.below(4)).map(|_| element(random)).collect()))
}

fn pull(random: &mut Random) -> Value {
    match random.below(6) {
        0 | 1 => number(random.below(4) as i32),
        2 => filters::operator(random, 1),
        3 => one(random.pick(&["a", "x"]), value(random, 1)),
        4 => one(random.pick(&["a", "x"]), filters::operator(random, 0)),
        _ => value(random, 1),
    }
}

fn pipeline(random: &mut Random) -> Value {
    Value::list((0..random.pick(&[1, 1, 1, 2])).map(|_| stage(random)).collect())
}

fn stage(random: &mut Random) -> Value {
    match random.below(20) {
        0..=11 => {
            let mut fields = Value::document::<&str>([]);
            for _ in 0..1 + random.below(2) {
                let path =
                    random.pick(&["a", "b", "c", "n", "n", "z", "c.a", "b.a", "z.a", "n.a", "c.a.b", "b.x", "_id"]);
                fields.set(path, computed(random));
            }
            one(random.pick(&["$set", "$addFields"]), fields)
        }
        12 | 13 => {
            let paths = ["a", "b.a", "c.a", "z", "n.a", "c"];
            let path = Value::text(random.pick(&paths));
            one("$unset", if random.percent(50) { path } else { Value::list(vec![path, Value::text("n")]) })
        }
        14..=16 => {
            let mut fields = Value::document::<&str>([]);
            let flag = number(i32::from(random.percent(60)));
            for _ in 0..1 + random.below(2) {
                fields.set(random.pick(&["a", "b.a", "c.a", "n", "c", "b"]), flag.clone());
            }
            if random.percent(30) {
                fields.set("z", computed(random));
            }
            one("$project", fields)
        }
        17 | 18 => one("$replaceWith", replacement(random)),
        _ => one("$replaceRoot", one("newRoot", replacement(random))),
    }
}

fn computed(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::text("$$REMOVE"),
        1 => Value::text("$$NOW"),
        2 => one("x", expressions::any(random, 1)),
        _ => expressions::any(random, 3),
    }
}

fn replacement(random: &mut Random) -> Value {
    match random.below(4) {
        0 => Value::text(random.pick(&["$c", "$$ROOT", "$n"])),
        1 => one("$mergeObjects", Value::list(vec![Value::text("$$ROOT"), one("n", expressions::any(random, 2))])),
        _ => Value::document([("n", expressions::any(random, 2)), ("a", Value::text("$a"))]),
    }
}

/// A whole document; now and then with an `_id`.
pub fn whole(random: &mut Random) -> Value {
    let mut whole = document(random);
    if random.percent(20) {
        whole.set("_id", number(random.below(3) as i32));
    }
    whole
}
