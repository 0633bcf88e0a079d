//! What the stages of an update pipeline make of a document.
//!
//! Input: stages, a document. Output: the new document. Must not know: collections, `_id`.

use super::bson::Value;
use super::evaluated::Evaluated;
use super::expression::{Scope, evaluate};
use super::failure::Failure;
use super::projection;
use crate::race::change::Stage;
use crate::race::expression::Expression;
use std::rc::Rc;

/// `now` is the time of the command.
pub fn apply(stages: &[Stage<Value>], document: &Value, now: i64) -> Result<Value, Failure> {
    let mut current = document.clone();
    for stage in stages {
        current = match stage {
            Stage::Set(fields) => set(&current, fields.iter().map(|(path, value)| (path, value)), &current, now)?,
            Stage::Unset(paths) => {
                let paths: Vec<&str> = paths.iter().map(|path| &**path).collect();
                projection::remove(&current, &paths)
            }
            Stage::Keep(fields) => {
                let plain = fields.iter().filter(|(_, computed)| computed.is_none()).map(|(path, _)| &**path);
                let paths: Vec<&str> = std::iter::once("_id").chain(plain).collect();
                let kept = projection::keep(&current, &paths);
                let computed = fields.iter().filter_map(|(path, computed)| Some((path, computed.as_ref()?)));
                set(&kept, computed, &current, now)?
            }
            Stage::Replace(expression) => match evaluate(expression, &mut Scope::new(&current, Some(now)))? {
                Some(new @ Value::Document(_)) => new,
                Some(Value::Symbol(_)) => return Failure::not_modelled("$replaceWith an unknown value"),
                _ => return Failure::rejected("$replaceWith needs a document"),
            },
            Stage::Unknown(name) => return Failure::not_modelled(&**name),
        };
    }
    Ok(current)
}

/// All fields are computed from the document before the stage.
fn set<'a>(
    document: &Value,
    fields: impl Iterator<Item = (&'a Rc<str>, &'a Expression<Value>)>,
    root: &Value,
    now: i64,
) -> Result<Value, Failure> {
    let mut new = document.clone();
    for (path, expression) in fields {
        let mut compute = || evaluate(expression, &mut Scope::new(root, Some(now)));
        new = assign(Some(&new), Some(path), &mut compute)?.unwrap_or(Value::Null);
    }
    Ok(new)
}

/// A path goes into each element of an array, and puts a document where something else was. Where an array is empty, nothing
/// is computed, and nothing fails.
fn assign(container: Option<&Value>, path: Option<&str>, compute: &mut impl FnMut() -> Evaluated) -> Evaluated {
    let Some(path) = path else { return compute() };
    if let Some(Value::List(items)) = container {
        let mut new = Vec::with_capacity(items.len());
        for item in items.iter() {
            new.extend(assign(Some(item), Some(path), compute)?);
        }
        return Ok(Some(Value::list(new)));
    }
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let mut fields = container.and_then(Value::fields).unwrap_or_default().to_vec();
    match fields.iter().position(|(known, _)| &**known == name) {
        Some(at) => {
            let (name, old) = fields.remove(at);
            if let Some(new) = assign(Some(&old), rest, compute)? {
                fields.insert(at, (name, new));
            }
        }
        None => fields.extend(assign(None, rest, compute)?.map(|new| (Rc::from(name), new))),
    }
    Ok(Some(Value::Document(Rc::new(fields))))
}
