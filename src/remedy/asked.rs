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
use super::{help, lower, own, said, token};
use crate::judge::Overwritten;
use crate::limits;
use crate::project::writes::{FieldWrite, Write, WriteKind};
use crate::project::{Op, Project, Step};
use crate::race::predicate::{Predicate, Test};
use crate::value::{C, Entry, Key, Node, V, children};
use rustc_hash::FxHashSet;

/// The check of a field and its change as one command.
pub fn of_field(project: &mut Project, case: &Case<'_>, path: &str) -> Option<String> {
    let act = case.function.writes.get(case.act.write)?;
    let is_own = matches!(act.kind, WriteKind::Update | WriteKind::Save) && !act.upsert;
    let is_list =
        matches!(case.overwritten, Some(Overwritten::List(_) | Overwritten::Uncounted(_) | Overwritten::Field(_)));
    if !is_own || is_list || path.contains(['*', '$']) {
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
    if is_used_beside(subject.project, case.function.steps, act, path)
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
    let update = update.filter(|_| is_of_all_callers(project, case, &[path]));
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

/// The operator that does to the stored value what the code does to the loaded one, in the terms of the function that has its text.
pub fn of_change(project: &mut Project, case: &Case<'_>, path: &str) -> Option<String> {
    let act = case.function.writes.get(case.act.write)?;
    if act.upsert || path.contains(['*', '$']) {
        return None;
    }
    let own = own::view(project, case, act);
    let (view, update) = match own.as_ref().and_then(|own| own_operator(project, own, path)) {
        Some(found) => found,
        // A helper that writes what it is given says nothing of it itself.
        None if own.is_none() || own::has_one_caller(project, case, act) || own::is_shared(project, case, act) => {
            let seen = Seen::of(case, act);
            let update = seen.operator(project, path)?;
            (seen, update)
        }
        None => return None,
    };
    let act = view.act;
    let scope = Scope::at(project, act);
    // A constant needs no names.
    let is_constant =
        children(project.arena.peek(update.value)).into_iter().all(|value| project.arena.is_literal(value));
    let scope = scope.or_else(|| is_constant.then(|| Scope::without_names(act)))?;
    let update = scope.entries(project, &[update])?;
    // What is loaded is a number of the request's own, as that of a counter.
    let is_taken = is_used_beside(project, view.steps, act, path);
    let (method, and) = match is_taken {
        true => ("findOneAndUpdate", format!(", and use the `{path}` that it gives in place of the loaded one")),
        false => ("updateOne", String::new()),
    };
    let and = format!("{and}{}", beside(project, &view, path));
    if let Some(call) = called(project, &scope, act, (method, &update)) {
        return Some(format!("let the server change what is stored: `{call}`, in place of the computed `{path}`{and}"));
    }
    let call = if is_taken { "a findOneAndUpdate" } else { "an update" };
    Some(format!("let the server change what is stored: `{update}` in {call}, in place of the computed `{path}`{and}"))
}

fn own_operator<'a>(project: &mut Project, own: &'a own::Own, path: &str) -> Option<(Seen<'a>, Entry)> {
    let seen = Seen { act: own.act()?, writes: &own.writes, steps: &own.steps, documents: &own.documents };
    let update = seen.operator(project, path)?;
    Some((seen, update))
}

/// The other fields that an act computes from what was loaded of them, as words that follow what is said of one.
fn beside(project: &mut Project, view: &Seen<'_>, path: &str) -> String {
    let mut others: Vec<&str> = Vec::new();
    for field in &view.act.fields {
        let is_new = field.path != path && !others.contains(&field.path.as_str()) && !field.path.contains(['*', '$']);
        if is_new && is_set(field) && view.operator(project, &field.path).is_some() {
            others.push(&field.path);
        }
    }
    match others.is_empty() {
        true => String::new(),
        false => format!("; `{}` likewise", others.join("` and `")),
    }
}

/// Whether a field is given a value, and not changed by an operator of its own.
fn is_set(field: &FieldWrite) -> bool {
    matches!(field.operator.as_str(), "$set" | "replace")
}

/// An act as one function sees it.
pub struct Seen<'a> {
    act: &'a Write,
    writes: &'a [Write],
    steps: &'a [Step],
    documents: &'a [V],
}

impl<'a> Seen<'a> {
    pub fn of(case: &'a Case<'_>, act: &'a Write) -> Self {
        Seen { act, writes: case.function.writes, steps: case.function.steps, documents: case.documents }
    }

