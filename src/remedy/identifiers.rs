//! The lists of an act whose elements are identifiers by the schema.
//!
//! Input: an act. Output: paths. Must not know: how an element is compared.

use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::Write;
use crate::value::{Key, Node, V};

/// The lists of identifiers among what an act writes, whose elements Mongoose makes identifiers again whatever form they have.
///
/// Source: Mongoose guide, "Query Casting".
pub fn of_lists(project: &mut Project, schemas: &Schemas, act: &Write) -> Vec<String> {
    let Some(schema) = schemas.models.of(&act.handle).first().copied() else { return Vec::new() };
    let Some((fields, _)) = project.schema_parts(schema) else { return Vec::new() };
    let paths: Vec<String> = act.fields.iter().map(|field| field.path.clone()).collect();
    paths.into_iter().filter(|path| is_list_of_identifiers(project, fields, path)).collect()
}

fn is_list_of_identifiers(project: &mut Project, fields: V, path: &str) -> bool {
    let name = project.arena.sym(path);
    let Some(declared) = project.arena.member_of(fields, name) else { return false };
    let declared = kind(project, declared);
    let Node::Array(items) = project.arena.node(declared).clone() else { return false };
    let [only] = items.as_slice() else { return false };
    let element = kind(project, only.value);
    !only.spread && project.last_name(element) == Some("ObjectId")
}

/// What is said to be the type of a field: `{ type: T }`, `T`.
fn kind(project: &mut Project, declared: V) -> V {
    let name = project.arena.sym("type");
    let is_said = match project.arena.node(declared) {
        Node::Object(entries) => entries.iter().any(|entry| entry.key == Key::Name(name)),
        _ => false,
    };
    if is_said { project.arena.member_of(declared, name).unwrap_or(declared) } else { declared }
}
