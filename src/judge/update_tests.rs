//! Updates of one document, and what the differential test found wrong once.

use super::bson::{Concrete, Value};
use super::failure::Failure;
use super::matching::Found;
use super::update::{Context, apply};
use super::written::value;
use crate::race::change::parse;

fn after(document: &str, update: &str, filters: &[&str]) -> Result<String, Failure> {
    let filters: Vec<Value> = filters.iter().map(|filter| value(filter)).collect();
    let change = parse(&Concrete, &value(update), &filters)?;
    Ok(apply(&change, &value(document), &mut Context::new(Found::None, false, 7))?.canonical())
}

#[test]
fn operators_change_what_the_server_changes() {
    for (document, update, expected) in [
        ("{'a': 1}", "{'$inc': {'a': 2, 'b': 3}}", "{a: 3, b: 3}"),
        ("{}", "{'$mul': {'a': 2}}", "{a: 0}"),
        ("{'a': 5}", "{'$min': {'a': 3}}", "{a: 3}"),
        ("{'a': 5}", "{'$max': {'a': 'x'}}", "{a: \"x\"}"),
        ("{'a': [1]}", "{'$push': {'a': {'$each': [3, 2], '$sort': -1, '$slice': 2}}}", "{a: [3, 2]}"),
        ("{'a': [1]}", "{'$push': {'a': {'$each': [2], '$position': 0}}}", "{a: [2, 1]}"),
        ("{'a': [{'k': 2}]}", "{'$push': {'a': {'$each': [{'k': 1}], '$sort': {'k': 1}}}}", "{a: [{k: 1}, {k: 2}]}"),
        ("{'a': [1, 2, 3]}", "{'$push': {'a': {'$each': [], '$slice': -2}}}", "{a: [2, 3]}"),
        ("{'a': [{'k': 1, 't': 1}]}", "{'$addToSet': {'a': {'k': 1, 't': 2}}}", "{a: [{k: 1, t: 1}, {k: 1, t: 2}]}"),
        ("{'a': [1]}", "{'$addToSet': {'a': {'$each': [1, 2, 2]}}}", "{a: [1, 2]}"),
        ("{'a': [1, 2, 3]}", "{'$pull': {'a': {'$gte': 2}}}", "{a: [1]}"),
        ("{'a': [{'k': 1, 'x': 2}, {'k': 2}]}", "{'$pull': {'a': {'k': 1}}}", "{a: [{k: 2}]}"),
        ("{'a': [{'k': 1}, {'k': 2}, {'k': 3}]}", "{'$pull': {'a': {'$or': [{'k': 1}, {'k': 2}]}}}", "{a: [{k: 3}]}"),
        ("{'a': [1, 2, 1]}", "{'$pullAll': {'a': [1]}}", "{a: [2]}"),
        ("{'a': [1, 2]}", "{'$pop': {'a': -1}}", "{a: [2]}"),
        ("{'a': 6}", "{'$bit': {'a': {'and': 3}}}", "{a: 2}"),
        ("{'a': 1}", "{'$rename': {'a': 'b.c', 'x': 'y'}}", "{b: {c: 1}}"),
        ("{'a': []}", "{'$rename': {'a.1': 'b'}}", "{a: []}"),
        ("{'a': {'b': 1}}", "{'$unset': {'a.b': 1, 'c.d': 1}}", "{a: {}}"),
        ("{'a': [1, 2]}", "{'$unset': {'a.0': 1}}", "{a: [null, 2]}"),
        ("{'a': 1}", "{'$unset': {'a.b': 1}}", "{a: 1}"),
        ("{'a': []}", "{'$set': {'a.2': 1}}", "{a: [null, null, 1]}"),
        ("{'a': [1, 2]}", "{'$inc': {'a.$[]': 1}}", "{a: [2, 3]}"),
        ("{}", "{'$currentDate': {'t': true}}", "{t: Date(7)}"),
        ("{'a': 1}", "{'$setOnInsert': {'a': 2}}", "{a: 1}"),
        ("{'a': 1}", "[{'$set': {'b': {'$add': ['$a', 1]}}}, {'$unset': 'a'}]", "{b: 2}"),
        ("{'a': [{'x': 1}, 2]}", "[{'$set': {'a.y': 3}}]", "{a: [{x: 1, y: 3}, {y: 3}]}"),
        ("{'a': {'x': 1}}", "[{'$set': {'a': {'y': 3}}}]", "{a: {x: 1, y: 3}}"),
        ("{'a': [], 'n': 'x'}", "[{'$set': {'a.y': {'$add': ['$n', 1]}}}]", "{a: [], n: \"x\"}"),
        ("{'a': 1}", "[{'$set': {'a': '$$REMOVE', 't': '$$NOW'}}]", "{t: Date(7)}"),
        ("{'_id': 1, 'a': {'b': 2}}", "[{'$replaceWith': '$a'}]", "{_id: 1, b: 2}"),
        ("{'_id': 1, 'a': 1, 'b': 2}", "[{'$project': {'a': 1, 'c': {'$sum': ['$a', '$b']}}}]", "{_id: 1, a: 1, c: 3}"),
    ] {
        assert_eq!(after(document, update, &[]).unwrap(), expected, "{document} {update}");
    }
    let with_filter = after("{'a': [{'k': 1}, {'k': 2}]}", "{'$set': {'a.$[e].d': 1}}", &["{'e.k': {'$gt': 1}}"]);
    assert_eq!(with_filter.unwrap(), "{a: [{k: 1}, {d: 1, k: 2}]}");
}

