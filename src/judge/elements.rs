//! Lists that are searched, and their elements.
//!
//! Input: a list and what is asked of its elements. Output: what is found. Must not know: the store.

use super::bson::Value;
use super::eval::{Js, Machine, truthy};
use super::javascript;
use super::state::Request;
use crate::value::{Arena, Node, Sym, V};

impl Machine<'_> {
    /// The elements of an array; of an unknown one, one unknown element.
    pub(super) fn items(&mut self, request: &mut Request, array: V) -> Option<Vec<Value>> {
        let list = self.eval(request, array);
        self.items_of(request, array, list)
    }

    fn items_of(&mut self, request: &mut Request, array: V, list: Js) -> Option<Vec<Value>> {
        match list {
            Some(Value::List(items)) => Some(items.to_vec()),
            Some(other @ (Value::Symbol(_) | Value::Document(_))) => {
                self.note("the elements of an unknown list");
                let element = self.applied(request, array, "element", &[Some(other)]);
                Some(element.into_iter().collect())
            }
            _ => {
                self.throw(request);
                None
            }
        }
    }

    /// The list that the elements of a list are those of, or are made of, and each element of that with what it is in this one.
    pub(super) fn rows(&mut self, request: &mut Request, array: V) -> Option<(V, Vec<(Value, Value)>)> {
        match *self.arena.peek(array) {
            Node::Mapped(inner, made) => {
                let (base, rows) = self.rows(request, inner)?;
                let made = rows.into_iter().filter_map(|(row, _)| {
                    let made = self.with_element(request, base, row.clone(), made)?;
                    Some((row, made))
                });
                Some((base, made.collect()))
            }
            Node::Query { method, array: inner, arg } if self.arena.text(method) == "filter" => {
                let (base, rows) = self.rows(request, inner)?;
                let kept = rows.into_iter().filter(|(row, _)| {
                    let is_kept = self.with_element(request, base, row.clone(), arg);
                    truthy(&is_kept)
                });
                Some((base, kept.collect()))
            }
            _ => {
                let items = self.items(request, array)?;
                Some((self.ordered(array), items.into_iter().map(|item| (item.clone(), item)).collect()))
            }
        }
    }

    /// The list that was put in another order, or cut.
    fn ordered(&self, array: V) -> V {
        match *self.arena.peek(array) {
            Node::Query { method, array: inner, .. }
                if matches!(self.arena.text(method), "slice" | "sort" | "reverse") =>
            {
                self.ordered(inner)
            }
            _ => array,
        }
    }

    pub(super) fn with_element(&mut self, request: &mut Request, array: V, item: Value, value: V) -> Js {
        let element = self.arena.known(&Node::Element(array));
        let Some(element) = element else { return self.eval(request, value) };
        request.elements.push((element, Some(item)));
        let result = self.eval(request, value);
        request.elements.pop();
        result
    }

    pub(super) fn element(&mut self, request: &mut Request, value: V, array: V) -> Js {
        match self.eval(request, array) {
            Some(Value::List(items)) => {
                if items.is_empty() {
                    self.skip(request);
                }
                items.first().cloned()
            }
            None | Some(Value::Null) => {
                self.skip(request);
                None
            }
            other => self.applied(request, value, "element", &[other]),
        }
    }

    pub(super) fn query(&mut self, request: &mut Request, value: V, method: Sym, array: V, arg: V) -> Js {
        let method = self.arena.text(method);
        let direct = matches!(method, "includes" | "indexOf" | "lastIndexOf");
        let is_whole = matches!(method, "slice" | "sort" | "reverse" | "flat" | "toSorted" | "toSpliced");
        let list = if direct || is_whole { self.eval(request, array) } else { None };
        if direct && matches!(list, Some(Value::Text(_))) {
            let operands = [list, self.eval(request, arg)];
            return match javascript::apply(method, &operands) {
                Some(result) => result,
                None => self.applied(request, value, method, &operands),
            };
        }
        let (base, rows) = match direct || is_whole {
            true => {
                let items = self.items_of(request, array, list)?;
                (array, items.into_iter().map(|item| (item.clone(), item)).collect())
            }
            false => self.rows(request, array)?,
        };
        let wanted = if direct { self.eval(request, arg) } else { None };
        let mut kept = Vec::new();
        for (at, (row, item)) in rows.iter().enumerate() {
            let is_found = match direct {
                true => javascript::equal(&Some(item.clone()), &wanted),
                false if is_whole => true,
                false => {
                    let found = self.with_element(request, base, row.clone(), arg);
                    truthy(&found)
                }
            };
            if is_found {
                kept.push(at);
            }
        }
        let items: Vec<Value> = rows.into_iter().map(|(_, item)| item).collect();
        let first = kept.first().copied();
        match method {
            "find" | "findLast" => first.and_then(|at| items.get(at).cloned()),
            "some" | "includes" => Some(Value::Bool(first.is_some())),
            "every" => Some(Value::Bool(kept.len() == items.len())),
            "indexOf" | "lastIndexOf" | "findIndex" | "findLastIndex" => {
                Some(Value::Number(first.map_or(-1.0, |at| at as f64)))
            }
            "filter" => Some(Value::list(kept.iter().filter_map(|at| items.get(*at).cloned()).collect())),
            "sort" | "reverse" | "toSorted" if items.len() < 2 => Some(Value::list(items)),
            "flat" if arg == Arena::UNDEFINED => {
                let flat = items.into_iter().flat_map(|item| match item {
                    Value::List(inner) => inner.to_vec(),
                    item => vec![item],
                });
                Some(Value::list(flat.collect()))
            }
            "slice" | "sort" | "reverse" | "flat" | "toSorted" | "toSpliced" => {
                self.note(&format!("`{method}` of a list"));
                Some(Value::list(items))
            }
            _ => self.applied(request, value, method, &[Some(Value::list(items)), wanted]),
        }
    }
}
