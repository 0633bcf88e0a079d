//! Commands on whole collections, and what the differential test found wrong once.

use super::bson::Value;
use super::store::{Command, Failure, Reply, Returns, Store, UniqueIndex, WriteConflict};
use super::written::value;
use crate::race::predicate;

fn store(documents: &[&str]) -> Store {
    let mut store = Store::new(Vec::new());
    documents.iter().for_each(|document| store.insert_start(0, value(document)));
    store
}

#[test]
fn a_document_whose_id_is_no_id_is_not_there_at_the_start() {
    assert!(stored(&store(&["{'_id': ['a', 'b'], 'n': 1}"])).is_empty());
    assert_eq!(stored(&store(&["{'_id': 'ab', 'n': ['a']}"])).len(), 1);
}

fn unique(fields: &[&str], sparse: bool, partial: Option<&str>) -> UniqueIndex {
    let partial = partial.map(|partial| predicate::parse(&super::bson::Concrete, &value(partial)).unwrap());
    UniqueIndex { collection: 0, fields: fields.iter().map(|field| (*field).to_owned()).collect(), sparse, partial }
}

fn run(store: &mut Store, command: &Command) -> Result<Reply, Failure> {
    store.run(command, &mut 100)
}

fn update(filter: &str, update: &str) -> Command {
    let (filter, update) = (value(filter), value(update));
    Command::Update { collection: 0, filter, update, many: false, upsert: false, array_filters: Vec::new() }
}

fn upsert(filter: &str, update: &str) -> Command {
    let (filter, update) = (value(filter), value(update));
    Command::Update { collection: 0, filter, update, many: false, upsert: true, array_filters: Vec::new() }
}

fn insert(document: &str) -> Command {
    Command::Insert { collection: 0, documents: vec![value(document)], ordered: true }
}

fn stored(store: &Store) -> Vec<String> {
    store.documents(0).iter().map(Value::canonical).collect()
}

fn is_rejected(reply: &Result<Reply, Failure>) -> bool {
    matches!(reply, Err(Failure::Rejected(_)))
}

const fn counts(matched: u64, modified: u64) -> Result<Reply, Failure> {
    Ok(Reply::Updated { matched, modified, upserted: None })
}

/// What one update makes of one document, or that it is refused.
fn after(document: &str, filter: &str, change: &str) -> Option<String> {
    let mut store = store(&[document]);
    let reply = run(&mut store, &update(filter, change));
    match reply {
        Err(Failure::Rejected(_)) => None,
        reply => {
            reply.unwrap();
            Some(stored(&store).remove(0))
        }
    }
}

#[test]
fn a_guard_in_the_filter_counts_what_it_matched() {
    let mut store = store(&["{'_id': 1, 'stock': 1}"]);
    let take = update("{'_id': 1, 'stock': {'$gte': 1}}", "{'$inc': {'stock': -1}}");
    assert_eq!(run(&mut store, &take), counts(1, 1));
    assert_eq!(run(&mut store, &take), counts(0, 0));
    assert_eq!(stored(&store), ["{_id: 1, stock: 0}"]);
}

#[test]
fn an_upsert_behind_a_guard_on_an_existing_identity_is_a_duplicate() {
    let mut store = store(&["{'_id': 1, 'm': [{'id': 5}]}"]);
    let push = upsert("{'_id': 1, 'm.id': {'$ne': 5}}", "{'$push': {'m': {'id': 5}}}");
    assert_eq!(run(&mut store, &push), Err(Failure::DuplicateKey));
    assert_eq!(stored(&store), ["{_id: 1, m: [{id: 5}]}"]);
}

