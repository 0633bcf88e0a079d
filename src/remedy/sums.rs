//! Numbers that are computed from a loaded one: what is added, in each case, and which fields hold numbers.
//!
//! Source: MongoDB manual, "$inc", "$mul". Input: a field of the act. Output: the operator; none where it is another number for some
//! documents. Must not know: filters, how an update is put together.

use super::subject::Subject;
use crate::limits;
use crate::project::writes::FieldWrite;
use crate::value::{Atom, C, Node, V, children};
use rustc_hash::FxHashSet;

/// What is added to the field, or what it is multiplied by.
pub fn of(subject: &mut Subject<'_>, field: &FieldWrite) -> Option<(&'static str, V)> {
    let added = added(subject, field, field.value);
    added.or_else(|| added_in_cases(subject, field)).or_else(|| multiplied(subject, field))
}

/// `doc.n + by`, `doc.n - by`, also with a default of zero: `$inc` adds to a missing field as to zero.
fn added(subject: &mut Subject<'_>, field: &FieldWrite, value: V) -> Option<(&'static str, V)> {
    let (operator, first, second) = operands(subject, value)?;
    if !matches!(operator.as_str(), "+" | "-") {
        return None;
    }
    let by = if is_number_of(subject, field, first) {
        second
    } else if operator == "+" && is_number_of(subject, field, second) {
        first
    } else {
        return None;
    };
    let is_text = matches!(subject.node(by), Node::Str(_) | Node::Template(_));
    if subject.mentions(by) || is_text {
        return None;
    }
    let by = match (operator.as_str(), subject.number(by)) {
        ("-", Some(number)) => subject.project.arena.num(-number),
        ("-", None) => subject.project.arena.derived("neg", vec![by]),
        _ => by,
    };
    Some(("$inc", by))
}

/// Whether a value is the field itself, or nothing where it is missing.
fn is_number_of(subject: &mut Subject<'_>, field: &FieldWrite, value: V) -> bool {
    match subject.field(value) {
        Some(path) => path == field.path,
        None => subject
            .defaulted(value)
            .is_some_and(|defaulted| defaulted.path == field.path && subject.number(defaulted.value) == Some(0.0)),
    }
}

/// `isNew ? doc.n + 1 : doc.n`
fn added_in_cases(subject: &mut Subject<'_>, field: &FieldWrite) -> Option<(&'static str, V)> {
    let value = subject.project.bare(field.value);
    let Node::OneOf(alternatives) = subject.node(value) else { return None };
    let (mut cases, mut has_sum): (Vec<(C, V)>, bool) = (Vec::new(), false);
    for (cond, value) in alternatives {
        let (case, is_missing) = case(subject, field, cond)?;
        let by = match added(subject, field, value) {
            Some((_, by)) => by,
            None if is_missing && subject.number(value) == Some(0.0) => value,
            None if is_number_of(subject, field, value) => subject.project.arena.num(0.0),
            None => return None,
        };
        has_sum |= subject.number(by) != Some(0.0);
        match cases.iter().find(|(known, _)| *known == case) {
            Some((_, known)) if *known != by => return None,
            Some(_) => {}
            None => cases.push((case, by)),
        }
    }
    (has_sum && cases.len() > 1).then(|| ("$inc", subject.project.arena.one_of(cases)))
}

/// `doc.n * by`
fn multiplied(subject: &mut Subject<'_>, field: &FieldWrite) -> Option<(&'static str, V)> {
    let (operator, first, second) = operands(subject, field.value)?;
    if operator != "*" {
        return None;
    }
    [(first, second), (second, first)].into_iter().find_map(|(own, by)| {
        let is_own = subject.field(own).is_some_and(|path| path == field.path);
        (is_own && !subject.mentions(by)).then_some(("$mul", by))
    })
}

fn operands(subject: &Subject<'_>, value: V) -> Option<(String, V, V)> {
    match subject.node(subject.project.bare(value)) {
        Node::Derived(operator, operands) => match operands.as_slice() {
            [first, second] => Some((subject.text(operator), *first, *second)),
            _ => None,
        },
        _ => None,
    }
}

/// What an alternative is taken under beside whether the field is there, and whether it is missing; none where the document says more.
fn case(subject: &mut Subject<'_>, field: &FieldWrite, cond: C) -> Option<(C, bool)> {
    let (mut case, mut is_missing) = (C::TRUE, false);
    for Atom { value, holds } in subject.project.arena.atoms_in_order(cond) {
        if !subject.mentions(value) {
            case = subject.project.arena.meet(case, value, holds);
            continue;
        }
        let (asked, is_there) = match subject.node(value) {
            Node::Nullish(inner) => (inner, !holds),
            Node::Not(inner) => (inner, !holds),
            _ => (value, holds),
        };
        // That it was found is what the act itself stands under.
        if subject.is_root(asked) && is_there {
            continue;
        }
        if subject.field(asked)? != field.path {
            return None;
        }
        is_missing |= !is_there;
    }
    Some((case, is_missing))
}

/// The fields that the act calculates with, and takes a number for where they are missing.
pub fn numbers(subject: &mut Subject<'_>) -> Vec<String> {
    let mut open: Vec<V> = subject.act.fields.iter().map(|field| field.value).collect();
    let (mut numbers, mut seen) = (Vec::new(), FxHashSet::default());
    while let Some(at) = open.pop() {
        if seen.len() > limits::SEARCHED || !seen.insert(at) || !subject.mentions(at) {
            continue;
        }
        match subject.defaulted(at) {
            Some(defaulted) if subject.number(defaulted.value).is_some() => numbers.push(defaulted.path),
            _ => open.extend(children(&subject.node(at))),
        }
    }
    let fields = &subject.act.fields;
    let in_cases: Vec<&FieldWrite> = fields.iter().filter(|field| !numbers.contains(&field.path)).collect();
    let in_cases: Vec<String> = in_cases
        .into_iter()
        .filter(|field| added_in_cases(subject, field).is_some())
        .map(|field| field.path.clone())
        .collect();
    numbers.extend(in_cases);
    numbers
}
