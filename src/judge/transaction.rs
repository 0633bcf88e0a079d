//! What a transaction writes beside its act: of two transactions that write one document, the later one is refused, whatever
//! else they read and insert.
//!
//! Source: MongoDB manual, "Production Considerations", "In-progress Transactions and Write Conflicts". Input: a command and an act.
//! Output: whether the command is written together with the act. Must not know: other commands, how commands are run, rules.

use super::planned::{Action, Command};
use crate::limits;
use crate::project::Project;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::race::predicate::{self, Predicate, Test};
use crate::race::symbolic::Symbolic;
use crate::value::{Arena, Atom, Node, V, children};
use rustc_hash::FxHashSet;

/// Whether a command changes, in the transaction of an act and wherever that is done, a document of another collection that it names
/// by what it is, and that is one and the same for all who are asked for these values. What it inserts is new to both requests.
pub(super) fn excludes(project: &Project, command: &Command, act: &Command, asked: &FxHashSet<V>) -> bool {
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
        && match write.document.filter(|_| write.kind == WriteKind::Save) {
            Some(document) => follows(&project.arena, document, asked),
            None => {
                let filter = write.filter.filter(|_| names_its_document(project, write));
                filter.is_some_and(|filter| follows(&project.arena, filter, asked))
            }
        }
}

/// What a search asks to be equal, with what that is made of.
pub(super) fn asked_for(project: &Project, filter: V) -> FxHashSet<V> {
    made_of(project, project.equalities(filter).into_iter().map(|(_, value)| value).collect())
}

/// Some values with what they are made of.
pub(super) fn made_of(project: &Project, mut open: Vec<V>) -> FxHashSet<V> {
    let mut asked = FxHashSet::default();
    while let Some(value) = open.pop().filter(|_| asked.len() < limits::SEARCHED) {
        // A part of what a request brings is not the whole of it.
        if asked.insert(value) && !project.arena.is_of_parameter(value) {
            open.extend(children(project.arena.node(value)));
        }
    }
    asked
}

/// Whether a value is made of nothing but constants and what was asked for: the same in two requests that ask for the same.
pub(super) fn follows(arena: &Arena, value: V, asked: &FxHashSet<V>) -> bool {
    let (mut open, mut seen) = (vec![value], FxHashSet::default());
    while let Some(value) = open.pop() {
        if seen.len() > limits::SEARCHED {
            return false;
        }
        if asked.contains(&value) || !seen.insert(value) || arena.is_literal(value) {
            continue;
        }
        match arena.node(value) {
            Node::Member(object, _) if !arena.is_of_parameter(value) => open.push(*object),
            // What a read is told beside its filter chooses no other document.
            Node::Call { args, .. } => match args.split_first() {
                Some((first, rest)) => {
                    open.push(*first);
                    open.extend(rest.iter().filter(|arg| !matches!(arena.node(**arg), Node::Object(_))));
                }
                None => return false,
            },
            Node::New { args, .. } => open.extend(args.iter()),
            node @ (Node::Object(_) | Node::Coerce(..) | Node::Template(_) | Node::Derived(..)) => {
                open.extend(children(node))
            }
            _ => return false,
        }
    }
    true
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
    let parts = asked.conjuncts();
    let names = |part: &Predicate<_>| match part {
        Predicate::Field { path, test: Test::Eq(value) } => &**path == "_id" || !project.arena.is_literal(*value),
        _ => false,
    };
    !parts.is_empty() && parts.iter().all(names)
}
