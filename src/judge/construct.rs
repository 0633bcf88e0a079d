//! Values that a request makes: objects, lists, texts, and what is new each time.
//!
//! Input: the parts, each evaluated in its order. Output: the value. Must not know: the store, choices beside that of what is random.

use super::bson::Value;
use super::choices::Candidate;
use super::eval::{Js, Machine, NOW};
use super::state::Request;
use crate::limits;
use crate::value::{C, Entry, Freshness, Item, Key, Node, Site, V};
use std::fmt::Write as _;

impl Machine<'_> {
    /// Whether a value was made in a request, so that its name means nothing.
    pub fn is_fresh(&self, value: &Value) -> bool {
        match value {
            Value::Symbol(term) => self.choices.is_fresh(*term),
            Value::Id(id) => *id >= limits::FRESH_IDS,
            Value::Date(time) => *time >= NOW,
            Value::List(items) => items.iter().any(|item| self.is_fresh(item)),
            Value::Document(fields) => fields.iter().any(|(_, value)| self.is_fresh(value)),
            _ => false,
        }
    }

    pub(super) fn fresh(&mut self, request: &Request, kind: Freshness, site: Site) -> Value {
        if let Some(known) = self.fresh.get(&(request.who, site)) {
            return known.clone();
        }
        let made = match kind {
            Freshness::Id => Value::Id(Request::ids_of_places(request.who) + self.fresh.len() as u32 + 1),
            // Both requests run at one time: a moment that one of them stores is not past for the other.
            Freshness::Time => Value::Date(NOW + request.who as i64),
            Freshness::Random => {
                let key = format!("random {} {site:?}", request.who);
                Value::Symbol(self.choices.applied(key, true, None, || vec![Candidate::Itself]))
            }
        };
        self.fresh.insert((request.who, site), made.clone());
        made
    }

    /// The pattern and the options of `new RegExp(pattern, options)`.
    fn made_pattern(&self, value: V) -> Option<(V, Option<V>)> {
        match self.arena.peek(value) {
            Node::New { callee, args, .. } if self.arena.is_global(*callee, "RegExp") => {
                Some((*args.first()?, args.get(1).copied()))
            }
            _ => None,
        }
    }

    pub(super) fn object(&mut self, request: &mut Request, entries: &[Entry]) -> Value {
        let mut document = Value::document(Vec::<(&str, Value)>::new());
        for entry in entries {
            if entry.cond != C::TRUE && !self.condition_holds(request, entry.cond) {
                continue;
            }
            match entry.key {
                Key::Name(name) if matches!(self.arena.peek(entry.value), Node::Regex(_)) => {
                    let pattern = self.pattern(entry.value);
                    let name = self.arena.text(name);
                    match name {
                        "$regex" => document.set(name, pattern),
                        _ => document.set(name, Value::document([("$regex", pattern)])),
                    }
                }
                Key::Name(name) if request.in_filter && self.made_pattern(entry.value).is_some() => {
                    let (pattern, options) = self.made_pattern(entry.value).unwrap_or((entry.value, None));
                    let mut made = vec![("$regex", self.eval(request, pattern).unwrap_or(Value::Null))];
                    let options = options.and_then(|options| self.eval(request, options));
                    made.extend(options.map(|options| ("$options", options)));
                    match self.arena.text(name) {
                        "$regex" => made.into_iter().for_each(|(name, value)| document.set(name, value)),
                        name => document.set(name, Value::document(made)),
                    }
                }
                Key::Name(name) => {
                    let value = match self.is_large(entry.value) {
                        true => self.unread(request, entry.value),
                        false => self.eval(request, entry.value),
                    };
                    let name = self.arena.text(name);
                    match value {
                        Some(value) => document.set(name, value),
                        // The driver sends an undefined condition as null.
                        None if request.in_filter => document.set(name, Value::Null),
                        // Neither has an object that was spread before the field any more.
                        None => document.unset(name),
                    }
                }
                Key::Computed(key) => {
                    let name = self.name(request, key);
                    match self.eval(request, entry.value) {
                        Some(value) => document.set(&name, value),
                        None if request.in_filter => document.set(&name, Value::Null),
                        None => {}
                    }
                }
                Key::Spread => match self.eval(request, entry.value) {
                    Some(Value::Document(fields)) => {
                        if self.is_plain_input(request, entry.value) {
                            self.note("a spread of an unknown object");
                        }
                        fields.iter().for_each(|(name, value)| document.set(name, value.clone()));
                    }
                    Some(Value::Symbol(term)) => {
                        self.note("a spread of an unknown object");
                        // It has some field of its own, another one in another object.
                        if !request.in_filter {
                            document.set(&format!("key{term}"), Value::Symbol(term));
                        }
                    }
                    _ => {}
                },
            }
        }
        document
    }

    /// A computed name; of a path, each part by itself: `counts.${name}`.
    pub(super) fn name(&mut self, request: &mut Request, key: V) -> String {
        if let Node::Template(parts) = self.arena.peek(key) {
            return parts.iter().map(|part| self.name(request, *part)).collect();
        }
        match self.eval(request, key) {
            Some(Value::Text(text)) => text.to_string(),
            Some(Value::Symbol(term)) => format!("key{term}"),
            Some(other) => other.canonical(),
            None => "undefined".to_owned(),
        }
    }

    /// The pattern of a regular expression that is written in the code.
    fn pattern(&self, value: V) -> Value {
        match self.arena.peek(value) {
            Node::Regex(pattern) => Value::text(self.arena.text(*pattern)),
            _ => Value::Null,
        }
    }

    pub(super) fn array(&mut self, request: &mut Request, items: &[Item]) -> Value {
        let mut list = Vec::new();
        for item in items {
            if item.cond != C::TRUE && !self.condition_holds(request, item.cond) {
                continue;
            }
            let value = self.eval(request, item.value);
            match (item.spread, value) {
                (false, value) => list.push(value.unwrap_or(Value::Null)),
                (true, Some(Value::List(inner))) => list.extend(inner.iter().cloned()),
                (true, Some(other @ Value::Symbol(_))) => {
                    self.note("a spread of an unknown list");
                    list.push(other);
                }
                (true, _) => {}
            }
        }
        Value::list(list)
    }

    pub(super) fn template(&mut self, request: &mut Request, parts: &[V], value: V) -> Js {
        let parts: Vec<Js> = parts.iter().map(|part| self.eval(request, *part)).collect();
        let mut text = String::new();
        for part in &parts {
            match part {
                Some(Value::Text(part)) => text.push_str(part),
                Some(Value::Number(number)) => {
                    let _ = write!(text, "{number}");
                }
                Some(Value::Bool(part)) => {
                    let _ = write!(text, "{part}");
                }
                _ => return self.applied(request, value, "template", &parts),
            }
        }
        Some(Value::text(&text))
    }
}
