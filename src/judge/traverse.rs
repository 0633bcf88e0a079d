//! The values that a dotted path leads to, through arrays, as the server's filters go.
//!
//! Input: a document and a path. Output: each value there, or that there is none, and the element of the outermost array that
//! it is in. Must not know: what is asked of the values.

use super::bson::{Value, index};
use super::failure::Failure;

/// Whether an array at the end of a path stands for its elements too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    Elements,
    Whole,
}

type Answer = Result<bool, Failure>;

/// Asks of each value whether it is the one; stops at the first. `None` stands for a missing value.
///
/// An answer that fails counts only where no value is the one.
pub fn any(
    document: &Value,
    path: &str,
    leaf: Leaf,
    ask: &mut dyn FnMut(Option<&Value>, Option<usize>) -> Answer,
) -> Answer {
    let mut walk = Walk { leaf, ask, failed: None };
    if walk.document(document, path, None) {
        return Ok(true);
    }
    walk.failed.map_or(Ok(false), Err)
}

struct Walk<'a> {
    leaf: Leaf,
    ask: &'a mut dyn FnMut(Option<&Value>, Option<usize>) -> Answer,
    failed: Option<Failure>,
}

impl Walk<'_> {
    fn ask(&mut self, value: Option<&Value>, element: Option<usize>) -> bool {
        match (self.ask)(value, element) {
            Ok(answer) => answer,
            Err(failure) => {
                self.failed.get_or_insert(failure);
                false
            }
        }
    }

    fn document(&mut self, document: &Value, path: &str, element: Option<usize>) -> bool {
        let (mut current, mut rest) = (document, Some(path));
        while let Some(path) = rest {
            let (name, more) = split(path);
            match current.field(name) {
                None => return self.ask(None, element),
                Some(Value::List(items)) => {
                    return self.list(items, more, element, current.field(name));
                }
                Some(value) => (current, rest) = (value, more),
            }
            if rest.is_some() && current.fields().is_none() {
                return self.ask(None, element);
            }
        }
        self.ask(Some(current), element)
    }

    fn list(&mut self, items: &[Value], rest: Option<&str>, element: Option<usize>, whole: Option<&Value>) -> bool {
        let Some(rest) = rest else {
            if self.leaf == Leaf::Elements {
                for (at, item) in items.iter().enumerate() {
                    if self.ask(Some(item), element.or(Some(at))) {
                        return true;
                    }
                }
            }
            return self.ask(whole, element);
        };
        let (name, after) = split(rest);
        let chosen = index(name);
        for (at, item) in items.iter().enumerate() {
            let here = element.or(Some(at));
            if item.fields().is_some() && self.document(item, rest, here) {
                return true;
            }
            if chosen != Some(at) {
                continue;
            }
            // An element that the path names by its index is not one that the filter found.
            let found = match (after, item) {
                (None, _) => self.ask(Some(item), element),
                (Some(after), Value::Document(_)) => self.document(item, after, element),
                (Some(after), Value::List(inner)) => self.list(inner, Some(after), element, None),
                _ => false,
            };
            if found {
                return true;
            }
        }
        false
    }
}

fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    }
}

/// The values that `distinct` finds at a path: those of an array one by one.
pub fn values(document: &Value, path: &str, found: &mut Vec<Value>) {
    let (name, rest) = split(path);
    match (document.field(name), rest) {
        (None, _) => {}
        (Some(Value::List(items)), None) => found.extend(items.iter().cloned()),
        (Some(value), None) => found.push(value.clone()),
        (Some(Value::List(items)), Some(rest)) if index(split(rest).0).is_none() => {
            items.iter().for_each(|item| values(item, rest, found));
        }
        (Some(value), Some(rest)) => values(value, rest, found),
    }
}
