//! Which fields of a document a query gives back, or a pipeline keeps.
//!
//! Input: paths, a document. Output: the document with them, or without them. Must not know: commands, expressions.

use super::bson::Value;
use super::failure::Failure;
use crate::race::path::apart;
use std::rc::Rc;

/// The `projection` of a query.
pub enum Projection<'a> {
    Whole,
    Keep(Vec<&'a str>),
    Remove(Vec<&'a str>),
}

impl<'a> Projection<'a> {
    pub fn read(projection: Option<&'a Value>) -> Result<Self, Failure> {
        let Some(projection) = projection else { return Ok(Self::Whole) };
        let Some(named) = projection.fields() else { return Failure::rejected("a projection is a document") };
        let (mut kept, mut away, mut id) = (Vec::new(), Vec::new(), None);
        apart(named.iter().map(|(path, _)| &**path))?;
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
        if id == Some(false) && kept.is_empty() {
            away.push("_id");
        } else if id == Some(true) || id.is_none() && !kept.is_empty() {
            kept.push("_id");
        }
        match (kept.is_empty(), away.is_empty()) {
            (false, false) => Failure::rejected("a projection mixes what stays and what goes"),
            (true, true) => Ok(Self::Whole),
            (false, true) => Ok(Self::Keep(kept)),
            (true, false) => Ok(Self::Remove(away)),
        }
    }

    pub fn of(&self, document: &Value) -> Value {
        match self {
            Self::Whole => document.clone(),
            Self::Keep(paths) => keep(document, paths),
            Self::Remove(paths) => remove(document, paths),
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

#[cfg(test)]
mod tests {
    use super::super::written::value;
    use super::*;

    #[test]
    fn a_projection_keeps_or_removes() {
        let document = value("{'_id': 1, 'a': [{'x': 1, 'y': 2}, 3], 'b': {'x': 1}, 'c': 4}");
        for (projection, expected) in [
            ("{}", "{_id: 1, a: [{x: 1, y: 2}, 3], b: {x: 1}, c: 4}"),
            ("{'a.x': 1}", "{_id: 1, a: [{x: 1}]}"),
            ("{'c': 1, '_id': 0}", "{c: 4}"),
            ("{'c.z': 1}", "{_id: 1}"),
            ("{'_id': 1}", "{_id: 1}"),
            ("{'_id': 0, 'a': 0}", "{b: {x: 1}, c: 4}"),
            ("{'a.x': 0, 'b': 0}", "{_id: 1, a: [{y: 2}, 3], c: 4}"),
        ] {
            let projection = value(projection);
            assert_eq!(
                Projection::read(Some(&projection)).unwrap().of(&document).canonical(),
                expected,
                "{projection:?}"
            );
        }
    }

    #[test]
    fn the_server_refuses_a_mixture_and_paths_in_each_other() {
        for projection in ["{'a': 1, 'b': 0}", "{'a': 1, 'a.x': 1}", "{'b.x': 0, 'b': 0}", "1"] {
            assert!(matches!(Projection::read(Some(&value(projection))), Err(Failure::Rejected(_))), "{projection}");
        }
        let positional = value("{'a.$': 1}");
        assert!(matches!(Projection::read(Some(&positional)), Err(Failure::NotModelled(_))));
    }
}
