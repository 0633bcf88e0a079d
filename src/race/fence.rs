//! What makes the second of two writes fail whatever was decided: a filter that the write itself makes false, such as a version
//! that it counts, or a transaction that holds the read and the write.
//!
//! A field is no version by its name: what the filter asks of it and what becomes of it decide.
//!
//! Input: a write. Output: whether it is fenced. Must not know: decisions, rules.

use super::entails::{Entailment, Held, entails};
use super::expression::{Expression, Operator};
use super::predicate::{self, Predicate, Test};
use super::symbolic::{Symbolic, forms};
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::project::{Project, Step};
use crate::value::{Arena, C, Key, Node, V};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// Once it is done, its filter fails.
    Always,
    None,
    /// The write changes something that its filter asks for, or the filter is not known.
    Unknown,
}

/// Whether a write makes its own filter false, on every path to it.
pub fn fence(project: &mut Project, write: &Write) -> Fence {
    let Some(filter) = write.filter else { return Fence::None };
    // A filter that fails inserts.
    if write.upsert {
        return Fence::None;
    }
    let mut found = None;
    for (cond, form) in forms(&mut project.arena, filter, write.cond) {
        let own = of_form(project, write, form, cond);
        found = Some(if found.is_none_or(|before| before == own) { own } else { Fence::Unknown });
    }
    found.unwrap_or(Fence::None)
}

/// Whether a write makes false what its own filter asks of a field: `{ done: { $ne: true } }` with `$set: { done: true }`. Whoever comes
/// second is refused by it.
pub fn leaves(project: &mut Project, write: &Write, path: &str) -> bool {
    let Some(filter) = write.filter.filter(|_| !write.upsert) else { return false };
    let forms = forms(&mut project.arena, filter, write.cond);
    let is_left = |(cond, form): &(C, V)| {
        let Ok(asked) = predicate::parse(&Symbolic(project), form) else { return false };
        let is_about = |part: &Predicate<V>| matches!(part, Predicate::Field { path: own, .. } if **own == *path);
        asked.conjuncts().iter().any(|part| is_about(part) && is_refuted(project, write, part, *cond))
    };
    !forms.is_empty() && forms.iter().all(is_left)
}

fn of_form(project: &Project, write: &Write, filter: V, cond: C) -> Fence {
    let terms = Symbolic(project);
    let Ok(asked) = predicate::parse(&terms, &filter) else { return Fence::Unknown };
    let parts = &[asked.conjuncts().to_vec(), asked.conjuncts().iter().flat_map(equal_to).collect()].concat();
    let conditional = parts.iter().any(|part| !matches!(part, Predicate::Field { path, .. } if &**path == "_id"));
    if write.kind == WriteKind::Delete && conditional {
        return Fence::Always;
    }
    if parts.iter().any(|part| matches!(part, Predicate::Or(_)) && is_refuted(project, write, part, cond)) {
        return Fence::Always;
    }
    let arena = &project.arena;
    let mut is_open = asked.is_open();
    for field in write.fields.iter().filter(|field| parts.iter().any(|part| part.is_about(&field.path))) {
        let is_always = arena.holds_under(field.cond, cond);
        if is_always && parts.iter().any(|part| moves_on(project, field, part, cond)) {
            return Fence::Always;
        }
        let Some(after) = value_after(field).filter(|_| is_always) else {
            is_open |= !is_counted(project, field, parts);
            continue;
        };
        let after = Predicate::Field { path: field.path.as_str().into(), test: Test::Eq(after) };
        match entails(&terms, &after, &Predicate::Nor(vec![asked.clone()]), &|_| Held::One) {
            Entailment::Yes => return Fence::Always,
            Entailment::Unknown(_) => is_open = true,
            Entailment::No => {}
        }
    }
    if is_open { Fence::Unknown } else { Fence::None }
}

/// What an `$expr` asks of fields that are compared with a value, be it with another in place of a missing one:
/// `{ $expr: { $eq: [{ $ifNull: ['$version', 1] }, version] } }`
fn equal_to(part: &Predicate<V>) -> Vec<Predicate<V>> {
    let mut asked = Vec::new();
    let mut open: Vec<&Expression<V>> = match part {
        Predicate::Expr(expression) => vec![expression],
        _ => Vec::new(),
    };
    let field = |side: &Expression<V>| match side {
        Expression::Field(path) => Some(path.clone()),
        Expression::Call(Operator::IfNull, parts) => match parts.as_slice() {
            [Expression::Field(path), Expression::Value(_)] => Some(path.clone()),
            _ => None,
        },
        _ => None,
    };
    while let Some(expression) = open.pop() {
        match expression {
            Expression::Call(Operator::And, parts) => open.extend(parts),
            Expression::Call(Operator::Eq, sides) => {
                let pairs = [(sides.first(), sides.get(1)), (sides.get(1), sides.first())];
                for pair in pairs {
                    if let (Some(side), Some(Expression::Value(value))) = pair {
                        asked.extend(field(side).map(|path| Predicate::Field { path, test: Test::Eq(*value) }));
                    }
                }
            }
            _ => {}
        }
    }
    asked
}

