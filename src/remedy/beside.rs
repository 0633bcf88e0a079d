//! A save that asks for what was decided: `doc.$where = { status: 'open' }` before it.
//!
//! Source: Mongoose, `Document.prototype.$where`: what is in it is asked for beside the identifier, and a save that finds nothing throws.
//! The save stays what it is: its hooks, its validators and all that it changes. Input: a save. Output: an edit; none where the refusal
//! would come too late, or what is asked for would be asked for again in another save. Must not know: rules, formats.

use super::case::{Case, IN_HELPER};
use super::code::Scope;
use super::condition::{self, Condition};
use super::decision::Flags;
use super::subject::Subject;
use super::{UNMENDED, UNNAMED, UNSHOWN, cast, identifiers, meant, patch, refusal, token};
use crate::diagnostic::{Applicability, Edit, Fix};
use crate::judge::Presumed;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::project::{CHANGING, Op, Otherwise, Project, Statement, Step, Taken, WrittenCall};
use crate::source::{FileId, Place};
use crate::value::{C, Entry, Node, Sym, V};

/// The save of an act, with what is asked for beside it. Where no input shows the race, that has to be all that decides the act.
pub fn of_save(project: &mut Project, schemas: &Schemas, case: &Case<'_>, is_proven: bool) -> Option<Fix> {
    let act = case.function.writes.get(case.act.write).filter(|act| act.kind == WriteKind::Save)?;
    let step = case.function.steps.get(act.step)?;
    let known = project.written_at(act.site).cloned().zip(project.statement_at(act.site).cloned());
    let (call, statement) = known.or_else(|| case.refuse("nothing is known of the text of the call"))?;
    if let Some(why) = unfit(project, schemas, case, (act, step)) {
        return case.refuse(why);
    }
    if !has_room(&call, &statement) || !meant::is_meant(project, case, act, &call, true) {
        return case.refuse("no line before the save could say what it asks for");
    }
    let scope = Scope::at(project, act).or_else(|| case.refuse(UNNAMED))?.quoted(call.quote);
    if step.calls > 0 && !is_decided_here(project, case, (act, step)) {
        return case.refuse(IN_HELPER);
    }
    if !is_decided(project, case, act) {
        return case.refuse("the save is done for whoever does not pass the check too");
    }
    if is_served(project, case, (act, &statement)) {
        return case
            .refuse("whoever does not pass the check is answered like the others, and would be told of an error");
    }
    let (entries, text) = accepted(project, schemas, case, (act, is_proven), &scope)?;
    if is_changed_before(project, case, act, &entries) {
        return case.refuse("what is asked for is changed before the save");
    }
    let end = if statement.is_terminated { ";" } else { "" };
    let asked = format!("{}.$where = {{ {text} }}", call.receiver);
    if patch::is_unwritable(&asked) {
        return None;
    }
    let place = Place { file: FileId(project.base_site(act.site).file), start: statement.start, end: statement.start };
    let title = format!("Have the save ask for what was checked: `{asked}`");
    let edits = vec![Edit { place, text: format!("{asked}{end}\n{}", statement.indent) }];
    Some(Fix { title, edits, applicability: Applicability::Suggested })
}

