//! Wrappers of the driver that the code has of its own, and that cannot be followed.
//!
//! Source: MongoDB Node.js driver API, `Collection`. Input: entries of `pushguard.toml`. Output: which method of the driver each is, and
//! what its arguments are. Must not know: code.

use schemars::JsonSchema;
use serde::Deserialize;

/// A function of the code that does what a method of the driver does, where pushguard cannot see that: `store.patch('chats', filter,
/// update)`. Without `filter`, `update`, `document` and `options`, the arguments but that of the collection are those of the driver, in
/// its order.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredMethod {
    /// The name by which it is called: `patch` for a function, `store.patch` for a method of what the code calls `store` (whatever it is
    /// a part of), `*.patch` for one of anything.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The method of the driver.
    pub method: DriverMethod,
    /// The argument that names the collection, counted from 0, or its name; without it, what the method is called on is the collection.
    pub collection: Option<DeclaredCollection>,
    /// The argument that is the filter, counted from 0.
    pub filter: Option<usize>,
    /// The argument that is the update, or the replacement.
    pub update: Option<usize>,
    /// The argument that is the document, or the list of documents, to insert.
    pub document: Option<usize>,
    /// The argument with the options.
    pub options: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected the number of an argument, counted from 0, or the name of a collection")]
pub enum DeclaredCollection {
    Argument(usize),
    Name(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DriverMethod {
    FindOne,
    Find,
    FindById,
    CountDocuments,
    UpdateOne,
    UpdateMany,
    FindOneAndUpdate,
    FindByIdAndUpdate,
    ReplaceOne,
    InsertOne,
    InsertMany,
    DeleteOne,
    DeleteMany,
}

impl DriverMethod {
    /// The name in the driver, or in Mongoose.
    pub fn name(self) -> &'static str {
        match self {
            DriverMethod::FindOne => "findOne",
            DriverMethod::Find => "find",
            DriverMethod::FindById => "findById",
            DriverMethod::CountDocuments => "countDocuments",
            DriverMethod::UpdateOne => "updateOne",
            DriverMethod::UpdateMany => "updateMany",
            DriverMethod::FindOneAndUpdate => "findOneAndUpdate",
            DriverMethod::FindByIdAndUpdate => "findByIdAndUpdate",
            DriverMethod::ReplaceOne => "replaceOne",
            DriverMethod::InsertOne => "insertOne",
            DriverMethod::InsertMany => "insertMany",
            DriverMethod::DeleteOne => "deleteOne",
            DriverMethod::DeleteMany => "deleteMany",
        }
    }

    fn is_insert(self) -> bool {
        matches!(self, DriverMethod::InsertOne | DriverMethod::InsertMany)
    }

    fn changes(self) -> bool {
        use DriverMethod::{FindByIdAndUpdate, FindOneAndUpdate, ReplaceOne, UpdateMany, UpdateOne};
        matches!(self, UpdateOne | UpdateMany | FindOneAndUpdate | FindByIdAndUpdate | ReplaceOne)
    }
}

impl DeclaredMethod {
    /// What is wrong with it: the key, the problem and the way out.
    pub(super) fn problem(&self) -> Option<(&'static str, &'static str, &'static str)> {
        let parts: Vec<&str> = self.name.split('.').collect();
        let is_name =
            |part: &&str| !part.is_empty() && !part.contains(char::is_whitespace) && !part.contains(['(', '[']);
        if !parts.iter().all(is_name) || parts.last() == Some(&"*") {
            let way = "write how it is called: `patch`, `store.patch`, `*.patch`";
            return Some(("name", "a method has a `name` that no call has", way));
        }
        if self.collection.is_none() && parts.len() == 1 {
            let way = "say which argument it is, counted from 0, or its name: collection = \"chats\"";
            return Some(("name", "a function is called on nothing, so it needs a `collection`", way));
        }
        if self.update.is_some() && !self.method.changes() {
            return Some((
                "update",
                "this method of the driver takes no `update`",
                "name its `filter` or its `document`",
            ));
        }
        if self.document.is_some() && !self.method.is_insert() {
            return Some((
                "document",
                "this method of the driver inserts no `document`",
                "name its `filter` or its `update`",
            ));
        }
        if self.filter.is_some() && self.method.is_insert() {
            return Some(("filter", "an insert has no `filter`", "name its `document`"));
        }
        if self.filter.is_none() && self.update.is_some() {
            return Some(("update", "an `update` without a `filter`", "say which argument is the filter"));
        }
        None
    }
}
