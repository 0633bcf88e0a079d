//! The patch: a proven remedy as edits of the text, with what the caller is told where the database refuses.
//!
//! Input: the act before and after. Output: edits; none where the text of the call, or what follows it, leaves a doubt. Must not
//! know: whether the remedy is proven, formats.

use super::case::{Case, Draft};
use super::code::Scope;
use super::help;
use super::meant;
use super::refusal::{self, Refusal};
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::project::schema::Schemas;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::project::{Argument, Op, Project, Property, Statement, Written, WrittenCall};
use crate::source::{FileId, Place};
use crate::value::{Entry, Key, Node, V};

/// An update or a save as one command.
pub fn of_update(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    scope: &Scope,
    draft: &Draft,
) -> Option<Fix> {
    let act = case.function.writes.get(case.act.write)?;
    let step = case.function.steps.get(act.step)?;
    let Some(call) = project.written_at(act.site).cloned() else {
        return case.refuse("nothing is known of the text of the call");
    };
    // What a helper does for others is not known to be the same.
    if step.calls > 0 {
        return case.refuse("the call stands in a helper, which may be called by others");
    }
    if act.upsert {
        return case.refuse("an upsert inserts what its filter refuses");
    }
    if call.name != act.method || act.method == "findAndModify" {
        return case.refuse("nothing is known of the text of the call");
    }
    // A check in the filter leaves the whole array to be written.
    if case.overwritten.is_some() && !draft.is_changed {
        return case.refuse("a check in the filter leaves the whole array to be written");
    }
    if !meant::is_meant(project, case, act, &call) {
        return case.refuse("the call may change another document, or several, or its options are not known");
    }
    let file = FileId(project.base_site(act.site).file);
    let place = |start: u32, end: u32| Place { file, start, end };
    let scope = scope.quoted(call.quote);
    let is_save = act.kind == WriteKind::Save;
    let statement = project.statement_at(act.site).cloned();
    let (title, mut edits) = match is_save {
        true => saved(project, schemas, case, &scope, draft, (act, &call, statement.as_ref()?))?,
        false => updated(project, &scope, act, draft, &call)
            .or_else(|| case.refuse("the filter or the update is not written at the call"))?,
    };
    let mut is_safe = !is_save && (step.dropped || draft.condition.is_empty());
    if draft.is_changed {
        is_safe &= is_counted(project, act, draft) && !draft.is_stale;
    }
    if !draft.condition.is_empty() {
        let refusal = refusal::of(project, schemas, case, (&call, statement.as_ref()), &draft.write);
        match refusal.or_else(|| case.refuse("it is not known what to answer where the filter refuses"))? {
            Refusal::AsUnchecked => {}
            Refusal::Told => is_safe = false,
            Refusal::Answered { name, at, test } => {
                is_safe = false;
                if let Some(name) = name {
                    edits.push(((at.0, at.0), format!("const {name} = ")));
                }
                edits.push(((at.1, at.1), test));
            }
        }
    }
    if edits.iter().any(|(_, text)| is_unwritable(text)) {
        return None;
    }
    let edits = edits.into_iter().map(|((start, end), text)| Edit { place: place(start, end), text }).collect();
    let applicability = if is_safe { Applicability::Safe } else { Applicability::Suggested };
    Some(Fix { title, edits, applicability })
}

/// An update whose filter asks for what was loaded, as an error where it is refused.
pub fn fenced(project: &mut Project, schemas: &Schemas, case: &Case<'_>, scope: &Scope, draft: &Draft) -> Option<Fix> {
    let act = case.function.writes.get(case.act.write)?;
    let (call, statement) = (project.written_at(act.site)?.clone(), project.statement_at(act.site)?.clone());
    let in_helper = case.function.steps.get(act.step)?.calls > 0;
    if in_helper || call.name != act.method || !meant::is_meant(project, case, act, &call) {
        return None;
    }
    let (title, mut edits) = updated(project, &scope.quoted(call.quote), act, draft, &call)?;
    match refusal::thrown(project, schemas, act, (&call, &statement), &draft.write)? {
        Refusal::AsUnchecked | Refusal::Told => {}
        Refusal::Answered { name, at, test } => {
            edits.extend(name.map(|name| ((at.0, at.0), format!("const {name} = "))));
            edits.push(((at.1, at.1), test));
        }
    }
    if edits.iter().any(|(_, text)| is_unwritable(text)) {
        return None;
    }
    let file = FileId(project.base_site(act.site).file);
    let edit = |((start, end), text)| Edit { place: Place { file, start, end }, text };
    let edits = edits.into_iter().map(edit).collect();
    Some(Fix { title, edits, applicability: Applicability::Suggested })
}