/// Why a save cannot be refused where it stands.
fn unfit(project: &Project, schemas: &Schemas, case: &Case<'_>, (act, step): (&Write, &Step)) -> Option<&'static str> {
    if act.filter.is_some() {
        return Some("the save asks for something already");
    }
    if schemas.models.of(&act.handle).is_empty() || !schemas.counts_versions {
        return Some("nothing is known of the schema, or of the version of Mongoose");
    }
    if step.in_loop {
        return Some("a save that is refused ends the loop, and the documents after it are left out");
    }
    // The document would ask for the same in the save that follows.
    if case.is_kept(project, act) || schemas.saves.repeated.contains(&project.base_site(act.site)) {
        return Some("the document is saved again, and would ask for the same then");
    }
    if project.is_only_logged(step) {
        return Some("a save that is refused ends in a handler that only logs it");
    }
    let is_first = case.function.script.is_first(case.act.write);
    (!is_first && act.session.is_none()).then_some("a save that is refused comes too late for what was done before it")
}

/// Whether the save is done for whoever passes the check alone: else it may have more to change, by a hook too.
fn is_decided(project: &mut Project, case: &Case<'_>, act: &Write) -> bool {
    let asked = project.arena.atoms(case.act.cond);
    asked.into_iter().all(|atom| project.arena.truth(act.cond, atom.value) == Some(atom.holds))
}

/// Whether a line fits before the save, and its refusal reaches whoever waits for it.
fn has_room(call: &WrittenCall, statement: &Statement) -> bool {
    let is_waited_for = statement.is_awaited || statement.is_returned && statement.is_async;
    let is_plain = call.receiver.split('.').all(token::is_identifier) && !call.is_commented;
    let is_open = call.args.iter().any(|arg| arg.text.contains("=>") || arg.text.contains("function"));
    call.name == "save" && is_plain && !is_open && is_waited_for && statement.is_listed && !statement.indent.is_empty()
}

/// Whether what decides an act in a helper is loaded and asked for in the text of that helper, so that all of its callers mean the same.
fn is_decided_here(project: &mut Project, case: &Case<'_>, (act, step): (&Write, &Step)) -> bool {
    if project.has_one_caller(act.site, &act.handle, step.calls) {
        return true;
    }
    let cond = case.cond(project, act);
    let mut subject = Subject::new(project, act, case.documents);
    let decided = subject.project.arena.atoms(cond).into_iter().map(|atom| atom.value);
    for value in decided.chain(act.document) {
        subject.mentions(value);
    }
    let reads = subject.reads();
    !reads.is_empty() && reads.iter().all(|read| project.is_in_text(step.owner, project.base_site(read.site)))
}

/// Whether the code goes on as if nothing were to be done where the check fails: `if (!has) { …; await doc.save(); } return 'done'`.
fn is_served(project: &mut Project, case: &Case<'_>, (act, statement): (&Write, &Statement)) -> bool {
    let file = project.base_site(act.site).file;
    let Some((test, Taken { otherwise: Otherwise::Nothing, .. })) = project.test_around(file, statement) else {
        return false;
    };
    let mut subject = Subject::new(project, act, case.documents);
    refusal::about(&mut subject, case, test, true) == Some(true)
}

/// What the save has to ask for, as the judge accepts it, and its text.
fn accepted(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    (act, is_proven): (&Write, bool),
    scope: &Scope,
) -> Option<(Vec<Entry>, String)> {
    case.refuse::<()>("what is decided has no form in a filter");
    for flags in [Flags::Set, Flags::NotCleared] {
        let mut presumed = Presumed::default();
        let identifiers = identifiers::of_lists(project, schemas, act);
        let cond = case.cond(project, act);
        let mut subject = Subject::new(project, act, case.documents);
        subject.identifiers = identifiers;
        let Condition { entries, bounded, has_flags, is_partial, .. } =
            condition::of_act(&mut subject, case.function.writes, cond, flags, &mut presumed);
        let is_all = !is_partial && is_decided_by(&mut subject, cond);
        presumed.given.extend(entries.iter().chain(&bounded).map(|entry| entry.value));
        for entries in [bounded, entries].into_iter().filter(|entries| !entries.is_empty()) {
            if !cast::is_as_stored(project, act, &entries) {
                case.refuse::<()>(
                    "what is asked for beside a save is not cast, and may be of another type than what is stored",
                );
                continue;
            }
            let Some(text) = scope.entries(project, &entries) else {
                case.refuse::<()>("what is decided has no name at the save");
                continue;
            };
            let filter = Some(project.arena.intern(Node::Object(entries.clone())));
            let is_mended = match is_proven {
                true => super::mends(project, schemas, case, &Write { filter, ..act.clone() }, &presumed),
                false => is_all,
            };
            if is_mended {
                return Some((entries, text));
            }
            case.refuse::<()>(if is_proven { UNMENDED } else { UNSHOWN });
        }
        if !has_flags {
            break;
        }
    }
    None
}

/// Whether the document alone decides an act, and what the act writes is the same whatever is stored: then a save that asks for all that
/// was decided is done once.
fn is_decided_by(subject: &mut Subject<'_>, cond: C) -> bool {
    let act = subject.act;
    if act.fields.iter().any(|field| subject.mentions(field.value)) {
        return false;
    }
    let decided = subject.project.arena.atoms(cond).into_iter().map(|atom| atom.value);
    let values: Vec<V> = decided.chain(act.fields.iter().map(|field| field.value)).collect();
    let mut calls: Vec<V> = Vec::new();
    for value in values {
        subject.project.contains(value, &mut |project, part| {
            if matches!(project.arena.node(part), Node::Call { .. }) {
                calls.push(part);
            }
            false
        });
    }
    calls.into_iter().all(|call| subject.project.read_of(call).is_none() || subject.is_root(call))
}

/// Whether something that is asked for is a part of a document that the code has changed meanwhile: its name gives the new value then.
fn is_changed_before(project: &Project, case: &Case<'_>, act: &Write, entries: &[Entry]) -> bool {
    let mut parts: Vec<V> = Vec::new();
    for entry in entries {
        project.contains(entry.value, &mut |project, part| {
            if matches!(project.arena.node(part), Node::Member(..)) {
                parts.push(part);
            }
            false
        });
    }
    let is_changed = |object: V, key: Option<Sym>| {
        parts.iter().any(|part| match project.arena.node(*part) {
            Node::Member(owner, name) => *part == object || *owner == object && key.is_none_or(|key| key == *name),
            _ => false,
        })
    };
    case.function.steps.iter().take(act.step).any(|step| match &step.op {
        Op::Assign { object, key, .. } => is_changed(*object, *key),
        Op::Call { recv: Some(recv), name: Some(name), .. } if CHANGING.contains(&project.arena.text(*name)) => {
            is_changed(*recv, None)
        }
        _ => false,
    })
}
