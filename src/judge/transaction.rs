//! What a transaction writes beside its act: of two transactions that write one document, the later one is refused, whatever
//! else they read and insert.
//!
//! Source: MongoDB manual, "Production Considerations", "In-progress Transactions and Write Conflicts". Input: a command and an act.
//! Output: whether the command is written together with the act. Must not know: other commands, how commands are run, rules.

use super::planned::{Action, Command};
use crate::project::Project;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::predicate::{self, Predicate, Test};
use crate::race::symbolic::Symbolic;
use crate::value::{Arena, Atom, Node, V};

/// Whether a command changes, in the transaction of an act and wherever that is done, a document of another collection that it names
/// by what it is. What it inserts is new to both requests.
pub(super) fn excludes(project: &Project, command: &Command, act: &Command) -> bool {
    let Action::Write { write, .. } = &command.action else { return false };
    let is_under = |atoms: &[Atom]| atoms.iter().all(|atom| act.atoms.contains(atom));
    let is_together = act.session.is_some() && command.session == act.session && (act.in_loop || !command.in_loop);
    let is_changed = match write.kind {
        WriteKind::Delete => true,
        WriteKind::Insert | WriteKind::Replace => false,
        WriteKind::Update | WriteKind::Save => {
            let is_done = |field: &FieldWrite| is_under(&project.arena.atoms_in_order(field.cond));
            write.fields.iter().any(|field| is_done(field) && changes(project, field))
        }
    };
    command.action.collection() != act.action.collection()
        && is_together
        && is_changed
        && is_under(&command.atoms)
        && (write.kind == WriteKind::Save || names_its_document(project, write))
}

/// Whether a change leaves another value than before: what leaves the same conflicts with nothing.
fn changes(project: &Project, field: &FieldWrite) -> bool {
    let arena = &project.arena;
    let is_something = |value: V| project.number(value).is_none_or(|step| step != 0.0);
    match field.operator.as_str() {
        "$inc" => is_something(field.value),
        "$push" | "$currentDate" => true,
        "$set" => match arena.node(field.value) {
            Node::Fresh(..) => true,
            Node::Derived(operator, operands) if matches!(arena.text(*operator), "+" | "-") => {
                let step = operands.get(1).and_then(|step| project.number(*step));
                operands.first().is_some_and(|old| is_of_path(arena, *old, &field.path))
                    && step.is_some_and(|step| step != 0.0)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether a value is the member at a path: `bookings` of `room.bookings`.
fn is_of_path(arena: &Arena, value: V, path: &str) -> bool {
    matches!(arena.node(value), Node::Member(_, name) if path.rsplit('.').next() == Some(arena.text(*name)))
}

/// Whether a filter names a document by what it is, and not by the state that it is in: that it is there is taken for granted
/// where the code does not ask.
fn names_its_document(project: &Project, write: &Write) -> bool {
    let Some(asked) = write.filter.and_then(|filter| predicate::parse(&Symbolic(project), &filter).ok()) else {
        return false;
    };
    let parts = match &asked {
        Predicate::And(parts) => parts.as_slice(),
        part => std::slice::from_ref(part),
    };
    let names = |part: &Predicate<_>| match part {
        Predicate::Field { path, test: Test::Eq(value) } => &**path == "_id" || !project.arena.is_literal(*value),
        _ => false,
    };
    !parts.is_empty() && parts.iter().all(names)
}
