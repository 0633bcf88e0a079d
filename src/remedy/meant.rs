//! Whether a condition of a loaded document may be asked of the document that the act changes, in the text of the act as it stands.
//!
//! Input: the act and its call. Output: yes, or no where the judge's model does not show what a lone request would lose: a second round
//! of a loop, another document, a part of an array, options that are not known. Must not know: how the act is rewritten.

use super::case::Case;
use super::subject::Subject;
use crate::project::mongo::DbCall;
use crate::project::writes::Write;
use crate::project::{Project, Written, WrittenCall};
use crate::value::{Arena, Key, Node, Site, V};

/// Of an act that is asked for nothing more, any document may be meant, as by the read.
pub fn is_meant(project: &mut Project, case: &Case<'_>, act: &Write, call: &WrittenCall, is_asked: bool) -> bool {
    let in_loop = case.function.steps.get(act.step).is_none_or(|step| step.in_loop);
    if !has_known_options(call) || in_loop && !is_of_round(project, act) || !is_of_one(project, act) {
        return false;
    }
    let mut subject = Subject::new(project, act, case.documents);
    let decided = subject.project.arena.and(act.cond, case.act.cond);
    let atoms = subject.project.arena.atoms(decided);
    let values: Vec<V> =
        atoms.into_iter().map(|atom| atom.value).chain(act.fields.iter().map(|field| field.value)).collect();
    for value in &values {
        subject.mentions(*value);
    }
    let reads = subject.reads();
    let loads_all =
        |project: &Project, read: &DbCall| !values.iter().any(|value| loads_part(project, *value, read.site));
    reads.iter().all(|read| {
        loads_all(project, read)
            && (act.document.is_some() || !is_asked && is_any(project, act, read) || is_same(project, act, read))
    })
}

/// Whether the read and the act ask for any document.
fn is_any(project: &Project, act: &Write, read: &DbCall) -> bool {
    let is_empty = |filter: Option<V>| {
        filter.is_none_or(|filter| {
            matches!(project.arena.node(filter), Node::Object(entries) if entries.is_empty())
                || filter == Arena::UNDEFINED
        })
    };
    is_empty(read.filter) && act.filter.is_some() && is_empty(act.filter)
}

/// An upsert would insert what the filter refuses, and other options change what the call gives.
fn has_known_options(call: &WrittenCall) -> bool {
    call.args.get(2).is_none_or(|options| match &options.value {
        Written::Object(literal) => {
            let changes = ["upsert", "rawResult", "passRawResult", "includeResultMetadata"];
            let is_known = |key: &Option<String>| key.as_deref().is_some_and(|key| !changes.contains(&key));
            literal.properties.iter().all(|property| is_known(&property.key))
        }
        _ => false,
    })
}

/// Whether each round of a loop changes another document: it is named by an element of a list.
fn is_of_round(project: &Project, act: &Write) -> bool {
    let values = act.filter.into_iter().chain(act.document);
    let is_element =
        |project: &Project, part: V| matches!(project.arena.node(part), Node::Element(_) | Node::Index(..));
    values.into_iter().any(|value| project.contains(value, &mut |project, part| is_element(project, part)))
}

/// Whether one document is changed.
fn is_of_one(project: &Project, act: &Write) -> bool {
    let is_one = |filter: V| project.equalities(filter).iter().any(|(key, _)| key == "_id");
    !matches!(act.method.as_str(), "updateMany" | "update") || act.filter.is_some_and(is_one)
}

/// Whether a value comes from a read after whose filter an operator stands: in a projection it could load a part of an array.
fn loads_part(project: &Project, value: V, read: Site) -> bool {
    let is_operator = |project: &Project, part: V| match project.arena.node(part) {
        Node::Object(entries) => entries
            .iter()
            .any(|entry| matches!(entry.key, Key::Name(name) if project.arena.text(name).starts_with('$'))),
        _ => false,
    };
    let has_operator =
        |project: &Project, value: V| project.contains(value, &mut |project, part| is_operator(project, part));
    project.contains(value, &mut |project, part| match project.arena.node(part) {
        Node::Call { site, args, .. } => *site == read && args.iter().skip(1).any(|arg| has_operator(project, *arg)),
        _ => false,
    })
}

/// Whether the act names its document by what the read named it by, or by its `_id`.
fn is_same(project: &Project, act: &Write, read: &DbCall) -> bool {
    let (Some(looked), Some(acted)) = (read.filter, act.filter) else { return false };
    let (looked, acted) = (project.equalities(looked), project.equalities(acted));
    let id = |all: &[(String, V)]| all.iter().find(|(key, _)| key == "_id").map(|(_, value)| *value);
    if let (Some(a), Some(b)) = (id(&looked), id(&acted))
        && project.same_value(a, b)
    {
        return true;
    }
    // { _id: doc._id } of what was read, by whatever conditions
    let is_of_read = |value: V| {
        project.contains(
            value,
            &mut |project, part| matches!(project.arena.node(part), Node::Call { site, .. } if *site == read.site),
        )
    };
    if id(&acted).is_some_and(is_of_read) {
        return true;
    }
    let is_in = |all: &[(String, V)], one: &(String, V)| {
        all.iter().any(|(key, value)| *key == one.0 && project.same_value(*value, one.1))
    };
    let within = |few: &[(String, V)], many: &[(String, V)]| !few.is_empty() && few.iter().all(|one| is_in(many, one));
    within(&acted, &looked) || within(&looked, &acted)
}
