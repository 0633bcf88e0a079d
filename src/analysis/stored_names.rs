//! What the collections of a report are called in the database.
//!
//! Input: the schemas, what is reported. Output: a table. Must not know: how names are made.

use crate::diagnostic::{Accepted, Finding, StoredName, WritePath};
use crate::project::schema::Schemas;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The names in the database, by those of the code.
pub(super) fn of(
    schemas: &Schemas,
    findings: &[Finding],
    accepted: &[Accepted],
    paths: &[WritePath],
) -> BTreeMap<String, StoredName> {
    let findings = findings.iter().chain(accepted.iter().map(|accepted| &accepted.finding));
    let witnessed = findings.clone().filter_map(|finding| finding.proof.witness()).flat_map(|witness| {
        let ends = std::iter::once(witness.outcome).chain(witness.serial).flat_map(|end| end.documents);
        ends.map(|stored| Cow::Owned(stored.collection))
    });
    let named = findings.filter_map(|finding| finding.collection.as_deref()).map(Cow::Borrowed);
    let written = paths.iter().filter_map(|path| path.collection.as_deref()).map(Cow::Borrowed);
    let mut names = BTreeMap::new();
    for name in named.chain(witnessed).chain(written) {
        if !names.contains_key(&*name) {
            let stored = stored_name(schemas, &name);
            names.insert(name.into_owned(), stored);
        }
    }
    names
}

/// The name in the database of what the code calls by a name.
pub(super) fn stored_name(schemas: &Schemas, name: &str) -> StoredName {
    let stored = schemas.stored.of(name);
    StoredName { name: stored.name, is_model: stored.is_model, is_sure: stored.is_sure }
}
