//! Literals: texts, templates, objects and arrays.
//!
//! Input: literal expressions. Output: values. Must not know: MongoDB.

use super::Siblings;
use super::eval::{Code, Eval};
use crate::limits;
use crate::value::{C, Coercion, Entry, FnRef, Item, Key, Node, Sym, V};
use swc_common::{Span, Spanned};
use swc_ecma_ast::*;

impl<'a> Eval<'a> {
    pub(super) fn literal(&mut self, lit: &'a Lit) -> V {
        match lit {
            Lit::Str(text) => {
                let text = text.value.to_atom_lossy();
                self.arena.str(&text)
            }
            Lit::Bool(value) => self.arena.bool(value.value),
            Lit::Null(_) => self.arena.intern(Node::Null),
            Lit::Num(number) => self.arena.num(number.value),
            Lit::Regex(regex) => {
                let text = self.arena.sym(&regex.exp);
                self.arena.intern(Node::Regex(text))
            }
            other => self.opaque(other.span()),
        }
    }

    /// `Symbol('bed')`: a key like a text, equal to no other.
    pub(super) fn unique_key(&mut self, name: Option<V>, span: Span) -> V {
        let name = name.and_then(|name| self.arena.as_str(name)).unwrap_or_default().to_owned();
        let (start, _) = self.offsets(span);
        self.arena.str(&format!("Symbol({name}) {}:{start}", self.file))
    }

    pub(super) fn template(&mut self, node: &'a Tpl) -> V {
        let mut parts = Vec::new();
        for (at, quasi) in node.quasis.iter().enumerate() {
            let text = quasi.cooked.as_ref().map_or_else(|| quasi.raw.to_string(), |t| t.to_atom_lossy().to_string());
            if !text.is_empty() {
                parts.push(self.arena.str(&text));
            }
            if let Some(expr) = node.exprs.get(at) {
                let value = self.expr(expr);
                parts.push(self.freeze(value));
            }
        }
        match parts.as_slice() {
            [] => self.arena.str(""),
            [only] if self.arena.as_str(*only).is_some() => *only,
            [only] => {
                let only = *only;
                self.arena.intern(Node::Coerce(Coercion::Text, only))
            }
            _ => {
                let texts: Option<Vec<&str>> = parts.iter().map(|part| self.arena.as_str(*part)).collect();
                match texts.map(|texts| texts.concat()) {
                    Some(text) if text.len() <= limits::TEXT => self.arena.str(&text),
                    _ => self.arena.intern(Node::Template(parts)),
                }
            }
        }
    }

    pub(super) fn prop_key(&mut self, key: &'a PropName) -> Key {
        match key {
            PropName::Ident(name) => Key::Name(self.arena.sym(&name.sym)),
            PropName::Str(text) => {
                let text = text.value.to_atom_lossy();
                Key::Name(self.arena.sym(&text))
            }
            PropName::Num(number) => Key::Name(self.arena.sym(&number.value.to_string())),
            PropName::BigInt(number) => Key::Name(self.arena.sym(&number.value.to_string())),
            PropName::Computed(computed) => {
                let value = self.expr(&computed.expr);
                self.key_of(value)
            }
        }
    }

    pub(super) fn object(&mut self, node: &'a ObjectLit) -> V {
        let mut entries: Vec<Entry> = Vec::new();
        for prop in &node.props {
            match prop {
                PropOrSpread::Spread(spread) => {
                    let value = self.expr(&spread.expr);
                    self.spread_into(&mut entries, value, C::TRUE);
                }
                PropOrSpread::Prop(prop) => match &**prop {
                    Prop::Shorthand(ident) => {
                        let key = Key::Name(self.arena.sym(&ident.sym));
                        let value = self.ident(ident);
                        entries.push(Self::entry(key, value));
                    }
                    Prop::KeyValue(pair) => {
                        let key = self.prop_key(&pair.key);
                        if let Key::Name(name) = key {
                            self.naming = Some(self.arena.text(name).to_owned());
                        }
                        let value = self.expr(&pair.value);
                        self.naming = None;
                        entries.push(Self::entry(key, value));
                    }
                    Prop::Method(method) => {
                        let key = self.prop_key(&method.key);
                        let name = match key {
                            Key::Name(name) => self.arena.text(name).to_owned(),
                            _ => "<anonymous>".to_owned(),
                        };
                        let value = self.function_value(Code::Function(&method.function), &name);
                        entries.push(Self::entry(key, value));
                    }
                    Prop::Getter(getter) => {
                        let key = self.prop_key(&getter.key);
                        let value = self.opaque(getter.span);
                        entries.push(Self::entry(key, value));
                    }
                    _ => {}
                },
            }
        }
        self.note_siblings(&entries);
        self.new_cell(Node::Object(entries))
    }

