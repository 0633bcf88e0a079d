//! What `pushguard cleanup` reports: the same from a server as from an export, in every format, of what was asked for.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod clean;
mod mongod;

use bson::{Bson, Document, doc};
use clean::random::{Random, documents};
use clean::{Bench, COLLECTION, DB, merged, messages};

fn write(bench: &Bench, name: &str, bytes: &[u8]) {
    std::fs::write(bench.folder.path().join(name), bytes).unwrap();
}

/// The files of `mongodump`, and of `mongoexport` in both of its forms.
fn export(bench: &Bench, documents: &[Document]) -> [&'static str; 3] {
    let bson: Vec<u8> = documents.iter().flat_map(|document| document.to_vec().unwrap()).collect();
    write(bench, "userChat.bson", &bson);
    let json = documents.iter().map(|document| Bson::Document(document.clone()).into_canonical_extjson().to_string());
    let json: Vec<String> = json.collect();
    write(bench, "lines.json", json.join("\n").as_bytes());
    write(bench, "array.json", format!("[{}]\n", json.join(",\n")).as_bytes());
    ["userChat.bson", "lines.json", "array.json"]
}

#[test]
fn a_server_and_an_export_find_the_same_in_values_of_every_type() {
    let Some(bench) = Bench::new() else { return };
    let documents = documents(&mut Random(11), 3000);
    bench.fill(&documents);
    let told = |args: &[&str]| {
        let all = ["--format", "json", "--top", "5000"];
        let mut report = bench.run(&[args, &all].concat()).json();
        report["arrays"][0]["place"].take();
        report
    };
    let server = told(&[]);
    let affected = server["arrays"][0]["affected"].as_u64().unwrap();
    assert!(affected > 1000, "{affected}");
    assert!(server["arrays"][0]["kinds"].as_array().unwrap().iter().all(|kind| kind["duplicates"].as_u64() > Some(0)));
    for file in export(&bench, &documents) {
        assert!(told(&["--input", file]) == server, "{file}");
    }
    let done = bench.apply(&["--jobs", "2"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    let removed: usize = documents.iter().map(|one| messages(one).len()).sum::<usize>()
        - bench.stored().iter().map(|one| messages(one).len()).sum::<usize>();
    assert_eq!(removed as u64, server["arrays"][0]["duplicates"].as_u64().unwrap());
    assert_eq!(bench.run(&[]).code, Some(0), "nothing is left");
    assert_eq!(bench.restore().code, Some(0));
    for (stored, original) in bench.stored().iter().zip(&documents) {
        assert_eq!(stored.to_vec().unwrap(), original.to_vec().unwrap(), "byte for byte: {original}");
    }
}

#[test]
fn the_report_shows_the_worst_first_in_every_format() {
    let Some(bench) = Bench::new() else { return };
    let chat = |id: &str, times: usize| {
        let messages: Vec<Bson> = (0..times).map(|n| merged("<m>", &format!("u{n}"))).collect();
        doc! { "_id": id, "messages": messages }
    };
    bench.fill(&[chat("few", 2), chat("<b>most", 9), chat("none", 1), chat("some", 5)]);
    let table = bench.run(&["--top", "2"]);
    assert_eq!(table.code, Some(1), "{table:?}");
    assert!(
        table
            .stdout
            .contains("app.userChat `messages`: 13 of the 16 elements of 3 documents would go; 4 were looked at"),
        "{table:?}"
    );
    let (most, some) = (table.stdout.find("<b>most").unwrap(), table.stdout.find("\"some\"").unwrap());
    assert!(most < some && !table.stdout.contains("few") && table.stdout.contains("and 1 more"), "{table:?}");
    let html = bench.run(&["--format", "html"]).stdout;
    assert!(html.contains("&lt;b&gt;most") && !html.contains("<b>most"), "{html}");
    let json = bench.run(&["--format", "json"]).json();
    let worst: Vec<&str> =
        json["arrays"][0]["worst"].as_array().unwrap().iter().map(|one| one["_id"].as_str().unwrap()).collect();
    assert_eq!(worst, ["<b>most", "some", "few"]);
}

#[test]
fn a_filter_and_a_limit_narrow_what_is_looked_at_and_changed() {
    let Some(bench) = Bench::new() else { return };
    let chat = |n: i32| doc! { "_id": n, "messages": [merged("a", "x"), merged("a", "x")] };
    bench.fill(&(0..50).map(chat).collect::<Vec<_>>());
    let sizes = || -> Vec<usize> { bench.stored().iter().map(|one| messages(one).len()).collect() };
    let one = bench.apply(&["--query", "{\"_id\": {\"$gte\": 40}}", "--limit", "3"]);
    assert_eq!(one.code, Some(0), "{one:?}");
    assert_eq!(sizes().iter().filter(|size| **size == 1).count(), 3);
    assert!(sizes()[..40].iter().all(|size| *size == 2));
    let wrong = bench.run(&["--query", "[1]"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""), "{wrong:?}");
}

#[test]
fn texts_are_compared_byte_by_byte_whatever_the_collection_says() {
    let Some(bench) = Bench::new() else { return };
    let mut connection = bench.connect();
    connection.run(&[doc! { "drop": COLLECTION, "$db": DB }]);
    let rules = doc! { "locale": "en", "strength": 1 };
    connection.done(doc! { "create": COLLECTION, "collation": rules, "$db": DB });
    let chat = |id: &str| doc! { "_id": id, "messages": [merged("a", "x"), merged("A", "x"), merged("á", "x"), merged("a", "y")] };
    let documents: Vec<Document> = ["b", "C", "a", "Z"].into_iter().map(chat).collect();
    connection.done(doc! { "insert": COLLECTION, "documents": documents.clone(), "$db": DB });
    assert_eq!(bench.run(&["--format", "json"]).json()["arrays"][0]["duplicates"], 4);
    assert_eq!(bench.apply(&[]).code, Some(0));
    assert!(bench.stored().iter().all(|one| messages(one) == messages(&chat("a"))[..3]));
    assert_eq!(bench.restore().code, Some(0));
    assert!(bench.stored().iter().all(|one| messages(one) == messages(&chat("a"))));
}

#[test]
fn ids_of_any_type_are_covered_by_the_ranges() {
    let Some(bench) = Bench::new() else { return };
    let mut documents = Vec::new();
    for n in 0..7000 {
        let id = match n % 7 {
            0 => Bson::Int32(n),
            1 => Bson::String(format!("id {n}")),
            2 => Bson::Document(doc! { "n": n }),
            3 => Bson::ObjectId(bson::oid::ObjectId::from_parts(n as u32, [0; 5], [0; 3])),
            4 => Bson::Double(f64::from(n) + 0.5),
            5 => Bson::DateTime(bson::DateTime::from_millis(i64::from(n))),
            _ => Bson::Binary(bson::Binary {
                subtype: bson::spec::BinarySubtype::Generic,
                bytes: n.to_be_bytes().into(),
            }),
        };
        documents.push(doc! { "_id": id, "messages": [merged(1, "x"), merged(1, "x")] });
    }
    documents.extend([Bson::Null, Bson::Boolean(true), Bson::MaxKey].map(|id| {
        doc! { "_id": id, "messages": [merged(1, "x"), merged(1, "x")] }
    }));
    bench.fill(&documents);
    let report = bench.run(&["--format", "json"]).json();
    assert_eq!((&report["arrays"][0]["duplicates"], &report["arrays"][0]["documents"]), (&7003.into(), &7003.into()));
    let done = bench.apply(&["--jobs", "3"]);
    assert!(done.stdout.contains("removed 7003 elements from 7003 of 7003 documents"), "{done:?}");
    assert!(bench.restore().stdout.contains("put 7003 elements back into 7003"));
    assert!(bench.stored().iter().all(|one| messages(one).len() == 2));
}

#[test]
fn the_configuration_says_which_arrays_and_keys_there_are() {
    let Some(bench) = Bench::new() else { return };
    let config = "[[array]]\ncollection = \"userChat\"\nfield = \"cart.items\"\n[[array.kind]]\nname = \"line\"\n\
                  when = { has = [\"ref.sku\"] }\nkey = [\"ref.sku\", \"size\"]\n";
    write(&bench, "pushguard.toml", config.as_bytes());
    let item = |sku: Bson, size: i32| Bson::Document(doc! { "ref": { "sku": sku }, "size": size });
    let items =
        vec![item("a".into(), 1), item("a".into(), 2), item("a".into(), 1), item(Bson::Null, 1), item(Bson::Null, 1)];
    let hidden = doc! { "_id": 2, "cart": [{ "items": items.clone() }] };
    let listed = doc! { "_id": 3, "cart": { "items": [{ "ref": [{ "sku": 1 }], "size": 1 }, { "ref": [{ "sku": 1 }], "size": 1 }] } };
    bench.fill(&[doc! { "_id": 1, "cart": { "items": items.clone(), "n": 1 } }, hidden.clone(), listed.clone()]);
    let done = bench.run(&["--apply"]);
    assert!(done.stdout.contains("removed 1 element from 1 of 3 documents"), "{done:?}");
    let stored = bench.stored();
    let mut kept = items.clone();
    kept.remove(2);
    assert_eq!(stored, [doc! { "_id": 1, "cart": { "items": kept, "n": 1 } }, hidden, listed]);
    assert_eq!(bench.restore().code, Some(0));
    assert_eq!(bench.stored()[0], doc! { "_id": 1, "cart": { "items": items, "n": 1 } });
}

#[test]
fn a_field_that_is_named_has_its_own_kinds_on_a_server_and_in_an_export() {
    let Some(bench) = Bench::new() else { return };
    let array = |collection: &str, field: &str, key: &str| {
        format!(
            "[[array]]\n{collection}field = \"{field}\"\n[[array.kind]]\nname = \"{key}\"\nwhen = {{ has = [\"{key}\"] }}\nkey = [\"{key}\"]\n"
        )
    };
    let config = [
        array("", "messages", "general"),
        array("collection = \"userChat\"\n", "messages", "second"),
        array("collection = \"userChat\"\n", "items", "own"),
    ];
    write(&bench, "pushguard.toml", config.concat().as_bytes());
    let element = |general: i32, own: i32| doc! { "general": general, "own": own };
    let items = vec![element(1, 1), element(1, 2), element(1, 2), element(1, 3)];
    let documents = [doc! { "_id": 1, "items": items.clone(), "others": items }];
    bench.fill(&documents);
    export(&bench, &documents);
    for source in [&["--collection", COLLECTION][..], &["--input", "userChat.bson"], &[]] {
        let found = |field: &str| {
            let all = ["--format", "json", "--field", field];
            let report = bench.run(&[source, &all].concat()).json();
            let kinds = &report["arrays"][0]["kinds"];
            (kinds[0]["name"].as_str().unwrap().to_owned(), kinds[0]["duplicates"].as_u64().unwrap())
        };
        assert_eq!(found("items"), ("own".to_owned(), 1), "{source:?}");
        assert_eq!(found("others"), ("general".to_owned(), 3), "{source:?}");
        assert_eq!(found("messages"), ("general".to_owned(), 0), "{source:?}");
    }
}

#[test]
fn an_array_whose_elements_nothing_tells_apart_is_not_called_clean() {
    let Some(bench) = Bench::new() else { return };
    write(&bench, "pushguard.toml", b"[[array]]\ncollection = \"userChat\"\nfield = \"messages\"\n");
    let documents = [doc! { "_id": 1, "messages": [merged("a", "x"), merged("a", "x")] }];
    bench.fill(&documents);
    export(&bench, &documents);
    for args in [&[][..], &["--apply"], &["--input", "userChat.bson"]] {
        let done = bench.run(args);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
        assert!(done.stderr.contains("no kinds and no `fallback`"), "{done:?}");
    }
}

#[test]
fn an_export_that_could_not_be_read_in_part_is_not_called_clean() {
    let Some(bench) = Bench::new() else { return };
    write(&bench, "userChat.json", b"{\"_id\": 1, \"messages\": []}\n{\"_id\": {\"$oid\": \"no\"}}\n");
    let done = bench.run(&["--input", "userChat.json"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stdout.contains("1 document could not be read"), "{done:?}");
}

#[test]
fn a_limit_holds_for_all_connections_together() {
    let Some(bench) = Bench::new() else { return };
    let chat = |n: i32| doc! { "_id": n, "messages": [merged("a", "x"), merged("a", "x")] };
    bench.fill(&(0..9000).map(chat).collect::<Vec<_>>());
    let report = bench.run(&["--format", "json", "--limit", "100", "--jobs", "4"]).json();
    assert_eq!(report["arrays"][0]["affected"], 100, "{report}");
}

#[test]
fn the_plan_shows_the_index_and_the_command_and_changes_nothing() {
    let Some(bench) = Bench::new() else { return };
    let chat = doc! { "_id": 1, "messages": [merged("a", "x"), merged("a", "x")] };
    bench.fill(std::slice::from_ref(&chat));
    let plan = bench.run(&["--explain", "--collection", COLLECTION]);
    assert_eq!((plan.code, plan.stderr.as_str()), (Some(0), ""), "{plan:?}");
    let plan = plan.json();
    assert_eq!(plan[0]["namespace"], format!("{DB}.{COLLECTION}"));
    assert!(plan[0]["server"][0].as_str().unwrap().contains("IXSCAN _id_"), "{plan}");
    assert!(
        plan[0]["removal"].to_string().contains("$concatArrays") && plan[0]["survey"].to_string().contains("$setUnion")
    );
    assert_eq!(bench.stored(), [chat]);
}

#[test]
fn what_cannot_be_done_is_said_with_its_remedy() {
    let Some(bench) = Bench::new() else { return };
    bench.fill(&[doc! { "_id": 1, "messages": [merged("a", "x"), merged("a", "x")] }]);
    let refused = |args: &[&str], message: &str| {
        let done = bench.run(args);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{done:?}");
        assert!(done.stderr.contains(message), "{done:?}");
    };
    refused(&["--apply"], "name it with `--collection`");
    refused(&["--collection", "userchat"], "did you mean `userChat`?");
    write(&bench, "there.jsonl", b"mine");
    refused(&["--apply", "--collection", COLLECTION, "--backup", "there.jsonl"], "exists already");
    refused(&["--restore", "there.jsonl"], "is no backup");
    write(&bench, "torn.jsonl", b"");
    refused(&["--restore", "torn.jsonl"], "nothing is in these backups");
    refused(&["--restore", "nowhere.jsonl"], "cannot read");
    refused(&["--apply", "--collection", COLLECTION, "--backup", "no/such/folder.jsonl"], "cannot write the backup");
    write(&bench, "dump.bson.gz", &[0x1f, 0x8b, 8, 0]);
    refused(&["--input", "dump.bson.gz"], "is compressed");
    assert_eq!(messages(&bench.stored()[0]).len(), 2);
}
