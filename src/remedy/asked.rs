//! What a filter has to ask of one field, by the code's own comparisons of it, and what an update has to say: a help where no remedy
//! is proven.
//!
//! Input: an act and a path. Output: a sentence; none where the code has no exact form in MongoDB, or no name at the act.
//! Must not know: how an act is judged.

use super::case::Case;
use super::change::{self, Change};
use super::code::Scope;
use super::decision::Reader;
use super::subject::Subject;
use super::{help, lower, said, token};
use crate::limits;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::project::{Op, Project};
use crate::race::predicate::{Predicate, Test};
use crate::value::{C, Entry, Key, Node, V, children};
use rustc_hash::FxHashSet;

/// The check of a field and its change as one command.
pub fn of_field(project: &mut Project, case: &Case<'_>, path: &str) -> Option<String> {
    let act = case.function.writes.get(case.act.write)?;
    let is_own = matches!(act.kind, WriteKind::Update | WriteKind::Save) && !act.upsert;
    if !is_own || case.overwritten.is_some() || path.contains(['*', '$']) {
        return None;
    }
    let scope = Scope::at(project, act)?;
    let cond = case.cond(project, act);
    let mut subject = Subject::new(project, act, case.documents);
    // A value that was changed in place need not be the loaded one.
    if act.kind != WriteKind::Save && change::is_changed_in_place(&mut subject, case.function.steps) {
        return None;
    }
    // What is stored beside says from which value to which: an operator would change another one than it says.
    if is_used_beside(subject.project, case, act, path)
        && operator(&mut subject, case.function.writes, act, path).is_some()
    {
        return Some(format!(
            "make the check and the change one command: its filter asks that `{path}` is still what was loaded, its update sets the new value, and matchedCount 0 (or null) means that another request was first"
        ));
    }
    let tests = tests(&mut subject, case.function.writes, cond, path)?;
    // That there is something stands in the way of nobody, where something is stored then.
    let is_cleared = |field: &FieldWrite| {
        field.operator == "$unset" || matches!(subject.project.arena.node(field.value), Node::Null | Node::Undefined)
    };
    let is_of_presence = tests.iter().all(|test| {
        matches!(test, Predicate::Field { test: Test::Ne(value), .. } if subject.project.arena.node(*value) == &Node::Null)
    });
    if is_of_presence && !act.fields.iter().any(|field| field.path == path && is_cleared(field)) {
        return None;
    }
    let update = operator(&mut subject, case.function.writes, act, path);
    if let Some(update) = update
        && is_counted_towards(subject.project, &tests, &update)
        && let Some(update) = scope.entries(subject.project, &[update])
    {
        return Some(format!(
            "count first, whatever the number is: `{update}` in a findOneAndUpdate of its own that gives the new number, before anything is decided, and compare that in place of the `{path}` that was loaded"
        ));
    }
    let filter = lower::filter(&mut subject.project.arena, &tests)?;
    let filter = scope.entries(project, &filter)?;
    let change = match update.and_then(|update| scope.entries(project, &[update])) {
        Some(update) => format!("its update says `{update}`"),
        None => "its update changes it".to_owned(),
    };
    if case.is_of_part(project, act) {
        return Some(format!(
            "change `{path}` by an update of its own: its filter asks `{filter}`, {change}; what is written whatever the check says stays out of it"
        ));
    }
    Some(format!(
        "make the check and the change one command: its filter asks `{filter}`, {change}, and matchedCount 0 (or null) means that the check failed"
    ))
}

/// The operator that does to the stored value what the code does to the loaded one.
pub fn of_change(project: &mut Project, case: &Case<'_>, path: &str) -> Option<String> {
    let act = case.function.writes.get(case.act.write)?;
    if act.upsert || path.contains(['*', '$']) {
        return None;
    }
    let scope = Scope::at(project, act);
    let mut subject = Subject::new(project, act, case.documents);
    if act.kind != WriteKind::Save && change::is_changed_in_place(&mut subject, case.function.steps) {
        return None;
    }
    let update = operator(&mut subject, case.function.writes, act, path)?;
    // A constant needs no names.
    let is_constant =
        children(project.arena.peek(update.value)).into_iter().all(|value| project.arena.is_literal(value));
    let scope = scope.or_else(|| is_constant.then(|| Scope::without_names(act)))?;
    let update = scope.entries(project, &[update])?;
    // What is loaded is a number of the request's own, as that of a counter.
    let is_taken = is_used_beside(project, case, act, path);
    let (method, and) = match is_taken {
        true => ("findOneAndUpdate", format!(", and use the `{path}` that it gives in place of the loaded one")),
        false => ("updateOne", String::new()),
    };
    if let Some(call) = called(project, &scope, act, (method, &update)) {
        return Some(format!("let the server change what is stored: `{call}`, in place of the computed `{path}`{and}"));
    }
    let call = if is_taken { "a findOneAndUpdate" } else { "an update" };
    Some(format!("let the server change what is stored: `{update}` in {call}, in place of the computed `{path}`{and}"))
}

/// Whether the loaded value of a field is given to another call of the function too.
fn is_used_beside(project: &Project, case: &Case<'_>, act: &Write, path: &str) -> bool {
    let Some(document) = act.document else { return false };
    let is_loaded = |project: &Project, part: V| match project.arena.node(part) {
        Node::Member(object, name) => *object == document && project.arena.text(*name) == path,
        _ => false,
    };
    case.function.steps.iter().enumerate().any(|(at, step)| match &step.op {
        Op::Call { args, .. } => {
            at != act.step
                && args.iter().any(|arg| project.contains(*arg, &mut |project, part| is_loaded(project, part)))
        }
        _ => false,
    })
}

