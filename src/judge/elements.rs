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
        let list = self.eval(request, array);
        if direct && matches!(list, Some(Value::Text(_))) {
            let operands = [list, self.eval(request, arg)];
            return match javascript::apply(method, &operands) {
                Some(result) => result,
                None => self.applied(request, value, method, &operands),
            };
        }
        let items = self.items_of(request, array, list)?;
        let wanted = if direct { self.eval(request, arg) } else { None };
        let mut kept = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let is_found = match direct {
                true => javascript::equal(&Some(item.clone()), &wanted),
                false if matches!(method, "slice" | "sort" | "reverse" | "flat" | "toSorted" | "toSpliced") => true,
                false => {
                    let found = self.with_element(request, array, item.clone(), arg);
                    truthy(&found)
                }
            };
            if is_found {
                kept.push(at);
            }
        }
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
