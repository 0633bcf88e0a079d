//! What the tests of the clean-up share: a server with a database, and the program as a process.

#![allow(dead_code, reason = "each test program uses its own part")]

#[path = "../shell/outcome.rs"]
mod outcome;
pub mod random;

use crate::mongod::Server;
use crate::mongod::wire::Connection;
use bson::{Bson, Document, doc};
pub use outcome::Outcome;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub const DB: &str = "app";
pub const COLLECTION: &str = "userChat";

pub struct Bench {
    pub server: Server,
    pub folder: tempfile::TempDir,
}

impl Bench {
    /// `None` where there is no server.
    pub fn new() -> Option<Self> {
        Some(Self { server: Server::start()?, folder: tempfile::tempdir().unwrap() })
    }

    pub fn connect(&self) -> Connection {
        self.server.connect()
    }

    pub fn fill(&self, documents: &[Document]) {
        let mut connection = self.connect();
        connection.run(&[doc! { "drop": COLLECTION, "$db": DB }]);
        let mut rest = documents;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|document| {
                bytes += document.to_vec().unwrap().len();
                bytes < 15_000_000
            });
            let (now, later) = rest.split_at(fits.count().clamp(1, 1000));
            let reply = connection.done(doc! { "insert": COLLECTION, "documents": now.to_vec(), "$db": DB });
            assert!(reply.get("writeErrors").is_none(), "{reply}");
            rest = later;
        }
    }

    /// All documents, in order of their ids.
    pub fn stored(&self) -> Vec<Document> {
        let mut connection = self.connect();
        let find = doc! { "find": COLLECTION, "sort": { "_id": 1 }, "$db": DB };
        let mut cursor = connection.done(find).get_document("cursor").unwrap().clone();
        let mut all = Vec::new();
        loop {
            let batch = cursor.get_array("firstBatch").or_else(|_| cursor.get_array("nextBatch")).unwrap();
            all.extend(batch.iter().map(|one| one.as_document().unwrap().clone()));
            let id = cursor.get_i64("id").unwrap();
            if id == 0 {
                return all;
            }
            let more = doc! { "getMore": id, "collection": COLLECTION, "$db": DB };
            cursor = connection.done(more).get_document("cursor").unwrap().clone();
        }
    }

    /// With the database, unless it is about a file.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.plain(args);
        if !args.contains(&"--input") {
            command.args(["--db", DB]);
        }
        command
    }

    pub fn plain(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pushguard"));
        command.arg("cleanup").args(args).current_dir(self.folder.path()).env("MONGODB_URI", self.server.uri());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Outcome {
        ended(self.command(args).spawn().unwrap())
    }

    pub fn apply(&self, more: &[&str]) -> Outcome {
        self.run(&[&["--apply", "--collection", COLLECTION], more].concat())
    }

    /// The backups that were made so far.
    pub fn backups(&self) -> Vec<PathBuf> {
        let names = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<PathBuf> = names.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
        found.sort();
        found
    }

    pub fn restore(&self) -> Outcome {
        let backups = self.backups();
        let args: Vec<&str> = backups.iter().flat_map(|path| ["--restore", path.to_str().unwrap()]).collect();
        self.run(&args)
    }
}

pub fn ended(child: Child) -> Outcome {
    Outcome::of(child.wait_with_output().unwrap())
}

/// Elements of the backups in a folder, by the operation that took them.
pub fn saved(path: &Path) -> Vec<Document> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let elements = lines.filter_map(|line| line.get("element").cloned());
    elements.map(|element| Bson::try_from(element).unwrap().as_document().unwrap().clone()).collect()
}

pub fn messages(document: &Document) -> Vec<Bson> {
    document.get_array("messages").unwrap().clone()
}

/// What a clean-up leaves of an array whose elements are told apart by `mergeId` alone.
pub fn once(messages: &[Bson]) -> Vec<Bson> {
    let mut seen = Vec::new();
    let is_first = |message: &&Bson| match message.as_document().and_then(|message| message.get("mergeId")) {
        Some(id) if seen.contains(id) => false,
        Some(id) => {
            seen.push(id.clone());
            true
        }
        None => true,
    };
    messages.iter().filter(is_first).cloned().collect()
}

pub fn merged(id: impl Into<Bson>, text: &str) -> Bson {
    Bson::Document(doc! { "type": "mergeFace", "isMerged": true, "mergeId": id.into(), "imageUrl": text })
}

/// Chats of 13 messages, of which 8 are there twice.
pub fn chats(count: i32) -> Vec<Document> {
    let chat = |n: i32| {
        let mut messages: Vec<Bson> = vec![Bson::Document(doc! { "role": "user", "content": "hello" })];
        for m in 0..12 {
            messages.push(merged(format!("{n}-{}", m % 4), &format!("u{m}")));
        }
        doc! { "_id": n, "messages": messages }
    };
    (0..count).map(chat).collect()
}

pub fn is_clean(documents: &[Document], originals: &[Document]) {
    assert_eq!(documents.len(), originals.len());
    for (document, original) in documents.iter().zip(originals) {
        assert_eq!(messages(document), once(&messages(original)), "{:?}", original.get("_id"));
    }
}
