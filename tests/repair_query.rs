//! `pushguard repair-query`, on a real server: the query counts what is there twice, and the index is refused just then.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod mongod;
mod shell;

use ::bson::{Bson, Document, doc};
use mongod::Server;
use mongod::wire::Connection;
use serde_json::Value;
use shell::{Outcome, Project, RACY};

const INSERT: &str = "\
module.exports = async (db, mail, tenant) => {
  const users = db.collection('users');
  if (await users.findOne({ mail, tenant })) return;
  await users.insertOne({ mail, tenant });
};
";

fn of(program: &str, args: &[&str]) -> Outcome {
    Project::new(&[("a.js", program)]).run(&[&["repair-query"], args].concat())
}

fn query(program: &str, line: &str) -> Value {
    let outcome = of(program, &[line, "--format", "json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let report = outcome.json();
    assert_eq!(report["version"], 1);
    report["queries"].clone()
}

/// Plain JSON, as this command prints it, for the server.
fn bson(value: &Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(value) => Bson::Boolean(*value),
        Value::Number(value) => Bson::Int32(i32::try_from(value.as_i64().unwrap()).unwrap()),
        Value::String(text) => Bson::String(text.clone()),
        Value::Array(elements) => Bson::Array(elements.iter().map(bson).collect()),
        Value::Object(fields) => {
            Bson::Document(fields.iter().map(|(name, value)| (name.clone(), bson(value))).collect())
        }
    }
}

/// How many duplicates the query counts.
fn counted(connection: &mut Connection, database: &str, query: &Value) -> i64 {
    let pipeline = bson(&query["pipeline"]);
    let collection = query["collection"].as_str().unwrap();
    let reply = connection.done(doc! { "aggregate": collection, "pipeline": pipeline, "cursor": {}, "$db": database });
    let batch = reply.get_document("cursor").unwrap().get_array("firstBatch").unwrap();
    assert!(batch.len() <= 1, "{batch:?}");
    batch.first().map_or(0, |it| i64::from(it.as_document().unwrap().get_i32("duplicates").unwrap()))
}

fn insert(connection: &mut Connection, database: &str, collection: &str, documents: Vec<Document>) {
    connection.done(doc! { "insert": collection, "documents": documents, "$db": database });
}

fn index(connection: &mut Connection, database: &str, query: &Value) -> bool {
    let key = bson(&query["index"]["keys"]);
    let unique = query["index"]["options"]["unique"].as_bool().unwrap();
    let collection = query["collection"].as_str().unwrap();
    let command = doc! {
        "createIndexes": collection, "indexes": [{ "key": key, "name": "one", "unique": unique }], "$db": database,
    };
    connection.run(&[command])[0].get_f64("ok").is_ok_and(|ok| ok == 1.0)
}

#[test]
fn documents_that_are_there_twice_are_counted_and_refused() {
    let Some(server) = Server::start() else { return };
    let mut connection = server.connect();
    let queries = query(INSERT, "a.js:4");
    let query = &queries[0];
    assert_eq!(query["collection"], "users");
    let user = |mail: &str, tenant: i32| doc! { "mail": mail, "tenant": tenant };
    insert(&mut connection, "clean", "users", vec![user("a", 1), user("a", 2), user("b", 1)]);
    assert_eq!(counted(&mut connection, "clean", query), 0);
    assert!(index(&mut connection, "clean", query));
    insert(
        &mut connection,
        "raced",
        "users",
        vec![user("a", 1), user("a", 1), user("a", 1), user("b", 1), user("b", 1)],
    );
    assert_eq!(counted(&mut connection, "raced", query), 3);
    assert!(!index(&mut connection, "raced", query));
}

#[test]
fn elements_that_are_there_twice_are_counted_by_the_key_of_their_kind() {
    let Some(server) = Server::start() else { return };
    let mut connection = server.connect();
    let queries = query(RACY, "a.js:5");
    let queries = queries.as_array().unwrap();
    let merged = queries.iter().find(|query| query["counts"].as_str().unwrap().contains("by `mergeId`")).unwrap();
    assert_eq!((merged["collection"].as_str(), merged["index"].is_null()), (Some("chats"), true));
    let message = |id: i32| doc! { "mergeId": id };
    let chat = |ids: &[i32]| doc! { "messages": ids.iter().map(|id| message(*id)).collect::<Vec<_>>() };
    // The same element in two documents is none too many.
    insert(
        &mut connection,
        "a",
        "chats",
        vec![chat(&[1, 2]), chat(&[1]), doc! { "messages": [{ "text": "x" }, { "text": "x" }] }],
    );
    assert_eq!(counted(&mut connection, "a", merged), 0);
    insert(&mut connection, "a", "chats", vec![chat(&[1, 1, 2, 2, 2])]);
    assert_eq!(counted(&mut connection, "a", merged), 3);
}

/// The element of each request is unlike the other's, but for its key.
#[test]
fn elements_that_differ_beside_their_key_are_duplicates() {
    let racy = RACY.replace("messages: item", "messages: { mergeId: item.mergeId, at: new Date() }");
    let queries = query(&racy, "a.js:5");
    assert!(queries[0]["counts"].as_str().unwrap().contains("by `mergeId`"), "{queries}");
}

/// As the clean-up, which takes the first kind that an element is of, and no key that code writes for want of one.
#[test]
fn an_element_is_counted_by_the_first_of_its_kinds() {
    let Some(server) = Server::start() else { return };
    let mut connection = server.connect();
    let push = RACY.replace("'messages.mergeId': item.mergeId", "'messages.imageId': item.imageId");
    let queries = query(&push, "a.js:5");
    let by = |key: &str| {
        let mut all = queries.as_array().unwrap().iter();
        all.find(|query| query["counts"].as_str().unwrap().ends_with(key)).unwrap().clone()
    };
    let merged = |id: &str| doc! { "isMerged": true, "mergeId": id, "imageId": "one" };
    let image = |id: &str| doc! { "type": "image", "imageId": id };
    insert(&mut connection, "a", "chats", vec![doc! { "messages": [merged("a"), merged("b"), image(""), image("")] }]);
    assert_eq!(
        (counted(&mut connection, "a", &by("by `imageId`")), counted(&mut connection, "a", &by("by `mergeId`"))),
        (0, 0)
    );
    insert(
        &mut connection,
        "a",
        "chats",
        vec![doc! { "messages": [merged("a"), merged("a"), image("x"), image("x")] }],
    );
    assert_eq!(
        (counted(&mut connection, "a", &by("by `imageId`")), counted(&mut connection, "a", &by("by `mergeId`"))),
        (1, 1)
    );
}

#[test]
fn the_script_for_people_has_the_same_calls() {
    let outcome = of(INSERT, &["a.js:4"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for part in [
        "// check-then-insert at a.js:4: ",
        "// Counts documents that are stored more than once, by `mail` and `tenant`.",
        "db.getCollection(\"users\").aggregate([\n  {\"$group\":{\"_id\":[\"$mail\",\"$tenant\"],",
        "db.getCollection(\"users\").createIndex({\"mail\":1,\"tenant\":1}, {\"unique\":true});\n",
    ] {
        assert!(outcome.stdout.contains(part), "{part}\n{outcome:?}");
    }
    let racy = of(RACY, &["a.js:5", "--rule", "check-then-push"]);
    assert!(racy.stdout.contains("// No index refuses them: "), "{racy:?}");
}

#[test]
fn what_leaves_no_trace_is_said() {
    let program = "module.exports = async (db, id) => {\n  const a = db.collection('a');\n  const one = await a.findOne({ _id: id });\n  await a.updateOne({ _id: id }, { $set: { n: one.n + 1 } });\n};\n";
    let outcome = of(program, &["a.js:4"]);
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(outcome.stderr.contains("leaves no trace that a query could count"), "{outcome:?}");
    let unparsed = of("let = ;\n", &["a.js:1"]);
    assert!(unparsed.stderr.contains("it is not about what is stored"), "{unparsed:?}");
    let nothing = of(program, &["a.js:1"]);
    assert!(nothing.stderr.contains("no finding has its act or its check at a.js:1"), "{nothing:?}");
    let misspelt = of(program, &["a.js:4", "--rule", "lost-updat"]);
    assert!(misspelt.stderr.contains("a similar value exists: 'lost-update'"), "{misspelt:?}");
}

/// The collection of the query, the model that it names, and whether the name is but the default.
fn collection(files: &[(&str, &str)], line: &str) -> (String, Option<String>, bool) {
    let outcome = Project::new(files).run(&["repair-query", line, "--format", "json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let query = &outcome.json()["queries"][0];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (text(&query["collection"]).unwrap(), text(&query["model"]), query["byDefault"].as_bool().unwrap())
}

/// A check before an insert at line 5, by a model that the first line makes.
fn model(first: &str) -> String {
    format!(
        "{first}\nmodule.exports = async (url) => {{\n  const page = await Page.findOne({{ url }});\n  if (page) return;\n  await Page.create({{ url }});\n}};\n"
    )
}

#[test]
fn a_query_names_the_collection_of_a_model_as_the_database_does() {
    let schema = "new Schema({ url: String })";
    let cases = [
        (format!("const Page = model('Page', {schema});"), "pages", false),
        (format!("const Page = mongoose.model('Person', {schema});"), "people", false),
        ("const Page = model('Page', new Schema({ url: String }, { collection: 'web' }));".to_owned(), "web", false),
        (format!("const Page = model('Page', {schema}, 'web');"), "web", false),
        ("const Page = model('Page', new Schema({ url: String }, { collection: NAME }));".to_owned(), "pages", true),
        (format!("mongoose.pluralize(null); const Page = model('Page', {schema});"), "Page", false),
        (format!("mongoose.pluralize((name) => name + 'x'); const Page = model('Page', {schema});"), "pages", true),
        (format!("const Page = model('Virus', {schema});"), "viruses", true),
        (
            format!("const Base = model('Thing', {schema}); const Page = Base.discriminator('Page', {schema});"),
            "things",
            false,
        ),
    ];
    for (first, expected, is_default) in cases {
        let first = format!("const mongoose = require('mongoose'); const {{ model, Schema }} = mongoose; {first}");
        let (name, model, by_default) = collection(&[("a.js", model(&first).as_str())], "a.js:5");
        assert_eq!((name.as_str(), by_default), (expected, is_default), "{first}");
        assert!(model.is_some(), "{first}");
    }
    let named = collection(&[("a.js", INSERT)], "a.js:4");
    assert_eq!(named, ("users".to_owned(), None, false));
}

#[test]
fn a_class_names_its_collection_by_a_decorator() {
    let service = "\
import { InjectModel } from '@nestjs/mongoose';
import { Customer } from './customer';
export class Service {
  constructor(@InjectModel(Customer.name) private readonly customers) {}
  async add(mail: string) {
    if (await this.customers.findOne({ mail })) return;
    await this.customers.create({ mail });
  }
}
";
    for (options, expected, is_default) in [("", "customers", false), ("{ collection: 'people' }", "people", false)] {
        let class = format!(
            "import {{ Schema, SchemaFactory, MongooseModule }} from '@nestjs/mongoose';\n@Schema({options})\nexport class Customer {{}}\nexport const CustomerSchema = SchemaFactory.createForClass(Customer);\nMongooseModule.forFeature([{{ name: Customer.name, schema: CustomerSchema }}]);\n"
        );
        let files = [("service.ts", service), ("customer.ts", class.as_str())];
        let (name, model, by_default) = collection(&files, "service.ts:7");
        assert_eq!((name.as_str(), by_default), (expected, is_default), "{options}");
        assert_eq!(model.as_deref(), Some("Customer"));
    }
}

#[test]
fn the_script_says_of_which_model_a_collection_is() {
    let sure = of(&model("const Page = require('mongoose').model('Page', new Schema({ url: String }));"), &["a.js:5"]);
    assert!(sure.stdout.contains("// `pages` is the collection of the model `Page`.\n"), "{sure:?}");
    assert!(sure.stdout.contains("db.getCollection(\"pages\").createIndex({\"url\":1}, {"), "{sure:?}");
    let named = "const Page = require('mongoose').model('Page', new Schema({ url: String }, { collection: NAME }));";
    let told = of(&model(named), &["a.js:5"]);
    assert!(told.stdout.contains("// The collection of the model `Page`, by default `pages`: "), "{told:?}");
}

/// Likes, tags: the element is the value.
#[test]
fn plain_values_that_are_there_twice_are_counted() {
    let program = "\
module.exports = async (db, id, user) => {
  const posts = db.collection('posts');
  const post = await posts.findOne({ _id: id, likes: user });
  if (post) return;
  await posts.updateOne({ _id: id }, { $push: { likes: user } });
};
";
    let queries = query(program, "a.js:5");
    assert!(queries[0]["counts"].as_str().unwrap().ends_with("more than once, as a whole"), "{queries}");
    let Some(server) = Server::start() else { return };
    let mut connection = server.connect();
    insert(&mut connection, "a", "posts", vec![doc! { "likes": ["a", "b"] }, doc! { "likes": ["a"] }]);
    assert_eq!(counted(&mut connection, "a", &queries[0]), 0);
    insert(&mut connection, "a", "posts", vec![doc! { "likes": ["a", "a", "b"] }]);
    assert_eq!(counted(&mut connection, "a", &queries[0]), 1);
}

/// A field that a document may lack: documents without it are no twins, as in the index that the finding asks for.
#[test]
fn documents_that_are_in_no_sparse_index_are_not_counted() {
    let program = model("const Page = require('mongoose').model('Page', new Schema({ url: String, hits: Number }));")
        + "module.exports.note = async (hits) => { await Page.create({ hits }); };\n";
    let queries = query(&program, "a.js:5");
    assert_eq!(queries[0]["index"]["options"]["sparse"], true, "{queries}");
    let Some(server) = Server::start() else { return };
    let mut connection = server.connect();
    insert(&mut connection, "a", "pages", vec![doc! { "hits": 1 }, doc! { "hits": 2 }, doc! { "url": "a" }]);
    assert_eq!(counted(&mut connection, "a", &queries[0]), 0);
}

#[test]
fn a_stage_is_not_there_twice() {
    let queries = query(RACY, "a.js:5");
    for query in queries.as_array().unwrap() {
        let stages = query["pipeline"].as_array().unwrap();
        let filters = stages.iter().take(2).filter(|stage| stage.get("$match").is_some()).count();
        assert_eq!(filters, 1, "{query}");
    }
}