/// Whether a part of a filter is false once the write is done: of alternatives, each by another field that is changed.
fn is_refuted(project: &Project, write: &Write, part: &Predicate<V>, cond: C) -> bool {
    match part {
        Predicate::Or(parts) => parts.iter().all(|part| is_refuted(project, write, part, cond)),
        Predicate::And(parts) => parts.iter().any(|part| is_refuted(project, write, part, cond)),
        Predicate::Field { path, test } => write.fields.iter().any(|field| {
            if field.path != **path || !project.arena.holds_under(field.cond, cond) {
                return false;
            }
            let is_one = !matches!(project.arena.node(field.value), Node::Object(_) | Node::OneOf(_));
            let is_filled = matches!(test, Test::Size(size) if project.number(*size) == Some(0.0))
                && matches!(field.operator.as_str(), "$push" | "$addToSet")
                && (is_one || !has_operators(project, field.value));
            is_filled || moves_on(project, field, part, cond) || is_set_apart(project, field, part)
        }),
        _ => false,
    }
}

/// Whether a value is not known to be a plain document: `{ $each: [] }` adds nothing.
fn has_operators(project: &Project, value: V) -> bool {
    match project.arena.node(value) {
        Node::Object(entries) => !entries
            .iter()
            .all(|entry| matches!(entry.key, Key::Name(name) if !project.arena.text(name).starts_with('$'))),
        _ => true,
    }
}

/// Whether what a field is set to is not what the filter asks of it.
fn is_set_apart(project: &Project, field: &FieldWrite, asked: &Predicate<V>) -> bool {
    let Some(after) = value_after(field) else { return false };
    let after = Predicate::Field { path: field.path.as_str().into(), test: Test::Eq(after) };
    let refused = Predicate::Nor(vec![asked.clone()]);
    matches!(entails(&Symbolic(project), &after, &refused, &|_| Held::One), Entailment::Yes)
}

/// Whether a counter is compared with a number, which it may pass more than once.
fn is_counted(project: &Project, field: &FieldWrite, parts: &[Predicate<V>]) -> bool {
    let is_known = |part: &Predicate<V>| match part {
        Predicate::Field { test: Test::Lt(limit) | Test::Lte(limit) | Test::Gt(limit) | Test::Gte(limit), .. } => {
            project.number(*limit).is_some()
        }
        _ => false,
    };
    field.operator == "$inc" && parts.iter().filter(|part| part.is_about(&field.path)).all(is_known)
}

/// The value that a field surely has after an update.
fn value_after(field: &FieldWrite) -> Option<V> {
    match field.operator.as_str() {
        "$set" | "replace" => Some(field.value),
        "$unset" => Some(Arena::UNDEFINED),
        _ => None,
    }
}

/// Whether a change leaves another value than the one asked for: `{ step: n }` with `$inc: { step: 1 }`,
/// `{ runs: { $lt: 1 } }` with `$inc: { runs: 1 }`, `{ edits: n }` with `$set: { edits: n + 1 }`, `{ seed: doc.seed }` with
/// `$set: { seed: '' }` after `if (!doc.seed) return`.
fn moves_on(project: &Project, field: &FieldWrite, asked: &Predicate<V>, cond: C) -> bool {
    let Predicate::Field { path, test } = asked else { return false };
    if **path != *field.path {
        return false;
    }
    let truth = |value: V| project.arena.truth(cond, value);
    if let (Test::Eq(before), Some(after)) = (test, value_after(field))
        && project.arena.is_literal(after)
        && let (Some(before), Some(after)) = (truth(*before), truth(after))
        && before != after
    {
        return true;
    }
    let step = |value: V| project.number(value).filter(|step| *step != 0.0);
    match (test, field.operator.as_str()) {
        (Test::Eq(_), "$inc") => step(field.value).is_some(),
        (Test::Lt(limit), "$inc") => {
            project.number(*limit).is_some_and(|limit| step(field.value).is_some_and(|step| limit <= step))
        }
        (Test::Eq(_), "$currentDate") => true,
        (Test::Eq(before), "$set" | "replace") => match project.arena.node(field.value) {
            Node::Fresh(..) => true,
            Node::Derived(op, parts) if matches!(project.arena.text(*op), "+" | "-") => {
                parts.first().is_some_and(|part| project.same_value(*part, *before))
                    && parts.get(1).is_some_and(|part| step(*part).is_some())
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether a loaded document was read and is written in one transaction: of two that write one document, one conflicts. A
/// document from outside is taken for one of the transaction that it is written in.
pub fn is_one_transaction(project: &mut Project, steps: &[Step], root: V, is_read: bool, write: &Write) -> bool {
    let Some(session) = write.session else { return false };
    !is_read || project.read_session(steps, root) == Some(session)
}
