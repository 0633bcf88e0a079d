//! The stages of an update that is a pipeline.
//!
//! Input: stages in any representation. Output: typed stages. Must not know: how they are applied.

use super::expression::{self, Expression};
use super::term::{Items, Refused, Terms, View, entries};
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

fn set<S: Terms>(terms: &S, operand: &S::Term) -> Result<Stage<S::Term>, Refused> {
    let Some(named) = entries(terms, operand, "$set")? else { return Ok(Stage::Unknown("$set".into())) };
    if named.is_empty() {
        return Err(Refused::new("$set needs a field"));
    }
    let mut fields = Vec::with_capacity(named.len());
    for (name, value) in named {
        flatten(terms, name, &value, &mut fields, 0)?;
    }
    apart(fields.iter().map(|(path, _)| path))?;
    Ok(Stage::Set(fields))
}

/// A document that is no operator sets the fields in it, and leaves those beside them.
fn flatten<S: Terms>(
    terms: &S,
    path: Rc<str>,
    value: &S::Term,
    fields: &mut Vec<(Rc<str>, Expression<S::Term>)>,
    depth: u32,
) -> Result<(), Refused> {
    if path.starts_with('$') || path.split('.').any(|part| part.is_empty() || part.starts_with('$')) {
        return Err(Refused::new(format!("a field of $set cannot be named {path}")));
    }
    match terms.view(value) {
        View::Document(named) if depth < crate::limits::FILTER_DEPTH => {
            if named.is_empty() {
                return Err(Refused::new("an empty document is no value of $set"));
            }
            let is_operator = named.iter().any(|(name, _)| name.as_deref().is_none_or(|name| name.starts_with('$')));
            if is_operator {
                fields.push((path, expression::parse(terms, value)?));
                return Ok(());
            }
            for (name, value) in named {
                let name = name.unwrap_or_default();
                if depth > 0 && name.contains('.') || name.contains('.') {
                    return Err(Refused::new("a nested field of $set has no dots"));
                }
                flatten(terms, format!("{path}.{name}").into(), &value, fields, depth + 1)?;
            }
            Ok(())
        }
        _ => {
            fields.push((path, expression::parse(terms, value)?));
            Ok(())
        }
    }
}

/// No path of a stage lies in another one.
fn apart<'a>(paths: impl Iterator<Item = &'a Rc<str>>) -> Result<(), Refused> {
    let mut seen: Vec<&str> = Vec::new();
    for path in paths {
        let inside = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if seen.iter().any(|other| inside(path, other) || inside(other, path)) {
            return Err(Refused::new(format!("the path {path} is there twice")));
        }
        seen.push(path);
    }
    Ok(())
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
    apart(paths.iter())?;
    Ok(Stage::Unset(paths))
}

/// `{a: 0}` takes fields away, `{a: 1, b: <expression>}` keeps and computes some.
fn project<S: Terms>(terms: &S, operand: &S::Term) -> Result<Stage<S::Term>, Refused> {
    let unknown = || Ok(Stage::Unknown("$project".into()));
    let Some(named) = entries(terms, operand, "$project")? else { return unknown() };
    if named.is_empty() {
        return Err(Refused::new("$project needs a field"));
    }
    let (mut away, mut kept, mut without_id) = (Vec::new(), Vec::new(), false);
    for (path, value) in named {
        let flag = match terms.view(&value) {
            View::Bool(flag) => Some(flag),
            View::Number(flag) => Some(flag != 0.0),
            View::Unknown => return unknown(),
            View::Document(named) if !super::predicate::is_operators(&named) => return unknown(),
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
        // An update keeps its `_id`, whether a stage keeps it or not.
        (true, false) if without_id => unknown(),
        (true, false) => {
            apart(kept.iter().map(|(path, _)| path))?;
            Ok(Stage::Keep(kept))
        }
        _ if without_id => unknown(),
        _ => {
            apart(away.iter())?;
            Ok(Stage::Unset(away))
        }
    }
}
