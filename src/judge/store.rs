//! A tiny MongoDB: collections of documents, unique indexes, and the commands that applications send.
//!
//! Input: commands on concrete values. Output: the server's replies and failures. Must not know: requests, interleavings.

use super::bson::Value;
use crate::race::predicate::Predicate;
use std::rc::Rc;

/// The documents of all collections. A copy is cheap: documents are shared.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// By collection; the documents in the order of their insertion.
    collections: Vec<Rc<Vec<Value>>>,
    indexes: Rc<Vec<UniqueIndex>>,
}

/// A unique index beside that on `_id`, which each collection has.
#[derive(Clone, Debug)]
pub struct UniqueIndex {
    pub collection: u32,
    /// Dotted paths.
    pub fields: Vec<String>,
    /// Documents with none of the fields are left out.
    pub sparse: bool,
    /// Documents that it does not hold of are left out.
    pub partial: Option<Predicate<Value>>,
}

/// A command, atomic on one document; one on many documents runs at once here.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Find {
        collection: u32,
        filter: Value,
        sort: Option<Value>,
        skip: usize,
        limit: Option<usize>,
        projection: Option<Value>,
    },
    Count {
        collection: u32,
        filter: Value,
        limit: Option<usize>,
    },
    Distinct {
        collection: u32,
        field: Rc<str>,
        filter: Value,
    },
    Update {
        collection: u32,
        filter: Value,
        update: Value,
        many: bool,
        upsert: bool,
        array_filters: Vec<Value>,
    },
    Replace {
        collection: u32,
        filter: Value,
        replacement: Value,
        upsert: bool,
    },
    Insert {
        collection: u32,
        documents: Vec<Value>,
        ordered: bool,
    },
    Delete {
        collection: u32,
        filter: Value,
        many: bool,
    },
    FindAndUpdate {
        collection: u32,
        filter: Value,
        update: Value,
        sort: Option<Value>,
        upsert: bool,
        array_filters: Vec<Value>,
        returns: Returns,
        projection: Option<Value>,
    },
    FindAndReplace {
        collection: u32,
        filter: Value,
        replacement: Value,
        sort: Option<Value>,
        upsert: bool,
        returns: Returns,
        projection: Option<Value>,
    },
    FindAndDelete {
        collection: u32,
        filter: Value,
        sort: Option<Value>,
        projection: Option<Value>,
    },
}

/// Which state of a document a command gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    Before,
    After,
}

/// What a command answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    Documents(Vec<Value>),
    Count(u64),
    Updated {
        matched: u64,
        modified: u64,
        /// The `_id` of the document that an upsert inserted.
        upserted: Option<Value>,
    },
    /// The `_id` of each document inserted.
    Inserted(Vec<Value>),
    Deleted(u64),
    Found(Option<Value>),
}

/// Why a command did not do what it says. What it did before it failed stays done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    DuplicateKey,
    /// The server refuses the command.
    Rejected(String),
    /// What the server does is not known here.
    NotModelled(String),
}

/// Another one wrote a document that a transaction wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteConflict;

impl Store {
    pub fn new(indexes: Vec<UniqueIndex>) -> Self {
        Self { collections: Vec::new(), indexes: Rc::new(indexes) }
    }

    /// Adds a document of the start state as it is.
    pub fn insert_start(&mut self, collection: u32, document: Value) {
        Rc::make_mut(self.slot(collection)).push(document);
    }

    /// The documents of a collection, in the order of their insertion.
    pub fn documents(&self, collection: u32) -> &[Value] {
        self.collections.get(collection as usize).map_or(&[], |documents| documents.as_slice())
    }

    /// Runs one command. `fresh` numbers the ObjectIds and times that the server makes.
    pub fn run(&mut self, command: &Command, fresh: &mut u32) -> Result<Reply, Failure> {
        let _ = (&self.indexes, command, fresh);
        Err(Failure::NotModelled("everything".to_owned()))
    }

    /// Adds what a transaction that began at `base` wrote; an error where another wrote one of the same documents since.
    pub fn commit(&mut self, base: &Self, transaction: &Self) -> Result<(), WriteConflict> {
        let _ = (base, transaction);
        Err(WriteConflict)
    }

    fn slot(&mut self, collection: u32) -> &mut Rc<Vec<Value>> {
        let at = collection as usize;
        if self.collections.len() <= at {
            self.collections.resize_with(at + 1, Rc::default);
        }
        &mut self.collections[at]
    }
}
