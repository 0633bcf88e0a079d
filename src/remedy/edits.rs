//! The act with its remedy: the condition in its filter, its computed values as operators, a save as an update by `_id`.
//!
//! Input: the act, the entries of its condition, what becomes of its fields. Output: the act as it would be written. Must not know:
//! whether that mends anything.

use super::change::Change;
use super::lower::{self, list, object};
use super::subject::Subject;
use crate::project::Project;
use crate::project::writes::{Write, WriteKind};
use crate::value::{Arena, C, Entry, Key, Node, V};

/// The act with a condition and with other changes.
pub fn edited(subject: &mut Subject<'_>, condition: &[Entry], changes: Option<&[Change]>) -> Option<Write> {
    let act = subject.act;
    let mut edited = act.clone();
    let is_save = act.kind == WriteKind::Save;
    if is_save {
        edited.kind = WriteKind::Update;
        edited.method = "updateOne".to_owned();
        edited.document = None;
        edited.filter = Some(identity(subject)?);
    }
    if !condition.is_empty() {
        edited.filter = Some(conjoined(&mut subject.project.arena, edited.filter, condition)?);
        if act.method.starts_with("findById") {
            edited.method = act.method.replace("findById", "findOne");
        }
    }
    let is_kept = changes.is_none_or(|changes| changes.iter().all(|change| matches!(change, Change::Kept)));
    if is_save || !is_kept {
        edited.payload = Some(update(subject.project, act, changes)?);
    }
    edited.fields.clear();
    let (cond, site, payload) = (edited.cond, edited.site, edited.payload?);
    subject.project.update_fields(payload, cond, site, &mut edited.fields);
    Some(edited)
}

/// How a saved document is found: by its `_id`. Another one may answer to what it was read by.
fn identity(subject: &mut Subject<'_>) -> Option<V> {
    let document = subject.act.document?;
    let read = subject.project.read_of(document);
    let filter = read.and_then(|read| read.filter);
    let arena = &mut subject.project.arena;
    if let Some(filter) = filter
        && let Node::Object(entries) = arena.node(filter).clone()
    {
        let id = entries.iter().find(|entry| matches!(entry.key, Key::Name(name) if arena.text(name) == "_id"));
        if let Some(id) = id.filter(|id| !matches!(arena.node(id.value), Node::Object(_))) {
            return Some(arena.intern(Node::Object(vec![*id])));
        }
    }
    let id = arena.sym("_id");
    let id = arena.member(document, id);
    Some(subject.project.id_filter(id))
}

/// A filter that asks for more.
fn conjoined(arena: &mut Arena, filter: Option<V>, condition: &[Entry]) -> Option<V> {
    let Some(filter) = filter else { return Some(arena.intern(Node::Object(condition.to_vec()))) };
    let Node::Object(mut entries) = arena.node(filter).clone() else { return None };
    let is_known = |entry: &Entry| matches!(entry.key, Key::Name(_)) && entry.cond == C::TRUE;
    if !entries.iter().all(is_known) {
        return None;
    }
    if entries.iter().any(|own| condition.iter().any(|new| new.key == own.key && new.value != own.value)) {
        let more = arena.intern(Node::Object(condition.to_vec()));
        let more = list(arena, vec![more]);
        let and = lower::entry(arena, "$and", more);
        if entries.iter().any(|own| own.key == and.key) {
            return None;
        }
        entries.push(and);
    } else {
        let new: Vec<Entry> =
            condition.iter().filter(|new| !entries.iter().any(|own| own.key == new.key)).copied().collect();
        entries.extend(new);
    }
    Some(arena.intern(Node::Object(entries)))
}

/// The update of the act with other changes.
fn update(project: &mut Project, act: &Write, changes: Option<&[Change]>) -> Option<V> {
    let is_computed = changes.is_some_and(|changes| changes.iter().any(|change| matches!(change, Change::Computed(_))));
    let mut operators: Vec<(&str, Vec<Entry>)> = Vec::new();
    let arena = &mut project.arena;
    for (at, field) in act.fields.iter().enumerate() {
        let is_known = !field.path.is_empty() && !field.path.contains('*') && field.path != "...";
        let is_operator = field.operator.starts_with('$');
        if !is_known || !is_operator {
            return None;
        }
        let cond = if field.cond == act.cond { C::TRUE } else { field.cond };
        let change = changes.and_then(|changes| changes.get(at)).unwrap_or(&Change::Kept);
        let written = match change {
            Change::Kept if field.value == Arena::UNDEFINED => {
                vec![("$unset", Key::Name(arena.sym(&field.path)), arena.str(""))]
            }
            Change::Kept if is_computed => {
                vec![("$set", Key::Name(arena.sym(&field.path)), lower::literal(arena, field.value))]
            }
            Change::Kept => vec![(field.operator.as_str(), Key::Name(arena.sym(&field.path)), field.value)],
            Change::Operator(operator, path, value) => vec![(*operator, Key::Name(arena.sym(path)), *value)],
            Change::Keys(keys) => keys.iter().map(|(key, value)| ("$set", arena.key_of(*key), *value)).collect(),
            Change::Computed(value) => vec![("$set", Key::Name(arena.sym(&field.path)), *value)],
        };
        for (operator, key, value) in written {
            if is_computed && (operator != "$set" || field.operator != "$set") {
                return None;
            }
            let at = operators.iter().position(|(known, _)| *known == operator).unwrap_or_else(|| {
                operators.push((operator, Vec::new()));
                operators.len() - 1
            });
            let (_, entries) = operators.get_mut(at)?;
            entries.push(Entry { key, value, cond });
        }
    }
    // No path twice: the server refuses that, and of two assignments only the last counts.
    let keys: Vec<Key> = operators.iter().flat_map(|(_, entries)| entries.iter().map(|entry| entry.key)).collect();
    if keys.is_empty() || keys.iter().enumerate().any(|(at, key)| keys.iter().skip(at + 1).any(|other| other == key)) {
        return None;
    }
    let operators: Vec<(&str, V)> =
        operators.into_iter().map(|(operator, entries)| (operator, arena.intern(Node::Object(entries)))).collect();
    let update = object(arena, operators);
    Some(if is_computed { list(arena, vec![update]) } else { update })
}