#[test]
fn an_upsert_begins_with_what_the_filter_fixes_by_name() {
    let mut first = store(&[]);
    run(
        &mut first,
        &upsert("{'n.a': 2, 'c': {'$in': [3, 3]}, 'b': {'$gt': 1}, '$or': [{'d': 4}]}", "{'$set': {'x': 1}}"),
    )
    .unwrap();
    let names: Vec<&str> = first.documents(0)[0].fields().unwrap().iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["_id", "c", "d", "n", "x"]);
    assert_eq!(stored(&first), ["{_id: ObjectId(102), c: 3, d: 4, n: {a: 2}, x: 1}"]);
    assert!(is_rejected(&run(&mut store(&[]), &upsert("{'a': {'$all': [1, 2]}}", "{'$set': {'x': 1}}"))));
    assert!(is_rejected(&run(&mut store(&[]), &upsert("{'$expr': {'$eq': ['$a', 1]}}", "{'$set': {'x': 1}}"))));
    let mut never = store(&[]);
    run(&mut never, &upsert("{'a': 1, 'b': {'$all': []}}", "{'$set': {'x': 1}}")).unwrap();
    assert_eq!(stored(&never), ["{_id: ObjectId(102), x: 1}"]);
    let mut empty = store(&[]);
    run(&mut empty, &upsert("{'a': 1, 'b': {'$in': []}}", "{'$set': {'x': 1}}")).unwrap();
    assert_eq!(stored(&empty), ["{_id: ObjectId(102), a: 1, x: 1}"]);
}

#[test]
fn missing_values_are_one_null_under_a_unique_index() {
    let mut store = Store::new(vec![unique(&["k"], false, None)]);
    run(&mut store, &insert("{'_id': 1}")).unwrap();
    assert_eq!(run(&mut store, &insert("{'_id': 2}")), Err(Failure::DuplicateKey));
    assert_eq!(run(&mut store, &insert("{'_id': 2, 'k': null}")), Err(Failure::DuplicateKey));
    run(&mut store, &insert("{'_id': 2, 'k': []}")).unwrap();
    assert_eq!(run(&mut store, &update("{'_id': 2}", "{'$unset': {'k': 1}}")), Err(Failure::DuplicateKey));
    assert_eq!(stored(&store), ["{_id: 1}", "{_id: 2, k: []}"]);
}

#[test]
fn a_sparse_index_leaves_out_keys_and_a_partial_one_documents() {
    let mut sparse = Store::new(vec![unique(&["m.id"], true, None)]);
    run(&mut sparse, &insert("{'_id': 1, 'm': [{'id': 1}, {}]}")).unwrap();
    run(&mut sparse, &insert("{'_id': 2, 'm': [{}, {'id': 2}]}")).unwrap();
    assert_eq!(run(&mut sparse, &insert("{'_id': 3, 'm': {'id': 2}}")), Err(Failure::DuplicateKey));
    let mut partial = Store::new(vec![unique(&["k"], false, Some("{'state': 'open'}"))]);
    run(&mut partial, &insert("{'_id': 1, 'k': 1, 'state': 'open'}")).unwrap();
    run(&mut partial, &insert("{'_id': 2, 'k': 1, 'state': 'done'}")).unwrap();
    let open = update("{'_id': 2}", "{'$set': {'state': 'open'}}");
    assert_eq!(run(&mut partial, &open), Err(Failure::DuplicateKey));
}

#[test]
fn a_unique_index_stops_no_second_element_of_one_document_and_takes_no_two_arrays() {
    let mut store = Store::new(vec![unique(&["m.id"], false, None), unique(&["a", "b"], false, None)]);
    run(&mut store, &insert("{'_id': 1, 'm': [{'id': 1}], 'a': 1, 'b': 1}")).unwrap();
    assert_eq!(run(&mut store, &update("{'_id': 1}", "{'$push': {'m': {'id': 1}}}")), counts(1, 1));
    assert!(is_rejected(&run(&mut store, &insert("{'_id': 2, 'm': 2, 'a': [], 'b': []}"))));
}

