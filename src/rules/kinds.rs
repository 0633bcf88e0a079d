//! Tracked arrays and the kinds of their elements, as the configuration names them.
//!
//! Input: elements as values. Output: the kind that an element is, and under which condition. Must not know: formats.

use super::context::Context;
use crate::config::{Kind, TrackedArray};
use crate::limits;
use crate::project::handle::Handle;
use crate::value::{Arena, C, Key, Node, V};

/// Whether a field of a collection is a tracked array. Everything that asks what is tracked asks this.
pub fn is_array(array: &TrackedArray, collection: Option<&str>, field: &str) -> bool {
    array.field == field
        && match (&array.collection, collection) {
            (Some(wanted), Some(name)) => {
                is_same_collection(wanted, name) || array.models.iter().any(|model| is_same_collection(model, name))
            }
            // Where no caller is known the tracked field alone decides.
            _ => true,
        }
}

/// Whether two names, of collections or models, are of the same collection.
pub fn is_same_collection(a: &str, b: &str) -> bool {
    Handle::Named(a.to_owned()).same(&Handle::Named(b.to_owned()))
}

impl<'a> Context<'a> {
    /// The configured array that a field is.
    pub fn tracked(&self, handle: &Handle, field: &str) -> Option<&'a TrackedArray> {
        self.config.arrays.iter().find(|array| is_array(array, handle.name(), field))
    }

    /// Whether an element can be of a kind under a condition, with all of its key fields present; gives the condition.
    pub fn may_be_kind(&mut self, element: V, kind: &Kind, cond: C) -> Option<C> {
        let mut start = cond;
        for key in &kind.key {
            start = self.has_field(element, key, start)?;
        }
        for pattern in kind.when.patterns() {
            let mut at = Some(start);
            for field in &pattern.has {
                at = at.and_then(|c| self.has_field(element, field, c));
            }
            for (field, value) in &pattern.equals {
                at = at.and_then(|c| self.field_equals(element, field, value, c));
            }
            if at.is_some() {
                return at;
            }
        }
        None
    }

    /// The first kind that an element matches under a condition, with that condition.
    pub fn kind_of(&mut self, element: V, array: &TrackedArray, cond: C) -> Option<(usize, C)> {
        array.kinds.iter().enumerate().find_map(|(at, kind)| self.may_be_kind(element, kind, cond).map(|c| (at, c)))
    }

    pub(super) fn field(&mut self, element: V, field: &str) -> V {
        if !matches!(self.project.arena.node(element), Node::Object(_) | Node::OneOf(_)) {
            return Arena::UNDEFINED;
        }
        let key = self.project.arena.sym(field);
        self.project.arena.member(element, key)
    }

    fn has_field(&mut self, element: V, field: &str, cond: C) -> Option<C> {
        let value = self.field(element, field);
        for (c, alternative) in self.project.arena.alternatives(value) {
            let both = self.project.arena.and(cond, c);
            if both == C::FALSE || matches!(self.project.arena.node(alternative), Node::Undefined | Node::Null) {
                continue;
            }
            // A spread of something unknown does not show that the field is there.
            if self.is_unknown_spread(element, field, alternative) {
                continue;
            }
            // Index 0 is there; of anything else only a truthy value tells elements apart.
            if matches!(self.project.arena.node(alternative), Node::Num(_)) {
                return Some(both);
            }
            let present = self.project.arena.meet(both, alternative, true);
            if present != C::FALSE {
                return Some(present);
            }
        }
        None
    }

    /// Whether a field of an element comes out of something that is spread into it, in any of its forms.
    fn is_unknown_spread(&self, element: V, field: &str, value: V) -> bool {
        let Node::Member(object, _) = self.project.arena.node(value) else { return false };
        let is_named = |key: &Key| matches!(key, Key::Name(name) if self.project.arena.text(*name) == field);
        let mut forms = vec![element];
        let mut at = 0;
        while let Some(form) = forms.get(at).copied() {
            at += 1;
            match self.project.arena.node(form) {
                Node::Object(entries) if entries.iter().any(|entry| is_named(&entry.key)) => {}
                Node::Object(entries) => {
                    if entries.iter().any(|entry| entry.key == Key::Spread && entry.value == *object) {
                        return true;
                    }
                    forms.extend(entries.iter().filter(|entry| entry.key == Key::Spread).map(|entry| entry.value));
                }
                Node::OneOf(alternatives) => forms.extend(alternatives.iter().map(|(_, form)| *form)),
                _ => {}
            }
            if forms.len() > limits::FORMS {
                return true;
            }
        }
        false
    }

    fn field_equals(&mut self, element: V, field: &str, wanted: &crate::config::Scalar, cond: C) -> Option<C> {
        use crate::config::Scalar;
        let value = self.field(element, field);
        for (c, alternative) in self.project.arena.alternatives(value) {
            let both = self.project.arena.and(cond, c);
            if both == C::FALSE {
                continue;
            }
            let matched = match (wanted, self.project.arena.node(alternative)) {
                (Scalar::Bool(wanted), Node::Bool(b)) => (b == wanted).then_some(both),
                (Scalar::Text(wanted), Node::Str(text)) => (self.project.arena.text(*text) == wanted).then_some(both),
                (Scalar::Number(wanted), Node::Num(bits)) => (f64::from_bits(*bits) == *wanted).then_some(both),
                (
                    Scalar::Bool(wanted),
                    Node::Param(..) | Node::Member(..) | Node::Not(_) | Node::Coerce(..) | Node::And(_),
                ) => {
                    let wanted = *wanted;
                    let assumed = self.project.arena.meet(both, alternative, wanted);
                    (assumed != C::FALSE).then_some(assumed)
                }
                _ => None,
            };
            if matched.is_some() {
                return matched;
            }
        }
        None
    }
}
