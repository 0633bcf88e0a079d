//! An update that is refused where another request has changed what it depends on: its filter asks for the values that were loaded.
//!
//! Source: MongoDB manual, "Atomicity and Transactions": update if current. Input: an update that was shown to race. Output: edits,
//! after which a refused update is computed again, or throws; none where a loaded value need not be what is stored. Must not know:
//! rules, formats.

use super::case::{Case, Draft};
use super::code::Scope;
use super::kept::{self, Pin};
use super::subject::Subject;
use super::{UNMENDED, UNNAMED, again, edits, lower};
use crate::diagnostic::Fix;
use crate::judge::Presumed;
use crate::limits;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::project::{Op, Project};
use crate::value::{C, Entry, Key, Node, V, children};
use rustc_hash::FxHashSet;

const CHANGED: &str = "what was loaded is changed in place before it is written, and no copy is known that keeps it";

/// The update with the loaded values in its filter.
pub fn of_update(project: &mut Project, schemas: &Schemas, case: &Case<'_>) -> Option<Fix> {
    let act = case.function.writes.get(case.act.write)?;
    let is_known = matches!(act.method.as_str(), "updateOne" | "findOneAndUpdate" | "findByIdAndUpdate" | "replaceOne");
    if act.kind != WriteKind::Update || act.document.is_some() || !is_known {
        return None;
    }
    if act.upsert {
        return case.refuse("an upsert inserts what its filter refuses");
    }
    let scope = Scope::at(project, act).or_else(|| case.refuse(UNNAMED))?;
    let cond = case.cond(project, act);
    let pinned = pinned(&mut Subject::new(project, act, case.documents), cond)
        .or_else(|| case.refuse("it depends on more of the document than its filter can ask for"))?;
    // What the act changes is enough, where it changes what it depends on.
    let is_changed = |path: &str| act.fields.iter().any(|field| Some(field.top()) == path.split('.').next());
    let changed: Vec<Pinned> = pinned.iter().filter(|(path, _)| is_changed(path)).cloned().collect();
    let mut tried = vec![changed, pinned];
    tried.dedup();
    tried.retain(|pinned| !pinned.is_empty());
    let mut mended = None;
    for pinned in tried {
        if pinned.len() > limits::PINNED {
            return case.refuse("it depends on more of the document than its filter can ask for");
        }
        let pins = pins(project, schemas, case, (act, cond), pinned)?;
        mended = self::mended(project, schemas, case, act, &pins).map(|draft| (pins, draft));
        if mended.is_some() {
            break;
        }
    }
    let (pins, draft) = mended.or_else(|| case.refuse(UNMENDED))?;
    again::fenced(project, schemas, case, &scope, (&draft, &pins))
}

/// A field with its loaded value.
type Pinned = (String, V);

/// The values that the filter can ask for.
fn pins(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    (act, cond): (&Write, C),
    pinned: Vec<Pinned>,
) -> Option<Vec<Pin>> {
    let mut subject = Subject::new(project, act, case.documents);
    for (_, value) in &pinned {
        subject.mentions(*value);
    }
    let reads = subject.reads();
    let is_plain = !reads.is_empty() && reads.iter().all(|read| subject.project.is_plain_at(read.site));
    if !pinned.iter().all(|(path, _)| is_as_stored(subject.project, schemas, case, (act, is_plain), path)) {
        return case.refuse("what was loaded need not be what is stored, as far as the schema is known");
    }
    if !is_found_alike(&mut subject, &pinned) {
        return case.refuse("the update asks for more than the document that was loaded");
    }
    let paths: Vec<String> = pinned.iter().map(|(path, _)| path.clone()).collect();
    let changed = kept::changed(&mut subject, case.function.steps, &paths).or_else(|| case.refuse(CHANGED))?;
    let whole: Vec<V> = act.fields.iter().map(|field| field.value).collect();
    let decided = subject.project.arena.atoms_in_order(cond).into_iter().map(|atom| atom.value);
    let whole: Vec<V> = whole.into_iter().chain(decided).collect();
    let pin = |(path, value): (String, V)| {
        let is_optional = kept::may_be_missing(&mut subject, &whole, value);
        let changed = changed.iter().find(|changed| changed.path == path).cloned();
        Pin { path, value, is_optional, changed }
    };
    Some(pinned.into_iter().map(pin).collect())
}