    pub fn operator(&self, project: &mut Project, path: &str) -> Option<Entry> {
        let mut subject = Subject::new(project, self.act, self.documents);
        let is_stale = self.act.kind != WriteKind::Save && change::is_changed_in_place(&mut subject, self.steps);
        if is_stale { None } else { operator(&mut subject, self.writes, self.act, path) }
    }
}

/// Whether what operators on these paths are given is right for whoever calls the helper that has the text of an act, and not for the
/// caller alone that is judged.
pub fn is_of_all_callers(project: &mut Project, case: &Case<'_>, paths: &[&str]) -> bool {
    let Some(act) = case.function.writes.get(case.act.write) else { return false };
    let Some(own) = own::view(project, case, act) else { return true };
    if own::has_one_caller(project, case, act) {
        return true;
    }
    // A helper that writes what it is given says nothing of it itself.
    let is_for_one = own::is_shared(project, case, act);
    let Some(own_act) = own.act() else { return false };
    let own = Seen { act: own_act, writes: &own.writes, steps: &own.steps, documents: &own.documents };
    let seen = Seen::of(case, act);
    paths.iter().all(|path| {
        let mut text = |view: &Seen<'_>| {
            let update = view.operator(project, path)?;
            Scope::at(project, view.act)?.entries(project, &[update])
        };
        let ours = text(&own);
        ours == text(&seen) || ours.is_none() && is_for_one
    })
}

/// Whether the loaded value of a field is given to another call of the function too.
fn is_used_beside(project: &Project, steps: &[Step], act: &Write, path: &str) -> bool {
    let Some(document) = act.document else { return false };
    let is_loaded = |project: &Project, part: V| match project.arena.node(part) {
        Node::Member(object, name) => *object == document && project.arena.text(*name) == path,
        _ => false,
    };
    steps.iter().enumerate().any(|(at, step)| match &step.op {
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
    let (within, unnamed) = help::in_session(project, scope, act);
    unnamed.is_empty().then(|| format!("{model}.{method}({{ _id: {document}._id }}, {{ {update} }}{within})"))
}

/// The comparisons of a field on a path; none where one of them cannot be said exactly, or there is none.
pub fn tests(subject: &mut Subject<'_>, writes: &[Write], cond: C, path: &str) -> Option<Vec<Predicate<V>>> {
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
    write.fields.iter().any(is_sum)
}

/// Whether an operator computes a number from the stored one.
pub fn is_sum(field: &FieldWrite) -> bool {
    matches!(field.operator.as_str(), "$inc" | "$mul")
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
pub fn speaks_of(subject: &mut Subject<'_>, value: V, path: &str) -> bool {
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

/// The operator in place of a value that is computed from the field itself; of a field that is computed in several cases, in all of them.
fn operator(subject: &mut Subject<'_>, writes: &[Write], act: &Write, path: &str) -> Option<Entry> {
    let fields: Vec<&FieldWrite> = act.fields.iter().filter(|field| field.path == path).collect();
    let (operator, value) = match fields.as_slice() {
        [] => return None,
        [only] => {
            let Change::Operator(operator, _, value) = change::change(subject, writes, only)? else { return None };
            (operator, value)
        }
        _ => ("$inc", added_in_branches(subject, writes, act, &fields)?),
    };
    let arena = &mut subject.project.arena;
    let own = lower::object(arena, vec![(path, value)]);
    Some(lower::entry(arena, operator, own))
}

/// `if (isDeposit) doc.n += by; else if (isPayment) doc.n -= by`: what is added, in each branch and where none is taken.
fn added_in_branches(subject: &mut Subject<'_>, writes: &[Write], act: &Write, fields: &[&FieldWrite]) -> Option<V> {
    let (mut known, mut cases) = (act.cond, Vec::new());
    for field in fields {
        let Change::Operator("$inc", _, by) = change::change(subject, writes, field)? else { return None };
        let arena = &mut subject.project.arena;
        let atoms = arena.atoms_in_order(field.cond).into_iter();
        let open: Vec<_> = atoms.filter(|atom| arena.truth(known, atom.value) != Some(atom.holds)).collect();
        match open.as_slice() {
            // It is the last branch.
            [] => {
                cases.push((known, by));
                return Some(arena.one_of(cases));
            }
            [only] => {
                cases.push((arena.meet(known, only.value, only.holds), by));
                known = arena.meet(known, only.value, !only.holds);
            }
            _ => return None,
        }
    }
    let nothing = subject.project.arena.num(0.0);
    cases.push((known, nothing));
    Some(subject.project.arena.one_of(cases))
}
