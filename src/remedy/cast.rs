//! Whether what is asked for is of the type that is stored, where nothing casts it: what is asked for beside a save goes to the server as it
//! stands, and a text is equal to no identifier there.
//!
//! Source: Mongoose, `Document.prototype.$where`, `Model.prototype.save`: its filter is handed to the driver. Input: the entries of a filter.
//! Output: yes; no where a type is not known. Must not know: how an act is rewritten.

use crate::limits;
use crate::project::Project;
use crate::project::declared::Declared;
use crate::project::writes::Write;
use crate::value::{C, Coercion, Entry, Key, Node, V};

/// A field of what is asked, and what the schema declares it to be.
#[derive(Clone, Copy)]
struct Asked<'a> {
    model: &'a str,
    path: &'a str,
}

/// Whether each value is of the type of its field.
pub fn is_as_stored(project: &mut Project, act: &Write, entries: &[Entry]) -> bool {
    let Some(model) = act.handle.name().map(str::to_owned) else { return false };
    are_stored(project, Asked { model: &model, path: "" }, entries, 0)
}

/// The entries of a filter; or, below a path, operators and fields of elements.
fn are_stored(project: &mut Project, asked: Asked<'_>, entries: &[Entry], depth: u32) -> bool {
    depth <= limits::HELP_DEPTH
        && entries.iter().all(|entry| {
            let Key::Name(name) = entry.key else { return false };
            let name = project.arena.text(name).to_owned();
            entry.cond == C::TRUE && is_stored(project, asked, (&name, entry.value), depth)
        })
}

fn is_stored(project: &mut Project, asked: Asked<'_>, (name, value): (&str, V), depth: u32) -> bool {
    match name {
        "$and" | "$or" | "$nor" | "$in" | "$nin" => {
            let Node::Array(items) = project.arena.node(value).clone() else { return false };
            items.iter().all(|item| !item.spread && is_given(project, asked, item.value, depth + 1))
        }
        // A computed value is compared with what is stored, of whatever type: constants alone are known.
        "$expr" => is_of_constants(project, value),
        "$exists" | "$size" => project.arena.is_literal(value),
        _ if name.starts_with('$') => is_given(project, asked, value, depth + 1),
        _ => {
            let path = if asked.path.is_empty() { name.to_owned() } else { format!("{}.{name}", asked.path) };
            is_given(project, Asked { path: &path, ..asked }, value, depth + 1)
        }
    }
}

/// Operators, an inner filter, or a value.
fn is_given(project: &mut Project, asked: Asked<'_>, value: V, depth: u32) -> bool {
    match project.arena.node(value).clone() {
        Node::Object(entries) => are_stored(project, asked, &entries, depth),
        Node::Null => true,
        _ => {
            // `tags.4`: an element.
            let parts = asked.path.split('.').filter(|part| !part.chars().all(|c| c.is_ascii_digit()));
            let path: Vec<&str> = parts.collect();
            let declared = declared(project, asked.model, &path.join("."));
            declared.is_some_and(|declared| is_of(project, value, declared))
        }
    }
}

/// What a path of a model holds. Where the schema says nothing else, `_id` is an identifier.
fn declared(project: &mut Project, model: &str, path: &str) -> Option<Declared> {
    let declared = project.declared_within(model, path);
    let is_identifier = declared.is_none()
        && (path == "_id" && project.is_cast(model) || path.ends_with("._id") && project.holds_identifier(model, path));
    declared.or(is_identifier.then_some(Declared::There))
}

/// Whether a value is of a type for sure, whatever a request brings.
fn is_of(project: &mut Project, value: V, kind: Declared) -> bool {
    match project.arena.node(value).clone() {
        Node::Bool(_) | Node::Coerce(Coercion::Bool, _) => kind == Declared::Bool,
        Node::Num(_) | Node::Coerce(Coercion::Number(_), _) => kind == Declared::Number,
        Node::Str(_) | Node::Template(_) | Node::Coerce(Coercion::Text, _) => kind == Declared::Text,
        Node::Coerce(Coercion::ObjectId, _) => kind == Declared::There,
        Node::Coerce(Coercion::Copy, inner) => is_of(project, inner, kind),
        Node::Derived(operator, operands) => {
            let operator = project.arena.text(operator).to_owned();
            let is_sum = operator == "+" && operands.iter().all(|operand| is_of(project, *operand, Declared::Number));
            let is_number = matches!(operator.as_str(), "-" | "*" | "/" | "%" | "neg") || operator.starts_with("Math.");
            kind == Declared::Number && (is_sum || is_number)
        }
        Node::OneOf(alternatives) => alternatives.iter().all(|(_, value)| is_of(project, *value, kind)),
        Node::Member(..) => is_loaded(project, value, kind),
        _ => false,
    }
}

/// Whether a value was loaded from a field of this type. One that holds an identifier may have been populated.
fn is_loaded(project: &mut Project, value: V, kind: Declared) -> bool {
    let Some((_, path, Some(read))) = project.loaded(value, &[]) else { return false };
    let Some(model) = read.handle.name().map(str::to_owned) else { return false };
    let path = path.join(".");
    declared(project, &model, &path) == Some(kind) && (kind != Declared::There || path == "_id")
}

fn is_of_constants(project: &Project, value: V) -> bool {
    match project.arena.node(value) {
        Node::Object(entries) => entries.iter().all(|entry| is_of_constants(project, entry.value)),
        Node::Array(items) => items.iter().all(|item| !item.spread && is_of_constants(project, item.value)),
        Node::Num(_) | Node::Str(_) | Node::Bool(_) | Node::Null => true,
        _ => false,
    }
}
