//! Which arrays of a database are looked at.
//!
//! Input: the configuration and what the command line names. Output: one target for each array. Must not know: what is done.

use super::connect::Connection;
use super::patience::patiently;
use crate::cleanup::identity::{Identities, Path, path};
use crate::cleanup::tracked;
use crate::config::TrackedArray;
use crate::error::Error;
use bson::{Document, RawDocumentBuf, doc};
use mongodb::options::Collation;
use mongodb::results::{CollectionSpecification, CollectionType};
use mongodb::sync::{Collection, Database};

/// An array of a collection.
pub struct Target<'c> {
    pub connection: &'c Connection,
    pub database: Database,
    pub collection: Collection<RawDocumentBuf>,
    pub field: Path,
    pub identities: Identities,
    /// The documents to look at; empty for all.
    pub query: Document,
    /// The collection compares texts by the rules of a language, and so does its index of ids.
    pub is_collated: bool,
}

/// What the command line says of the arrays.
pub struct Wanted<'a> {
    pub database: &'a str,
    pub collection: Option<&'a str>,
    pub field: Option<&'a str>,
    pub query: Document,
    /// Whether documents are going to be changed.
    pub writes: bool,
}

impl Target<'_> {
    /// The field as commands name it.
    pub fn dotted(&self) -> String {
        self.field.join(".")
    }

    pub fn kind_names(&self) -> Vec<String> {
        self.identities.kinds().iter().map(|kind| kind.name.clone()).collect()
    }

    pub fn error(&self, error: &mongodb::error::Error) -> Error {
        self.connection.error(error)
    }
}

/// Texts are compared byte by byte, whatever the collection's own rules are.
pub fn simple() -> Collation {
    Collation::builder().locale("simple").build()
}

pub fn targets<'c>(
    connection: &'c Connection,
    arrays: &[TrackedArray],
    wanted: &Wanted<'_>,
) -> Result<Vec<Target<'c>>, Error> {
    let database = connection.database(wanted.database);
    let listed = collections(connection, &database)?;
    let mut targets = Vec::new();
    for one in listed.iter().filter(|one| wanted.collection.is_none_or(|asked| asked == one.name)) {
        for (field, array) in tracked::fields(arrays, &one.name, wanted.field) {
            // To change what nobody has named would go too far.
            let is_named = wanted.collection.is_some() || tracked::is_named(arrays, &one.name, field);
            if wanted.writes && !is_named {
                continue;
            }
            let identities = tracked::identities(array, field)?;
            let target = target(connection, &database, one, field, identities);
            targets.push(Target { query: wanted.query.clone(), ..target });
        }
    }
    if targets.is_empty() {
        let names: Vec<&str> = listed.iter().map(|one| one.name.as_str()).collect();
        return Err(nothing(wanted, &names));
    }
    Ok(targets)
}

/// One array, whatever the configuration says today: what was taken out by the kinds of an earlier one goes back all the same.
pub fn exactly<'c>(
    connection: &'c Connection,
    database: &str,
    collection: &str,
    field: &str,
) -> Result<Target<'c>, Error> {
    let database = connection.database(database);
    let listed = collections(connection, &database)?;
    match listed.iter().find(|one| one.name == collection) {
        Some(one) => Ok(target(connection, &database, one, field, Identities::default())),
        None => Err(missing(database.name(), collection, listed.iter().map(|one| one.name.as_str()))),
    }
}

fn collections(connection: &Connection, database: &Database) -> Result<Vec<CollectionSpecification>, Error> {
    let listed = patiently(|| database.list_collections().run()?.collect::<Result<Vec<_>, _>>());
    let mut listed = listed.map_err(|error| connection.error(&error))?;
    listed.retain(|one| one.collection_type == CollectionType::Collection && !one.name.starts_with("system."));
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

fn target<'c>(
    connection: &'c Connection,
    database: &Database,
    one: &CollectionSpecification,
    field: &str,
    identities: Identities,
) -> Target<'c> {
    Target {
        connection,
        database: database.clone(),
        collection: database.collection(&one.name),
        field: path(field),
        identities,
        query: Document::new(),
        is_collated: one.options.collation.as_ref().is_some_and(|rules| rules.locale != "simple"),
    }
}

fn nothing(wanted: &Wanted<'_>, names: &[&str]) -> Error {
    if let Some(asked) = wanted.collection.filter(|asked| !names.contains(asked)) {
        return missing(wanted.database, asked, names.iter().copied());
    }
    if wanted.writes && wanted.collection.is_none() {
        return Error::Usage {
            message: "no collection is named, and the configuration names none".to_owned(),
            remedy: "name it with `--collection`; without `--apply`, all are looked at".to_owned(),
        };
    }
    Error::Usage {
        message: "the configuration tracks no array of this name there".to_owned(),
        remedy: "add an `[[array]]` with its kinds and keys to pushguard.toml".to_owned(),
    }
}

fn missing<'n>(database: &str, asked: &str, names: impl Iterator<Item = &'n str> + Clone) -> Error {
    let remedy = match crate::error::nearest(asked, names.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("it has: {}", names.collect::<Vec<_>>().join(", ")),
    };
    Error::Usage { message: format!("the database `{database}` has no collection `{asked}`"), remedy }
}

/// The filter of documents that have the array at all.
pub fn with_array(target: &Target<'_>) -> Document {
    let mut filter = target.query.clone();
    let has = doc! { target.dotted(): { "$type": "array" } };
    if filter.is_empty() {
        has
    } else {
        doc! { "$and": [std::mem::take(&mut filter), has] }
    }
}
