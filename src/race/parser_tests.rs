//! The parsers of filters, updates and expressions, on terms of which parts are not known.

use super::change::{self, Act, Change, Pulled, Stage};
use super::expression::{self, Expression, Operator};
use super::path::{Beside, Path, apart};
use super::predicate::{self, Kind, Predicate, Test};
use super::term::{Items, Refused};
use super::written::{Json, term};
use super::{element, predicate::is_test};
use serde_json::{Value, json};
use std::rc::Rc;

fn filter(text: &str) -> Result<Predicate<Value>, Refused> {
    predicate::parse(&Json, &term(text))
}

/// The test of a filter on one field.
fn test(text: &str) -> Test<Value> {
    match filter(&format!("{{'a': {text}}}")).unwrap() {
        Predicate::Field { path, test } if &*path == "a" => test,
        other => panic!("{other:?}"),
    }
}

fn update(text: &str, filters: &[&str]) -> Result<Change<Value>, Refused> {
    let filters: Vec<Value> = filters.iter().map(|filter| term(filter)).collect();
    change::parse(&Json, &term(text), &filters)
}

/// The act of an update with one operator on one field.
fn act(text: &str) -> Act<Value> {
    match update(text, &[]).unwrap() {
        Change::Operators { mut edits, .. } if edits.len() == 1 => edits.remove(0).act,
        other => panic!("{other:?}"),
    }
}

fn known(items: &[Value]) -> Items<Value> {
    Items::Known(items.to_vec())
}

#[test]
fn a_filter_becomes_a_tree() {
    assert_eq!(filter("{}"), Ok(Predicate::And(vec![])));
    let one = |path: &str, value: Value| Predicate::Field { path: path.into(), test: Test::Eq(value) };
    assert_eq!(filter("{'a.b': 1}"), Ok(one("a.b", json!(1))));
    assert_eq!(filter("{'a': 1, 'b': '?'}"), Ok(Predicate::And(vec![one("a", json!(1)), one("b", json!("?"))])));
    assert_eq!(filter("{'$or': [{'a': 1}]}"), Ok(Predicate::Or(vec![one("a", json!(1))])));
    assert_eq!(filter("{'$nor': [{'a': 1}]}"), Ok(Predicate::Nor(vec![one("a", json!(1))])));
    assert_eq!(filter("{'$comment': 'x', 'a': 1}"), Ok(one("a", json!(1))));
    assert!(matches!(filter("{'$expr': {'$gt': ['$a', 1]}}"), Ok(Predicate::Expr(Expression::Call(Operator::Gt, _)))));
}

#[test]
fn each_operator_of_a_filter_is_read() {
    assert_eq!(test("{'$ne': 1}"), Test::Ne(json!(1)));
    assert_eq!(test("{'$gt': 1}"), Test::Gt(json!(1)));
    assert_eq!(test("{'$gte': 1}"), Test::Gte(json!(1)));
    assert_eq!(test("{'$lt': 1}"), Test::Lt(json!(1)));
    assert_eq!(test("{'$lte': 1}"), Test::Lte(json!(1)));
    assert_eq!(test("{'$in': [1, 2]}"), Test::In(known(&[json!(1), json!(2)])));
    assert_eq!(test("{'$nin': '?'}"), Test::Nin(Items::Unknown(json!("?"))));
    assert_eq!(test("{'$exists': 0}"), Test::Exists(false));
    assert_eq!(test("{'$size': 2}"), Test::Size(json!(2)));
    assert_eq!(test("{'$all': [1]}"), Test::All(known(&[json!(1)])));
    assert_eq!(test("{'$type': ['string', 9]}"), Test::Type(vec![Kind::Text, Kind::Date]));
    assert_eq!(test("{'$mod': [2, 1]}"), Test::Mod { divisor: json!(2), remainder: json!(1) });
    assert_eq!(test("'/x/'"), Test::Regex { pattern: json!("/x/"), options: None });
    let options = Some(json!("i"));
    assert_eq!(test("{'$regex': 'x', '$options': 'i'}"), Test::Regex { pattern: json!("x"), options });
    assert_eq!(test("{'$not': {'$gt': 1}}"), Test::Not(vec![Test::Gt(json!(1))]));
    let field = Predicate::Field { path: "k".into(), test: Test::Eq(json!(1)) };
    assert_eq!(test("{'$elemMatch': {'k': 1}}"), Test::ElemMatch(Box::new(field.clone())));
    assert_eq!(
        test("{'$elemMatch': {'$or': [{'k': 1}]}}"),
        Test::ElemMatch(Box::new(Predicate::Or(vec![field.clone()])))
    );
    assert_eq!(
        test("{'$elemMatch': {'$gt': 1, '$lt': 5}}"),
        Test::ElemTest(vec![Test::Gt(json!(1)), Test::Lt(json!(5))])
    );
    let every = Test::Every(vec![Test::ElemMatch(Box::new(field))]);
    assert_eq!(test("{'$all': [{'$elemMatch': {'k': 1}}]}"), every);
    // A document without operators is a value.
    assert_eq!(test("{'k': {'$gt': 1}}"), Test::Eq(json!({"k": {"$gt": 1}})));
}

