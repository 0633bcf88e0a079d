//! Indexes that the database has and the code does not make, or not so that it can be read.
//!
//! Sources: MongoDB manual, `db.collection.getIndexes()`, "Unique Indexes", "Sparse Indexes", "TTL Indexes".
//! Input: entries of `pushguard.toml`, or what mongosh prints. Output: indexes. Must not know: code.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An index of the database that the code does not make, or not so that it can be read. Where there is one, the list is taken for
/// whole beside what the code makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredIndex {
    /// Collection or model name.
    #[schemars(length(min = 1))]
    pub collection: String,
    /// Dotted paths, in the order of the index.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub keys: Vec<String>,
    /// Whether the database refuses a second document with the same values.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    #[schemars(extend("default" = true))]
    pub unique: bool,
    /// Whether documents with none of the keys are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("default" = false))]
    pub sparse: bool,
    /// Whether the database deletes documents when they are old.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("default" = false))]
    pub expires: bool,
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

impl DeclaredIndex {
    /// What is wrong with it: the key, the problem and the way out.
    pub(super) fn problem(&self) -> Option<(&'static str, &'static str, &'static str)> {
        if self.collection.trim().is_empty() {
            return Some(("collection", "an index has an empty `collection`", "name the collection or the model"));
        }
        let is_nameless = self.keys.is_empty() || self.keys.iter().any(|key| key.trim().is_empty());
        is_nameless.then_some((
            "keys",
            "an index has no `keys`, or an empty one",
            "name its fields: keys = [\"email\"]",
        ))
    }

    /// The entry of a configuration.
    pub fn entry(&self) -> Result<String, toml::ser::Error> {
        Ok(format!("[[index]]\n{}", toml::to_string(self)?))
    }
}

/// Indexes as mongosh tells them, and how many were left out since they say nothing that a check needs, or hold of some documents
/// only.
#[derive(Debug, Default)]
pub struct Imported {
    pub indexes: Vec<DeclaredIndex>,
    pub plain: usize,
    pub partial: usize,
}

/// Reads `[{ collection, indexes: db[collection].getIndexes() }]`, or `{ [collection]: db[collection].getIndexes() }`. The error says
/// what is not as expected.
pub fn import(text: &str) -> Result<Imported, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let lists: Vec<(&str, &Value)> = match &value {
        Value::Object(all) => all.iter().map(|(name, indexes)| (name.as_str(), indexes)).collect(),
        Value::Array(rows) => rows
            .iter()
            .map(|row| row.get("collection").and_then(Value::as_str).zip(row.get("indexes")))
            .collect::<Option<_>>()
            .ok_or("each entry of the list needs `collection` and `indexes`")?,
        _ => return Err("expected a list or an object".to_owned()),
    };
    let mut imported = Imported::default();
    for (collection, indexes) in lists {
        let indexes = indexes.as_array().ok_or_else(|| format!("the indexes of `{collection}` are no list"))?;
        for index in indexes {
            let key = index.get("key").and_then(Value::as_object);
            let key = key.ok_or_else(|| format!("an index of `{collection}` has no `key`"))?;
            let is = |option: &str| index.get(option).is_some_and(|value| *value == Value::Bool(true));
            let (unique, expires) = (is("unique"), index.get("expireAfterSeconds").is_some());
            if index.get("partialFilterExpression").is_some() && unique {
                imported.partial += 1;
            } else if !unique && !expires {
                imported.plain += 1;
            } else {
                let keys = key.keys().cloned().collect();
                let collection = collection.to_owned();
                imported.indexes.push(DeclaredIndex { collection, keys, unique, sparse: is("sparse"), expires });
            }
        }
    }
    imported.indexes.sort();
    Ok(imported)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLD: &str = r#"[
        { "collection": "users", "indexes": [
            { "v": 2, "key": { "_id": 1 }, "name": "_id_" },
            { "v": 2, "key": { "team": 1, "email": -1 }, "name": "e", "unique": true, "sparse": true },
            { "v": 2, "key": { "nick": 1 }, "name": "n", "unique": true, "partialFilterExpression": { "live": true } }
        ] },
        { "collection": "sessions", "indexes": [{ "key": { "at": 1 }, "expireAfterSeconds": 60 }] }
    ]"#;

    #[test]
    fn what_mongosh_tells_becomes_entries_that_are_read_back() {
        let imported = import(TOLD).expect("indexes");
        assert_eq!((imported.plain, imported.partial), (1, 1));
        let text: String = imported.indexes.iter().map(|index| index.entry().expect("an entry")).collect();
        assert_eq!(
            text,
            "[[index]]\ncollection = \"sessions\"\nkeys = [\"at\"]\nunique = false\nexpires = true\n\
             [[index]]\ncollection = \"users\"\nkeys = [\"team\", \"email\"]\nsparse = true\n"
        );
        let config = crate::config::load::parse(&text, &[]).expect("a configuration");
        assert_eq!(config.indexes, imported.indexes);
    }

    #[test]
    fn an_object_of_collections_is_read_too() {
        let imported = import(r#"{ "users": [{ "key": { "email": 1 }, "unique": true }] }"#).expect("indexes");
        assert_eq!(imported.indexes.iter().map(|index| index.keys.concat()).collect::<Vec<_>>(), ["email"]);
    }

    #[test]
    fn what_is_no_list_of_indexes_is_refused() {
        let problem = |text: &str| import(text).expect_err("a problem");
        assert!(problem("[").starts_with("EOF"));
        assert_eq!(problem("1"), "expected a list or an object");
        assert_eq!(problem("[{}]"), "each entry of the list needs `collection` and `indexes`");
        assert_eq!(problem(r#"{ "a": 1 }"#), "the indexes of `a` are no list");
        assert_eq!(problem(r#"{ "a": [{}] }"#), "an index of `a` has no `key`");
    }
}
