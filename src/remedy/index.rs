//! The unique indexes that keep apart what searches look for before an insert.
//!
//! Source: MongoDB manual, "Unique Indexes", "Partial Indexes". Input: the filters of the searches. Output: an index for each that none
//! covers yet. Must not know: how a function is judged.

use super::case::Case;
use crate::judge::NewIndex;
use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::Write;
use crate::value::{C, Entry, Key, Node, V};

/// What an insert does where the index refuses it.
pub const FOUND: &str = "treat E11000 as found";

/// The same in a transaction, which a refused insert aborts: what was found cannot be used in it, and nothing runs it again by itself.
///
/// Source: MongoDB manual, "Transactions", "Duplicate Key Error"; driver, `withTransaction`, which runs again what is labelled
/// `TransientTransactionError` alone.
pub const RUN_AGAIN: &str = "on E11000, which aborts the transaction, run the whole of it again";

/// A help that asks for a unique index, for an insert that may stand in a transaction.
pub fn in_transaction(write: &Write, help: String) -> String {
    if write.session.is_some() { help.replace(FOUND, RUN_AGAIN) } else { help }
}

/// What searches need.
pub struct Needed {
    pub indexes: Vec<NewIndex>,
    /// The values that are the keys of the indexes.
    pub keys: Vec<V>,
    /// All that is searched for.
    pub searched: Vec<(String, V)>,
}

/// The indexes that searches need; none where one asks for more than equal values.
pub fn needed(project: &mut Project, schemas: &Schemas, case: &Case<'_>, act: &Write, filters: &[V]) -> Option<Needed> {
    if filters.is_empty() {
        return case.refuse("no search looks for what is stored");
    }
    let mut searched: Vec<(String, V)> = Vec::new();
    let (mut indexes, mut keys): (Vec<NewIndex>, Vec<V>) = (Vec::new(), Vec::new());
    for filter in filters {
        let searches = searches(project, *filter);
        let kept = project.kept_by_search(schemas, &act.handle, *filter);
        for search in searches.or_else(|| case.refuse("the search asks for more than values of fields"))? {
            searched.extend(search.iter().cloned());
            let is_constant = |(_, value): &(String, V)| project.arena.is_literal(*value);
            // Of constants alone, each document is the one of its kind.
            let (partial, own): (Vec<_>, Vec<_>) = match search.iter().all(is_constant) {
                true => (search.clone(), search),
                false => search.into_iter().partition(is_constant),
            };
            let fields: Vec<String> = own.iter().map(|(path, _)| path.clone()).collect();
            if fields.is_empty() {
                return case.refuse("the search asks for any document");
            }
            keys.extend(own.iter().map(|(_, value)| *value).filter(|value| !project.arena.is_literal(*value)));
            // In an array, each element would have to be the only one of its value.
            if fields.iter().any(|field| declared(project, schemas, act, field) == Some(Declared::List)) {
                return case.refuse("in an array, each element would have to be the only one of its value");
            }
            let sparse = match (fields.as_slice(), partial.is_empty()) {
                ([only], true) => declared(project, schemas, act, only) == Some(Declared::Optional),
                _ => false,
            };
            let is_part = |all: &[String]| all.len() > fields.len() && fields.iter().all(|field| all.contains(field));
            if schemas.unique.of(&act.handle).iter().any(|index| index.partial.is_none() && is_part(&index.keys)) {
                return case.refuse("a unique index of more fields says that these alone may repeat");
            }
            // A document that searches no longer find may have the same values.
            let partial: Vec<_> = partial.into_iter().chain(kept.iter().cloned()).collect();
            let sparse = sparse && partial.is_empty();
            let index = NewIndex { fields, sparse, partial, is_named: false };
            if !schemas.covers(&act.handle, &index.fields) && !indexes.contains(&index) {
                indexes.push(index);
            }
        }
    }
    keys.dedup();
    if indexes.is_empty() {
        return case.refuse("each search has a unique index");
    }
    Some(Needed { indexes, keys, searched })
}

/// What the schema says of a field.
#[derive(PartialEq)]
enum Declared {
    List,
    /// A document may lack it.
    Optional,
    Required,
}

