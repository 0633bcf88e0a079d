//! What follows an update that asks for what was loaded, where nothing matches: it is computed again, or an error is thrown.
//!
//! Input: the act with its condition, and the text around it. Output: edits; none where the code would go on as if the act had been done.
//! Must not know: whether the remedy is proven.

use super::case::{Case, Draft, IN_HELPER};
use super::code::Scope;
use super::kept::{self, Pin};
use super::refusal::{self, Tested};
use super::subject::Subject;
use super::{meant, patch, token};
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::project::mongo::DbCall;
use crate::project::schema::Schemas;
use crate::project::writes::Write;
use crate::project::{Hoisted, Project, Repeat, Statement, WrittenCall};
use crate::source::{FileId, Place};
use crate::value::{Node, V};

const FAILED: &str = "changed by another request, load it and try again";
const UNTOLD: &str = "it is not known what to answer where the filter refuses";

type Text = ((u32, u32), String);

/// The act with the loaded values in its filter, and what follows.
pub fn fenced(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    scope: &Scope,
    (draft, pins): (&Draft, &[Pin]),
) -> Option<Fix> {
    let act = case.function.writes.get(case.act.write)?;
    let known = project.written_at(act.site).cloned().zip(project.statement_at(act.site).cloned());
    let (call, statement) = known.or_else(|| case.refuse("nothing is known of the text of the call"))?;
    let place = project.base_site(act.site);
    let (file, is_typed) = (place.file, project.is_typed(place.file));
    let scope = scope.quoted(call.quote);
    let step = case.function.steps.get(act.step)?;
    if step.calls > 0
        && is_loaded_here(project, &scope, (file, &statement), pins).is_none()
        && !project.has_one_caller(act.site, &act.handle, step.calls)
    {
        return case.refuse(IN_HELPER);
    }
    if call.name != act.method || !meant::is_meant(project, case, act, &call, true) {
        return case.refuse("the call may change another document, or several, or its options are not known");
    }
    let mut edits: Vec<Text> = Vec::new();
    let mut texts: Vec<(V, String)> = Vec::new();
    for pin in pins {
        let named = scope.value(project, pin.value);
        let mut text = named.or_else(|| case.refuse("what was loaded has no name at the call"))?;
        if pin.changed.is_some() {
            let (at, name, copy) = copied(project, &scope, case, (file, &statement), pin).or_else(|| {
                case.refuse("what was loaded is changed in place, and no line before that could keep it")
            })?;
            edits.push(((at, at), copy));
            text = name;
        }
        // Of a missing field it is `undefined`, which the driver sends as null: that matches a missing one.
        texts.push((pin.value, text));
    }
    let (title, filter) = patch::updated(project, &scope.with_texts(texts), act, draft, &call)
        .or_else(|| case.refuse("the filter or the update is not written at the call"))?;
    edits.extend(filter);
    let is_told = refusal::is_told(project, act, &call, Some(&statement));
    let tested = refusal::tested(schemas, act, (&call, &statement), &draft.write);
    let repeat = project.repeat_at(act.site).cloned().filter(|repeat| {
        let is_untyped = |hoisted: &Hoisted| is_typed && hoisted.is_captured;
        !repeat.hoisted.iter().any(is_untyped) && reads(project, case, act, pins, repeat, file)
    });
    let answered = match (repeat, &tested) {
        (Some(repeat), Some(tested)) => {
            repeated(&repeat, (&call, &statement, (place.start, place.end)), tested, is_told, &mut edits)
        }
        _ => None,
    };
    if answered.is_none() && !is_told {
        // In a loop, the documents that come after it would be left out.
        if step.in_loop {
            return case.refuse(UNTOLD);
        }
        if case.function.script.has_effect_before(case.act.write) || project.is_done_before(file, &statement) {
            return case.refuse("an update that is refused comes too late for what was done before it");
        }
        // Whoever called the helper may answer an error too.
        let is_caught = step.is_in_try();
        if !is_caught && !project.throws_around(file, &statement) {
            return case.refuse(UNTOLD);
        }
        let tested = tested.or_else(|| case.refuse(UNTOLD))?;
        thrown((&call, &statement, (place.start, place.end)), &tested, &mut edits).or_else(|| case.refuse(UNTOLD))?;
    }
    if edits.iter().any(|(_, text)| patch::is_unwritable(text)) {
        return None;
    }
    let title =
        if answered.is_some() { format!("{title}, and load it and try again where nothing matches") } else { title };
    let edit = |((start, end), text)| Edit { place: Place { file: FileId(file), start, end }, text };
    let edits = edits.into_iter().map(edit).collect();
    Some(Fix { title, edits, applicability: Applicability::Suggested })
}