/// The act as the judge accepts it.
fn mended(project: &mut Project, schemas: &Schemas, case: &Case<'_>, act: &Write, pins: &[Pin]) -> Option<Draft> {
    let mut subject = Subject::new(project, act, case.documents);
    let arena = &mut subject.project.arena;
    let condition: Vec<Entry> = pins.iter().map(|pin| lower::entry(arena, &pin.path, pin.value)).collect();
    let write = edits::edited(&mut subject, &condition, None)?;
    let is_there = |pin: &&Pin| !pin.is_optional;
    let presumed = Presumed {
        fields: pins.iter().filter(is_there).map(|pin| pin.path.split('.').map(str::to_owned).collect()).collect(),
        given: pins.iter().filter(is_there).map(|pin| pin.value).collect(),
        ..Presumed::default()
    };
    let is_mended = super::mends(project, schemas, case, &write, &presumed);
    is_mended.then_some(Draft {
        condition,
        write,
        is_changed: false,
        is_pinned: true,
        is_by_text: false,
        is_stale: false,
        has_default: false,
    })
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
    (!pinned.is_empty()).then_some(pinned)
}

/// Whether a loaded value is what is stored: Mongoose fills in defaults, and casts lists and objects.
fn is_as_stored(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    (act, is_plain): (&Write, bool),
    path: &str,
) -> bool {
    let Some(schema) = schemas.models.of(&act.handle).first().copied() else {
        // A model whose schema is not known may cast; what the driver is asked for does not.
        let is_asked_for = act.handle.name().is_some_and(|name| schemas.stored.is_asked_for(name));
        return (is_asked_for || is_collection(project, case, act)) && !act.method.starts_with("findById");
    };
    let Some((fields, _)) = project.schema_parts(schema) else { return false };
    let [name, kind] = [path, "type"].map(|name| project.arena.sym(name));
    let Some(declared) = project.arena.member_of(fields, name) else { return false };
    let kind = project.arena.member_of(declared, kind).unwrap_or(declared);
    let is_default = project.arena.sym("default");
    if is_plain {
        // What is given as it is stored is no other where it is asked for: no list of documents, which would get identifiers.
        let element = match project.arena.node(kind) {
            Node::Array(items) => items.first().filter(|_| items.len() == 1).map(|item| item.value),
            _ => Some(kind),
        };
        return element.is_some_and(|element| project.last_name(element).is_some_and(is_scalar));
    }
    project.arena.member_of(declared, is_default).is_none() && project.last_name(kind).is_some_and(is_scalar)
}

/// The types of a schema that hold one value, of which two that are equal are cast to the same.
fn is_scalar(name: &str) -> bool {
    matches!(name, "String" | "Number" | "Boolean" | "Date" | "ObjectId")
}

/// Whether an act is called on what `db.collection(…)` gives, whatever is asked for.
fn is_collection(project: &Project, case: &Case<'_>, act: &Write) -> bool {
    let Some(Op::Call { recv: Some(recv), .. }) = case.function.steps.get(act.step).map(|step| &step.op) else {
        return false;
    };
    let own = project.arena.alternatives(*recv);
    let is_given = |value: V| match project.arena.node(value) {
        Node::Call { callee, .. } => project.last_name(*callee) == Some("collection"),
        _ => false,
    };
    !own.is_empty() && own.into_iter().all(|(_, value)| is_given(value))
}

/// Whether the act asks for nothing that the document which was loaded need not have: what it refuses today it has to refuse still, and
/// not take for changed.
fn is_found_alike(subject: &mut Subject<'_>, pinned: &[(String, V)]) -> bool {
    let Some(Node::Object(asked)) = subject.act.filter.map(|filter| subject.node(filter)) else { return false };
    let reads = subject.reads();
    let mut looked: Vec<Entry> = Vec::new();
    for filter in reads.iter().filter_map(|read| read.filter) {
        if let Node::Object(entries) = subject.node(filter) {
            looked.extend(entries);
        }
    }
    asked.into_iter().all(|own| {
        let Key::Name(name) = own.key else { return false };
        let name = subject.text(name);
        let is_looked = |subject: &Subject<'_>, other: &Entry| {
            other.key == own.key && subject.project.same_value(other.value, own.value)
        };
        let is_known = subject.field(own.value).is_some_and(|path| path == name)
            || looked.iter().any(|other| is_looked(subject, other));
        is_known && !pinned.iter().any(|(path, _)| *path == name)
    })
}
