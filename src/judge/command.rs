//! The commands that applications send, and what is answered.
//!
//! Input: none. Output: types. Must not know: what is stored.

use super::bson::Value;
use crate::limits;
use std::rc::Rc;

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
    Aggregate {
        collection: u32,
        stages: Vec<Value>,
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

impl Command {
    /// Whether it changes nothing.
    pub const fn is_read(&self) -> bool {
        matches!(self, Self::Find { .. } | Self::Count { .. } | Self::Aggregate { .. } | Self::Distinct { .. })
    }

    /// Whether it adds zero, and does nothing else.
    pub fn adds_nothing(&self) -> bool {
        let (Self::Update { update, .. } | Self::FindAndUpdate { update, .. }) = self else { return false };
        let is_zero = |value: &Value| matches!(value, Value::Number(number) if *number == 0.0);
        let operators = update.fields().unwrap_or_default();
        !operators.is_empty()
            && operators.iter().all(|(name, operand)| {
                &**name == "$inc" && operand.fields().unwrap_or_default().iter().all(|(_, by)| is_zero(by))
            })
    }

    /// What running it costs beside looking for documents: each field that it writes is compared with each other one.
    pub fn work(&self) -> u64 {
        let fields = |value: &Value| value.fields().unwrap_or_default().len();
        let count = match self {
            Self::Update { update, .. } | Self::FindAndUpdate { update, .. } => {
                update.fields().unwrap_or_default().iter().map(|(_, operand)| fields(operand)).sum()
            }
            Self::Replace { replacement, .. } | Self::FindAndReplace { replacement, .. } => fields(replacement),
            Self::Insert { documents, .. } => documents.iter().map(fields).sum(),
            _ => 0,
        };
        (count * count) as u64 / limits::FIELDS_PER_WORK
    }
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
    /// What a command that finds and changes gives back where it has inserted the document.
    Made(Option<Value>),
}
