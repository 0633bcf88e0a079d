//! Members, operators, coercions and calls of values.
//!
//! Input: the operands. Output: what JavaScript makes of them; an unknown function of them where that is not modelled.
//! Must not know: the store.

use super::bson::Value;
use super::eval::{Js, Machine, truthy};
use super::javascript;
use super::state::Request;
use crate::limits;
use crate::value::{Coercion, Compare, Node, Numeral, ONE_OF_MANY, RETURNS, Sym, V};

impl Machine<'_> {
    pub(super) fn member(&mut self, request: &mut Request, value: V, object: V, key: Sym) -> Js {
        let name = self.arena.text(key);
        if self.is_plain_input(request, object) && !self.hints.loaded.contains_key(&object) {
            return self.member_of_input(request, value, object, name);
        }
        let base = self.eval(request, object);
        match base {
            Some(Value::Document(_)) => {
                let base = base?;
                match base.field(name) {
                    Some(found) => Some(found.clone()),
                    None if name == "id" => base.field("_id").cloned(),
                    None if name == "_doc" || name == "value" && self.is_result(object) => Some(base),
                    None => None,
                }
            }
            Some(Value::List(items)) => match name {
                "length" | "size" => Some(Value::Number(items.len() as f64)),
                _ => None,
            },
            Some(Value::Text(text)) if name == "length" => Some(Value::Number(text.len() as f64)),
            // An ObjectId's own accessors.
            Some(Value::Id(_)) if matches!(name, "_id" | "id") => base,
            Some(Value::Null) if name == "value" && self.is_result(object) => Some(Value::Null),
            None | Some(Value::Null) => {
                if !self.hints.optional.contains(&value) {
                    self.throw(request);
                }
                None
            }
            other => {
                let operator = format!("member {name}");
                self.applied(request, value, &operator, &[other])
            }
        }
    }

    pub(super) fn index(&mut self, request: &mut Request, value: V, object: V, index: V) -> Js {
        let base = self.eval(request, object);
        let at = self.eval(request, index);
        match (&base, &at) {
            (Some(Value::List(items)), Some(Value::Number(at))) if *at >= 0.0 => items.get(*at as usize).cloned(),
            (Some(Value::List(items)), Some(Value::Symbol(_))) => items.first().cloned(),
            (Some(Value::Document(_)), Some(Value::Text(name))) => base.as_ref()?.field(name).cloned(),
            (Some(Value::Document(_)), Some(Value::Number(number))) => {
                base.as_ref()?.field(&number.to_string()).cloned()
            }
            (Some(Value::Document(_)), Some(Value::Symbol(term))) => {
                base.as_ref()?.field(&format!("key{term}")).cloned()
            }
            (None | Some(Value::Null), _) => {
                self.throw(request);
                None
            }
            _ => self.applied(request, value, "index", &[base, at]),
        }
    }

    pub(super) fn coerce(&mut self, request: &mut Request, kind: Coercion, inner: V) -> Js {
        let inner = self.eval(request, inner);
        match (kind, inner) {
            (Coercion::Bool, inner) => Some(Value::Bool(truthy(&inner))),
            (Coercion::Number(_), Some(Value::Text(text))) => Some(Value::Number(text.parse().unwrap_or(f64::NAN))),
            (Coercion::Number(Numeral::Integer), Some(Value::Number(number))) => Some(Value::Number(number.trunc())),
            (Coercion::Number(_), Some(Value::Bool(b))) => Some(Value::Number(f64::from(b))),
            (Coercion::Number(_), Some(Value::Null)) => Some(Value::Number(0.0)),
            (Coercion::Number(_), None) => Some(Value::Number(f64::NAN)),
            (Coercion::Text, Some(Value::Number(number))) => Some(Value::text(&number.to_string())),
            (_, inner) => inner,
        }
    }

    pub(super) fn first(&mut self, request: &mut Request, parts: &[V], wanted: bool) -> Js {
        let mut last = None;
        for part in parts {
            last = self.eval(request, *part);
            if truthy(&last) == wanted {
                return last;
            }
        }
        last
    }

    pub(super) fn compare(&mut self, request: &mut Request, op: Compare, a: V, b: V) -> Js {
        let (a, b) = (self.eval(request, a), self.eval(request, b));
        let holds = match op {
            Compare::Equal => javascript::equal(&a, &b),
            Compare::Less | Compare::LessOrEqual => match javascript::order(&a, &b) {
                Some(order) => order.is_lt() || (op == Compare::LessOrEqual && order.is_eq()),
                None => {
                    if a.as_ref().is_some_and(Value::is_opaque) || b.as_ref().is_some_and(Value::is_opaque) {
                        self.note("an order of unknown values");
                    }
                    false
                }
            },
        };
        Some(Value::Bool(holds))
    }

    pub(super) fn derived(&mut self, request: &mut Request, value: V, op: Sym, operands: &[V]) -> Js {
        let op = self.arena.text(op);
        if let ("reduce", [list, summed]) = (op, operands)
            && let Some(sum) = self.sum(request, value, *list, *summed)
        {
            return sum;
        }
        // Of several alternatives one is evaluated, so that another one's exception is none.
        let (broken, skipped) = (request.is_broken, request.is_skipped);
        let is_spread = matches!(op, "Math.max" | "Math.min");
        let mut evaluated: Vec<Js> = Vec::with_capacity(operands.len());
        for operand in operands {
            let value = match self.spread_list(*operand).filter(|_| is_spread) {
                Some(list) => self.each_of(request, list, *operand),
                None => self.eval(request, *operand),
            };
            evaluated.push(value);
        }
        let operands = evaluated;
        if op == ONE_OF_MANY && operands.len() > 2 {
            (request.is_broken, request.is_skipped) = (broken, skipped);
        }
        if op == RETURNS {
            return Some(Value::Bool(operands.iter().all(truthy)));
        }
        match javascript::apply(op, &operands) {
            Some(result) => result,
            None => {
                if !javascript::is_injective(op) && !super::dates::has(op) {
                    self.note(&format!("`{op}`"));
                }
                self.applied(request, value, op, &operands)
            }
        }
    }

    /// The list of which each element is an argument: `Math.max(...lines.map((line) => line.price))`
    fn spread_list(&self, argument: V) -> Option<V> {
        let mut at = argument;
        for _ in 0..limits::SPREAD_DEPTH {
            match self.arena.peek(at) {
                Node::Element(list) => return Some(*list),
                Node::Member(inner, _) | Node::Coerce(_, inner) => at = *inner,
                _ => return None,
            }
        }
        None
    }

    fn each_of(&mut self, request: &mut Request, list: V, argument: V) -> Js {
        let items = self.items(request, list)?;
        let each = items.into_iter().filter_map(|item| self.with_element(request, list, item, argument));
        Some(Value::list(each.collect()))
    }

    /// `lines.reduce((sum, line) => sum + line.price, 0)`
    fn sum(&mut self, request: &mut Request, value: V, list: V, summed: V) -> Option<Js> {
        let Node::Derived(plus, parts) = self.arena.peek(summed) else { return None };
        let [start, each] = parts.as_slice() else { return None };
        if self.arena.text(*plus) != "+" || !matches!(self.arena.peek(*start), Node::Num(_)) {
            return None;
        }
        let mut parts = vec![self.eval(request, *start)];
        for item in self.items(request, list)? {
            parts.push(self.with_element(request, list, item, *each));
        }
        let mut total = 0.0;
        for part in &parts {
            match part {
                Some(Value::Number(number)) => total += number,
                _ => return Some(self.applied(request, value, "sum", &parts)),
            }
        }
        Some(Some(Value::Number(total)))
    }

    pub(super) fn call(&mut self, request: &mut Request, value: V, callee: V, args: &[V]) -> Js {
        let mut operands = Vec::new();
        let mut name = "call";
        if let Node::Member(recv, method) = self.arena.peek(callee) {
            let is_stored = self.hints.loaded.contains_key(recv);
            let recv = self.eval(request, *recv);
            name = self.arena.text(*method);
            // doc.items.id(itemId)
            if let ("id", Some(Value::List(items)), [id]) = (name, &recv, args) {
                let id = self.eval(request, *id);
                return items.iter().find(|item| item.field("_id").cloned() == id).cloned();
            }
            // doc.scores.get(game), of what is stored as a map
            if let ("get" | "has", Some(Value::Document(_)), [key], true) = (name, &recv, args, is_stored) {
                let key = self.name(request, *key);
                let own = recv.as_ref().and_then(|map| map.field(&key)).cloned();
                return if name == "has" { Some(Value::Bool(own.is_some())) } else { own };
            }
            if matches!(name, "toObject" | "toJSON" | "lean" | "exec" | "populate" | "save") {
                return recv;
            }
            operands.push(recv);
        } else {
            operands.push(self.eval(request, callee));
        }
        operands.extend(self.arguments(request, args));
        self.note(&format!("the result of `{name}(…)`"));
        let operator = format!("call {name}");
        self.applied(request, value, &operator, &operands)
    }

    /// The arguments of a call, which are no part of the filter that it may stand in.
    fn arguments(&mut self, request: &mut Request, args: &[V]) -> Vec<Js> {
        let in_filter = std::mem::take(&mut request.in_filter);
        let operands = args.iter().map(|arg| self.eval(request, *arg)).collect();
        request.in_filter = in_filter;
        operands
    }

    pub(super) fn made(&mut self, request: &mut Request, value: V, callee: V, args: &[V]) -> Js {
        let operands = self.arguments(request, args);
        let name = match self.arena.peek(callee) {
            Node::Global(name) | Node::Member(_, name) => self.arena.text(*name),
            _ => "",
        };
        match (name, operands.as_slice()) {
            ("Date", [Some(date @ Value::Date(_))]) => Some(date.clone()),
            ("Date", given) if let Some(date) = super::dates::made(given) => Some(date),
            ("Set", [Some(Value::List(items))]) => {
                let mut kept: Vec<Value> = Vec::new();
                items.iter().for_each(|item| {
                    if !kept.contains(item) {
                        kept.push(item.clone());
                    }
                });
                Some(Value::list(kept))
            }
            ("Set" | "Map", []) => Some(Value::list(Vec::new())),
            // new Model({ … })
            (_, [Some(document @ Value::Document(_))]) => Some(document.clone()),
            _ => {
                let operator = format!("new {name} {callee:?}");
                self.applied(request, value, &operator, &operands)
            }
        }
    }
}