/// The name that a text begins with.
fn head(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').next().unwrap_or(text)
}

/// Whether all that is asked for is loaded in the text of the function that writes, so that all of its callers mean the same.
fn is_loaded_here(
    project: &mut Project,
    scope: &Scope,
    (file, statement): (u32, &Statement),
    pins: &[Pin],
) -> Option<()> {
    for pin in pins {
        let text = scope.value(project, pin.value)?;
        project.binding_before(file, statement, head(&text))?;
    }
    Some(())
}

/// A line that keeps a loaded value before it is changed in place: where it goes, the name, and the line.
fn copied(
    project: &mut Project,
    scope: &Scope,
    case: &Case<'_>,
    (file, statement): (u32, &Statement),
    pin: &Pin,
) -> Option<(u32, String, String)> {
    let act = case.function.writes.get(case.act.write)?;
    let changed = pin.changed.as_ref()?;
    let mut subject = Subject::new(project, act, case.documents);
    let own = loaded_as(&mut subject, scope, case, (file, statement), &pin.path)?;
    let own = own.as_str();
    let binding = subject.project.binding_before(file, statement, head(own));
    let binding = binding.map(|(_, own)| (own.line_end, own.indent.clone()));
    // Whoever found nothing has left.
    let exits = subject.project.exits_before(file, statement);
    let (mut left, mut is_left_early) = (None, false);
    for (test, exit) in exits {
        is_left_early |= binding.as_ref().is_none_or(|(end, _)| exit.end > *end);
        let is_missing = refusal::about(&mut subject, case, test, false) == Some(false);
        if (is_missing || asks_for(subject.project, test, pin.value)) && left.is_none() {
            left = Some((exit.end, exit.indent));
        }
    }
    let is_after = |left: &(u32, String)| binding.as_ref().is_none_or(|(end, _)| left.0 > *end);
    let left = left.filter(is_after);
    // Nothing but the change itself asks whether something was found.
    let is_sure = left.is_some() || !is_left_early;
    let (at, indent) = left.or(binding).filter(|(_, indent)| !indent.is_empty())?;
    for site in &changed.sites {
        let places = project.places_within(*site, file, statement);
        if places.is_empty() || places.iter().any(|place| *place < at) {
            return None;
        }
    }
    let last = pin.path.rsplit('.').next().filter(|last| token::is_identifier(last))?;
    let name = format!("{last}Read");
    if !scope.is_free(project, &name) {
        return None;
    }
    let each = kept::singular(project, &pin.path, |project, name| scope.is_free(project, name));
    let is_optional = pin.is_optional || !is_sure;
    let copy = changed.shape.copied(own, &each, (is_optional, project.is_typed(file)))?;
    let end = if statement.is_terminated { ";" } else { "" };
    Some((at, name.clone(), format!("\n{indent}const {name} = {copy}{end}")))
}

/// Whether a test holds where a value is missing: `!doc || !doc.items`.
fn asks_for(project: &Project, test: V, value: V) -> bool {
    match project.arena.node(test) {
        Node::Or(parts) => parts.iter().any(|part| asks_for(project, *part, value)),
        Node::Not(inner) => match project.arena.node(*inner) {
            Node::And(parts) => parts.contains(&value),
            _ => *inner == value,
        },
        Node::Nullish(inner) => *inner == value,
        _ => false,
    }
}

/// A field by the name that was given to what was loaded, or to a part of it; or by that of a parameter.
fn loaded_as(
    subject: &mut Subject<'_>,
    scope: &Scope,
    case: &Case<'_>,
    (file, statement): (u32, &Statement),
    path: &str,
) -> Option<String> {
    let act = case.function.writes.get(case.act.write)?;
    let owner = case.function.steps.get(act.step)?.owner;
    for (name, value) in scope.names() {
        let text = subject.text(*name);
        let is_given = subject.project.function(owner).is_some_and(|function| function.param_names.contains(&text));
        if !is_given && subject.project.binding_before(file, statement, &text).is_none() {
            continue;
        }
        let rest = match subject.is_root(*value) {
            true => Some(path.to_owned()),
            false => subject.field(*value).and_then(|own| {
                let rest = path.strip_prefix(own.as_str())?;
                Some(rest.trim_start_matches('.').to_owned())
            }),
        };
        let is_plain = |rest: &String| rest.is_empty() || rest.split('.').all(token::is_identifier);
        if let Some(rest) = rest.filter(is_plain) {
            return Some(if rest.is_empty() { text } else { format!("{text}.{rest}") });
        }
    }
    None
}

