//! Which fields of a document a query gives back, or a pipeline keeps.
//!
//! Input: paths, a document. Output: the document with them, or without them. Must not know: commands, expressions.

use super::bson::Value;
use super::failure::Failure;
use std::rc::Rc;

/// What the `projection` of a query leaves of a document.
pub fn project(projection: &Value, document: &Value) -> Result<Value, Failure> {
    let Some(named) = projection.fields() else { return Failure::rejected("a projection is a document") };
    let (mut kept, mut away, mut id) = (Vec::new(), Vec::new(), None);
    for (path, flag) in named {
        let flag = match flag {
            Value::Bool(flag) => *flag,
            Value::Number(flag) => *flag != 0.0,
            _ => return Failure::not_modelled("such a projection"),
        };
        if path.contains('$') {
            return Failure::not_modelled("a positional projection");
        }
        match (flag, &**path) {
            (_, "_id") => id = Some(flag),
            (true, path) => kept.push(path),
            (false, path) => away.push(path),
        }
    }
    let without_id = id == Some(false);
    match (kept.is_empty(), away.is_empty()) {
        (false, false) => Failure::rejected("a projection mixes what stays and what goes"),
        (true, true) if id == Some(true) => Ok(keep(document, &["_id"])),
        (false, true) => {
            if !without_id {
                kept.push("_id");
            }
            Ok(keep(document, &kept))
        }
        _ if id == Some(true) => Failure::not_modelled("such a projection"),
        _ => {
            if without_id {
                away.push("_id");
            }
            Ok(remove(document, &away))
        }
    }
}

/// The document with these paths only, in its own order.
pub fn keep(document: &Value, paths: &[&str]) -> Value {
    kept(document, paths).unwrap_or(Value::Null)
}

/// What stays of a document or a list; other values have no paths.
fn kept(value: &Value, paths: &[&str]) -> Option<Value> {
    match value {
        Value::List(items) => Some(Value::list(items.iter().filter_map(|item| kept(item, paths)).collect())),
        Value::Document(fields) => {
            let fields = fields.iter().filter_map(|(name, value)| {
                if paths.contains(&&**name) {
                    return Some((name.clone(), value.clone()));
                }
                let inner = inside(paths, name);
                if inner.is_empty() { None } else { Some((name.clone(), kept(value, &inner)?)) }
            });
            Some(Value::Document(Rc::new(fields.collect())))
        }
        _ => None,
    }
}

/// The document without these paths.
pub fn remove(value: &Value, paths: &[&str]) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(|item| remove(item, paths)).collect()),
        Value::Document(fields) => {
            let stays = fields.iter().filter(|(name, _)| !paths.contains(&&**name));
            let fields = stays.map(|(name, value)| {
                let inner = inside(paths, name);
                (name.clone(), if inner.is_empty() { value.clone() } else { remove(value, &inner) })
            });
            Value::Document(Rc::new(fields.collect()))
        }
        _ => value.clone(),
    }
}

/// What the paths say of the value under a name.
fn inside<'a>(paths: &[&'a str], name: &str) -> Vec<&'a str> {
    paths.iter().filter_map(|path| path.strip_prefix(name)?.strip_prefix('.')).collect()
}
