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
use crate::project::writes::{Write, WriteKind};
use crate::project::{Argument, Project, Property, Statement, Written, WrittenCall};
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
    let call = project.written_at(act.site)?.clone();
    // What a helper does for others is not known to be the same.
    if step.calls > 0 || act.upsert || call.name != act.method || act.method == "findAndModify" {
        return None;
    }
    // A check in the filter leaves the whole array to be written.
    let is_left = case.overwritten.is_some() && !draft.is_changed;
    if is_left || !meant::is_meant(project, case, act, &call) {
        return None;
    }
    let file = FileId(project.base_site(act.site).file);
    let place = |start: u32, end: u32| Place { file, start, end };
    let scope = scope.quoted(call.quote);
    let is_save = act.kind == WriteKind::Save;
    let statement = project.statement_at(act.site).cloned();
    let (title, mut edits) = match is_save {
        true => saved(project, schemas, case, &scope, draft, &call)?,
        false => updated(project, &scope, act, draft, &call)?,
    };
    let mut is_safe = !is_save && (step.dropped || draft.condition.is_empty());
    if draft.is_changed {
        is_safe &= is_counted(project, act, draft) && !draft.is_stale;
    }
    if !draft.condition.is_empty() {
        match refusal::of(project, schemas, case, (&call, statement.as_ref()), &draft.write)? {
            Refusal::AsUnchecked => {}
            Refusal::Told => is_safe = false,
            Refusal::Answered { name, at, test } => {
                is_safe = false;
                if let Some(name) = name {
                    scope.is_free(project, &name).then_some(())?;
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
            Written::Path => edits.push(((filter.start, filter.end), format!("{{ ...{}, {added} }}", filter.text))),
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
    call: &WrittenCall,
) -> Option<(String, Texts)> {
    let act = case.function.writes.get(case.act.write)?;
    let statement = project.statement_at(act.site).cloned()?;
    let is_same = |write: &&Write| write.kind == WriteKind::Save && write.document == act.document;
    // Hooks and validators of a save do not run in an update.
    let schema = *schemas.models.of(&act.handle).first()?;
    if project.has_hooks(schema)
        || case.function.writes.iter().filter(is_same).count() != 1
        || !statement.is_awaited
        || statement.bound.is_some()
        || statement.is_returned
        || !call.args.is_empty()
    {
        return None;
    }
    let model = help::model(project, scope, act)?;
    let filter = scope.value(project, draft.write.filter?)?;
    let update = scope.value(project, draft.write.payload?)?;
    let at = project.base_site(act.site);
    let text = format!("{model}.updateOne({filter}, {update})");
    let title = format!("Replace `save()` by `{text}`");
    let mut edits = vec![((at.start, at.end), text)];
    if !statement.is_receiver_used_later {
        edits.extend(dropped(project, act, &statement)?);
    }
    Some((title, edits))
}

/// The statements that changed a document which nobody looks at afterwards, taken out.
fn dropped(project: &Project, act: &Write, save: &Statement) -> Option<Texts> {
    let mut edits = Texts::new();
    for field in &act.fields {
        let changed = project.statement_at(field.site)?;
        let is_whole = changed.is_listed && !changed.indent.is_empty() && changed.body == save.body;
        if !is_whole || changed.bound.is_some() {
            return Some(Texts::new());
        }
        let start = changed.start.checked_sub(changed.indent.len() as u32 + 1)?;
        if !edits.iter().any(|((known, _), _)| *known == start) {
            edits.push(((start, changed.line_end), String::new()));
        }
    }
    Some(edits)
}
