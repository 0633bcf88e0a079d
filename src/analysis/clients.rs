//! Which database clients a project depends on, where no call of any was recognised.
//!
//! Input: the `package.json` files of a run. Output: a sentence that says what was not looked at. Must not know: code.

use crate::source::Sources;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Packages that talk to MongoDB and whose calls are read.
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
    "meteor-node-stubs",
];

/// Packages that talk to a database, and whose calls are not read.
const UNREAD: [(&str, &str); 12] = [
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
];

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Manifest {
    name: String,
    dependencies: BTreeMap<String, Value>,
    dev_dependencies: BTreeMap<String, Value>,
    peer_dependencies: BTreeMap<String, Value>,
    optional_dependencies: BTreeMap<String, Value>,
}

/// Whether a project has another database than MongoDB, so that what looks like a call of a MongoDB client is none: its packages name
/// clients that are not read and none that is, and no file imports one or uses TypeORM's own on MongoDB.
pub(super) fn is_of_another(sources: &Sources) -> bool {
    let (read, unread) = named(sources);
    let imports = READ.iter().flat_map(|name| {
        ["from '", "from \"", "require('", "require(\""].map(|start| {
            let end = if start.ends_with('"') { '"' } else { '\'' };
            format!("{start}{name}{end}")
        })
    });
    let uses: Vec<String> = imports.chain(["MongoRepository", "MongoEntityManager"].map(str::to_owned)).collect();
    let is_used = |text: &str| uses.iter().any(|used| text.contains(used.as_str()));
    read.is_empty() && !unread.is_empty() && !sources.iter().any(|(_, file)| is_used(&file.text))
}

/// The packages that a project names among its dependencies and does not hold: no member of a workspace, no folder.
pub(super) fn packages(sources: &Sources) -> FxHashSet<String> {
    let manifests = sources.iter().filter(|(_, file)| is_manifest(&file.path));
    let manifests = manifests.filter_map(|(_, file)| serde_json::from_str::<Manifest>(&file.text).ok());
    let (mut named, mut own) = (FxHashSet::default(), Vec::new());
    for manifest in manifests {
        own.push(manifest.name);
        let parts = [
            manifest.dependencies,
            manifest.dev_dependencies,
            manifest.peer_dependencies,
            manifest.optional_dependencies,
        ];
        for (name, version) in parts.into_iter().flatten() {
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

/// The clients that the packages of a project name, those that are read and those that are not.
fn named(sources: &Sources) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let (mut read, mut unread): (BTreeSet<&str>, BTreeSet<&str>) = Default::default();
    for (_, file) in sources.iter().filter(|(_, file)| is_manifest(&file.path)) {
        let Ok(manifest) = serde_json::from_str::<Manifest>(&file.text) else { continue };
        let parts = [
            manifest.dependencies,
            manifest.dev_dependencies,
            manifest.peer_dependencies,
            manifest.optional_dependencies,
        ];
        let has = |name: &str| parts.iter().any(|part| part.contains_key(name));
        read.extend(READ.iter().copied().filter(|name| has(name)));
        unread.extend(UNREAD.iter().filter(|(name, _)| has(name)).map(|(_, shown)| *shown));
    }
    (read, unread)
}

/// Why a project without a recognised database call may still have some; `None` where nothing speaks for it.
pub(super) fn warning(sources: &Sources) -> Option<String> {
    let (read, unread) = named(sources);
    let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
    match (read.is_empty(), unread.is_empty()) {
        (true, true) => None,
        (true, false) => Some(format!(
            "no database call was recognised: package.json names {}, which pushguard does not read",
            list(unread)
        )),
        (false, true) => Some(format!(
            "no database call was recognised, although package.json names {}: nothing was checked",
            list(read)
        )),
        (false, false) => Some(format!(
            "no database call was recognised, although package.json names {}: nothing was checked; {} is not read",
            list(read),
            list(unread)
        )),
    }
}

fn is_manifest(path: &str) -> bool {
    path == "package.json" || path.ends_with("/package.json")
}
