//! What the schemas of a project say, with the indexes that its configuration tells.
//!
//! Input: a project, its sources and its configuration. Output: the schemas. Must not know: rules.

use super::clients;
use crate::config::{Config, TrackedArray};
use crate::diagnostic::UnknownField;
use crate::limits;
use crate::project::Project;
use crate::project::census::Census;
use crate::project::index::Index;
use crate::project::schema::Schemas;
use crate::rules::kinds::is_same_collection;
use crate::source::Sources;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The indexes of the configuration whose collection the code does not name, and all names that it gives.
pub(super) fn unknown(config: &Config, schemas: &Schemas, census: &Census) -> (Vec<usize>, Vec<String>) {
    if config.indexes.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let called = census.calls().flat_map(|(_, called)| &called.collections).cloned();
    let models = schemas.models.named().into_iter().map(|(name, _)| name.to_owned());
    let mut names: Vec<String> = called.chain(models).collect();
    names.sort_unstable();
    names.dedup();
    let is_known = |collection: &str| {
        names.iter().any(|name| is_same_collection(name, collection) || schemas.stored.of(name).name == collection)
    };
    let indexes = config.indexes.iter().enumerate();
    let unknown = indexes.filter(|(_, index)| !names.is_empty() && !is_known(&index.collection)).map(|(at, _)| at);
    (unknown.collect(), names)
}

/// The fields of the kinds of a configuration file that stand nowhere in the code, also in no path: one more than are told, where
/// there are so many.
pub(super) fn unknown_fields(config: &Config, project: &Project) -> Vec<UnknownField> {
    let written = config.origin.as_ref().map_or(0, |origin| origin.arrays.len());
    let arrays = || config.arrays.iter().take(written).enumerate();
    if arrays().all(|(_, array)| array.kinds.is_empty()) {
        return Vec::new();
    }
    let names: FxHashSet<&str> = project.arena.texts().flat_map(|text| text.split('.')).collect();
    let mut unknown = Vec::new();
    for (array, kind) in arrays().flat_map(|(at, array)| array.kinds.iter().map(move |kind| (at, kind))) {
        let patterns = kind.when.patterns().iter();
        let asked = patterns.flat_map(|pattern| pattern.has.iter().chain(pattern.equals.keys()));
        let parts: BTreeSet<&str> = kind.key.iter().chain(asked).flat_map(|field| field.split('.')).collect();
        for field in parts.into_iter().filter(|field| !names.contains(field)) {
            if unknown.len() > limits::UNKNOWN_FIELDS {
                return unknown;
            }
            let mut like: Vec<String> =
                names.iter().filter(|name| is_like(name, field)).map(|name| (*name).to_owned()).collect();
            like.sort_unstable();
            unknown.push(UnknownField { array, kind: kind.name.clone(), field: field.to_owned(), like });
        }
    }
    unknown
}

/// Whether two names begin alike and are about as long.
fn is_like(a: &str, b: &str) -> bool {
    let first = |name: &str| name.chars().next().map(|first| first.to_ascii_lowercase());
    first(a) == first(b) && a.len().abs_diff(b.len()) <= 2
}

/// The configuration with the models that the code stores in the collections of its arrays.
pub(super) fn in_code<'c>(config: &'c Config, schemas: &Schemas) -> Cow<'c, Config> {
    let models = |array: &TrackedArray| -> Vec<String> {
        let collection = array.collection.as_deref().unwrap_or_default();
        let models = schemas.stored.models_of(collection).into_iter();
        models.filter(|model| !is_same_collection(model, collection)).map(str::to_owned).collect()
    };
    let of_arrays: Vec<Vec<String>> = config.arrays.iter().map(models).collect();
    if of_arrays.iter().all(Vec::is_empty) {
        return Cow::Borrowed(config);
    }
    let mut config = config.clone();
    config.arrays.iter_mut().zip(of_arrays).for_each(|(array, models)| array.models = models);
    Cow::Owned(config)
}

pub(super) fn schemas(project: &mut Project, sources: &Sources, config: &Config) -> Schemas {
    let mut schemas = project.schemas();
    schemas.counts_versions = clients::has_mongoose_since(sources, clients::COUNTS_VERSIONS);
    schemas.updates_documents = clients::has_mongoose_since(sources, clients::UPDATES_DOCUMENTS);
    for declared in &config.indexes {
        let unique = declared.unique.then(|| Index { sparse: declared.sparse, ..Index::plain(declared.keys.clone()) });
        let models: Vec<String> =
            schemas.stored.models_of(&declared.collection).into_iter().map(str::to_owned).collect();
        schemas.declare(&declared.collection, unique.clone(), declared.expires);
        for model in models.iter().filter(|model| !is_same_collection(model, &declared.collection)) {
            schemas.declare(model, unique.clone(), declared.expires);
        }
    }
    // The list of the configuration stands for what the code makes of a table.
    schemas.unread = schemas.unread.filter(|_| config.indexes.is_empty());
    schemas
}