#[test]
fn what_is_not_modelled_stays_under_its_name() {
    let unknown = |name: &str| Ok(Predicate::Unknown(name.into()));
    assert_eq!(filter("'?'"), unknown("filter"));
    assert_eq!(filter("{'?': 1}"), unknown("computed key"));
    assert_eq!(filter("{'$and': '?'}"), unknown("$and"));
    assert_eq!(filter("{'$where': 'x'}"), unknown("$where"));
    for name in ["$near", "$bitsAllSet", "$geoWithin"] {
        assert_eq!(test(&format!("{{'{name}': 1}}")), Test::Unknown(name.into()));
    }
    assert_eq!(test("{'$exists': '?'}"), Test::Unknown("$exists".into()));
    assert_eq!(test("{'$elemMatch': '?'}"), Test::Unknown("$elemMatch".into()));
    assert_eq!(test("{'$not': '?'}"), Test::Unknown("$not".into()));
    assert_eq!(test("{'$mod': '?'}"), Test::Unknown("$mod".into()));
    assert_eq!(test("{'$type': '?'}"), Test::Unknown("$type".into()));
    assert_eq!(test("{'k': 1, '?': 2}"), Test::Unknown("computed key".into()));
}

#[test]
fn nesting_that_the_server_does_not_take_is_not_followed() {
    let mut term = json!({"a": 1});
    for _ in 0..150 {
        term = json!({ "$and": [term] });
    }
    let mut part = predicate::parse(&Json, &term).unwrap();
    while let Predicate::And(mut parts) = part {
        part = parts.remove(0);
    }
    assert_eq!(part, Predicate::Unknown("nesting".into()));
}

#[test]
fn the_server_refuses_a_filter() {
    for text in [
        "1",
        "{'$and': []}",
        "{'$and': 1}",
        "{'$foo': 1}",
        "{'a': {'$foo': 1}}",
        "{'a': {'$gt': 1, 'b': 2}}",
        "{'a': {'$in': 1}}",
        "{'a': {'$in': [{'$gt': 1}]}}",
        "{'a': {'$size': -1}}",
        "{'a': {'$size': 1.5}}",
        "{'a': {'$mod': [0, 1]}}",
        "{'a': {'$mod': [1]}}",
        "{'a': {'$not': 1}}",
        "{'a': {'$not': {}}}",
        "{'a': {'$elemMatch': 1}}",
        "{'a': {'$type': 'foo'}}",
        "{'a': {'$type': 20}}",
        "{'a': {'$all': [{'$gt': 1}]}}",
        "{'a': {'$all': [{'$elemMatch': {}}, 1]}}",
    ] {
        assert!(filter(text).is_err(), "{text}");
    }
}