    /// Tells the functions of an object literal of each other.
    fn note_siblings(&mut self, entries: &[Entry]) {
        let siblings: Vec<(Sym, FnRef)> = entries
            .iter()
            .filter_map(|entry| match (entry.key, self.arena.node(entry.value)) {
                (Key::Name(name), Node::Func(func)) => Some((name, *func)),
                _ => None,
            })
            .collect();
        if siblings.len() < 2 {
            return;
        }
        let siblings = Siblings::from(siblings);
        for (_, func) in siblings.iter() {
            if let Some(function) = self.functions.get_mut(func.0 as usize).filter(|f| f.siblings.is_empty()) {
                function.siblings = siblings.clone();
            }
        }
    }

    /// The properties of a spread value; those that are known are copied, each under its condition.
    pub(super) fn spread_into(&mut self, entries: &mut Vec<Entry>, value: V, cond: C) {
        match self.arena.node(value).clone() {
            Node::Cell(cell) => {
                let content = self.content(cell);
                self.spread_into(entries, content, cond);
            }
            Node::Object(inner) if entries.len() + inner.len() > limits::GROWN => {
                let value = self.arena.cut();
                entries.push(Entry { key: Key::Spread, value, cond });
            }
            Node::Object(inner) => {
                for entry in inner {
                    let cond = self.arena.and(cond, entry.cond);
                    entries.push(Entry { cond, ..entry });
                }
            }
            Node::OneOf(alternatives) => {
                for (c, alternative) in alternatives {
                    let cond = self.arena.and(cond, c);
                    if cond != C::FALSE {
                        self.spread_into(entries, alternative, cond);
                    }
                }
            }
            Node::Undefined | Node::Null | Node::Bool(_) | Node::Num(_) => {}
            _ => {
                entries.push(Entry { key: Key::Spread, value, cond });
                let assigned = self.assigned_by_now(value);
                entries.extend(
                    assigned.into_iter().map(|entry| Entry { cond: self.arena.and(cond, entry.cond), ..entry }),
                );
            }
        }
    }

    pub(super) fn array(&mut self, node: &'a ArrayLit) -> V {
        let mut items = Vec::new();
        for element in &node.elems {
            let Some(element) = element else { continue };
            let value = self.expr(&element.expr);
            if element.spread.is_some() {
                let value = self.freeze(value);
                match self.arena.node(value).clone() {
                    Node::Array(inner) if items.len() + inner.len() <= limits::GROWN => items.extend(inner),
                    _ => items.push(Item { value, spread: true, cond: C::TRUE }),
                }
            } else {
                items.push(Item { value, spread: false, cond: C::TRUE });
            }
        }
        if self.frame.func == FnRef(0) {
            items.iter().for_each(|item| self.mark_listed(item.value));
        }
        self.new_cell(Node::Array(items))
    }

    /// Notes that functions stand in a list of the module: a table of steps, of handlers.
    fn mark_listed(&mut self, value: V) {
        let value = match self.arena.node(value) {
            Node::Cell(cell) => self.content(*cell),
            _ => value,
        };
        let listed: Vec<V> = match self.arena.node(value) {
            Node::Object(entries) => entries.iter().map(|entry| entry.value).collect(),
            _ => vec![value],
        };
        for value in listed {
            if let Node::Func(func) = *self.arena.node(value)
                && let Some(function) = self.functions.get_mut(func.0 as usize)
            {
                function.is_listed = true;
            }
        }
    }
}
