//! Random aggregation expressions.

use super::random::Random;
use super::values::{list, number, one, scalar, value};
use pushguard::judge::bson::Value;

/// Something that is true or false.
pub fn condition(random: &mut Random) -> Value {
    match random.below(10) {
        0..=4 => {
            let operator = random.pick(&["$eq", "$ne", "$gt", "$gte", "$lt", "$lte"]);
            one(operator, Value::list(vec![numeric(random, 1), numeric(random, 1)]))
        }
        5 => one("$in", Value::list(vec![any(random, 1), array(random, 1)])),
        6 => one(random.pick(&["$and", "$or"]), Value::list(vec![any(random, 1), any(random, 1)])),
        7 => one("$not", Value::list(vec![any(random, 1)])),
        8 => one(random.pick(&["$isArray", "$isNumber"]), any(random, 1)),
        _ => any(random, 2),
    }
}

/// An expression of any type.
pub fn any(random: &mut Random, depth: usize) -> Value {
    if depth == 0 || random.percent(25) {
        return leaf(random);
    }
    match random.below(14) {
        0..=2 => numeric(random, depth - 1),
        3..=5 => array(random, depth - 1),
        6 => condition(random),
        7 => chosen(random, depth - 1),
        8 => text(random, depth - 1),
        9 => object(random, depth - 1),
        10 => one("$ifNull", Value::list(vec![any(random, depth - 1), any(random, depth - 1)])),
        11 => one("$cmp", Value::list(vec![any(random, depth - 1), any(random, depth - 1)])),
        12 => one(random.pick(&["$first", "$last", "$max", "$min", "$sum"]), array(random, depth - 1)),
        _ => bound(random, depth - 1),
    }
}

fn leaf(random: &mut Random) -> Value {
    match random.below(10) {
        0..=6 => field(random),
        7 => one("$literal", value(random, 1)),
        _ => plain(random),
    }
}

/// A value that is no document of operators, nor a text that is a path.
fn plain(random: &mut Random) -> Value {
    scalar(random)
}

fn field(random: &mut Random) -> Value {
    let paths =
        ["$a", "$a", "$b", "$b.a", "$b.x", "$c", "$c.a", "$c.b", "$n", "$n", "$n", "$z", "$a.0", "$$ROOT.n", "$b.a.x"];
    Value::text(random.pick(&paths))
}

fn numeric(random: &mut Random, depth: usize) -> Value {
    if depth == 0 || random.percent(40) {
        return match random.below(5) {
            0 | 1 => number(random.below(4) as i32),
            2 => field(random),
            _ => Value::text("$n"),
        };
    }
    let two = |random: &mut Random| Value::list(vec![numeric(random, depth - 1), numeric(random, depth - 1)]);
    match random.below(10) {
        0..=2 => one(random.pick(&["$add", "$multiply", "$max", "$min", "$sum"]), two(random)),
        3 | 4 => one(random.pick(&["$subtract", "$divide", "$mod"]), two(random)),
        5 => one(random.pick(&["$abs", "$ceil", "$floor", "$trunc"]), numeric(random, depth - 1)),
        6 | 7 => one("$size", array(random, depth - 1)),
        8 => one("$indexOfArray", Value::list(vec![array(random, depth - 1), leaf(random)])),
        _ => one("$ifNull", Value::list(vec![field(random), number(0)])),
    }
}

