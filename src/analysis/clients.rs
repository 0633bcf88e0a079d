//! Which database clients a project depends on, where no call of any was recognised.
//!
//! Input: the `package.json` files of a run. Output: a sentence that says what was not looked at. Must not know: code.

use crate::source::Sources;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Packages through which code talks to MongoDB.
const READ: [&str; 10] = [
    "mongodb",
    "mongoose",
    "monk",
    "mongoist",
    "mongojs",
    "typegoose",
    "@typegoose/typegoose",
    "@nestjs/mongoose",
    "mongodb-legacy",
    "papr",
];

/// Packages that store in MongoDB without its name in theirs, and are imported for something else.
const OVER_MONGODB: [&str; 2] = ["agenda", "meteor-node-stubs"];

/// Packages that talk to a database, and whose calls are not read.
const UNREAD: [(&str, &str); 15] = [
    ("@prisma/client", "Prisma"),
    ("prisma", "Prisma"),
    ("typeorm", "TypeORM"),
    ("sequelize", "Sequelize"),
    ("sequelize-typescript", "Sequelize"),
    ("knex", "Knex"),
    ("objection", "Objection"),
    ("drizzle-orm", "Drizzle"),
    ("kysely", "Kysely"),
    ("@mikro-orm/core", "MikroORM"),
    ("pg", "node-postgres"),
    ("mysql2", "mysql2"),
    ("nedb", "NeDB"),
    ("nedb-promises", "NeDB"),
    ("@seald-io/nedb", "NeDB"),
];

/// Those whose calls look like the driver's, so that code that imports one need not name it in a manifest.
const ALIKE: &str = "NeDB";

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Manifest {
    name: String,
    dependencies: BTreeMap<String, Value>,
    dev_dependencies: BTreeMap<String, Value>,
    peer_dependencies: BTreeMap<String, Value>,
    optional_dependencies: BTreeMap<String, Value>,
}

impl Manifest {
    /// What it depends on, by kind.
    fn parts(self) -> [BTreeMap<String, Value>; 4] {
        [self.dependencies, self.dev_dependencies, self.peer_dependencies, self.optional_dependencies]
    }
}

/// The manifests that can be read.
fn manifests(sources: &Sources) -> impl Iterator<Item = Manifest> {
    let files = sources.iter().filter(|(_, file)| file.path == "package.json" || file.path.ends_with("/package.json"));
    files.filter_map(|(_, file)| serde_json::from_str(&file.text).ok())
}

/// Whether a project has another database than MongoDB, so that what looks like a call of a MongoDB client is none: its packages name
/// clients that are not read, and neither they nor its code name MongoDB.
pub(super) fn is_of_another(sources: &Sources) -> bool {
    let (read, unread) = named(sources);
    read.is_empty() && !unread.is_empty() && !sources.iter().any(|(_, file)| names_mongodb(&file.text))
}

/// Whether code imports a client of MongoDB, has a connection string, TypeORM's own classes for MongoDB, or writes as the driver does to
/// what `collection(…)` gives.
fn names_mongodb(text: &str) -> bool {
    let names = ["MongoRepository", "MongoEntityManager", "mongodb://", "mongodb+srv://", "@ObjectIdColumn"];
    let is_driver = text.contains(".collection(") && DRIVER_WRITES.iter().any(|method| text.contains(method));
    is_driver || names.iter().any(|name| text.contains(name)) || READ.iter().any(|name| imports(text, name))
}

/// Whether code imports a package by its name.
fn imports(text: &str, name: &str) -> bool {
    ["'", "\"", "`"].iter().any(|quote| {
        let specifier = format!("{quote}{name}{quote}");
        text.match_indices(&specifier).any(|(at, _)| {
            let before = text.get(..at).unwrap_or_default().trim_end();
            ["from", "require(", "import(", "import"].iter().any(|word| before.ends_with(word))
        })
    })
}

/// Methods that only the driver has.
const DRIVER_WRITES: [&str; 8] = [
    ".insertOne(",
    ".insertMany(",
    ".updateOne(",
    ".updateMany(",
    ".replaceOne(",
    ".findOneAndUpdate(",
    ".findOneAndReplace(",
    ".bulkWrite(",
];

