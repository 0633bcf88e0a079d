//! What a write appends to arrays.
//!
//! Input: a write, or the value of its `$push`. Output: the fields that append, and the elements. Must not know: filters, conditions.

use crate::project::Project;
use crate::project::writes::{FieldWrite, Write};
use crate::value::{Key, Node, V};

/// The fields of a write that append to an array, not to an array inside an element.
pub fn appends(write: &Write) -> Vec<FieldWrite> {
    all_appends(write).into_iter().filter(|field| !field.path.contains('*')).collect()
}

/// The appends of a write, also those to an array under a computed name.
pub fn all_appends(write: &Write) -> Vec<FieldWrite> {
    write.fields.iter().filter(|field| field.is_append() && !field.path.contains('$')).cloned().collect()
}

/// The elements of a `$push`: the value, or those of `$each`.
pub fn elements(project: &mut Project, value: V) -> Vec<V> {
    let each = project.arena.sym("$each");
    let list = match project.arena.node(value) {
        Node::Object(entries) if entries.iter().any(|entry| entry.key == Key::Name(each)) => {
            project.arena.member(value, each)
        }
        _ => return vec![value],
    };
    match project.arena.node(list) {
        Node::Array(items) => items.iter().map(|item| item.value).collect(),
        Node::Mapped(_, result) => vec![*result],
        _ => vec![list],
    }
}