/// Half of a surrogate pair has no text, and `__proto__` as a key of a literal is no field.
fn is_unwritable(text: &str) -> bool {
    text.contains('\u{fffd}') || text.contains("__proto__")
}

type Texts = Vec<((u32, u32), String)>;

/// Whether what is added is a number for sure, so that the server adds what JavaScript would have added.
fn is_counted(project: &Project, act: &Write, draft: &Draft) -> bool {
    let is_known = |value: V| matches!(project.arena.node(value), Node::Num(_));
    draft.write.fields.iter().all(|field| match field.operator.as_str() {
        "$inc" => is_known(field.value),
        "$push" | "$pull" => true,
        _ => act.fields.iter().any(|own| own.path == field.path && own.value == field.value),
    })
}

/// The call with another filter, another update, or both.
fn updated(
    project: &mut Project,
    scope: &Scope,
    act: &Write,
    draft: &Draft,
    call: &WrittenCall,
) -> Option<(String, Texts)> {
    // doc.updateOne(update): the filter is not written.
    if act.document.is_some() {
        return None;
    }
    let [filter, update, ..] = call.args.as_slice() else { return None };
    let mut edits = Texts::new();
    let mut title = "Let the server compute it".to_owned();
    if !draft.condition.is_empty() {
        let added = match act.method.starts_with("findById") {
            true => scope.entries(project, &draft.condition)?,
            false => help::added(project, scope, act, &draft.write)?,
        };
        title = format!("Add `{added}` to the filter");
        match &filter.value {
            _ if act.method != draft.write.method => {
                edits.push((call.method, draft.write.method.clone()));
                edits.push(((filter.start, filter.end), format!("{{ _id: {}, {added} }}", filter.text)));
            }
            Written::Object(literal) => match literal.properties.last() {
                Some(last) => edits.push(((last.end, last.end), format!("{}{added}", literal.separator))),
                None => edits.push(((filter.start, filter.end), format!("{{ {added} }}"))),
            },
            Written::Path => {
                let whole = match is_identifier(project, scope, act, &filter.text) {
                    true => format!("{{ _id: {}, {added} }}", filter.text),
                    false => format!("{{ ...{}, {added} }}", filter.text),
                };
                edits.push(((filter.start, filter.end), whole));
            }
            _ => return None,
        }
    }
    if draft.is_changed {
        let scope = scope.with_texts(kept(act, update)?);
        let text = scope.value(project, draft.write.payload?)?;
        if draft.condition.is_empty() {
            title = format!("{title}: make the update `{text}`");
        }
        edits.push(((update.start, update.end), text));
    }
    Some((title, edits))
}

/// Whether the filter is written as the `_id` alone: Meteor's `update(id, …)`.
fn is_identifier(project: &mut Project, scope: &Scope, act: &Write, text: &str) -> bool {
    let Some(Node::Object(entries)) = act.filter.map(|filter| project.arena.node(filter).clone()) else { return false };
    matches!(entries.as_slice(), [only] if scope.value(project, only.value).as_deref() == Some(text))
}

/// The texts of the values in an update, which is a literal.
fn kept(act: &Write, update: &Argument) -> Option<Vec<(V, String)>> {
    let Written::Object(literal) = &update.value else { return None };
    // What is not written at the call may hold the changed field too.
    let is_written = |property: &Property| match (property.key.as_deref(), &property.value) {
        (None, _) => false,
        (Some(key), Written::Object(inner)) if key.starts_with('$') => {
            inner.properties.iter().all(|own| own.key.is_some())
        }
        (Some(key), _) => !key.starts_with('$'),
    };
    if literal.is_commented || !literal.properties.iter().all(is_written) {
        return None;
    }
    let text = |operator: &str, path: &str| match literal.get(operator).map(|property| &property.value) {
        Some(Written::Object(fields)) => fields.get(path).map(|property| property.text.clone()),
        None => literal.get(path).map(|property| property.text.clone()),
        _ => None,
    };
    let fields = act.fields.iter();
    Some(fields.filter_map(|field| Some((field.value, text(&field.operator, &field.path)?))).collect())
}