/// The packages that a project names among its dependencies and does not hold: no member of a workspace, no folder.
pub(super) fn packages(sources: &Sources) -> FxHashSet<String> {
    let (mut named, mut own) = (FxHashSet::default(), Vec::new());
    for mut manifest in manifests(sources) {
        own.push(std::mem::take(&mut manifest.name));
        for (name, version) in manifest.parts().into_iter().flatten() {
            let version = version.as_str().unwrap_or_default();
            let is_own =
                ["workspace:", "file:", "link:", "portal:", "."].iter().any(|start| version.starts_with(start));
            if is_own {
                own.push(name);
            } else {
                named.insert(name);
            }
        }
    }
    for name in &own {
        named.remove(name);
    }
    named
}

/// Since when Mongoose knows `optimisticConcurrency`, and `updateOne` of a document; of its major version 5.
pub(super) const COUNTS_VERSIONS: u32 = 10;
pub(super) const UPDATES_DOCUMENTS: u32 = 3;

/// Whether each version of Mongoose that the packages of a project ask for is a minor version of 5, or later.
pub(super) fn has_mongoose_since(sources: &Sources, since: u32) -> bool {
    let knows = |range: &Value| {
        let numbers = range.as_str().unwrap_or_default().trim_start_matches(['^', '~', '>', '=', 'v', ' ']);
        let mut numbers = numbers.split('.').map(|number| number.parse::<u32>().ok());
        match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(major), _) if major != 5 => major > 5,
            (Some(_), minor) => minor.is_some_and(|minor| minor >= since),
            // `latest`, `catalog:`
            (None, _) => true,
        }
    };
    manifests(sources).all(|manifest| {
        [manifest.dependencies, manifest.dev_dependencies].iter().filter_map(|part| part.get("mongoose")).all(knows)
    })
}

/// The clients that the packages of a project name, those that are read and those that are not.
fn named(sources: &Sources) -> (BTreeSet<String>, BTreeSet<&'static str>) {
    let (mut read, mut unread): (BTreeSet<String>, BTreeSet<&str>) = Default::default();
    for manifest in manifests(sources) {
        let parts = manifest.parts();
        let has = |name: &str| parts.iter().any(|part| part.contains_key(name));
        let names = parts.iter().flat_map(BTreeMap::keys);
        // Plugins, stores and frameworks of MongoDB have its name in theirs.
        let is_read = |name: &str| name.contains("mongo") || READ.contains(&name) || OVER_MONGODB.contains(&name);
        read.extend(names.filter(|name| is_read(name)).cloned());
        unread.extend(UNREAD.iter().filter(|(name, _)| has(name)).map(|(_, shown)| *shown));
    }
    unread.extend(imports_alike(sources).then_some(ALIKE));
    (read, unread)
}

/// Whether code imports a client that is not read, and whose calls look like the driver's.
fn imports_alike(sources: &Sources) -> bool {
    let names = || UNREAD.iter().filter(|(_, shown)| *shown == ALIKE).map(|(name, _)| *name);
    sources.iter().any(|(_, file)| names().any(|name| imports(&file.text, name)))
}

/// Why a project without a recognised database call may still have some, or why those that look like it were left out, of which there
/// are `is_seen`; `None` where nothing speaks for it.
pub(super) fn warning(sources: &Sources, is_seen: bool) -> Option<String> {
    let (read, unread) = named(sources);
    let read = read.into_iter().collect::<Vec<_>>().join(", ");
    let unread = unread.into_iter().collect::<Vec<_>>().join(", ");
    if is_seen && unread == ALIKE && imports_alike(sources) {
        return Some(format!(
            "what looks like calls of a MongoDB client was left out: the code imports {ALIKE}, and neither it nor a package.json names MongoDB"
        ));
    }
    if is_seen {
        return Some(format!(
            "what looks like calls of a MongoDB client was left out: package.json names {unread}, and neither it nor the code names MongoDB"
        ));
    }
    match (read.is_empty(), unread.is_empty()) {
        (true, true) => None,
        (true, false) => {
            Some(format!("no database call was recognised: package.json names {unread}, which pushguard does not read"))
        }
        (false, true) => {
            Some(format!("no database call was recognised, although package.json names {read}: nothing was checked"))
        }
        (false, false) => Some(format!(
            "no database call was recognised, although package.json names {read}: nothing was checked; {unread} is not read"
        )),
    }
}
