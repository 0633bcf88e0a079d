//! What the schemas of a project say, with the indexes that its configuration tells.
//!
//! Input: a project, its sources and its configuration. Output: the schemas. Must not know: rules.

use super::clients;
use crate::config::{Config, TrackedArray};
use crate::project::Project;
use crate::project::census::Census;
use crate::project::index::Index;
use crate::project::schema::Schemas;
use crate::rules::kinds::is_same_collection;
use crate::source::Sources;
use std::borrow::Cow;

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