pub fn is_list(project: &mut Project, schemas: &Schemas, act: &Write, path: &str) -> bool {
    declared(project, schemas, act, path) == Some(Declared::List)
}

/// Whether the schema says that no document may lack a field.
pub fn is_required(project: &mut Project, schemas: &Schemas, act: &Write, path: &str) -> bool {
    // The type of a field of a class says nothing of what is stored.
    !schemas.models.of(&act.handle).is_empty() && declared(project, schemas, act, path) == Some(Declared::Required)
}

/// None where there is no schema.
fn declared(project: &mut Project, schemas: &Schemas, act: &Write, path: &str) -> Option<Declared> {
    let Some(schema) = schemas.models.of(&act.handle).first().copied() else {
        let declared = project.declared_field(act.handle.name()?, path)?;
        return Some(match (declared.is_list, declared.is_optional) {
            (true, _) => Declared::List,
            (_, true) => Declared::Optional,
            _ => Declared::Required,
        });
    };
    let (fields, _) = project.schema_parts(schema)?;
    if !matches!(project.arena.node(fields), Node::Object(_)) {
        return None;
    }
    let [name, kind, required] = [path, "type", "required"].map(|name| project.arena.sym(name));
    let Some(field) = project.arena.member_of(fields, name) else { return Some(Declared::Optional) };
    let kind = project.arena.member_of(field, kind).unwrap_or(field);
    let is_list = |value: V| matches!(project.arena.node(value), Node::Array(_));
    if is_list(field) || is_list(kind) {
        return Some(Declared::List);
    }
    let required = project.arena.member_of(field, required);
    let is_required = required.is_some_and(|required| {
        !matches!(project.arena.node(required), Node::Bool(false) | Node::Undefined | Node::Func(_))
    });
    Some(if is_required { Declared::Required } else { Declared::Optional })
}

type Equalities = Vec<(String, V)>;

/// What a filter looks for: the equalities of each of its alternatives.
fn searches(project: &Project, filter: V) -> Option<Vec<Equalities>> {
    let Node::Object(entries) = project.arena.peek(filter) else { return None };
    let (mut common, mut branches): (Equalities, Vec<Equalities>) = (Vec::new(), Vec::new());
    for entry in entries {
        match name_of(project, entry)? {
            "$or" if branches.is_empty() => {
                let Node::Array(items) = project.arena.peek(entry.value) else { return None };
                for item in items {
                    branches.extend(searches(project, item.value).filter(|_| !item.spread)?);
                }
            }
            name if name.starts_with('$') => return None,
            // Another document than one that is there: each is another than the one to be inserted.
            "_id" if is_other_than(project, entry.value) => {}
            name => common.push((name.to_owned(), plain(project, entry.value)?)),
        }
    }
    if branches.is_empty() {
        return Some(vec![common]);
    }
    Some(branches.into_iter().map(|own| common.iter().cloned().chain(own).collect()).collect())
}

/// `{ $ne: id }`
fn is_other_than(project: &Project, value: V) -> bool {
    let Node::Object(entries) = project.arena.peek(value) else { return false };
    matches!(entries.as_slice(), [only] if name_of(project, only) == Some("$ne"))
}

fn name_of<'a>(project: &'a Project, entry: &Entry) -> Option<&'a str> {
    match entry.key {
        Key::Name(name) if entry.cond == C::TRUE => Some(project.arena.text(name)),
        _ => None,
    }
}

/// A value that is looked for as it is: no operators, no pattern, nothing that each call makes anew.
fn plain(project: &Project, value: V) -> Option<V> {
    if project.contains(value, &mut |project, part| matches!(project.arena.node(part), Node::Fresh(..))) {
        return None;
    }
    match project.arena.peek(value) {
        Node::OneOf(alternatives) => {
            alternatives.iter().all(|(_, value)| plain(project, *value).is_some()).then_some(value)
        }
        Node::Object(_) | Node::Array(_) | Node::Regex(_) | Node::New { .. } => None,
        Node::Cut(_) | Node::Opaque(_) => None,
        _ => Some(value),
    }
}
