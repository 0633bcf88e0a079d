//! Operators whose result is known once a caller has given their operands: `typeof`, `instanceof`, `===` of two literals.
//!
//! Input: a node whose operands have changed. Output: its value, where that is settled. Must not know: effects, rules.

use super::link::Project;
use super::mongo::Action;
use crate::limits;
use crate::value::{C, Coercion, Compare, Key, Node, Sym, V};

impl Project {
    /// What an operator gives for operands that are known.
    pub(super) fn folded(&mut self, node: &Node) -> Option<V> {
        match node {
            Node::Derived(operator, operands) => self.operator(*operator, operands),
            Node::Compare(Compare::Equal, a, b) if self.arena.is_literal(*a) && self.arena.is_literal(*b) => {
                Some(self.arena.bool(a == b))
            }
            _ => None,
        }
    }

    fn operator(&mut self, operator: Sym, operands: &[V]) -> Option<V> {
        let operator = self.arena.text(operator).to_owned();
        match (operator.as_str(), operands) {
            // Object.keys(query).reduce((made, key) => { made[key] = query[key]; return made; }, {})
            ("reduce", [names, made]) if self.is_of_names(*names, *made) => Some(*made),
            ("Object.hasOwn", [object, key]) => self.has_name(*object, *key),
            ("typeof", [operand]) => {
                let name = match self.arena.node(*operand) {
                    Node::Object(_) | Node::Array(_) | Node::Null | Node::New { .. } => "object",
                    Node::Coerce(Coercion::ObjectId, _) => "object",
                    Node::Str(_) | Node::Template(_) | Node::Coerce(Coercion::Text, _) => "string",
                    Node::Num(_) | Node::Coerce(Coercion::Number(_), _) => "number",
                    Node::Bool(_) => "boolean",
                    Node::Func(_) | Node::Class(_) => "function",
                    Node::Undefined => "undefined",
                    _ => return None,
                };
                Some(self.arena.str(name))
            }
            ("instanceof", [operand, class]) => match self.arena.node(*operand).clone() {
                // What a function gives: `if (!row) return new NotFound(); return row`
                Node::OneOf(alternatives) => {
                    let asked: Vec<(C, Option<bool>)> =
                        alternatives.iter().map(|(cond, value)| (*cond, self.is_of_class(*value, *class))).collect();
                    if asked.iter().all(|(_, answer)| answer.is_none()) {
                        return None;
                    }
                    if asked.iter().all(|(_, answer)| answer.is_some()) {
                        let taken = asked.into_iter().filter(|(_, answer)| *answer == Some(true));
                        let taken = taken.map(|(cond, _)| self.arena.cond_value(cond)).collect();
                        return Some(self.arena.any(taken));
                    }
                    let mut answers = Vec::new();
                    for ((cond, answer), (_, value)) in asked.into_iter().zip(alternatives) {
                        let answer = match answer {
                            Some(answer) => self.arena.bool(answer),
                            None => self.arena.derived("instanceof", vec![value, *class]),
                        };
                        answers.push((cond, answer));
                    }
                    Some(self.arena.one_of(answers))
                }
                _ => self.is_of_class(*operand, *class).map(|answer| self.arena.bool(answer)),
            },
            _ => None,
        }
    }

    /// `Object.prototype.hasOwnProperty.call(query, 'email')`
    pub(super) fn asked_for_name(&mut self, callee: V, args: &[V]) -> Option<V> {
        let Node::Member(asked, name) = *self.arena.node(callee) else { return None };
        let [object, key] = args else { return None };
        let is_own = self.arena.text(name) == "call" && self.last_name(asked) == Some("hasOwnProperty");
        is_own.then(|| self.has_name(*object, *key)).flatten()
    }