#[test]
fn the_server_refuses() {
    for (document, update) in [
        ("{'a': 1}", "{'$set': {'a.b': 1}}"),
        ("{'a': null}", "{'$inc': {'a': 1}}"),
        ("{'a': 1}", "{'$push': {'a': 1}}"),
        ("{'a': 1}", "{'$pull': {'a.b': 1}}"),
        ("{'a': [1]}", "{'$pop': {'a.b': 1}}"),
        ("{'a': 1}", "{'$rename': {'a.b': 'c'}}"),
        ("{'a': [1]}", "{'$rename': {'a.0': 'c'}}"),
        ("{'_id': 1}", "{'$set': {'_id': 2}}"),
        ("{'_id': 1}", "{'$unset': {'_id': 1}}"),
        ("{}", "{'$set': {'a': 1}, '$inc': {'a.b': 1}}"),
        ("{}", "{'$set': {'a.x': 1, 'a.$[].y': 1}}"),
        ("{}", "{'$push': {'a': {'$each': [1], '$sort': 2}}}"),
        ("{}", "{'$pull': {'a': {'$not': {'$gt': 1}}}}"),
        ("{}", "{'$set': {'a.$[]': 1}}"),
        ("{}", "{'$set': {'a.$[e]': 1}}"),
        ("{}", "{'$set': {'a.$': 1}}"),
        ("{'a': 1}", "[{'$set': {'b': {'$size': '$a'}}}]"),
        ("{}", "[{'$set': {'a': {}}}]"),
        ("{}", "[{'$match': {}}]"),
    ] {
        assert!(matches!(after(document, update, &[]), Err(Failure::Rejected(_))), "{document} {update}");
    }
    assert!(matches!(
        after("{'a': [1]}", "{'$inc': {'a.$[e]': 1}}", &["{'e': {'$all': []}}"]),
        Err(Failure::Rejected(_))
    ));
}

#[test]
fn what_depends_on_an_unknown_value_is_not_modelled() {
    for (document, update, filters) in [
        ("{'a': '#1'}", "{'$inc': {'a': 1}}", &[][..]),
        ("{'a': '#1'}", "{'$push': {'a': 1}}", &[]),
        ("{'a': '#1'}", "{'$max': {'a': 1}}", &[]),
        ("{'a': '#1'}", "{'$set': {'a.b': 1}}", &[]),
        ("{'a': [1]}", "{'$inc': {'a.$[]': 1, 'a.$[e]': 1}}", &["{'e': 1}"]),
        ("{'a': 1}", "{'$bit': {'a': {'and': 1, 'or': 2}}}", &[]),
        ("{'a': []}", "{'$set': {'a.1001': 1}}", &[]),
        ("{}", "[{'$set': {'a': {'$range': [0, 10001]}}}]", &[]),
    ] {
        assert!(matches!(after(document, update, filters), Err(Failure::NotModelled(_))), "{document} {update}");
    }
}