#[test]
fn an_unordered_insert_goes_on_after_a_duplicate() {
    let documents = || ["{'_id': 1}", "{'_id': 1}", "{'_id': 2}"].map(value).to_vec();
    let mut ordered = store(&[]);
    let command = Command::Insert { collection: 0, documents: documents(), ordered: true };
    assert_eq!(run(&mut ordered, &command), Err(Failure::DuplicateKey));
    assert_eq!(stored(&ordered), ["{_id: 1}"]);
    let mut unordered = store(&[]);
    let command = Command::Insert { collection: 0, documents: documents(), ordered: false };
    assert_eq!(run(&mut unordered, &command), Err(Failure::DuplicateKey));
    assert_eq!(stored(&unordered), ["{_id: 1}", "{_id: 2}"]);
}

#[test]
fn an_identity_is_no_array_and_has_no_operators() {
    for document in ["{'_id': [1]}", "{'_id': {'$x': 1}}", "{'_id': {'a': [{'$x': 1}]}}"] {
        assert!(is_rejected(&run(&mut store(&[]), &insert(document))), "{document}");
    }
}

#[test]
fn a_found_document_comes_back_before_or_after() {
    for (returns, expected) in [(Returns::Before, "{_id: 1, n: 1}"), (Returns::After, "{_id: 1, n: 2}")] {
        let mut store = store(&["{'_id': 1, 'n': 1}", "{'_id': 2, 'n': 0}"]);
        let command = Command::FindAndUpdate {
            collection: 0,
            filter: value("{}"),
            update: value("{'$inc': {'n': 1}}"),
            sort: Some(value("{'n': -1}")),
            upsert: false,
            array_filters: Vec::new(),
            returns,
            projection: None,
        };
        let Ok(Reply::Found(Some(found))) = run(&mut store, &command) else { panic!("not found") };
        assert_eq!(found.canonical(), expected);
    }
}

#[test]
fn a_replacement_without_an_identity_counts_as_a_write() {
    let replace = |replacement: &str| Command::Replace {
        collection: 0,
        filter: value("{'_id': 1}"),
        replacement: value(replacement),
        upsert: false,
    };
    let mut store = store(&["{'_id': 1, 'n': 1}"]);
    assert_eq!(run(&mut store, &replace("{'n': 1}")), counts(1, 1));
    assert_eq!(run(&mut store, &replace("{'_id': 1, 'n': 1}")), counts(1, 0));
    assert!(is_rejected(&run(&mut store, &replace("{'_id': 2}"))));
    assert!(is_rejected(&run(&mut store, &replace("{'$set': {'n': 1}}"))));
    assert!(is_rejected(&run(&mut store, &update("{}", "{'n': 1}"))));
}

#[test]
fn the_positional_operator_means_the_element_that_the_filter_found() {
    let document = "{'_id': 1, 'm': [{'id': 1}, {'id': 2}]}";
    let set = "{'$set': {'m.$.done': true}}";
    let expected = Some("{_id: 1, m: [{id: 1}, {done: true, id: 2}]}".to_owned());
    assert_eq!(after(document, "{'m.id': 2}", set), expected);
    assert_eq!(after(document, "{'m': {'$elemMatch': {'id': {'$gt': 1}}}}", set), expected);
    // Not an element that the path names by its index, nor one that a negation did not find.
    assert_eq!(after(document, "{'m.1.id': 2}", set), None);
    assert_eq!(after(document, "{'m.id': {'$ne': 3}}", set), None);
}

#[test]
fn two_conditions_on_arrays_leave_the_positional_operator_open() {
    let mut store = store(&["{'_id': 1, 'a': [1, 2], 'b': [3, 4]}"]);
    let reply = run(&mut store, &update("{'a': 1, 'b': 4}", "{'$set': {'a.$': 0}}"));
    assert!(matches!(reply, Err(Failure::NotModelled(_))), "{reply:?}");
    // So does an element that is not known before one that passes.
    let mut unknown = self::store(&["{'_id': 1, 'a': ['#1', 5]}"]);
    let reply = run(&mut unknown, &update("{'a': {'$gt': 4}}", "{'$set': {'a.$': 0}}"));
    assert!(matches!(reply, Err(Failure::NotModelled(_))), "{reply:?}");
}