/// The call of the model in place of a save; none where the model or the document has no name at the act.
fn called(project: &mut Project, scope: &Scope, act: &Write, (method, update): (&str, &str)) -> Option<String> {
    if act.kind != WriteKind::Save {
        return None;
    }
    let model = help::model(project, scope, act)?;
    let document = scope.value(project, act.document?).filter(|name| token::is_identifier(name))?;
    Some(format!("{model}.{method}({{ _id: {document}._id }}, {{ {update} }})"))
}

/// The comparisons of a field on a path; none where one of them cannot be said exactly, or there is none.
fn tests(subject: &mut Subject<'_>, writes: &[Write], cond: C, path: &str) -> Option<Vec<Predicate<V>>> {
    let mut tests = Vec::new();
    for atom in subject.project.arena.atoms_in_order(cond) {
        if !speaks_of(subject, atom.value, path) {
            continue;
        }
        match Reader::new(subject, writes).said(atom.value, atom.holds, 0)? {
            Predicate::Field { path: own, test } if *own == *path && is_exact(subject.project, &test) => {
                tests.push(said::about(path, test));
            }
            _ => return None,
        }
    }
    (!tests.is_empty()).then_some(tests)
}

/// Whether the condition of an act speaks of a field that it changes.
pub fn is_asked_of_change(project: &mut Project, case: &Case<'_>) -> bool {
    let Some(act) = case.function.writes.get(case.act.write) else { return false };
    let cond = case.cond(project, act);
    let mut subject = Subject::new(project, act, case.documents);
    let atoms = subject.project.arena.atoms_in_order(cond);
    let paths: Vec<&str> = act.fields.iter().map(|field| field.path.as_str()).collect();
    atoms.into_iter().any(|atom| paths.iter().any(|path| speaks_of(&mut subject, atom.value, path)))
}

/// Whether an update adds to numbers, which nothing but a filter keeps within bounds.
pub fn adds(write: &Write) -> bool {
    write.fields.iter().any(|field| matches!(field.operator.as_str(), "$inc" | "$mul"))
}

/// Whether a test is what the code asks, whatever the field may hold: the truth of a value is not.
fn is_exact(project: &Project, test: &Test<V>) -> bool {
    let is_plain = |value: &V| matches!(project.arena.node(*value), Node::Num(_) | Node::Str(_) | Node::Null);
    match test {
        Test::Lt(_) | Test::Lte(_) | Test::Gt(_) | Test::Gte(_) => true,
        Test::Eq(value) | Test::Ne(value) => is_plain(value),
        _ => false,
    }
}

/// Whether a value is computed from a field of the document.
fn speaks_of(subject: &mut Subject<'_>, value: V, path: &str) -> bool {
    let (mut open, mut seen) = (vec![value], FxHashSet::default());
    while let Some(at) = open.pop() {
        if seen.len() > limits::SEARCHED || subject.field(at).is_some_and(|own| own == path) {
            return true;
        }
        if seen.insert(at) && subject.project.read_of(at).is_none() {
            open.extend(children(&subject.node(at)));
        }
    }
    false
}

/// Whether what is asked is that a number, once it is counted on, has come as far as it is counted to: `n += 1`, then `n > limit`. As a
/// filter of the count, nobody would get there.
fn is_counted_towards(project: &Project, tests: &[Predicate<V>], update: &Entry) -> bool {
    let Node::Object(entries) = project.arena.node(update.value) else { return false };
    let is_inc = matches!(update.key, Key::Name(name) if project.arena.text(name) == "$inc");
    let steps: Vec<f64> = entries.iter().filter_map(|entry| project.number(entry.value)).collect();
    let [step] = steps.as_slice() else { return false };
    is_inc
        && tests.iter().all(|test| match test {
            Predicate::Field { test: Test::Gt(bound) | Test::Gte(bound), .. } => {
                *step > 0.0 && is_computed(project, *bound)
            }
            Predicate::Field { test: Test::Lt(bound) | Test::Lte(bound), .. } => {
                *step < 0.0 && is_computed(project, *bound)
            }
            _ => false,
        })
}

/// The same of a condition and an update as they would be written.
pub fn counts_towards(project: &Project, condition: &[Entry], write: &Write) -> bool {
    let is_of = |entry: &Entry| {
        let (Key::Name(path), Node::Object(asked)) = (entry.key, project.arena.node(entry.value)) else { return false };
        let path = project.arena.text(path);
        let mut counts = write.fields.iter().filter(|field| field.operator == "$inc" && field.path == path);
        let Some(step) = counts.find_map(|field| project.number(field.value)) else { return false };
        asked.iter().any(|test| match test.key {
            Key::Name(name) if is_computed(project, test.value) => match project.arena.text(name) {
                "$gt" | "$gte" => step > 0.0,
                "$lt" | "$lte" => step < 0.0,
                _ => false,
            },
            _ => false,
        })
    };
    condition.iter().any(is_of)
}

/// Whether a bound is one that the count was taken off from.
fn is_computed(project: &Project, bound: V) -> bool {
    matches!(project.arena.node(bound), Node::Derived(operator, _) if matches!(project.arena.text(*operator), "+" | "-"))
}

/// The operator in place of a value that is computed from the field itself.
fn operator(subject: &mut Subject<'_>, writes: &[Write], act: &Write, path: &str) -> Option<Entry> {
    let field = act.fields.iter().find(|field| field.path == path)?;
    let Change::Operator(operator, path, value) = change::change(subject, writes, field)? else { return None };
    let arena = &mut subject.project.arena;
    let own = lower::object(arena, vec![(path.as_str(), value)]);
    Some(lower::entry(arena, operator, own))
}
