//! A save that is refused where another request has saved the document meanwhile: an option of its schema.
//!
//! Source: Mongoose guide, "optimisticConcurrency". Input: a save. Output: an edit next to the schema; none where another
//! save of the same request could be refused, or the refusal would come too late. Must not know: filters, formats.

use super::case::Case;
use super::{UNMENDED, indexed};
use crate::diagnostic::Fix;
use crate::judge;
use crate::project::Project;
use crate::project::schema::Schemas;
use crate::project::writes::{Write, WriteKind};
use crate::value::{Node, Site, V};

/// What the schema is told.
const OPTION: &str = ".set('optimisticConcurrency', true)";

/// The option that refuses the second of two saves. Where no input shows the race, what decides it has to be the document alone,
/// and nothing may be done before. `adds` where whoever is refused has something to add.
pub fn of_save(
    project: &mut Project,
    schemas: &Schemas,
    case: &Case<'_>,
    (is_proven, adds): (bool, bool),
) -> Option<Fix> {
    let act = case.function.writes.get(case.act.write).filter(|act| act.kind == WriteKind::Save)?;
    let own = match indexed::own_schemas(project, schemas, act) {
        Ok(own) => own,
        Err(why) => return case.refuse(why),
    };
    if case.is_kept(project, act) {
        return case.refuse("the process keeps the document, which stays as it was loaded where a save is refused");
    }
    // Who adds another element is served today.
    let is_literal = |value: V| project.arena.is_literal(value);
    if act.fields.iter().any(|field| field.is_append() && field.cond == case.act.cond && !is_literal(field.value)) {
        return case.refuse("a version would refuse those who add other elements too");
    }
    if case.function.script.has_effect_before(case.act.write) {
        return case.refuse("a save that is refused comes too late for what was done before it");
    }
    if adds && case.function.steps.get(act.step).is_some_and(|step| project.is_only_logged(step)) {
        return case.refuse("a save that is refused ends in a handler that only logs it, and is lost as before");
    }
    if schemas.is_unversioned(&act.handle) {
        return case.refuse("the schema keeps no version");
    }
    if schemas.is_optimistic(&act.handle) {
        return case.refuse("the version is asked for already, and the race is another");
    }
    if !schemas.counts_versions {
        return case.refuse("a version of Mongoose that the project may have asks for no versions in a save");
    }
    if !is_loaded_whole(project, act) {
        return case.refuse("the document is loaded by no single query that gives all of its fields");
    }
    if !schemas.saves.copied.of(&act.handle).is_empty() {
        return case.refuse("a request may save two copies of one document, and a version would refuse the second");
    }
    let is_mended = match is_proven {
        true => judge::mends_by_version(project, schemas, case.function, case.act, case.overwritten),
        false => case.function.script.is_first(case.act.write) && is_of_document(project, case, act),
    };
    if !is_mended {
        return case.refuse(match is_proven {
            true => UNMENDED,
            false => "no input is known that shows the race, and the save depends on more than the document, or comes after others",
        });
    }
    let is_of_option = |text: &str| format!("Refuse a save of what another request has saved meanwhile: `{text}`");
    let mut all: Option<Fix> = None;
    for schema in own {
        let fix = indexed::at_schema(project, schema, &[OPTION.to_owned()], &is_of_option)?;
        // A line of its own: what `set` gives back is not followed.
        if !fix.edits.iter().all(|edit| edit.text.starts_with('\n')) {
            return case.refuse("the schema has no name, by which an option could be set");
        }
        match &mut all {
            Some(all) if all.edits == fix.edits => {}
            Some(all) => all.edits.extend(fix.edits),
            None => all = Some(fix),
        }
    }
    all
}

/// Whether the document was loaded by one query that leaves none of its fields out, its version among them.
fn is_loaded_whole(project: &mut Project, act: &Write) -> bool {
    let Some(document) = act.document else { return false };
    let (Some(_), Node::Call { site, args, .. }) = (project.read_of(document), project.arena.node(document).clone())
    else {
        return false;
    };
    args.len() < 2 && !project.is_narrowed(site)
}

/// Whether all that the act depends on was loaded with the document.
fn is_of_document(project: &mut Project, case: &Case<'_>, act: &Write) -> bool {
    let Some(Node::Call { site, .. }) = act.document.map(|document| project.arena.node(document).clone()) else {
        return false;
    };
    let cond = project.arena.and(act.cond, case.act.cond);
    let decided = project.arena.atoms(cond).into_iter().map(|atom| atom.value);
    let values: Vec<V> = decided.chain(act.fields.iter().map(|field| field.value)).collect();
    let mut others: Vec<(V, Site)> = Vec::new();
    for value in values {
        project.contains(value, &mut |project, part| {
            if let Node::Call { site: own, .. } = project.arena.node(part)
                && *own != site
            {
                others.push((part, *own));
            }
            false
        });
    }
    others.into_iter().all(|(part, _)| project.read_of(part).is_none())
}
