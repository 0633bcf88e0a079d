//! The unique indexes that keep apart what searches look for before an insert.
//!
//! Source: MongoDB manual, "Unique Indexes", "Partial Indexes". Input: the filters of the searches. Output: an index for each that none
//! covers yet. Must not know: how a function is judged.

use crate::judge::NewIndex;
use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::Write;
use crate::value::{C, Entry, Key, Node, V};

/// The indexes, and the values that are their keys; none where a search asks for more than equal values.
pub fn needed(project: &Project, schemas: &Schemas, act: &Write, filters: &[V]) -> Option<(Vec<NewIndex>, Vec<V>)> {
    let (mut indexes, mut keys): (Vec<NewIndex>, Vec<V>) = (Vec::new(), Vec::new());
    for filter in filters {
        for search in searches(project, *filter)? {
            let constant = |value: &V| project.arena.is_literal(*value);
            let (partial, own): (Vec<_>, Vec<_>) = search.into_iter().partition(|(_, value)| constant(value));
            let fields: Vec<String> = own.iter().map(|(path, _)| path.clone()).collect();
            if fields.is_empty() {
                return None;
            }
            keys.extend(own.iter().map(|(_, value)| *value));
            let index = NewIndex { fields, partial };
            if !schemas.covers(&act.handle, &index.fields) && !indexes.contains(&index) {
                indexes.push(index);
            }
        }
    }
    keys.dedup();
    (!indexes.is_empty()).then_some((indexes, keys))
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
            name => common.push((name.to_owned(), plain(project, entry.value)?)),
        }
    }
    if branches.is_empty() {
        return Some(vec![common]);
    }
    Some(branches.into_iter().map(|own| common.iter().cloned().chain(own).collect()).collect())
}

fn name_of<'a>(project: &'a Project, entry: &Entry) -> Option<&'a str> {
    match entry.key {
        Key::Name(name) if entry.cond == C::TRUE => Some(project.arena.text(name)),
        _ => None,
    }
}

/// A value that is looked for as it is: no operators, no pattern, no time.
fn plain(project: &Project, value: V) -> Option<V> {
    match project.arena.peek(value) {
        Node::Object(_) | Node::Array(_) | Node::Regex(_) | Node::New { .. } | Node::Fresh(..) | Node::OneOf(_) => None,
        Node::Cut(_) | Node::Opaque(_) => None,
        _ => Some(value),
    }
}
