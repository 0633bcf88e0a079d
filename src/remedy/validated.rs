//! What a save asks of a value, and whether an update asks it too.
//!
//! Source: Mongoose, "Update Validators". Input: a field of an update in place of a save, and the schema. Output: how the update has to
//! be told; none where a value could be stored that the save refuses. Must not know: how an act is rewritten.

use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::{FieldWrite, Write};
use crate::value::{Entry, Key, Node, V};

/// What Mongoose asks of a value, or does to it, where a document is saved.
const ON_SAVE: [&str; 9] =
    ["min", "max", "enum", "match", "validate", "minlength", "maxlength", "minLength", "maxLength"];

/// How an update takes a value that a save would validate.
pub enum Taken {
    AsItIs,
    /// As a save would, where the update is told to ask.
    Asked,
}

/// How the server takes a field as a save would; none where the schema does not declare it, or asks what no update asks. An update
/// validates what is set and pushed, and no result of an arithmetic operator.
///
/// Source: Mongoose, "Update Validators".
pub fn taken(project: &mut Project, schema: V, field: &FieldWrite) -> Option<Taken> {
    let declared = declared(project, schema, field)?;
    let is_left = asks(project, declared, |project, name, entry| {
        // A setter changes what is set, and nothing that an operator computes.
        name == "set" && field.operator != "$set"
            || ON_SAVE.contains(&name) && !(field.operator == "$inc" && adds_validly(project, entry, field))
    });
    if !is_left {
        return Some(Taken::AsItIs);
    }
    matches!(field.operator.as_str(), "$set" | "$unset" | "$push" | "$addToSet").then_some(Taken::Asked)
}

fn declared(project: &mut Project, schema: V, field: &FieldWrite) -> Option<V> {
    let (fields, _) = project.schema_parts(schema)?;
    let name = project.arena.sym(field.path.split('.').next()?);
    project.arena.member_of(fields, name)
}

/// Whether the schema asks something of a value that a save writes.
pub fn is_validated(project: &mut Project, schemas: &Schemas, write: &Write) -> bool {
    let Some(schema) = schemas.models.of(&write.handle).first().copied() else { return false };
    write.fields.iter().any(|field| {
        let declared = declared(project, schema, field);
        declared.is_some_and(|declared| asks(project, declared, |_, name, _| ON_SAVE.contains(&name)))
    })
}

/// Whether something is said of a field that a schema declares.
fn asks(project: &Project, declared: V, is_asked: impl Fn(&Project, &str, &Entry) -> bool) -> bool {
    let is_said = |project: &Project, entry: &Entry| match entry.key {
        Key::Name(name) => is_asked(project, project.arena.text(name), entry),
        _ => false,
    };
    project.contains(declared, &mut |project, part| match project.arena.node(part) {
        Node::Object(entries) => entries.iter().any(|entry| is_said(project, entry)),
        _ => false,
    })
}

/// Whether what is valid is so with a number added: more than the least, or whole as it was.
fn adds_validly(project: &Project, asked: &Entry, field: &FieldWrite) -> bool {
    let Key::Name(name) = asked.key else { return false };
    let added = match project.arena.node(field.value) {
        Node::Num(bits) => Some(f64::from_bits(*bits)),
        _ => None,
    };
    match project.arena.text(name) {
        "min" => added.is_some_and(|added| added >= 0.0),
        "max" => added.is_some_and(|added| added <= 0.0),
        "validate" => {
            let is_whole = |part: V| project.last_name(part) == Some("isInteger");
            project.contains(asked.value, &mut |_, part| is_whole(part)) && is_length(project, field.value, added)
        }
        _ => false,
    }
}

/// Whether a number is whole: written so, or how long something is, or that taken away.
fn is_length(project: &Project, value: V, written: Option<f64>) -> bool {
    match project.arena.node(value) {
        Node::Member(_, name) => project.arena.text(*name) == "length",
        Node::Derived(operator, parts) => {
            let is_sign = project.arena.text(*operator) == "neg";
            is_sign && parts.iter().all(|part| is_length(project, *part, None))
        }
        _ => written.is_some_and(|written| written.fract() == 0.0),
    }
}
