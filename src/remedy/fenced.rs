//! An update that is refused where another request has changed what it depends on: its filter asks for the values that were loaded.
//!
//! Source: MongoDB manual, "Atomicity and Transactions": update if current. Input: an update that was shown to race. Output: edits,
//! after which a refused update throws; none where a loaded value need not be what is stored. Must not know: rules, formats.

use super::case::{Case, Draft};
use super::code::Scope;
use super::subject::Subject;
use super::{change, edits, lower, patch};
use crate::diagnostic::Fix;
use crate::judge::Presumed;
use crate::limits;
use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::value::{C, Entry, Node, V, children};
use rustc_hash::FxHashSet;

/// The update with the loaded values in its filter.
pub fn of_update(project: &mut Project, schemas: &Schemas, case: &Case<'_>) -> Option<Fix> {
    let act = case.function.writes.get(case.act.write)?;
    let is_known = matches!(act.method.as_str(), "updateOne" | "findOneAndUpdate" | "findByIdAndUpdate");
    if act.kind != WriteKind::Update || act.upsert || act.document.is_some() || !is_known {
        return None;
    }
    let scope = Scope::at(project, act)?;
    let cond = case.cond(project, act);
    let mut subject = Subject::new(project, act, case.documents);
    if change::is_changed_in_place(&mut subject, case.function.steps) {
        return None;
    }
    let pinned = pinned(&mut subject, cond)?;
    if !pinned.iter().all(|(path, _)| is_as_stored(subject.project, schemas, act, path)) {
        return None;
    }
    // What the act changes is enough, where it changes what it depends on.
    let is_changed = |path: &str| act.fields.iter().any(|field| Some(field.top()) == path.split('.').next());
    let changed: Vec<(String, V)> = pinned.iter().filter(|(path, _)| is_changed(path)).cloned().collect();
    let (mut tried, mut mended) = (vec![changed, pinned], None);
    tried.dedup();
    for pinned in tried.into_iter().filter(|pinned| !pinned.is_empty()) {
        let mut subject = Subject::new(project, act, case.documents);
        let arena = &mut subject.project.arena;
        let condition: Vec<Entry> = pinned.iter().map(|(path, value)| lower::entry(arena, path, *value)).collect();
        let write = edits::edited(&mut subject, &condition, None)?;
        let presumed = Presumed {
            fields: pinned.iter().map(|(path, _)| path.split('.').map(str::to_owned).collect()).collect(),
            given: pinned.iter().map(|(_, value)| *value).collect(),
            ..Presumed::default()
        };
        if super::mends(project, schemas, case, &write, &presumed) {
            mended = Some(Draft {
                condition,
                write,
                is_changed: false,
                is_pinned: true,
                is_stale: false,
                has_default: false,
            });
            break;
        }
    }
    patch::fenced(project, schemas, case, &scope, &mended?)
}

/// The fields of the document that the act depends on, each with its loaded value; none where it depends on the document as a whole,
/// or on nothing of it.
fn pinned(subject: &mut Subject<'_>, cond: C) -> Option<Vec<(String, V)>> {
    let act = subject.act;
    let mut open: Vec<V> = act.fields.iter().map(|field| field.value).collect();
    for atom in subject.project.arena.atoms_in_order(cond) {
        let is_of_presence = match subject.node(atom.value) {
            Node::Not(inner) | Node::Nullish(inner) => subject.is_root(inner),
            _ => subject.is_root(atom.value),
        };
        if !is_of_presence {
            open.push(atom.value);
        }
    }
    let (mut pinned, mut seen) = (Vec::<(String, V)>::new(), FxHashSet::default());
    while let Some(at) = open.pop() {
        if !seen.insert(at) {
            continue;
        }
        if subject.is_root(at) || seen.len() > limits::SEARCHED {
            return None;
        }
        match subject.field(at) {
            Some(path) if path == "_id" || path.starts_with("_id.") => {}
            Some(path) if path.split('.').any(|part| part.is_empty() || part.starts_with(['*', '$'])) => return None,
            Some(path) => pinned.push((path, at)),
            None if subject.project.read_of(at).is_none() => open.extend(children(&subject.node(at))),
            None => {}
        }
    }
    pinned.sort();
    pinned.dedup_by(|one, other| one.0 == other.0);
    // A field is asked for with all of its parts.
    let whole: Vec<String> = pinned.iter().map(|(path, _)| format!("{path}.")).collect();
    pinned.retain(|(path, _)| !whole.iter().any(|outer| path.starts_with(outer.as_str())));
    (!pinned.is_empty() && pinned.len() <= limits::PINNED).then_some(pinned)
}

/// Whether a loaded value is what is stored: Mongoose fills in defaults, and casts lists and objects.
fn is_as_stored(project: &mut Project, schemas: &Schemas, act: &Write, path: &str) -> bool {
    let Some(schema) = schemas.models.of(&act.handle).first().copied() else {
        // A model whose schema is not known may cast; what the driver is asked for does not.
        let is_of_driver = act.handle.name().is_some_and(|name| schemas.stored.is_asked_for(name));
        return is_of_driver && !act.method.starts_with("findById");
    };
    let Some((fields, _)) = project.schema_parts(schema) else { return false };
    let [name, kind] = [path, "type"].map(|name| project.arena.sym(name));
    let Some(declared) = project.arena.member_of(fields, name) else { return false };
    let kind = project.arena.member_of(declared, kind).unwrap_or(declared);
    let is_scalar = |name: &str| matches!(name, "String" | "Number" | "Boolean" | "Date" | "ObjectId");
    let is_default = project.arena.sym("default");
    project.arena.member_of(declared, is_default).is_none() && project.last_name(kind).is_some_and(is_scalar)
}