fn array(random: &mut Random, depth: usize) -> Value {
    if depth == 0 || random.percent(35) {
        return match random.below(6) {
            0..=2 => Value::text(random.pick(&["$a", "$b"])),
            3 => one("$ifNull", Value::list(vec![field(random), Value::list(Vec::new())])),
            4 => list(random, 1),
            _ => Value::list(vec![leaf(random), leaf(random)]),
        };
    }
    let two = |random: &mut Random| Value::list(vec![array(random, depth - 1), array(random, depth - 1)]);
    let this = |random: &mut Random| Value::text(random.pick(&["$$this", "$$this.a", "$$this.x", "$$ROOT.n"]));
    match random.below(12) {
        0 | 1 => one("$concatArrays", two(random)),
        2 => one(random.pick(&["$setUnion", "$setIntersection", "$setDifference"]), two(random)),
        3 => one(random.pick(&["$setEquals", "$setIsSubset"]), two(random)),
        4 => one(random.pick(&["$anyElementTrue", "$allElementsTrue"]), Value::list(vec![array(random, depth - 1)])),
        5 => {
            let mut parts = vec![array(random, depth - 1), number(random.below(5) as i32 - 2)];
            if random.percent(40) {
                parts.push(number(random.below(3) as i32));
            }
            one("$slice", Value::list(parts))
        }
        6 => one("$arrayElemAt", Value::list(vec![array(random, depth - 1), number(random.below(5) as i32 - 2)])),
        7 => one("$reverseArray", array(random, depth - 1)),
        8 => {
            let body = Value::document([("k", this(random)), ("v", leaf(random))]);
            let body = if random.percent(50) { this(random) } else { body };
            one("$map", Value::document([("input", array(random, depth - 1)), ("in", body)]))
        }
        9 => {
            let operator = random.pick(&["$ne", "$eq", "$gt", "$lt"]);
            let name = random.pick(&["this", "e"]);
            let left = Value::text(&format!("$${name}{}", random.pick(&["", ".a", ".x"])));
            let condition = one(operator, Value::list(vec![left, leaf(random)]));
            let mut filter = Value::document([("input", array(random, depth - 1)), ("cond", condition)]);
            if name != "this" {
                filter.set("as", Value::text(name));
            }
            one("$filter", filter)
        }
        10 => {
            let add = Value::list(vec![Value::text("$$value"), Value::list(vec![this(random)])]);
            let parts = [("input", array(random, depth - 1)), ("initialValue", Value::list(Vec::new()))];
            let mut reduce = Value::document(parts);
            reduce.set("in", one("$concatArrays", add));
            one("$reduce", reduce)
        }
        _ => range(random),
    }
}

fn range(random: &mut Random) -> Value {
    let mut parts = vec![number(random.below(3) as i32), Value::text("$n")];
    if random.percent(50) {
        parts.push(number(random.below(4) as i32 - 1));
    }
    one("$range", Value::list(parts))
}

fn chosen(random: &mut Random, depth: usize) -> Value {
    let parts = [("if", condition(random)), ("then", any(random, depth)), ("else", any(random, depth))];
    match random.below(3) {
        0 => one("$cond", Value::document(parts)),
        1 => one("$cond", Value::list(parts.into_iter().map(|(_, value)| value).collect())),
        _ => {
            let branch = Value::document([("case", condition(random)), ("then", any(random, depth))]);
            let mut switch = one("branches", Value::list(vec![branch]));
            if random.percent(80) {
                switch.set("default", any(random, depth));
            }
            one("$switch", switch)
        }
    }
}

fn text(random: &mut Random, depth: usize) -> Value {
    match random.below(3) {
        0 => one(random.pick(&["$toLower", "$toUpper"]), Value::text(random.pick(&["$c.a", "xY", "$z", "$c.x"]))),
        _ => one("$concat", Value::list(vec![Value::text("x"), any(random, depth)])),
    }
}

fn object(random: &mut Random, depth: usize) -> Value {
    match random.below(4) {
        0 => one("$mergeObjects", Value::list(vec![Value::text("$c"), one("x", leaf(random))])),
        1 => one("$objectToArray", Value::text(random.pick(&["$c", "$$ROOT.c", "$n"]))),
        2 => {
            let pair = Value::document([("k", Value::text("x")), ("v", any(random, depth))]);
            one("$arrayToObject", one("$literal", Value::list(vec![pair])))
        }
        _ => Value::document([("x", any(random, depth)), ("y", Value::text(random.pick(&["$$REMOVE", "$n"])))]),
    }
}

fn bound(random: &mut Random, depth: usize) -> Value {
    let body = one("$add", Value::list(vec![Value::text("$$v"), Value::text("$n")]));
    let body = if random.percent(50) { Value::text("$$v") } else { body };
    one("$let", Value::document([("vars", one("v", any(random, depth))), ("in", body)]))
}
