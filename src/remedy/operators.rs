//! A whole array or number that is written back, as an operator on what is stored, where no input is known that shows the race.
//!
//! Input: an update or a save. Output: the update with operators; none where one of them is not exact for every input, or where it would do again
//! what the code has decided once. Must not know: how a race is shown.

use super::case::Case;
use super::code::Scope;
use super::decision::{Flags, Reader};
use super::subject::Subject;
use super::{Remedy, drafts, help, lowered, patch};
use crate::diagnostic::Applicability;
use crate::judge::Presumed;
use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::race::path;
use crate::race::predicate::Predicate;
use crate::value::{Node, V};

/// The update as operators that do to the stored value what the code does to the loaded one.
pub fn of_update(project: &mut Project, schemas: &Schemas, case: &Case<'_>) -> Option<Remedy> {
    let act = case.function.writes.get(case.act.write)?;
    if !matches!(act.kind, WriteKind::Update | WriteKind::Save) || act.upsert {
        return None;
    }
    let scope = Scope::at(project, act)?;
    let (drafts, _) = drafts(project, schemas, case, act, &mut Presumed::default(), Flags::Set);
    let mut plain =
        drafts.into_iter().filter(|draft| draft.condition.is_empty() && draft.is_changed && !draft.is_stale);
    let draft = plain.next()?;
    let operators = operators(project, act, &draft.write)?;
    if is_decided(project, case, act, &operators) {
        return None;
    }
    let help = help::of_update(project, &scope, act, &draft.condition, &draft.write, draft.is_changed);
    let mut fix = patch::of_update(project, schemas, case, &scope, &draft);
    if let Some(fix) = &mut fix {
        fix.applicability = Applicability::Suggested;
    }
    let help = help.or_else(|| fix.as_ref().map(|fix| lowered(&fix.title)))?;
    let call = help::code(&help);
    Some(Remedy { help, call, indexes: Vec::new(), only: None, fix })
}

/// What the operators do in place of what was computed.
#[derive(Default)]
struct Operators {
    /// The lists that they take elements out of: done again, they find none.
    removing: Vec<String>,
    is_adding: bool,
}

/// None where one of the operators is exact for some inputs alone, or there is none.
fn operators(project: &Project, act: &Write, written: &Write) -> Option<Operators> {
    let is_kept = |path: &str, value: V| act.fields.iter().any(|own| own.path == path && own.value == value);
    let mut operators = Operators::default();
    for field in written.fields.iter().filter(|field| field.operator != "$set" || !is_kept(&field.path, field.value)) {
        match field.operator.as_str() {
            "$pull" => operators.removing.push(field.top().to_owned()),
            "$push" => operators.is_adding = true,
            "$inc" if matches!(project.arena.node(field.value), Node::Num(_)) => operators.is_adding = true,
            _ => return None,
        }
    }
    (operators.is_adding || !operators.removing.is_empty()).then_some(operators)
}

/// Whether the document decides whether it is changed, by more than what is taken out of it.
fn is_decided(project: &mut Project, case: &Case<'_>, act: &Write, operators: &Operators) -> bool {
    let cond = case.cond(project, act);
    let mut subject = Subject::new(project, act, case.documents);
    let Some(decision) = Reader::new(&mut subject, case.function.writes).read(cond) else { return true };
    let is_removed = |predicate: &Predicate<V>| match predicate {
        Predicate::Field { path, .. } => operators.removing.iter().any(|own| path::is_within(path, own)),
        _ => false,
    };
    let is_free = match operators.is_adding {
        true => decision.predicate.is_empty(),
        false => decision.predicate.iter().all(is_removed),
    };
    !is_free || !decision.repeated.is_empty()
}