/// Whether what is done again begins with the read of all that the filter asks for.
fn reads(project: &mut Project, case: &Case<'_>, act: &Write, pins: &[Pin], repeat: &Repeat, file: u32) -> bool {
    let mut subject = Subject::new(project, act, case.documents);
    for pin in pins {
        subject.mentions(pin.value);
    }
    let reads = subject.reads();
    let is_here = |read: &DbCall| {
        let at = project.base_site(read.site);
        at.file == file && repeat.start <= at.start && at.end <= repeat.read_end
    };
    !reads.is_empty() && reads.iter().all(is_here)
}

/// The read, the computation and the write in a loop that ends where the write was done.
fn repeated(
    repeat: &Repeat,
    (call, statement, place): (&WrittenCall, &Statement, (u32, u32)),
    tested: &Tested,
    is_told: bool,
    edits: &mut Vec<Text>,
) -> Option<()> {
    let (indent, step) = (&statement.indent, &repeat.step);
    let end = if statement.is_terminated { ";" } else { "" };
    let inner = format!("{indent}{step}");
    let (name, prefix) = named(statement, place, tested)?;
    edits.extend(prefix);
    // What is put in goes with the lines around it.
    for (_, text) in edits.iter_mut() {
        *text = text.replace('\n', &format!("\n{step}"));
    }
    let mut header = String::new();
    for hoisted in &repeat.hoisted {
        header.push_str(&format!("let {}{end}\n{indent}", hoisted.name));
    }
    header.push_str(&format!("for (let attempt = 0; ; attempt++) {{\n{inner}"));
    let mut is_headed = false;
    for hoisted in &repeat.hoisted {
        let is_first = hoisted.at.0 == repeat.start;
        is_headed |= is_first;
        edits.push((hoisted.at, if is_first { header.clone() } else { String::new() }));
    }
    if !is_headed {
        edits.push(((repeat.start, repeat.start), header));
    }
    let is_free = |at: u32| !edits.iter().any(|((start, end), _)| *start < at && at < *end);
    let lines: Vec<u32> = repeat.lines.iter().copied().filter(|at| is_free(*at)).collect();
    edits.extend(lines.into_iter().map(|at| ((at, at), step.clone())));
    let done = tested.done(&name);
    let tail = if is_told {
        format!("\n{inner}if ({done} || attempt === 4) break{end}\n{indent}}}")
    } else {
        let leaves = if statement.bound.is_none() && statement.is_returned {
            format!("return {name}")
        } else {
            "break".to_owned()
        };
        let error = token::string(FAILED, call.quote);
        format!(
            "\n{inner}if ({done}) {leaves}{end}\n{inner}if (attempt === 4) throw new Error({error}){end}\n{indent}}}"
        )
    };
    edits.push(((statement.line_end, statement.line_end), tail));
    Some(())
}

/// An error after the write.
fn thrown(
    (call, statement, place): (&WrittenCall, &Statement, (u32, u32)),
    tested: &Tested,
    edits: &mut Vec<Text>,
) -> Option<()> {
    let (name, prefix) = named(statement, place, tested)?;
    edits.extend(prefix);
    let end = if statement.is_terminated { ";" } else { "" };
    let (indent, error) = (&statement.indent, token::string(FAILED, call.quote));
    let mut text = format!("\n{indent}if ({}) throw new Error({error}){end}", tested.refused(&name));
    if statement.bound.is_none() && statement.is_returned {
        text.push_str(&format!("\n{indent}return {name}{end}"));
    }
    edits.push(((statement.line_end, statement.line_end), text));
    Some(())
}

/// The name of the result, and what gives it one where it has none.
fn named(statement: &Statement, (start, end): (u32, u32), tested: &Tested) -> Option<(String, Option<Text>)> {
    if let Some(bound) = &statement.bound {
        return Some((bound.clone(), None));
    }
    let name = tested.name.clone();
    if !statement.is_returned {
        return Some((name.clone(), Some(((statement.start, statement.start), format!("const {name} = ")))));
    }
    // `return await coll.updateOne(…)`, and nothing else.
    let is_whole = matches!(start.checked_sub(statement.start)?, 7 | 13) && statement.end <= end + 1;
    is_whole.then(|| (name.clone(), Some(((statement.start, start), format!("const {name} = await ")))))
}