#[test]
fn each_operator_of_an_update_is_read() {
    assert_eq!(act("{'$set': {'a': '?'}}"), Act::Set(json!("?")));
    assert_eq!(act("{'$setOnInsert': {'a': 1}}"), Act::SetOnInsert(json!(1)));
    assert_eq!(act("{'$unset': {'a': ''}}"), Act::Unset);
    assert_eq!(act("{'$inc': {'a': '?'}}"), Act::Inc(json!("?")));
    assert_eq!(act("{'$mul': {'a': 2}}"), Act::Mul(json!(2)));
    assert_eq!(act("{'$min': {'a': 2}}"), Act::Min(json!(2)));
    assert_eq!(act("{'$max': {'a': 2}}"), Act::Max(json!(2)));
    assert_eq!(act("{'$rename': {'a': 'b.c'}}"), Act::Rename(Path::read("b.c").unwrap()));
    assert_eq!(act("{'$currentDate': {'a': true}}"), Act::CurrentDate);
    assert_eq!(act("{'$addToSet': {'a': {'$each': [1]}}}"), Act::AddToSet(known(&[json!(1)])));
    assert_eq!(act("{'$addToSet': {'a': {'k': 1}}}"), Act::AddToSet(known(&[json!({"k": 1})])));
    assert_eq!(act("{'$pullAll': {'a': '?'}}"), Act::PullAll(Items::Unknown(json!("?"))));
    assert_eq!(act("{'$pop': {'a': -1}}"), Act::Pop { first: true });
    assert_eq!(act("{'$pull': {'a': 1}}"), Act::Pull(Pulled::Equal(json!(1))));
    assert_eq!(act("{'$pull': {'a': '?'}}"), Act::Pull(Pulled::Unknown));
    assert!(matches!(act("{'$pull': {'a': {'k': 1}}}"), Act::Pull(Pulled::Documents(_))));
    assert!(matches!(act("{'$pull': {'a': {'$or': [{'k': 1}]}}}"), Act::Pull(Pulled::Documents(Predicate::Or(_)))));
    assert!(matches!(act("{'$pull': {'a': {'$in': [1]}}}"), Act::Pull(Pulled::Values(_))));
    let Act::Push(push) = act("{'$push': {'a': {'$each': '?', '$position': 0, '$slice': -5, '$sort': {'t': 1}}}}")
    else {
        panic!("no push")
    };
    assert_eq!(push.items, Items::Unknown(json!("?")));
    assert_eq!((push.position, push.slice, push.sort), (Some(json!(0)), Some(json!(-5)), Some(json!({"t": 1}))));
    assert_eq!(act("{'$pop': {'a': '?'}}"), Act::Unknown("$pop".into()));
}

#[test]
fn an_update_that_is_not_known_says_which_part() {
    assert_eq!(update("'?'", &[]), Ok(Change::Unknown("update".into())));
    assert_eq!(update("{'$set': '?'}", &[]), Ok(Change::Unknown("$set".into())));
    assert_eq!(update("{'?': 1}", &[]), Ok(Change::Unknown("computed key".into())));
    assert_eq!(update("{'$set': {'a.$[e]': 1}}", &["'?'"]), Ok(Change::Unknown("arrayFilters".into())));
    assert_eq!(update("['?']", &[]), Ok(Change::Pipeline(vec![Stage::Unknown("stage".into())])));
    assert_eq!(
        update("[{'$project': {'a': '?'}}]", &[]),
        Ok(Change::Pipeline(vec![Stage::Unknown("$project".into())]))
    );
}

#[test]
fn a_pipeline_names_the_paths_that_it_writes() {
    let Ok(Change::Pipeline(stages)) = update("[{'$set': {'a': {'b': 1}, 'c': '$d'}}, {'$unset': ['x', 'y.z']}]", &[])
    else {
        panic!("no pipeline")
    };
    let set = vec![("a.b".into(), Expression::Value(json!(1))), ("c".into(), Expression::Field("d".into()))];
    assert_eq!(stages, [Stage::Set(set), Stage::Unset(vec!["x".into(), "y.z".into()])]);
}

#[test]
fn the_server_refuses_an_update() {
    for (text, filters) in [
        ("1", &[][..]),
        ("{'$foo': {'a': 1}}", &[]),
        ("{'$set': 1}", &[]),
        ("{'$set': {'': 1}}", &[]),
        ("{'$set': {'$.a': 1}}", &[]),
        ("{'$set': {'a': 1}, '$unset': {'a.b': 1}}", &[]),
        ("{'$rename': {'a': 'a'}}", &[]),
        ("{'$rename': {'a.$': 'b'}}", &[]),
        ("{'$inc': {'a': 'x'}}", &[]),
        ("{'$pop': {'a': 2}}", &[]),
        ("{'$push': {'a': {'$each': 1}}}", &[]),
        ("{'$push': {'a': {'$each': [], '$foo': 1}}}", &[]),
        ("{'$push': {'a': {'$each': [], '$sort': {'t': 2}}}}", &[]),
        ("{'$push': {'a': {'$each': [], '$position': 1.5}}}", &[]),
        ("{'$addToSet': {'a': {'$each': [], '$slice': 1}}}", &[]),
        ("{'$pull': {'a': {'$not': {'$gt': 1}}}}", &[]),
        ("{'$bit': {'a': {'not': 1}}}", &[]),
        ("{'$set': {'a.$[e]': 1}}", &[]),
        ("{'$set': {'a': 1}}", &["{'e': 1}"]),
        ("{'$set': {'a.$[e]': 1}}", &["{'e': 1}", "{'e': 2}"]),
        ("{'$set': {'a.$[e]': 1}}", &["{'e': 1, 'f': 2}"]),
        ("[{'$set': {'a': 1}}]", &["{'e': 1}"]),
        ("[{'$set': {}}]", &[]),
        ("[{'$set': {'a': 1, 'a.b': 1}}]", &[]),
        ("[{'$project': {'a': 1, 'b': 0}}]", &[]),
        ("[{'$project': {'a': 0, 'z': {'x': '$b'}}}]", &[]),
        ("[{'$lookup': {}}]", &[]),
        ("[{'$set': {'a': {'$eq': [1]}}}]", &[]),
        ("[{'$set': {'a': {'$cond': [1, 2]}}}]", &[]),
        ("[{'$set': {'a': {'$filter': {'input': '$a'}}}}]", &[]),
    ] {
        assert!(update(text, filters).is_err(), "{text} {filters:?}");
    }
}

