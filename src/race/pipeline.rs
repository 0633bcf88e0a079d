//! The stages of an update that is a pipeline.
//!
//! Input: stages in any representation. Output: typed stages. Must not know: how they are applied.

use super::expression::{self, Expression};
use super::path::apart;
use super::term::{Items, Known, Refused, Terms, View, entries};
use std::rc::Rc;

/// A stage of an update pipeline.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage<T> {
    /// Dotted paths and what they become.
    Set(Vec<(Rc<str>, Expression<T>)>),
    Unset(Vec<Rc<str>>),
    /// The fields that stay; `_id` is among them unless left out.
    Keep(Vec<(Rc<str>, Option<Expression<T>>)>),
    Replace(Expression<T>),
    Unknown(Box<str>),
}

/// Reads the stages of an update; the server takes few of them there.
pub(super) fn parse<S: Terms>(terms: &S, stages: &[S::Term]) -> Result<Vec<Stage<S::Term>>, Refused> {
    let mut read = Vec::with_capacity(stages.len());
    for stage in stages {
        let Some(named) = entries(terms, stage, "a stage")? else {
            read.push(Stage::Unknown("stage".into()));
            continue;
        };
        let [(name, operand)] = named.as_slice() else {
            return Err(Refused::new("a stage has one operator"));
        };
        read.push(match &**name {
            "$set" | "$addFields" => set(terms, operand)?,
            "$unset" => unset(terms, operand)?,
            "$project" => project(terms, operand)?,
            "$replaceWith" => Stage::Replace(expression::parse(terms, operand)?),
            "$replaceRoot" => match entries(terms, operand, name)?.as_deref() {
                None => Stage::Unknown((&**name).into()),
                Some([(part, root)]) if &**part == "newRoot" => Stage::Replace(expression::parse(terms, root)?),
                Some(_) => return Err(Refused::new("$replaceRoot needs newRoot")),
            },
            _ => return Err(Refused::new(format!("an update takes no stage {name}"))),
        });
    }
    Ok(read)
}

/// A nested document leaves the fields beside those in it.
fn set<S: Terms>(terms: &S, operand: &S::Term) -> Result<Stage<S::Term>, Refused> {
    let Some(fields) = fields(terms, operand, "$set")? else { return Ok(Stage::Unknown("$set".into())) };
    let read = fields.into_iter().map(|(path, value)| Ok((path, expression::parse(terms, &value)?)));
    Ok(Stage::Set(read.collect::<Result<_, Refused>>()?))
}

/// A document that is no operator stands for the paths in it.
fn flatten<S: Terms>(
    terms: &S,
    path: Rc<str>,
    value: S::Term,
    fields: &mut Vec<(Rc<str>, S::Term)>,
    depth: u32,
) -> Result<(), Refused> {
    if path.split('.').any(|part| part.is_empty() || part.starts_with('$')) {
        return Err(Refused::new(format!("a field of a stage cannot be named {path}")));
    }
    let View::Document(named) = terms.view(&value) else {
        fields.push((path, value));
        return Ok(());
    };
    if named.is_empty() {
        return Err(Refused::new("an empty document is no value of a stage"));
    }
    let is_operator = named.iter().any(|(name, _)| name.as_deref().is_none_or(|name| name.starts_with('$')));
    if is_operator || depth > crate::limits::FILTER_DEPTH {
        fields.push((path, value));
        return Ok(());
    }
    for (name, value) in named {
        let name = name.unwrap_or_default();
        if name.contains('.') {
            return Err(Refused::new("a nested field of a stage has no dots"));
        }
        flatten(terms, format!("{path}.{name}").into(), value, fields, depth + 1)?;
    }
    Ok(())
}

/// The paths of the operand of a stage; `None` where they are not known.
fn fields<S: Terms>(terms: &S, operand: &S::Term, stage: &str) -> Known<Vec<(Rc<str>, S::Term)>> {
    let Some(named) = entries(terms, operand, stage)? else { return Ok(None) };
    if named.is_empty() {
        return Err(Refused::new(format!("{stage} needs a field")));
    }
    let mut fields = Vec::with_capacity(named.len());
    for (name, value) in named {
        flatten(terms, name, value, &mut fields, 0)?;
    }
    apart(fields.iter().map(|(path, _)| &**path))?;
    Ok(Some(fields))
}

fn unset<S: Terms>(terms: &S, operand: &S::Term) -> Result<Stage<S::Term>, Refused> {
    let items = match terms.view(operand) {
        View::Text(_) => vec![operand.clone()],
        _ => match Items::read(terms, operand, "$unset")? {
            Items::Known(items) => items,
            Items::Unknown(_) => return Ok(Stage::Unknown("$unset".into())),
        },
    };
    if items.is_empty() {
        return Err(Refused::new("$unset needs a field"));
    }
    let mut paths = Vec::with_capacity(items.len());
    for item in &items {
        match terms.view(item) {
            View::Text(path) if path.split('.').any(|part| part.is_empty() || part.starts_with('$')) => {
                return Err(Refused::new(format!("$unset takes no path {path}")));
            }
            View::Text(path) => paths.push(path),
            View::Unknown => return Ok(Stage::Unknown("$unset".into())),
            _ => return Err(Refused::new("$unset needs names")),
        }
    }
    apart(paths.iter().map(|path| &**path))?;
    Ok(Stage::Unset(paths))
}

/// `{a: 0}` takes fields away, `{a: 1, b: <expression>}` keeps and computes some.
fn project<S: Terms>(terms: &S, operand: &S::Term) -> Result<Stage<S::Term>, Refused> {
    let unknown = || Ok(Stage::Unknown("$project".into()));
    let Some(fields) = fields(terms, operand, "$project")? else { return unknown() };
    let (mut away, mut kept, mut without_id, mut is_known) = (Vec::new(), Vec::new(), false, true);
    for (path, value) in fields {
        let flag = match terms.view(&value) {
            View::Bool(flag) => Some(flag),
            View::Number(flag) => Some(flag != 0.0),
            View::Unknown => {
                is_known = false;
                continue;
            }
            _ => None,
        };
        match flag {
            Some(false) if &*path == "_id" => without_id = true,
            Some(false) => away.push(path),
            Some(true) => kept.push((path, None)),
            None => kept.push((path, Some(expression::parse(terms, &value)?))),
        }
    }
    match (away.is_empty(), kept.is_empty()) {
        (false, false) => Err(Refused::new("$project mixes what stays and what goes")),
        // An update keeps its `_id`, whether a stage keeps it or not; what a later stage sees of it is not followed.
        _ if without_id || !is_known => unknown(),
        (true, false) => Ok(Stage::Keep(kept)),
        _ => Ok(Stage::Unset(away)),
    }
}
