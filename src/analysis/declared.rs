//! What the schemas of a project say, with the indexes that its configuration tells.
//!
//! Input: a project, its sources and its configuration. Output: the schemas. Must not know: rules.

use super::clients;
use crate::config::Config;
use crate::project::Project;
use crate::project::index::Index;
use crate::project::schema::Schemas;
use crate::source::Sources;

pub(super) fn schemas(project: &mut Project, sources: &Sources, config: &Config) -> Schemas {
    let mut schemas = project.schemas();
    schemas.counts_versions = clients::counts_versions(sources);
    for declared in &config.indexes {
        let unique = declared.unique.then(|| Index { sparse: declared.sparse, ..Index::plain(declared.keys.clone()) });
        schemas.declare(&declared.collection, unique, declared.expires);
    }
    // The list of the configuration stands for what the code makes of a table.
    schemas.unread = schemas.unread.filter(|_| config.indexes.is_empty());
    schemas
}