#[test]
fn expressions_are_read() {
    let read = |text: &str| expression::parse(&Json, &term(text)).unwrap();
    assert_eq!(read("'$a.b'"), Expression::Field("a.b".into()));
    assert_eq!(read("'$$this.x'"), Expression::Variable { name: "this".into(), path: "x".into() });
    assert_eq!(read("'?'"), Expression::Value(json!("?")));
    assert_eq!(read("{'$literal': '$a'}"), Expression::Value(json!("$a")));
    assert_eq!(read("{'$size': '$a'}"), Expression::Call(Operator::Size, vec![Expression::Field("a".into())]));
    let [by_list, by_name] =
        ["[1, 2, 3]", "{'if': 1, 'then': 2, 'else': 3}"].map(|cond| read(&format!("{{'$cond': {cond}}}")));
    assert_eq!(by_list, by_name);
    assert_eq!(read("{'$dateAdd': {}}"), Expression::Unknown("$dateAdd".into()));
    assert_eq!(read("{'$add': '?'}"), Expression::Unknown("$add".into()));
    assert!(expression::parse(&Json, &term("{'$add': [1], 'x': 1}")).is_err());
    assert!(Operator::ALL.iter().all(|operator| operator.name().starts_with('$')));
}

#[test]
fn two_paths_conflict_or_meet_or_neither() {
    let beside = |a: &str, b: &str| Path::read(a).unwrap().beside(&Path::read(b).unwrap());
    for (a, b, expected) in [
        ("a", "a.b", Beside::Conflict),
        ("a.b", "a.c", Beside::Apart),
        ("a.$[].x", "a.b", Beside::Conflict),
        ("a.$[].x", "a.$", Beside::Conflict),
        ("a.$[].x", "a.$[e].y", Beside::Apart),
        ("a.$[].x", "a.$[e].x", Beside::MayMeet),
        ("a.$.x", "a.0.x", Beside::MayMeet),
        ("a.$.x", "a.$.y", Beside::Apart),
        ("a.$", "b.$", Beside::Apart),
    ] {
        assert_eq!(beside(a, b), expected, "{a} {b}");
        assert_eq!(beside(b, a), expected, "{b} {a}");
    }
    assert_eq!(Path::read("a.$[].b.$[e].0.$").unwrap().to_string(), "a.$[].b.$[e].0.$");
    assert!(apart(["a", "ab", "b.c"].into_iter()).is_ok());
    assert!(apart(["a.b", "a"].into_iter()).is_err());
}

#[test]
fn an_array_filter_names_one_element() {
    let name = |text: &str| element::name(&Json, &term(text));
    assert_eq!(name("{'e.x': 1, '$or': [{'e': 2}, {'e.y': 3}]}"), Ok(Some(Rc::from("e"))));
    assert_eq!(name("{'?': 1}"), Ok(None));
    assert!(name("{'e': 1, 'f': 2}").is_err());
    assert!(name("{}").is_err());
}

#[test]
fn a_document_of_operators_is_a_test_or_a_filter() {
    let named = |name: &str| vec![(Some(Rc::from(name)), ())];
    assert!(is_test(&named("$gt")));
    assert!(!is_test(&named("$or")) && !is_test(&named("$not")) && !is_test(&named("k")));
}