    /// `ObjectId.isValid(undefined)`. Source: BSON for Node.js, `ObjectId.isValid`.
    pub(super) fn asked_of_nothing(&mut self, callee: V, args: &[V]) -> Option<V> {
        let Node::Member(class, name) = *self.arena.node(callee) else { return None };
        let is_asked = self.arena.text(name) == "isValid"
            && self.last_name(class).is_some_and(|class| matches!(class, "ObjectId" | "ObjectID"));
        (is_asked && args.first().is_none_or(|first| self.arena.is_nothing(*first))).then(|| self.arena.bool(false))
    }

    /// Whether an object that is written out has a name.
    fn has_name(&mut self, object: V, key: V) -> Option<V> {
        let (Node::Object(entries), Key::Name(name)) = (self.arena.node(object), self.arena.key_of(key)) else {
            return None;
        };
        let has = match entries.iter().rev().find(|entry| entry.key == Key::Name(name)) {
            Some(entry) if entry.cond == C::TRUE => true,
            None if entries.iter().all(|entry| matches!(entry.key, Key::Name(_))) => false,
            _ => return None,
        };
        Some(self.arena.bool(has))
    }

    /// Whether a list is the names of an object that is written out, and all that is made of them is known by name.
    fn is_of_names(&self, list: V, made: V) -> bool {
        let Node::Derived(method, operands) = self.arena.node(list) else { return false };
        let is_written = operands.first().is_some_and(|object| matches!(self.arena.node(*object), Node::Object(_)));
        let is_named = |made: V| match self.arena.node(made) {
            Node::Object(entries) => entries.iter().all(|entry| matches!(entry.key, Key::Name(_))),
            _ => false,
        };
        is_written && matches!(self.arena.text(*method), "Object.keys" | "Object.entries") && is_named(made)
    }

    /// Whether a value is an instance of a class, where that is known.
    fn is_of_class(&mut self, value: V, class: V) -> Option<bool> {
        match self.arena.node(value).clone() {
            // An object that is written out is of no class but its own.
            Node::Object(_) => (self.last_name(class) != Some("Object")).then_some(false),
            Node::Str(_) | Node::Template(_) | Node::Num(_) | Node::Bool(_) | Node::Null | Node::Undefined => {
                Some(false)
            }
            Node::New { callee, .. } => self.extends(callee, class),
            Node::Instance(own) => {
                let own = self.arena.intern(Node::Class(own));
                self.extends(own, class)
            }
            // What a read gives is no error.
            Node::Call { .. } => {
                let is_read = self.read_of(value).is_some_and(|read| {
                    matches!(read.action, Action::FindOne | Action::FindMany | Action::Count | Action::Exists)
                });
                (is_read && self.extends_error(class)).then_some(false)
            }
            _ => None,
        }
    }

    /// The class of which a class is, or the function that it extends in the end.
    fn parent_of(&self, class: V) -> Option<V> {
        let Node::Class(class) = self.arena.node(class) else { return None };
        self.class(*class)?.parent
    }

    /// A class, that which it extends, and so on.
    fn lineage(&self, class: V) -> Vec<V> {
        std::iter::successors(Some(class), |class| self.parent_of(*class)).take(limits::LINEAGE).collect()
    }

    fn extends(&self, own: V, class: V) -> Option<bool> {
        let lineage = self.lineage(own);
        if lineage.contains(&class) {
            return Some(true);
        }
        let at = lineage.last().copied().unwrap_or(own);
        match (self.arena.node(at), self.arena.node(class)) {
            // class NotFound { … } extends nothing
            (Node::Class(_), _) => Some(false),
            (Node::Global(own), Node::Global(class)) => {
                let (own, class) = (self.arena.text(*own), self.arena.text(*class));
                Some(own == class || class == "Error" && own.ends_with("Error"))
            }
            (Node::Global(own), Node::Class(_)) if self.arena.text(*own).ends_with("Error") => Some(false),
            _ => None,
        }
    }

    fn extends_error(&self, class: V) -> bool {
        let is_error = |class: &V| matches!(self.arena.node(*class), Node::Global(name) if self.arena.text(*name).ends_with("Error"));
        self.lineage(class).last().is_some_and(is_error)
    }
}
