//! Guesses that are counted where they fail: what was loaded is compared with what the request brings before the count, so that no filter
//! of the count keeps a second guess from being compared.
//!
//! Input: an act that adds to a number. Output: a sentence. Must not know: how an act is judged.

use super::asked::{Seen, speaks_of};
use super::case::Case;
use super::code::Scope;
use super::lower;
use super::subject::Subject;
use crate::project::Project;
use crate::value::{Atom, Compare, Key, Node, V};

/// What to do about an act that counts guesses; none where it counts none.
pub fn of_count(project: &mut Project, case: &Case<'_>) -> Option<String> {
    let act = case.function.writes.get(case.act.write)?;
    act.fields.iter().find_map(|field| of_path(project, case, &field.path))
}

fn of_path(project: &mut Project, case: &Case<'_>, path: &str) -> Option<String> {
    let act = case.function.writes.get(case.act.write).filter(|act| !act.upsert)?;
    let seen = Seen::of(case, act);
    let update = seen.operator(project, path)?;
    // What is counted is one more each time; an amount is no count.
    let is_count = match project.arena.node(update.value) {
        Node::Object(added) => added.iter().all(|entry| matches!(project.arena.node(entry.value), Node::Num(_))),
        _ => false,
    };
    let is_inc = matches!(update.key, Key::Name(name) if project.arena.text(name) == "$inc") && is_count;
    let cond = case.cond(project, act);
    let mut subject = Subject::new(project, act, case.documents);
    let atoms = subject.project.arena.atoms_in_order(cond);
    let compared = atoms.iter().find_map(|atom| compared(&mut subject, path, *atom))?;
    if !is_inc || !is_limited(&mut subject, &atoms, path) {
        return None;
    }
    let tests = super::asked::tests(&mut subject, case.function.writes, cond, path);
    let filter = tests.and_then(|tests| lower::filter(&mut subject.project.arena, &tests));
    let scope = Scope::at(project, act)?;
    let update = scope.entries(project, &[update])?;
    let before = compared.map_or("anything is compared".to_owned(), |compared| format!("`{compared}` is compared"));
    Some(match filter.and_then(|filter| scope.entries(project, &filter)) {
        Some(filter) => format!(
            "count first: one `findOneAndUpdate` whose filter asks `{filter}` and whose update says `{update}`, before {before}, and compare what it gives; null means that there were too many"
        ),
        None => format!(
            "count first: `{update}` in a `findOneAndUpdate` of its own, before {before}; decide by the number that it gives, and set that back where the comparison succeeds"
        ),
    })
}

/// What of the document was compared with what the request brings, and found different: the path of a field, where that is known. What
/// is counted itself is no guess.
fn compared(subject: &mut Subject<'_>, path: &str, atom: Atom) -> Option<Option<String>> {
    let (mut value, mut holds) = (subject.project.arena.as_condition(atom.value), atom.holds);
    while let Node::Not(inner) = subject.node(value) {
        (value, holds) = (inner, !holds);
    }
    if holds || speaks_of(subject, value, path) {
        return None;
    }
    match subject.node(value) {
        Node::Compare(Compare::Equal, a, b) => [(a, b), (b, a)].into_iter().find_map(|(own, other)| {
            let own = subject.field(own).filter(|own| own != "_id")?;
            (is_brought(subject, other) && !subject.mentions(other)).then_some(Some(own))
        }),
        // bcrypt.compare(password, user.hash), user.hasPassword(password)
        Node::Call { args, .. } => {
            let is_given = args.iter().any(|arg| is_brought(subject, *arg) && !subject.mentions(*arg));
            if !is_given || subject.project.read_of(value).is_some() || !subject.mentions(value) {
                return None;
            }
            Some(args.iter().find_map(|arg| subject.field(*arg)))
        }
        _ => None,
    }
}

/// Whether a request brings a part of a value.
fn is_brought(subject: &Subject<'_>, value: V) -> bool {
    subject.project.contains(value, &mut |project, part| matches!(project.arena.node(part), Node::Param(..)))
}

/// Whether the number is compared with a bound that is not stored beside it, before the act or by what that stores: where it is compared
/// with the highest one so far, nobody is kept from anything.
fn is_limited(subject: &mut Subject<'_>, atoms: &[Atom], path: &str) -> bool {
    let mut asked: Vec<V> = atoms.iter().map(|atom| atom.value).collect();
    for field in &subject.act.fields {
        asked.push(field.value);
        asked.extend(subject.project.arena.atoms(field.cond).into_iter().map(|atom| atom.value));
        for (cond, _) in subject.project.arena.alternatives(field.value) {
            asked.extend(subject.project.arena.atoms(cond).into_iter().map(|atom| atom.value));
        }
    }
    let mut orders: Vec<(V, V)> = Vec::new();
    for value in asked {
        subject.project.contains(value, &mut |project, part| {
            if let Node::Compare(Compare::Less | Compare::LessOrEqual, a, b) = *project.arena.node(part) {
                orders.extend([(a, b), (b, a)]);
            }
            false
        });
    }
    orders.into_iter().any(|(own, bound)| speaks_of(subject, own, path) && !subject.mentions(bound))
}