/// `doc.field op; doc.save()` as one update of the model.
fn saved(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    scope: &Scope,
    draft: &Draft,
    (act, call, statement): (&Write, &WrittenCall, &Statement),
) -> Option<(String, Texts)> {
    let is_same = |write: &&Write| write.kind == WriteKind::Save && write.document == act.document;
    // Hooks and validators of a save do not run in an update.
    let Some(schema) = schemas.models.of(&act.handle).first().copied() else {
        return case.refuse("nothing is known of the schema, whose hooks a save runs");
    };
    // What nobody waits for is told to nobody.
    let is_alone = statement.is_listed && draft.condition.is_empty();
    if schemas.models.of(&act.handle).iter().any(|schema| project.has_hooks(*schema)) {
        return case.refuse("a save runs the hooks of the schema, and an update does not");
    }
    if case.function.writes.iter().filter(is_same).count() != 1
        || !(statement.is_awaited || is_alone)
        || statement.bound.is_some()
        || statement.is_returned
        || !call.args.is_empty()
        || call.is_commented
        || !call.is_kept
    {
        return case.refuse("the save does more than one update in its place");
    }
    if is_done_otherwise(project, case, act) {
        return case.refuse("a method of the document is called before its save");
    }
    let mut options = "";
    for field in &draft.write.fields {
        let taken = taken(project, schema, field);
        match taken.or_else(|| case.refuse("a save validates what an update does not"))? {
            Taken::AsItIs => {}
            Taken::Asked => options = ", { runValidators: true }",
        }
    }
    // A pipeline is not validated.
    let is_pipeline = draft.write.payload.is_some_and(|payload| matches!(project.arena.node(payload), Node::Array(_)));
    if is_pipeline && !options.is_empty() {
        return case.refuse("a save validates what an update does not");
    }
    let unnamed = || case.refuse("a part of the update has no name at the call");
    let model = help::model(project, scope, act).or_else(unnamed)?;
    let filter = scope.value(project, draft.write.filter?).or_else(unnamed)?;
    let update = scope.value(project, draft.write.payload?).or_else(unnamed)?;
    let at = project.base_site(act.site);
    // A query is sent where somebody waits for it, or asks for that.
    let sent = if statement.is_awaited { "" } else { ".exec()" };
    let text = format!("{model}.updateOne({filter}, {update}{options}){sent}");
    let title = format!("Replace `save()` by `{text}`");
    Some((title, vec![((at.start, at.end), text)]))
}

/// Whether a method of the document is called before its save of which the fields do not tell: the save carries what it does.
fn is_done_otherwise(project: &Project, case: &Case<'_>, act: &Write) -> bool {
    let is_of = |value: V| project.contains(value, &mut |_, part| Some(part) == act.document);
    let before = case.function.steps.iter().take(act.step);
    before
        .filter(|step| !act.fields.iter().any(|field| field.site == step.site))
        .any(|step| matches!(&step.op, Op::Call { recv: Some(recv), .. } if is_of(*recv)))
}

/// What Mongoose asks of a value, or does to it, where a document is saved.
const ON_SAVE: [&str; 9] =
    ["min", "max", "enum", "match", "validate", "minlength", "maxlength", "minLength", "maxLength"];

/// How an update takes a value that a save would validate.
enum Taken {
    AsItIs,
    /// As a save would, where the update is told to ask.
    Asked,
}

/// How the server takes a field as a save would; none where the schema does not declare it, or asks what no update asks. An update
/// validates what is set and pushed, and no result of an arithmetic operator.
///
/// Source: Mongoose, "Update Validators".
fn taken(project: &mut Project, schema: V, field: &FieldWrite) -> Option<Taken> {
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
