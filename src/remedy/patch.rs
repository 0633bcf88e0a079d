//! The patch: a proven remedy as edits of the text, with what the caller is told where the database refuses.
//!
//! Input: the act before and after. Output: edits; none where the text of the call, or what follows it, leaves a doubt. Must not
//! know: whether the remedy is proven, formats.

use super::case::{Case, Draft, IN_HELPER};
use super::code::Scope;
use super::help;
use super::meant;
use super::refusal::{self, Refusal};
use super::token;
use super::validated::{Taken, taken};
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::project::{Argument, Op, Project, Property, Statement, Written, WrittenCall};
use crate::source::{FileId, Place};
use crate::value::{Node, V};

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
        return case.refuse(IN_HELPER);
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
    if !meant::is_meant(project, case, act, &call, !draft.condition.is_empty()) {
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
    is_safe &= !draft.is_by_text;
    if draft.is_changed {
        // What is stored may be null, where the code takes a number for that.
        is_safe &= is_counted(project, act, draft) && !draft.is_stale && !draft.has_default && !is_any(project, act);
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

/// Whether the update is of any document.
fn is_any(project: &Project, act: &Write) -> bool {
    act.filter.is_some_and(|filter| matches!(project.arena.node(filter), Node::Object(entries) if entries.is_empty()))
}

/// Half of a surrogate pair has no text, and `__proto__` as a key of a literal is no field.
pub fn is_unwritable(text: &str) -> bool {
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
pub fn updated(
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
    let scope = scope.with_texts(held(project, scope, act, &call.receiver));
    let update = scope.value(project, draft.write.payload?).or_else(unnamed)?;
    let model = help::model(project, &scope, act)
        .and_then(|model| Some(format!("{model}.updateOne({}, ", scope.value(project, draft.write.filter?)?)));
    // Where neither its model nor its identifier has a name, the document knows both.
    let is_own = draft.condition.is_empty() && schemas.updates_documents && is_plain_path(&call.receiver);
    let start = model.or_else(|| is_own.then(|| format!("{}.updateOne(", call.receiver))).or_else(unnamed)?;
    let at = project.base_site(act.site);
    // A query is sent where somebody waits for it, or asks for that.
    let sent = if statement.is_awaited { "" } else { ".exec()" };
    let text = format!("{start}{update}{options}){sent}");
    let title = format!("Replace `save()` by `{text}`");
    Some((title, vec![((at.start, at.end), text)]))
}

/// What a saved document holds that has no other name: `order.paidAt`, where `order.paidAt = new Date()` stands before.
fn held(project: &mut Project, scope: &Scope, act: &Write, receiver: &str) -> Vec<(V, String)> {
    if !is_plain_path(receiver) {
        return Vec::new();
    }
    let mut held = Vec::new();
    for field in act.fields.iter().filter(|field| field.path.split('.').all(token::is_identifier)) {
        if scope.value(project, field.value).is_none() {
            held.push((field.value, format!("{receiver}.{}", field.path)));
        }
    }
    held
}

/// `user`, `req.user`
fn is_plain_path(receiver: &str) -> bool {
    receiver.split('.').all(token::is_identifier)
}

/// Whether a method of the document is called before its save of which the fields do not tell: the save carries what it does.
fn is_done_otherwise(project: &Project, case: &Case<'_>, act: &Write) -> bool {
    let is_of = |value: V| project.contains(value, &mut |_, part| Some(part) == act.document);
    let before = case.function.steps.iter().take(act.step);
    before
        .filter(|step| !act.fields.iter().any(|field| field.site == step.site))
        .any(|step| matches!(&step.op, Op::Call { recv: Some(recv), .. } if is_of(*recv)))
}