#[test]
fn a_write_of_what_is_there_counts_only_for_a_push() {
    let mut store = store(&["{'_id': 1, 'a': [1], 'e': []}"]);
    assert_eq!(run(&mut store, &update("{}", "{'$set': {'a': [1]}}")), counts(1, 0));
    assert_eq!(run(&mut store, &update("{}", "{'$push': {'a': {'$each': [], '$sort': 1}}}")), counts(1, 1));
    assert_eq!(run(&mut store, &update("{}", "{'$push': {'e': {'$each': [], '$sort': 1}}}")), counts(1, 0));
    assert_eq!(run(&mut store, &update("{}", "{'$push': {'e': {'$each': [1], '$slice': 0}}}")), counts(1, 1));
    assert_eq!(run(&mut store, &update("{}", "{'$addToSet': {'a': 1}}")), counts(1, 0));
}

#[test]
fn distinct_gives_the_elements_of_an_array_and_not_the_array() {
    let mut store = store(&["{'_id': 1, 'a': [1, [2]]}", "{'_id': 2, 'a': 1}", "{'_id': 3}"]);
    let distinct = Command::Distinct { collection: 0, field: "a".into(), filter: value("{}") };
    assert_eq!(run(&mut store, &distinct), Ok(Reply::Documents(vec![value("1"), value("[2]")])));
}

#[test]
fn one_document_is_enough_for_one_and_a_failure_keeps_what_was_done() {
    let mut first = store(&["{'_id': 1, 'n': 1}", "{'_id': 2, 'n': 'x'}"]);
    let add = "{'$lt': [{'$add': ['$n', 1]}, 5]}";
    let find = |limit| Command::Find {
        collection: 0,
        filter: value(&format!("{{'$expr': {add}}}")),
        sort: None,
        skip: 0,
        limit,
        projection: None,
    };
    assert_eq!(run(&mut first, &find(Some(1))), Ok(Reply::Documents(vec![value("{'_id': 1, 'n': 1}")])));
    assert!(is_rejected(&run(&mut first, &find(None))));
    let mut command = update("{}", "{'$inc': {'n': 1}}");
    if let Command::Update { many, .. } = &mut command {
        *many = true;
    }
    assert!(is_rejected(&run(&mut first, &command)));
    assert_eq!(stored(&first), ["{_id: 1, n: 2}", "{_id: 2, n: \"x\"}"]);
    let delete = Command::Delete { collection: 0, filter: value(&format!("{{'$expr': {add}}}")), many: true };
    assert!(is_rejected(&run(&mut first, &delete)));
    assert_eq!(stored(&first), ["{_id: 2, n: \"x\"}"]);
}

#[test]
fn a_transaction_adds_its_writes_or_nothing() {
    let base = store(&["{'_id': 1, 'n': 1}", "{'_id': 2, 'n': 1}"]);
    let add = |id: u32| update(&format!("{{'_id': {id}}}"), "{'$inc': {'n': 1}}");
    let mut transaction = base.clone();
    run(&mut transaction, &add(1)).unwrap();
    run(&mut transaction, &insert("{'_id': 3}")).unwrap();
    let mut beside = base.clone();
    run(&mut beside, &add(2)).unwrap();
    assert_eq!(beside.commit(&base, &transaction), Ok(()));
    assert_eq!(stored(&beside), ["{_id: 1, n: 2}", "{_id: 2, n: 2}", "{_id: 3}"]);
    for other in [
        add(1),
        insert("{'_id': 3, 'x': 1}"),
        Command::Delete { collection: 0, filter: value("{'_id': 1}"), many: false },
    ] {
        let mut current = base.clone();
        run(&mut current, &other).unwrap();
        let before = stored(&current);
        assert_eq!(current.commit(&base, &transaction), Err(WriteConflict), "{other:?}");
        assert_eq!(stored(&current), before);
    }
    // What changes nothing is no write.
    let mut current = base.clone();
    run(&mut current, &update("{'_id': 1}", "{'$set': {'n': 1}}")).unwrap();
    assert_eq!(current.commit(&base, &transaction), Ok(()));
}
